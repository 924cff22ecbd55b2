/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-transfer-private.h"

#include <base-clock.h>

#define TELL_EVERY (G_USEC_PER_SEC / 5)

typedef struct
{
  GTask *task;
  EngineTransferProgress progress;
  gpointer data;
  EngineTransferCounts counts;
} News;

static void
news_free (gpointer data)
{
  News *news = data;

  g_object_unref (news->task);
  g_free (news);
}

static gboolean
on_news (gpointer data)
{
  News *news = data;

  if (!g_task_get_completed (news->task))
    news->progress (&news->counts, news->data);
  return G_SOURCE_REMOVE;
}

void
engine_transfer_tell (GTask *task,
                      EngineTransferProgress progress,
                      gpointer data,
                      const EngineTransferCounts *counts,
                      gint64 *told)
{
  gint64 now = base_clock_monotonic ();

  if (progress == NULL || now - *told < TELL_EVERY)
    return;
  *told = now;
  News *news = g_new0 (News, 1);
  news->task = g_object_ref (task);
  news->progress = progress;
  news->data = data;
  news->counts = *counts;
  g_main_context_invoke_full (g_task_get_context (task), G_PRIORITY_DEFAULT, on_news, news,
                              news_free);
}
