/* SPDX-License-Identifier: MIT */
#pragma once

/* The check's parts: looking, and adopting files without rows. */

#include "store-cabinet-private.h"
#include "store-check.h"
#include "store-search-text.h"

/* A file below mail/ that no row names. */
typedef struct
{
  StoreFolder folder;
  char *path;       /* in the folder */
  gint64 id;        /* that its name ends in, or 0 */
  gboolean deleted; /* a letter of that id was there and went */
  StoreLetter *row;
  StoreSearchText *text;
} StoreOrphan;

void store_orphan_free (StoreOrphan *orphan);

/* Gives each of @orphans (of StoreOrphan) a row and its words; on a thread that may wait for the
 * writer. */
gboolean store_check_adopt (StoreCabinet *cabinet,
                            GPtrArray *orphans,
                            GCancellable *cancellable,
                            GError **error);
/* Runs @work as one job of the writer's and waits for it. */
gboolean store_check_write (StoreCabinet *cabinet,
                            gboolean (*work) (StoreWrite *write, StoreDb *db, GError **error),
                            gpointer data,
                            GError **error);
