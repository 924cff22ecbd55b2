/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The index of words, and how it keeps up: letters without a doc wait, in the database, to be read;
 * a thread of the cabinet's reads them in batches, each of which is one job of the writer's. What a
 * crash interrupts waits again. Any thread.
 */

#include "store-cabinet.h"
#include "store-db.h"
#include "store-search-text.h"

/* From now on letters are read as they come. May be called again. */
void store_cabinet_start_index (StoreCabinet *cabinet);
/* The same, and ends when nothing waits any more; cancelling ends the waiting alone. */
void store_cabinet_finish_index_async (StoreCabinet *cabinet,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean
store_cabinet_finish_index_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error);
/* Empties the index, so that all letters wait; then as store_cabinet_finish_index_async(). */
void store_cabinet_renew_index_async (StoreCabinet *cabinet,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);

/* ---- the cabinet's ---- */

typedef struct _StoreIndexer StoreIndexer;

StoreIndexer *store_indexer_new (StoreCabinet *cabinet);
/* Something may wait. */
void store_indexer_wake (StoreIndexer *indexer);
/* Waits for the batch in hand. */
void store_indexer_free (StoreIndexer *indexer);

/* Writer's thread: the letter's words, thread and contacts. @text NULL: it cannot be read. */
gboolean store_index_write (StoreDb *db,
                            gint64 id,
                            StoreFolder folder,
                            gint64 date,
                            const StoreSearchText *text,
                            GError **error);
