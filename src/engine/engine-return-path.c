/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-return-path-private.h"

#include <string.h>

void
engine_return_path_init (EngineReturnPath *filter)
{
  *filter = (EngineReturnPath){ .naming = TRUE };
}

static void
release (EngineReturnPath *filter, GByteArray *out)
{
  g_byte_array_append (out, filter->held, filter->n_held);
  filter->n_held = 0;
  filter->naming = FALSE;
}

/* Whether the held octets are the name, and spaces that old letters have before the colon. */
static gboolean
is_return_path (const EngineReturnPath *filter)
{
  static const char name[] = "Return-Path";
  gsize length = sizeof name - 1, rest = filter->n_held;

  while (rest > 0 && (filter->held[rest - 1] == ' ' || filter->held[rest - 1] == '\t'))
    rest--;
  return rest == length && g_ascii_strncasecmp ((const char *) filter->held, name, length) == 0;
}

/* The line so far may be a field's name; its colon decides, or more spaces than anybody needs. */
static void
take_name (EngineReturnPath *filter, guint8 octet, GByteArray *out)
{
  gboolean full = filter->n_held == sizeof filter->held;

  if (octet != ':' && octet != '\n' && !full)
    {
      filter->held[filter->n_held++] = octet;
      return;
    }
  filter->dropping = (octet == ':' || full) && is_return_path (filter);
  if (filter->dropping)
    {
      filter->n_held = 0;
      filter->naming = FALSE;
      return;
    }
  release (filter, out);
  g_byte_array_append (out, &octet, 1);
}

static gboolean
is_empty_line (const EngineReturnPath *filter)
{
  return filter->naming
         && (filter->n_held == 0 || (filter->n_held == 1 && filter->held[0] == '\r'));
}

/* What stands behind the name, up to the end of the line; returns how much that is. */
static gsize
take_rest (EngineReturnPath *filter, const guint8 *data, gsize length, GByteArray *out)
{
  const guint8 *end = memchr (data, '\n', length);
  gsize used = end != NULL ? (gsize) (end - data) + 1 : length;

  if (!filter->dropping)
    g_byte_array_append (out, data, (guint) used);
  filter->naming = end != NULL;
  return used;
}

/* Bare LFs end lines here too: no field may pass for less than one. */
gsize
engine_return_path_read (EngineReturnPath *filter,
                         const guint8 *data,
                         gsize length,
                         GByteArray *out)
{
  gsize i = 0;

  while (i < length && !filter->over)
    {
      if (filter->naming && filter->dropping)
        {
          /* A line that begins with a space belongs to the one above. */
          filter->dropping = data[i] == ' ' || data[i] == '\t';
          filter->naming = !filter->dropping;
        }
      if (!filter->naming)
        {
          i += take_rest (filter, data + i, length - i, out);
          continue;
        }
      filter->over = data[i] == '\n' && is_empty_line (filter);
      take_name (filter, data[i], out);
      filter->naming |= data[i] == '\n';
      i++;
    }
  return i;
}

void
engine_return_path_end (EngineReturnPath *filter, GByteArray *out)
{
  release (filter, out);
}
