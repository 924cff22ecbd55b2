/* SPDX-License-Identifier: MIT */
#pragma once

/* How a server's configuration is kept from one run to the next: server.ini. Main thread. */

#include "engine-server.h"

/* The defaults where @path does not exist or a value in it makes no sense. */
EngineServerConfig *engine_server_config_load (const char *path);
/* ENGINE_ERROR_STORE. */
gboolean
engine_server_config_save (const EngineServerConfig *config, const char *path, GError **error);
/* ENGINE_ERROR_INVALID in words when @config makes no sense. */
gboolean engine_server_config_check (const EngineServerConfig *config, GError **error);
/* "smtp", "pop3s"…; static. */
const char *engine_server_config_get_port_name (EnginePort port);
guint16 engine_server_config_get_default_port (EnginePort port);
