/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a person taught about junk, kept in the cabinet: counts of tokens, the letters that were
 * learned, lists of senders. Any thread; callbacks come to the caller's thread-default main
 * context.
 */

#include "store-cabinet.h"

typedef enum
{
  STORE_SORTED_NOT,
  STORE_SORTED_GOOD,
  STORE_SORTED_JUNK,
} StoreSorted;

/* Numbers of letters. */
typedef struct
{
  guint junk;
  guint good;
} StoreTokenCount;

/* Fills @counts for @n tokens, and the letters learned in all. Blocks for a moment. */
gboolean store_junk_look_up (StoreCabinet *cabinet,
                             const guint64 *tokens,
                             gsize n,
                             StoreTokenCount *counts,
                             StoreTokenCount *letters,
                             GError **error);
/* As what the letter of that digest was learned. Blocks for a moment. */
StoreSorted store_junk_find_lesson (StoreCabinet *cabinet, gint64 digest);

typedef struct
{
  gint64 letter;  /* to be moved, or 0 */
  gint64 digest;  /* of the letter's octets: one letter is learned once, whatever is asked */
  GArray *tokens; /* of guint64, each once */
} StoreLesson;

StoreLesson *store_lesson_new (gint64 letter, gint64 digest);
void store_lesson_free (StoreLesson *lesson);

/* Takes @lessons (StoreLesson). What was learned otherwise before is unlearned; STORE_SORTED_NOT
 * unlearns alone. The letters move to @folder, if it is no -1, in the same commit; good ones only
 * out of Junk. Where tokens become too many, those seen once and longest ago are forgotten. */
void store_junk_learn_async (StoreCabinet *cabinet,
                             GPtrArray *lessons,
                             StoreSorted sorted,
                             int folder,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
/* Everything that was learned goes; the lists of senders stay. */
void store_junk_forget_async (StoreCabinet *cabinet,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);

typedef enum
{
  STORE_SENDER_UNKNOWN,
  STORE_SENDER_ALLOWED,
  STORE_SENDER_BLOCKED,
} StoreSender;

typedef struct
{
  char *address; /* or a domain */
  StoreSender sender;
} StoreSenderRule;

void store_sender_rule_free (StoreSenderRule *rule);

/* An address goes before its domain, a domain before those above it. Blocks for a moment. */
StoreSender store_junk_find_sender (StoreCabinet *cabinet, const char *address);
GPtrArray *store_junk_dup_senders (StoreCabinet *cabinet, GError **error); /* StoreSenderRule */
/* @address: "user@host", "host" or "@host"; else STORE_ERROR_INVALID. STORE_SENDER_UNKNOWN takes
 * it off the lists. */
void store_junk_set_sender_async (StoreCabinet *cabinet,
                                  const char *address,
                                  StoreSender sender,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
/* All of these end with store_cabinet_finish(). */

/* The number of tokens above which some are forgotten; for tests. */
void store_junk_set_max_tokens (guint tokens);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreLesson, store_lesson_free)
