/* SPDX-License-Identifier: MIT */
#include "proto-dot.h"

#include <string.h>

/* ---- sending ---- */

static void
append (GByteArray *out, const char *text, guint length)
{
  g_byte_array_append (out, (const guint8 *) text, length);
}

void
proto_dot_encoder_init (ProtoDotEncoder *encoder)
{
  encoder->at_line_start = TRUE;
  encoder->after_cr = FALSE;
}

/* How much of @data, which begins with a line, can be sent as it stands: whole lines that end in
 * CRLF, hold no other CR and begin with no dot. */
static gsize
count_plain_lines (const guint8 *data, gsize length)
{
  const guint8 *end = data + length;
  const guint8 *line = data;
  const guint8 *lf;

  while (line < end && *line != '.' && (lf = memchr (line, '\n', (gsize) (end - line))) != NULL)
    {
      if (lf == line || memchr (line, '\r', (gsize) (lf - line)) != lf - 1)
        break;
      line = lf + 1;
    }
  return (gsize) (line - data);
}

static gsize
skip_to_line_end (const guint8 *data, gsize offset, gsize length)
{
  while (offset < length && data[offset] != '\r' && data[offset] != '\n')
    offset++;
  return offset;
}

void
proto_dot_encoder_write (ProtoDotEncoder *encoder,
                         const guint8 *data,
                         gsize length,
                         GByteArray *out)
{
  gsize i = 0;

  while (i < length)
    {
      gsize plain = encoder->at_line_start && !encoder->after_cr
                        ? count_plain_lines (data + i, length - i)
                        : 0;

      if (plain > 0)
        {
          g_byte_array_append (out, data + i, (guint) plain);
          i += plain;
          continue;
        }
      if (data[i] == '\r' || data[i] == '\n')
        {
          /* A CR is sent as a whole CRLF at once; its own LF, if it comes, is passed over. */
          if (data[i] == '\r' || !encoder->after_cr)
            append (out, "\r\n", 2);
          encoder->after_cr = data[i] == '\r';
          encoder->at_line_start = TRUE;
          i++;
          continue;
        }

      if (encoder->at_line_start && data[i] == '.')
        append (out, ".", 1);
      encoder->at_line_start = FALSE;
      encoder->after_cr = FALSE;

      gsize end = skip_to_line_end (data, i, length);
      g_byte_array_append (out, data + i, (guint) (end - i));
      i = end;
    }
}

void
proto_dot_encoder_end (ProtoDotEncoder *encoder, GByteArray *out)
{
  if (!encoder->at_line_start)
    append (out, "\r\n", 2);
  append (out, ".\r\n", 3);
  proto_dot_encoder_init (encoder);
}

/* ---- receiving ---- */

enum
{
  LINE_START, /* behind a CRLF, or at the very start */
  DOT,        /* a dot at a line's start, held back */
  DOT_CR,     /* and a CR behind it, held back too */
  TEXT,
  CR, /* a CR in the text, already passed on */
  ENDED,
};

void
proto_dot_decoder_init (ProtoDotDecoder *decoder)
{
  *decoder = (ProtoDotDecoder){ .state = LINE_START };
}

static void
count (ProtoDotDecoder *decoder, gsize octets)
{
  decoder->line_length += octets;
  if (decoder->line_length > decoder->longest_line)
    decoder->longest_line = decoder->line_length;
}

/* The CR before the octet at hand was none of a CRLF: it is text, as any octet. */
static void
note_bare_cr (ProtoDotDecoder *decoder)
{
  decoder->bare_cr = TRUE;
  count (decoder, 1);
}

/* Takes text up to the next CR. A bare LF is text, and does not end the line. */
static gsize
take_text (ProtoDotDecoder *decoder, const guint8 *data, gsize length, GByteArray *out)
{
  const guint8 *cr = memchr (data, '\r', length);
  gsize taken = cr != NULL ? (gsize) (cr - data) : length;
  const guint8 *lf = memchr (data, '\n', taken);

  if (lf != NULL && decoder->lenient)
    taken = (gsize) (lf - data);
  else if (lf != NULL)
    decoder->bare_lf = TRUE;
  decoder->saw_nul = decoder->saw_nul || memchr (data, '\0', taken) != NULL;
  g_byte_array_append (out, data, (guint) taken);
  count (decoder, taken);
  decoder->state = TEXT;
  return taken;
}

/* A bare LF where it ends a line. */
static void
take_loose_end (ProtoDotDecoder *decoder, GByteArray *out)
{
  decoder->bare_lf = TRUE;
  if (decoder->state == DOT)
    {
      decoder->state = ENDED;
      decoder->false_end = TRUE;
      return;
    }
  append (out, "\r\n", 2);
  decoder->state = LINE_START;
  decoder->loose = TRUE;
  decoder->line_length = 0;
}

/* The octet @octet after the state's own. Returns FALSE when it is plain text, not yet taken. */
static gboolean
take_special (ProtoDotDecoder *decoder, guint8 octet, GByteArray *out)
{
  if (decoder->lenient && octet == '\n' && decoder->state != CR && decoder->state != DOT_CR)
    {
      take_loose_end (decoder, out);
      return TRUE;
    }
  if (decoder->state == LINE_START && octet == '.')
    {
      decoder->state = DOT;
      return TRUE;
    }
  if (decoder->state == DOT && octet == '\r')
    {
      decoder->state = DOT_CR;
      return TRUE;
    }
  if (decoder->state == DOT_CR)
    {
      if (octet == '\n')
        {
          decoder->state = ENDED;
          decoder->false_end = decoder->loose;
          return TRUE;
        }
      append (out, "\r", 1);
      decoder->state = CR;
    }
  if (decoder->state == CR && octet == '\n')
    {
      append (out, "\n", 1);
      decoder->state = LINE_START;
      decoder->loose = FALSE;
      decoder->line_length = 0;
      return TRUE;
    }
  if (decoder->state == CR)
    note_bare_cr (decoder);
  if (octet != '\r')
    return FALSE;
  append (out, "\r", 1);
  decoder->state = CR;
  return TRUE;
}

gsize
proto_dot_decoder_read (ProtoDotDecoder *decoder,
                        const guint8 *data,
                        gsize length,
                        GByteArray *out,
                        gboolean *ended)
{
  gsize i = 0;

  while (i < length && decoder->state != ENDED)
    {
      if (take_special (decoder, data[i], out))
        i++;
      else
        i += take_text (decoder, data + i, length - i, out);
    }
  *ended = decoder->state == ENDED;
  return i;
}
