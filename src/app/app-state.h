/* SPDX-License-Identifier: MIT */
#pragma once

/* The window's size, kept in window.ini in the data directory. Main thread. */

#include <gtk/gtk.h>

/* Sets @window as it was left; nothing kept, or nothing readable: as it is. */
void app_state_restore (GtkWindow *window, const char *directory);
void app_state_keep (GtkWindow *window, const char *directory);
