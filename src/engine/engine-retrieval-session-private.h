/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the files of a retrieval share: engine-retrieval.c has the session, engine-retrieval-plan.c
 * finds what to retrieve, engine-retrieval-keep.c brings it to the disk. Main thread.
 */

#include "engine-retrieval-private.h"

#include <proto-pop3-client.h>

/* A letter of the maildrop as this session sees it. */
typedef struct
{
  guint number;
  char *uid;
  guint64 size;     /* as the server says, or 0 */
  gboolean partial; /* only its beginning is asked for */
  gint64 replaces;  /* the beginning that is here, or 0 */
} EngineItem;

typedef struct
{
  GTask *task; /* borrowed: this is its data */
  StoreCabinet *cabinet;
  StoreAccount *account;
  EngineSorter *sorter; /* or NULL */
  EnginePeer *peer;
  EngineJournal *journal;
  EngineFetchProgressFunc progress;
  gpointer progress_data;

  NetLink *link;
  ProtoPop3Client *client; /* the link's engine */
  GHashTable *known;       /* uids fetched already -> StoreUid */
  GHashTable *fresh;       /* uids of @items, borrowed */

  GPtrArray *listed; /* uids (char *) of the whole maildrop */
  GArray *sizes;     /* guint64 by number, as LIST says; may be shorter than the maildrop */
  GPtrArray *items;  /* of EngineItem, to be retrieved */
  guint next_item;
  guint count;    /* letters in the maildrop, where there is no UIDL */
  guint next_top; /* number */
  guint tops;     /* asked for, not answered */
  GChecksum *headers;

  GQueue asked; /* of EngineItem, borrowed: RETR was said, in order */
  StoreSpool *spool;
  guint storing;    /* letters on their way to the disk, and other work of the cabinet */
  GQueue deleting;  /* of uids (char *): DELE was said, in order */
  GHashTable *gone; /* uids (char *): DELE was answered */

  EngineFetchProgress now;
  gint64 told; /* when the progress was told last, monotonic */

  EngineFetchResult counts;
  GError *error;
  gboolean planned;    /* what to retrieve is known */
  gboolean renumbered; /* the server has changed its uids */
  gboolean quitting;
  gboolean over; /* the wire is done with */
  gboolean returned;
} EngineRetrieval;

/* ---- engine-retrieval.c ---- */

/* Says what can be said now: the next letters, and QUIT when everything is done. */
void engine_retrieval_advance (EngineRetrieval *retrieval);
/* The session is over; takes @error, NULL when all went well. The first error counts. */
void engine_retrieval_end (EngineRetrieval *retrieval, GError *error);
/* Work of the cabinet has ended: goes on with the session, or returns when that is over. */
void engine_retrieval_worked (EngineRetrieval *retrieval);
void engine_retrieval_say_delete (EngineRetrieval *retrieval, guint number, const char *uid);

/* ---- engine-retrieval-plan.c ---- */

void engine_retrieval_ask_list (EngineRetrieval *retrieval);
/* The deletions are done at the server: their uids may come to mean other letters (RFC 1939 section
 * 7). */
void engine_retrieval_forget_gone (EngineRetrieval *retrieval);
/* An event of STAT, LIST, UIDL or, until all is planned, TOP. */
void engine_retrieval_plan_event (EngineRetrieval *retrieval, const ProtoPop3ClientEvent *event);

/* ---- engine-retrieval-keep.c ---- */

void engine_retrieval_keep_chunk (EngineRetrieval *retrieval, GBytes *chunk);
/* The letter has come whole. */
void engine_retrieval_keep_letter (EngineRetrieval *retrieval, const EngineItem *item);
