/* SPDX-License-Identifier: MIT */
#include "net-workers.h"

#include "net-workers-private.h"

/* After the call to stop a worker still finishes what is ready, but no more than this. */
#define LAST_ITERATIONS 1000

typedef struct
{
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
} Worker;

struct _NetWorkers
{
  guint count;
  Worker *workers;
};

static gpointer
work (gpointer data)
{
  Worker *worker = data;

  g_main_context_push_thread_default (worker->context);
  g_main_loop_run (worker->loop);
  for (guint i = 0; i < LAST_ITERATIONS && g_main_context_iteration (worker->context, FALSE); i++)
    ;
  g_main_context_pop_thread_default (worker->context);
  return NULL;
}

static gboolean
on_stop (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

NetWorkers *
net_workers_new (guint threads)
{
  NetWorkers *workers = g_new0 (NetWorkers, 1);

  workers->count = MAX (threads, 1);
  workers->workers = g_new0 (Worker, workers->count);
  for (guint i = 0; i < workers->count; i++)
    {
      Worker *worker = &workers->workers[i];
      g_autofree char *name = g_strdup_printf ("net-%u", i);

      worker->context = g_main_context_new ();
      worker->loop = g_main_loop_new (worker->context, FALSE);
      worker->thread = g_thread_new (name, work, worker);
    }
  return workers;
}

void
net_workers_free (NetWorkers *workers)
{
  /* Quitting from within: a loop that does not run yet would not hear it from here. */
  for (guint i = 0; i < workers->count; i++)
    net_workers_invoke (workers, i, on_stop, workers->workers[i].loop, NULL);
  for (guint i = 0; i < workers->count; i++)
    {
      Worker *worker = &workers->workers[i];

      g_thread_join (worker->thread);
      g_main_loop_unref (worker->loop);
      g_main_context_unref (worker->context);
    }
  g_free (workers->workers);
  g_free (workers);
}

guint
net_workers_get_count (NetWorkers *workers)
{
  return workers->count;
}

void
net_workers_invoke (NetWorkers *workers,
                    guint index,
                    GSourceFunc function,
                    gpointer data,
                    GDestroyNotify destroy)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, function, data, destroy);
  g_source_set_static_name (source, "[postroom] worker");
  g_source_attach (source, net_workers_get_context (workers, index));
}

GMainContext *
net_workers_get_context (NetWorkers *workers, guint index)
{
  return workers->workers[index % workers->count].context;
}
