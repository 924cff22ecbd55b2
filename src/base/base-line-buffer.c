/* SPDX-License-Identifier: MIT */
#include "base-line-buffer.h"

#include "base-secret.h"

#include <string.h>

struct _BaseLineBuffer
{
  guint8 *data;
  gsize start; /* first octet not yet taken */
  gsize end;   /* one past the last octet */
  gsize capacity;
  gsize searched;        /* no CRLF begins before this offset */
  gboolean passing_over; /* inside a line that was too long */
};

BaseLineBuffer *
base_line_buffer_new (void)
{
  return g_new0 (BaseLineBuffer, 1);
}

void
base_line_buffer_free (BaseLineBuffer *buffer)
{
  base_line_buffer_clear (buffer);
  g_free (buffer->data);
  g_free (buffer);
}

void
base_line_buffer_append (BaseLineBuffer *buffer, const guint8 *data, gsize length)
{
  if (length == 0)
    return;
  if (buffer->start > 0 && buffer->end + length + 1 > buffer->capacity)
    {
      memmove (buffer->data, buffer->data + buffer->start, buffer->end - buffer->start);
      buffer->end -= buffer->start;
      buffer->searched -= buffer->start;
      buffer->start = 0;
    }
  if (buffer->end + length + 1 > buffer->capacity)
    {
      buffer->capacity = MAX (MAX (buffer->capacity * 2, 512), buffer->end + length + 1);
      buffer->data = g_realloc (buffer->data, buffer->capacity);
    }
  memcpy (buffer->data + buffer->end, data, length);
  buffer->end += length;
}

/* The offset of the next CRLF, or -1. Remembers how far it looked, so that a line that comes a
 * byte at a time costs one pass. */
static gssize
find_crlf (BaseLineBuffer *buffer)
{
  while (buffer->searched < buffer->end)
    {
      guint8 *cr = memchr (buffer->data + buffer->searched, '\r', buffer->end - buffer->searched);

      if (cr == NULL)
        {
          buffer->searched = buffer->end;
          return -1;
        }
      buffer->searched = (gsize) (cr - buffer->data);
      if (buffer->searched + 1 == buffer->end)
        return -1;
      if (cr[1] == '\n')
        return cr - buffer->data;
      buffer->searched++;
    }
  return -1;
}

static void
drop_to (BaseLineBuffer *buffer, gsize offset)
{
  buffer->start = offset;
  if (buffer->start == buffer->end)
    buffer->start = buffer->end = 0;
  buffer->searched = buffer->start;
}

BaseLineResult
base_line_buffer_take_line (BaseLineBuffer *buffer, gsize limit, const char **line, gsize *length)
{
  gssize crlf = find_crlf (buffer);
  gsize octets = (crlf < 0 ? buffer->end : (gsize) crlf + 2) - buffer->start;

  if (crlf < 0)
    {
      if (!buffer->passing_over && octets <= limit)
        return BASE_LINE_NONE;
      /* Keep a CR at the very end: its LF may come next. */
      gboolean half = buffer->end > buffer->start && buffer->data[buffer->end - 1] == '\r';
      buffer->passing_over = TRUE;
      drop_to (buffer, buffer->end - (half ? 1 : 0));
      return BASE_LINE_NONE;
    }
  if (buffer->passing_over || octets > limit)
    {
      buffer->passing_over = FALSE;
      drop_to (buffer, (gsize) crlf + 2);
      return BASE_LINE_TOO_LONG;
    }
  *line = (const char *) buffer->data + buffer->start;
  *length = octets - 2;
  buffer->data[crlf] = '\0';
  drop_to (buffer, (gsize) crlf + 2);
  return BASE_LINE_WHOLE;
}

const guint8 *
base_line_buffer_peek (const BaseLineBuffer *buffer, gsize *length)
{
  *length = buffer->end - buffer->start;
  return buffer->data + buffer->start;
}

void
base_line_buffer_skip (BaseLineBuffer *buffer, gsize length)
{
  g_return_if_fail (length <= buffer->end - buffer->start);
  drop_to (buffer, buffer->start + length);
}

gsize
base_line_buffer_get_length (const BaseLineBuffer *buffer)
{
  return buffer->end - buffer->start;
}

void
base_line_buffer_clear (BaseLineBuffer *buffer)
{
  if (buffer->data != NULL)
    base_secret_wipe (buffer->data, buffer->capacity);
  buffer->start = buffer->end = buffer->searched = 0;
  buffer->passing_over = FALSE;
}
