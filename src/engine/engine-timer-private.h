/* SPDX-License-Identifier: MIT */
#pragma once

/* Timers on the thread-default main context of whoever starts them, which need not be the global
 * one. */

#include <glib.h>

/* Runs @function with @user_data after @msec milliseconds, and again while it returns
 * G_SOURCE_CONTINUE. Owned by the caller: engine_timer_clear(). */
GSource *engine_timer_new (guint msec, GSourceFunc function, gpointer user_data);
void engine_timer_clear (GSource **timer);
