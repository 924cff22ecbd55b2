/* SPDX-License-Identifier: MIT */
#pragma once

/* The rows of the local server's users in a group, kept as the server's users change. Main thread.
 */

#include <adwaita.h>
#include <engine-server.h>

typedef struct _AppServerUsers AppServerUsers;

typedef void (*AppServerUsersNamed) (const char *name_or_words, gpointer user_data);

/* @change: the person wants a new password for the user of that name; @say: words for a toast. */
AppServerUsers *app_server_users_new (GtkWindow *parent,
                                      AdwPreferencesGroup *group,
                                      EngineServer *server,
                                      AppServerUsersNamed change,
                                      AppServerUsersNamed say,
                                      gpointer user_data);
void app_server_users_free (AppServerUsers *users);
