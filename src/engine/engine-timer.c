/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-timer-private.h"

GSource *
engine_timer_new (guint msec, GSourceFunc function, gpointer user_data)
{
  GSource *source = g_timeout_source_new (msec);

  g_source_set_callback (source, function, user_data, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  return source;
}

void
engine_timer_clear (GSource **timer)
{
  GSource *source = g_steal_pointer (timer);

  if (source == NULL)
    return;
  g_source_destroy (source);
  g_source_unref (source);
}
