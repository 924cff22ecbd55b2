/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-login-private.h"

#include "engine-password.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define DIGEST_LENGTH 32

struct _EngineLogin
{
  StoreSite *site;
  char *domain;
  guint8 key[DIGEST_LENGTH];
  GThreadPool *threads; /* as many as do the work side by side */
  GMutex mutex;
  GHashTable *known; /* user name -> digest of verifier and password; under the mutex */
};

typedef struct
{
  EngineLogin *login;
  char *user;
  char *authzid;
  BaseSecret *password;
} Attempt;

typedef struct
{
  GTask *task;
  GTaskThreadFunc function;
} Work;

static void
attempt_free (Attempt *attempt)
{
  g_free (attempt->user);
  g_free (attempt->authzid);
  base_secret_unref (attempt->password);
  g_free (attempt);
}

/* The site's name for "Ann", "ann" and "ann@domain"; NULL for what can be no user. */
static char *
normalise (EngineLogin *login, const char *name)
{
  const char *at = strrchr (name, '@');
  g_autofree char *local = NULL;

  if (at != NULL && g_ascii_strcasecmp (at + 1, login->domain) == 0)
    local = g_strndup (name, (gsize) (at - name));
  return store_site_normalise_user (local != NULL ? local : name, NULL);
}

static gboolean
digest (EngineLogin *login, const char *verifier, const BaseSecret *password, guint8 *out)
{
  gnutls_hmac_hd_t hmac;

  if (gnutls_hmac_init (&hmac, GNUTLS_MAC_SHA256, login->key, sizeof login->key) < 0)
    return FALSE;
  gboolean good
      = gnutls_hmac (hmac, verifier, strlen (verifier) + 1) >= 0
        && gnutls_hmac (hmac, base_secret_get_text (password), base_secret_get_length (password))
               >= 0;
  gnutls_hmac_deinit (hmac, out);
  return good;
}

static gboolean
recall (EngineLogin *login, const char *user, const guint8 *seen)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&login->mutex);
  const guint8 *known = g_hash_table_lookup (login->known, user);

  return known != NULL && base_secret_bytes_equal (known, seen, DIGEST_LENGTH);
}

static void
remember (EngineLogin *login, const char *user, const guint8 *seen)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&login->mutex);

  g_hash_table_replace (login->known, g_strdup (user), g_memdup2 (seen, DIGEST_LENGTH));
}

static gboolean
is_right (EngineLogin *login, const char *user, const char *verifier, const BaseSecret *password)
{
  guint8 seen[DIGEST_LENGTH];
  gboolean digested = verifier != NULL && digest (login, verifier, password, seen);

  if (digested && recall (login, user, seen))
    return TRUE;
  if (!engine_password_verify (password, verifier))
    return FALSE;
  if (digested)
    remember (login, user, seen);
  return TRUE;
}

static void
verify_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Attempt *attempt = data;
  EngineLogin *login = attempt->login;
  g_autofree char *user = normalise (login, attempt->user);
  g_autofree char *verifier = user != NULL ? store_site_dup_verifier (login->site, user) : NULL;
  gboolean right = is_right (login, user, verifier, attempt->password);

  /* Nobody may act for another (RFC 4616 section 2). */
  if (right && attempt->authzid[0] != '\0')
    {
      g_autofree char *other = normalise (login, attempt->authzid);
      right = g_strcmp0 (user, other) == 0;
    }
  g_task_return_pointer (task, right ? g_steal_pointer (&user) : NULL, g_free);
}

static void
run_work (gpointer data, gpointer unused)
{
  Work *work = data;

  work->function (work->task, g_task_get_source_object (work->task),
                  g_task_get_task_data (work->task), g_task_get_cancellable (work->task));
  g_object_unref (work->task);
  g_free (work);
}

EngineLogin *
engine_login_new (StoreSite *site, const char *domain)
{
  EngineLogin *login = g_new0 (EngineLogin, 1);

  login->site = site;
  login->domain = g_strdup (domain);
  if (gnutls_rnd (GNUTLS_RND_KEY, login->key, sizeof login->key) < 0)
    g_error ("The system gives no random numbers");
  login->threads
      = g_thread_pool_new (run_work, NULL, MAX ((int) g_get_num_processors (), 2), FALSE, NULL);
  g_mutex_init (&login->mutex);
  login->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return login;
}

void
engine_login_free (EngineLogin *login)
{
  g_thread_pool_free (login->threads, FALSE, TRUE);
  g_hash_table_unref (login->known);
  g_mutex_clear (&login->mutex);
  base_secret_wipe (login->key, sizeof login->key);
  g_free (login->domain);
  g_free (login);
}

void
engine_login_verify_async (EngineLogin *login,
                           const ProtoCredentials *credentials,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Attempt *attempt = g_new0 (Attempt, 1);

  attempt->login = login;
  attempt->user = g_strdup (credentials->user);
  attempt->authzid = g_strdup (credentials->authzid != NULL ? credentials->authzid : "");
  attempt->password = base_secret_ref (credentials->password);
  g_task_set_task_data (task, attempt, (GDestroyNotify) attempt_free);
  engine_login_run (login, task, verify_thread);
}

char *
engine_login_verify_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

void
engine_login_run (EngineLogin *login, GTask *task, GTaskThreadFunc function)
{
  Work *work = g_new0 (Work, 1);

  work->task = g_object_ref (task);
  work->function = function;
  g_thread_pool_push (login->threads, work, NULL);
}
