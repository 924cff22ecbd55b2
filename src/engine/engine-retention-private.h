/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The local server's retention rules (RFC 2449 section 6.7): once a minute, and at the start, it
 * removes letters that are older or more than the server's settings allow. Main thread.
 */

#include "engine-server.h"

#include <store-site.h>

typedef struct _EngineRetention EngineRetention;

/* @site is borrowed, and stays open until what is under way has ended. */
EngineRetention *engine_retention_new (StoreSite *site, const EngineServerConfig *config);
void engine_retention_free (EngineRetention *retention);

/* Now; *@removed letters are gone. */
void engine_retention_sweep_async (EngineRetention *retention,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean engine_retention_sweep_finish (GAsyncResult *result, guint64 *removed, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineRetention, engine_retention_free)
