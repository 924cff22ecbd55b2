/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-waiters-private.h"

#include "engine-timer-private.h"

struct _EngineWaiters
{
  GPtrArray *array; /* of Waiter */
  void (*abandoned) (gpointer user_data);
  gpointer user_data;
};

typedef struct
{
  EngineWaiters *waiters;
  GTask *task;
  GSource *cancel; /* or NULL */
} Waiter;

static void
waiter_free (Waiter *waiter)
{
  engine_timer_clear (&waiter->cancel);
  g_object_unref (waiter->task);
  g_free (waiter);
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  Waiter *waiter = user_data;
  EngineWaiters *waiters = waiter->waiters;
  g_autoptr (GTask) task = g_object_ref (waiter->task);
  gboolean last = waiters->array->len == 1;

  g_ptr_array_remove (waiters->array, waiter);
  /* @waiters may end in here, so before the task returns. */
  if (last && waiters->abandoned != NULL)
    waiters->abandoned (waiters->user_data);
  g_task_return_error_if_cancelled (task);
  return G_SOURCE_REMOVE;
}

EngineWaiters *
engine_waiters_new (void (*abandoned) (gpointer user_data), gpointer user_data)
{
  EngineWaiters *waiters = g_new0 (EngineWaiters, 1);

  waiters->array = g_ptr_array_new_with_free_func ((GDestroyNotify) waiter_free);
  waiters->abandoned = abandoned;
  waiters->user_data = user_data;
  return waiters;
}

void
engine_waiters_free (EngineWaiters *waiters)
{
  g_ptr_array_unref (waiters->array);
  g_free (waiters);
}

void
engine_waiters_add (EngineWaiters *waiters, GTask *task)
{
  Waiter *waiter = g_new0 (Waiter, 1);
  GCancellable *cancellable = g_task_get_cancellable (task);

  waiter->waiters = waiters;
  waiter->task = task;
  if (cancellable != NULL)
    {
      waiter->cancel = g_cancellable_source_new (cancellable);
      g_source_set_callback (waiter->cancel, G_SOURCE_FUNC (on_cancelled), waiter, NULL);
      g_source_attach (waiter->cancel, g_main_context_get_thread_default ());
    }
  g_ptr_array_add (waiters->array, waiter);
}

void
engine_waiters_return (EngineWaiters *waiters,
                       const GError *error,
                       void (*each) (GTask *task, gpointer user_data),
                       gpointer user_data)
{
  g_autoptr (GPtrArray) array = g_steal_pointer (&waiters->array);

  waiters->array = g_ptr_array_new_with_free_func ((GDestroyNotify) waiter_free);
  for (guint i = 0; i < array->len; i++)
    {
      Waiter *waiter = g_ptr_array_index (array, i);

      engine_timer_clear (&waiter->cancel);
      if (each != NULL)
        each (waiter->task, user_data);
      if (error != NULL)
        g_task_return_error (waiter->task, g_error_copy (error));
      else
        g_task_return_boolean (waiter->task, TRUE);
    }
}
