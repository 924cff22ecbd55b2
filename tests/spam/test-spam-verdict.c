/* SPDX-License-Identifier: MIT */
#include "memory-stock.h"

#define JUNK "From: a@bad.example\nSubject: pills\n\nbuy cheap pills now\n"
#define GOOD "From: a@friend.example\nSubject: lunch\n\nshall we meet about noon\n"

static SpamSender
find_sender (gpointer data, const char *address)
{
  return g_str_has_suffix (address, "@bad.example")      ? SPAM_SENDER_BLOCKED
         : g_str_has_suffix (address, "@friend.example") ? SPAM_SENDER_ALLOWED
                                                         : SPAM_SENDER_UNKNOWN;
}

static SpamVerdict *
judge (const SpamJudge *with, const char *text)
{
  g_autoptr (MessageLetter) letter = memory_parse (text);

  return spam_judge (with, letter);
}

static void
test_points (void)
{
  g_autoptr (SpamRules) rules = spam_rules_new ();
  const SpamJudge with = { .rules = rules };
  g_autoptr (GError) error = NULL;

  spam_rules_add (rules,
                  "phrase A 2.4 text cheap\nphrase B 2.6 text pills\nphrase C -3 text noon\n", -1,
                  "file", &error);
  g_assert_no_error (error);
  g_autoptr (SpamVerdict) junk = judge (&with, "Subject: x\n\ncheap pills\n");
  g_autoptr (SpamVerdict) unsure = judge (&with, "Subject: x\n\npills\n");
  g_autoptr (SpamVerdict) good = judge (&with, "Subject: x\n\ncheap pills at noon\n");
  g_assert_cmpint (junk->class, ==, SPAM_CLASS_JUNK);
  g_assert_cmpfloat (junk->score, ==, 5.0);
  g_assert_cmpfloat (junk->belief, ==, -1);
  g_assert_cmpint (unsure->class, ==, SPAM_CLASS_UNSURE);
  g_assert_cmpint (good->class, ==, SPAM_CLASS_GOOD);
}

static void
test_lists (void)
{
  g_autoptr (SpamRules) rules = spam_rules_new ();
  const SpamJudge with = { .rules = rules, .find_sender = find_sender };
  g_autoptr (GError) error = NULL;

  spam_rules_add (rules, "phrase A 20 text noon\n", -1, "file", &error);
  g_assert_no_error (error);
  g_autoptr (SpamVerdict) blocked = judge (&with, JUNK);
  g_autoptr (SpamVerdict) allowed = judge (&with, GOOD);
  g_assert_cmpint (blocked->class, ==, SPAM_CLASS_JUNK);
  g_assert_cmpint (blocked->sender, ==, SPAM_SENDER_BLOCKED);
  g_assert_cmpint (allowed->class, ==, SPAM_CLASS_GOOD);
}

static void
test_learned (void)
{
  MemoryStock memory = { 0 };
  const SpamStock stock = { memory_stock_look_up, &memory };
  g_autoptr (SpamRules) rules = spam_rules_new ();
  const SpamJudge with = { .rules = rules, .stock = &stock };

  for (guint i = 0; i < 15; i++)
    {
      memory_stock_learn (&memory, JUNK, TRUE);
      memory_stock_learn (&memory, GOOD, FALSE);
    }
  g_autoptr (SpamVerdict) junk = judge (&with, JUNK);
  g_autoptr (SpamVerdict) good = judge (&with, GOOD);
  g_assert_cmpint (junk->class, ==, SPAM_CLASS_JUNK);
  g_assert_cmpint (good->class, ==, SPAM_CLASS_GOOD);
  g_assert_cmpfloat (good->score, <, 0);
  g_assert_cmpuint (junk->clues->len, >, 3);
  g_assert_cmpstr (((const SpamHit *) junk->hits->pdata[0])->name, ==, "LEARNED");

  /* Without its counts a letter is judged by the rules alone. */
  memory.broken = TRUE;
  GLogLevelFlags fatal = g_log_set_always_fatal (G_LOG_FATAL_MASK);
  g_autoptr (SpamVerdict) ruled = judge (&with, JUNK);
  g_log_set_always_fatal (fatal);
  g_assert_cmpint (ruled->class, ==, SPAM_CLASS_GOOD);
  g_hash_table_unref (memory.counts);
}

static void
test_tests (void)
{
  g_autoptr (SpamRules) rules = spam_rules_new ();
  const SpamJudge with = { .rules = rules };

  spam_rules_add (
      rules, "phrase FIRST 1 text cheap\nphrase SECOND 1 text pills\nphrase THIRD 1 text now\n", -1,
      "file", NULL);
  g_autoptr (SpamVerdict) verdict = judge (&with, JUNK);
  g_autofree char *wide = spam_verdict_dup_tests (verdict, 80);
  g_autofree char *narrow = spam_verdict_dup_tests (verdict, 22);
  g_assert_cmpstr (wide, ==, "tests=FIRST,SECOND,THIRD");
  g_assert_cmpstr (narrow, ==, "tests=FIRST,+2");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/spam/verdict/points", test_points);
  g_test_add_func ("/spam/verdict/lists", test_lists);
  g_test_add_func ("/spam/verdict/learned", test_learned);
  g_test_add_func ("/spam/verdict/tests", test_tests);
  return g_test_run ();
}
