/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Fetches for each account again and again: every few minutes, not all at the same second, and more
 * and more seldom while that fails. Main thread; owned by the office.
 */

#include "engine-accounts-private.h"
#include "engine-fetcher.h"

typedef struct _EngineRound EngineRound;

/* Counts references on @accounts and @fetcher. Does nothing before engine_round_start(). */
EngineRound *engine_round_new (EngineAccounts *accounts, EngineFetcher *fetcher);
/* Stops it. */
void engine_round_free (EngineRound *round);
/* Fetches for all accounts now, and from then on. */
void engine_round_start (EngineRound *round);
void engine_round_stop (EngineRound *round);
/* The network is back, or a person asks: fetches for all accounts now, however often that failed.
 */
void engine_round_now (EngineRound *round);
/* Fetches for those whose turn it is; a timer calls it. */
void engine_round_look (EngineRound *round);

/* Seconds until the next fetch, after @failures fetches that failed one behind the other, the last
 * with @error. @chance: from 0 to 1, by which the hosts of many programs are spared the same
 * second. */
guint engine_round_delay (guint failures, const GError *error, double chance);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineRound, engine_round_free)
