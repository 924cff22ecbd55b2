/* SPDX-License-Identifier: MIT */
#include <message-date.h>

static void
test_format (void)
{
  g_autofree char *text = message_date_format (1795428000);
  g_autofree char *early = message_date_format (0);

  /* Eight hours east, whatever the locale says of days and months. */
  g_assert_cmpstr (text, ==, "Mon, 23 Nov 2026 18:00:00 +0800");
  g_assert_cmpstr (early, ==, "Thu, 1 Jan 1970 08:00:00 +0800");
  g_assert_cmpint (message_date_parse (text), ==, 1795428000);
}

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    gint64 seconds;
  } cases[] = {
    { "Mon, 23 Nov 2026 14:00:00 +0000", 1795442400 },
    { "23 Nov 2026 14:00:00 +0000", 1795442400 },
    { "Mon, 23 Nov 2026 14:00 GMT", 1795442400 },
    { "Mon, 23 Nov 2026 09:00:00 -0500 (EST)", 1795442400 },
    { "Mon, 23 Nov 26 14:00:00 +0000", 1795442400 },
    { "Mon, 23 Nov 2026 19:30:00 +0530", 1795442400 },
    { "Thu, 1 Jan 1960 00:00:00 +0000", 0 },
    { "yesterday", 0 },
    { "", 0 },
    { NULL, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].text != NULL ? cases[i].text : "none");
      g_assert_cmpint (message_date_parse (cases[i].text), ==, cases[i].seconds);
    }
}

int
main (int argc, char *argv[])
{
  g_setenv ("TZ", "UTC-8", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/date/format", test_format);
  g_test_add_func ("/message/date/parse", test_parse);
  return g_test_run ();
}
