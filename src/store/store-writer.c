/* SPDX-License-Identifier: MIT */
#include "store-writer.h"

#include "store-error.h"

/* Jobs that may share one commit: enough to make its sync cheap, few enough to stay quick. */
#define MAX_BATCH 1024
/* Jobs after whose end those who wait are told: to wake them costs, and so does their waiting. */
#define SOME 16

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
  void (*after_some) (gpointer data); /* or NULL */
  gpointer data;
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

static Job *
get (GPtrArray *batch, guint index)
{
  return g_ptr_array_index (batch, index);
}

/* Runs the jobs from @start on in one transaction; returns the first that was not run. That is one
 * of the batch when SQLite has rolled back by itself (a full disk), with all that was done: the
 * jobs so far share the error then. */
static guint
run_jobs (StoreWriter *writer, GPtrArray *batch, guint start)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreTransaction) transaction = store_transaction_begin (writer->db, &error);
  guint end = transaction != NULL ? start : batch->len;

  while (end < batch->len && error == NULL)
    {
      Job *job = get (batch, end++);
      run_job (writer, job);
      if (!store_transaction_is_open (transaction))
        error = job->error != NULL
                    ? g_error_copy (job->error)
                    : g_error_new_literal (STORE_ERROR, STORE_ERROR_IO, "A write was rolled back");
    }
  if (error == NULL)
    store_transaction_commit (g_steal_pointer (&transaction), &error);
  for (guint i = start; i < end && error != NULL; i++)
    if (get (batch, i)->error == NULL)
      get (batch, i)->error = g_error_copy (error);
  return end;
}

static void
run_batch (StoreWriter *writer, GPtrArray *batch)
{
  for (guint next = 0; next < batch->len;)
    next = run_jobs (writer, batch, next);
  for (guint i = 0; i < batch->len; i++)
    {
      Job *job = get (batch, i);
      job->done (job->data, job->error);
      g_clear_error (&job->error);
      g_free (job);
      if (writer->after_some != NULL && (i % SOME == SOME - 1 || i == batch->len - 1))
        writer->after_some (writer->data);
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
store_writer_set_after_some (StoreWriter *writer, void (*func) (gpointer), gpointer data)
{
  writer->data = data;
  writer->after_some = func;
}

static Job *
make_job (StoreWriterWork work, StoreWriterDone done, gpointer data)
{
  Job *job = g_new0 (Job, 1);

  job->work = work;
  job->done = done;
  job->data = data;
  return job;
}

void
store_writer_push (StoreWriter *writer, StoreWriterWork work, StoreWriterDone done, gpointer data)
{
  g_async_queue_push (writer->jobs, make_job (work, done, data));
}

void
store_writer_push_all (StoreWriter *writer,
                       StoreWriterWork work,
                       StoreWriterDone done,
                       GPtrArray *data)
{
  /* Else the writer would begin with the first, alone. */
  g_async_queue_lock (writer->jobs);
  for (guint i = 0; i < data->len; i++)
    g_async_queue_push_unlocked (writer->jobs, make_job (work, done, data->pdata[i]));
  g_async_queue_unlock (writer->jobs);
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
