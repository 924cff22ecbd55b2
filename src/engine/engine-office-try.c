/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-office.h"

#include "engine-error-private.h"
#include "engine-password.h"

#include <string.h>

#define DEMO_USERS 2

/* Whom the demo is played by: the first that are free. */
static const struct
{
  const char *user;
  const char *name;
} people[] = {
  { "ann", "Ann" },   { "bob", "Bob" },     { "carol", "Carol" }, { "dave", "Dave" },
  { "erin", "Erin" }, { "frank", "Frank" }, { "grace", "Grace" }, { "heidi", "Heidi" },
};

typedef struct
{
  guint next;            /* of people */
  guint have;            /* local accounts that work */
  StoreAccount *account; /* in the making */
  BaseSecret *password;
} Try;

static void next_person (GTask *task);

static void
try_free (Try *try)
{
  g_clear_pointer (&try->account, store_account_free);
  g_clear_pointer (&try->password, base_secret_unref);
  g_free (try);
}

static gboolean
has_user (GPtrArray *users, const char *name)
{
  for (guint i = 0; i < users->len; i++)
    if (strcmp (((StoreUser *) g_ptr_array_index (users, i))->name, name) == 0)
      return TRUE;
  return FALSE;
}

/* Accounts that fetch from a user the server still has. */
static guint
count_local (EngineOffice *office, GPtrArray *users)
{
  GListModel *model = G_LIST_MODEL (engine_office_get_accounts (office));
  guint count = 0;

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (EngineAccount) account = g_list_model_get_item (model, i);
      const StoreAccount *values = engine_account_get_values (account);
      count += values->local && has_user (users, values->pop3.user);
    }
  return count;
}

static void
set_server (StoreServer *server, guint16 port, const char *user)
{
  g_free (server->host);
  g_free (server->user);
  server->host = g_strdup ("localhost");
  server->port = port;
  server->security = STORE_SECURITY_TLS;
  server->user = g_strdup (user);
}

static StoreAccount *
make_account (EngineServer *server, const char *user, const char *name)
{
  StoreAccount *account = store_account_new ();

  g_free (account->name);
  g_free (account->address);
  account->name = g_strdup (name);
  account->address = g_strdup_printf ("%s@%s", user, engine_server_get_domain (server));
  account->local = TRUE;
  set_server (&account->smtp, engine_server_get_port (server, ENGINE_PORT_SMTPS), user);
  set_server (&account->pop3, engine_server_get_port (server, ENGINE_PORT_POP3S), user);
  return account;
}

static void
on_account_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Try *try = g_task_get_task_data (task);
  GError *error = NULL;

  if (engine_accounts_save_finish (ENGINE_ACCOUNTS (source), result, &error) == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  try->have++;
  next_person (task);
}

static void
on_user_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  EngineOffice *office = g_task_get_source_object (task);
  Try *try = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (engine_server_finish (ENGINE_SERVER (source), result, &error))
    engine_accounts_save_async (engine_office_get_accounts (office), try->account,
                                base_secret_get_text (try->password), g_task_get_cancellable (task),
                                on_account_saved, task);
  else if (g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_EXISTS))
    /* Another program was faster. */
    next_person (task);
  else
    {
      g_task_return_error (task, g_steal_pointer (&error));
      g_object_unref (task);
    }
}

/* Makes users and accounts until there are enough. */
static void
next_person (GTask *task)
{
  EngineOffice *office = g_task_get_source_object (task);
  EngineServer *server = engine_office_get_server (office);
  Try *try = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GPtrArray) users = engine_server_dup_users (server, &error);

  if (users == NULL)
    {
      engine_error_return (task, error, NULL);
      g_object_unref (task);
      return;
    }
  if (try->have >= DEMO_USERS)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }
  g_clear_pointer (&try->account, store_account_free);
  g_clear_pointer (&try->password, base_secret_unref);
  while (try->next < G_N_ELEMENTS (people) && try->account == NULL)
    {
      const char *user = people[try->next].user;
      g_autoptr (StoreAccount) account = make_account (server, user, people[try->next].name);

      try->next++;
      if (!has_user (users, user)
          && engine_accounts_find_address (engine_office_get_accounts (office), account->address)
                 == NULL)
        try->account = g_steal_pointer (&account);
    }
  if (try->account == NULL)
    {
      g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_EXISTS,
                               "The local server has all demo users already. Add an account for "
                               "one of them.");
      g_object_unref (task);
      return;
    }
  try->password = engine_password_make ();
  engine_server_add_user_async (server, try->account->pop3.user,
                                base_secret_get_text (try->password), g_task_get_cancellable (task),
                                on_user_added, task);
}

static void
begin (GTask *task)
{
  EngineOffice *office = g_task_get_source_object (task);
  Try *try = g_task_get_task_data (task);
  g_autoptr (GPtrArray) users = engine_server_dup_users (engine_office_get_server (office), NULL);

  /* Without users next_person() says why. */
  if (users != NULL)
    try->have = count_local (office, users);
  next_person (task);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;

  if (engine_server_start_finish (ENGINE_SERVER (source), result, &error))
    begin (task);
  else
    {
      engine_error_return (task, error, NULL);
      g_object_unref (task);
    }
}

void
engine_office_try_local_async (EngineOffice *office,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GTask *task = g_task_new (office, cancellable, callback, user_data);
  EngineServer *server = engine_office_get_server (office);

  g_task_set_task_data (task, g_new0 (Try, 1), (GDestroyNotify) try_free);
  if (engine_server_is_running (server))
    begin (task);
  else
    engine_server_start_async (server, NULL, cancellable, on_started, task);
}

gboolean
engine_office_try_local_finish (EngineOffice *office, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
