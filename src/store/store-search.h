/* SPDX-License-Identifier: MIT */
#pragma once

/* Searching the cabinet. Any thread, as the cabinet. */

#include "store-cabinet.h"
#include "store-found.h"

typedef struct
{
  StoreSort sort;
  int folder; /* StoreFolder, or -1: all but Trash and Junk, unless the query says which */
  guint limit;
  gboolean typing;   /* the last word may not be whole yet */
  gboolean snippets; /* read the letters that were found, for the words in them */
} StoreSearchOptions;

/* Valid UTF-8 in the language of store-query.h. */
void store_cabinet_search_async (StoreCabinet *cabinet,
                                 const char *query,
                                 const StoreSearchOptions *options,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
StoreFindings *
store_cabinet_search_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error);
