/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-store"

#include "store-check-private.h"

#include <glib/gstdio.h>
#include <string.h>

/* What was found; of ids (gint64) where nothing else is said. */
typedef struct
{
  StoreCheckup checkup;
  gboolean mend;
  GHashTable *odd; /* of char *: paths of rows that do not end in the row's id */
  GArray *misplaced;
  GArray *lost;
  GArray *changed;
  GArray *unindexed;
  GArray *stranded;
  GPtrArray *orphans; /* of StoreOrphan */
} Check;

static Check *
check_new (gboolean mend)
{
  Check *check = g_new0 (Check, 1);
  GArray **arrays[]
      = { &check->misplaced, &check->lost, &check->changed, &check->unindexed, &check->stranded };

  check->mend = mend;
  check->odd = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (arrays); i++)
    *arrays[i] = g_array_new (FALSE, FALSE, sizeof (gint64));
  check->orphans = g_ptr_array_new_with_free_func ((GDestroyNotify) store_orphan_free);
  return check;
}

static void
check_free (gpointer data)
{
  Check *check = data;

  g_hash_table_unref (check->odd);
  g_array_unref (check->misplaced);
  g_array_unref (check->lost);
  g_array_unref (check->changed);
  g_array_unref (check->unindexed);
  g_array_unref (check->stranded);
  g_ptr_array_unref (check->orphans);
  g_free (check);
}

/* ---- rows ---- */

/* The number in "2026-11-23 1405 Tea 17.eml"; 0: the name is not of our making. */
static gint64
read_id (const char *path)
{
  const char *blank = strrchr (path, ' ');
  char *end;

  if (blank == NULL || !g_ascii_isdigit (blank[1]))
    return 0;
  gint64 id = g_ascii_strtoll (blank + 1, &end, 10);
  return g_str_equal (end, ".eml") && id < G_MAXINT64 ? id : 0;
}

/* The file's size; -1: it is not there. */
static gint64
measure (StoreCabinet *cabinet, StoreFolder folder, const char *path)
{
  g_autofree char *file = store_cabinet_file (folder, path);
  g_autofree char *full = g_build_filename (store_files_get_root (cabinet->files), file, NULL);
  GStatBuf state;

  return g_stat (full, &state) == 0 ? (gint64) state.st_size : -1;
}

static gboolean
is_elsewhere (StoreCabinet *cabinet, const char *path)
{
  for (guint i = 0; i < STORE_N_FOLDERS; i++)
    if (measure (cabinet, (StoreFolder) i, path) >= 0)
      return TRUE;
  return FALSE;
}

static void
look_at_row (StoreCabinet *cabinet, Check *check, StoreStatement *row)
{
  gint64 id = store_statement_get_int (row, 0);
  const char *path = store_statement_get_text (row, 2);
  gint64 size = measure (cabinet, (StoreFolder) store_statement_get_int (row, 1), path);

  check->checkup.letters++;
  if (read_id (path) != id)
    g_hash_table_add (check->odd, g_strdup (path));
  if (size >= 0 && size != store_statement_get_int (row, 3))
    g_array_append_val (check->changed, id);
  /* One with a spool is on its way to its place. */
  if (size >= 0 || store_statement_get_text (row, 4) != NULL)
    return;
  if (is_elsewhere (cabinet, path))
    g_array_append_val (check->misplaced, id);
  else
    g_array_append_val (check->lost, id);
}

static gboolean
look_at_rows (StoreCabinet *cabinet,
              StoreDb *db,
              Check *check,
              GCancellable *cancellable,
              GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT id, folder, path, size, spool FROM letters", error);
  GError *failed = NULL;

  if (statement == NULL)
    return FALSE;
  while (store_statement_step (statement, &failed))
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      look_at_row (cabinet, check, statement);
    }
  if (failed == NULL)
    return TRUE;
  g_propagate_error (error, failed);
  return FALSE;
}

static gboolean
collect_ids (StoreDb *db, const char *sql, GArray *ids, GError **error)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, error);
  GError *failed = NULL;

  if (statement == NULL)
    return FALSE;
  while (store_statement_step (statement, &failed))
    {
      gint64 id = store_statement_get_int (statement, 0);
      g_array_append_val (ids, id);
    }
  if (failed == NULL)
    return TRUE;
  g_propagate_error (error, failed);
  return FALSE;
}

static gint64
read_number (StoreDb *db, const char *sql)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, NULL);

  return statement != NULL && store_statement_step (statement, NULL)
             ? store_statement_get_int (statement, 0)
             : 0;
}

static gboolean
look_at_index (StoreDb *db, Check *check, GError **error)
{
  if (!collect_ids (db,
                    "SELECT id FROM letters WHERE doc IS NOT NULL AND NOT EXISTS "
                    "(SELECT 1 FROM search_docsize s WHERE s.id = letters.doc)",
                    check->unindexed, error)
      || !collect_ids (db,
                       "SELECT id FROM letters WHERE folder = 3 AND id NOT IN "
                       "(SELECT letter FROM outbox)",
                       check->stranded, error))
    return FALSE;
  check->checkup.stale
      = (guint) read_number (db, "SELECT count (*) FROM search_docsize WHERE id NOT IN "
                                 "(SELECT doc FROM letters WHERE doc IS NOT NULL)");
  return TRUE;
}

/* ---- files ---- */

static gboolean
has_row (StoreDb *db, const Check *check, gint64 id, const char *path)
{
  g_autoptr (StoreStatement) statement = NULL;

  if (g_hash_table_contains (check->odd, path))
    return TRUE;
  statement = store_db_prepare (db, "SELECT 1 FROM letters WHERE id = :id AND path = :path", NULL);
  if (statement == NULL)
    return TRUE;
  store_statement_bind_int (statement, ":id", id);
  store_statement_bind_text (statement, ":path", path);
  return store_statement_step (statement, NULL);
}

static void
look_at_file (StoreDb *db, Check *check, StoreFolder folder, const char *path, gint64 newest)
{
  gint64 id = read_id (path);

  if (!g_str_has_suffix (path, ".eml") || has_row (db, check, id, path))
    return;
  StoreOrphan *orphan = g_new0 (StoreOrphan, 1);
  orphan->folder = folder;
  orphan->path = g_strdup (path);
  orphan->id = id;
  orphan->deleted = id > 0 && id <= newest;
  if (orphan->deleted)
    check->checkup.trashed++;
  else
    check->checkup.adopted++;
  g_ptr_array_add (check->orphans, orphan);
}

/* @below: in the folder, or NULL. */
static void
look_at_folder (StoreCabinet *cabinet,
                StoreDb *db,
                Check *check,
                StoreFolder folder,
                const char *below,
                gint64 newest)
{
  g_autofree char *place = store_cabinet_file (folder, below);
  g_autofree char *full = g_build_filename (store_files_get_root (cabinet->files), place, NULL);
  g_autoptr (GDir) dir = g_dir_open (full, 0, NULL);

  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *path
          = below != NULL ? g_build_filename (below, name, NULL) : g_strdup (name);
      g_autofree char *file = g_build_filename (full, name, NULL);
      if (g_str_has_suffix (name, ".eml"))
        look_at_file (db, check, folder, path, newest);
      else if (g_file_test (file, G_FILE_TEST_IS_DIR)
               && !g_file_test (file, G_FILE_TEST_IS_SYMLINK))
        look_at_folder (cabinet, db, check, folder, path, newest);
    }
}

/* ---- mending, in the writer's thread ---- */

typedef struct
{
  StoreFolder folder;
  char *path;
  char *spool;
} Place;

/* FALSE: the letter has gone meanwhile. */
static gboolean
find_place (StoreDb *db, gint64 id, Place *place)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT folder, path, spool FROM letters WHERE id = :id", NULL);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id", id);
  if (!store_statement_step (statement, NULL))
    return FALSE;
  place->folder = (StoreFolder) store_statement_get_int (statement, 0);
  place->path = g_strdup (store_statement_get_text (statement, 1));
  place->spool = g_strdup (store_statement_get_text (statement, 2));
  return TRUE;
}

static gboolean
reread (StoreWrite *write, StoreDb *db, gint64 id, const Place *place, GError **error)
{
  g_autoptr (GBytes) bytes
      = store_cabinet_read_file (write->cabinet, place->folder, place->path, place->spool, NULL);
  g_autoptr (MessageLetter) letter = bytes != NULL ? message_letter_parse (bytes, NULL) : NULL;
  g_autoptr (StoreLetter) row = g_new0 (StoreLetter, 1);
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db,
      "UPDATE letters SET message_id = :message_id, subject = :subject, sender = :sender, "
      "recipients = :recipients, date = :date, size = :size, attachments = :attachments, "
      "snippet = :snippet, doc = NULL WHERE id = :id",
      error);

  if (statement == NULL)
    return FALSE;
  store_cabinet_fill_row (row, letter);
  store_statement_bind_text (statement, ":message_id", row->message_id);
  store_statement_bind_text (statement, ":subject", row->subject);
  store_statement_bind_text (statement, ":sender", row->from);
  store_statement_bind_text (statement, ":recipients", row->to);
  store_statement_bind_int (statement, ":date", row->date);
  store_statement_bind_int (statement, ":size",
                            bytes != NULL ? (gint64) g_bytes_get_size (bytes) : 0);
  store_statement_bind_int (statement, ":attachments", row->has_attachments);
  store_statement_bind_text (statement, ":snippet", row->snippet);
  store_statement_bind_int (statement, ":id", id);
  write->changed |= 1u << place->folder;
  return store_statement_run (statement, error);
}

typedef gboolean (
    *MendOne) (StoreWrite *write, StoreDb *db, gint64 id, const Place *place, GError **error);

static gboolean
mend_misplaced (StoreWrite *write, StoreDb *db, gint64 id, const Place *place, GError **error)
{
  for (guint i = 0; i < STORE_N_FOLDERS; i++)
    if (i != place->folder && measure (write->cabinet, (StoreFolder) i, place->path) >= 0)
      {
        store_write_move_file (write, (StoreFolder) i, place->folder, place->path);
        break;
      }
  return TRUE;
}

static gboolean
mend_lost (StoreWrite *write, StoreDb *db, gint64 id, const Place *place, GError **error)
{
  if (place->spool != NULL || is_elsewhere (write->cabinet, place->path))
    return TRUE;
  write->changed |= 1u << place->folder;
  return store_cabinet_run_for (db, "DELETE FROM letters WHERE id = :id", id, error);
}

static gboolean
mend_unindexed (StoreWrite *write, StoreDb *db, gint64 id, const Place *place, GError **error)
{
  return store_cabinet_run_for (db, "UPDATE letters SET doc = NULL WHERE id = :id", id, error);
}

static gboolean
mend_stranded (StoreWrite *write, StoreDb *db, gint64 id, const Place *place, GError **error)
{
  if (place->folder != STORE_FOLDER_OUTBOX)
    return TRUE;
  store_write_move_file (write, place->folder, STORE_FOLDER_DRAFTS, place->path);
  return store_cabinet_run_for (db, "UPDATE letters SET folder = 2 WHERE id = :id", id, error);
}

static gboolean
mend_each (StoreWrite *write, StoreDb *db, GArray *ids, MendOne mend, GError **error)
{
  for (guint i = 0; i < ids->len; i++)
    {
      gint64 id = g_array_index (ids, gint64, i);
      Place place = { 0 };
      gboolean done = !find_place (db, id, &place) || mend (write, db, id, &place, error);
      g_free (place.path);
      g_free (place.spool);
      if (!done)
        return FALSE;
    }
  return TRUE;
}

static gboolean
mend (StoreWrite *write, StoreDb *db, GError **error)
{
  Check *check = write->data;

  return mend_each (write, db, check->misplaced, mend_misplaced, error)
         && mend_each (write, db, check->lost, mend_lost, error)
         && mend_each (write, db, check->changed, reread, error)
         && mend_each (write, db, check->unindexed, mend_unindexed, error)
         && mend_each (write, db, check->stranded, mend_stranded, error);
}

/* ---- the check ---- */

static void
run_check (GTask *task, StoreCabinet *cabinet, StoreDb *db, gpointer data)
{
  Check *check = data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;
  gint64 newest = read_number (db, "SELECT seq FROM sqlite_sequence WHERE name = 'letters'");

  if (!look_at_rows (cabinet, db, check, cancellable, &error) || !look_at_index (db, check, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  for (guint i = 0; i < STORE_N_FOLDERS; i++)
    look_at_folder (cabinet, db, check, (StoreFolder) i, NULL, newest);
  check->checkup.misplaced = check->misplaced->len;
  check->checkup.lost = check->lost->len;
  check->checkup.changed = check->changed->len;
  check->checkup.unindexed = check->unindexed->len;
  check->checkup.stranded = check->stranded->len;
  if (check->mend
      && (!store_check_write (cabinet, mend, check, &error)
          || !store_check_adopt (cabinet, check->orphans, cancellable, &error)))
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_memdup2 (&check->checkup, sizeof check->checkup), g_free);
}

void
store_cabinet_check_async (StoreCabinet *cabinet,
                           gboolean mend,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  store_cabinet_read (cabinet, run_check, check_new (mend), check_free, cancellable, callback,
                      user_data);
}

gboolean
store_cabinet_check_finish (StoreCabinet *cabinet,
                            GAsyncResult *result,
                            StoreCheckup *checkup,
                            GError **error)
{
  g_autofree StoreCheckup *got = g_task_propagate_pointer (G_TASK (result), error);

  if (got == NULL)
    return FALSE;
  *checkup = *got;
  return TRUE;
}
