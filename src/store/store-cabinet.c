/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-store"

#include "store-cabinet-private.h"

#define MIGRATIONS     "/io/github/postroom/Postroom/migrations/cabinet"
#define WATCH_INTERVAL 2000 /* milliseconds between looks for changes by other processes */
#define ALL_CHANGED    (((1u << STORE_N_FOLDERS) - 1) | STORE_CHANGED_ACCOUNTS | STORE_CHANGED_OUTBOX)

G_DEFINE_FINAL_TYPE (StoreCabinet, store_cabinet, G_TYPE_OBJECT)

enum
{
  FOLDER_CHANGED,
  ACCOUNTS_CHANGED,
  OUTBOX_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

/* ---- telling what changed ---- */

static gboolean
tell (gpointer data)
{
  g_autoptr (StoreCabinet) cabinet = g_object_ref (data);

  g_mutex_lock (&cabinet->lock);
  guint changed = cabinet->changed;
  cabinet->changed = 0;
  g_clear_pointer (&cabinet->telling, g_source_unref);
  g_mutex_unlock (&cabinet->lock);

  for (guint i = 0; i < STORE_N_FOLDERS; i++)
    if ((changed & (1u << i)) != 0)
      g_signal_emit (cabinet, signals[FOLDER_CHANGED], 0, (int) i);
  if ((changed & STORE_CHANGED_ACCOUNTS) != 0)
    g_signal_emit (cabinet, signals[ACCOUNTS_CHANGED], 0);
  if ((changed & STORE_CHANGED_OUTBOX) != 0)
    g_signal_emit (cabinet, signals[OUTBOX_CHANGED], 0);
  return G_SOURCE_REMOVE;
}

static void
note_change (StoreCabinet *cabinet, guint changed)
{
  g_mutex_lock (&cabinet->lock);
  cabinet->changed |= changed;
  if (changed != 0 && cabinet->telling == NULL)
    {
      cabinet->telling = g_idle_source_new ();
      g_source_set_priority (cabinet->telling, G_PRIORITY_DEFAULT);
      g_source_set_callback (cabinet->telling, tell, cabinet, NULL);
      g_source_attach (cabinet->telling, cabinet->context);
    }
  g_mutex_unlock (&cabinet->lock);
}

/* The number changes with each commit that another connection made. */
static gint64
read_data_version (StoreDb *db)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (db, "PRAGMA data_version", NULL);

  return statement != NULL && store_statement_step (statement, NULL)
             ? store_statement_get_int (statement, 0)
             : 0;
}

/* To the writer its own commits are no news: what is, another process did. */
static gboolean
look_for_others (StoreDb *db, gpointer data, GError **error)
{
  StoreCabinet *cabinet = data;
  gint64 version = read_data_version (db);

  if (version != cabinet->others)
    note_change (cabinet, ALL_CHANGED);
  cabinet->others = version;
  return TRUE;
}

static void
looked_for_others (gpointer data, const GError *error)
{
  StoreCabinet *cabinet = data;

  if (error != NULL)
    g_atomic_int_set (&cabinet->unanswered, 1);
}

/* The watcher asks without disturbing anyone; the writer is asked only when something changed. */
static gboolean
watch (gpointer data)
{
  StoreCabinet *cabinet = data;
  gint64 version = read_data_version (cabinet->watcher);

  if (g_atomic_int_compare_and_exchange (&cabinet->unanswered, 1, 0) || version != cabinet->version)
    store_writer_push (cabinet->writer, look_for_others, looked_for_others, cabinet);
  cabinet->version = version;
  return G_SOURCE_CONTINUE;
}

/* ---- coming and going ---- */

gboolean
store_cabinet_enter (StoreCabinet *cabinet, GError **error)
{
  g_mutex_lock (&cabinet->lock);
  gboolean open = !cabinet->closed;
  cabinet->busy += open;
  g_mutex_unlock (&cabinet->lock);
  if (!open)
    g_set_error_literal (error, STORE_ERROR, STORE_ERROR_IO, "The mail folder is closed");
  return open;
}

void
store_cabinet_leave (StoreCabinet *cabinet)
{
  g_mutex_lock (&cabinet->lock);
  if (--cabinet->busy == 0)
    g_cond_broadcast (&cabinet->idle);
  g_mutex_unlock (&cabinet->lock);
}

/* ---- reading ---- */

StoreDb *
store_cabinet_take_reader (StoreCabinet *cabinet, GError **error)
{
  g_mutex_lock (&cabinet->lock);
  StoreDb *db = g_queue_pop_head (&cabinet->readers);
  g_mutex_unlock (&cabinet->lock);

  return db != NULL ? db : store_db_open_reader (cabinet->path, error);
}

void
store_cabinet_return_reader (StoreCabinet *cabinet, StoreDb *db)
{
  g_mutex_lock (&cabinet->lock);
  g_queue_push_head (&cabinet->readers, db);
  g_mutex_unlock (&cabinet->lock);
}

typedef struct
{
  StoreCabinetRead read;
  gpointer data;
  GDestroyNotify destroy;
} Read;

static void
read_free (gpointer data)
{
  Read *read = data;

  if (read->destroy != NULL)
    read->destroy (read->data);
  g_free (read);
}

static void
run_read (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  StoreCabinet *cabinet = source;
  Read *read = data;
  GError *error = NULL;

  StoreDb *db = store_cabinet_take_reader (cabinet, &error);
  if (db != NULL)
    {
      read->read (task, cabinet, db, read->data);
      store_cabinet_return_reader (cabinet, db);
    }
  else
    g_task_return_error (task, error);
  store_cabinet_leave (cabinet);
}

void
store_cabinet_read (StoreCabinet *cabinet,
                    StoreCabinetRead read,
                    gpointer data,
                    GDestroyNotify destroy,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (cabinet, cancellable, callback, user_data);
  Read *job = g_new0 (Read, 1);
  GError *error = NULL;

  job->read = read;
  job->data = data;
  job->destroy = destroy;
  g_task_set_task_data (task, job, read_free);
  if (store_cabinet_enter (cabinet, &error))
    g_task_run_in_thread (task, run_read);
  else
    g_task_return_error (task, error);
}

/* ---- writing ---- */

static gboolean
write_work (StoreDb *db, gpointer data, GError **error)
{
  StoreWrite *write = data;

  /* The commit cannot be called back: it may be the one thing that cancelling comes too late for.
   */
  if (g_task_get_cancellable (write->task) != NULL
      && g_cancellable_set_error_if_cancelled (g_task_get_cancellable (write->task), error))
    return FALSE;
  return write->work (write, db, error);
}

/* The file of a letter: where its row last had it or, when a crash came between a move's commit and
 * its rename, in another folder; NULL when it has no place yet. */
static char *
locate (StoreFiles *files, StoreFolder folder, const char *path)
{
  for (guint i = 0; i < STORE_N_FOLDERS; i++)
    {
      g_autofree char *file
          = store_cabinet_file ((StoreFolder) ((folder + i) % STORE_N_FOLDERS), path);
      if (store_files_exists (files, file))
        return g_steal_pointer (&file);
    }
  return NULL;
}

static void
move_files (StoreWrite *write)
{
  StoreFiles *files = write->cabinet->files;

  for (guint i = 0; i < write->files->len; i++)
    {
      const StoreFileChange *change = &g_array_index (write->files, StoreFileChange, i);
      g_autofree char *from = locate (files, change->from, change->path);
      g_autoptr (GError) error = NULL;

      if (from == NULL)
        continue;
      if (change->to < 0)
        {
          store_files_remove (files, from);
          continue;
        }
      g_autofree char *to = store_cabinet_file ((StoreFolder) change->to, change->path);
      /* Where this fails the letter is still found: readers look in the other folders too. */
      if (!g_str_equal (from, to) && !store_files_rename (files, from, to, &error))
        g_warning ("%s", error->message);
    }
}

static void
write_done (gpointer data, const GError *error)
{
  StoreWrite *write = data;

  if (error == NULL)
    {
      move_files (write);
      if (write->after != NULL)
        write->after (write);
      note_change (write->cabinet, write->changed);
    }
  /* Before the caller hears of it: a spool that was not kept is gone then. */
  if (write->destroy != NULL)
    write->destroy (write->data);
  if (error == NULL)
    g_task_return_int (write->task, write->id);
  else
    g_task_return_error (write->task, g_error_copy (error));
  g_array_unref (write->files);
  g_object_unref (write->task);
  g_free (write);
}

static void
file_change_clear (gpointer data)
{
  g_free (((StoreFileChange *) data)->path);
}

void
store_cabinet_push (StoreCabinet *cabinet,
                    gboolean (*work) (StoreWrite *write, StoreDb *db, GError **error),
                    void (*after) (StoreWrite *write),
                    gpointer data,
                    GDestroyNotify destroy,
                    GTask *task)
{
  StoreWrite *write = g_new0 (StoreWrite, 1);

  write->cabinet = cabinet;
  write->task = task;
  write->work = work;
  write->after = after;
  write->data = data;
  write->destroy = destroy;
  write->id = 1;
  write->files = g_array_new (FALSE, FALSE, sizeof (StoreFileChange));
  g_array_set_clear_func (write->files, file_change_clear);
  /* What was committed is not called cancelled. */
  g_task_set_check_cancellable (task, FALSE);
  store_writer_push (cabinet->writer, write_work, write_done, write);
}

void
store_cabinet_write (StoreCabinet *cabinet,
                     gboolean (*work) (StoreWrite *write, StoreDb *db, GError **error),
                     void (*after) (StoreWrite *write),
                     gpointer data,
                     GDestroyNotify destroy,
                     GTask *task)
{
  GError *error = NULL;

  if (store_cabinet_enter (cabinet, &error))
    {
      store_cabinet_push (cabinet, work, after, data, destroy, task);
      store_cabinet_leave (cabinet);
      return;
    }
  g_task_return_error (task, error);
  g_object_unref (task);
  if (destroy != NULL)
    destroy (data);
}

static void
change_file (StoreWrite *write, StoreFolder from, int to, const char *path)
{
  StoreFileChange change = { .from = from, .to = to, .path = g_strdup (path) };

  g_array_append_val (write->files, change);
}

void
store_write_move_file (StoreWrite *write, StoreFolder from, StoreFolder to, const char *path)
{
  write->changed |= (1u << from) | (1u << to);
  if (from == to)
    return;
  change_file (write, from, (int) to, path);
}

void
store_write_remove_file (StoreWrite *write, StoreFolder folder, const char *path)
{
  write->changed |= 1u << folder;
  change_file (write, folder, -1, path);
}

gboolean
store_cabinet_run_for (StoreDb *db, const char *sql, gint64 id, GError **error)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id", id);
  return store_statement_run (statement, error);
}

char *
store_cabinet_file (StoreFolder folder, const char *path)
{
  return g_build_filename ("mail", store_folder_get_name (folder), path, NULL);
}

gboolean
store_cabinet_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error)
{
  return g_task_propagate_int (G_TASK (result), error) > 0;
}

/* ---- the sweep ---- */

static gboolean
mend_letter (StoreFiles *files, StoreFolder folder, const char *path, const char *spool)
{
  g_autofree char *owner = g_path_get_dirname (spool);
  g_autofree char *file = store_cabinet_file (folder, path);
  g_autofree char *moved = NULL;
  g_autoptr (GError) error = NULL;

  if (store_files_is_owner_alive (files, owner))
    return FALSE;
  if (store_files_place (files, spool, file, TRUE, &error)
      && store_files_sync_folder (files, file, &error))
    return TRUE;
  if ((moved = locate (files, folder, path)) != NULL)
    return store_files_sync_folder (files, moved, NULL);
  g_warning ("%s", error->message);
  return FALSE;
}

/* @kept: the spools that rows still name afterwards. */
static gboolean
mend_letters (StoreDb *db, StoreFiles *files, GHashTable *kept, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT id, folder, path, spool FROM letters WHERE spool IS NOT NULL",
                          error);
  g_autoptr (GArray) mended = g_array_new (FALSE, FALSE, sizeof (gint64));
  GError *failed = NULL;

  if (statement == NULL)
    return FALSE;
  while (store_statement_step (statement, &failed))
    {
      gint64 id = store_statement_get_int (statement, 0);
      const char *spool = store_statement_get_text (statement, 3);
      if (mend_letter (files, (StoreFolder) store_statement_get_int (statement, 1),
                       store_statement_get_text (statement, 2), spool))
        g_array_append_val (mended, id);
      else
        g_hash_table_add (kept, g_strdup (spool));
    }
  for (guint i = 0; failed == NULL && i < mended->len; i++)
    store_cabinet_run_for (db, "UPDATE letters SET spool = NULL WHERE id = :id",
                           g_array_index (mended, gint64, i), &failed);
  if (failed == NULL)
    return TRUE;
  g_propagate_error (error, failed);
  return FALSE;
}

/* What a dead process had in hand waits again; a letter in doubt stays in doubt. */
static gboolean
free_outbox (StoreDb *db, StoreFiles *files, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT letter, owner FROM outbox WHERE state = 1", error);
  g_autoptr (GArray) dead = g_array_new (FALSE, FALSE, sizeof (gint64));
  GError *failed = NULL;

  if (statement == NULL)
    return FALSE;
  while (store_statement_step (statement, &failed))
    {
      gint64 letter = store_statement_get_int (statement, 0);
      const char *owner = store_statement_get_text (statement, 1);
      if (owner == NULL || !store_files_is_owner_alive (files, owner))
        g_array_append_val (dead, letter);
    }
  for (guint i = 0; failed == NULL && i < dead->len; i++)
    store_cabinet_run_for (db, "UPDATE outbox SET state = 0, owner = NULL WHERE letter = :id",
                           g_array_index (dead, gint64, i), &failed);
  if (failed == NULL)
    return TRUE;
  g_propagate_error (error, failed);
  return FALSE;
}

static gboolean
sweep (StoreDb *db, StoreFiles *files, GError **error)
{
  g_autoptr (GHashTable) dead = store_files_list_dead (files);
  g_autoptr (GHashTable) kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (StoreTransaction) transaction = store_transaction_begin (db, error);

  if (transaction == NULL || !mend_letters (db, files, kept, error)
      || !free_outbox (db, files, error)
      || !store_transaction_commit (g_steal_pointer (&transaction), error))
    return FALSE;
  store_files_sweep (files, dead, kept);
  return TRUE;
}

/* ---- opening and closing ---- */

StoreCabinet *
store_cabinet_open (const char *directory, GError **error)
{
  g_autoptr (StoreCabinet) cabinet = g_object_new (STORE_TYPE_CABINET, NULL);

  cabinet->path = g_build_filename (directory, "cabinet.db", NULL);
  cabinet->context = g_main_context_ref_thread_default ();
  cabinet->files = store_files_new (directory, error);
  if (cabinet->files == NULL)
    return NULL;
  g_autoptr (StoreDb) db = store_db_open (cabinet->path, MIGRATIONS, error);
  if (db == NULL || !sweep (db, cabinet->files, error))
    return NULL;
  cabinet->watcher = store_db_open_reader (cabinet->path, error);
  if (cabinet->watcher == NULL)
    return NULL;
  cabinet->version = read_data_version (cabinet->watcher);
  cabinet->others = read_data_version (db);
  cabinet->writer = store_writer_new (g_steal_pointer (&db));
  cabinet->watch = g_timeout_source_new (WATCH_INTERVAL);
  g_source_set_callback (cabinet->watch, watch, cabinet, NULL);
  g_source_attach (cabinet->watch, cabinet->context);
  return g_steal_pointer (&cabinet);
}

gboolean
store_cabinet_clear_placed (StoreCabinet *cabinet, StoreDb *db, GError **error)
{
  GHashTableIter folders;
  gpointer path;
  gboolean synced = TRUE;

  /* A folder may be gone, with its letters moved or deleted. The rows keep their spools then, and
   * the next start looks into it; new letters do not wait for that. */
  g_hash_table_iter_init (&folders, cabinet->folders);
  while (g_hash_table_iter_next (&folders, NULL, &path))
    synced = store_files_sync_folder (cabinet->files, path, NULL) && synced;
  g_hash_table_remove_all (cabinet->folders);
  for (guint i = 0; synced && i < cabinet->placed->len; i++)
    if (!store_cabinet_run_for (db, "UPDATE letters SET spool = NULL WHERE id = :id",
                                g_array_index (cabinet->placed, gint64, i), error))
      return FALSE;
  g_array_set_size (cabinet->placed, 0);
  return TRUE;
}

static gboolean
clear_placed (StoreDb *db, gpointer data, GError **error)
{
  return store_cabinet_clear_placed (data, db, error);
}

static void
cleared_placed (gpointer data, const GError *error)
{
}

void
store_cabinet_close (StoreCabinet *cabinet)
{
  if (cabinet->watch != NULL)
    {
      g_source_destroy (cabinet->watch);
      g_clear_pointer (&cabinet->watch, g_source_unref);
    }
  g_mutex_lock (&cabinet->lock);
  cabinet->closed = TRUE;
  while (cabinet->busy > 0)
    g_cond_wait (&cabinet->idle, &cabinet->lock);
  g_mutex_unlock (&cabinet->lock);
  g_clear_pointer (&cabinet->indexer, store_indexer_free);

  /* The last connection to close folds the log into the database: only the writer's can. */
  g_queue_clear_full (&cabinet->readers, (GDestroyNotify) store_db_free);
  g_clear_pointer (&cabinet->watcher, store_db_free);
  if (cabinet->writer != NULL)
    {
      /* The last letters are given their places first. */
      store_writer_wait (cabinet->writer);
      store_writer_push (cabinet->writer, clear_placed, cleared_placed, cabinet);
      g_clear_pointer (&cabinet->writer, store_writer_free);
    }
  g_mutex_lock (&cabinet->lock);
  if (cabinet->telling != NULL)
    {
      g_source_destroy (cabinet->telling);
      g_clear_pointer (&cabinet->telling, g_source_unref);
    }
  g_mutex_unlock (&cabinet->lock);
  g_clear_pointer (&cabinet->files, store_files_free);
}

StoreFiles *
store_cabinet_get_files (StoreCabinet *cabinet)
{
  return cabinet->files;
}

/* ---- class ---- */

static void
store_cabinet_finalize (GObject *object)
{
  StoreCabinet *cabinet = STORE_CABINET (object);

  store_cabinet_close (cabinet);
  g_free (cabinet->path);
  g_clear_pointer (&cabinet->context, g_main_context_unref);
  g_array_unref (cabinet->placed);
  g_hash_table_unref (cabinet->folders);
  g_mutex_clear (&cabinet->lock);
  g_cond_clear (&cabinet->idle);
  G_OBJECT_CLASS (store_cabinet_parent_class)->finalize (object);
}

static void
store_cabinet_class_init (StoreCabinetClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = store_cabinet_finalize;
  signals[FOLDER_CHANGED] = g_signal_new ("folder-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  signals[ACCOUNTS_CHANGED] = g_signal_new ("accounts-changed", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                            NULL, NULL, G_TYPE_NONE, 0);
  signals[OUTBOX_CHANGED] = g_signal_new ("outbox-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 0);
}

static void
store_cabinet_init (StoreCabinet *cabinet)
{
  g_mutex_init (&cabinet->lock);
  g_cond_init (&cabinet->idle);
  g_queue_init (&cabinet->readers);
  cabinet->placed = g_array_new (FALSE, FALSE, sizeof (gint64));
  cabinet->folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}
