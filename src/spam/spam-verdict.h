/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The verdict on a letter: points of the rules and of what was learned together, with the reasons.
 * Lists of senders go before both. Immutable; any thread.
 */

#include "spam-bayes.h"
#include "spam-rules.h"

typedef enum
{
  SPAM_CLASS_GOOD,
  SPAM_CLASS_UNSURE,
  SPAM_CLASS_JUNK,
} SpamClass;

const char *spam_class_get_name (SpamClass class); /* "good", "unsure", "junk" */

typedef enum
{
  SPAM_SENDER_UNKNOWN,
  SPAM_SENDER_ALLOWED,
  SPAM_SENDER_BLOCKED,
} SpamSender;

typedef struct
{
  SpamClass class;
  double score;    /* points */
  double required; /* points that make a letter junk */
  double belief;   /* probability by what was learned, or -1: too little was */
  SpamSender sender;
  GPtrArray *hits;  /* of SpamHit; with what was learned as "LEARNED", and the lists */
  GPtrArray *clues; /* of char *: "0.98 subject:free", the strongest first, at most 15 */
} SpamVerdict;

typedef struct
{
  const SpamRules *rules;
  const SpamStock *stock; /* or NULL */
  /* What the person said about an address; may be NULL. Any thread. */
  SpamSender (*find_sender) (gpointer data, const char *address);
  gpointer data;
} SpamJudge;

/* Never fails: what cannot be looked up does not count. */
SpamVerdict *spam_judge (const SpamJudge *judge, MessageLetter *letter);
void spam_verdict_free (SpamVerdict *verdict);

/* The words of @letter, to be learned. */
SpamWords *spam_words_of_letter (MessageLetter *letter);

/* "tests=NO_DATE,PILLS" of at most @width characters; those that do not fit as "+4". */
char *spam_verdict_dup_tests (const SpamVerdict *verdict, gsize width);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpamVerdict, spam_verdict_free)
