/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-store"

#include "store-site-private.h"

#define BLOCK 64 /* letters whose files are looked up at once */

typedef struct
{
  gint64 id;
  guint64 size;
  gboolean taken;     /* it is among the site's taken letters */
  gboolean retrieved; /* given away whole, which is not written yet */
} Entry;

/* Where a letter's file is. */
typedef struct
{
  char *path;  /* NULL: it is not there any more */
  char *spool; /* or NULL */
} Place;

struct _StoreMaildrop
{
  StoreSite *site;
  char *user;
  GArray *entries; /* of Entry */
  GArray *places;  /* of Place: of the BLOCK entries from first_place on */
  guint first_place;
};

static void
place_clear (gpointer data)
{
  Place *place = data;

  g_free (place->path);
  g_free (place->spool);
}

static Entry *
get (StoreMaildrop *maildrop, guint index)
{
  return &g_array_index (maildrop->entries, Entry, index);
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const Entry *one = a, *other = b;

  return (one->id > other->id) - (one->id < other->id);
}

/* Under the site's lock. */
static gboolean
read_entries (StoreMaildrop *maildrop, GError **error)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (StoreStatement) statement
      = store_db_prepare (maildrop->site->reader,
                          "SELECT collect (id, size) FROM letters WHERE user = :user", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":user", maildrop->user);
  if (!store_statement_collect (statement, numbers, error))
    return FALSE;
  g_array_set_size (maildrop->entries, numbers->len / 2);
  gboolean in_order = TRUE;
  for (guint i = 0; i < maildrop->entries->len; i++)
    {
      Entry *entry = get (maildrop, i);

      entry->id = g_array_index (numbers, gint64, 2 * i);
      entry->size = (guint64) g_array_index (numbers, gint64, 2 * i + 1);
      in_order = in_order && (i == 0 || get (maildrop, i - 1)->id < entry->id);
    }
  /* SQL promises an aggregate no order; a walk through the index has it. */
  if (!in_order)
    g_array_sort (maildrop->entries, compare_entries);
  return TRUE;
}

/* Under the site's lock. */
static gboolean
read_places (StoreMaildrop *maildrop, guint first, GError **error)
{
  guint count = MIN (BLOCK, maildrop->entries->len - first);
  guint at = 0;
  GError *failed = NULL;
  g_autoptr (StoreStatement) statement
      = store_db_prepare (maildrop->site->reader,
                          "SELECT id, path, spool FROM letters WHERE user = :user"
                          " AND id BETWEEN :from AND :to ORDER BY id",
                          error);

  if (statement == NULL)
    return FALSE;
  g_array_set_size (maildrop->places, 0);
  g_array_set_size (maildrop->places, count);
  maildrop->first_place = first;
  store_statement_bind_text (statement, ":user", maildrop->user);
  store_statement_bind_int (statement, ":from", get (maildrop, first)->id);
  store_statement_bind_int (statement, ":to", get (maildrop, first + count - 1)->id);
  while (store_statement_step (statement, &failed))
    {
      Place *place;

      while (at < count && get (maildrop, first + at)->id < store_statement_get_int (statement, 0))
        at++;
      g_assert (at < count);
      place = &g_array_index (maildrop->places, Place, at);
      place->path = store_site_file (maildrop->user, store_statement_get_text (statement, 1));
      place->spool = g_strdup (store_statement_get_text (statement, 2));
    }
  if (failed == NULL)
    return TRUE;
  g_array_set_size (maildrop->places, 0);
  g_propagate_error (error, failed);
  return FALSE;
}

/* Borrowed until the next call. */
static const Place *
find_place (StoreMaildrop *maildrop, guint index, GError **error)
{
  gboolean there
      = index >= maildrop->first_place && index - maildrop->first_place < maildrop->places->len;

  if (!there)
    {
      g_mutex_lock (&maildrop->site->lock);
      there = read_places (maildrop, index, error);
      g_mutex_unlock (&maildrop->site->lock);
    }
  return there ? &g_array_index (maildrop->places, Place, index - maildrop->first_place) : NULL;
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
  maildrop->places = g_array_new (FALSE, TRUE, sizeof (Place));
  g_array_set_clear_func (maildrop->places, place_clear);
  gboolean done = read_entries (maildrop, error);
  g_hash_table_add (site->open, g_strdup (maildrop->user));
  g_mutex_unlock (&site->lock);
  if (!done)
    g_clear_pointer (&maildrop, store_maildrop_free);
  return maildrop;
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
  g_array_unref (maildrop->places);
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

gint64
store_maildrop_get_id (StoreMaildrop *maildrop, guint index)
{
  return get (maildrop, index)->id;
}

char *
store_maildrop_dup_uid (StoreMaildrop *maildrop, guint index)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT ".%s", get (maildrop, index)->id,
                          maildrop->site->mark);
}

const char *
store_maildrop_get_mark (StoreMaildrop *maildrop)
{
  return maildrop->site->mark;
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
  const Place *place = find_place (maildrop, index, error);

  if (place == NULL)
    return NULL;
  /* A recall removes the file, by which it is noticed; but a letter that was new when its place was
   * looked up may still have its spool. */
  gboolean recalled
      = place->path == NULL || is_recalled (maildrop, entry, place->spool != NULL, take);
  if (!recalled)
    {
      bytes = store_files_read (maildrop->site->files, place->path, place->spool, &failed);
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

typedef struct
{
  char *user;
  GArray *ids;      /* of gint64 */
  GPtrArray *files; /* of char: to go once the rows are gone */
} Removal;

static void
removal_free (gpointer data)
{
  Removal *removal = data;

  g_free (removal->user);
  g_array_unref (removal->ids);
  g_ptr_array_unref (removal->files);
  g_free (removal);
}

static gboolean
note_file (Removal *removal, StoreDb *db, gint64 id, GError **error)
{
  GError *failed = NULL;
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT path FROM letters WHERE id = :id", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id", id);
  if (store_statement_step (statement, &failed))
    g_ptr_array_add (removal->files,
                     store_site_file (removal->user, store_statement_get_text (statement, 0)));
  if (failed == NULL)
    return TRUE;
  g_propagate_error (error, failed);
  return FALSE;
}

static gboolean
remove_letters (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  Removal *removal = write->data;

  /* A second name under tmp/ would keep the room of what is removed. */
  if (!store_site_clear_placed (write->site, db, error))
    return FALSE;
  for (guint i = 0; i < removal->ids->len; i++)
    {
      gint64 id = g_array_index (removal->ids, gint64, i);
      if (!note_file (removal, db, id, error)
          || !store_site_note_departure (db, id, STORE_RECALL_NOT_FOUND, error)
          || !store_site_delete_letter (db, id, error))
        return FALSE;
    }
  return TRUE;
}

static void
remove_files (StoreSiteWrite *write)
{
  const Removal *removal = write->data;

  for (guint i = 0; i < removal->files->len; i++)
    store_files_remove (write->site->files, g_ptr_array_index (removal->files, i));
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
  Removal *removal = g_new0 (Removal, 1);

  removal->user = g_strdup (maildrop->user);
  removal->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  removal->files = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < indices->len; i++)
    g_array_append_val (removal->ids, get (maildrop, g_array_index (indices, guint, i))->id);
  store_site_write (maildrop->site, remove_letters, remove_files, removal, removal_free, task);
}

gboolean
store_maildrop_remove_finish (StoreMaildrop *maildrop, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
