/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-secrets.h"

#include "engine-error-private.h"
#include "engine-secrets-file-private.h"
#include "engine-timer-private.h"

#include <libsecret/secret.h>
#include <string.h>

/* A Secret Service that has not answered by then is as good as none. */
#define PATIENCE_MSEC 5000

#define NOTICE                                                                                     \
  "No keyring answers here: passwords are kept in the file secrets.ini, readable by you alone."

typedef enum
{
  KEYRING_UNKNOWN,
  KEYRING_ASKING,
  KEYRING_NONE,
  KEYRING_THERE,
} Keyring;

struct _EngineSecrets
{
  char *directory;
  Keyring keyring;
  GCancellable *asking; /* ends the asking when nobody answers, or at the end */
  GSource *patience;
  GPtrArray *waiting; /* of GTask that need the answer */
};

/* What one operation is about. */
typedef struct
{
  EngineSecrets *secrets; /* counted */
  char *directory;
  gint64 account;
  char *title;
  BaseSecret *password;
  void (*begin) (GTask *task); /* once it is known whether there is a keyring */
} Request;

static const SecretSchema schema = {
  "io.github.postroom.Postroom",
  SECRET_SCHEMA_NONE,
  {
      { "account", SECRET_SCHEMA_ATTRIBUTE_STRING },
      { "directory", SECRET_SCHEMA_ATTRIBUTE_STRING },
      { NULL, 0 },
  },
};

static void
secrets_clear (EngineSecrets *secrets)
{
  g_free (secrets->directory);
  g_clear_object (&secrets->asking);
  g_clear_pointer (&secrets->waiting, g_ptr_array_unref);
}

static void
secrets_unref (EngineSecrets *secrets)
{
  g_atomic_rc_box_release_full (secrets, (GDestroyNotify) secrets_clear);
}

static void
request_free (Request *request)
{
  g_clear_pointer (&request->secrets, secrets_unref);
  g_free (request->directory);
  g_free (request->title);
  g_clear_pointer (&request->password, base_secret_unref);
  g_free (request);
}

static GHashTable *
attributes_of (const Request *request)
{
  GHashTable *attributes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);

  g_hash_table_insert (attributes, (gpointer) "account",
                       g_strdup_printf ("%" G_GINT64_FORMAT, request->account));
  g_hash_table_insert (attributes, (gpointer) "directory", g_strdup (request->directory));
  return attributes;
}

/* ---- is there a keyring? ---- */

/* Asking GIO would start a bus of its own where there is none. */
static gboolean
has_session_bus (void)
{
  const char *address = g_getenv ("DBUS_SESSION_BUS_ADDRESS");
  if (address != NULL)
    return *address != '\0';

  g_autofree char *path = g_build_filename (g_get_user_runtime_dir (), "bus", NULL);
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static gboolean
can_prompt (void)
{
  return g_getenv ("DISPLAY") != NULL || g_getenv ("WAYLAND_DISPLAY") != NULL;
}

static void
answer (EngineSecrets *secrets, Keyring keyring)
{
  secrets->keyring = keyring;
  engine_timer_clear (&secrets->patience);
  g_clear_object (&secrets->asking);

  g_autoptr (GPtrArray) waiting = g_steal_pointer (&secrets->waiting);
  secrets->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < waiting->len; i++)
    {
      GTask *task = g_ptr_array_index (waiting, i);
      Request *request = g_task_get_task_data (task);
      request->begin (g_object_ref (task));
    }
}

static void
on_collection (GObject *source, GAsyncResult *result, gpointer user_data)
{
  EngineSecrets *secrets = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretCollection) collection = secret_collection_for_alias_finish (result, &error);

  if (error != NULL)
    g_debug ("The keyring does not answer: %s", error->message);
  /* A locked collection asks the person, who must be able to see the question. */
  gboolean usable
      = collection != NULL && (!secret_collection_get_locked (collection) || can_prompt ());
  if (secrets->keyring == KEYRING_ASKING)
    answer (secrets, usable ? KEYRING_THERE : KEYRING_NONE);
  secrets_unref (secrets);
}

static void
on_service (GObject *source, GAsyncResult *result, gpointer user_data)
{
  EngineSecrets *secrets = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretService) service = secret_service_get_finish (result, &error);

  if (service != NULL && secrets->asking != NULL)
    {
      secret_collection_for_alias (service, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE,
                                   secrets->asking, on_collection, secrets);
      return;
    }
  if (error != NULL)
    g_debug ("No keyring: %s", error->message);
  if (secrets->keyring == KEYRING_ASKING)
    answer (secrets, KEYRING_NONE);
  secrets_unref (secrets);
}

static gboolean
on_patience_over (gpointer user_data)
{
  EngineSecrets *secrets = user_data;

  engine_timer_clear (&secrets->patience);
  g_cancellable_cancel (secrets->asking);
  return G_SOURCE_REMOVE;
}

void
engine_secrets_prepare (EngineSecrets *secrets)
{
  if (secrets->keyring != KEYRING_UNKNOWN)
    return;
  if (!has_session_bus ())
    {
      answer (secrets, KEYRING_NONE);
      return;
    }
  secrets->keyring = KEYRING_ASKING;
  secrets->asking = g_cancellable_new ();
  secrets->patience = engine_timer_new (PATIENCE_MSEC, on_patience_over, secrets);
  secret_service_get (SECRET_SERVICE_OPEN_SESSION, secrets->asking, on_service,
                      g_atomic_rc_box_acquire (secrets));
}

/* Takes @task. */
static void
begin (EngineSecrets *secrets, GTask *task)
{
  Request *request = g_task_get_task_data (task);

  engine_secrets_prepare (secrets);
  if (secrets->keyring == KEYRING_ASKING)
    g_ptr_array_add (secrets->waiting, task);
  else
    request->begin (task);
}

static GTask *
task_new (EngineSecrets *secrets,
          gint64 account,
          GCancellable *cancellable,
          GAsyncReadyCallback callback,
          gpointer user_data,
          void (*function) (GTask *task))
{
  Request *request = g_new0 (Request, 1);

  request->secrets = g_atomic_rc_box_acquire (secrets);
  request->directory = g_strdup (secrets->directory);
  request->account = account;
  request->begin = function;

  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  g_task_set_task_data (task, request, (GDestroyNotify) request_free);
  return task;
}

/* ---- the file ---- */

static void
file_store_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Request *request = data;
  GError *error = NULL;

  if (engine_secrets_file_store (request->directory, request->account, request->password, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
file_lookup_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Request *request = data;
  GError *error = NULL;
  BaseSecret *password = engine_secrets_file_lookup (request->directory, request->account, &error);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, password, (GDestroyNotify) base_secret_unref);
}

/* ---- store ---- */

static void
on_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Request *request = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!secret_password_store_finish (result, &error))
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_task_return_error (task, g_steal_pointer (&error));
      else
        g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_STORE,
                                 "The keyring did not take the password: %s.", error->message);
      return;
    }
  /* One place is enough: what a file may still hold goes. */
  g_clear_pointer (&request->password, base_secret_unref);
  g_task_run_in_thread (task, file_store_thread);
}

static void
begin_store (GTask *task)
{
  Request *request = g_task_get_task_data (task);

  if (request->secrets->keyring != KEYRING_THERE)
    {
      g_task_run_in_thread (task, file_store_thread);
      g_object_unref (task);
      return;
    }
  g_autoptr (GHashTable) attributes = attributes_of (request);
  secret_password_storev (&schema, attributes, SECRET_COLLECTION_DEFAULT, request->title,
                          base_secret_get_text (request->password), g_task_get_cancellable (task),
                          on_stored, task);
}

void
engine_secrets_store_async (EngineSecrets *secrets,
                            gint64 account,
                            const char *title,
                            BaseSecret *password,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = task_new (secrets, account, cancellable, callback, user_data, begin_store);
  Request *request = g_task_get_task_data (task);

  request->title = g_strdup_printf ("Postroom: %s", title);
  request->password = base_secret_ref (password);
  begin (secrets, task);
}

/* ---- lookup ---- */

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  char *text = secret_password_lookup_finish (result, &error);

  if (text != NULL)
    {
      g_task_return_pointer (task, base_secret_new (text, -1), (GDestroyNotify) base_secret_unref);
      secret_password_free (text);
      return;
    }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (error != NULL)
    g_warning ("The keyring gave no password: %s", error->message);
  g_task_run_in_thread (task, file_lookup_thread);
}

static void
begin_lookup (GTask *task)
{
  Request *request = g_task_get_task_data (task);

  if (request->secrets->keyring != KEYRING_THERE)
    {
      g_task_run_in_thread (task, file_lookup_thread);
      g_object_unref (task);
      return;
    }
  g_autoptr (GHashTable) attributes = attributes_of (request);
  secret_password_lookupv (&schema, attributes, g_task_get_cancellable (task), on_looked_up, task);
}

void
engine_secrets_lookup_async (EngineSecrets *secrets,
                             gint64 account,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  begin (secrets, task_new (secrets, account, cancellable, callback, user_data, begin_lookup));
}

BaseSecret *
engine_secrets_lookup_finish (EngineSecrets *secrets, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- clear ---- */

static void
on_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  secret_password_clear_finish (result, &error);
  if (error != NULL)
    g_warning ("The keyring did not forget a password: %s", error->message);
  g_task_run_in_thread (task, file_store_thread);
}

static void
begin_clear (GTask *task)
{
  Request *request = g_task_get_task_data (task);

  if (request->secrets->keyring != KEYRING_THERE)
    {
      g_task_run_in_thread (task, file_store_thread);
      g_object_unref (task);
      return;
    }
  g_autoptr (GHashTable) attributes = attributes_of (request);
  secret_password_clearv (&schema, attributes, g_task_get_cancellable (task), on_cleared, task);
}

void
engine_secrets_clear_async (EngineSecrets *secrets,
                            gint64 account,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  begin (secrets, task_new (secrets, account, cancellable, callback, user_data, begin_clear));
}

gboolean
engine_secrets_finish (EngineSecrets *secrets, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- the whole ---- */

EngineSecrets *
engine_secrets_new (const char *directory)
{
  EngineSecrets *secrets = g_atomic_rc_box_new0 (EngineSecrets);

  secrets->directory = g_strdup (directory);
  secrets->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  return secrets;
}

void
engine_secrets_free (EngineSecrets *secrets)
{
  /* Whoever still waits is told by the cancelled asking. */
  engine_timer_clear (&secrets->patience);
  if (secrets->asking != NULL)
    g_cancellable_cancel (secrets->asking);
  secrets_unref (secrets);
}

const char *
engine_secrets_get_notice (EngineSecrets *secrets)
{
  return secrets->keyring == KEYRING_NONE ? NOTICE : NULL;
}
