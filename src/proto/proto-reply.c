/* SPDX-License-Identifier: MIT */
#include "proto-reply.h"

#include "proto-engine.h"

#include <string.h>

/* RFC 5321 section 4.5.3.1.5, without the CRLF. */
#define MAX_LINE  510
#define MAX_LINES 1000

struct _ProtoReplyParser
{
  guint code; /* 0: between replies */
  guint lines;
  char *enhanced;
  GString *text;
};

/* ---- helpers ---- */

/* Valid UTF-8 without control characters; \n stays when @keep_lines. */
static char *
make_clean (const char *text, gssize length, gboolean keep_lines)
{
  char *clean = g_utf8_make_valid (text, length);

  for (char *c = clean; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c) && !(keep_lines && *c == '\n'))
      *c = ' ';
  return clean;
}

/* The length of "X.Y.Z" at the start of @text when it is one for @code, or 0 (RFC 3463). */
static gsize
measure_enhanced (const char *text, guint code)
{
  gsize i = 2;

  if ((guint) (text[0] - '0') != code / 100 || code / 100 == 3 || text[1] != '.')
    return 0;
  for (guint part = 0; part < 2; part++)
    {
      gsize start = i;

      while (g_ascii_isdigit (text[i]))
        i++;
      if (i == start || i - start > 3 || (part == 0 && text[i] != '.'))
        return 0;
      if (part == 0)
        i++;
    }
  return text[i] == '\0' || text[i] == ' ' ? i : 0;
}

/* How much of @text goes on a line of at most @room octets: up to a space where there is one, and
 * never into the middle of a character. */
static gsize
measure_fold (const char *text, gsize length, gsize room)
{
  if (length <= room)
    return length;
  for (gsize i = room; i > room / 2; i--)
    if (text[i] == ' ')
      return i;
  while (room > 1 && ((guint8) text[room] & 0xC0) == 0x80)
    room--;
  return room;
}

/* Appends one line of the text, folded, all with a hyphen behind the code. */
static void
append_folded (GString *wire, guint code, const char *enhanced, const char *text)
{
  gsize length = strlen (text);
  gsize room = MAX_LINE - 4 - (enhanced != NULL ? strlen (enhanced) + 1 : 0);

  do
    {
      gsize part = measure_fold (text, length, room);

      g_string_append_printf (wire, "%s%03u-", wire->len > 0 ? "\r\n" : "", code);
      if (enhanced != NULL)
        g_string_append_printf (wire, "%s ", enhanced);
      g_string_append_len (wire, text, (gssize) part);
      text += part;
      length -= part;
      while (length > 0 && *text == ' ')
        text++, length--;
    }
  while (length > 0);
}

/* ---- replies ---- */

ProtoReply *
proto_reply_new (guint code, const char *enhanced, const char *text)
{
  g_return_val_if_fail (code >= 200 && code <= 599, NULL);

  ProtoReply *reply = g_new0 (ProtoReply, 1);
  reply->code = code;
  reply->enhanced = g_strdup (enhanced);
  reply->text = make_clean (text, -1, TRUE);
  return reply;
}

ProtoReply *
proto_reply_new_printf (guint code, const char *enhanced, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return proto_reply_new (code, enhanced, text);
}

ProtoReply *
proto_reply_copy (const ProtoReply *reply)
{
  return proto_reply_new (reply->code, reply->enhanced, reply->text);
}

void
proto_reply_free (ProtoReply *reply)
{
  if (reply == NULL)
    return;
  g_free (reply->enhanced);
  g_free (reply->text);
  g_free (reply);
}

gboolean
proto_reply_is_positive (const ProtoReply *reply)
{
  return reply->code / 100 == 2;
}

gboolean
proto_reply_is_temporary (const ProtoReply *reply)
{
  return reply->code / 100 == 4;
}

gboolean
proto_reply_is_permanent (const ProtoReply *reply)
{
  return reply->code / 100 == 5;
}

char *
proto_reply_format (const ProtoReply *reply, gboolean with_enhanced)
{
  const char *enhanced = with_enhanced ? reply->enhanced : NULL;
  g_auto (GStrv) lines = g_strsplit (*reply->text != '\0' ? reply->text : " ", "\n", -1);
  GString *wire = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    append_folded (wire, reply->code, enhanced, lines[i]);

  char *last = g_strrstr (wire->str, "\r\n");
  wire->str[last != NULL ? (gsize) (last - wire->str) + 5 : 3] = ' ';
  return g_string_free (wire, FALSE);
}

char *
proto_reply_to_string (const ProtoReply *reply)
{
  g_autofree char *text = g_strdelimit (g_strdup (reply->text), "\n", ' ');

  if (reply->enhanced == NULL)
    return g_strdup_printf ("%03u %s", reply->code, text);
  return g_strdup_printf ("%03u %s %s", reply->code, reply->enhanced, text);
}

/* ---- parser ---- */

ProtoReplyParser *
proto_reply_parser_new (void)
{
  ProtoReplyParser *parser = g_new0 (ProtoReplyParser, 1);

  parser->text = g_string_new (NULL);
  return parser;
}

static void
parser_reset (ProtoReplyParser *parser)
{
  parser->code = 0;
  parser->lines = 0;
  g_clear_pointer (&parser->enhanced, g_free);
  g_string_truncate (parser->text, 0);
}

void
proto_reply_parser_free (ProtoReplyParser *parser)
{
  g_free (parser->enhanced);
  g_string_free (parser->text, TRUE);
  g_free (parser);
}

/* The code at the start of the line, or 0. */
static guint
read_code (const char *line, gsize length)
{
  if (length < 3 || line[0] < '2' || line[0] > '5' || !g_ascii_isdigit (line[1])
      || !g_ascii_isdigit (line[2]) || (length > 3 && line[3] != ' ' && line[3] != '-'))
    return 0;
  return (guint) g_ascii_digit_value (line[0]) * 100 + (guint) g_ascii_digit_value (line[1]) * 10
         + (guint) g_ascii_digit_value (line[2]);
}

static void
take_text (ProtoReplyParser *parser, const char *line, gsize length)
{
  g_autofree char *clean
      = length > 4 ? make_clean (line + 4, (gssize) length - 4, FALSE) : g_strdup ("");
  const char *text = clean;
  gsize enhanced = measure_enhanced (text, parser->code);

  if (enhanced > 0)
    {
      if (parser->lines == 0)
        parser->enhanced = g_strndup (text, enhanced);
      text += enhanced + (text[enhanced] == ' ' ? 1 : 0);
    }
  if (parser->lines++ > 0)
    g_string_append_c (parser->text, '\n');
  g_string_append (parser->text, text);
}

gboolean
proto_reply_parser_take_line (ProtoReplyParser *parser,
                              const char *line,
                              gsize length,
                              ProtoReply **reply,
                              GError **error)
{
  guint code = read_code (line, length);

  *reply = NULL;
  if (code == 0)
    {
      g_set_error (error, PROTO_ERROR, PROTO_ERROR_SYNTAX, "The reply has no code");
      parser_reset (parser);
      return FALSE;
    }
  if (parser->code != 0 && parser->code != code)
    {
      g_set_error (error, PROTO_ERROR, PROTO_ERROR_SYNTAX,
                   "The lines of one reply have different codes, %u and %u", parser->code, code);
      parser_reset (parser);
      return FALSE;
    }
  if (parser->lines >= MAX_LINES)
    {
      g_set_error (error, PROTO_ERROR, PROTO_ERROR_SYNTAX, "The reply has over %u lines",
                   (guint) MAX_LINES);
      parser_reset (parser);
      return FALSE;
    }

  parser->code = code;
  take_text (parser, line, length);
  if (length > 3 && line[3] == '-')
    return TRUE;

  *reply = proto_reply_new (code, parser->enhanced, parser->text->str);
  parser_reset (parser);
  return TRUE;
}
