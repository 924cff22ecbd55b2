/* SPDX-License-Identifier: MIT */
#include <proto-dsn.h>

static void
test_return (void)
{
  ProtoDsnReturn wanted = PROTO_DSN_RETURN_UNSAID;

  g_assert_true (proto_dsn_parse_return ("full", &wanted));
  g_assert_cmpint (wanted, ==, PROTO_DSN_RETURN_FULL);
  g_assert_true (proto_dsn_parse_return ("HDRS", &wanted));
  g_assert_cmpint (wanted, ==, PROTO_DSN_RETURN_HEADERS);
  g_assert_false (proto_dsn_parse_return ("", &wanted));
  g_assert_false (proto_dsn_parse_return ("HDR", &wanted));
  g_assert_false (proto_dsn_parse_return ("FULL,HDRS", &wanted));
}

static void
test_notify (void)
{
  static const char *const refused[]
      = { "",         "ALWAYS",  "NEVER,SUCCESS", "SUCCESS,NEVER", "NEVER,NEVER",
          "SUCCESS,", ",DELAY",  "SUCCESS DELAY", "SUCCESS;DELAY", "SUCCESS,,DELAY",
          "SUCCESS=", "DELAYED", "NEVER," };
  ProtoDsnNotify wanted = PROTO_DSN_NOTIFY_UNSAID;

  g_assert_true (proto_dsn_parse_notify ("Never", &wanted));
  g_assert_cmpint (wanted, ==, PROTO_DSN_NOTIFY_NEVER);
  g_assert_true (proto_dsn_parse_notify ("delay,SUCCESS", &wanted));
  g_assert_cmpint (wanted, ==, PROTO_DSN_NOTIFY_SUCCESS | PROTO_DSN_NOTIFY_DELAY);
  g_assert_true (proto_dsn_parse_notify ("FAILURE,FAILURE", &wanted));
  g_assert_cmpint (wanted, ==, PROTO_DSN_NOTIFY_FAILURE);
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    if (proto_dsn_parse_notify (refused[i], &wanted))
      g_error ("accepted: %s", refused[i]);
}

static void
test_envelope_id (void)
{
  static const char *const refused[] = { "",     "a b",     "a=b",   "a+",   "a+2",      "a+2b",
                                         "a+zz", "a+0D+0A", "a+00b", "a+E9", "\xc3\xa9", "+7F" };
  g_autofree char *long_one = g_strnfill (101, 'x');
  g_autofree char *longest = g_strnfill (100, 'x');
  g_autofree char *plain = proto_dsn_parse_envelope_id (longest);
  g_autofree char *decoded = proto_dsn_parse_envelope_id ("a+2Bb+3D+20c");

  g_assert_cmpstr (plain, ==, longest);
  g_assert_cmpstr (decoded, ==, "a+b= c");
  g_assert_null (proto_dsn_parse_envelope_id (long_one));
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    if (proto_dsn_parse_envelope_id (refused[i]) != NULL)
      g_error ("accepted: %s", refused[i]);
}

static void
assert_recipient (const char *value, gboolean utf8, const char *expected)
{
  g_autofree char *decoded = proto_dsn_parse_recipient (value, utf8);

  g_assert_cmpstr (decoded, ==, expected);
}

static void
test_recipient (void)
{
  g_autofree char *fill = g_strnfill (494, 'x');
  g_autofree char *longest = g_strconcat ("rfc822;", fill + 1, NULL);
  g_autofree char *long_one = g_strconcat ("rfc822;", fill, NULL);

  assert_recipient ("rfc822;Ann+2Bx@example.org", FALSE, "rfc822;Ann+x@example.org");
  assert_recipient ("X400;/c=us", FALSE, NULL);
  assert_recipient ("X400;/c+3Dus", FALSE, "X400;/c=us");
  assert_recipient (longest, FALSE, longest);
  assert_recipient (long_one, FALSE, NULL);
  assert_recipient ("ann@example.org", FALSE, NULL);
  assert_recipient (";ann", FALSE, NULL);
  assert_recipient ("rfc822;", FALSE, NULL);
  assert_recipient ("rfc 822;ann", FALSE, NULL);
  assert_recipient ("rfc@822;ann", FALSE, NULL);
  assert_recipient ("rfc822;ann+0Abcc", FALSE, NULL);
  assert_recipient ("rfc822;\xc3\xa9@b", TRUE, NULL);
}

/* RFC 6533 section 3. */
static void
test_utf8_recipient (void)
{
  assert_recipient ("utf-8;\\x{E9}@b", FALSE, "utf-8;\xc3\xa9@b");
  assert_recipient ("UTF-8;a\\x{5C}\\x{2B}\\x{3D}\\x{1F600}", FALSE, "UTF-8;a\\+=\xf0\x9f\x98\x80");
  assert_recipient ("utf-8;\xc3\xa9@b", FALSE, NULL);
  assert_recipient ("utf-8;\xc3\xa9@b", TRUE, "utf-8;\xc3\xa9@b");
  assert_recipient ("utf-8;\xc3@b", TRUE, NULL);
  assert_recipient ("utf-8;\xc2\x85@b", TRUE, NULL);
  assert_recipient ("utf-8;a+2Bb", TRUE, NULL);
  assert_recipient ("utf-8;\\x{A}", FALSE, NULL);
  assert_recipient ("utf-8;\\x{0A}", FALSE, NULL);
  assert_recipient ("utf-8;\\x{2028}", FALSE, NULL);
  assert_recipient ("utf-8;\\x{D800}", FALSE, NULL);
  assert_recipient ("utf-8;\\x{110000}", FALSE, NULL);
  assert_recipient ("utf-8;\\x{E9", FALSE, NULL);
  assert_recipient ("utf-8;\\x", FALSE, NULL);
  assert_recipient ("utf-8;\\", FALSE, NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/proto/dsn/return", test_return);
  g_test_add_func ("/proto/dsn/notify", test_notify);
  g_test_add_func ("/proto/dsn/envelope-id", test_envelope_id);
  g_test_add_func ("/proto/dsn/recipient", test_recipient);
  g_test_add_func ("/proto/dsn/utf8-recipient", test_utf8_recipient);
  return g_test_run ();
}
