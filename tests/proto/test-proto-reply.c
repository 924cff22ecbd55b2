/* SPDX-License-Identifier: MIT */
#include <proto-engine.h>
#include <proto-reply.h>

#include <string.h>

static void
assert_wire (guint code, const char *enhanced, const char *text, const char *expected)
{
  g_autoptr (ProtoReply) reply = proto_reply_new (code, enhanced, text);
  g_autofree char *wire = proto_reply_format (reply, TRUE);

  g_assert_cmpstr (wire, ==, expected);
}

static void
test_format (void)
{
  assert_wire (250, "2.1.0", "Fine", "250 2.1.0 Fine");
  assert_wire (354, NULL, "Go ahead", "354 Go ahead");
  assert_wire (250, NULL, "a\nb\nc", "250-a\r\n250-b\r\n250 c");
  assert_wire (550, "5.1.1", "No such\nmailbox", "550-5.1.1 No such\r\n550 5.1.1 mailbox");
  assert_wire (550, "5.0.0", "evil\r250 ok\x1b", "550 5.0.0 evil 250 ok ");

  g_autoptr (ProtoReply) reply = proto_reply_new (250, "2.0.0", "x");
  g_autofree char *plain = proto_reply_format (reply, FALSE);
  g_assert_cmpstr (plain, ==, "250 x");
}

static void
test_fold (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 300; i++)
    g_string_append (text, i % 7 == 0 ? "wort " : "é");
  g_autoptr (ProtoReply) reply = proto_reply_new (250, "2.0.0", text->str);
  g_autofree char *wire = proto_reply_format (reply, TRUE);
  g_auto (GStrv) lines = g_strsplit (wire, "\r\n", -1);
  guint n = g_strv_length (lines);

  g_assert_cmpuint (n, >, 1);
  for (guint i = 0; i < n; i++)
    {
      g_assert_cmpuint (strlen (lines[i]), <=, 510);
      g_assert_true (g_utf8_validate (lines[i], -1, NULL));
      g_assert_true (g_str_has_prefix (lines[i], i + 1 < n ? "250-2.0.0 " : "250 2.0.0 "));
    }
}

static void
test_fold_without_spaces (void)
{
  g_autofree char *text = g_strnfill (1200, 'x');
  g_autoptr (ProtoReply) reply = proto_reply_new (550, NULL, text);
  g_autofree char *wire = proto_reply_format (reply, TRUE);
  g_auto (GStrv) lines = g_strsplit (wire, "\r\n", -1);

  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  g_assert_cmpuint (strlen (lines[0]), ==, 510);
}

static ProtoReply *
parse (const char *wire, GError **error)
{
  g_autoptr (ProtoReplyParser) parser = proto_reply_parser_new ();
  g_auto (GStrv) lines = g_strsplit (wire, "\r\n", -1);
  ProtoReply *reply = NULL;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_assert_null (reply);
      if (!proto_reply_parser_take_line (parser, lines[i], strlen (lines[i]), &reply, error))
        return NULL;
    }
  return reply;
}

static void
assert_parsed (const char *wire, guint code, const char *enhanced, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ProtoReply) reply = parse (wire, &error);

  g_assert_no_error (error);
  g_assert_nonnull (reply);
  g_assert_cmpuint (reply->code, ==, code);
  g_assert_cmpstr (reply->enhanced, ==, enhanced);
  g_assert_cmpstr (reply->text, ==, text);
}

static void
test_parse (void)
{
  assert_parsed ("250 2.1.0 Fine", 250, "2.1.0", "Fine");
  assert_parsed ("250", 250, NULL, "");
  assert_parsed ("354 Go", 354, NULL, "Go");
  assert_parsed ("250-2.1.0 a\r\n250 2.1.0 b", 250, "2.1.0", "a\nb");
  assert_parsed ("550 4.1.1 other class", 550, NULL, "4.1.1 other class");
  assert_parsed ("550 5.1 short", 550, NULL, "5.1 short");
  assert_parsed ("550 5.1.1234 long", 550, NULL, "5.1.1234 long");
  assert_parsed ("220 bell\a", 220, NULL, "bell ");
}

static void
test_parse_malformed (void)
{
  static const char *const malformed[]
      = { "\r\n", "25", "25x no", "250x", "150 no", "650 no", "250-a\r\n251 b", "hello" };

  for (gsize i = 0; i < G_N_ELEMENTS (malformed); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (parse (malformed[i], &error));
      g_assert_error (error, PROTO_ERROR, PROTO_ERROR_SYNTAX);
    }
}

static void
test_parse_endless (void)
{
  g_autoptr (ProtoReplyParser) parser = proto_reply_parser_new ();
  g_autoptr (GError) error = NULL;
  ProtoReply *reply = NULL;

  for (guint i = 0; i < 1000; i++)
    g_assert_true (proto_reply_parser_take_line (parser, "250-x", 5, &reply, NULL));
  g_assert_false (proto_reply_parser_take_line (parser, "250-x", 5, &reply, &error));
  g_assert_error (error, PROTO_ERROR, PROTO_ERROR_SYNTAX);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/proto/reply/format", test_format);
  g_test_add_func ("/proto/reply/fold", test_fold);
  g_test_add_func ("/proto/reply/fold-without-spaces", test_fold_without_spaces);
  g_test_add_func ("/proto/reply/parse", test_parse);
  g_test_add_func ("/proto/reply/parse-malformed", test_parse_malformed);
  g_test_add_func ("/proto/reply/parse-endless", test_parse_endless);
  return g_test_run ();
}
