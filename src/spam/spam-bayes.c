/* SPDX-License-Identifier: MIT */
#include "spam-bayes.h"

#include <math.h>

/* Robinson's s and x: how much a word that was hardly seen is believed, and what of one that was
 * never seen. */
#define STRENGTH     0.1
#define UNKNOWN      0.5
#define MIN_DISTANCE 0.1 /* from 0.5, for a word to tell anything */
#define MAX_CLUES    400
#define MIN_LETTERS  10 /* of either kind */

double
spam_chi_square_above (double x, guint freedom)
{
  double half = x / 2, sum, term;

  /* Beyond this the first term is 0 in a double. */
  if (half > 700)
    return 0;
  sum = term = exp (-half);
  for (guint i = 1; i < freedom / 2; i++)
    {
      term *= half / i;
      sum += term;
    }
  return MIN (sum, 1);
}

static double
word_probability (const SpamCount *count, const SpamCount *letters)
{
  /* By the share of letters, so that much junk makes no word junk. */
  double junk = letters->junk > 0 ? MIN (count->junk / (double) letters->junk, 1) : 0;
  double good = letters->good > 0 ? MIN (count->good / (double) letters->good, 1) : 0;
  double seen = count->junk + count->good;

  if (junk + good <= 0)
    return UNKNOWN;
  return (STRENGTH * UNKNOWN + seen * (junk / (junk + good))) / (STRENGTH + seen);
}

static int
compare_clues (gconstpointer a, gconstpointer b)
{
  double first = fabs (((const SpamClue *) a)->junk - 0.5);
  double second = fabs (((const SpamClue *) b)->junk - 0.5);

  return (first < second) - (first > second);
}

/* Both hypotheses are tested: a letter that looks like neither, or like both, comes out at 0.5. */
static double
combine (const GArray *clues)
{
  double junk = 0, good = 0;

  if (clues->len == 0)
    return 0.5;
  for (guint i = 0; i < clues->len; i++)
    {
      double p = g_array_index (clues, SpamClue, i).junk;
      junk += log (1 - p);
      good += log (p);
    }
  double is_junk = 1 - spam_chi_square_above (-2 * junk, 2 * clues->len);
  double is_good = 1 - spam_chi_square_above (-2 * good, 2 * clues->len);
  return (is_junk - is_good + 1) / 2;
}

SpamBelief *
spam_bayes_judge (const SpamStock *stock, const SpamWords *words, GError **error)
{
  guint n = words->words->len;
  g_autofree guint64 *keys = g_new (guint64, n);
  g_autofree SpamCount *counts = g_new0 (SpamCount, n);
  SpamCount letters = { 0 };

  for (guint i = 0; i < n; i++)
    keys[i] = g_array_index (words->words, SpamWord, i).key;
  if (!stock->look_up (stock->data, keys, n, counts, &letters, error))
    return NULL;
  SpamBelief *belief = g_new0 (SpamBelief, 1);
  belief->letters = letters;
  belief->clues = g_array_new (FALSE, FALSE, sizeof (SpamClue));
  for (guint i = 0; i < n; i++)
    {
      SpamClue clue = { g_array_index (words->words, SpamWord, i).text,
                        word_probability (&counts[i], &letters) };
      if (fabs (clue.junk - 0.5) >= MIN_DISTANCE)
        g_array_append_val (belief->clues, clue);
    }
  g_array_sort (belief->clues, compare_clues);
  if (belief->clues->len > MAX_CLUES)
    g_array_set_size (belief->clues, MAX_CLUES);
  belief->junk = combine (belief->clues);
  return belief;
}

void
spam_belief_free (SpamBelief *belief)
{
  g_array_unref (belief->clues);
  g_free (belief);
}

gboolean
spam_belief_counts (const SpamBelief *belief)
{
  return belief->letters.junk >= MIN_LETTERS && belief->letters.good >= MIN_LETTERS;
}
