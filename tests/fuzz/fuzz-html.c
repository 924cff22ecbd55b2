/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <message-html.h>
#include <string.h>

/* What a browser would act on may stand in no tag of ours, whatever its attributes' values are. */
static void
check_tag (const char *tag, gsize length)
{
  static const char *const forbidden[]
      = { "script", "iframe", "object", "embed", "form",  "input", "meta", "base",
          "link",   "style",  "svg",    "math",  "video", "audio", "area", "frame" };
  g_autofree char *lower = g_ascii_strdown (tag, (gssize) length);
  gboolean in_value = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (forbidden); i++)
    g_assert_false (g_str_has_prefix (lower, forbidden[i]));
  g_assert_null (strstr (lower, "href=\"javascript"));
  g_assert_null (strstr (lower, "src=\"javascript"));
  for (const char *at = lower; *at != '\0'; at++)
    {
      if (*at == '"')
        in_value = !in_value;
      if (!in_value && *at == ' ')
        g_assert_false (g_str_has_prefix (at, " on"));
    }
  g_assert_false (in_value);
}

static void
check_body (const char *html)
{
  const char *at = strstr (html, "<body>") + strlen ("<body>");
  const char *end = strstr (at, "</body>");

  while (at < end && (at = memchr (at, '<', (gsize) (end - at))) != NULL)
    {
      const char *close = strchr (at, '>');

      g_assert_nonnull (close);
      check_tag (at + 1, (gsize) (close - at - 1));
      at = close;
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *html = g_strndup ((const char *) data, size);
  g_autofree char *valid = g_utf8_make_valid (html, -1);
  g_autofree char *safe = message_html_make_safe (html, FALSE, NULL);
  g_autofree char *clean = message_html_clean (html);
  g_autofree char *text = message_html_to_text (html);
  g_autofree char *made = message_html_from_text (valid);

  g_assert_true (g_utf8_validate (safe, -1, NULL));
  g_assert_true (g_utf8_validate (clean, -1, NULL));
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_true (g_utf8_validate (made, -1, NULL));
  check_body (safe);
  check_body (clean);
  g_assert_null (strstr (made, "<script"));
  return 0;
}
