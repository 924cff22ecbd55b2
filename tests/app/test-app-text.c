/* SPDX-License-Identifier: MIT */

/* Names and dates as people say them. */

#include <app-text.h>
#include <gio/gio.h>

static void
assert_names (const char *mailboxes, const char *expected)
{
  g_autofree char *names = app_text_names (mailboxes);

  g_assert_cmpstr (names, ==, expected);
}

static void
test_names (void)
{
  assert_names ("Ann Lee <ann@example.org>", "Ann Lee");
  assert_names ("ann@example.org", "ann@example.org");
  assert_names ("Ann Lee <ann@example.org>, bob@example.org", "Ann Lee, bob");
  assert_names ("王小明 <wang@example.org>", "王小明");
  assert_names ("", "");
  assert_names (NULL, "");
  assert_names ("not an address", "not an address");
}

static void
assert_short (GDateTime *date, const char *expected)
{
  g_autofree char *text = app_text_short_date (g_date_time_to_unix (date));

  g_assert_cmpstr (text, ==, expected);
}

static void
test_dates (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) noon
      = g_date_time_new_local (g_date_time_get_year (now), g_date_time_get_month (now),
                               g_date_time_get_day_of_month (now), 12, 5, 0);
  g_autoptr (GDateTime) yesterday = g_date_time_add_days (noon, -1);
  g_autoptr (GDateTime) before = g_date_time_add_days (noon, -3);
  g_autoptr (GDateTime) old = g_date_time_new_local (2019, 5, 3, 10, 0, 0);
  g_autofree char *weekday = g_date_time_format (before, "%A");
  g_autofree char *none = app_text_short_date (0);
  g_autofree char *whole = app_text_long_date (g_date_time_to_unix (old));

  assert_short (noon, "12:05");
  assert_short (yesterday, "Yesterday");
  assert_short (before, weekday);
  assert_short (old, "3 May 2019");
  g_assert_cmpstr (none, ==, "");
  g_assert_cmpstr (whole, ==, "Friday, 3 May 2019, 10:00");
}

static void
test_failures (void)
{
  g_autoptr (GError) refused
      = g_error_new_literal (ENGINE_ERROR, ENGINE_ERROR_REFUSED, "550 No such user");
  g_autoptr (GError) other = g_error_new_literal (ENGINE_ERROR, ENGINE_ERROR_EXISTS, "Is there");
  g_autoptr (GError) cancelled = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "");
  g_autofree char *words = app_text_failure (refused);
  g_autofree char *plain = app_text_failure (other);

  g_assert_cmpstr (words, ==, "The server refused: 550 No such user");
  g_assert_cmpstr (plain, ==, "Is there");
  g_assert_true (app_text_is_cancelled (cancelled));
  g_assert_false (app_text_is_cancelled (refused));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  message_init ();
  g_test_add_func ("/app/text/names", test_names);
  g_test_add_func ("/app/text/dates", test_dates);
  g_test_add_func ("/app/text/failures", test_failures);
  return g_test_run ();
}
