/* SPDX-License-Identifier: MIT */
#include <base-line-buffer.h>

#include <string.h>

static void
append (BaseLineBuffer *buffer, const char *text)
{
  base_line_buffer_append (buffer, (const guint8 *) text, strlen (text));
}

static void
assert_line (BaseLineBuffer *buffer, gsize limit, const char *expected)
{
  const char *line = NULL;
  gsize length = 0;

  g_assert_cmpint (base_line_buffer_take_line (buffer, limit, &line, &length), ==, BASE_LINE_WHOLE);
  g_assert_cmpmem (line, length, expected, strlen (expected));
  g_assert_cmpint (line[length], ==, '\0');
}

static void
assert_result (BaseLineBuffer *buffer, gsize limit, BaseLineResult expected)
{
  const char *line = NULL;
  gsize length = 0;

  g_assert_cmpint (base_line_buffer_take_line (buffer, limit, &line, &length), ==, expected);
}

static void
test_only_crlf_ends_a_line (void)
{
  g_autoptr (BaseLineBuffer) buffer = base_line_buffer_new ();

  append (buffer, "a\nb\rc\r\r\nNEXT\r\n");
  assert_line (buffer, 100, "a\nb\rc\r");
  assert_line (buffer, 100, "NEXT");
  assert_result (buffer, 100, BASE_LINE_NONE);
}

static void
test_byte_by_byte (void)
{
  g_autoptr (BaseLineBuffer) buffer = base_line_buffer_new ();
  const char *text = "EHLO x\r\n";

  for (gsize i = 0; i < strlen (text) - 1; i++)
    {
      base_line_buffer_append (buffer, (const guint8 *) text + i, 1);
      assert_result (buffer, 100, BASE_LINE_NONE);
    }
  append (buffer, "\n");
  assert_line (buffer, 100, "EHLO x");
}

static void
test_the_limit_counts_crlf (void)
{
  g_autoptr (BaseLineBuffer) buffer = base_line_buffer_new ();

  append (buffer, "12345678\r\n123456789\r\nok\r\n");
  assert_line (buffer, 10, "12345678");
  assert_result (buffer, 10, BASE_LINE_TOO_LONG);
  assert_line (buffer, 10, "ok");
}

static void
test_a_long_line_costs_no_memory (void)
{
  g_autoptr (BaseLineBuffer) buffer = base_line_buffer_new ();

  for (guint i = 0; i < 1000; i++)
    {
      append (buffer, "0123456789012345678901234567890123456789\r");
      assert_result (buffer, 10, BASE_LINE_NONE);
      g_assert_cmpuint (base_line_buffer_get_length (buffer), <=, 10);
    }
  append (buffer, "\nok\r\n");
  assert_result (buffer, 10, BASE_LINE_TOO_LONG);
  assert_line (buffer, 10, "ok");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/line-buffer/only-crlf", test_only_crlf_ends_a_line);
  g_test_add_func ("/base/line-buffer/byte-by-byte", test_byte_by_byte);
  g_test_add_func ("/base/line-buffer/limit", test_the_limit_counts_crlf);
  g_test_add_func ("/base/line-buffer/long-line", test_a_long_line_costs_no_memory);
  return g_test_run ();
}
