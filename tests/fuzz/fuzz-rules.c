/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <spam-verdict.h>
#include <string.h>

/* A file of rules is taken whole, or refused with its line and left alone; what was taken runs over
 * any letter: here the file itself. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (SpamRules) rules = spam_rules_new ();
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (MessageLetter) letter = message_letter_parse (bytes, NULL);
  g_autoptr (GError) error = NULL;

  if (!spam_rules_add (rules, (const char *) data, (gssize) size, "file", &error))
    {
      g_assert_error (error, SPAM_ERROR, SPAM_ERROR_RULES);
      g_assert_true (g_str_has_prefix (error->message, "file, line "));
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_cmpuint (spam_rules_get_count (rules), ==, 0);
    }
  if (letter == NULL)
    return 0;
  const SpamJudge judge = { .rules = rules };
  g_autoptr (SpamVerdict) verdict = spam_judge (&judge, letter);
  g_autofree char *tests = spam_verdict_dup_tests (verdict, 60);
  g_assert_cmpuint (strlen (tests), <=, 60);
  return 0;
}
