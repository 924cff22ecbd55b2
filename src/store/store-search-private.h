/* SPDX-License-Identifier: MIT */
#pragma once

/* A query as SQL. */

#include "store-db.h"
#include "store-query.h"
#include "store-search.h"

/* Ids (gint64) of at most @limit letters in order. Nothing of the query's texts becomes part of a
 * statement. */
GArray *store_search_run (StoreDb *db,
                          const StoreQuery *query,
                          const StoreSearchOptions *options,
                          guint limit,
                          GError **error);
