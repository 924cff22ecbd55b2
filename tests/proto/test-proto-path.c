/* SPDX-License-Identifier: MIT */
#include <proto-engine.h>
#include <proto-path.h>

#include <string.h>

static void
assert_path (const char *text,
             ProtoPathKind kind,
             const char *local_part,
             const char *domain,
             const char *rest)
{
  g_autoptr (GError) error = NULL;
  const char *behind = NULL;
  g_autoptr (ProtoPath) path = proto_path_parse (text, kind, FALSE, &behind, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (path->local_part, ==, local_part);
  g_assert_cmpstr (path->domain, ==, domain);
  g_assert_cmpstr (behind, ==, rest);
}

static void
assert_refused (const char *text, ProtoPathKind kind, gboolean utf8)
{
  g_autoptr (GError) error = NULL;

  if (proto_path_parse (text, kind, utf8, NULL, &error) != NULL)
    g_error ("accepted: %s", text);
  g_assert_error (error, PROTO_ERROR, PROTO_ERROR_SYNTAX);
}

static void
test_accepted (void)
{
  assert_path ("<a@b>", PROTO_PATH_FORWARD, "a", "b", "");
  assert_path ("<Jo.Doe+x@Mail.Example.org> SIZE=3", PROTO_PATH_REVERSE, "Jo.Doe+x",
               "Mail.Example.org", " SIZE=3");
  assert_path ("<>", PROTO_PATH_REVERSE, "", "", "");
  assert_path ("<pOSTmaster>", PROTO_PATH_FORWARD, "pOSTmaster", "", "");
  assert_path ("<@a.org,@b.org:u@x.org>", PROTO_PATH_FORWARD, "u", "x.org", "");
  assert_path ("<\"john smith\"@x>", PROTO_PATH_FORWARD, "john smith", "x", "");
  assert_path ("<\"a\\\"b>@\"@x>", PROTO_PATH_FORWARD, "a\"b>@", "x", "");
  assert_path ("<u@[127.0.0.1]>", PROTO_PATH_FORWARD, "u", "[127.0.0.1]", "");
  assert_path ("<u@[IPv6:::1]>", PROTO_PATH_FORWARD, "u", "[IPv6:::1]", "");
}

static void
test_refused (void)
{
  static const char *const refused[] = {
    "",
    "a@b",
    "<a@b",
    "<a>",
    "<@b>",
    "<a@>",
    "<a@@b>",
    "<.a@b>",
    "<a.@b>",
    "<a..b@c>",
    "<a b@c>",
    "<a@b..c>",
    "<a@-b>",
    "<a@b->",
    "<a@b_c>",
    "<a@b c>",
    "<\"a@b>",
    "<\"a\"b@c>",
    "<a@[1.2>",
    "<a@[1.2.3]>",
    "<a@[x:::1]>",
    "<@a,b:u@x>",
    "<@a u@x>",
    "< a@b>",
    "<a\r@b>",
    "<a\n@b>",
    "<\"a\tb\"@c>",
    "<\"a\\\x01\"@c>",
    "<a@b\x7f>",
    "<\xc3\xa9@b>",
    "<a@b.>",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    assert_refused (refused[i], PROTO_PATH_FORWARD, FALSE);
  assert_refused ("<>", PROTO_PATH_FORWARD, FALSE);
  assert_refused ("<Postmaster>", PROTO_PATH_REVERSE, FALSE);
  assert_refused ("<\xff@b>", PROTO_PATH_FORWARD, TRUE);
}

/* RFC 6531. */
static void
test_utf8 (void)
{
  static const char *const refused[] = {
    "<\xff@b>",
    "<a@\xff>",
    "<a\xc2\x85@b>",         /* a C1 control */
    "<\"a\xe2\x80\xa8\"@b>", /* a line separator */
    "<a@b\xef\xbc\x9e.org>", /* becomes > in ASCII */
    "<a@b\xc2\x85.org>",
    "<a@\xc3\xa9-.org>",
  };
  g_autofree char *thirty = g_strnfill (30, 'x');
  g_autofree char *label = g_strdup_printf ("<a@\xc3\xa9%s%s>", thirty, thirty);
  g_autofree char *local_part = g_strdup_printf ("<%s%s\xc3\xa9\xc3\xa9z@b>", thirty, thirty);
  g_autoptr (GError) error = NULL;
  g_autoptr (ProtoPath) path = proto_path_parse ("<J\xc3\xb6.\xe4\xb8\xad@b\xc3\xbc"
                                                 "cher.example>",
                                                 PROTO_PATH_FORWARD, TRUE, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (path->local_part, ==, "J\xc3\xb6.\xe4\xb8\xad");
  g_assert_cmpstr (path->domain, ==,
                   "b\xc3\xbc"
                   "cher.example");
  g_assert_true (proto_path_make_domain_ascii (path, &error));
  g_assert_cmpstr (path->domain, ==, "xn--bcher-kva.example");
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    assert_refused (refused[i], PROTO_PATH_FORWARD, TRUE);
  /* Limits are in octets, that of a label in its ASCII form. */
  assert_refused (label, PROTO_PATH_FORWARD, TRUE);
  assert_refused (local_part, PROTO_PATH_FORWARD, TRUE);
}

static void
test_limits (void)
{
  g_autofree char *x64 = g_strnfill (64, 'x');
  g_autofree char *x63 = g_strnfill (63, 'x');
  g_autofree char *fits = g_strdup_printf ("<%s@b>", x64);
  g_autofree char *local_part = g_strdup_printf ("<%sx@b>", x64);
  g_autofree char *label = g_strdup_printf ("<a@%sx>", x63);
  g_autofree char *domain = g_strdup_printf ("<a@%s.%s.%s.%s.x>", x63, x63, x63, x63);
  g_autofree char *path = g_strdup_printf ("<%s@%s.%s.%s>", x64, x63, x63, x63);

  assert_path (fits, PROTO_PATH_FORWARD, x64, "b", "");
  assert_refused (local_part, PROTO_PATH_FORWARD, FALSE);
  assert_refused (label, PROTO_PATH_FORWARD, FALSE);
  assert_refused (domain, PROTO_PATH_FORWARD, FALSE);
  assert_refused (path, PROTO_PATH_FORWARD, FALSE);
}

static void
assert_address (const char *local_part, const char *domain, const char *expected)
{
  g_autoptr (ProtoPath) path = proto_path_new (local_part, domain);
  g_autofree char *address = proto_path_to_address (path);

  g_assert_cmpstr (address, ==, expected);
}

static void
test_to_address (void)
{
  assert_address ("", "", "");
  assert_address ("Postmaster", "", "Postmaster");
  assert_address ("a.b", "c", "a.b@c");
  assert_address ("a b", "c", "\"a b\"@c");
  assert_address ("a\"\\", "c", "\"a\\\"\\\\\"@c");
  assert_address ("", "c", "\"\"@c");
  assert_address ("a.", "c", "\"a.\"@c");
}

static void
test_from_address (void)
{
  static const char *const refused[] = { "",
                                         "a",
                                         "a@",
                                         "<a@b>",
                                         "a@b>",
                                         "a@b\r\nRCPT TO:<c@d>",
                                         "a@b c@d",
                                         "a>@b",
                                         "\"a\r\n\"@b",
                                         "a@b ",
                                         "a@b\xef\xbc\x9e.org" };

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (proto_path_from_address (refused[i], &error));
      g_assert_error (error, PROTO_ERROR, PROTO_ERROR_SYNTAX);
    }

  g_autoptr (GError) error = NULL;
  g_autoptr (ProtoPath) quoted = proto_path_from_address ("\"a>b\"@c", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (quoted->local_part, ==, "a>b");

  g_autoptr (ProtoPath) foreign = proto_path_from_address ("jo@bücher.example", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (foreign->domain, ==, "xn--bcher-kva.example");
  g_autoptr (ProtoPath) international = proto_path_from_address ("é@b.org", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (international->local_part, ==, "é");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/proto/path/accepted", test_accepted);
  g_test_add_func ("/proto/path/refused", test_refused);
  g_test_add_func ("/proto/path/utf8", test_utf8);
  g_test_add_func ("/proto/path/limits", test_limits);
  g_test_add_func ("/proto/path/to-address", test_to_address);
  g_test_add_func ("/proto/path/from-address", test_from_address);
  return g_test_run ();
}
