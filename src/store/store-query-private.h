/* SPDX-License-Identifier: MIT */
#pragma once

/* The operators that are no words. */

#include "store-query.h"

/* The node of @operator (lower case) with @value; NULL when there is no such operator, or with
 * *@problem (to be freed) when it cannot mean anything. */
StoreQueryNode *
store_query_term (const char *operator, const char * value, gint64 now, char **problem);
/* The columns of an operator of words; 0: it is none. */
guint store_query_columns (const char *operator);
