/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-store"

#include "store-search-index.h"

#include "store-cabinet-private.h"
#include "store-search-join.h"
#include "store-search-text.h"

#define BATCH         512                      /* letters of one write */
#define BATCH_OCTETS  (32 * 1024 * 1024)       /* files of one write, about */
#define RETRY         (5 * G_TIME_SPAN_SECOND) /* after a write that failed */
#define DOCS_A_SECOND 16

typedef struct
{
  gint64 id;
  StoreFolder folder;
  gint64 date;
  guint64 size;
  char *path;
  char *spool;
  StoreSearchText *text;
} Item;

struct _StoreIndexer
{
  StoreCabinet *cabinet;
  GThread *thread;
  GThreadPool *pool;
  GMutex lock;
  GCond changed;
  gboolean woken;
  gboolean ending;
  gboolean written;   /* the batch in hand */
  guint unread;       /* of the batch */
  GError *error;      /* of the last write */
  GPtrArray *waiting; /* of GTask */
};

static void
item_free (gpointer data)
{
  Item *item = data;

  g_free (item->path);
  g_free (item->spool);
  g_clear_pointer (&item->text, store_search_text_free);
  g_free (item);
}

/* ---- reading ---- */

static GPtrArray *
list_waiting (StoreDb *db, GError **error)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db, "SELECT id, folder, date, path, spool, size FROM letters WHERE doc IS NULL LIMIT :limit",
      error);
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (item_free);
  GError *failed = NULL;
  guint64 octets = 0;

  if (statement == NULL)
    return NULL;
  store_statement_bind_int (statement, ":limit", BATCH);
  while (octets < BATCH_OCTETS && store_statement_step (statement, &failed))
    {
      Item *item = g_new0 (Item, 1);
      item->id = store_statement_get_int (statement, 0);
      item->folder = (StoreFolder) store_statement_get_int (statement, 1);
      item->date = store_statement_get_int (statement, 2);
      item->path = g_strdup (store_statement_get_text (statement, 3));
      item->spool = g_strdup (store_statement_get_text (statement, 4));
      item->size = (guint64) store_statement_get_int (statement, 5);
      octets += item->size;
      g_ptr_array_add (items, item);
    }
  if (failed == NULL)
    return g_steal_pointer (&items);
  g_propagate_error (error, failed);
  return NULL;
}

/* In the pool. A letter that cannot be read has no words; the check finds it. */
static void
read_item (gpointer data, gpointer user_data)
{
  Item *item = data;
  StoreIndexer *indexer = user_data;
  g_autoptr (GBytes) bytes
      = store_cabinet_read_file (indexer->cabinet, item->folder, item->path, item->spool, NULL);
  g_autoptr (MessageLetter) letter = bytes != NULL ? message_letter_parse (bytes, NULL) : NULL;

  if (letter != NULL)
    item->text = store_search_text_new (letter);
  g_mutex_lock (&indexer->lock);
  if (--indexer->unread == 0)
    g_cond_broadcast (&indexer->changed);
  g_mutex_unlock (&indexer->lock);
}

static void
read_items (StoreIndexer *indexer, GPtrArray *items)
{
  indexer->unread = items->len;
  for (guint i = 0; i < items->len; i++)
    g_thread_pool_push (indexer->pool, items->pdata[i], NULL);
  g_mutex_lock (&indexer->lock);
  while (indexer->unread > 0)
    g_cond_wait (&indexer->changed, &indexer->lock);
  g_mutex_unlock (&indexer->lock);
}

/* ---- in the writer's thread ---- */

/* A free doc at or shortly after the letter's date; 0 with *@error. */
static gint64
choose_doc (StoreDb *db, gint64 date, GError **error)
{
  gint64 first = date * DOCS_A_SECOND;
  GError *failed = NULL;
  gint64 doc = first;

  for (guint32 room = DOCS_A_SECOND;; room *= 4)
    {
      g_autoptr (StoreStatement) statement
          = store_db_prepare (db, "SELECT 1 FROM letters WHERE doc = :doc", error);
      if (statement == NULL)
        return 0;
      store_statement_bind_int (statement, ":doc", doc);
      if (!store_statement_step (statement, &failed))
        break;
      doc = first + g_random_int_range (0, (gint32) room);
      if (room > G_MAXINT32 / 8)
        room = DOCS_A_SECOND;
    }
  if (failed == NULL)
    return doc;
  g_propagate_error (error, failed);
  return 0;
}

static gboolean
insert_words (StoreDb *db, gint64 doc, const StoreSearchText *text, GError **error)
{
  static const char *const names[STORE_N_COLUMNS]
      = { ":sender", ":recipients", ":copies", ":subject", ":body", ":names", ":attached" };
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db,
      "INSERT INTO search (rowid, sender, recipients, copies, subject, body, names, attached) "
      "VALUES (:doc, :sender, :recipients, :copies, :subject, :body, :names, :attached)",
      error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":doc", doc);
  for (guint i = 0; i < STORE_N_COLUMNS; i++)
    store_statement_bind_text (statement, names[i], text != NULL ? text->columns[i] : "");
  return store_statement_run (statement, error);
}

/* Whether the letter still waits: another process may have read it, or it went. */
static gboolean
still_waits (StoreDb *db, gint64 id)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT 1 FROM letters WHERE id = :id AND doc IS NULL", NULL);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id", id);
  return store_statement_step (statement, NULL);
}

gboolean
store_index_write (StoreDb *db,
                   gint64 id,
                   StoreFolder folder,
                   gint64 date,
                   const StoreSearchText *text,
                   GError **error)
{
  gint64 doc = choose_doc (db, date, error);
  if (doc == 0 || !insert_words (db, doc, text, error))
    return FALSE;
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "UPDATE letters SET doc = :doc WHERE id = :id", error);
  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":doc", doc);
  store_statement_bind_int (statement, ":id", id);
  return store_statement_run (statement, error)
         && (text == NULL
             || (store_search_join_thread (db, id, date, text, error)
                 && store_search_note_contacts (db, folder, date, text, error)));
}

/* FTS5 collects in memory only what comes in the order of its rows. */
static int
compare_dates (gconstpointer a, gconstpointer b)
{
  const Item *first = *(Item *const *) a;
  const Item *second = *(Item *const *) b;

  return first->date < second->date ? -1 : first->date > second->date;
}

typedef struct
{
  StoreIndexer *indexer;
  GPtrArray *items;
} Batch;

static gboolean
write_batch (StoreDb *db, gpointer data, GError **error)
{
  Batch *batch = data;

  for (guint i = 0; i < batch->items->len; i++)
    {
      const Item *item = batch->items->pdata[i];
      if (still_waits (db, item->id)
          && !store_index_write (db, item->id, item->folder, item->date, item->text, error))
        return FALSE;
    }
  return TRUE;
}

static void
wrote_batch (gpointer data, const GError *error)
{
  Batch *batch = data;
  StoreIndexer *indexer = batch->indexer;

  g_mutex_lock (&indexer->lock);
  g_clear_error (&indexer->error);
  indexer->error = error != NULL ? g_error_copy (error) : NULL;
  indexer->written = TRUE;
  g_cond_broadcast (&indexer->changed);
  g_mutex_unlock (&indexer->lock);
}

static void
write_items (StoreIndexer *indexer, GPtrArray *items)
{
  Batch batch = { indexer, items };

  g_ptr_array_sort (items, compare_dates);
  indexer->written = FALSE;
  store_writer_push (indexer->cabinet->writer, write_batch, wrote_batch, &batch);
  g_mutex_lock (&indexer->lock);
  while (!indexer->written)
    g_cond_wait (&indexer->changed, &indexer->lock);
  g_mutex_unlock (&indexer->lock);
}

/* ---- the thread ---- */

/* One batch; FALSE when nothing waits, or nothing can be done now. */
static gboolean
index_some (StoreIndexer *indexer, GError **error)
{
  StoreDb *db = store_cabinet_take_reader (indexer->cabinet, error);
  g_autoptr (GPtrArray) items = NULL;

  if (db == NULL)
    return FALSE;
  items = list_waiting (db, error);
  store_cabinet_return_reader (indexer->cabinet, db);
  if (items == NULL || items->len == 0)
    return FALSE;
  read_items (indexer, items);
  write_items (indexer, items);
  if (indexer->error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&indexer->error));
  return FALSE;
}

/* Those who wait hear of it. Under the lock, which it lets go for that. */
static void
tell_waiting (StoreIndexer *indexer, const GError *error)
{
  g_autoptr (GPtrArray) waiting = indexer->waiting;

  indexer->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  g_mutex_unlock (&indexer->lock);
  for (guint i = 0; i < waiting->len; i++)
    if (error != NULL)
      g_task_return_error (waiting->pdata[i], g_error_copy (error));
    else
      g_task_return_int (waiting->pdata[i], 1);
  g_clear_pointer (&waiting, g_ptr_array_unref);
  g_mutex_lock (&indexer->lock);
}

/* Those who do not want to wait any longer. Under the lock. */
static void
tell_cancelled (StoreIndexer *indexer)
{
  for (guint i = indexer->waiting->len; i-- > 0;)
    if (g_cancellable_is_cancelled (g_task_get_cancellable (indexer->waiting->pdata[i])))
      {
        g_autoptr (GTask) task = g_ptr_array_steal_index_fast (indexer->waiting, i);
        g_mutex_unlock (&indexer->lock);
        g_task_return_error_if_cancelled (task);
        g_clear_object (&task);
        g_mutex_lock (&indexer->lock);
      }
}

static gpointer
run (gpointer data)
{
  StoreIndexer *indexer = data;

  g_mutex_lock (&indexer->lock);
  while (!indexer->ending)
    {
      g_autoptr (GError) error = NULL;
      gboolean more;

      indexer->woken = FALSE;
      g_mutex_unlock (&indexer->lock);
      more = index_some (indexer, &error);
      g_mutex_lock (&indexer->lock);
      tell_cancelled (indexer);
      if (more || indexer->ending || (error == NULL && indexer->woken))
        continue;
      tell_waiting (indexer, error);
      if (error != NULL)
        g_warning ("The search index could not be written: %s", error->message);
      gint64 until = g_get_monotonic_time () + RETRY;
      while (!indexer->woken && !indexer->ending)
        if (error == NULL)
          g_cond_wait (&indexer->changed, &indexer->lock);
        else if (!g_cond_wait_until (&indexer->changed, &indexer->lock, until))
          break;
    }
  g_autoptr (GError) closed
      = g_error_new_literal (STORE_ERROR, STORE_ERROR_IO, "The mail folder is closed");
  tell_waiting (indexer, closed);
  g_mutex_unlock (&indexer->lock);
  return NULL;
}

StoreIndexer *
store_indexer_new (StoreCabinet *cabinet)
{
  StoreIndexer *indexer = g_new0 (StoreIndexer, 1);

  indexer->cabinet = cabinet;
  g_mutex_init (&indexer->lock);
  g_cond_init (&indexer->changed);
  indexer->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  indexer->pool
      = g_thread_pool_new (read_item, indexer, (int) MIN (g_get_num_processors (), 4), FALSE, NULL);
  indexer->thread = g_thread_new ("store-indexer", run, indexer);
  return indexer;
}

void
store_indexer_wake (StoreIndexer *indexer)
{
  g_mutex_lock (&indexer->lock);
  indexer->woken = TRUE;
  g_cond_broadcast (&indexer->changed);
  g_mutex_unlock (&indexer->lock);
}

void
store_indexer_free (StoreIndexer *indexer)
{
  g_mutex_lock (&indexer->lock);
  indexer->ending = TRUE;
  g_cond_broadcast (&indexer->changed);
  g_mutex_unlock (&indexer->lock);
  g_thread_join (indexer->thread);
  g_thread_pool_free (indexer->pool, TRUE, TRUE);
  g_ptr_array_unref (indexer->waiting);
  g_clear_error (&indexer->error);
  g_mutex_clear (&indexer->lock);
  g_cond_clear (&indexer->changed);
  g_free (indexer);
}

/* ---- for the cabinet's users ---- */

static StoreIndexer *
get_indexer (StoreCabinet *cabinet)
{
  g_mutex_lock (&cabinet->lock);
  if (cabinet->indexer == NULL)
    cabinet->indexer = store_indexer_new (cabinet);
  g_mutex_unlock (&cabinet->lock);
  return cabinet->indexer;
}

void
store_cabinet_start_index (StoreCabinet *cabinet)
{
  if (!store_cabinet_enter (cabinet, NULL))
    return;
  store_indexer_wake (get_indexer (cabinet));
  store_cabinet_leave (cabinet);
}

/* Takes @task. */
static void
wait_for_index (StoreCabinet *cabinet, GTask *task)
{
  GError *error = NULL;

  if (!store_cabinet_enter (cabinet, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  StoreIndexer *indexer = get_indexer (cabinet);
  g_mutex_lock (&indexer->lock);
  g_ptr_array_add (indexer->waiting, task);
  indexer->woken = TRUE;
  g_cond_broadcast (&indexer->changed);
  g_mutex_unlock (&indexer->lock);
  store_cabinet_leave (cabinet);
}

void
store_cabinet_finish_index_async (StoreCabinet *cabinet,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  wait_for_index (cabinet, g_task_new (cabinet, cancellable, callback, user_data));
}

gboolean
store_cabinet_finish_index_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error)
{
  return g_task_propagate_int (G_TASK (result), error) > 0;
}

static gboolean
empty_index (StoreWrite *write, StoreDb *db, GError **error)
{
  return store_db_execute (db,
                           "INSERT INTO search (search) VALUES ('delete-all');"
                           "UPDATE letters SET doc = NULL, thread = 0;"
                           "DELETE FROM references_known; DELETE FROM contacts;",
                           error);
}

static void
on_emptied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;

  if (store_cabinet_finish (STORE_CABINET (source), result, &error))
    {
      wait_for_index (STORE_CABINET (source), task);
      return;
    }
  g_task_return_error (task, error);
  g_object_unref (task);
}

void
store_cabinet_renew_index_async (StoreCabinet *cabinet,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  GTask *task = g_task_new (cabinet, cancellable, callback, user_data);

  store_cabinet_write (cabinet, empty_index, NULL, NULL, NULL,
                       g_task_new (cabinet, cancellable, on_emptied, task));
}
