/* SPDX-License-Identifier: MIT */

/*
 * Learns the letters of one list and judges those of another, with the counts in memory. Lines of a
 * list: "junk PATH" or "good PATH". Prints "CLASS SCORE BELIEF PATH" for each letter judged and the
 * seconds of both on standard error. Rules alone with --rules, the classifier alone with --learned.
 */

#include <spam-verdict.h>
#include <string.h>

typedef struct
{
  GHashTable *counts; /* guint64 -> SpamCount */
  SpamCount letters;
} Memory;

static gboolean
look_up (gpointer data,
         const guint64 *keys,
         gsize n,
         SpamCount *counts,
         SpamCount *letters,
         GError **error)
{
  Memory *memory = data;

  *letters = memory->letters;
  for (gsize i = 0; i < n; i++)
    {
      const SpamCount *count = g_hash_table_lookup (memory->counts, &keys[i]);
      if (count != NULL)
        counts[i] = *count;
    }
  return TRUE;
}

static MessageLetter *
load (const char *path)
{
  char *contents = NULL;
  gsize length = 0;
  g_autoptr (GError) error = NULL;

  if (!g_file_get_contents (path, &contents, &length, &error))
    g_error ("%s", error->message);
  g_autoptr (GBytes) bytes = g_bytes_new_take (contents, length);
  MessageLetter *letter = message_letter_parse (bytes, &error);
  if (letter == NULL)
    g_error ("%s: %s", path, error->message);
  return letter;
}

static void
learn (Memory *memory, const char *path, gboolean junk)
{
  g_autoptr (MessageLetter) letter = load (path);
  g_autoptr (SpamWords) words = spam_words_of_letter (letter);

  *(junk ? &memory->letters.junk : &memory->letters.good) += 1;
  for (guint i = 0; i < words->words->len; i++)
    {
      guint64 key = g_array_index (words->words, SpamWord, i).key;
      SpamCount *count = g_hash_table_lookup (memory->counts, &key);
      if (count == NULL)
        {
          count = g_new0 (SpamCount, 1);
          g_hash_table_insert (memory->counts, g_memdup2 (&key, sizeof key), count);
        }
      *(junk ? &count->junk : &count->good) += 1;
    }
}

static char **
read_list (const char *path)
{
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_file_get_contents (path, &contents, NULL, &error))
    g_error ("%s", error->message);
  return g_strsplit (g_strstrip (contents), "\n", -1);
}

static void
print_verdict (const SpamJudge *judge, const char *path, gboolean explain)
{
  g_autoptr (MessageLetter) letter = load (path);
  g_autoptr (SpamVerdict) verdict = spam_judge (judge, letter);
  g_autofree char *tests = spam_verdict_dup_tests (verdict, 300);

  g_print ("%s %.1f %.6f %s%s%s\n", spam_class_get_name (verdict->class), verdict->score,
           verdict->belief, path, explain ? " " : "", explain ? tests : "");
}

int
main (int argc, char **argv)
{
  gboolean rules_alone = argc == 4 && g_str_equal (argv[3], "--rules");
  gboolean learned_alone = argc == 4 && g_str_equal (argv[3], "--learned");
  gboolean explain = argc == 4 && g_str_equal (argv[3], "--explain");

  if (argc < 3)
    g_error ("judge-letters TRAIN TEST [--rules|--learned|--explain]");
  g_auto (GStrv) train = read_list (argv[1]);
  g_auto (GStrv) test = read_list (argv[2]);
  Memory memory = { .counts = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free) };
  g_autoptr (SpamRules) rules = learned_alone ? spam_rules_new () : spam_rules_new_default ();
  const SpamStock stock = { look_up, &memory };
  const SpamJudge judge = { .rules = rules, .stock = rules_alone ? NULL : &stock };

  gint64 start = g_get_monotonic_time ();
  for (char **line = train; *line != NULL && !rules_alone; line++)
    learn (&memory, strchr (*line, ' ') + 1, g_str_has_prefix (*line, "junk "));
  gint64 learned = g_get_monotonic_time ();
  for (char **line = test; *line != NULL; line++)
    print_verdict (&judge, strchr (*line, ' ') + 1, explain);
  gint64 judged = g_get_monotonic_time ();
  g_printerr ("%.3f %.3f\n", (learned - start) / 1e6, (judged - learned) / 1e6);
  g_hash_table_unref (memory.counts);
  return 0;
}
