/* SPDX-License-Identifier: MIT */
#pragma once

/* The fetcher's make and end. Main thread. */

#include "engine-accounts-private.h"
#include "engine-fetcher.h"
#include "engine-junk.h"

/* @junk NULL: what is fetched is not sorted. */
EngineFetcher *
engine_fetcher_new (StoreCabinet *cabinet, EngineAccounts *accounts, EngineJunk *junk);

StoreCabinet *engine_fetcher_get_cabinet (EngineFetcher *fetcher);

/* Ends all sessions; the callback comes when what they fetched is durable. None begins after it. */
void engine_fetcher_shut_down_async (EngineFetcher *fetcher,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
void engine_fetcher_shut_down_finish (EngineFetcher *fetcher, GAsyncResult *result);
