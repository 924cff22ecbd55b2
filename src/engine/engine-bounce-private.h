/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a sender is told of a letter that was taken (RFC 3461, RFC 3464). Of those who stand behind
 * one address some may have no room, or be disabled: the others get the letter, and the sender a
 * report; likewise when it is asked for by NOTIFY=SUCCESS. A letter from the null reverse-path,
 * which every report is, is never reported on, so reports cannot go in circles. Nothing is relayed:
 * a sender elsewhere is told nothing, and the log says so. One thread at a time: the session's
 * worker.
 */

#include "engine-envelope-private.h"
#include "engine-service-private.h"

typedef struct _EngineBounce EngineBounce;

/* Looks who can have the letter @id of @size octets, which is whole in @letter, and writes the
 * report, if there is to be one: STORE_ERROR_FULL and the like when that cannot be done. */
EngineBounce *engine_bounce_new (EngineService *service,
                                 const EngineEnvelope *envelope,
                                 const char *id,
                                 StoreSpool *letter,
                                 guint64 size,
                                 GError **error);
void engine_bounce_free (EngineBounce *bounce);

/* Who gets the letter, all or none; ends with NULL. */
const char *const *engine_bounce_get_users (EngineBounce *bounce);
gboolean engine_bounce_has_report (EngineBounce *bounce);

/* Makes the report durable, after the letter and before its 250; once. What cannot be stored (the
 * sender's maildrop is full) is logged. */
void
engine_bounce_store_async (EngineBounce *bounce, GAsyncReadyCallback callback, gpointer user_data);
void engine_bounce_store_finish (EngineBounce *bounce, GAsyncResult *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineBounce, engine_bounce_free)
