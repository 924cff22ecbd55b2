/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Searching the letters, for the front doors, and keeping their index. Main thread; the work
 * happens on others.
 */

#include "engine-letters.h"

#include <store-found.h>

typedef struct
{
  StoreSort sort;
  int folder;        /* StoreFolder, or -1: all but Trash and Junk, unless the query says which */
  guint limit;       /* 50 is a page */
  gboolean typing;   /* the last word may not be whole yet */
  gboolean snippets; /* around the words that are found */
  gboolean complete; /* letters that are not in the index yet are read first */
} EngineSearchOptions;

/* A query is never refused: what could not be understood is in the notices. Cancelling also ends a
 * search that runs. */
void engine_search_async (EngineLetters *letters,
                          const char *query,
                          const EngineSearchOptions *options,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
StoreFindings *engine_search_finish (EngineLetters *letters, GAsyncResult *result, GError **error);

/* Makes index, threads and contacts anew of the letters' files. */
void engine_search_renew_async (EngineLetters *letters,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean engine_search_renew_finish (EngineLetters *letters, GAsyncResult *result, GError **error);
