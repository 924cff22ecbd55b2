/* SPDX-License-Identifier: MIT */
#pragma once

/* What the files of EngineServer share. Main thread. */

#include "engine-server-private.h"

StoreSite *engine_server_get_site (EngineServer *server);
