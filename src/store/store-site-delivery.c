/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-store"

#include "store-site-private.h"

#include <base-clock.h>

#define SYNCERS 8 /* fsync waits for the disk, which likes to have several at hand */

typedef struct
{
  StoreSite *site;
  StoreSpool *spool;
  char **users;
  GPtrArray *paths; /* of char *, one for each user, relative to the root */
  GTask *task;
} Delivery;

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;

  store_spool_free (delivery->spool);
  g_strfreev (delivery->users);
  g_ptr_array_unref (delivery->paths);
  g_free (delivery);
}

static gboolean
insert (StoreDb *db, Delivery *delivery, const char *user, GError **error)
{
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_utc (base_clock_real () / G_USEC_PER_SEC);
  g_autofree char *time = g_date_time_format (now, "%Y%m%dT%H%M%SZ");
  g_autofree char *path
      = g_strdup_printf ("%s-%08x%08x.eml", time, g_random_int (), g_random_int ());
  GError *failed = NULL;
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db, "INSERT INTO letters (user, path, spool, size) VALUES (:user, :path, :spool, :size)",
      error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":user", user);
  store_statement_bind_text (statement, ":path", path);
  store_statement_bind_text (statement, ":spool", store_spool_get_name (delivery->spool));
  store_statement_bind_int (statement, ":size", (gint64) store_spool_get_size (delivery->spool));
  if (!store_statement_run (statement, &failed))
    {
      if (g_error_matches (failed, STORE_ERROR, STORE_ERROR_NOT_FOUND))
        g_set_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND, "There is no user %s", user);
      else
        g_propagate_error (error, g_steal_pointer (&failed));
      g_clear_error (&failed);
      return FALSE;
    }
  g_ptr_array_add (delivery->paths, store_site_file (user, path));
  return TRUE;
}

/* All of them or, by the savepoint, none. */
static gboolean
deliver (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  Delivery *delivery = write->data;

  if (!store_site_clear_placed (write->site, db, error))
    return FALSE;
  for (char **user = delivery->users; *user != NULL; user++)
    if (!insert (db, delivery, *user, error))
      return FALSE;
  return TRUE;
}

/* The letter is safe by now: where a place cannot be given, readers take the spool and the next
 * start tries again. */
static void
delivered (StoreSiteWrite *write)
{
  Delivery *delivery = write->data;
  StoreSite *site = write->site;
  gboolean placed = TRUE;

  store_spool_keep (delivery->spool);
  for (guint i = 0; i < delivery->paths->len; i++)
    {
      const char *file = g_ptr_array_index (delivery->paths, i);
      g_autoptr (GError) error = NULL;
      if (store_files_place (site->files, store_spool_get_name (delivery->spool), file, FALSE,
                             &error))
        g_hash_table_replace (site->folders, g_path_get_dirname (file), g_strdup (file));
      else
        {
          g_warning ("%s", error->message);
          placed = FALSE;
        }
    }
  if (placed)
    g_ptr_array_add (site->placed, g_strdup (store_spool_get_name (delivery->spool)));
}

static void
sync_spool (gpointer data, gpointer unused)
{
  Delivery *delivery = data;
  GError *error = NULL;
  GTask *waiting = g_steal_pointer (&delivery->task);
  StoreSite *site = delivery->site;

  if (store_spool_sync (delivery->spool, &error))
    store_site_write (site, deliver, delivered, delivery, delivery_free, waiting);
  else
    {
      delivery_free (delivery);
      g_task_return_error (waiting, error);
      g_object_unref (waiting);
    }
  g_mutex_lock (&site->lock);
  if (--site->syncing == 0)
    g_cond_broadcast (&site->idle);
  g_mutex_unlock (&site->lock);
}

/* Threads of our own: GTask's are few, and a TLS handshake holds one of them for as long as its
 * peer likes. */
static GThreadPool *
get_syncers (void)
{
  static GThreadPool *syncers;

  if (g_once_init_enter (&syncers))
    g_once_init_leave (&syncers, g_thread_pool_new (sync_spool, NULL, SYNCERS, FALSE, NULL));
  return syncers;
}

void
store_site_deliver_async (StoreSite *site,
                          StoreSpool *spool,
                          const char *const *users,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  Delivery *delivery = g_new0 (Delivery, 1);

  delivery->site = site;
  delivery->spool = spool;
  delivery->users = g_strdupv ((char **) users);
  delivery->paths = g_ptr_array_new_with_free_func (g_free);
  delivery->task = g_task_new (NULL, cancellable, callback, user_data);
  g_mutex_lock (&site->lock);
  site->syncing++;
  g_mutex_unlock (&site->lock);
  g_thread_pool_push (get_syncers (), delivery, NULL);
}
