/* SPDX-License-Identifier: MIT */
#include "store-cabinet-private.h"
#include "store-junk-private.h"

#include <string.h>

typedef struct
{
  gint64 *ids;
  gsize count;
  StoreFolder folder; /* move */
  StoreFlag flag;
  gboolean value;
} Selection;

static Selection *
selection_new (const gint64 *ids, gsize count)
{
  Selection *selection = g_new0 (Selection, 1);

  selection->ids = g_memdup2 (ids, count * sizeof *ids);
  selection->count = count;
  return selection;
}

static void
selection_free (gpointer data)
{
  Selection *selection = data;

  g_free (selection->ids);
  g_free (selection);
}

/* ---- reading ---- */

static void
list (GTask *task, StoreCabinet *cabinet, StoreDb *db, gpointer data)
{
  GError *error = NULL;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db, "SELECT id FROM letters WHERE folder = :folder ORDER BY date DESC, id DESC", &error);

  if (statement != NULL)
    {
      store_statement_bind_int (statement, ":folder", GPOINTER_TO_INT (data));
      while (store_statement_step (statement, &error))
        {
          gint64 id = store_statement_get_int (statement, 0);
          g_array_append_val (ids, id);
        }
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&ids), (GDestroyNotify) g_array_unref);
}

void
store_cabinet_list_async (StoreCabinet *cabinet,
                          StoreFolder folder,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  store_cabinet_read (cabinet, list, GINT_TO_POINTER (folder), NULL, cancellable, callback,
                      user_data);
}

GArray *
store_cabinet_list_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static StoreLetter *
read_row (StoreCabinet *cabinet, StoreStatement *statement)
{
  StoreLetter *letter = g_new0 (StoreLetter, 1);

  letter->id = store_statement_get_int (statement, 0);
  letter->account = store_statement_get_int (statement, 1);
  letter->folder = (StoreFolder) store_statement_get_int (statement, 2);
  g_autofree char *file
      = store_cabinet_file (letter->folder, store_statement_get_text (statement, 3));
  letter->path = g_build_filename (store_files_get_root (cabinet->files), file, NULL);
  letter->message_id = g_strdup (store_statement_get_text (statement, 4));
  letter->subject = g_strdup (store_statement_get_text (statement, 5));
  letter->from = g_strdup (store_statement_get_text (statement, 6));
  letter->to = g_strdup (store_statement_get_text (statement, 7));
  letter->date = store_statement_get_int (statement, 8);
  letter->size = (guint64) store_statement_get_int (statement, 9);
  letter->seen = store_statement_get_int (statement, 10) != 0;
  letter->answered = store_statement_get_int (statement, 11) != 0;
  letter->flagged = store_statement_get_int (statement, 12) != 0;
  letter->has_attachments = store_statement_get_int (statement, 13) != 0;
  letter->snippet = g_strdup (store_statement_get_text (statement, 14));
  letter->partial = (guint64) store_statement_get_int (statement, 15);
  return letter;
}

static void
load (GTask *task, StoreCabinet *cabinet, StoreDb *db, gpointer data)
{
  const Selection *selection = data;
  GError *error = NULL;
  g_autoptr (GPtrArray) letters
      = g_ptr_array_new_with_free_func ((GDestroyNotify) store_letter_free);

  for (gsize i = 0; error == NULL && i < selection->count; i++)
    {
      g_autoptr (StoreStatement) statement = store_db_prepare (
          db,
          "SELECT id, account, folder, path, message_id, subject, sender, recipients, date, size, "
          "seen, answered, flagged, attachments, snippet, partial FROM letters WHERE id = :id",
          &error);
      if (statement == NULL)
        break;
      store_statement_bind_int (statement, ":id", selection->ids[i]);
      if (store_statement_step (statement, &error))
        g_ptr_array_add (letters, read_row (cabinet, statement));
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&letters), (GDestroyNotify) g_ptr_array_unref);
}

void
store_cabinet_load_async (StoreCabinet *cabinet,
                          const gint64 *ids,
                          gsize n_ids,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  store_cabinet_read (cabinet, load, selection_new (ids, n_ids), selection_free, cancellable,
                      callback, user_data);
}

GPtrArray *
store_cabinet_load_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* A move renames the file after its commit: between the two, and after a crash there, the file is
 * in the folder it came from. */
GBytes *
store_cabinet_read_file (StoreCabinet *cabinet,
                         StoreFolder folder,
                         const char *path,
                         const char *spool,
                         GError **error)
{
  g_autofree char *file = store_cabinet_file (folder, path);
  g_autoptr (GError) failed = NULL;
  GBytes *bytes = store_files_read (cabinet->files, file, spool, &failed);

  /* Twice: it may be moving while we look. */
  for (guint i = 0; bytes == NULL && i < 2 * STORE_N_FOLDERS; i++)
    {
      g_autofree char *other = store_cabinet_file ((StoreFolder) (i % STORE_N_FOLDERS), path);
      bytes = store_files_read (cabinet->files, other, NULL, NULL);
    }
  if (bytes == NULL)
    g_propagate_error (error, g_steal_pointer (&failed));
  return bytes;
}

static void
read_letter (GTask *task, StoreCabinet *cabinet, StoreDb *db, gpointer data)
{
  GError *error = NULL;
  GBytes *bytes = NULL;
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT folder, path, spool FROM letters WHERE id = :id", &error);

  if (statement != NULL)
    {
      store_statement_bind_int (statement, ":id", *(gint64 *) data);
      if (store_statement_step (statement, &error))
        bytes = store_cabinet_read_file (cabinet,
                                         (StoreFolder) store_statement_get_int (statement, 0),
                                         store_statement_get_text (statement, 1),
                                         store_statement_get_text (statement, 2), &error);
      else if (error == NULL)
        g_set_error_literal (&error, STORE_ERROR, STORE_ERROR_NOT_FOUND, "There is no such letter");
    }
  if (bytes == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
}

void
store_cabinet_read_async (StoreCabinet *cabinet,
                          gint64 id,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  store_cabinet_read (cabinet, read_letter, g_memdup2 (&id, sizeof id), g_free, cancellable,
                      callback, user_data);
}

GBytes *
store_cabinet_read_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
count_into (StoreDb *db, const char *sql, guint *counts, GError **error)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, error);

  while (statement != NULL && store_statement_step (statement, error))
    {
      gint64 folder = store_statement_get_int (statement, 0);
      if (folder >= 0 && folder < STORE_N_FOLDERS)
        counts[folder] = (guint) store_statement_get_int (statement, 1);
    }
}

static void
count (GTask *task, StoreCabinet *cabinet, StoreDb *db, gpointer data)
{
  GError *error = NULL;
  g_autofree StoreCounts *counts = g_new0 (StoreCounts, 1);

  count_into (db, "SELECT folder, count (*) FROM letters GROUP BY folder", counts->total, &error);
  if (error == NULL)
    count_into (db, "SELECT folder, count (*) FROM letters WHERE seen = 0 GROUP BY folder",
                counts->unseen, &error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&counts), g_free);
}

void
store_cabinet_count_async (StoreCabinet *cabinet,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  store_cabinet_read (cabinet, count, NULL, NULL, cancellable, callback, user_data);
}

gboolean
store_cabinet_count_finish (StoreCabinet *cabinet,
                            GAsyncResult *result,
                            StoreCounts *counts,
                            GError **error)
{
  g_autofree StoreCounts *got = g_task_propagate_pointer (G_TASK (result), error);

  if (got == NULL)
    return FALSE;
  *counts = *got;
  return TRUE;
}

/* ---- writing ---- */

/* Where a letter is; FALSE without an error when there is none of that id. */
static gboolean
find (StoreDb *db, gint64 id, StoreFolder *folder, char **path, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT folder, path FROM letters WHERE id = :id", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id", id);
  if (!store_statement_step (statement, error))
    return FALSE;
  *folder = (StoreFolder) store_statement_get_int (statement, 0);
  *path = g_strdup (store_statement_get_text (statement, 1));
  return TRUE;
}

static const char *const flag_sql[] = {
  [STORE_FLAG_SEEN] = "UPDATE letters SET seen = :value WHERE id = :id AND seen <> :value",
  [STORE_FLAG_ANSWERED]
  = "UPDATE letters SET answered = :value WHERE id = :id AND answered <> :value",
  [STORE_FLAG_FLAGGED] = "UPDATE letters SET flagged = :value WHERE id = :id AND flagged <> :value",
};

static gboolean
set_flag (StoreWrite *write, StoreDb *db, GError **error)
{
  const Selection *selection = write->data;

  for (gsize i = 0; i < selection->count; i++)
    {
      g_autofree char *path = NULL;
      StoreFolder folder;
      GError *failed = NULL;
      if (!find (db, selection->ids[i], &folder, &path, &failed))
        {
          if (failed == NULL)
            continue;
          g_propagate_error (error, failed);
          return FALSE;
        }
      g_autoptr (StoreStatement) statement
          = store_db_prepare (db, flag_sql[selection->flag], error);
      if (statement == NULL)
        return FALSE;
      store_statement_bind_int (statement, ":id", selection->ids[i]);
      store_statement_bind_int (statement, ":value", selection->value);
      if (!store_statement_run (statement, error))
        return FALSE;
      if (store_db_get_changes (db) > 0)
        write->changed |= 1u << folder;
    }
  return TRUE;
}

void
store_cabinet_set_flag_async (StoreCabinet *cabinet,
                              const gint64 *ids,
                              gsize n_ids,
                              StoreFlag flag,
                              gboolean value,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  Selection *selection = selection_new (ids, n_ids);

  selection->flag = flag;
  selection->value = value != FALSE;
  store_cabinet_write (cabinet, set_flag, NULL, selection, selection_free,
                       g_task_new (cabinet, cancellable, callback, user_data));
}

/* A letter that some process is sending stays where it is. */
static gboolean
take_from_outbox (StoreWrite *write, StoreDb *db, gint64 id, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT state FROM outbox WHERE letter = :id", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id", id);
  if (store_statement_step (statement, NULL)
      && store_statement_get_int (statement, 0) == STORE_OUTBOX_SENDING)
    {
      g_set_error_literal (error, STORE_ERROR, STORE_ERROR_BUSY, "The letter is being sent now");
      return FALSE;
    }
  write->changed |= STORE_CHANGED_OUTBOX;
  return store_cabinet_run_for (db, "DELETE FROM outbox WHERE letter = :id", id, error);
}

static gboolean
set_folder (StoreDb *db, gint64 id, StoreFolder folder, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "UPDATE letters SET folder = :folder WHERE id = :id", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":folder", folder);
  store_statement_bind_int (statement, ":id", id);
  return store_statement_run (statement, error);
}

gboolean
store_cabinet_move_letter (StoreWrite *write,
                           StoreDb *db,
                           gint64 id,
                           StoreFolder folder,
                           GError **error)
{
  g_autofree char *path = NULL;
  StoreFolder from;
  GError *failed = NULL;

  if (!find (db, id, &from, &path, &failed))
    {
      if (failed == NULL)
        return TRUE;
      g_propagate_error (error, failed);
      return FALSE;
    }
  if ((from == STORE_FOLDER_OUTBOX && !take_from_outbox (write, db, id, error))
      || !set_folder (db, id, folder, error))
    return FALSE;
  store_write_move_file (write, from, folder, path);
  return TRUE;
}

static gboolean
move (StoreWrite *write, StoreDb *db, GError **error)
{
  const Selection *selection = write->data;

  for (gsize i = 0; i < selection->count; i++)
    if (!store_cabinet_move_letter (write, db, selection->ids[i], selection->folder, error))
      return FALSE;
  return TRUE;
}

void
store_cabinet_move_async (StoreCabinet *cabinet,
                          const gint64 *ids,
                          gsize n_ids,
                          StoreFolder folder,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  GTask *task = g_task_new (cabinet, cancellable, callback, user_data);

  if (folder == STORE_FOLDER_OUTBOX)
    {
      g_task_return_new_error (task, STORE_ERROR, STORE_ERROR_INVALID,
                               "A letter comes into the outbox by being sent");
      g_object_unref (task);
      return;
    }
  Selection *selection = selection_new (ids, n_ids);
  selection->folder = folder;
  store_cabinet_write (cabinet, move, NULL, selection, selection_free, task);
}

static gboolean delete (StoreWrite *write, StoreDb *db, GError **error)
{
  const Selection *selection = write->data;

  for (gsize i = 0; i < selection->count; i++)
    {
      g_autofree char *path = NULL;
      gint64 id = selection->ids[i];
      StoreFolder folder;
      GError *failed = NULL;
      if (!find (db, id, &folder, &path, &failed))
        {
          if (failed == NULL)
            continue;
          g_propagate_error (error, failed);
          return FALSE;
        }
      if ((folder == STORE_FOLDER_OUTBOX && !take_from_outbox (write, db, id, error))
          || !store_cabinet_run_for (db, "DELETE FROM letters WHERE id = :id", id, error))
        return FALSE;
      store_write_remove_file (write, folder, path);
    }
  return TRUE;
}

void
store_cabinet_delete_async (StoreCabinet *cabinet,
                            const gint64 *ids,
                            gsize n_ids,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  store_cabinet_write (cabinet, delete, NULL, selection_new (ids, n_ids), selection_free,
                       g_task_new (cabinet, cancellable, callback, user_data));
}
