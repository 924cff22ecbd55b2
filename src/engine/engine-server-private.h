/* SPDX-License-Identifier: MIT */
#pragma once

/* The server's make, and what the room's client side asks of it. Main thread. */

#include "engine-journal-private.h"
#include "engine-server.h"

#include <net-certificate.h>
#include <store-site.h>

typedef struct _EngineJudge EngineJudge;

/* Keeps references of @journal; @site and @identity_directory are the office's. */
EngineServer *
engine_server_new (StoreSite *site, EngineJournal *journal, const char *identity_directory);

/* Who judges what is delivered, where the configuration says so; before the first start. */
void engine_server_set_judge (EngineServer *server, EngineJudge *judge);

/* The authority that clients of this server trust; NULL before it ever ran. */
GTlsDatabase *engine_server_get_trust (EngineServer *server);
