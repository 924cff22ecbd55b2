/* SPDX-License-Identifier: MIT */
#include "base-text.h"

#include <string.h>

static void
append_escaped (GString *out, gunichar character, const char *bytes, gsize length)
{
  if (length == 1 && character == '\r')
    g_string_append (out, "\\r");
  else if (length == 1 && character == '\n')
    g_string_append (out, "\\n");
  else if (length == 1 && character == '\t')
    g_string_append (out, "\\t");
  else
    for (gsize i = 0; i < length; i++)
      g_string_append_printf (out, "\\x%02x", (guint) (guint8) bytes[i]);
}

/* Marks that reorder what is around them: a sender could make a file name read backwards. */
static gboolean
is_direction_mark (gunichar character)
{
  return (character >= 0x202a && character <= 0x202e)
         || (character >= 0x2066 && character <= 0x2069);
}

/* How much of @text is what nearly all text is: it needs no look at each character. */
static gsize
count_plain (const char *text, gsize length)
{
  gsize count = 0;

  while (count < length && text[count] >= 0x20 && text[count] < 0x7f)
    count++;
  return count;
}

static char *
escape (const char *text, gssize length, gboolean keep_lines)
{
  gsize size = length < 0 ? strlen (text) : (gsize) length;
  GString *out = g_string_sized_new (size + 16);

  for (gsize i = 0; i < size;)
    {
      gsize plain = count_plain (text + i, size - i);
      if (plain > 0)
        {
          g_string_append_len (out, text + i, (gssize) plain);
          i += plain;
          continue;
        }
      gunichar character = g_utf8_get_char_validated (text + i, (gssize) (size - i));
      gboolean valid = character != (gunichar) -1 && character != (gunichar) -2;
      gsize width = valid ? (gsize) g_unichar_to_utf8 (character, NULL) : 1;

      if (keep_lines && (text[i] == '\n' || text[i] == '\t'))
        g_string_append_c (out, text[i]);
      else if (keep_lines && text[i] == '\r' && i + 1 < size && text[i + 1] == '\n')
        ; /* the LF that follows ends the line */
      else if (valid && !g_unichar_iscntrl (character) && !is_direction_mark (character))
        g_string_append_len (out, text + i, (gssize) width);
      else
        append_escaped (out, valid ? character : 0, text + i, width);
      i += width;
    }
  return g_string_free (out, FALSE);
}

char *
base_text_escape (const char *text, gssize length)
{
  return escape (text, length, FALSE);
}

char *
base_text_escape_lines (const char *text, gssize length)
{
  return escape (text, length, TRUE);
}

char *
base_text_size (guint64 octets)
{
  return g_format_size (octets);
}
