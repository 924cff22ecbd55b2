/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-store"

#include "store-site-private.h"

#include <base-clock.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Letters whose places are synced at last, when no sync of the whole file system came by. */
#define MANY_PLACED 1024

#define MIGRATIONS "/io/github/postroom/Postroom/migrations/site"

/* ---- answering ---- */

/* Of one context: to wake its thread costs more than to answer. */
typedef struct
{
  GTask *task;
  GError *error; /* or NULL */
} Answer;

static void
answer_clear (gpointer data)
{
  Answer *answer = data;

  g_clear_object (&answer->task);
  g_clear_error (&answer->error);
}

static GArray *
make_answers (void)
{
  GArray *answers = g_array_new (FALSE, FALSE, sizeof (Answer));

  g_array_set_clear_func (answers, answer_clear);
  return answers;
}

/* In the context of all these tasks: each calls back at once. */
static gboolean
give_answers (gpointer data)
{
  GArray *answers = data;

  for (guint i = 0; i < answers->len; i++)
    {
      Answer *answer = &g_array_index (answers, Answer, i);

      if (answer->error != NULL)
        g_task_return_error (answer->task, g_steal_pointer (&answer->error));
      else
        g_task_return_boolean (answer->task, TRUE);
    }
  return G_SOURCE_REMOVE;
}

static void
send_answers (GMainContext *context, GArray *answers)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, give_answers, answers, (GDestroyNotify) g_array_unref);
  g_source_attach (source, context);
}

/* Writer's thread. */
static void
on_some_done (gpointer data)
{
  StoreSite *site = data;
  g_autoptr (GHashTable) by_context = g_hash_table_new (NULL, NULL);
  GHashTableIter iter;
  gpointer context, answers;

  for (guint i = 0; i < site->answers->len; i++)
    {
      Answer *answer = &g_array_index (site->answers, Answer, i);

      context = g_task_get_context (answer->task);
      answers = g_hash_table_lookup (by_context, context);
      if (answers == NULL)
        {
          answers = make_answers ();
          g_hash_table_insert (by_context, context, answers);
        }
      g_array_append_val ((GArray *) answers, *answer);
      *answer = (Answer){ NULL };
    }
  g_array_set_size (site->answers, 0);
  g_hash_table_iter_init (&iter, by_context);
  while (g_hash_table_iter_next (&iter, &context, &answers))
    send_answers (context, answers);
}

/* ---- writing ---- */

static gboolean
write_work (StoreDb *db, gpointer data, GError **error)
{
  StoreSiteWrite *write = data;

  return write->work (write, db, error);
}

static void
write_done (gpointer data, const GError *error)
{
  StoreSiteWrite *write = data;

  if (error == NULL)
    {
      for (guint i = 0; i < write->gone->len; i++)
        store_files_remove (write->site->files, g_ptr_array_index (write->gone, i));
      if (write->after != NULL)
        write->after (write);
    }
  /* Before the caller hears of it: a spool that was not kept is gone then. */
  if (write->destroy != NULL)
    write->destroy (write->data);
  if (write->task == NULL && error != NULL)
    g_warning ("%s", error->message);
  else if (write->task != NULL)
    {
      const Answer answer = { .task = g_steal_pointer (&write->task),
                              .error = error != NULL ? g_error_copy (error) : NULL };
      g_array_append_val (write->site->answers, answer);
    }
  g_ptr_array_unref (write->gone);
  g_free (write);
}

StoreSiteWrite *
store_site_write_new (StoreSite *site,
                      gboolean (*work) (StoreSiteWrite *write, StoreDb *db, GError **error),
                      void (*after) (StoreSiteWrite *write),
                      gpointer data,
                      GDestroyNotify destroy,
                      GTask *task)
{
  StoreSiteWrite *write = g_new0 (StoreSiteWrite, 1);

  write->site = site;
  write->task = task;
  write->work = work;
  write->after = after;
  write->data = data;
  write->destroy = destroy;
  write->gone = g_ptr_array_new_with_free_func (g_free);
  /* What was committed is not called cancelled. */
  if (task != NULL)
    g_task_set_check_cancellable (task, FALSE);
  return write;
}

void
store_site_write_all (StoreSite *site, GPtrArray *writes)
{
  store_writer_push_all (site->writer, write_work, write_done, writes);
}

void
store_site_write (StoreSite *site,
                  gboolean (*work) (StoreSiteWrite *write, StoreDb *db, GError **error),
                  void (*after) (StoreSiteWrite *write),
                  gpointer data,
                  GDestroyNotify destroy,
                  GTask *task)
{
  store_writer_push (site->writer, write_work, write_done,
                     store_site_write_new (site, work, after, data, destroy, task));
}

char *
store_site_file (const char *user, const char *path)
{
  return g_build_filename ("maildrops", user, path, NULL);
}

gboolean
store_site_finish (StoreSite *site, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- the sweep ---- */

static gboolean
clear_spool (StoreDb *db, const char *spool, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "UPDATE letters SET spool = NULL WHERE spool = :spool", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":spool", spool);
  return store_statement_run (statement, error);
}

void
store_site_note_folder (StoreSite *site, const char *file)
{
  g_hash_table_replace (site->folders, g_path_get_dirname (file), g_strdup (file));
}

void
store_site_note_placed (StoreSite *site, const char *spool)
{
  g_ptr_array_add (site->placed, g_strdup (spool));
  g_mutex_lock (&site->group_lock);
  site->placings++;
  g_mutex_unlock (&site->group_lock);
}

/* The first @count of them. */
static gboolean
clear (StoreSite *site, StoreDb *db, guint count, gboolean synced, GError **error)
{
  for (guint i = 0; synced && i < count; i++)
    {
      const char *spool = g_ptr_array_index (site->placed, i);
      if (!clear_spool (db, spool, error))
        return FALSE;
      store_files_drop_spool (site->files, spool);
    }
  if (count > 0)
    g_ptr_array_remove_range (site->placed, 0, count);
  site->cleared += count;
  if (site->placed->len == 0)
    g_hash_table_remove_all (site->folders);
  return TRUE;
}

gboolean
store_site_clear_placed (StoreSite *site, StoreDb *db, GError **error)
{
  GHashTableIter folders;
  gpointer path;
  gboolean synced = TRUE;

  /* A folder may be gone. The rows keep their spools then, and the next start looks into it; new
   * letters do not wait for that. */
  g_hash_table_iter_init (&folders, site->folders);
  while (g_hash_table_iter_next (&folders, NULL, &path))
    synced = store_files_sync_folder (site->files, path, NULL) && synced;
  return clear (site, db, site->placed->len, synced, error);
}

gboolean
store_site_clear_settled (StoreSite *site, StoreDb *db, GError **error)
{
  g_mutex_lock (&site->group_lock);
  guint64 settled = site->settled;
  g_mutex_unlock (&site->group_lock);
  guint count = settled > site->cleared ? (guint) (settled - site->cleared) : 0;

  if (!clear (site, db, MIN (count, site->placed->len), TRUE, error))
    return FALSE;
  return site->placed->len < MANY_PLACED || store_site_clear_placed (site, db, error);
}

/* Gives the file that a dead process left its place; FALSE when it has none yet. A row whose file
 * is nowhere is of a letter that was refused, when the disk failed in the commit. */
static gboolean
mend_letter (StoreSite *site, StoreStatement *letter, GArray *lost)
{
  const char *spool = store_statement_get_text (letter, 2);
  gint64 id = store_statement_get_int (letter, 3);
  g_autofree char *owner = g_path_get_dirname (spool);
  g_autofree char *file = store_site_file (store_statement_get_text (letter, 0),
                                           store_statement_get_text (letter, 1));
  g_autoptr (GError) problem = NULL;

  if (store_files_is_owner_alive (site->files, owner))
    return FALSE;
  if (store_files_place (site->files, spool, file, FALSE, &problem))
    store_site_note_folder (site, file);
  else if (g_error_matches (problem, STORE_ERROR, STORE_ERROR_NOT_FOUND))
    g_array_append_val (lost, id);
  else
    {
      g_warning ("%s", problem->message);
      return FALSE;
    }
  return TRUE;
}

/* @kept: the spools of letters without a place. */
static gboolean
mend (StoreSite *site, StoreDb *db, GHashTable *kept, GError **error)
{
  g_autoptr (GHashTable) mended = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GArray) lost = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT user, path, spool, id FROM letters WHERE spool IS NOT NULL",
                          error);
  GHashTableIter spools;
  gpointer spool;
  GError *failed = NULL;

  if (statement == NULL)
    return FALSE;
  while (store_statement_step (statement, &failed))
    g_hash_table_add (mend_letter (site, statement, lost) ? mended : kept,
                      g_strdup (store_statement_get_text (statement, 2)));
  if (failed != NULL)
    {
      g_propagate_error (error, failed);
      return FALSE;
    }
  for (guint i = 0; i < lost->len; i++)
    if (!store_site_delete_letter (db, g_array_index (lost, gint64, i), error))
      return FALSE;
  /* One letter of several recipients may have some of its places only. */
  g_hash_table_iter_init (&spools, mended);
  while (g_hash_table_iter_next (&spools, &spool, NULL))
    if (!g_hash_table_contains (kept, spool))
      store_site_note_placed (site, spool);
  return store_site_clear_placed (site, db, error);
}

static gboolean
sweep (StoreSite *site, StoreDb *db, GError **error)
{
  g_autoptr (GHashTable) dead = store_files_list_dead (site->files);
  g_autoptr (GHashTable) kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (StoreTransaction) transaction = store_transaction_begin (db, error);

  if (transaction == NULL || !mend (site, db, kept, error)
      || !store_site_forget_departures (db, error)
      || !store_transaction_commit (g_steal_pointer (&transaction), error))
    return FALSE;
  store_files_sweep (site->files, dead, kept);
  return TRUE;
}

/* ---- opening and closing ---- */

static char *
read_site (StoreDb *db, const char *sql)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, NULL);

  return statement != NULL && store_statement_step (statement, NULL)
             ? g_strdup (store_statement_get_text (statement, 0))
             : NULL;
}

StoreSite *
store_site_open (const char *directory, GError **error)
{
  g_autoptr (StoreSite) site = g_new0 (StoreSite, 1);
  g_autofree char *path = g_build_filename (directory, "site.db", NULL);

  g_mutex_init (&site->lock);
  g_cond_init (&site->expired);
  g_mutex_init (&site->group_lock);
  g_cond_init (&site->idle);
  g_cond_init (&site->gathered);
  site->waiting = g_ptr_array_new ();
  site->lock_fd = -1;
  site->open = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  site->expiring = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  site->taken = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  site->recalling = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  site->placed = g_ptr_array_new_with_free_func (g_free);
  site->folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  site->files = store_files_new (directory, error);
  if (site->files == NULL)
    return NULL;
  site->sync = store_sync_new (store_files_get_spool_folder (site->files));
  g_autoptr (StoreDb) db = store_db_open (path, MIGRATIONS, error);
  if (db == NULL || !sweep (site, db, error))
    return NULL;
  site->reader = store_db_open_reader (path, error);
  if (site->reader == NULL)
    return NULL;
  site->mark = read_site (site->reader, "SELECT mark FROM site");
  site->key = read_site (site->reader, "SELECT key FROM site");
  site->writer = store_writer_new (g_steal_pointer (&db));
  site->answers = make_answers ();
  store_writer_set_after_some (site->writer, on_some_done, site);
  return g_steal_pointer (&site);
}

static gboolean
clear_all (StoreDb *db, gpointer data, GError **error)
{
  return store_site_clear_placed (data, db, error);
}

static void
cleared_all (gpointer data, const GError *error)
{
}

void
store_site_free (StoreSite *site)
{
  g_mutex_lock (&site->group_lock);
  while (site->grouping)
    g_cond_wait (&site->idle, &site->group_lock);
  g_mutex_unlock (&site->group_lock);

  /* The last connection to close folds the log into the database: only the writer's can. */
  g_clear_pointer (&site->reader, store_db_free);
  if (site->writer != NULL)
    {
      /* The last letters are given their places first. */
      store_writer_wait (site->writer);
      store_writer_push (site->writer, clear_all, cleared_all, site);
      store_writer_free (site->writer);
    }
  store_site_unlock (site);
  g_clear_pointer (&site->sync, store_sync_free);
  g_clear_pointer (&site->files, store_files_free);
  g_hash_table_unref (site->open);
  g_hash_table_unref (site->expiring);
  g_cond_clear (&site->expired);
  g_hash_table_unref (site->taken);
  g_hash_table_unref (site->recalling);
  g_clear_pointer (&site->answers, g_array_unref);
  g_ptr_array_unref (site->placed);
  g_ptr_array_unref (site->waiting);
  g_hash_table_unref (site->folders);
  g_mutex_clear (&site->lock);
  g_mutex_clear (&site->group_lock);
  g_cond_clear (&site->idle);
  g_cond_clear (&site->gathered);
  g_free (site->mark);
  g_free (site->key);
  g_free (site);
}

StoreFiles *
store_site_get_files (StoreSite *site)
{
  return site->files;
}

gboolean
store_site_lock (StoreSite *site, GError **error)
{
  g_autofree char *path = g_build_filename (store_files_get_root (site->files), "site.lock", NULL);
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  if (fd < 0)
    return store_files_fail (error, errno, "opened", path);
  if (flock (fd, LOCK_EX | LOCK_NB) != 0)
    {
      close (fd);
      g_set_error_literal (error, STORE_ERROR, STORE_ERROR_BUSY,
                           "Another Postroom is running this local server already");
      return FALSE;
    }
  store_site_unlock (site);
  site->lock_fd = fd;
  return TRUE;
}

void
store_site_unlock (StoreSite *site)
{
  if (site->lock_fd >= 0)
    close (site->lock_fd);
  site->lock_fd = -1;
}
