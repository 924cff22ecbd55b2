/* SPDX-License-Identifier: MIT */
#include "store-cabinet-private.h"

static void
known_uids (GTask *task, StoreCabinet *cabinet, StoreDb *db, gpointer data)
{
  GError *error = NULL;
  g_autoptr (GHashTable) uids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db,
      "SELECT uid, fetched, letter <> 0 AND (id IS NULL OR folder = :trash), "
      "ifnull (partial, 0), iif (wanted, id, 0) "
      "FROM uids LEFT JOIN letters ON id = letter WHERE uids.account = :account",
      &error);

  if (statement != NULL)
    {
      store_statement_bind_int (statement, ":account", *(gint64 *) data);
      store_statement_bind_int (statement, ":trash", STORE_FOLDER_TRASH);
      while (store_statement_step (statement, &error))
        {
          StoreUid *uid = g_new0 (StoreUid, 1);
          uid->fetched = store_statement_get_int (statement, 1);
          uid->deleted = store_statement_get_int (statement, 2) != 0;
          uid->partial = store_statement_get_int (statement, 3) != 0;
          uid->wanted = store_statement_get_int (statement, 4);
          g_hash_table_insert (uids, g_strdup (store_statement_get_text (statement, 0)), uid);
        }
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&uids), (GDestroyNotify) g_hash_table_unref);
}

void
store_cabinet_known_uids_async (StoreCabinet *cabinet,
                                gint64 account,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  store_cabinet_read (cabinet, known_uids, g_memdup2 (&account, sizeof account), g_free,
                      cancellable, callback, user_data);
}

GHashTable *
store_cabinet_known_uids_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
want_rest (StoreWrite *write, StoreDb *db, GError **error)
{
  if (!store_cabinet_run_for (db, "UPDATE letters SET wanted = 1 WHERE id = :id AND partial > 0",
                              *(gint64 *) write->data, error))
    return FALSE;
  if (store_db_get_changes (db) > 0)
    return TRUE;
  g_set_error_literal (error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
                       "There is no letter of which only a part is here");
  return FALSE;
}

void
store_cabinet_want_rest_async (StoreCabinet *cabinet,
                               gint64 letter,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  store_cabinet_write (cabinet, want_rest, NULL, g_memdup2 (&letter, sizeof letter), g_free,
                       g_task_new (cabinet, cancellable, callback, user_data));
}

gint64
store_cabinet_find_same (StoreCabinet *cabinet,
                         StoreDb *db,
                         gint64 account,
                         const StoreLetter *row,
                         GBytes *bytes)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db,
      row->message_id != NULL
          ? "SELECT id, folder, path, spool FROM letters WHERE message_id = :key AND "
            "(:account < 0 OR account = :account) AND size = :size"
          : "SELECT id, folder, path, spool FROM letters WHERE date = :key AND message_id IS NULL "
            "AND (:account < 0 OR account = :account) AND size = :size",
      NULL);

  if (statement == NULL)
    return 0;
  if (row->message_id != NULL)
    store_statement_bind_text (statement, ":key", row->message_id);
  else
    store_statement_bind_int (statement, ":key", row->date);
  store_statement_bind_int (statement, ":account", account);
  store_statement_bind_int (statement, ":size", (gint64) g_bytes_get_size (bytes));
  while (store_statement_step (statement, NULL))
    {
      g_autoptr (GBytes) other
          = store_cabinet_read_file (cabinet, (StoreFolder) store_statement_get_int (statement, 1),
                                     store_statement_get_text (statement, 2),
                                     store_statement_get_text (statement, 3), NULL);
      if (other != NULL && g_bytes_equal (bytes, other))
        return store_statement_get_int (statement, 0);
    }
  return 0;
}

typedef struct
{
  gint64 account;
  GPtrArray *listed;
} Forget;

static void
forget_free (gpointer data)
{
  Forget *forget = data;

  g_ptr_array_unref (forget->listed);
  g_free (forget);
}

static gboolean
forget_uid (StoreDb *db, gint64 account, const char *uid, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "DELETE FROM uids WHERE account = :account AND uid = :uid", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":account", account);
  store_statement_bind_text (statement, ":uid", uid);
  return store_statement_run (statement, error);
}

static gboolean
forget_uids (StoreWrite *write, StoreDb *db, GError **error)
{
  const Forget *forget = write->data;
  g_autoptr (GHashTable) listed = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func (g_free);
  GError *failed = NULL;

  for (guint i = 0; i < forget->listed->len; i++)
    g_hash_table_add (listed, g_ptr_array_index (forget->listed, i));
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT uid FROM uids WHERE account = :account", error);
  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":account", forget->account);
  while (store_statement_step (statement, &failed))
    if (!g_hash_table_contains (listed, store_statement_get_text (statement, 0)))
      g_ptr_array_add (gone, g_strdup (store_statement_get_text (statement, 0)));
  for (guint i = 0; failed == NULL && i < gone->len; i++)
    forget_uid (db, forget->account, g_ptr_array_index (gone, i), &failed);
  if (failed == NULL)
    return TRUE;
  g_propagate_error (error, failed);
  return FALSE;
}

void
store_cabinet_forget_uids_async (StoreCabinet *cabinet,
                                 gint64 account,
                                 GPtrArray *listed,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  Forget *forget = g_new0 (Forget, 1);

  forget->account = account;
  forget->listed = g_ptr_array_ref (listed);
  store_cabinet_write (cabinet, forget_uids, NULL, forget, forget_free,
                       g_task_new (cabinet, cancellable, callback, user_data));
}
