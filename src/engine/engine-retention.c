/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-retention-private.h"

#include "engine-error-private.h"
#include "engine-timer-private.h"

#define INTERVAL 60000 /* milliseconds */

struct _EngineRetention
{
  StoreSite *site;
  guint keep_days;
  guint keep_letters;
  GCancellable *cancellable; /* ends with the retention */
  GSource *timer;            /* NULL without rules */
  gboolean sweeping;         /* by the timer */
};

/* Outlives the retention. */
typedef struct
{
  StoreSite *site;
  guint keep_days;
  guint keep_letters;
  guint64 removed;
} Sweep;

static void go_on (GTask *task);

static void
on_expired (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Sweep *sweep = g_task_get_task_data (task);
  GError *error = NULL;
  guint removed = 0;

  if (!store_site_expire_finish (sweep->site, result, &removed, &error))
    {
      engine_error_return (task, error, NULL);
      return;
    }
  sweep->removed += removed;
  if (removed == 0 || g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    g_task_return_boolean (task, TRUE);
  else
    go_on (g_steal_pointer (&task));
}

/* Takes @task. */
static void
go_on (GTask *task)
{
  const Sweep *sweep = g_task_get_task_data (task);

  store_site_expire_async (sweep->site, sweep->keep_days, sweep->keep_letters,
                           g_task_get_cancellable (task), on_expired, task);
}

void
engine_retention_sweep_async (EngineRetention *retention,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, retention->cancellable, callback, user_data);
  Sweep *sweep = g_new0 (Sweep, 1);

  sweep->site = retention->site;
  sweep->keep_days = retention->keep_days;
  sweep->keep_letters = retention->keep_letters;
  g_task_set_task_data (task, sweep, g_free);
  g_task_set_check_cancellable (task, FALSE);
  if (retention->timer == NULL)
    g_task_return_boolean (task, TRUE);
  else
    go_on (g_steal_pointer (&task));
}

gboolean
engine_retention_sweep_finish (GAsyncResult *result, guint64 *removed, GError **error)
{
  const Sweep *sweep = g_task_get_task_data (G_TASK (result));

  *removed = sweep->removed;
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_swept (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  guint64 removed;

  if (!engine_retention_sweep_finish (result, &removed, &error))
    g_warning ("Old letters were not removed: %s", error->message);
  else if (removed > 0)
    g_message ("%" G_GUINT64_FORMAT " letters were removed by the retention rules", removed);
  if (!g_cancellable_is_cancelled (g_task_get_cancellable (G_TASK (result))))
    ((EngineRetention *) user_data)->sweeping = FALSE;
}

static gboolean
on_timer (gpointer user_data)
{
  EngineRetention *retention = user_data;

  if (!retention->sweeping)
    {
      retention->sweeping = TRUE;
      engine_retention_sweep_async (retention, on_swept, retention);
    }
  return G_SOURCE_CONTINUE;
}

EngineRetention *
engine_retention_new (StoreSite *site, const EngineServerConfig *config)
{
  EngineRetention *retention = g_new0 (EngineRetention, 1);

  retention->site = site;
  retention->keep_days = config->keep_days;
  retention->keep_letters = config->keep_letters;
  retention->cancellable = g_cancellable_new ();
  if (config->keep_days > 0 || config->keep_letters > 0)
    {
      retention->timer = engine_timer_new (INTERVAL, on_timer, retention);
      on_timer (retention);
    }
  return retention;
}

void
engine_retention_free (EngineRetention *retention)
{
  engine_timer_clear (&retention->timer);
  g_cancellable_cancel (retention->cancellable);
  g_object_unref (retention->cancellable);
  g_free (retention);
}
