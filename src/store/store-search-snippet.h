/* SPDX-License-Identifier: MIT */
#pragma once

/* A line of a letter around the words that were looked for. Any thread. */

#include "store-found.h"
#include "store-query.h"

typedef struct _StoreSnippets StoreSnippets;

StoreSnippets *store_snippets_new (const StoreQuery *query);
void store_snippets_free (StoreSnippets *snippets);
/* FALSE: none of the words is in @text. */
gboolean store_snippets_make (StoreSnippets *snippets, const char *text, StoreFound *found);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreSnippets, store_snippets_free)
