/* SPDX-License-Identifier: MIT */
#include <message-mbox.h>

#include <string.h>

/* What was read, letter by letter: "seen|text\x1e". */
static void
on_begin (gpointer data)
{
  GString *out = data;

  g_string_append (out, "[");
}

static void
on_text (const char *text, gsize length, gpointer data)
{
  g_string_append_len (data, text, (gssize) length);
}

static void
on_end (const MessageMboxStatus *status, gpointer data)
{
  g_string_append_printf (data, "]%s%s%s%s", status->known ? "k" : "", status->seen ? "s" : "",
                          status->answered ? "a" : "", status->flagged ? "f" : "");
}

static const char *measured; /* the file */

static MessageMboxBody
on_measure (guint64 offset, guint64 length, gpointer data)
{
  gsize size = strlen (measured);

  if (length > size - offset
      || (offset + length < size && !g_str_has_prefix (measured + offset + length, "\nFrom ")))
    return MESSAGE_MBOX_BODY_LINES;
  g_autofree char *body = g_strndup (measured + offset, length);
  return strstr (body, "\nFrom ") != NULL ? MESSAGE_MBOX_BODY_LITERAL : MESSAGE_MBOX_BODY_QUOTED;
}

/* In pieces of @piece octets. */
static char *
read_all (MessageMboxDialect dialect, const char *text, gsize piece)
{
  static const MessageMboxSink sink = { on_begin, on_text, on_end, on_measure };
  GString *out = g_string_new (NULL);
  g_autoptr (MessageMboxReader) reader = message_mbox_reader_new (dialect, &sink, out);
  gsize length = strlen (text);

  measured = text;
  for (gsize at = 0; at < length; at += piece)
    message_mbox_reader_feed (reader, text + at, MIN (piece, length - at));
  message_mbox_reader_end (reader);
  return g_string_free (out, FALSE);
}

#define FROM "From a@b Mon Nov 23 10:00:00 2026\n"

static void
test_reading (void)
{
  static const struct
  {
    MessageMboxDialect dialect;
    const char *text;
    const char *wanted;
  } cases[] = {
    { MESSAGE_MBOX_AUTO, "", "" },
    { MESSAGE_MBOX_AUTO, FROM "A: 1\n\none\n\n" FROM "A: 2\n\ntwo\n\n\n",
      "[A: 1\n\none\n][A: 2\n\ntwo\n\n]" },
    { MESSAGE_MBOX_AUTO, FROM "A: 1\n\none", "[A: 1\n\none]" },
    { MESSAGE_MBOX_AUTO, FROM "A: 1\n\nFrom a friend\n\nFrom here\n\n" FROM "A: 2\n\n",
      "[A: 1\n\nFrom a friend\n\nFrom here\n][A: 2\n\n]" },
    { MESSAGE_MBOX_AUTO, FROM "A: 1\n\nx\n" FROM "y\n", "[A: 1\n\nx\n" FROM "y\n]" },
    { MESSAGE_MBOX_AUTO, FROM "A: 1\n\n>From x\n>>From y\n>From\n",
      "[A: 1\n\nFrom x\n>From y\n>From\n]" },
    { MESSAGE_MBOX_O, FROM "A: 1\n\n>From x\n>>From y\n", "[A: 1\n\nFrom x\n>>From y\n]" },
    { MESSAGE_MBOX_CL2, FROM "A: 1\n\n>From x\n", "[A: 1\n\n>From x\n]" },
    { MESSAGE_MBOX_AUTO, FROM "Status: RO\nA: 1\nX-Status: AF\n folded\n\nx\n",
      "[A: 1\n\nx\n]ksaf" },
    { MESSAGE_MBOX_AUTO, FROM "X-Mozilla-Status: 0001\nA: 1\n\n", "[A: 1\n\n]ks" },
    { MESSAGE_MBOX_AUTO, FROM "Content-Length: 8\nA: 1\n\nx\n\n" FROM, "[A: 1\n\nx\n][]" },
    { MESSAGE_MBOX_AUTO, FROM "Content-Length: 44\n\nx\nFrom y\n\n" FROM "\n" FROM "B: 2\n\n",
      "[\nx\nFrom y\n\n" FROM "][B: 2\n\n]" },
    { MESSAGE_MBOX_AUTO, FROM "Content-Length: 9\n\nx\n>From\n\n" FROM "B: 2\n\n",
      "[\nx\n>From\n][B: 2\n\n]" },
    { MESSAGE_MBOX_AUTO, "From a@b Mon Nov 23 10:00:00 2026\r\nA: 1\r\n\r\nx\r\n\r\n" FROM,
      "[A: 1\r\n\r\nx\r\n][]" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize piece = 1; piece < 64; piece += 7)
      {
        g_autofree char *read = read_all (cases[i].dialect, cases[i].text, piece);
        g_assert_cmpstr (read, ==, cases[i].wanted);
      }
}

static void
test_long_lines (void)
{
  g_autofree char *line = g_strnfill (300000, 'x');
  g_autofree char *text = g_strconcat (FROM "A: 1\n\n", line, "\n\n" FROM "B: 2\n\n", NULL);
  g_autofree char *wanted = g_strconcat ("[A: 1\n\n", line, "\n][B: 2\n\n]", NULL);
  g_autofree char *read = read_all (MESSAGE_MBOX_AUTO, text, 70000);

  g_assert_cmpstr (read, ==, wanted);
}

static void
test_writing (void)
{
  static const char letter[] = "A: 1\r\n\r\nFrom x\r\n>From y\r\n\r\nend";
  static const MessageMboxStatus status = { TRUE, TRUE, FALSE, TRUE };

  for (guint dialect = MESSAGE_MBOX_O; dialect <= MESSAGE_MBOX_CL2; dialect++)
    {
      g_autoptr (GString) one
          = message_mbox_format (dialect, letter, strlen (letter), "a b", 1795428000, &status);
      g_autofree char *two = g_strconcat (one->str, one->str, NULL);
      g_autofree char *read = read_all (dialect, two, 10);

      g_assert_true (g_str_has_prefix (one->str, "From a_b "));
      g_assert_true (message_mbox_is_start (one->str, one->len));
      /* Only mboxo and mboxcl cannot undo what they did. */
      const char *text = dialect == MESSAGE_MBOX_O || dialect == MESSAGE_MBOX_CL
                             ? "[A: 1\n\nFrom x\nFrom y\n\nend\n]ksf"
                             : "[A: 1\n\nFrom x\n>From y\n\nend\n]ksf";
      g_autofree char *wanted = g_strconcat (text, text, NULL);
      g_assert_cmpstr (read, ==, wanted);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/mbox/reading", test_reading);
  g_test_add_func ("/message/mbox/long-lines", test_long_lines);
  g_test_add_func ("/message/mbox/writing", test_writing);
  return g_test_run ();
}
