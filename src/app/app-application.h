/* SPDX-License-Identifier: MIT */
#pragma once

/* The program: opens the office, the windows, and shuts the office down at the end. Main thread. */

#include <adwaita.h>
#include <engine-office.h>

#define APP_TYPE_APPLICATION (app_application_get_type ())
G_DECLARE_FINAL_TYPE (AppApplication, app_application, APP, APPLICATION, AdwApplication)

AppApplication *app_application_new (void);

/* Borrowed; NULL when it could not be opened. */
EngineOffice *app_application_get_office (AppApplication *application);
/* The main window, made when there is none yet. */
GtkWindow *app_application_present (AppApplication *application);
/* Tells the person a short result: a toast in the main window. */
void app_application_say (AppApplication *application, const char *words);
