/* SPDX-License-Identifier: MIT */
#include "memory-stock.h"

static void
teach (MemoryStock *stock, guint letters)
{
  for (guint i = 0; i < letters; i++)
    {
      g_autofree char *junk = g_strdup_printf (
          "From: a@shop.example\nSubject: pills\n\nbuy cheap pills now number%u\n", i);
      g_autofree char *good = g_strdup_printf (
          "From: a@friend.example\nSubject: lunch\n\nshall we meet about noon day%u\n", i);
      memory_stock_learn (stock, junk, TRUE);
      memory_stock_learn (stock, good, FALSE);
    }
}

static SpamBelief *
judge (MemoryStock *memory, const char *text)
{
  const SpamStock stock = { memory_stock_look_up, memory };
  g_autoptr (MessageLetter) letter = memory_parse (text);
  g_autoptr (SpamWords) words = spam_words_of_letter (letter);
  g_autoptr (GError) error = NULL;
  SpamBelief *belief = spam_bayes_judge (&stock, words, &error);

  g_assert_no_error (error);
  return belief;
}

/* Against the tables in every book of statistics. */
static void
test_chi_square (void)
{
  static const struct
  {
    double x;
    guint freedom;
    double above;
  } known[] = { { 5.991, 2, 0.05 },   { 9.488, 4, 0.05 }, { 23.209, 10, 0.01 },
                { 31.410, 20, 0.05 }, { 0, 6, 1 },        { 5000, 4, 0 } };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    g_assert_cmpfloat_with_epsilon (spam_chi_square_above (known[i].x, known[i].freedom),
                                    known[i].above, 0.0001);
}

static void
test_learned (void)
{
  MemoryStock memory = { 0 };

  teach (&memory, 20);
  g_autoptr (SpamBelief) junk
      = judge (&memory, "From: x@shop.example\nSubject: pills\n\ncheap pills\n");
  g_autoptr (SpamBelief) good
      = judge (&memory, "From: a@friend.example\nSubject: x\n\nshall we meet\n");
  g_assert_true (spam_belief_counts (junk));
  g_assert_cmpfloat (junk->junk, >, 0.95);
  g_assert_cmpfloat (good->junk, <, 0.05);
  const SpamClue *first = &g_array_index (junk->clues, SpamClue, 0);
  const SpamClue *last = &g_array_index (junk->clues, SpamClue, junk->clues->len - 1);
  g_assert_cmpfloat (ABS (first->junk - 0.5), >=, ABS (last->junk - 0.5));
  g_hash_table_unref (memory.counts);
}

static void
test_both_and_neither (void)
{
  MemoryStock memory = { 0 };

  teach (&memory, 20);
  g_autoptr (SpamBelief) neither = judge (&memory, "Zzz: z\n\nxylophone quartz\n");
  g_autoptr (SpamBelief) both = judge (&memory, "From: a@friend.example\nSubject: pills lunch\n\n"
                                                "cheap pills now, shall we meet about noon\n");
  g_assert_cmpfloat_with_epsilon (neither->junk, 0.5, 0.2);
  g_assert_cmpfloat_with_epsilon (both->junk, 0.5, 0.4);
  g_hash_table_unref (memory.counts);
}

static void
test_too_little (void)
{
  MemoryStock memory = { 0 };

  teach (&memory, 9);
  g_autoptr (SpamBelief) belief = judge (&memory, "Subject: pills\n\ncheap pills\n");
  g_assert_false (spam_belief_counts (belief));
  g_hash_table_unref (memory.counts);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/spam/bayes/chi-square", test_chi_square);
  g_test_add_func ("/spam/bayes/learned", test_learned);
  g_test_add_func ("/spam/bayes/both-and-neither", test_both_and_neither);
  g_test_add_func ("/spam/bayes/too-little", test_too_little);
  return g_test_run ();
}
