/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The main window: folders, letters, reader. Its actions (app-window-actions.c) are the one
 * entrance for menus, shortcuts, buttons and tests. Main thread.
 */

#include "app-application.h"

#define APP_TYPE_WINDOW (app_window_get_type ())
G_DECLARE_FINAL_TYPE (AppWindow, app_window, APP, WINDOW, AdwApplicationWindow)

AppWindow *app_window_new (AppApplication *application);

void app_window_say (AppWindow *window, const char *words);
void app_window_open_folder (AppWindow *window, StoreFolder folder);
