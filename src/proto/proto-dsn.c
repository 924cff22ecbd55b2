/* SPDX-License-Identifier: MIT */
#include "proto-dsn.h"

#include <string.h>

/* RFC 3461 sections 4.2 and 4.4, as they stand on the wire. */
#define MAX_RECIPIENT   500
#define MAX_ENVELOPE_ID 100

/* ---- keywords ---- */

gboolean
proto_dsn_parse_return (const char *value, ProtoDsnReturn *wanted)
{
  if (g_ascii_strcasecmp (value, "FULL") == 0)
    *wanted = PROTO_DSN_RETURN_FULL;
  else if (g_ascii_strcasecmp (value, "HDRS") == 0)
    *wanted = PROTO_DSN_RETURN_HEADERS;
  else
    return FALSE;
  return TRUE;
}

static ProtoDsnNotify
find_notify (const char *word)
{
  static const struct
  {
    const char *word;
    ProtoDsnNotify flag;
  } words[] = {
    { "NEVER", PROTO_DSN_NOTIFY_NEVER },
    { "SUCCESS", PROTO_DSN_NOTIFY_SUCCESS },
    { "FAILURE", PROTO_DSN_NOTIFY_FAILURE },
    { "DELAY", PROTO_DSN_NOTIFY_DELAY },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strcasecmp (words[i].word, word) == 0)
      return words[i].flag;
  return PROTO_DSN_NOTIFY_UNSAID;
}

gboolean
proto_dsn_parse_notify (const char *value, ProtoDsnNotify *wanted)
{
  g_auto (GStrv) words = g_strsplit (value, ",", -1);
  ProtoDsnNotify set = PROTO_DSN_NOTIFY_UNSAID;

  for (guint i = 0; words[i] != NULL; i++)
    {
      ProtoDsnNotify flag = find_notify (words[i]);

      if (flag == PROTO_DSN_NOTIFY_UNSAID || (set & PROTO_DSN_NOTIFY_NEVER) != 0
          || (flag == PROTO_DSN_NOTIFY_NEVER && i > 0))
        return FALSE;
      set |= flag;
    }
  *wanted = set;
  return set != PROTO_DSN_NOTIFY_UNSAID;
}

/* ---- encoded text ---- */

static gboolean
is_upper_xdigit (char c)
{
  return g_ascii_isdigit (c) || (c >= 'A' && c <= 'F');
}

/* xtext (section 4), which may hide what would break the line of a report. */
static char *
decode_xtext (const char *value)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (const char *at = value; *at != '\0'; at++)
    {
      char c = *at;

      if (!g_ascii_isgraph (c) || c == '=')
        return NULL;
      if (c == '+')
        {
          if (!is_upper_xdigit (at[1]) || !is_upper_xdigit (at[2]))
            return NULL;
          c = (char) (g_ascii_xdigit_value (at[1]) * 16 + g_ascii_xdigit_value (at[2]));
          at += 2;
        }
      if (!g_ascii_isprint (c))
        return NULL;
      g_string_append_c (text, c);
    }
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

/* Whether @c may stand in an address, and in a line of a report. */
static gboolean
is_address_character (gunichar c)
{
  return g_unichar_validate (c) && !g_unichar_iscntrl (c) && c != 0x2028 && c != 0x2029;
}

/* EmbeddedUnicodeChar, "\x{E9}"; *@at is at the backslash, and then behind the brace. */
static gboolean
decode_embedded (const char **at, GString *text)
{
  const char *digits = *at + 3;
  gsize length = 0;

  if (!g_str_has_prefix (*at, "\\x{"))
    return FALSE;
  while (is_upper_xdigit (digits[length]))
    length++;
  if (length < 2 || length > 6 || digits[length] != '}')
    return FALSE;

  gunichar c = (gunichar) g_ascii_strtoull (digits, NULL, 16);
  if (!is_address_character (c))
    return FALSE;
  g_string_append_unichar (text, c);
  *at = digits + length + 1;
  return TRUE;
}

/* utf-8-addr-xtext, or with @raw utf-8-addr-unitext (RFC 6533 section 3). */
static char *
decode_utf8 (const char *value, gboolean raw)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const char *at = value;

  if (!g_utf8_validate (value, -1, NULL))
    return NULL;
  while (*at != '\0')
    {
      gunichar c = g_utf8_get_char (at);

      if (c == '\\')
        {
          if (!decode_embedded (&at, text))
            return NULL;
          continue;
        }
      if (c < 0x80 ? !g_ascii_isgraph ((char) c) || c == '+' || c == '='
                   : !raw || !is_address_character (c))
        return NULL;
      g_string_append_unichar (text, c);
      at = g_utf8_next_char (at);
    }
  return text->len > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

/* An atom of RFC 822. */
static gboolean
is_address_type (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isgraph (text[i]) || strchr ("()<>@,;:\\\".[]+=", text[i]) != NULL)
      return FALSE;
  return length > 0;
}

/* ---- public ---- */

char *
proto_dsn_parse_envelope_id (const char *value)
{
  return strlen (value) <= MAX_ENVELOPE_ID ? decode_xtext (value) : NULL;
}

char *
proto_dsn_parse_recipient (const char *value, gboolean utf8)
{
  const char *semicolon = strchr (value, ';');
  g_autofree char *type = NULL;
  g_autofree char *address = NULL;

  if (semicolon == NULL || strlen (value) > MAX_RECIPIENT
      || !is_address_type (value, (gsize) (semicolon - value)))
    return NULL;
  type = g_strndup (value, (gsize) (semicolon - value));
  address = g_ascii_strcasecmp (type, "utf-8") == 0 ? decode_utf8 (semicolon + 1, utf8)
                                                    : decode_xtext (semicolon + 1);
  return address != NULL ? g_strconcat (type, ";", address, NULL) : NULL;
}
