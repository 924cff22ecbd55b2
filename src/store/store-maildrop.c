/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-store"

#include "store-site-private.h"

typedef struct
{
  gint64 id;
  guint64 size;
  char *path;
  char *spool; /* or NULL */
  char *uid;
  gboolean taken;     /* it is among the site's taken letters */
  gboolean retrieved; /* given away whole, which is not written yet */
} Entry;

struct _StoreMaildrop
{
  StoreSite *site;
  char *user;
  GArray *entries; /* of Entry */
};

static void
entry_clear (gpointer data)
{
  Entry *entry = data;

  g_free (entry->path);
  g_free (entry->spool);
  g_free (entry->uid);
}

/* Under the site's lock. */
static gboolean
read_entries (StoreMaildrop *maildrop, GError **error)
{
  StoreSite *site = maildrop->site;
  GError *failed = NULL;
  g_autoptr (StoreStatement) statement = store_db_prepare (
      site->reader, "SELECT id, path, spool, size FROM letters WHERE user = :user ORDER BY id",
      error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":user", maildrop->user);
  while (store_statement_step (statement, &failed))
    {
      Entry entry = { .id = store_statement_get_int (statement, 0) };
      entry.path = store_site_file (maildrop->user, store_statement_get_text (statement, 1));
      entry.spool = g_strdup (store_statement_get_text (statement, 2));
      entry.size = (guint64) store_statement_get_int (statement, 3);
      entry.uid = g_strdup_printf ("%" G_GINT64_FORMAT ".%s", entry.id, site->mark);
      g_array_append_val (maildrop->entries, entry);
    }
  if (failed == NULL)
    return TRUE;
  g_propagate_error (error, failed);
  return FALSE;
}

StoreMaildrop *
store_maildrop_open (StoreSite *site, const char *user, GError **error)
{
  g_autofree char *name = store_site_normalise_user (user, error);

  if (name == NULL)
    return NULL;
  g_mutex_lock (&site->lock);
  while (g_hash_table_contains (site->expiring, name))
    g_cond_wait (&site->expired, &site->lock);
  if (g_hash_table_contains (site->open, name))
    {
      g_mutex_unlock (&site->lock);
      g_set_error_literal (error, STORE_ERROR, STORE_ERROR_BUSY,
                           "Another session has this maildrop open");
      return NULL;
    }
  StoreMaildrop *maildrop = g_new0 (StoreMaildrop, 1);
  maildrop->site = site;
  maildrop->user = g_steal_pointer (&name);
  maildrop->entries = g_array_new (FALSE, TRUE, sizeof (Entry));
  g_array_set_clear_func (maildrop->entries, entry_clear);
  gboolean done = read_entries (maildrop, error);
  g_hash_table_add (site->open, g_strdup (maildrop->user));
  g_mutex_unlock (&site->lock);
  if (!done)
    g_clear_pointer (&maildrop, store_maildrop_free);
  return maildrop;
}

static Entry *
get (StoreMaildrop *maildrop, guint index)
{
  return &g_array_index (maildrop->entries, Entry, index);
}

/* ---- what was retrieved ---- */

typedef struct
{
  StoreSite *site;
  GArray *ids; /* of gint64 */
} Marks;

static gboolean
write_marks (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  const Marks *marks = write->data;

  for (guint i = 0; i < marks->ids->len; i++)
    {
      g_autoptr (StoreStatement) statement
          = store_db_prepare (db, "UPDATE letters SET retrieved = 1 WHERE id = :id", error);
      if (statement == NULL)
        return FALSE;
      store_statement_bind_int (statement, ":id", g_array_index (marks->ids, gint64, i));
      if (!store_statement_run (statement, error))
        return FALSE;
    }
  return TRUE;
}

static void
marks_free (gpointer data)
{
  Marks *marks = data;

  g_mutex_lock (&marks->site->lock);
  for (guint i = 0; i < marks->ids->len; i++)
    g_hash_table_remove (marks->site->taken, &g_array_index (marks->ids, gint64, i));
  g_mutex_unlock (&marks->site->lock);
  g_array_unref (marks->ids);
  g_free (marks);
}

/* The letters stay among the taken ones until that is written: a recall never misses them. */
static void
flush_marks (StoreMaildrop *maildrop)
{
  Marks *marks = g_new0 (Marks, 1);

  marks->site = maildrop->site;
  marks->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint i = 0; i < maildrop->entries->len; i++)
    {
      Entry *entry = get (maildrop, i);
      if (entry->retrieved)
        g_array_append_val (marks->ids, entry->id);
      entry->taken = entry->taken && !entry->retrieved;
      entry->retrieved = FALSE;
    }
  if (marks->ids->len > 0)
    store_site_write (maildrop->site, write_marks, NULL, marks, marks_free, NULL);
  else
    marks_free (marks);
}

/* ---- the maildrop ---- */

void
store_maildrop_free (StoreMaildrop *maildrop)
{
  flush_marks (maildrop);
  g_mutex_lock (&maildrop->site->lock);
  for (guint i = 0; i < maildrop->entries->len; i++)
    if (get (maildrop, i)->taken)
      g_hash_table_remove (maildrop->site->taken, &get (maildrop, i)->id);
  g_hash_table_remove (maildrop->site->open, maildrop->user);
  g_mutex_unlock (&maildrop->site->lock);
  g_array_unref (maildrop->entries);
  g_free (maildrop->user);
  g_free (maildrop);
}

guint
store_maildrop_get_count (StoreMaildrop *maildrop)
{
  return maildrop->entries->len;
}

guint64
store_maildrop_get_size (StoreMaildrop *maildrop, guint index)
{
  return get (maildrop, index)->size;
}

const char *
store_maildrop_get_uid (StoreMaildrop *maildrop, guint index)
{
  return get (maildrop, index)->uid;
}

/* Under the lock. */
static gboolean
has_row (StoreSite *site, gint64 id)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (site->reader, "SELECT 1 FROM letters WHERE id = :id", NULL);

  /* Of a database that cannot be read something else has to be said. */
  if (statement == NULL)
    return TRUE;
  store_statement_bind_int (statement, ":id", id);
  return store_statement_step (statement, NULL);
}

/* @look: into the database too, where another process may have been. */
static gboolean
is_recalled (StoreMaildrop *maildrop, Entry *entry, gboolean look, gboolean take)
{
  StoreSite *site = maildrop->site;

  g_mutex_lock (&site->lock);
  gboolean recalled
      = g_hash_table_contains (site->recalling, &entry->id) || (look && !has_row (site, entry->id));
  if (take && !recalled)
    {
      g_hash_table_add (site->taken, g_memdup2 (&entry->id, sizeof entry->id));
      entry->taken = TRUE;
    }
  g_mutex_unlock (&site->lock);
  return recalled;
}

static GBytes *
read_letter (StoreMaildrop *maildrop, guint index, gboolean take, GError **error)
{
  Entry *entry = get (maildrop, index);
  GError *failed = NULL;
  GBytes *bytes = NULL;

  /* A recall removes the file, by which it is noticed; but a letter that was new when the maildrop
   * was opened may still have its spool. */
  gboolean recalled = is_recalled (maildrop, entry, entry->spool != NULL, take);
  if (!recalled)
    {
      bytes = store_files_read (maildrop->site->files, entry->path, entry->spool, &failed);
      recalled = g_error_matches (failed, STORE_ERROR, STORE_ERROR_NOT_FOUND)
                 && is_recalled (maildrop, entry, TRUE, FALSE);
    }
  if (recalled)
    {
      g_clear_error (&failed);
      g_set_error_literal (error, STORE_ERROR, STORE_ERROR_RECALLED,
                           "The sender has recalled this letter");
    }
  else if (failed != NULL)
    g_propagate_error (error, failed);
  return bytes;
}

GBytes *
store_maildrop_read (StoreMaildrop *maildrop, guint index, GError **error)
{
  return read_letter (maildrop, index, FALSE, error);
}

GBytes *
store_maildrop_take (StoreMaildrop *maildrop, guint index, GError **error)
{
  return read_letter (maildrop, index, TRUE, error);
}

void
store_maildrop_set_retrieved (StoreMaildrop *maildrop, guint index)
{
  get (maildrop, index)->retrieved = TRUE;
}

static gboolean
remove_letters (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  const GArray *ids = write->data;

  /* A second name under tmp/ would keep the room of what is removed. */
  if (!store_site_clear_placed (write->site, db, error))
    return FALSE;
  for (guint i = 0; i < ids->len; i++)
    {
      gint64 id = g_array_index (ids, gint64, i);
      if (!store_site_note_departure (db, id, STORE_RECALL_NOT_FOUND, error)
          || !store_site_delete_letter (db, id, error))
        return FALSE;
    }
  return TRUE;
}

static void
remove_files (StoreSiteWrite *write)
{
  const GPtrArray *files = g_object_get_data (G_OBJECT (write->task), "files");

  for (guint i = 0; i < files->len; i++)
    store_files_remove (write->site->files, g_ptr_array_index (files, i));
}

void
store_maildrop_remove_async (StoreMaildrop *maildrop,
                             const GArray *indices,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  /* Marks first: what becomes of a letter depends on them. */
  flush_marks (maildrop);

  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < indices->len; i++)
    {
      const Entry *entry = get (maildrop, g_array_index (indices, guint, i));
      g_array_append_val (ids, entry->id);
      g_ptr_array_add (files, g_strdup (entry->path));
    }
  g_object_set_data_full (G_OBJECT (task), "files", files, (GDestroyNotify) g_ptr_array_unref);
  store_site_write (maildrop->site, remove_letters, remove_files, ids,
                    (GDestroyNotify) g_array_unref, task);
}

gboolean
store_maildrop_remove_finish (StoreMaildrop *maildrop, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
