/* SPDX-License-Identifier: MIT */
#pragma once

/* What the files of EngineServer share. Main thread. */

#include "engine-retention-private.h"
#include "engine-server-private.h"
#include "engine-service-private.h"

StoreSite *engine_server_get_site (EngineServer *server);
EngineService *engine_server_get_service (EngineServer *server);     /* NULL when not running */
EngineRetention *engine_server_get_retention (EngineServer *server); /* NULL when not running */
EngineFaults *engine_server_get_faults (EngineServer *server);
/* Takes @config, for the sessions that begin from now on. */
void engine_server_take_config (EngineServer *server, EngineServerConfig *config);
gboolean engine_server_has_reader (EngineServer *server);
EngineServerConfig *engine_server_read (EngineServer *server, GError **error);
void engine_server_set_identity (EngineServer *server, NetIdentity *identity);
/* Whether @config's catch-all is a user; ENGINE_ERROR_NOT_FOUND. */
gboolean engine_server_check_catch_all (EngineServer *server,
                                        const EngineServerConfig *config,
                                        GError **error);
/* For store operations that end with store_site_finish(): ends the GTask @task, and says
 * "users-changed" when it went well. */
void engine_server_changed (GObject *source, GAsyncResult *result, gpointer task);

/* ---- engine-server-watch.c ---- */

/* Floating a{sv}: domain, ports, counts. */
GVariant *engine_server_describe (EngineServer *server);
/* aa{sv}, one for each open session. */
void engine_server_describe_sessions_async (EngineServer *server,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);
GVariant *engine_server_describe_sessions_finish (GAsyncResult *result);
