/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-store"

#include "store-site-private.h"

#include <base-clock.h>

#include <string.h>

#define MAX_MESSAGE_ID 998
/* So long a letter waits for others that are just arriving, to be synced with them. */
#define GATHERING (1 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  StoreSpool *spool;
  guint64 size;
  char **users;
  char *sender;     /* or NULL */
  char *message_id; /* or NULL */
  GPtrArray *paths; /* of char *, one for each user, relative to the root */
  GTask *task;
} Delivery;

static void
delivery_free (gpointer data)
{
  Delivery *delivery = data;

  store_spool_free (delivery->spool);
  g_strfreev (delivery->users);
  g_free (delivery->sender);
  g_free (delivery->message_id);
  g_ptr_array_unref (delivery->paths);
  g_free (delivery);
}

/* ---- room ---- */

gboolean
store_site_check_room (const StoreUser *user, guint64 octets, GError **error)
{
  guint64 size = MAX (octets, 1);

  if (user->disabled)
    g_set_error (error, STORE_ERROR, STORE_ERROR_DISABLED, "The user %s is disabled", user->name);
  else if (user->quota_octets > 0 && size > user->quota_octets)
    g_set_error (error, STORE_ERROR, STORE_ERROR_TOO_LARGE,
                 "The letter is too large for the maildrop of %s", user->name);
  else if ((user->quota_octets > 0
            && (user->octets > user->quota_octets || size > user->quota_octets - user->octets))
           || (user->quota_letters > 0 && user->letters >= user->quota_letters))
    g_set_error (error, STORE_ERROR, STORE_ERROR_QUOTA, "The maildrop of %s is full", user->name);
  else
    return TRUE;
  return FALSE;
}

/* Again, now that the size is known and nobody else writes. */
static gboolean
check_user (StoreDb *db, Delivery *delivery, const char *name, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT " STORE_SITE_USER " FROM users WHERE name = :name", error);
  GError *failed = NULL;

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":name", name);
  if (store_statement_step (statement, &failed))
    {
      g_autoptr (StoreUser) user = store_site_read_user (statement);
      return store_site_check_room (user, delivery->size, error);
    }
  if (failed == NULL)
    g_set_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND, "There is no user %s", name);
  else
    g_propagate_error (error, failed);
  return FALSE;
}

/* ---- rows ---- */

char *
store_site_normalise_message_id (const char *message_id)
{
  const char *open = message_id != NULL ? strchr (message_id, '<') : NULL;
  const char *close = open != NULL ? strchr (open, '>') : NULL;
  char *id = close != NULL ? g_strndup (open + 1, (gsize) (close - open - 1))
                           : g_strdup (message_id != NULL ? message_id : "");

  g_strstrip (id);
  if (id[0] == '\0' || strlen (id) > MAX_MESSAGE_ID)
    g_clear_pointer (&id, g_free);
  return id;
}

static gboolean
insert (StoreDb *db, Delivery *delivery, const char *user, GError **error)
{
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_utc (base_clock_real () / G_USEC_PER_SEC);
  g_autofree char *time = g_date_time_format (now, STORE_SITE_TIME);
  g_autofree char *path
      = g_strdup_printf ("%s-%08x%08x.eml", time, g_random_int (), g_random_int ());
  /* The sender may have been removed since the password was right. */
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db,
      "INSERT INTO letters (user, path, spool, size, message_id, sender) VALUES (:user, :path, "
      ":spool, :size, :message_id, (SELECT name FROM users WHERE name = :sender))",
      error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":user", user);
  store_statement_bind_text (statement, ":path", path);
  store_statement_bind_text (statement, ":spool", store_spool_get_name (delivery->spool));
  store_statement_bind_int (statement, ":size", (gint64) delivery->size);
  store_statement_bind_text (statement, ":message_id", delivery->message_id);
  store_statement_bind_text (statement, ":sender", delivery->sender);
  if (!store_statement_run (statement, error))
    return FALSE;
  g_ptr_array_add (delivery->paths, store_site_file (user, path));
  return TRUE;
}

/* All of them or, by the savepoint, none. */
static gboolean
deliver (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  Delivery *delivery = write->data;

  for (char **user = delivery->users; *user != NULL; user++)
    if (!check_user (db, delivery, *user, error) || !insert (db, delivery, *user, error))
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
  const char *spool = store_spool_get_name (delivery->spool);
  gboolean placed = TRUE;

  store_spool_keep (delivery->spool);
  for (guint i = 0; i < delivery->paths->len; i++)
    {
      const char *file = g_ptr_array_index (delivery->paths, i);
      g_autoptr (GError) error = NULL;
      if (store_files_place (site->files, spool, file, FALSE, &error))
        store_site_note_folder (site, file);
      else
        {
          g_warning ("%s", error->message);
          placed = FALSE;
        }
    }
  if (placed)
    store_site_note_placed (site, spool);
}

/* ---- groups ---- */

/* Under the lock. A letter that is alone does not wait. */
static void
gather (StoreSite *site)
{
  gint64 end = site->waiting_since + GATHERING;

  while (site->waiting->len > 0 && store_files_count_arriving (site->files) > 0
         && g_cond_wait_until (&site->gathered, &site->group_lock, end))
    ;
}

/* All that wait, or NULL: the thread has an end then. */
static GPtrArray *
take_group (StoreSite *site, guint64 *placings)
{
  GPtrArray *group = NULL;

  g_mutex_lock (&site->group_lock);
  gather (site);
  *placings = site->placings;
  if (site->waiting->len > 0)
    {
      group = site->waiting;
      site->waiting = g_ptr_array_new ();
    }
  else
    {
      site->grouping = FALSE;
      g_cond_broadcast (&site->idle);
    }
  g_mutex_unlock (&site->group_lock);
  return group;
}

/* For itself, lest a letter that is refused undo it. */
static gboolean
clear_settled (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  return store_site_clear_settled (write->site, db, error);
}

static void
write_group (StoreSite *site, GPtrArray *group, GError **errors)
{
  g_autoptr (GPtrArray) writes = g_ptr_array_new ();

  g_ptr_array_add (writes, store_site_write_new (site, clear_settled, NULL, NULL, NULL, NULL));
  for (guint i = 0; i < group->len; i++)
    {
      Delivery *delivery = g_ptr_array_index (group, i);
      g_autoptr (GTask) task = g_steal_pointer (&delivery->task);
      if (errors[i] == NULL)
        g_ptr_array_add (writes, store_site_write_new (site, deliver, delivered, delivery,
                                                       delivery_free, g_steal_pointer (&task)));
      else
        {
          /* Before the caller hears of it: the spool is gone then. */
          delivery_free (delivery);
          g_task_return_error (task, g_steal_pointer (&errors[i]));
        }
    }
  store_site_write_all (site, writes);
}

/* While one group is synced the next one gathers; a letter that comes alone is a group. */
static void
sync_groups (gpointer data, gpointer unused)
{
  StoreSite *site = data;
  GPtrArray *group;
  guint64 placings;

  while ((group = take_group (site, &placings)) != NULL)
    {
      g_autoptr (GPtrArray) spools = g_ptr_array_sized_new (group->len);
      g_autofree GError **errors = g_new0 (GError *, group->len);

      for (guint i = 0; i < group->len; i++)
        g_ptr_array_add (spools, ((Delivery *) g_ptr_array_index (group, i))->spool);
      if (store_sync_spools (site->sync, spools, errors))
        {
          g_mutex_lock (&site->group_lock);
          site->settled = placings;
          g_mutex_unlock (&site->group_lock);
        }
      write_group (site, group, errors);
      g_ptr_array_unref (group);
    }
}

/* One thread for each site that has letters. */
static GThreadPool *
get_groupers (void)
{
  static GThreadPool *groupers;

  if (g_once_init_enter (&groupers))
    g_once_init_leave (&groupers, g_thread_pool_new (sync_groups, NULL, -1, FALSE, NULL));
  return groupers;
}

static void
join_group (StoreSite *site, Delivery *delivery)
{
  gboolean first;

  g_mutex_lock (&site->group_lock);
  if (site->waiting->len == 0)
    site->waiting_since = g_get_monotonic_time ();
  g_ptr_array_add (site->waiting, delivery);
  if (store_files_count_arriving (site->files) == 0)
    g_cond_signal (&site->gathered);
  first = !site->grouping;
  site->grouping = TRUE;
  g_mutex_unlock (&site->group_lock);
  if (first)
    g_thread_pool_push (get_groupers (), site, NULL);
}

void
store_site_deliver_async (StoreSite *site,
                          StoreSpool *spool,
                          const StoreDelivery *order,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  Delivery *delivery = g_new0 (Delivery, 1);

  store_spool_end (spool);
  delivery->spool = spool;
  delivery->size = order->size > 0 ? order->size : store_spool_get_size (spool);
  delivery->users = g_strdupv ((char **) order->users);
  delivery->sender = order->sender != NULL ? store_site_normalise_user (order->sender, NULL) : NULL;
  delivery->message_id = store_site_normalise_message_id (order->message_id);
  delivery->paths = g_ptr_array_new_with_free_func (g_free);
  delivery->task = g_task_new (NULL, cancellable, callback, user_data);
  join_group (site, delivery);
}
