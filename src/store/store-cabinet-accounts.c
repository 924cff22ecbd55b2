/* SPDX-License-Identifier: MIT */
#include "store-cabinet-private.h"

#define COLUMNS                                                                                    \
  "name, address, smtp_host, smtp_port, smtp_security, smtp_user, pop3_host, pop3_port, "          \
  "pop3_security, pop3_user, keep_on_server, keep_days, max_octets, local, sign_in, proxy"

static void
read_server (StoreStatement *statement, guint column, StoreServer *server)
{
  g_free (server->host);
  g_free (server->user);
  server->host = g_strdup (store_statement_get_text (statement, column));
  server->port = (guint16) store_statement_get_int (statement, column + 1);
  store_security_from_name (store_statement_get_text (statement, column + 2), &server->security);
  server->user = g_strdup (store_statement_get_text (statement, column + 3));
}

static StoreAccount *
read_account (StoreStatement *statement)
{
  StoreAccount *account = store_account_new ();

  account->id = store_statement_get_int (statement, 0);
  g_free (account->name);
  account->name = g_strdup (store_statement_get_text (statement, 1));
  g_free (account->address);
  account->address = g_strdup (store_statement_get_text (statement, 2));
  read_server (statement, 3, &account->smtp);
  read_server (statement, 7, &account->pop3);
  account->keep = (StoreKeep) CLAMP (store_statement_get_int (statement, 11), 0, STORE_N_KEEPS - 1);
  account->keep_days = (guint) store_statement_get_int (statement, 12);
  account->max_octets = (guint64) store_statement_get_int (statement, 13);
  account->local = store_statement_get_int (statement, 14) != 0;
  g_free (account->sign_in);
  account->sign_in = g_strdup (store_statement_get_text (statement, 15));
  g_free (account->proxy);
  account->proxy = g_strdup (store_statement_get_text (statement, 16));
  return account;
}

GPtrArray *
store_cabinet_dup_accounts (StoreCabinet *cabinet, GError **error)
{
  g_autoptr (GPtrArray) accounts
      = g_ptr_array_new_with_free_func ((GDestroyNotify) store_account_free);
  GError *failed = NULL;

  if (!store_cabinet_enter (cabinet, error))
    return NULL;
  StoreDb *db = store_cabinet_take_reader (cabinet, error);
  if (db == NULL)
    {
      store_cabinet_leave (cabinet);
      return NULL;
    }
  StoreStatement *statement
      = store_db_prepare (db, "SELECT id, " COLUMNS " FROM accounts ORDER BY id", &failed);
  while (statement != NULL && store_statement_step (statement, &failed))
    g_ptr_array_add (accounts, read_account (statement));
  g_clear_pointer (&statement, store_statement_free);
  store_cabinet_return_reader (cabinet, db);
  store_cabinet_leave (cabinet);
  if (failed == NULL)
    return g_steal_pointer (&accounts);
  g_propagate_error (error, failed);
  return NULL;
}

static void
bind_server (StoreStatement *statement,
             const StoreServer *server,
             const char *host,
             const char *port,
             const char *security,
             const char *user)
{
  store_statement_bind_text (statement, host, server->host);
  store_statement_bind_int (statement, port, server->port);
  store_statement_bind_text (statement, security, store_security_get_name (server->security));
  store_statement_bind_text (statement, user, server->user);
}

static gboolean
save (StoreWrite *write, StoreDb *db, GError **error)
{
  const StoreAccount *account = write->data;
  GError *failed = NULL;
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db,
      account->id == 0
          ? "INSERT INTO accounts (" COLUMNS ") VALUES (:name, :address, :smtp_host, :smtp_port, "
            ":smtp_security, :smtp_user, :pop3_host, :pop3_port, :pop3_security, :pop3_user, "
            ":keep, :keep_days, :max_octets, :local, :sign_in, :proxy)"
          : "UPDATE accounts SET (" COLUMNS ") = (:name, :address, :smtp_host, :smtp_port, "
            ":smtp_security, :smtp_user, :pop3_host, :pop3_port, :pop3_security, :pop3_user, "
            ":keep, :keep_days, :max_octets, :local, :sign_in, :proxy) WHERE id = :id",
      error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":name", account->name);
  store_statement_bind_text (statement, ":address", account->address);
  bind_server (statement, &account->smtp, ":smtp_host", ":smtp_port", ":smtp_security",
               ":smtp_user");
  bind_server (statement, &account->pop3, ":pop3_host", ":pop3_port", ":pop3_security",
               ":pop3_user");
  store_statement_bind_int (statement, ":keep", account->keep);
  store_statement_bind_int (statement, ":keep_days", account->keep_days);
  store_statement_bind_int (statement, ":max_octets", (gint64) account->max_octets);
  store_statement_bind_int (statement, ":local", account->local);
  store_statement_bind_text (statement, ":sign_in", account->sign_in);
  store_statement_bind_text (statement, ":proxy", account->proxy);
  if (account->id != 0)
    store_statement_bind_int (statement, ":id", account->id);
  if (!store_statement_run (statement, &failed))
    {
      if (g_error_matches (failed, STORE_ERROR, STORE_ERROR_EXISTS))
        g_set_error (error, STORE_ERROR, STORE_ERROR_EXISTS, "There is an account %s already",
                     account->address);
      else
        g_propagate_error (error, g_steal_pointer (&failed));
      g_clear_error (&failed);
      return FALSE;
    }
  if (account->id != 0 && store_db_get_changes (db) == 0)
    {
      g_set_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND, "The account %s is gone",
                   account->address);
      return FALSE;
    }
  write->id = account->id != 0 ? account->id : store_db_get_last_id (db);
  write->changed = STORE_CHANGED_ACCOUNTS;
  return TRUE;
}

void
store_cabinet_save_account_async (StoreCabinet *cabinet,
                                  const StoreAccount *account,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  store_cabinet_write (cabinet, save, NULL, store_account_copy (account),
                       (GDestroyNotify) store_account_free,
                       g_task_new (cabinet, cancellable, callback, user_data));
}

gint64
store_cabinet_save_account_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error)
{
  gssize id = g_task_propagate_int (G_TASK (result), error);

  return MAX (id, 0);
}

/* Its letters on the way out become drafts; what it has fetched is forgotten by the cascade. */
static gboolean
remove_account (StoreWrite *write, StoreDb *db, GError **error)
{
  gint64 id = *(gint64 *) write->data;
  GError *failed = NULL;
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db, "SELECT path FROM letters WHERE id IN (SELECT letter FROM outbox WHERE account = :id)",
      error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id", id);
  while (store_statement_step (statement, &failed))
    store_write_move_file (write, STORE_FOLDER_OUTBOX, STORE_FOLDER_DRAFTS,
                           store_statement_get_text (statement, 0));
  if (failed != NULL)
    {
      g_propagate_error (error, failed);
      return FALSE;
    }
  write->changed |= STORE_CHANGED_ACCOUNTS | STORE_CHANGED_OUTBOX;
  if (!store_cabinet_run_for (db,
                              "UPDATE letters SET folder = 2 WHERE id IN "
                              "(SELECT letter FROM outbox WHERE account = :id)",
                              id, error)
      || !store_cabinet_run_for (db, "DELETE FROM outbox WHERE account = :id", id, error)
      || !store_cabinet_run_for (db, "DELETE FROM accounts WHERE id = :id", id, error))
    return FALSE;
  if (store_db_get_changes (db) > 0)
    return TRUE;
  g_set_error_literal (error, STORE_ERROR, STORE_ERROR_NOT_FOUND, "There is no such account");
  return FALSE;
}

void
store_cabinet_remove_account_async (StoreCabinet *cabinet,
                                    gint64 id,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  store_cabinet_write (cabinet, remove_account, NULL, g_memdup2 (&id, sizeof id), g_free,
                       g_task_new (cabinet, cancellable, callback, user_data));
}
