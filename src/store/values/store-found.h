/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a search finds: plain structs, given away whole. Any thread.
 */

#include "store-values.h"

typedef enum
{
  STORE_SORT_DATE,      /* newest first */
  STORE_SORT_RELEVANCE, /* best first, among the newest few thousand that fit */
} StoreSort;

/* Something in a query that could not be understood as it stands. */
typedef struct
{
  guint start; /* in characters of the query */
  guint length;
  char *text; /* plain English, without a full stop */
} StoreNotice;

void store_notice_free (StoreNotice *notice);

/* A word that was looked for: octets of the snippet. */
typedef struct
{
  guint start;
  guint end;
} StoreMark;

typedef struct
{
  StoreLetter *letter;
  char *snippet; /* one line around the words, or the letter's beginning */
  GArray *marks; /* of StoreMark, in order */
} StoreFound;

void store_found_free (StoreFound *found);

typedef struct
{
  GPtrArray *letters; /* of StoreFound */
  gboolean more;      /* than were asked for */
  guint waiting;      /* letters that are not in the index yet */
  GPtrArray *notices; /* of StoreNotice */
} StoreFindings;

StoreFindings *store_findings_new (void);
void store_findings_free (StoreFindings *findings);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreFound, store_found_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreFindings, store_findings_free)
