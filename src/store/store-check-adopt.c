/* SPDX-License-Identifier: MIT */
#include "store-check-private.h"

#define BATCH 2000 /* letters of one write */

void
store_orphan_free (StoreOrphan *orphan)
{
  g_free (orphan->path);
  g_clear_pointer (&orphan->row, store_letter_free);
  g_clear_pointer (&orphan->text, store_search_text_free);
  g_free (orphan);
}

/* ---- waiting for the writer ---- */

typedef struct
{
  gboolean (*work) (StoreWrite *write, StoreDb *db, GError **error);
  gpointer data;
  GMutex lock;
  GCond done;
  gboolean is_done;
  GError *error;
} Job;

static gboolean
run_job (StoreWrite *write, StoreDb *db, GError **error)
{
  Job *job = write->data;
  gpointer own = write->data;

  write->data = job->data;
  gboolean done = job->work (write, db, &job->error);
  write->data = own;
  if (!done)
    g_propagate_error (error, g_error_copy (job->error));
  return done;
}

static void
end_job (gpointer data)
{
  Job *job = data;

  g_mutex_lock (&job->lock);
  job->is_done = TRUE;
  g_cond_signal (&job->done);
  g_mutex_unlock (&job->lock);
}

gboolean
store_check_write (StoreCabinet *cabinet,
                   gboolean (*work) (StoreWrite *write, StoreDb *db, GError **error),
                   gpointer data,
                   GError **error)
{
  Job job = { .work = work, .data = data };
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_mutex_init (&job.lock);
  g_cond_init (&job.done);
  /* Nobody waits for the task: its end goes nowhere. */
  g_main_context_push_thread_default (context);
  GTask *task = g_task_new (cabinet, NULL, NULL, NULL);
  g_main_context_pop_thread_default (context);
  store_cabinet_push (cabinet, run_job, NULL, &job, end_job, task);
  g_mutex_lock (&job.lock);
  while (!job.is_done)
    g_cond_wait (&job.done, &job.lock);
  g_mutex_unlock (&job.lock);
  g_mutex_clear (&job.lock);
  g_cond_clear (&job.done);
  if (job.error == NULL)
    return TRUE;
  g_propagate_error (error, job.error);
  return FALSE;
}

/* ---- reading ---- */

static void
read_orphan (gpointer data, gpointer user_data)
{
  StoreOrphan *orphan = data;
  StoreCabinet *cabinet = user_data;
  g_autoptr (GBytes) bytes
      = store_cabinet_read_file (cabinet, orphan->folder, orphan->path, NULL, NULL);

  if (bytes == NULL)
    return;
  g_autoptr (MessageLetter) letter = message_letter_parse (bytes, NULL);
  orphan->row = g_new0 (StoreLetter, 1);
  orphan->row->size = g_bytes_get_size (bytes);
  store_cabinet_fill_row (orphan->row, letter);
  if (letter != NULL)
    orphan->text = store_search_text_new (letter);
}

/* ---- in the writer's thread ---- */

static gboolean
is_taken (StoreDb *db, gint64 id)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT 1 FROM letters WHERE id = :id", NULL);

  if (statement == NULL)
    return TRUE;
  store_statement_bind_int (statement, ":id", id);
  return store_statement_step (statement, NULL);
}

/* Letters that are read again are known; what came anew at the person's own hand is not. */
static gboolean
insert_orphan (StoreDb *db, const StoreOrphan *orphan, StoreFolder folder, GError **error)
{
  const StoreLetter *row = orphan->row;
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db,
      "INSERT INTO letters (id, folder, path, message_id, subject, sender, recipients, date, size, "
      "seen, attachments, snippet) VALUES (nullif (:id, 0), :folder, :path, :message_id, :subject, "
      ":sender, :recipients, :date, :size, 1, :attachments, :snippet)",
      error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id",
                            orphan->id > 0 && !is_taken (db, orphan->id) ? orphan->id : 0);
  store_statement_bind_int (statement, ":folder", folder);
  store_statement_bind_text (statement, ":path", orphan->path);
  store_statement_bind_text (statement, ":message_id", row->message_id);
  store_statement_bind_text (statement, ":subject", row->subject);
  store_statement_bind_text (statement, ":sender", row->from);
  store_statement_bind_text (statement, ":recipients", row->to);
  store_statement_bind_int (statement, ":date", row->date);
  store_statement_bind_int (statement, ":size", (gint64) row->size);
  store_statement_bind_int (statement, ":attachments", row->has_attachments);
  store_statement_bind_text (statement, ":snippet", row->snippet);
  return store_statement_run (statement, error);
}

static gboolean
adopt_batch (StoreWrite *write, StoreDb *db, GError **error)
{
  GPtrArray *batch = write->data;

  for (guint i = 0; i < batch->len; i++)
    {
      const StoreOrphan *orphan = batch->pdata[i];
      /* Without its envelope a letter of the outbox is what it was before: a draft. */
      StoreFolder folder = orphan->deleted                         ? STORE_FOLDER_TRASH
                           : orphan->folder == STORE_FOLDER_OUTBOX ? STORE_FOLDER_DRAFTS
                                                                   : orphan->folder;
      if (orphan->row == NULL)
        continue;
      if (!insert_orphan (db, orphan, folder, error))
        return FALSE;
      store_write_move_file (write, orphan->folder, folder, orphan->path);
      if (!store_index_write (db, store_db_get_last_id (db), folder, orphan->row->date,
                              orphan->text, error))
        return FALSE;
    }
  return TRUE;
}

/* ---- all of them ---- */

static int
compare_dates (gconstpointer a, gconstpointer b)
{
  const StoreLetter *first = (*(StoreOrphan *const *) a)->row;
  const StoreLetter *second = (*(StoreOrphan *const *) b)->row;
  gint64 one = first != NULL ? first->date : 0;
  gint64 other = second != NULL ? second->date : 0;

  return one < other ? -1 : one > other;
}

static void
forget_texts (GPtrArray *batch)
{
  for (guint i = 0; i < batch->len; i++)
    {
      StoreOrphan *orphan = batch->pdata[i];
      g_clear_pointer (&orphan->row, store_letter_free);
      g_clear_pointer (&orphan->text, store_search_text_free);
    }
}

gboolean
store_check_adopt (StoreCabinet *cabinet,
                   GPtrArray *orphans,
                   GCancellable *cancellable,
                   GError **error)
{
  for (guint next = 0; next < orphans->len;)
    {
      g_autoptr (GPtrArray) batch = g_ptr_array_new ();
      GThreadPool *pool = g_thread_pool_new (read_orphan, cabinet,
                                             (int) MIN (g_get_num_processors (), 4), FALSE, NULL);

      for (; next < orphans->len && batch->len < BATCH; next++)
        {
          g_thread_pool_push (pool, orphans->pdata[next], NULL);
          g_ptr_array_add (batch, orphans->pdata[next]);
        }
      g_thread_pool_free (pool, FALSE, TRUE);
      g_ptr_array_sort (batch, compare_dates);
      gboolean done = !g_cancellable_set_error_if_cancelled (cancellable, error)
                      && store_check_write (cabinet, adopt_batch, batch, error);
      forget_texts (batch);
      if (!done)
        return FALSE;
    }
  return TRUE;
}
