/* SPDX-License-Identifier: MIT */
#include "store-cabinet-private.h"

static void
known_uids (GTask *task, StoreCabinet *cabinet, StoreDb *db, gpointer data)
{
  GError *error = NULL;
  g_autoptr (GHashTable) uids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT uid FROM uids WHERE account = :account", &error);

  if (statement != NULL)
    {
      store_statement_bind_int (statement, ":account", *(gint64 *) data);
      while (store_statement_step (statement, &error))
        g_hash_table_add (uids, g_strdup (store_statement_get_text (statement, 0)));
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

typedef struct
{
  gint64 account;
  GPtrArray *uids;
} Forget;

static void
forget_free (gpointer data)
{
  Forget *forget = data;

  g_ptr_array_unref (forget->uids);
  g_free (forget);
}

static gboolean
forget_uids (StoreWrite *write, StoreDb *db, GError **error)
{
  const Forget *forget = write->data;

  for (guint i = 0; i < forget->uids->len; i++)
    {
      g_autoptr (StoreStatement) statement
          = store_db_prepare (db, "DELETE FROM uids WHERE account = :account AND uid = :uid",
                              error);
      if (statement == NULL)
        return FALSE;
      store_statement_bind_int (statement, ":account", forget->account);
      store_statement_bind_text (statement, ":uid", g_ptr_array_index (forget->uids, i));
      if (!store_statement_run (statement, error))
        return FALSE;
    }
  return TRUE;
}

void
store_cabinet_forget_uids_async (StoreCabinet *cabinet,
                                 gint64 account,
                                 GPtrArray *uids,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  Forget *forget = g_new0 (Forget, 1);

  forget->account = account;
  forget->uids = g_ptr_array_ref (uids);
  store_cabinet_write (cabinet, forget_uids, NULL, forget, forget_free,
                       g_task_new (cabinet, cancellable, callback, user_data));
}
