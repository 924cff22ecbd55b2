/* SPDX-License-Identifier: MIT */
#include <message-text-private.h>

#include <string.h>

static void
test_decode (void)
{
  static const struct
  {
    const char *octets;
    const char *charset;
    const char *text;
  } cases[] = {
    { "plain", NULL, "plain" },
    { "caf\303\251", "utf-8", "café" },
    { "caf\303\251", NULL, "café" },
    { "caf\351 \200", NULL, "café €" },
    { "caf\351", "us-ascii", "café" },
    { "caf\351", "ISO-8859-1", "café" },
    { "\225x\226", "iso-8859-1", "•x–" },
    { "\311\317\272\243", "gb2312", "上海" },
    { "\244\127\256\374", "big5", "上海" },
    { "\203\145\203\130\203\147", "shift_jis", "テスト" },
    { "caf\303\251", "no-such", "café" },
    { "a\r\nb\rc\nd", "utf-8", "a\nb\nc\nd" },
    { "a\377b", "utf-8", "a\357\277\275b" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text
          = message_text_decode (cases[i].octets, strlen (cases[i].octets), cases[i].charset);

      g_test_message ("case %" G_GSIZE_FORMAT, i);
      g_assert_true (g_utf8_validate (text, -1, NULL));
      if (cases[i].text != NULL)
        g_assert_cmpstr (text, ==, cases[i].text);
    }
  g_autofree char *nul = message_text_decode ("a\0b", 3, "utf-8");
  g_assert_cmpstr (nul, ==, "a\357\277\275b");
}

static void
test_to_flowed (void)
{
  static const struct
  {
    const char *text;
    const char *flowed;
  } cases[] = {
    { "", "" },
    { "a\n", "a\n" },
    { "a", "a\n" },
    { "a  \n", "a\n" },
    { " indented\n", "  indented\n" },
    { "From here\n", " From here\n" },
    { "> quoted  \n", "> quoted\n" },
    { "-- \nAnn\n", "-- \nAnn\n" },
    { "1234567890 234567890 234567890 234567890 234567890 234567890 234567890 2345\n",
      "1234567890 234567890 234567890 234567890 234567890 234567890 234567890 \n2345\n" },
    { "1234567890 234567890 234567890 234567890 234567890 234567890 234567890 > no quote\n",
      "1234567890 234567890 234567890 234567890 234567890 234567890 234567890 \n > no quote\n" },
    { "1234567890 234567890 234567890 234567890 234567890 234567890 234567890 From you\n",
      "1234567890 234567890 234567890 234567890 234567890 234567890 234567890 \n From you\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *flowed = message_text_to_flowed (cases[i].text);

      g_assert_cmpstr (flowed, ==, cases[i].flowed);
    }
}

static void
test_from_flowed (void)
{
  static const struct
  {
    const char *flowed;
    gboolean delete_space;
    const char *text;
  } cases[] = {
    { "a \nb\n", FALSE, "a b\n" },
    { "a \nb\n", TRUE, "ab\n" },
    { "a \n\nb\n", FALSE, "a \nb\n" },
    { " From\n", FALSE, "From\n" },
    { "> a \n> b\nc\n", FALSE, "> a b\nc\n" },
    { "> a \n>> b\n", FALSE, "> a \n>> b\n" },
    { ">\n> a\n", FALSE, ">\n> a\n" },
    { "a \n-- \nAnn\n", FALSE, "a \n-- \nAnn\n" },
    { "a ", FALSE, "a \n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = message_text_from_flowed (cases[i].flowed, cases[i].delete_space);

      g_test_message ("case %" G_GSIZE_FORMAT, i);
      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

/* Any text comes back as it was, but for the blanks at its lines' ends and between its quote
 * marks. */
static void
test_round_trip (void)
{
  static const char *const words[]
      = { "a",   "word", "From", ">", "--", "-- ", "x", "", "\n", "\n", "a-word-that-is-quite-long",
          "you", "." };

  for (guint i = 0; i < 5000; i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);

      for (gint n = g_test_rand_int_range (0, 60); n > 0; n--)
        {
          const char *word = words[g_test_rand_int_range (0, G_N_ELEMENTS (words))];
          gboolean starts = text->len == 0 || text->str[text->len - 1] == '\n';

          if (starts && *word == '>')
            word = "> ";
          g_string_append (text, word);
          if (*word != '\n')
            g_string_append_c (text, ' ');
        }
      g_string_append_c (text, '\n');
      g_auto (GStrv) lines = g_strsplit (text->str, "\n", -1);
      for (guint l = 0; lines[l] != NULL; l++)
        if (strcmp (lines[l], "-- ") != 0)
          g_strchomp (lines[l]);
      g_autofree char *joined = g_strjoinv ("\n", lines);
      g_autofree char *flowed = message_text_to_flowed (joined);
      g_autofree char *again = message_text_from_flowed (flowed, FALSE);

      /* "> > a" and ">> a" are the same quote. */
      if (strstr (joined, "\n>") != NULL || *joined == '>')
        continue;
      g_assert_cmpstr (again, ==, joined);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/text/decode", test_decode);
  g_test_add_func ("/message/text/to-flowed", test_to_flowed);
  g_test_add_func ("/message/text/from-flowed", test_from_flowed);
  g_test_add_func ("/message/text/round-trip", test_round_trip);
  return g_test_run ();
}
