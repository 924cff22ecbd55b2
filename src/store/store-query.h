/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The query language, as a value. Shared by window, command line and web; what a person is told of
 * it stands in the help of “postroom-cli search”.
 *
 *   query    = any
 *   any      = all *( "OR" all )
 *   all      = one *( ["AND"] one )
 *   one      = ( "-" | "NOT" ) one | "(" any ")" | [ operator ":" ] value
 *   value    = word | word "*" | DQUOTE phrase DQUOTE | "(" any ")" with operators of words
 *
 * Operators of words: from: to: cc: subject: body: filename:. Others: tag: in: is: has: before:
 * after: during: larger: smaller: id:. A search is never refused: what cannot be understood is
 * looked for as words, or left out, and a notice says what and where. Any thread.
 */

#include "store-found.h"

typedef enum
{
  STORE_QUERY_ALL,   /* of children */
  STORE_QUERY_ANY,   /* of children */
  STORE_QUERY_NOT,   /* its one child */
  STORE_QUERY_WORDS, /* text, in columns */
  STORE_QUERY_TAG,   /* text */
  STORE_QUERY_IN,    /* number: a StoreFolder, or -1 for every one */
  STORE_QUERY_IS,    /* text: a column of letters; number: its value */
  STORE_QUERY_DATE,  /* first <= date < last */
  STORE_QUERY_SIZE,  /* first < size < last */
  STORE_QUERY_ID,    /* number: a letter's, or text: a Message-ID */
} StoreQueryKind;

typedef struct
{
  StoreQueryKind kind;
  GPtrArray *children; /* of StoreQueryNode, or NULL */
  guint columns;       /* bits 1 << StoreColumn; 0: all */
  char *text;
  gboolean prefix; /* the last word may go on */
  gint64 number;
  gint64 first;
  gint64 last;
} StoreQueryNode;

typedef struct
{
  StoreQueryNode *root; /* NULL: there is nothing to look for */
  GPtrArray *notices;   /* of StoreNotice */
} StoreQuery;

/* Valid UTF-8. @typing: the last word may not be whole yet. @now: seconds since 1970 UTC, for
 * "today" and the like, which are days of the local time zone. */
StoreQuery *store_query_parse (const char *text, gboolean typing, gint64 now);
void store_query_free (StoreQuery *query);
/* The tree in Lisp's manner: (all "tea" (not subject:"milk")). */
char *store_query_to_string (const StoreQuery *query);

StoreQueryNode *store_query_node_new (StoreQueryKind kind);
void store_query_node_free (StoreQueryNode *node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreQuery, store_query_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreQueryNode, store_query_node_free)
