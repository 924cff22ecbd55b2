/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How likely a letter is junk by the letters that the person has sorted: Gary Robinson's word
 * probabilities, combined by Fisher's method with the chi-square distribution. Where the counts are
 * kept is not this room's business. Any thread.
 */

#include "spam-words.h"

typedef struct
{
  guint junk; /* letters with the word */
  guint good;
} SpamCount;

/* The counts, however they are kept. */
typedef struct
{
  /* Fills @counts for @n words, and the numbers of letters learned. Any thread. */
  gboolean (*look_up) (gpointer data,
                       const guint64 *keys,
                       gsize n,
                       SpamCount *counts,
                       SpamCount *letters,
                       GError **error);
  gpointer data;
} SpamStock;

typedef struct
{
  const char *text; /* borrowed from the words */
  double junk;      /* probability of 0 to 1 */
} SpamClue;

typedef struct
{
  double junk;   /* probability of 0 to 1; 0.5 when nothing is known */
  GArray *clues; /* of SpamClue, the strongest first */
  SpamCount letters;
} SpamBelief;

SpamBelief *spam_bayes_judge (const SpamStock *stock, const SpamWords *words, GError **error);
void spam_belief_free (SpamBelief *belief);

/* Enough letters of both kinds were learned for a belief to count. */
gboolean spam_belief_counts (const SpamBelief *belief);

/* The probability that a chi-square with @freedom (even) degrees of freedom is above @x. */
double spam_chi_square_above (double x, guint freedom);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpamBelief, spam_belief_free)
