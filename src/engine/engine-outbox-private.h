/* SPDX-License-Identifier: MIT */
#pragma once

/* The outbox's make, its work by itself, and its end. Main thread. */

#include "engine-accounts-private.h"
#include "engine-outbox.h"

EngineOutbox *engine_outbox_new (StoreCabinet *cabinet, EngineAccounts *accounts, GError **error);

/* From now on letters are sent when their time has come. */
void engine_outbox_start (EngineOutbox *outbox);
/* Tries all letters that wait, whatever their time: the network is back. */
void engine_outbox_retry (EngineOutbox *outbox);

/* Ends all sessions; the callback comes when what became of the letters is written down. None
 * begins after it. */
void engine_outbox_shut_down_async (EngineOutbox *outbox,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
void engine_outbox_shut_down_finish (EngineOutbox *outbox, GAsyncResult *result);

/* ---- between the outbox's two files ---- */

/* A letter came: looks at the cabinet again, and begins an attempt when @now. */
void engine_outbox_added (EngineOutbox *outbox, gint64 letter, gint64 account, gboolean now);
StoreCabinet *engine_outbox_get_cabinet (EngineOutbox *outbox);
