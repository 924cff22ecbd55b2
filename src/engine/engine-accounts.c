/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-accounts-private.h"

#include "engine-account-private.h"
#include "engine-error-private.h"

#include <string.h>

struct _EngineAccounts
{
  GObject parent_instance;

  StoreCabinet *cabinet;
  EngineSecrets *secrets;
  EngineJournal *journal;
  EngineServer *server; /* or NULL */
  char *identity_directory;
  GPtrArray *array; /* of EngineAccount */
  GHashTable *renewals;
};

static void list_model_init (GListModelInterface *interface);

G_DEFINE_FINAL_TYPE_WITH_CODE (EngineAccounts,
                               engine_accounts,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

/* ---- the list ---- */

static gboolean
find_index (EngineAccounts *accounts, gint64 id, guint *index)
{
  for (guint i = 0; i < accounts->array->len; i++)
    if (engine_account_get_id (g_ptr_array_index (accounts->array, i)) == id)
      {
        *index = i;
        return TRUE;
      }
  return FALSE;
}

static gboolean
has_id (GPtrArray *values, gint64 id)
{
  for (guint i = 0; i < values->len; i++)
    if (((StoreAccount *) g_ptr_array_index (values, i))->id == id)
      return TRUE;
  return FALSE;
}

/* Makes the list what the cabinet says; objects of accounts that stay, stay. */
static gboolean
reload (EngineAccounts *accounts, GError **error)
{
  g_autoptr (GPtrArray) values = store_cabinet_dup_accounts (accounts->cabinet, error);
  if (values == NULL)
    return FALSE;

  for (guint i = accounts->array->len; i-- > 0;)
    if (!has_id (values, engine_account_get_id (g_ptr_array_index (accounts->array, i))))
      {
        g_ptr_array_remove_index (accounts->array, i);
        g_list_model_items_changed (G_LIST_MODEL (accounts), i, 1, 0);
      }
  for (guint i = 0; i < values->len; i++)
    {
      const StoreAccount *value = g_ptr_array_index (values, i);
      guint index;

      if (find_index (accounts, value->id, &index))
        engine_account_set_values (g_ptr_array_index (accounts->array, index), value);
      else
        {
          g_ptr_array_add (accounts->array, engine_account_new (value));
          g_list_model_items_changed (G_LIST_MODEL (accounts), accounts->array->len - 1, 0, 1);
        }
    }
  return TRUE;
}

static void
on_accounts_changed (EngineAccounts *accounts)
{
  g_autoptr (GError) error = NULL;

  if (!reload (accounts, &error))
    g_warning ("The accounts cannot be read again: %s", error->message);
}

static GType
get_item_type (GListModel *model)
{
  return ENGINE_TYPE_ACCOUNT;
}

static guint
get_n_items (GListModel *model)
{
  return ENGINE_ACCOUNTS (model)->array->len;
}

static gpointer
get_item (GListModel *model, guint position)
{
  EngineAccounts *accounts = ENGINE_ACCOUNTS (model);

  return position < accounts->array->len
             ? g_object_ref (g_ptr_array_index (accounts->array, position))
             : NULL;
}

static void
list_model_init (GListModelInterface *interface)
{
  interface->get_item_type = get_item_type;
  interface->get_n_items = get_n_items;
  interface->get_item = get_item;
}

static void
engine_accounts_finalize (GObject *object)
{
  EngineAccounts *accounts = ENGINE_ACCOUNTS (object);

  g_clear_object (&accounts->cabinet);
  g_clear_pointer (&accounts->secrets, engine_secrets_free);
  g_clear_object (&accounts->journal);
  g_clear_object (&accounts->server);
  g_free (accounts->identity_directory);
  g_ptr_array_unref (accounts->array);
  /* Each renewal holds a reference, so there is none left. */
  g_hash_table_unref (accounts->renewals);
  G_OBJECT_CLASS (engine_accounts_parent_class)->finalize (object);
}

static void
engine_accounts_class_init (EngineAccountsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = engine_accounts_finalize;
}

static void
engine_accounts_init (EngineAccounts *accounts)
{
  accounts->array = g_ptr_array_new_with_free_func (g_object_unref);
  accounts->renewals = g_hash_table_new (g_int64_hash, g_int64_equal);
}

EngineAccounts *
engine_accounts_new (StoreCabinet *cabinet,
                     EngineSecrets *secrets,
                     EngineJournal *journal,
                     EngineServer *server,
                     const char *identity_directory,
                     GError **error)
{
  g_autoptr (EngineAccounts) accounts = g_object_new (ENGINE_TYPE_ACCOUNTS, NULL);

  accounts->cabinet = g_object_ref (cabinet);
  accounts->secrets = secrets;
  accounts->journal = g_object_ref (journal);
  accounts->server = server != NULL ? g_object_ref (server) : NULL;
  accounts->identity_directory = g_strdup (identity_directory);
  g_signal_connect_object (cabinet, "accounts-changed", G_CALLBACK (on_accounts_changed), accounts,
                           G_CONNECT_SWAPPED);
  if (!reload (accounts, error))
    return NULL;
  return g_steal_pointer (&accounts);
}

EngineSecrets *
engine_accounts_get_secrets (EngineAccounts *accounts)
{
  return accounts->secrets;
}

GHashTable *
engine_accounts_get_renewals (EngineAccounts *accounts)
{
  return accounts->renewals;
}

EngineJournal *
engine_accounts_get_journal (EngineAccounts *accounts)
{
  return accounts->journal;
}

EngineAccount *
engine_accounts_find (EngineAccounts *accounts, gint64 id)
{
  guint index;

  return find_index (accounts, id, &index) ? g_ptr_array_index (accounts->array, index) : NULL;
}

EngineAccount *
engine_accounts_find_address (EngineAccounts *accounts, const char *address)
{
  g_autofree char *wanted = g_utf8_casefold (address, -1);

  for (guint i = 0; i < accounts->array->len; i++)
    {
      EngineAccount *account = g_ptr_array_index (accounts->array, i);
      g_autofree char *own = g_utf8_casefold (engine_account_get_values (account)->address, -1);
      if (strcmp (own, wanted) == 0)
        return account;
    }
  return NULL;
}

void
engine_accounts_prepare (EngineAccounts *accounts)
{
  engine_secrets_prepare (accounts->secrets);
}

const char *
engine_accounts_get_secrets_notice (EngineAccounts *accounts)
{
  return engine_secrets_get_notice (accounts->secrets);
}

/* ---- reaching a server ---- */

typedef struct
{
  StoreAccount *account;
  EnginePeerKind kind;
} Reach;

static void
reach_free (Reach *reach)
{
  store_account_free (reach->account);
  g_free (reach);
}

EnginePeer *
engine_accounts_make_peer (EngineAccounts *accounts,
                           const StoreAccount *account,
                           EnginePeerKind kind,
                           BaseSecret *password,
                           gboolean stored,
                           GError **error)
{
  EnginePeer *peer = engine_peer_new (account, kind, password, accounts->server,
                                      accounts->identity_directory, error);

  if (peer != NULL && stored && *account->sign_in != '\0')
    engine_peer_set_renewal (peer, accounts, account);
  return peer;
}

static void
on_password (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineAccounts *accounts = g_task_get_source_object (task);
  Reach *reach = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (BaseSecret) password
      = engine_secrets_lookup_finish (accounts->secrets, result, &error);
  EnginePeer *peer = NULL;

  if (error == NULL)
    peer
        = engine_accounts_make_peer (accounts, reach->account, reach->kind, password, TRUE, &error);
  if (peer != NULL)
    g_task_return_pointer (task, peer, (GDestroyNotify) engine_peer_free);
  else
    engine_error_return (task, error, NULL);
}

void
engine_accounts_reach_async (EngineAccounts *accounts,
                             const StoreAccount *account,
                             EnginePeerKind kind,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task = g_task_new (accounts, cancellable, callback, user_data);
  Reach *reach = g_new0 (Reach, 1);

  reach->account = store_account_copy (account);
  reach->kind = kind;
  g_task_set_task_data (task, reach, (GDestroyNotify) reach_free);
  engine_secrets_lookup_async (accounts->secrets, account->id, cancellable, on_password, task);
}

EnginePeer *
engine_accounts_reach_finish (EngineAccounts *accounts, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
engine_accounts_lookup_password_async (EngineAccounts *accounts,
                                       gint64 account,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  engine_secrets_lookup_async (accounts->secrets, account, cancellable, callback, user_data);
}

BaseSecret *
engine_accounts_lookup_password_finish (EngineAccounts *accounts,
                                        GAsyncResult *result,
                                        GError **error)
{
  return engine_secrets_lookup_finish (accounts->secrets, result, error);
}

/* ---- save ---- */

typedef struct
{
  StoreAccount *account;
  BaseSecret *password; /* or NULL */
} Save;

static void
save_free (Save *save)
{
  store_account_free (save->account);
  g_clear_pointer (&save->password, base_secret_unref);
  g_free (save);
}

/* Takes @task. */
static void
saved (GTask *task)
{
  EngineAccounts *accounts = g_task_get_source_object (task);
  Save *save = g_task_get_task_data (task);
  GError *error = NULL;
  EngineAccount *account = NULL;

  if (!reload (accounts, &error))
    engine_error_return (task, error, NULL);
  else if ((account = engine_accounts_find (accounts, save->account->id)) == NULL)
    g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
                             "The account %s was removed meanwhile.", save->account->address);
  else
    g_task_return_pointer (task, g_object_ref (account), g_object_unref);
  g_object_unref (task);
}

static void
on_password_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  EngineAccounts *accounts = g_task_get_source_object (task);
  GError *error = NULL;

  if (engine_secrets_finish (accounts->secrets, result, &error))
    {
      saved (task);
      return;
    }
  engine_error_return (task, error, NULL);
  g_object_unref (task);
}

static void
on_account_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  EngineAccounts *accounts = g_task_get_source_object (task);
  Save *save = g_task_get_task_data (task);
  GError *error = NULL;
  gint64 id = store_cabinet_save_account_finish (accounts->cabinet, result, &error);

  if (error != NULL)
    {
      if (g_error_matches (error, STORE_ERROR, STORE_ERROR_EXISTS))
        {
          g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_EXISTS,
                                   "There is an account for %s already. Change that one instead.",
                                   save->account->address);
          g_error_free (error);
        }
      else
        engine_error_return (task, error, NULL);
      g_object_unref (task);
      return;
    }
  save->account->id = id;
  if (save->password == NULL)
    {
      saved (task);
      return;
    }
  engine_secrets_store_async (accounts->secrets, id, save->account->address, save->password,
                              g_task_get_cancellable (task), on_password_stored, task);
}

void
engine_accounts_save_async (EngineAccounts *accounts,
                            const StoreAccount *account,
                            const char *password,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = g_task_new (accounts, cancellable, callback, user_data);
  Save *save = g_new0 (Save, 1);

  save->account = store_account_copy (account);
  save->password = password != NULL ? base_secret_new (password, -1) : NULL;
  g_task_set_task_data (task, save, (GDestroyNotify) save_free);

  g_autofree char *wrong = engine_accounts_validate (account);
  if (wrong != NULL)
    {
      g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_INVALID, "%s", wrong);
      g_object_unref (task);
      return;
    }
  store_cabinet_save_account_async (accounts->cabinet, account, cancellable, on_account_saved,
                                    task);
}

EngineAccount *
engine_accounts_save_finish (EngineAccounts *accounts, GAsyncResult *result, GError **error)
{
  EngineAccount *account = g_task_propagate_pointer (G_TASK (result), error);

  /* Borrowed from the list, as everywhere. */
  if (account != NULL)
    g_object_unref (account);
  return account;
}

/* ---- remove ---- */

static void
on_password_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineAccounts *accounts = g_task_get_source_object (task);
  GError *error = NULL;

  if (!engine_secrets_finish (accounts->secrets, result, &error))
    engine_error_return (task, error, NULL);
  else
    g_task_return_boolean (task, TRUE);
}

static void
on_account_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  EngineAccounts *accounts = g_task_get_source_object (task);
  GError *error = NULL;

  if (!store_cabinet_finish (accounts->cabinet, result, &error) || !reload (accounts, &error))
    {
      engine_error_return (task, error, NULL);
      g_object_unref (task);
      return;
    }
  engine_secrets_clear_async (accounts->secrets, *(gint64 *) g_task_get_task_data (task),
                              g_task_get_cancellable (task), on_password_cleared, task);
}

void
engine_accounts_remove_async (EngineAccounts *accounts,
                              EngineAccount *account,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GTask *task = g_task_new (accounts, cancellable, callback, user_data);
  gint64 id = engine_account_get_id (account);

  g_task_set_task_data (task, g_memdup2 (&id, sizeof id), g_free);
  store_cabinet_remove_account_async (accounts->cabinet, id, cancellable, on_account_removed, task);
}

gboolean
engine_accounts_remove_finish (EngineAccounts *accounts, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
