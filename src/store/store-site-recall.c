/* SPDX-License-Identifier: MIT */
#include "store-site-private.h"

#include <base-clock.h>

#include <string.h>

#define REMEMBERED   (7 * 24 * 3600) /* seconds */
#define PLACE_WAITS  200
#define PLACE_WAITED 5000 /* microseconds */

typedef struct
{
  gint64 id;
  char *user;
  char *path;
  char *spool; /* or NULL */
  gboolean retrieved;
} Letter;

typedef struct
{
  StoreSite *site;
  char *sender;
  char *message_id;
  GArray *letters; /* of Letter, those that are still there */
  GPtrArray *result;
} Recall;

static void
letter_clear (gpointer data)
{
  Letter *letter = data;

  g_free (letter->user);
  g_free (letter->path);
  g_free (letter->spool);
}

static void
recall_free (Recall *recall)
{
  g_free (recall->sender);
  g_free (recall->message_id);
  g_array_unref (recall->letters);
  g_clear_pointer (&recall->result, g_ptr_array_unref);
  g_free (recall);
}

/* ---- departures ---- */

gboolean
store_site_note_departure (StoreDb *db, gint64 id, StoreRecallOutcome fate, GError **error)
{
  /* The outcomes are in the order in which one speaks for a user who had the letter twice. */
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db,
      "INSERT INTO departures (sender, message_id, user, fate, time) "
      "SELECT sender, message_id, user, iif (retrieved, 0, :fate), :time FROM letters "
      "WHERE id = :id AND sender IS NOT NULL AND message_id IS NOT NULL "
      "ON CONFLICT DO UPDATE SET fate = min (fate, excluded.fate), time = excluded.time",
      error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id", id);
  store_statement_bind_int (statement, ":fate", fate);
  store_statement_bind_int (statement, ":time", base_clock_real () / G_USEC_PER_SEC);
  return store_statement_run (statement, error);
}

gboolean
store_site_forget_departures (StoreDb *db, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "DELETE FROM departures WHERE time < :time", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":time", base_clock_real () / G_USEC_PER_SEC - REMEMBERED);
  return store_statement_run (statement, error);
}

gboolean
store_site_delete_letter (StoreDb *db, gint64 id, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "DELETE FROM letters WHERE id = :id", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id", id);
  return store_statement_run (statement, error);
}

/* ---- the recall ---- */

static void
add_outcome (Recall *recall, const char *user, StoreRecallOutcome outcome)
{
  for (guint i = 0; i < recall->result->len; i++)
    {
      StoreRecall *known = g_ptr_array_index (recall->result, i);
      if (strcmp (known->user, user) == 0)
        {
          known->outcome = MIN (known->outcome, outcome);
          return;
        }
    }

  StoreRecall *added = g_new0 (StoreRecall, 1);
  added->user = g_strdup (user);
  added->outcome = outcome;
  g_ptr_array_add (recall->result, added);
}

static StoreStatement *
prepare (StoreDb *db, const char *sql, const Recall *recall, GError **error)
{
  StoreStatement *statement = store_db_prepare (db, sql, error);

  if (statement != NULL)
    {
      store_statement_bind_text (statement, ":sender", recall->sender);
      store_statement_bind_text (statement, ":message_id", recall->message_id);
    }
  return statement;
}

static gboolean
read_departures (Recall *recall, StoreDb *db, GError **error)
{
  g_autoptr (StoreStatement) statement = prepare (
      db, "SELECT user, fate FROM departures WHERE sender = :sender AND message_id = :message_id",
      recall, error);
  GError *failed = NULL;

  while (statement != NULL && store_statement_step (statement, &failed))
    add_outcome (recall, store_statement_get_text (statement, 0),
                 (StoreRecallOutcome) store_statement_get_int (statement, 1));
  if (failed != NULL)
    g_propagate_error (error, failed);
  return statement != NULL && failed == NULL;
}

static gboolean
read_letters (Recall *recall, StoreDb *db, GError **error)
{
  g_autoptr (StoreStatement) statement
      = prepare (db,
                 "SELECT id, user, path, spool, retrieved FROM letters "
                 "WHERE sender = :sender AND message_id = :message_id",
                 recall, error);
  GError *failed = NULL;

  while (statement != NULL && store_statement_step (statement, &failed))
    {
      const Letter letter = {
        .id = store_statement_get_int (statement, 0),
        .user = g_strdup (store_statement_get_text (statement, 1)),
        .path = store_site_file (store_statement_get_text (statement, 1),
                                 store_statement_get_text (statement, 2)),
        .spool = g_strdup (store_statement_get_text (statement, 3)),
        .retrieved = store_statement_get_int (statement, 4) != 0,
      };
      g_array_append_val (recall->letters, letter);
    }
  if (failed != NULL)
    g_propagate_error (error, failed);
  return statement != NULL && failed == NULL;
}

/* From here on no session of this process takes the letter; FALSE: one has it. */
static gboolean
claim (StoreSite *site, const Letter *letter)
{
  g_mutex_lock (&site->lock);
  gboolean free = !letter->retrieved && !g_hash_table_contains (site->taken, &letter->id);
  if (free)
    g_hash_table_add (site->recalling, g_memdup2 (&letter->id, sizeof letter->id));
  g_mutex_unlock (&site->lock);
  return free;
}

/* Another process has committed the row and is about to give the letter its place. One that came
 * there after it was removed would stay for ever. */
static void
wait_for_place (StoreSite *site, const Letter *letter)
{
  g_autofree char *owner = letter->spool != NULL ? g_path_get_dirname (letter->spool) : NULL;

  if (owner == NULL || strcmp (owner, store_files_get_owner (site->files)) == 0
      || !store_files_is_owner_alive (site->files, owner))
    return;
  for (guint i = 0; i < PLACE_WAITS && !store_files_exists (site->files, letter->path); i++)
    g_usleep (PLACE_WAITED);
}

static int
compare_users (gconstpointer a, gconstpointer b)
{
  const StoreRecall *const *first = a;
  const StoreRecall *const *second = b;

  return strcmp ((*first)->user, (*second)->user);
}

static gboolean
recall_letters (StoreSiteWrite *write, StoreDb *db, GError **error)
{
  Recall *recall = write->data;

  /* A second name under tmp/ would keep the room of what is recalled. */
  if (!store_site_clear_placed (write->site, db, error) || !read_departures (recall, db, error)
      || !read_letters (recall, db, error))
    return FALSE;
  for (guint i = 0; i < recall->letters->len; i++)
    {
      const Letter *letter = &g_array_index (recall->letters, Letter, i);
      gboolean free = claim (write->site, letter);

      add_outcome (recall, letter->user, free ? STORE_RECALL_RECALLED : STORE_RECALL_FETCHED);
      if (!free)
        continue;
      wait_for_place (write->site, letter);
      if (!store_site_note_departure (db, letter->id, STORE_RECALL_RECALLED, error)
          || !store_site_delete_letter (db, letter->id, error))
        return FALSE;
      g_ptr_array_add (write->gone, g_strdup (letter->path));
    }
  g_ptr_array_sort (recall->result, compare_users);
  return TRUE;
}

/* Gone, or after an error there as before. */
static void
settle (gpointer data)
{
  const Recall *recall = data;

  g_mutex_lock (&recall->site->lock);
  for (guint i = 0; i < recall->letters->len; i++)
    g_hash_table_remove (recall->site->recalling, &g_array_index (recall->letters, Letter, i).id);
  g_mutex_unlock (&recall->site->lock);
}

void
store_site_recall_async (StoreSite *site,
                         const char *sender,
                         const char *message_id,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Recall *recall = g_new0 (Recall, 1);
  GError *error = NULL;

  recall->site = site;
  recall->sender = store_site_normalise_user (sender, &error);
  recall->message_id = store_site_normalise_message_id (message_id);
  recall->letters = g_array_new (FALSE, FALSE, sizeof (Letter));
  g_array_set_clear_func (recall->letters, letter_clear);
  recall->result = g_ptr_array_new_with_free_func ((GDestroyNotify) store_recall_free);
  g_task_set_task_data (task, recall, (GDestroyNotify) recall_free);
  if (error == NULL && recall->message_id == NULL)
    g_set_error_literal (&error, STORE_ERROR, STORE_ERROR_INVALID, "That is no Message-ID");
  if (error != NULL)
    g_task_return_error (task, error);
  else
    store_site_write (site, recall_letters, NULL, recall, settle, g_steal_pointer (&task));
}

GPtrArray *
store_site_recall_finish (StoreSite *site, GAsyncResult *result, GError **error)
{
  Recall *recall = g_task_get_task_data (G_TASK (result));

  return g_task_propagate_boolean (G_TASK (result), error) ? g_steal_pointer (&recall->result)
                                                           : NULL;
}
