/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-source-private.h"

#include <string.h>

static gboolean
is_field (const char *line, gsize length, const char *name)
{
  gsize name_length = strlen (name);

  if (length <= name_length || g_ascii_strncasecmp (line, name, name_length) != 0)
    return FALSE;
  /* Old letters may have blanks before the colon (RFC 5322 section 4.5). */
  while (name_length < length && (line[name_length] == ' ' || line[name_length] == '\t'))
    name_length++;
  return name_length < length && line[name_length] == ':';
}

/* The line at @data without its end; *@used counts the end too: CRLF, LF or CR. */
static gsize
measure_line (const char *data, gsize length, gsize *used)
{
  gsize end = 0;

  while (end < length && data[end] != '\r' && data[end] != '\n')
    end++;
  *used = end;
  if (end < length)
    *used += data[end] == '\r' && end + 1 < length && data[end + 1] == '\n' ? 2 : 1;
  return end;
}

GBytes *
engine_source_for_wire (GBytes *source)
{
  gsize length;
  const char *data = g_bytes_get_data (source, &length);
  GByteArray *wire = g_byte_array_sized_new (length + length / 32 + 2);
  gboolean in_header = TRUE;
  gboolean dropping = FALSE;

  while (length > 0)
    {
      gsize used = 0;
      gsize line = measure_line (data, length, &used);

      if (in_header && line == 0)
        {
          in_header = FALSE;
          dropping = FALSE;
        }
      else if (in_header && data[0] != ' ' && data[0] != '\t')
        dropping = is_field (data, line, "Bcc") || is_field (data, line, "Resent-Bcc");
      if (!dropping)
        {
          g_byte_array_append (wire, (const guint8 *) data, line);
          g_byte_array_append (wire, (const guint8 *) "\r\n", 2);
        }
      data += used;
      length -= used;
    }
  return g_byte_array_free_to_bytes (wire);
}
