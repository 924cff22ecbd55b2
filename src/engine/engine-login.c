/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-login-private.h"

#include "engine-guard-private.h"
#include "engine-password-private.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define DIGEST_LENGTH 32

struct _EngineLogin
{
  StoreSite *site;
  char *domain;
  gboolean demonstration_auth;
  EngineGuard *guard;
  guint8 key[DIGEST_LENGTH];
  guint8 site_key[DIGEST_LENGTH]; /* the same each time */
  GThreadPool *threads;           /* as many as do the work side by side */
  GMutex mutex;
  GHashTable *known; /* user name -> digest of verifier and password; under the mutex */
};

typedef struct
{
  EngineLogin *login;
  ProtoCredentials *credentials;
  char *name; /* whose keys are asked for; no credentials then */
  char *address;
  EngineRefusal refusal;
  ProtoScramKeys keys;
} Attempt;

typedef struct
{
  GTask *task;
  GTaskThreadFunc function;
} Work;

static void
attempt_free (Attempt *attempt)
{
  g_clear_pointer (&attempt->credentials, proto_credentials_free);
  g_free (attempt->name);
  g_free (attempt->address);
  base_secret_wipe (&attempt->keys, sizeof attempt->keys);
  g_free (attempt);
}

/* The site's name for "Ann", "ann" and "ann@domain"; NULL for what can be no user. */
static char *
normalise (EngineLogin *login, const char *name)
{
  const char *at = strrchr (name, '@');
  g_autofree char *local = NULL;

  if (at != NULL
      && (g_ascii_strcasecmp (at + 1, login->domain) == 0
          || store_site_has_domain (login->site, at + 1)))
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

/* What the old form of a verifier could not do the new one can: now is the time to make it. */
static void
renew (EngineLogin *login, const char *user, const char *verifier, const BaseSecret *password)
{
  g_autofree char *renewed = engine_password_renew (password, verifier);

  if (renewed != NULL)
    store_site_replace_verifier (login->site, user, verifier, renewed);
}

static gboolean
is_password_right (EngineLogin *login,
                   const char *user,
                   const char *verifier,
                   const BaseSecret *password)
{
  guint8 seen[DIGEST_LENGTH];
  gboolean digested = verifier != NULL && digest (login, verifier, password, seen);

  if (digested && recall (login, user, seen))
    return TRUE;
  if (!engine_password_verify (password, verifier))
    return FALSE;
  renew (login, user, verifier, password);
  if (digested)
    remember (login, user, seen);
  return TRUE;
}

/* RFC 2195 and RFC 1939 section 7. The work is done for an unknown user too. */
static gboolean
is_digest_right (EngineLogin *login, const char *user, const ProtoCredentials *credentials)
{
  char *secret
      = user != NULL && login->demonstration_auth ? store_site_dup_secret (login->site, user) : NULL;
  const char *password = secret != NULL ? secret : "";
  const char *challenge = credentials->challenge;
  g_autofree char *apop = credentials->apop ? g_strconcat (challenge, password, NULL) : NULL;
  char *digest = apop != NULL
                     ? g_compute_checksum_for_string (G_CHECKSUM_MD5, apop, -1)
                     : g_compute_hmac_for_string (G_CHECKSUM_MD5, (const guchar *) password,
                                                  strlen (password), challenge, -1);
  gboolean right = secret != NULL && strlen (credentials->digest) == strlen (digest)
                   && base_secret_bytes_equal (digest, credentials->digest, strlen (digest));

  if (apop != NULL)
    base_secret_wipe (apop, strlen (apop));
  if (secret != NULL)
    base_secret_wipe (secret, strlen (secret));
  g_free (secret);
  g_free (digest);
  return right;
}

static gboolean
is_right (EngineLogin *login, const char *user, const ProtoCredentials *credentials)
{
  g_autofree char *verifier = user != NULL ? store_site_dup_verifier (login->site, user) : NULL;

  if (credentials->digest != NULL)
    return is_digest_right (login, user, credentials);
  if (credentials->password != NULL)
    return is_password_right (login, user, verifier, credentials->password);
  /* The keys were a user's then; now the user may be disabled. */
  if (!credentials->proved || verifier == NULL)
    return FALSE;
  renew (login, user, verifier, NULL);
  return TRUE;
}

/* What the guard knows somebody by who may be nobody. */
static char *
name_for_guard (EngineLogin *login, const char *user, const char *given)
{
  g_autofree char *lower = user == NULL ? g_ascii_strdown (given, -1) : NULL;

  return user != NULL ? g_strdup (user) : g_strdup_printf ("?%.64s", lower);
}

static void
verify_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Attempt *attempt = data;
  EngineLogin *login = attempt->login;
  const ProtoCredentials *credentials = attempt->credentials;
  g_autofree char *user = normalise (login, credentials->user);
  g_autofree char *name = name_for_guard (login, user, credentials->user);

  /* As many threads as there are, so many may be here at once and no more. */
  if (!engine_guard_allows (login->guard, name, attempt->address))
    {
      attempt->refusal = (EngineRefusal){ .locked = TRUE };
      g_task_return_pointer (task, NULL, NULL);
      return;
    }

  gboolean right = is_right (login, user, credentials);
  /* Nobody may act for another (RFC 4616 section 2). */
  if (right && credentials->authzid[0] != '\0')
    {
      g_autofree char *other = normalise (login, credentials->authzid);
      right = g_strcmp0 (user, other) == 0;
    }
  if (right)
    engine_guard_note_success (login->guard, name, attempt->address);
  else
    attempt->refusal.delay = engine_guard_note_failure (login->guard, name, attempt->address);
  g_task_return_pointer (task, right ? g_steal_pointer (&user) : NULL, g_free);
}

static void
find_keys_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Attempt *attempt = data;
  EngineLogin *login = attempt->login;
  g_autofree char *user = normalise (login, attempt->name);
  g_autofree char *name = name_for_guard (login, user, attempt->name);
  g_autofree char *verifier = user != NULL ? store_site_dup_verifier (login->site, user) : NULL;

  attempt->refusal.locked = !engine_guard_allows (login->guard, name, attempt->address);
  if (!engine_password_parse (verifier, &attempt->keys))
    engine_password_fake (login->site_key, name, &attempt->keys);
  g_task_return_boolean (task, !attempt->refusal.locked);
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
engine_login_new (StoreSite *site, const EngineServerConfig *config)
{
  EngineLogin *login = g_new0 (EngineLogin, 1);
  const char *key = store_site_get_key (site);

  login->site = site;
  login->domain = g_strdup (config->domain);
  login->demonstration_auth = config->demonstration_auth;
  login->guard = engine_guard_new (&config->limits);
  if (gnutls_rnd (GNUTLS_RND_KEY, login->key, sizeof login->key) < 0)
    g_error ("The system gives no random numbers");
  if (key == NULL || gnutls_hash_fast (GNUTLS_DIG_SHA256, key, strlen (key), login->site_key) < 0)
    g_error ("The site has no key");
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
  engine_guard_free (login->guard);
  base_secret_wipe (login->key, sizeof login->key);
  base_secret_wipe (login->site_key, sizeof login->site_key);
  g_free (login->domain);
  g_free (login);
}

static Attempt *
attempt_new (EngineLogin *login, const char *address)
{
  Attempt *attempt = g_new0 (Attempt, 1);

  attempt->login = login;
  attempt->address = g_strdup (address);
  return attempt;
}

void
engine_login_verify_async (EngineLogin *login,
                           const ProtoCredentials *credentials,
                           const char *address,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Attempt *attempt = attempt_new (login, address);

  attempt->credentials = proto_credentials_copy (credentials);
  g_task_set_task_data (task, attempt, (GDestroyNotify) attempt_free);
  engine_login_run (login, task, verify_thread);
}

char *
engine_login_verify_finish (GAsyncResult *result, EngineRefusal *refusal)
{
  Attempt *attempt = g_task_get_task_data (G_TASK (result));

  *refusal = attempt->refusal;
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

void
engine_login_find_keys_async (EngineLogin *login,
                              const char *name,
                              const char *address,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Attempt *attempt = attempt_new (login, address);

  attempt->name = g_strdup (name);
  g_task_set_task_data (task, attempt, (GDestroyNotify) attempt_free);
  engine_login_run (login, task, find_keys_thread);
}

gboolean
engine_login_find_keys_finish (GAsyncResult *result, ProtoScramKeys *keys, EngineRefusal *refusal)
{
  Attempt *attempt = g_task_get_task_data (G_TASK (result));

  *keys = attempt->keys;
  *refusal = attempt->refusal;
  return g_task_propagate_boolean (G_TASK (result), NULL);
}

void
engine_login_run (EngineLogin *login, GTask *task, GTaskThreadFunc function)
{
  Work *work = g_new0 (Work, 1);

  work->task = g_object_ref (task);
  work->function = function;
  g_thread_pool_push (login->threads, work, NULL);
}
