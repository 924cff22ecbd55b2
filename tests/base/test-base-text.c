/* SPDX-License-Identifier: MIT */
#include <base-secret.h>
#include <base-text.h>

static void
assert_escaped (const char *text, gssize length, const char *expected)
{
  g_autofree char *escaped = base_text_escape (text, length);

  g_assert_cmpstr (escaped, ==, expected);
}

static void
test_escape (void)
{
  assert_escaped ("plain", -1, "plain");
  assert_escaped ("a\r\nb\tc", -1, "a\\r\\nb\\tc");
  assert_escaped ("x\0y", 3, "x\\x00y");
  assert_escaped ("\033[2J", -1, "\\x1b[2J");
  assert_escaped ("é\xff", -1, "é\\xff");
  assert_escaped ("收件箱", -1, "收件箱");
  assert_escaped ("a\xe2\x80\xae"
                  "b",
                  -1, "a\\xe2\\x80\\xaeb");
}

static void
test_escape_lines (void)
{
  g_autofree char *escaped = base_text_escape_lines ("a\r\nb\n\033c\rd", -1);

  g_assert_cmpstr (escaped, ==, "a\nb\n\\x1bc\\rd");
}

static void
test_secret (void)
{
  g_autoptr (BaseSecret) one = base_secret_new ("a b ", -1);
  g_autoptr (BaseSecret) same = base_secret_new_take (g_strdup ("a b "));
  g_autoptr (BaseSecret) other = base_secret_new ("a b", -1);

  g_assert_true (base_secret_equal (one, same));
  g_assert_false (base_secret_equal (one, other));
  g_assert_cmpuint (base_secret_get_length (one), ==, 4);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/text/escape", test_escape);
  g_test_add_func ("/base/text/escape-lines", test_escape_lines);
  g_test_add_func ("/base/secret/equal", test_secret);
  return g_test_run ();
}
