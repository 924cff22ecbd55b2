/* SPDX-License-Identifier: MIT */
#include "message-text-private.h"

#include <string.h>

#define FLOW_WIDTH 72

/* ---- character sets ---- */

/* Names that letters use for something larger than they say. */
static const struct
{
  const char *said;
  const char *meant;
} charsets[] = {
  { "us-ascii", "windows-1252" },
  { "iso-8859-1", "windows-1252" },
  { "latin1", "windows-1252" },
  { "gb2312", "gb18030" },
  { "gb_2312-80", "gb18030" },
  { "gbk", "gb18030" },
  { "x-gbk", "gb18030" },
  { "ks_c_5601-1987", "cp949" },
  { "euc-kr", "cp949" },
  { "shift_jis", "cp932" },
  { "x-sjis", "cp932" },
  { "big5", "big5-hkscs" },
  { "iso-8859-8-i", "iso-8859-8" },
  { "iso-8859-9", "windows-1254" },
  { "x-unknown", "windows-1252" },
  { "unknown-8bit", "windows-1252" },
};

static const char *
real_charset (const char *charset)
{
  for (gsize i = 0; i < G_N_ELEMENTS (charsets); i++)
    if (g_ascii_strcasecmp (charsets[i].said, charset) == 0)
      return charsets[i].meant;
  return charset;
}

/* \n ends; NUL, which would end the text early, is shown as what it is: nothing known. */
static char *
clean_lines (const char *text, gsize length)
{
  GString *out = g_string_sized_new (length);

  for (gsize i = 0; i < length; i++)
    {
      if (text[i] == '\r')
        {
          if (i + 1 >= length || text[i + 1] != '\n')
            g_string_append_c (out, '\n');
        }
      else if (text[i] == '\0')
        g_string_append (out, "\357\277\275");
      else
        g_string_append_c (out, text[i]);
    }
  return g_string_free (out, FALSE);
}

char *
message_text_decode (const char *data, gsize length, const char *charset)
{
  gsize converted = 0;

  if (length == 0)
    return g_strdup ("");
  if (g_utf8_validate_len (data, length, NULL)
      && (charset == NULL || g_ascii_strcasecmp (charset, "utf-8") == 0
          || g_ascii_strcasecmp (charset, "us-ascii") == 0))
    return clean_lines (data, length);

  const char *real = real_charset (charset != NULL ? charset : "windows-1252");
  g_autofree char *text
      = g_ascii_strcasecmp (real, "utf-8") == 0
            ? NULL
            : g_convert (data, (gssize) length, "UTF-8", real, NULL, &converted, NULL);
  if (text == NULL)
    {
      /* Wrong, or unknown: what is UTF-8 in it is shown, the rest replaced. */
      text = g_utf8_make_valid (data, (gssize) length);
      converted = strlen (text);
    }
  return clean_lines (text, converted);
}

/* ---- format=flowed ---- */

static guint
quote_depth (const char *line)
{
  guint depth = 0;

  while (line[depth] == '>')
    depth++;
  return depth;
}

/* RFC 3676 section 4.4: a blank before what would be taken for a quote, for From, or for itself. */
static void
append_stuffed (GString *out, const char *line, gsize length)
{
  if (length > 0
      && (*line == ' ' || *line == '>' || (length >= 5 && strncmp (line, "From ", 5) == 0)))
    g_string_append_c (out, ' ');
  g_string_append_len (out, line, (gssize) length);
}

/* Where @line may be broken so that it fits; its length when it cannot or need not. */
static gsize
find_break (const char *line, gsize length)
{
  gsize best = length;

  if (length <= FLOW_WIDTH)
    return length;
  for (gsize i = 1; i < length; i++)
    {
      /* What stands alone as "-- " would begin a signature. */
      if (line[i - 1] != ' ' || (i == 3 && strncmp (line, "-- ", 3) == 0))
        continue;
      if (i > FLOW_WIDTH && best != length)
        break;
      best = i;
      if (i > FLOW_WIDTH)
        break;
    }
  return best;
}

static void
flow_line (GString *out, const char *line, gsize length)
{
  /* Trailing blanks would say that the next line goes on; only the signature's stays. */
  if (!(length == 3 && strncmp (line, "-- ", 3) == 0))
    while (length > 0 && line[length - 1] == ' ')
      length--;
  if (quote_depth (line) > 0)
    {
      /* A quote keeps its lines: they are another's. */
      g_string_append_len (out, line, (gssize) length);
      g_string_append_c (out, '\n');
      return;
    }
  while (length > 0)
    {
      gsize part = find_break (line, length);
      append_stuffed (out, line, part);
      g_string_append_c (out, '\n');
      line += part;
      length -= part;
      if (length == 0)
        return;
    }
  g_string_append_c (out, '\n');
}

char *
message_text_to_flowed (const char *text)
{
  GString *out = g_string_new (NULL);

  while (*text != '\0')
    {
      gsize length = strcspn (text, "\n");
      flow_line (out, text, length);
      text += length;
      if (*text == '\n')
        text++;
    }
  return g_string_free (out, FALSE);
}

char *
message_text_from_flowed (const char *text, gboolean delete_space)
{
  GString *out = g_string_new (NULL);
  gboolean flowing = FALSE;
  guint flowing_depth = 0;

  while (*text != '\0')
    {
      gsize length = strcspn (text, "\n");
      const char *next = text + length + (text[length] == '\n' ? 1 : 0);
      guint depth = quote_depth (text);
      const char *line = text + depth;
      length -= depth;
      if (length > 0 && *line == ' ')
        {
          line++;
          length--;
        }
      gboolean signature = length == 3 && strncmp (line, "-- ", 3) == 0;

      if (flowing && (depth != flowing_depth || signature))
        g_string_append_c (out, '\n');
      if (!flowing || depth != flowing_depth || signature)
        {
          for (guint i = 0; i < depth; i++)
            g_string_append_c (out, '>');
          if (depth > 0 && length > 0)
            g_string_append_c (out, ' ');
        }
      flowing = !signature && length > 0 && line[length - 1] == ' ';
      flowing_depth = depth;
      g_string_append_len (out, line, (gssize) (length - (flowing && delete_space ? 1 : 0)));
      if (!flowing)
        g_string_append_c (out, '\n');
      text = next;
    }
  if (flowing)
    g_string_append_c (out, '\n');
  return g_string_free (out, FALSE);
}
