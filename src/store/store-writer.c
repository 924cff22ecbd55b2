/* SPDX-License-Identifier: MIT */
#include "store-writer.h"

/* Jobs that may share one commit: enough to make its sync cheap, few enough to stay quick. */
#define MAX_BATCH 256

typedef struct
{
  StoreWriterWork work;
  StoreWriterDone done;
  gpointer data;
  GError *error;
} Job;

struct _StoreWriter
{
  StoreDb *db;
  GThread *thread;
  GAsyncQueue *jobs;
};

/* A job without work ends the thread. */
static gboolean
is_end (const Job *job)
{
  return job->work == NULL;
}

static void
run_job (StoreWriter *writer, Job *job)
{
  g_autoptr (StoreTransaction) savepoint = store_transaction_begin (writer->db, &job->error);

  if (savepoint != NULL && job->work (writer->db, job->data, &job->error))
    store_transaction_commit (g_steal_pointer (&savepoint), &job->error);
}

static void
run_batch (StoreWriter *writer, GPtrArray *batch)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreTransaction) transaction = store_transaction_begin (writer->db, &error);

  for (guint i = 0; transaction != NULL && error == NULL && i < batch->len; i++)
    {
      Job *job = g_ptr_array_index (batch, i);
      run_job (writer, job);
      /* A full disk may undo the jobs before this one too: all hear of it. */
      if (job->error != NULL && !store_transaction_is_open (transaction))
        error = g_error_copy (job->error);
    }
  if (transaction != NULL && error == NULL)
    store_transaction_commit (g_steal_pointer (&transaction), &error);

  for (guint i = 0; i < batch->len; i++)
    {
      Job *job = g_ptr_array_index (batch, i);
      job->done (job->data, job->error != NULL ? job->error : error);
      g_clear_error (&job->error);
      g_free (job);
    }
  g_ptr_array_set_size (batch, 0);
}

static gpointer
run (gpointer data)
{
  StoreWriter *writer = data;
  g_autoptr (GPtrArray) batch = g_ptr_array_new ();
  gboolean ended = FALSE;

  while (!ended)
    {
      Job *job = g_async_queue_pop (writer->jobs);
      while (job != NULL && !is_end (job))
        {
          g_ptr_array_add (batch, job);
          job = batch->len < MAX_BATCH ? g_async_queue_try_pop (writer->jobs) : NULL;
        }
      ended = job != NULL;
      g_free (job);
      if (batch->len > 0)
        run_batch (writer, batch);
    }
  return NULL;
}

StoreWriter *
store_writer_new (StoreDb *db)
{
  StoreWriter *writer = g_new0 (StoreWriter, 1);

  writer->db = db;
  writer->jobs = g_async_queue_new ();
  writer->thread = g_thread_new ("store-writer", run, writer);
  return writer;
}

void
store_writer_free (StoreWriter *writer)
{
  g_async_queue_push (writer->jobs, g_new0 (Job, 1));
  g_thread_join (writer->thread);
  g_async_queue_unref (writer->jobs);
  store_db_free (writer->db);
  g_free (writer);
}

void
store_writer_push (StoreWriter *writer, StoreWriterWork work, StoreWriterDone done, gpointer data)
{
  Job *job = g_new0 (Job, 1);

  job->work = work;
  job->done = done;
  job->data = data;
  g_async_queue_push (writer->jobs, job);
}

typedef struct
{
  GMutex lock;
  GCond reached;
  gboolean is_reached;
} Mark;

static gboolean
reach_mark (StoreDb *db, gpointer data, GError **error)
{
  return TRUE;
}

static void
reached_mark (gpointer data, const GError *error)
{
  Mark *mark = data;

  g_mutex_lock (&mark->lock);
  mark->is_reached = TRUE;
  g_cond_signal (&mark->reached);
  g_mutex_unlock (&mark->lock);
}

void
store_writer_wait (StoreWriter *writer)
{
  Mark mark = { .is_reached = FALSE };

  g_mutex_init (&mark.lock);
  g_cond_init (&mark.reached);
  store_writer_push (writer, reach_mark, reached_mark, &mark);
  g_mutex_lock (&mark.lock);
  while (!mark.is_reached)
    g_cond_wait (&mark.reached, &mark.lock);
  g_mutex_unlock (&mark.lock);
  g_mutex_clear (&mark.lock);
  g_cond_clear (&mark.reached);
}
