/* SPDX-License-Identifier: MIT */
#include "store-site-private.h"

#include <base-clock.h>
#include <base-secret.h>

#include <string.h>

#define MAX_USER 64

/* ---- reading ---- */

char *
store_site_normalise_user (const char *name, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);
  gsize length = strlen (lower);

  if (length < 1 || length > MAX_USER || !g_ascii_isalnum (lower[0])
      || strspn (lower, "abcdefghijklmnopqrstuvwxyz0123456789._-") != length)
    {
      g_set_error_literal (error, STORE_ERROR, STORE_ERROR_INVALID,
                           "A user name is 1 to 64 letters (a to z), digits, dots, hyphens and "
                           "underscores, and begins with a letter or a digit");
      return NULL;
    }
  return g_steal_pointer (&lower);
}

StoreUser *
store_site_read_user (StoreStatement *statement)
{
  StoreUser *user = g_new0 (StoreUser, 1);

  user->name = g_strdup (store_statement_get_text (statement, 0));
  user->created = store_statement_get_int (statement, 1);
  user->letters = (guint) store_statement_get_int (statement, 2);
  user->octets = (guint64) store_statement_get_int (statement, 3);
  user->quota_octets = (guint64) store_statement_get_int (statement, 4);
  user->quota_letters = (guint) store_statement_get_int (statement, 5);
  user->disabled = store_statement_get_int (statement, 6) != 0;
  return user;
}

GPtrArray *
store_site_dup_users (StoreSite *site, GError **error)
{
  g_autoptr (GPtrArray) users = g_ptr_array_new_with_free_func ((GDestroyNotify) store_user_free);
  GError *failed = NULL;

  g_mutex_lock (&site->lock);
  StoreStatement *statement
      = store_db_prepare (site->reader, "SELECT " STORE_SITE_USER " FROM users ORDER BY name",
                          &failed);
  while (statement != NULL && store_statement_step (statement, &failed))
    g_ptr_array_add (users, store_site_read_user (statement));
  g_clear_pointer (&statement, store_statement_free);
  g_mutex_unlock (&site->lock);
  if (failed == NULL)
    return g_steal_pointer (&users);
  g_propagate_error (error, failed);
  return NULL;
}

StoreUser *
store_site_dup_user (StoreSite *site, const char *name)
{
  StoreUser *user = NULL;

  g_mutex_lock (&site->lock);
  StoreStatement *statement
      = store_db_prepare (site->reader, "SELECT " STORE_SITE_USER " FROM users WHERE name = :name",
                          NULL);
  if (statement != NULL)
    {
      store_statement_bind_text (statement, ":name", name);
      if (store_statement_step (statement, NULL))
        user = store_site_read_user (statement);
      store_statement_free (statement);
    }
  g_mutex_unlock (&site->lock);
  return user;
}

/* The one text that @sql gives for the user @name, or NULL. */
static char *
read_text (StoreSite *site, const char *sql, const char *name)
{
  g_autofree char *user = store_site_normalise_user (name, NULL);
  char *text = NULL;

  if (user == NULL)
    return NULL;
  g_mutex_lock (&site->lock);
  StoreStatement *statement = store_db_prepare (site->reader, sql, NULL);
  if (statement != NULL)
    {
      store_statement_bind_text (statement, ":name", user);
      if (store_statement_step (statement, NULL))
        text = g_strdup (store_statement_get_text (statement, 0));
      store_statement_free (statement);
    }
  g_mutex_unlock (&site->lock);
  return text;
}

char *
store_site_dup_verifier (StoreSite *site, const char *name)
{
  return read_text (site, "SELECT verifier FROM users WHERE name = :name AND NOT disabled", name);
}

char *
store_site_dup_secret (StoreSite *site, const char *name)
{
  return read_text (site, "SELECT secret FROM users WHERE name = :name AND NOT disabled", name);
}

const char *
store_site_get_key (StoreSite *site)
{
  return site->key;
}

gboolean
store_site_has_user (StoreSite *site, const char *name)
{
  g_autofree char *found = read_text (site, "SELECT name FROM users WHERE name = :name", name);

  return found != NULL;
}

/* ---- changing ---- */

typedef struct
{
  char *name;
  char *verifier;
  char *old; /* verifier */
  char *secret;
  gboolean disabled;
  guint64 quota_octets;
  guint quota_letters;
} User;

static void
user_free (gpointer data)
{
  User *user = data;

  g_free (user->name);
  g_free (user->verifier);
  g_free (user->old);
  if (user->secret != NULL)
    base_secret_wipe (user->secret, strlen (user->secret));
  g_free (user->secret);
  g_free (user);
}

static gboolean
add_user (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  const User *user = write->data;
  GError *failed = NULL;
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db, "INSERT INTO users (name, verifier, created) VALUES (:name, :verifier, :created)", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":name", user->name);
  store_statement_bind_text (statement, ":verifier", user->verifier);
  store_statement_bind_int (statement, ":created", base_clock_real () / G_USEC_PER_SEC);
  if (store_statement_run (statement, &failed))
    return TRUE;
  if (g_error_matches (failed, STORE_ERROR, STORE_ERROR_EXISTS))
    g_set_error (error, STORE_ERROR, STORE_ERROR_EXISTS, "There is a user %s already", user->name);
  else
    g_propagate_error (error, g_steal_pointer (&failed));
  g_clear_error (&failed);
  return FALSE;
}

static gboolean
fail_no_user (const char *name, GError **error)
{
  g_set_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND, "There is no user %s", name);
  return FALSE;
}

/* Runs @statement, an UPDATE or DELETE of one user. */
static gboolean
run_on_user (StoreStatement *statement, StoreDb *db, const User *user, GError **error)
{
  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":name", user->name);
  if (!store_statement_run (statement, error))
    return FALSE;
  return store_db_get_changes (db) > 0 || fail_no_user (user->name, error);
}

static gboolean
set_verifier (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  const User *user = write->data;
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db,
                          "UPDATE users SET verifier = :verifier, secret = NULL WHERE name = :name",
                          error);

  if (statement != NULL)
    store_statement_bind_text (statement, ":verifier", user->verifier);
  return run_on_user (statement, db, user, error);
}

static gboolean
replace_verifier (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  const User *user = write->data;
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db, "UPDATE users SET verifier = :verifier WHERE name = :name AND verifier = :old", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":verifier", user->verifier);
  store_statement_bind_text (statement, ":old", user->old);
  store_statement_bind_text (statement, ":name", user->name);
  return store_statement_run (statement, error);
}

static gboolean
set_secret (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  const User *user = write->data;
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "UPDATE users SET secret = :secret WHERE name = :name", error);

  if (statement != NULL)
    store_statement_bind_text (statement, ":secret", user->secret);
  return run_on_user (statement, db, user, error);
}

static gboolean
forget_secrets (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "UPDATE users SET secret = NULL WHERE secret IS NOT NULL", error);

  return statement != NULL && store_statement_run (statement, error);
}

static gboolean
set_disabled (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  const User *user = write->data;
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "UPDATE users SET disabled = :disabled WHERE name = :name", error);

  if (statement != NULL)
    store_statement_bind_int (statement, ":disabled", user->disabled);
  return run_on_user (statement, db, user, error);
}

static gboolean
set_quota (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  const User *user = write->data;
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db, "UPDATE users SET quota_octets = :octets, quota_letters = :letters WHERE name = :name",
      error);

  if (statement != NULL)
    {
      store_statement_bind_int (statement, ":octets", (gint64) user->quota_octets);
      store_statement_bind_int (statement, ":letters", user->quota_letters);
    }
  return run_on_user (statement, db, user, error);
}

static gboolean
list_files (StoreSiteWrite *write, StoreDb *db, const char *name, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT path FROM letters WHERE user = :name", error);
  GError *failed = NULL;

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":name", name);
  while (store_statement_step (statement, &failed))
    g_ptr_array_add (write->gone, store_site_file (name, store_statement_get_text (statement, 0)));
  if (failed == NULL)
    return TRUE;
  g_propagate_error (error, failed);
  return FALSE;
}

static gboolean
remove_user (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  const User *user = write->data;

  g_mutex_lock (&write->site->lock);
  gboolean held = g_hash_table_contains (write->site->open, user->name);
  g_mutex_unlock (&write->site->lock);
  if (held)
    {
      g_set_error (error, STORE_ERROR, STORE_ERROR_BUSY,
                   "The maildrop of %s is open in a session now", user->name);
      return FALSE;
    }
  if (!store_site_clear_placed (write->site, db, error)
      || !list_files (write, db, user->name, error))
    return FALSE;
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "DELETE FROM users WHERE name = :name", error);
  return run_on_user (statement, db, user, error);
}

/* Takes @change, whose name is still as it was given, and @task. */
static void
change_user (StoreSite *site,
             User *change,
             gboolean (*work) (StoreSiteWrite *write, StoreDb *db, GError **error),
             GTask *task)
{
  GError *error = NULL;
  char *normal = store_site_normalise_user (change->name, &error);

  if (normal == NULL)
    {
      user_free (change);
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  g_free (change->name);
  change->name = normal;
  store_site_write (site, work, NULL, change, user_free, task);
}

static User *
make_change (const char *name, const char *verifier)
{
  User *user = g_new0 (User, 1);

  user->name = g_strdup (name);
  user->verifier = g_strdup (verifier);
  return user;
}

void
store_site_add_user_async (StoreSite *site,
                           const char *name,
                           const char *verifier,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  change_user (site, make_change (name, verifier), add_user,
               g_task_new (NULL, cancellable, callback, user_data));
}

void
store_site_set_verifier_async (StoreSite *site,
                               const char *name,
                               const char *verifier,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  change_user (site, make_change (name, verifier), set_verifier,
               g_task_new (NULL, cancellable, callback, user_data));
}

void
store_site_replace_verifier (StoreSite *site,
                             const char *name,
                             const char *old,
                             const char *verifier)
{
  User *change = make_change (name, verifier);

  change->old = g_strdup (old);
  store_site_write (site, replace_verifier, NULL, change, user_free, NULL);
}

void
store_site_set_secret_async (StoreSite *site,
                             const char *name,
                             const char *secret,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  User *change = make_change (name, NULL);

  change->secret = g_strdup (secret);
  change_user (site, change, set_secret, g_task_new (NULL, cancellable, callback, user_data));
}

void
store_site_forget_secrets (StoreSite *site)
{
  store_site_write (site, forget_secrets, NULL, NULL, NULL, NULL);
}

void
store_site_set_disabled_async (StoreSite *site,
                               const char *name,
                               gboolean disabled,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  User *change = make_change (name, NULL);

  change->disabled = disabled;
  change_user (site, change, set_disabled, g_task_new (NULL, cancellable, callback, user_data));
}

void
store_site_set_quota_async (StoreSite *site,
                            const char *name,
                            guint64 octets,
                            guint letters,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  User *change = make_change (name, NULL);

  /* What SQLite can hold; no disk holds as much. */
  change->quota_octets = MIN (octets, G_MAXINT64);
  change->quota_letters = letters;
  change_user (site, change, set_quota, g_task_new (NULL, cancellable, callback, user_data));
}

void
store_site_remove_user_async (StoreSite *site,
                              const char *name,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  change_user (site, make_change (name, NULL), remove_user,
               g_task_new (NULL, cancellable, callback, user_data));
}
