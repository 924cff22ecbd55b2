/* SPDX-License-Identifier: MIT */
#pragma once

/* Makes many spooled letters durable at once. One thread at a time. */

#include "store-files-private.h"

typedef struct _StoreSync StoreSync;

/* For spools in @folder. */
StoreSync *store_sync_new (const char *folder);
void store_sync_free (StoreSync *sync);

/* Files and folder entries of @spools (of StoreSpool). Sets @errors, one for each of them, where
 * one would not survive a power cut; the others do. TRUE: so does whatever else was done to files
 * of the same file system before the call. */
gboolean store_sync_spools (StoreSync *sync, GPtrArray *spools, GError **errors);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreSync, store_sync_free)
