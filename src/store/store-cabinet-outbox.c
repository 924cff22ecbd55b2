/* SPDX-License-Identifier: MIT */
#include "store-cabinet-private.h"

/* ---- reading ---- */

static gboolean
read_recipients (StoreDb *db, StoreOutboxEntry *entry, GError **error)
{
  GError *failed = NULL;
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db,
                          "SELECT address, state, reply FROM outbox_recipients WHERE letter = "
                          ":letter ORDER BY position",
                          error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":letter", entry->letter);
  while (store_statement_step (statement, &failed))
    {
      StoreRecipient *recipient = store_recipient_new (store_statement_get_text (statement, 0));
      recipient->state = (StoreRecipientState) store_statement_get_int (statement, 1);
      recipient->reply = g_strdup (store_statement_get_text (statement, 2));
      g_ptr_array_add (entry->recipients, recipient);
    }
  if (failed == NULL)
    return TRUE;
  g_propagate_error (error, failed);
  return FALSE;
}

static void
outbox (GTask *task, StoreCabinet *cabinet, StoreDb *db, gpointer data)
{
  GError *error = NULL;
  g_autoptr (GPtrArray) entries
      = g_ptr_array_new_with_free_func ((GDestroyNotify) store_outbox_entry_free);
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db,
      "SELECT letter, account, state, attempts, next_try, last_error, reverse_path FROM outbox "
      "ORDER BY letter",
      &error);

  while (statement != NULL && store_statement_step (statement, &error))
    {
      StoreOutboxEntry *entry = store_outbox_entry_new ();
      g_ptr_array_add (entries, entry);
      entry->letter = store_statement_get_int (statement, 0);
      entry->account = store_statement_get_int (statement, 1);
      entry->state = (StoreOutboxState) store_statement_get_int (statement, 2);
      entry->attempts = (guint) store_statement_get_int (statement, 3);
      entry->next_try = store_statement_get_int (statement, 4);
      entry->last_error = g_strdup (store_statement_get_text (statement, 5));
      entry->reverse_path = g_strdup (store_statement_get_text (statement, 6));
      if (!read_recipients (db, entry, &error))
        break;
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&entries), (GDestroyNotify) g_ptr_array_unref);
}

void
store_cabinet_outbox_async (StoreCabinet *cabinet,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  store_cabinet_read (cabinet, outbox, NULL, NULL, cancellable, callback, user_data);
}

GPtrArray *
store_cabinet_outbox_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- writing ---- */

static gboolean
claim (StoreWrite *write, StoreDb *db, GError **error)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db, "UPDATE outbox SET state = 1, owner = :owner WHERE letter = :letter AND state = 0",
      error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":owner", store_files_get_owner (write->cabinet->files));
  store_statement_bind_int (statement, ":letter", *(gint64 *) write->data);
  if (!store_statement_run (statement, error))
    return FALSE;
  write->changed = STORE_CHANGED_OUTBOX;
  if (store_db_get_changes (db) > 0)
    return TRUE;
  g_set_error_literal (error, STORE_ERROR, STORE_ERROR_BUSY,
                       "The letter is being sent already, or waits no more");
  return FALSE;
}

void
store_cabinet_claim_async (StoreCabinet *cabinet,
                           gint64 letter,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  store_cabinet_write (cabinet, claim, NULL, g_memdup2 (&letter, sizeof letter), g_free,
                       g_task_new (cabinet, cancellable, callback, user_data));
}

static gboolean
update_recipients (StoreDb *db, const StoreOutboxEntry *entry, GError **error)
{
  for (guint i = 0; i < entry->recipients->len; i++)
    {
      const StoreRecipient *recipient = g_ptr_array_index (entry->recipients, i);
      g_autoptr (StoreStatement) statement
          = store_db_prepare (db,
                              "UPDATE outbox_recipients SET state = :state, reply = :reply "
                              "WHERE letter = :letter AND position = :position",
                              error);
      if (statement == NULL)
        return FALSE;
      store_statement_bind_int (statement, ":state", recipient->state);
      store_statement_bind_text (statement, ":reply", recipient->reply);
      store_statement_bind_int (statement, ":letter", entry->letter);
      store_statement_bind_int (statement, ":position", i);
      if (!store_statement_run (statement, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
update (StoreWrite *write, StoreDb *db, GError **error)
{
  const StoreOutboxEntry *entry = write->data;
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db,
      "UPDATE outbox SET state = :state, owner = iif (:state = 1, owner, NULL), "
      "attempts = :attempts, next_try = :next_try, last_error = :last_error "
      "WHERE letter = :letter",
      error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":state", entry->state);
  store_statement_bind_int (statement, ":attempts", entry->attempts);
  store_statement_bind_int (statement, ":next_try", entry->next_try);
  store_statement_bind_text (statement, ":last_error", entry->last_error);
  store_statement_bind_int (statement, ":letter", entry->letter);
  if (!store_statement_run (statement, error))
    return FALSE;
  if (store_db_get_changes (db) == 0)
    {
      g_set_error_literal (error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
                           "The letter is in the outbox no more");
      return FALSE;
    }
  write->changed = STORE_CHANGED_OUTBOX;
  return update_recipients (db, entry, error);
}

void
store_cabinet_update_outbox_async (StoreCabinet *cabinet,
                                   const StoreOutboxEntry *entry,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  store_cabinet_write (cabinet, update, NULL, store_outbox_entry_copy (entry),
                       (GDestroyNotify) store_outbox_entry_free,
                       g_task_new (cabinet, cancellable, callback, user_data));
}

static gboolean
sent (StoreWrite *write, StoreDb *db, GError **error)
{
  gint64 id = *(gint64 *) write->data;
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT folder, path FROM letters WHERE id = :id", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id", id);
  if (!store_statement_step (statement, error))
    {
      if (error == NULL || *error == NULL)
        g_set_error_literal (error, STORE_ERROR, STORE_ERROR_NOT_FOUND, "There is no such letter");
      return FALSE;
    }
  store_write_move_file (write, (StoreFolder) store_statement_get_int (statement, 0),
                         STORE_FOLDER_SENT, store_statement_get_text (statement, 1));
  write->changed |= STORE_CHANGED_OUTBOX;
  return store_cabinet_run_for (db, "UPDATE letters SET folder = 1 WHERE id = :id", id, error)
         && store_cabinet_run_for (db, "DELETE FROM outbox WHERE letter = :id", id, error);
}

void
store_cabinet_sent_async (StoreCabinet *cabinet,
                          gint64 letter,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  store_cabinet_write (cabinet, sent, NULL, g_memdup2 (&letter, sizeof letter), g_free,
                       g_task_new (cabinet, cancellable, callback, user_data));
}
