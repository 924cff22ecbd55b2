/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the window leaves as it was, kept in window.ini in the data directory: its size, and
 * whether the local server was on. Main thread.
 */

#include <gtk/gtk.h>

/* Sets @window as it was left; nothing kept, or nothing readable: as it is. */
void app_state_restore (GtkWindow *window, const char *directory);
void app_state_keep (GtkWindow *window, const char *directory);

gboolean app_state_get_server (const char *directory);
void app_state_keep_server (const char *directory, gboolean running);
