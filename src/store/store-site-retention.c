/* SPDX-License-Identifier: MIT */
#include "store-site-private.h"

#include <base-clock.h>

#include <string.h>

/* So many letters in one commit: others wait for it. */
#define MAX_EXPIRED 500

typedef struct
{
  StoreSite *site;
  char *before; /* a path that sorts behind those of expired letters; NULL: none is too old */
  guint max_letters;
  GPtrArray *held; /* of char *: users whose maildrops nobody may open until this is committed */
  guint removed;
} Expiry;

static void
expiry_free (gpointer data)
{
  Expiry *expiry = data;

  g_free (expiry->before);
  g_ptr_array_unref (expiry->held);
  g_free (expiry);
}

/* ---- whose letters ---- */

/* A session's snapshot keeps what it has: FALSE. Else none begins until let_go(). */
static gboolean
hold (Expiry *expiry, const char *user)
{
  StoreSite *site = expiry->site;

  g_mutex_lock (&site->lock);
  gboolean free = !g_hash_table_contains (site->open, user);
  if (free)
    {
      g_ptr_array_add (expiry->held, g_strdup (user));
      g_hash_table_add (site->expiring, g_strdup (user));
    }
  g_mutex_unlock (&site->lock);
  return free;
}

static void
let_go (gpointer data)
{
  const Expiry *expiry = data;
  StoreSite *site = expiry->site;

  g_mutex_lock (&site->lock);
  for (guint i = 0; i < expiry->held->len; i++)
    g_hash_table_remove (site->expiring, g_ptr_array_index (expiry->held, i));
  g_cond_broadcast (&site->expired);
  g_mutex_unlock (&site->lock);
}

/* Given away, and that is not written yet. */
static gboolean
is_taken (StoreSite *site, gint64 id)
{
  g_mutex_lock (&site->lock);
  gboolean taken = g_hash_table_contains (site->taken, &id);
  g_mutex_unlock (&site->lock);
  return taken;
}

/* ---- letters ---- */

static gboolean
remove_letter (StoreSiteWrite *write, StoreDb *db, gint64 id, const char *file, GError **error)
{
  Expiry *expiry = write->data;

  if (!store_site_note_departure (db, id, STORE_RECALL_NOT_FOUND, error)
      || !store_site_delete_letter (db, id, error))
    return FALSE;
  g_ptr_array_add (write->gone, g_strdup (file));
  expiry->removed++;
  return TRUE;
}

/* The oldest come first, so the first that may stay ends it. @count: how many there are. */
static gboolean
expire_user (StoreSiteWrite *write, StoreDb *db, const char *user, guint count, GError **error)
{
  Expiry *expiry = write->data;
  guint over
      = expiry->max_letters > 0 && count > expiry->max_letters ? count - expiry->max_letters : 0;
  gboolean held = FALSE;
  GError *failed = NULL;
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db, "SELECT id, path, spool FROM letters WHERE user = :user ORDER BY id LIMIT :limit", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":user", user);
  store_statement_bind_int (statement, ":limit", MAX_EXPIRED);
  for (guint i = 0; expiry->removed < MAX_EXPIRED && store_statement_step (statement, &failed); i++)
    {
      gint64 id = store_statement_get_int (statement, 0);
      const char *path = store_statement_get_text (statement, 1);
      g_autofree char *file = store_site_file (user, path);

      /* A path begins with the time at which the letter came. */
      if (i >= over && (expiry->before == NULL || strcmp (path, expiry->before) >= 0))
        break;
      if (!held && !(held = hold (expiry, user)))
        break;
      /* One without a place yet has its turn the next time. */
      if (store_statement_get_text (statement, 2) != NULL || is_taken (expiry->site, id))
        continue;
      if (!remove_letter (write, db, id, file, error))
        return FALSE;
    }
  if (failed != NULL)
    g_propagate_error (error, failed);
  return failed == NULL;
}

static gboolean
expire (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  Expiry *expiry = write->data;
  GError *failed = NULL;
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT name, letters FROM users WHERE letters > 0", error);

  /* A second name under tmp/ would keep the room of what is removed. */
  if (statement == NULL || !store_site_clear_placed (write->site, db, error))
    return FALSE;
  while (expiry->removed < MAX_EXPIRED && store_statement_step (statement, &failed))
    {
      g_autofree char *user = g_strdup (store_statement_get_text (statement, 0));
      if (!expire_user (write, db, user, (guint) store_statement_get_int (statement, 1), error))
        return FALSE;
    }
  if (failed != NULL)
    g_propagate_error (error, failed);
  return failed == NULL;
}

void
store_site_expire_async (StoreSite *site,
                         guint max_days,
                         guint max_letters,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Expiry *expiry = g_new0 (Expiry, 1);
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_utc (base_clock_real () / G_USEC_PER_SEC);
  g_autoptr (GDateTime) limit = g_date_time_add_days (now, -(gint) MIN (max_days, 36500));

  expiry->site = site;
  expiry->before = max_days > 0 ? g_date_time_format (limit, STORE_SITE_TIME) : NULL;
  expiry->max_letters = max_letters;
  expiry->held = g_ptr_array_new_with_free_func (g_free);
  g_task_set_task_data (task, expiry, expiry_free);
  store_site_write (site, expire, NULL, expiry, let_go, task);
}

gboolean
store_site_expire_finish (StoreSite *site, GAsyncResult *result, guint *removed, GError **error)
{
  const Expiry *expiry = g_task_get_task_data (G_TASK (result));

  *removed = expiry->removed;
  return g_task_propagate_boolean (G_TASK (result), error);
}
