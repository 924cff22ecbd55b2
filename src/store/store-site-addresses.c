/* SPDX-License-Identifier: MIT */
#include "store-site-private.h"

#include <string.h>

#define MAX_DOMAIN 253
#define ALL        "" /* the domain of an alias in all domains */

/* What is written: a domain, or an alias with its users. */
typedef struct
{
  char *local_part;
  char *domain;
  char **users; /* normalised; NULL: all of them */
} Address;

static void
address_free (gpointer data)
{
  Address *address = data;

  g_free (address->local_part);
  g_free (address->domain);
  g_strfreev (address->users);
  g_free (address);
}

/* ---- reading ---- */

char *
store_site_normalise_domain (const char *domain, GError **error)
{
  g_autofree char *lower = g_ascii_strdown (domain, -1);
  gsize length = strlen (lower);

  if (length < 1 || length > MAX_DOMAIN || !g_ascii_isalnum (lower[0])
      || !g_ascii_isalnum (lower[length - 1]) || strstr (lower, "..") != NULL
      || strspn (lower, "abcdefghijklmnopqrstuvwxyz0123456789.-") != length)
    {
      g_set_error (error, STORE_ERROR, STORE_ERROR_INVALID,
                   "“%s” is no domain: letters, digits, hyphens and dots make one", domain);
      return NULL;
    }
  return g_steal_pointer (&lower);
}

char **
store_site_dup_domains (StoreSite *site, GError **error)
{
  g_autoptr (GStrvBuilder) domains = g_strv_builder_new ();
  GError *failed = NULL;

  g_mutex_lock (&site->lock);
  StoreStatement *statement
      = store_db_prepare (site->reader, "SELECT name FROM domains ORDER BY name", &failed);
  while (statement != NULL && store_statement_step (statement, &failed))
    g_strv_builder_add (domains, store_statement_get_text (statement, 0));
  g_clear_pointer (&statement, store_statement_free);
  g_mutex_unlock (&site->lock);
  if (failed == NULL)
    return g_strv_builder_end (domains);
  g_propagate_error (error, failed);
  return NULL;
}

gboolean
store_site_has_domain (StoreSite *site, const char *domain)
{
  g_autofree char *name = store_site_normalise_domain (domain, NULL);
  gboolean found = FALSE;

  if (name == NULL)
    return FALSE;
  g_mutex_lock (&site->lock);
  StoreStatement *statement
      = store_db_prepare (site->reader, "SELECT 1 FROM domains WHERE name = :name", NULL);
  if (statement != NULL)
    {
      store_statement_bind_text (statement, ":name", name);
      found = store_statement_step (statement, NULL);
      store_statement_free (statement);
    }
  g_mutex_unlock (&site->lock);
  return found;
}

static StoreAlias *
make_alias (const char *local_part, const char *domain, GStrvBuilder *users)
{
  StoreAlias *alias = g_new0 (StoreAlias, 1);

  alias->local_part = g_strdup (local_part);
  alias->domain = strcmp (domain, ALL) != 0 ? g_strdup (domain) : NULL;
  alias->users = g_strv_builder_end (users);
  return alias;
}

/* One alias is several rows that follow each other. */
static void
read_aliases (StoreStatement *statement, GPtrArray *aliases, GError **error)
{
  g_autoptr (GStrvBuilder) users = g_strv_builder_new ();
  g_autofree char *local_part = NULL;
  g_autofree char *domain = NULL;

  while (store_statement_step (statement, error))
    {
      const char *next_part = store_statement_get_text (statement, 0);
      const char *next_domain = store_statement_get_text (statement, 1);
      if (g_strcmp0 (local_part, next_part) != 0 || g_strcmp0 (domain, next_domain) != 0)
        {
          if (local_part != NULL)
            g_ptr_array_add (aliases, make_alias (local_part, domain, users));
          g_free (local_part);
          g_free (domain);
          local_part = g_strdup (next_part);
          domain = g_strdup (next_domain);
        }
      g_strv_builder_add (users, store_statement_get_text (statement, 2));
    }
  if (local_part != NULL)
    g_ptr_array_add (aliases, make_alias (local_part, domain, users));
}

GPtrArray *
store_site_dup_aliases (StoreSite *site, GError **error)
{
  g_autoptr (GPtrArray) aliases
      = g_ptr_array_new_with_free_func ((GDestroyNotify) store_alias_free);
  GError *failed = NULL;

  g_mutex_lock (&site->lock);
  StoreStatement *statement = store_db_prepare (
      site->reader,
      "SELECT local_part, domain, user FROM aliases ORDER BY local_part, domain, user", &failed);
  if (statement != NULL)
    read_aliases (statement, aliases, &failed);
  g_clear_pointer (&statement, store_statement_free);
  g_mutex_unlock (&site->lock);
  if (failed == NULL)
    return g_steal_pointer (&aliases);
  g_propagate_error (error, failed);
  return NULL;
}

static int
compare_users (gconstpointer a, gconstpointer b)
{
  const StoreUser *const *first = a;
  const StoreUser *const *second = b;

  return strcmp ((*first)->name, (*second)->name);
}

/* Under the lock. At every RCPT, and each statement has its locks in the file: one asks for all,
 * and what goes before the rest is chosen here. */
static void
find (StoreSite *site, GPtrArray *users, const char *name, const char *domain)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (site->reader,
                          "SELECT " STORE_SITE_USER ", 0 FROM aliases JOIN users ON name = user"
                          " WHERE local_part = :name AND domain = :domain UNION ALL "
                          "SELECT " STORE_SITE_USER ", 1 FROM aliases JOIN users ON name = user"
                          " WHERE local_part = :name AND domain = :all UNION ALL "
                          "SELECT " STORE_SITE_USER ", 2 FROM users WHERE name = :name",
                          NULL);
  gint64 best = G_MAXINT64;

  if (statement == NULL)
    return;
  store_statement_bind_text (statement, ":name", name);
  store_statement_bind_text (statement, ":domain", domain);
  store_statement_bind_text (statement, ":all", ALL);
  while (store_statement_step (statement, NULL))
    {
      gint64 rank = store_statement_get_int (statement, STORE_SITE_USER_COLUMNS);
      if (rank > best)
        continue;
      if (rank < best)
        g_ptr_array_set_size (users, 0);
      best = rank;
      g_ptr_array_add (users, store_site_read_user (statement));
    }
  g_ptr_array_sort (users, compare_users);
}

GPtrArray *
store_site_find_users (StoreSite *site, const char *local_part, const char *domain)
{
  GPtrArray *users = g_ptr_array_new_with_free_func ((GDestroyNotify) store_user_free);
  g_autofree char *name = store_site_normalise_user (local_part, NULL);
  g_autofree char *lower = g_ascii_strdown (domain, -1);

  if (name == NULL)
    return users;
  g_mutex_lock (&site->lock);
  find (site, users, name, lower);
  g_mutex_unlock (&site->lock);
  return users;
}

/* ---- domains ---- */

static gboolean
run_on_domain (StoreDb *db, const char *sql, const Address *address, GError **error)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":domain", address->domain);
  return store_statement_run (statement, error);
}

static gboolean
add_domain (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  const Address *address = write->data;

  if (!run_on_domain (db, "INSERT INTO domains (name) VALUES (:domain) ON CONFLICT DO NOTHING",
                      address, error))
    return FALSE;
  if (store_db_get_changes (db) == 0)
    {
      g_set_error (error, STORE_ERROR, STORE_ERROR_EXISTS, "“%s” is served already",
                   address->domain);
      return FALSE;
    }
  return TRUE;
}

static gboolean
remove_domain (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  const Address *address = write->data;

  if (!run_on_domain (db, "DELETE FROM domains WHERE name = :domain", address, error))
    return FALSE;
  if (store_db_get_changes (db) == 0)
    {
      g_set_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
                   "“%s” is none of the domains that were added", address->domain);
      return FALSE;
    }
  return run_on_domain (db, "DELETE FROM aliases WHERE domain = :domain", address, error);
}

static void
change_domain (StoreSite *site,
               const char *domain,
               gboolean (*work) (StoreSiteWrite *write, StoreDb *db, GError **error),
               GTask *task)
{
  GError *error = NULL;
  char *name = store_site_normalise_domain (domain, &error);

  if (name == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  Address *address = g_new0 (Address, 1);
  address->domain = name;
  store_site_write (site, work, NULL, address, address_free, task);
}

void
store_site_add_domain_async (StoreSite *site,
                             const char *domain,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  change_domain (site, domain, add_domain, g_task_new (NULL, cancellable, callback, user_data));
}

void
store_site_remove_domain_async (StoreSite *site,
                                const char *domain,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  change_domain (site, domain, remove_domain, g_task_new (NULL, cancellable, callback, user_data));
}

/* ---- aliases ---- */

/* @user NULL: @sql is about all users of the alias. */
static gboolean
run_on_alias (StoreDb *db,
              const char *sql,
              const Address *address,
              const char *user,
              GError **error)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":local_part", address->local_part);
  store_statement_bind_text (statement, ":domain", address->domain);
  if (user != NULL)
    store_statement_bind_text (statement, ":user", user);
  return store_statement_run (statement, error);
}

static gboolean
add_alias (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  const Address *address = write->data;

  for (char **user = address->users; *user != NULL; user++)
    {
      GError *failed = NULL;
      if (run_on_alias (db,
                        "INSERT INTO aliases (local_part, domain, user) "
                        "VALUES (:local_part, :domain, :user) ON CONFLICT DO NOTHING",
                        address, *user, &failed))
        continue;
      if (g_error_matches (failed, STORE_ERROR, STORE_ERROR_NOT_FOUND))
        g_set_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
                     "There is no user %s; an alias stands for users", *user);
      else
        g_propagate_error (error, g_steal_pointer (&failed));
      g_clear_error (&failed);
      return FALSE;
    }
  return TRUE;
}

static gboolean
fail_no_alias (const Address *address, const char *user, GError **error)
{
  if (user != NULL)
    g_set_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND, "The alias %s has no user %s",
                 address->local_part, user);
  else
    g_set_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND, "There is no alias %s",
                 address->local_part);
  return FALSE;
}

/* @user NULL: all of it. */
static gboolean
take_from_alias (StoreDb *db, const Address *address, const char *user, GError **error)
{
  static const char *const all
      = "DELETE FROM aliases WHERE local_part = :local_part AND domain = :domain";
  static const char *const one
      = "DELETE FROM aliases WHERE local_part = :local_part AND domain = :domain AND user = :user";

  return run_on_alias (db, user != NULL ? one : all, address, user, error)
         && (store_db_get_changes (db) > 0 || fail_no_alias (address, user, error));
}

static gboolean
remove_alias (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  const Address *address = write->data;

  if (address->users == NULL)
    return take_from_alias (db, address, NULL, error);
  for (char **user = address->users; *user != NULL; user++)
    if (!take_from_alias (db, address, *user, error))
      return FALSE;
  return TRUE;
}

static char **
normalise_users (const char *const *users, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (; *users != NULL; users++)
    {
      g_autofree char *user = store_site_normalise_user (*users, error);
      if (user == NULL)
        return NULL;
      g_strv_builder_add (builder, user);
    }
  return g_strv_builder_end (builder);
}

static void
change_alias (StoreSite *site,
              const char *local_part,
              const char *domain,
              const char *const *users,
              gboolean (*work) (StoreSiteWrite *write, StoreDb *db, GError **error),
              GTask *task)
{
  Address *address = g_new0 (Address, 1);
  GError *error = NULL;

  address->local_part = store_site_normalise_user (local_part, NULL);
  if (address->local_part == NULL)
    g_set_error_literal (&error, STORE_ERROR, STORE_ERROR_INVALID,
                         "What stands before the @ of an alias is formed as a user's name: 1 to 64 "
                         "letters (a to z), digits, dots, hyphens and underscores");
  else
    address->domain
        = domain != NULL ? store_site_normalise_domain (domain, &error) : g_strdup (ALL);
  if (address->domain != NULL && users != NULL)
    address->users = normalise_users (users, &error);
  if (error == NULL)
    {
      store_site_write (site, work, NULL, address, address_free, task);
      return;
    }
  address_free (address);
  g_task_return_error (task, error);
  g_object_unref (task);
}

void
store_site_add_alias_async (StoreSite *site,
                            const char *local_part,
                            const char *domain,
                            const char *const *users,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  change_alias (site, local_part, domain, users, add_alias,
                g_task_new (NULL, cancellable, callback, user_data));
}

void
store_site_remove_alias_async (StoreSite *site,
                               const char *local_part,
                               const char *domain,
                               const char *const *users,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  change_alias (site, local_part, domain, users, remove_alias,
                g_task_new (NULL, cancellable, callback, user_data));
}
