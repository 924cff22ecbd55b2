/* SPDX-License-Identifier: MIT */
#pragma once

/* What the files of EngineServer share. Main thread. */

#include "engine-server-private.h"

StoreSite *engine_server_get_site (EngineServer *server);
/* Whether @config's catch-all is a user; ENGINE_ERROR_NOT_FOUND. */
gboolean engine_server_check_catch_all (EngineServer *server,
                                        const EngineServerConfig *config,
                                        GError **error);
/* For store operations that end with store_site_finish(): ends the GTask @task, and says
 * "users-changed" when it went well. */
void engine_server_changed (GObject *source, GAsyncResult *result, gpointer task);
