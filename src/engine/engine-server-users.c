/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-server-shared-private.h"

#include "engine-error-private.h"
#include "engine-password.h"

#include <proto-sasl-scram.h>

#include <string.h>

typedef enum
{
  ADD,
  SET_PASSWORD,
} Purpose;

typedef struct
{
  Purpose purpose;
  char *name;
  BaseSecret *password;
} Job;

static void
job_free (Job *job)
{
  g_free (job->name);
  g_clear_pointer (&job->password, base_secret_unref);
  g_free (job);
}

/* What both protocols can carry as a password: PASS takes the rest of a line. */
static gboolean
check_password (const char *password, GError **error)
{
  gboolean good = password != NULL && password[0] != '\0' && strlen (password) <= 200
                  && g_utf8_validate (password, -1, NULL);

  for (const char *p = password; good && *p != '\0'; p++)
    good = !g_ascii_iscntrl (*p);
  if (good)
    {
      g_autoptr (BaseSecret) secret = base_secret_new (password, -1);
      g_autoptr (BaseSecret) prepared = proto_scram_prepare (secret);
      good = prepared != NULL;
    }
  if (!good)
    g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                         "A password is 1 to 200 printable characters on one line");
  return good;
}

void
engine_server_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineServer *server = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  if (!store_site_finish (engine_server_get_site (server), result, &error))
    {
      engine_error_return (task, g_steal_pointer (&error), NULL);
      return;
    }
  g_signal_emit_by_name (server, "users-changed");
  g_task_return_boolean (task, TRUE);
}

/* The verifier is stored; where log-ins need it the password is kept beside it. */
static void
on_verifier_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineServer *server = g_task_get_source_object (task);
  StoreSite *site = engine_server_get_site (server);
  Job *job = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!engine_server_get_config (server)->demonstration_auth)
    engine_server_changed (source, result, g_steal_pointer (&task));
  else if (!store_site_finish (site, result, &error))
    engine_error_return (task, g_steal_pointer (&error), NULL);
  else
    store_site_set_secret_async (site, job->name, base_secret_get_text (job->password), NULL,
                                 engine_server_changed, g_steal_pointer (&task));
}

static void
hash_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Job *job = data;
  GError *error = NULL;
  char *verifier = engine_password_hash (job->password, &error);

  if (verifier != NULL)
    g_task_return_pointer (task, verifier, g_free);
  else
    g_task_return_error (task, error);
}

static void
on_hashed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineServer *server = g_task_get_source_object (task);
  StoreSite *site = engine_server_get_site (server);
  GCancellable *cancellable = g_task_get_cancellable (task);
  Job *job = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autofree char *verifier = g_task_propagate_pointer (G_TASK (result), &error);

  if (verifier == NULL)
    engine_error_return (task, g_steal_pointer (&error), NULL);
  else if (job->purpose == ADD)
    store_site_add_user_async (site, job->name, verifier, cancellable, on_verifier_stored,
                               g_steal_pointer (&task));
  else
    store_site_set_verifier_async (site, job->name, verifier, cancellable, on_verifier_stored,
                                   g_steal_pointer (&task));
}

static void
hash_then_store (EngineServer *server,
                 Purpose purpose,
                 const char *name,
                 const char *password,
                 GTask *task)
{
  StoreSite *site = engine_server_get_site (server);
  g_autoptr (GError) error = NULL;
  g_autofree char *user = store_site_normalise_user (name, &error);

  if (user == NULL || !check_password (password, &error))
    g_assert (error != NULL);
  else if (purpose == ADD && store_site_has_user (site, user))
    g_set_error (&error, ENGINE_ERROR, ENGINE_ERROR_EXISTS, "There is a user “%s” already", user);
  else if (purpose == SET_PASSWORD && !store_site_has_user (site, user))
    g_set_error (&error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND, "There is no user “%s”", user);
  if (error != NULL)
    {
      engine_error_return (task, g_steal_pointer (&error), NULL);
      return;
    }

  /* Not the server's: a thread must not be the last to let go of it. */
  g_autoptr (GTask) hashing
      = g_task_new (NULL, g_task_get_cancellable (task), on_hashed, g_object_ref (task));
  Job *job = g_new0 (Job, 1);
  job->purpose = purpose;
  job->name = g_steal_pointer (&user);
  job->password = base_secret_new (password, -1);
  /* The task outlives the hashing, and borrows its job to it. */
  g_task_set_task_data (task, job, (GDestroyNotify) job_free);
  g_task_set_task_data (hashing, job, NULL);
  g_task_run_in_thread (hashing, hash_thread);
}

gboolean
engine_server_check_catch_all (EngineServer *server,
                               const EngineServerConfig *config,
                               GError **error)
{
  if (config->catch_all == NULL
      || store_site_has_user (engine_server_get_site (server), config->catch_all))
    return TRUE;
  g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
               "There is no user “%s” who could get all other letters", config->catch_all);
  return FALSE;
}

GPtrArray *
engine_server_dup_users (EngineServer *server, GError **error)
{
  g_autoptr (GError) local = NULL;
  GPtrArray *users = store_site_dup_users (engine_server_get_site (server), &local);

  if (users == NULL)
    g_propagate_error (error, engine_error_translate (local, NULL));
  return users;
}

void
engine_server_add_user_async (EngineServer *server,
                              const char *name,
                              const char *password,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (server, cancellable, callback, user_data);

  hash_then_store (server, ADD, name, password, task);
}

void
engine_server_set_password_async (EngineServer *server,
                                  const char *name,
                                  const char *password,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (server, cancellable, callback, user_data);

  hash_then_store (server, SET_PASSWORD, name, password, task);
}

void
engine_server_remove_user_async (EngineServer *server,
                                 const char *name,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (server, cancellable, callback, user_data);
  g_autoptr (GError) error = NULL;
  g_autofree char *user = store_site_normalise_user (name, &error);

  if (user == NULL)
    engine_error_return (task, g_steal_pointer (&error), NULL);
  else
    store_site_remove_user_async (engine_server_get_site (server), user, cancellable,
                                  engine_server_changed, g_steal_pointer (&task));
}

gboolean
engine_server_finish (EngineServer *server, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
