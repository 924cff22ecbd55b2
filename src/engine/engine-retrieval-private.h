/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One POP3 session: what the account has not fetched yet is retrieved into the cabinet; a letter is
 * deleted on the server (where the account says so) only when it is durable here. Few letters are
 * in flight at a time, and none is held in memory. Main thread.
 */

#include "engine-fetcher.h"
#include "engine-peer-private.h"

#include <store-cabinet.h>

typedef struct _EngineSorter EngineSorter;
typedef void (*EngineFetchProgressFunc) (const EngineFetchProgress *progress, gpointer user_data);

/* @sorter (may be NULL) and @peer are taken. @cabinet NULL: logs in and quits, nothing more.
 * @progress (may be NULL) is called a few times a second, until the callback. */
void engine_retrieval_run_async (StoreCabinet *cabinet,
                                 const StoreAccount *account,
                                 EngineSorter *sorter,
                                 EnginePeer *peer,
                                 EngineJournal *journal,
                                 EngineFetchProgressFunc progress,
                                 gpointer progress_data,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
/* @counts (may be NULL) is filled in in any case: letters that came before a failure stay. */
gboolean
engine_retrieval_run_finish (GAsyncResult *result, EngineFetchResult *counts, GError **error);
