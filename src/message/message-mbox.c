/* SPDX-License-Identifier: MIT */
#include "message-mbox.h"

#include <string.h>

/* Of a line that is longer only the start is looked at. */
#define MAX_LINE 65536

typedef enum
{
  BETWEEN, /* letters; a From line begins one */
  HEAD,
  BODY,
} Place;

struct _MessageMboxReader
{
  MessageMboxDialect dialect;
  MessageMboxSink sink;
  gpointer data;

  guint64 offset; /* of the octet behind those taken */
  guint64 stray;
  Place place;
  GString *line;    /* under way */
  gboolean in_long; /* the line's start is given away already */
  char blank[3];    /* a blank line that may be the last, which is not the letter's */
  MessageMboxStatus status;
  gboolean dropping; /* the field under way, with its folded lines */
  gboolean has_length;
  guint64 length;
  MessageMboxBody body;
  guint64 left; /* octets of a body that was measured */
};

static const char *const names[] = { "", "mboxo", "mboxrd", "mboxcl", "mboxcl2" };

gboolean
message_mbox_dialect_parse (const char *name, MessageMboxDialect *dialect)
{
  for (guint i = MESSAGE_MBOX_O; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (name, names[i]) == 0)
      {
        *dialect = (MessageMboxDialect) i;
        return TRUE;
      }
  return FALSE;
}

/* ---- lines ---- */

/* "From ann@example.org Mon Nov 23 10:00:00 2026": what tells it from a sentence is the time. */
static gboolean
is_from_line (const char *line, gsize length)
{
  if (length < 5 || memcmp (line, "From ", 5) != 0)
    return FALSE;
  for (gsize i = 5; i + 4 < length; i++)
    if (g_ascii_isdigit (line[i]) && g_ascii_isdigit (line[i + 1]) && line[i + 2] == ':'
        && g_ascii_isdigit (line[i + 3]) && g_ascii_isdigit (line[i + 4]))
      return TRUE;
  return FALSE;
}

gboolean
message_mbox_is_start (const char *text, gsize length)
{
  const char *end = memchr (text, '\n', length);

  return is_from_line (text, end != NULL ? (gsize) (end - text) : length);
}

static gboolean
is_blank (const char *line, gsize length)
{
  return (length == 1 && line[0] == '\n') || (length == 2 && line[0] == '\r' && line[1] == '\n');
}

/* How many ">" stand before "From "; 0 when it is no such line. */
static gsize
count_quotes (const char *line, gsize length)
{
  gsize quotes = 0;

  while (quotes < length && line[quotes] == '>')
    quotes++;
  return length - quotes >= 5 && memcmp (line + quotes, "From ", 5) == 0 ? quotes : 0;
}

/* Octets to be left off the start. */
static gsize
unquote (MessageMboxReader *reader, const char *line, gsize length)
{
  gsize quotes = count_quotes (line, length);

  if (reader->dialect == MESSAGE_MBOX_CL2 || reader->body == MESSAGE_MBOX_BODY_LITERAL)
    return 0;
  if (reader->dialect == MESSAGE_MBOX_O || reader->dialect == MESSAGE_MBOX_CL)
    return quotes == 1 ? 1 : 0;
  return quotes > 0 ? 1 : 0;
}

static void
give (MessageMboxReader *reader, const char *text, gsize length)
{
  if (reader->blank[0] != '\0')
    {
      reader->sink.text (reader->blank, strlen (reader->blank), reader->data);
      reader->blank[0] = '\0';
    }
  if (length > 0)
    reader->sink.text (text, length, reader->data);
}

/* ---- letters ---- */

static void
begin_letter (MessageMboxReader *reader)
{
  reader->place = HEAD;
  reader->status = (MessageMboxStatus){ FALSE };
  reader->dropping = FALSE;
  reader->has_length = FALSE;
  reader->body = MESSAGE_MBOX_BODY_LINES;
  reader->left = 0;
  reader->blank[0] = '\0';
  reader->sink.begin (reader->data);
}

static void
end_letter (MessageMboxReader *reader)
{
  if (reader->place == BETWEEN)
    return;
  reader->blank[0] = '\0';
  reader->place = BETWEEN;
  reader->sink.end (&reader->status, reader->data);
}

/* ---- the head ---- */

static const char *
value_of (const char *line, gsize length, const char *field)
{
  gsize name = strlen (field);

  return length > name && line[name] == ':' && g_ascii_strncasecmp (line, field, name) == 0
             ? line + name + 1
             : NULL;
}

static void
note_status (MessageMboxReader *reader, const char *value, const char *end)
{
  reader->status.known = TRUE;
  for (const char *c = value; c < end; c++)
    {
      reader->status.seen = reader->status.seen || *c == 'R';
      reader->status.answered = reader->status.answered || *c == 'A';
      reader->status.flagged = reader->status.flagged || *c == 'F';
    }
}

/* TRUE: the field is a mailbox's, not the letter's. */
static gboolean
take_field (MessageMboxReader *reader, const char *line, gsize length)
{
  const char *value, *end = line + length;

  if ((value = value_of (line, length, "Status")) != NULL
      || (value = value_of (line, length, "X-Status")) != NULL)
    {
      note_status (reader, value, end);
      return TRUE;
    }
  if ((value = value_of (line, length, "X-Mozilla-Status")) != NULL)
    {
      g_autofree char *text = g_strndup (value, (gsize) (end - value));
      guint64 bits = g_ascii_strtoull (g_strstrip (text), NULL, 16);

      reader->status.known = TRUE;
      reader->status.seen = (bits & 1) != 0;
      reader->status.answered = (bits & 2) != 0;
      reader->status.flagged = (bits & 4) != 0;
      return TRUE;
    }
  if ((value = value_of (line, length, "Content-Length")) != NULL && reader->sink.measure != NULL)
    {
      g_autofree char *text = g_strndup (value, (gsize) (end - value));

      reader->has_length = g_ascii_string_to_unsigned (g_strstrip (text), 10, 0, G_MAXINT64,
                                                       &reader->length, NULL);
      return reader->has_length;
    }
  return FALSE;
}

static void
end_head (MessageMboxReader *reader)
{
  reader->place = BODY;
  if (!reader->has_length || reader->dialect == MESSAGE_MBOX_O
      || reader->dialect == MESSAGE_MBOX_RD)
    return;
  reader->body = reader->sink.measure (reader->offset, reader->length, reader->data);
  if (reader->body != MESSAGE_MBOX_BODY_LINES)
    reader->left = reader->length;
}

static void
take_head_line (MessageMboxReader *reader, const char *line, gsize length)
{
  if (is_blank (line, length))
    {
      give (reader, line, length);
      end_head (reader);
      return;
    }
  if (line[0] != ' ' && line[0] != '\t')
    reader->dropping = take_field (reader, line, length);
  if (!reader->dropping)
    give (reader, line, length);
}

/* A whole line, or the last without its end. */
static void
take_line (MessageMboxReader *reader, const char *line, gsize length)
{
  gboolean measured = reader->left > 0;
  gsize quote;

  if (!measured && is_from_line (line, length)
      && (reader->place != BODY || reader->blank[0] != '\0'
          || reader->body != MESSAGE_MBOX_BODY_LINES))
    {
      end_letter (reader);
      begin_letter (reader);
      return;
    }
  if (reader->place == BODY && !measured && reader->body != MESSAGE_MBOX_BODY_LINES)
    end_letter (reader); /* what was measured is over */
  switch (reader->place)
    {
    case BETWEEN:
      reader->stray += is_blank (line, length) ? 0 : length;
      break;
    case HEAD:
      take_head_line (reader, line, length);
      break;
    case BODY:
      reader->left -= MIN (reader->left, length);
      if (!measured && is_blank (line, length))
        {
          give (reader, NULL, 0);
          memcpy (reader->blank, line, length);
          reader->blank[length] = '\0';
          break;
        }
      quote = unquote (reader, line, length);
      give (reader, line + quote, length - quote);
      break;
    }
}

/* ---- the stream ---- */

MessageMboxReader *
message_mbox_reader_new (MessageMboxDialect dialect, const MessageMboxSink *sink, gpointer data)
{
  MessageMboxReader *reader = g_new0 (MessageMboxReader, 1);

  reader->dialect = dialect;
  reader->sink = *sink;
  reader->data = data;
  reader->line = g_string_new (NULL);
  return reader;
}

/* A line is at its end, or too long to be a From line. */
static void
flush_line (MessageMboxReader *reader, gboolean ended)
{
  if (!reader->in_long)
    take_line (reader, reader->line->str, reader->line->len);
  else if (reader->place == BETWEEN)
    reader->stray += reader->line->len;
  else if (!reader->dropping || reader->place == BODY)
    {
      reader->left -= MIN (reader->left, reader->line->len);
      give (reader, reader->line->str, reader->line->len);
    }
  reader->in_long = !ended;
  g_string_truncate (reader->line, 0);
}

void
message_mbox_reader_feed (MessageMboxReader *reader, const char *text, gsize length)
{
  while (length > 0)
    {
      gsize room = MAX_LINE - reader->line->len, piece = MIN (room, length);
      const char *end = memchr (text, '\n', piece);

      if (end != NULL)
        piece = (gsize) (end - text) + 1;
      /* The body may end within a line: what was measured has no need of one. */
      if (reader->left > reader->line->len && piece >= reader->left - reader->line->len)
        {
          piece = (gsize) (reader->left - reader->line->len);
          end = text;
        }
      g_string_append_len (reader->line, text, (gssize) piece);
      reader->offset += piece;
      text += piece;
      length -= piece;
      if (end != NULL || reader->line->len == MAX_LINE)
        flush_line (reader, end != NULL);
    }
}

void
message_mbox_reader_end (MessageMboxReader *reader)
{
  if (reader->line->len > 0)
    flush_line (reader, TRUE);
  end_letter (reader);
}

guint64
message_mbox_reader_get_stray (MessageMboxReader *reader)
{
  return reader->stray;
}

void
message_mbox_reader_free (MessageMboxReader *reader)
{
  g_string_free (reader->line, TRUE);
  g_free (reader);
}

/* ---- writing ---- */

static void
append_from_line (GString *out, const char *sender, gint64 date)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (date);
  static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
  static const char *const months[]
      = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

  if (time == NULL)
    time = g_date_time_new_from_unix_utc (0);
  g_string_append (out, "From ");
  for (const char *c = sender != NULL && *sender != '\0' ? sender : "MAILER-DAEMON"; *c != '\0';
       c++)
    g_string_append_c (out, (guchar) *c <= ' ' || *c == 0x7f ? '_' : *c);
  /* asctime(), in every locale. */
  g_string_append_printf (out, " %s %s %2d %02d:%02d:%02d %d\n",
                          days[g_date_time_get_day_of_week (time) - 1],
                          months[g_date_time_get_month (time) - 1],
                          g_date_time_get_day_of_month (time), g_date_time_get_hour (time),
                          g_date_time_get_minute (time), g_date_time_get_second (time),
                          g_date_time_get_year (time));
}

/* Lines with LF, quoted as the dialect wants it. */
static void
append_lines (GString *out, MessageMboxDialect dialect, const char *text, gsize length)
{
  const char *end = text + length;

  while (text < end)
    {
      const char *lf = memchr (text, '\n', (gsize) (end - text));
      const char *stop = lf != NULL ? lf : end;
      gsize octets = (gsize) (stop - text);
      gboolean plain = octets >= 5 && memcmp (text, "From ", 5) == 0;

      if ((plain && dialect != MESSAGE_MBOX_CL2)
          || (dialect == MESSAGE_MBOX_RD && count_quotes (text, octets) > 0))
        g_string_append_c (out, '>');
      if (lf != NULL && octets > 0 && stop[-1] == '\r')
        octets--;
      g_string_append_len (out, text, (gssize) octets);
      g_string_append_c (out, '\n');
      text = lf != NULL ? lf + 1 : end;
    }
}

/* Where the head's lines end; the blank line behind it is not among them. */
static gsize
find_head_end (const char *letter, gsize length)
{
  const char *at = letter, *end = letter + length;

  while (at < end && *at != '\n' && !(*at == '\r' && at + 1 < end && at[1] == '\n'))
    {
      const char *lf = memchr (at, '\n', (gsize) (end - at));
      at = lf != NULL ? lf + 1 : end;
    }
  return (gsize) (at - letter);
}

GString *
message_mbox_format (MessageMboxDialect dialect,
                     const char *letter,
                     gsize length,
                     const char *sender,
                     gint64 date,
                     const MessageMboxStatus *status)
{
  GString *out = g_string_sized_new (length + 256);
  gsize head = find_head_end (letter, length);
  g_autoptr (GString) body = g_string_sized_new (length - head + 16);
  gsize text = head;

  if (text < length)
    text += letter[text] == '\r' ? 2 : 1;
  append_lines (body, dialect, letter + text, length - text);
  append_from_line (out, sender, date);
  append_lines (out, dialect, letter, head);
  g_string_append_printf (out, "Status: %sO\n", status->seen ? "R" : "");
  if (status->answered || status->flagged)
    g_string_append_printf (out, "X-Status: %s%s\n", status->answered ? "A" : "",
                            status->flagged ? "F" : "");
  if (dialect == MESSAGE_MBOX_CL || dialect == MESSAGE_MBOX_CL2)
    g_string_append_printf (out, "Content-Length: %" G_GSIZE_FORMAT "\n", body->len);
  g_string_append_c (out, '\n');
  g_string_append_len (out, body->str, (gssize) body->len);
  g_string_append_c (out, '\n');
  return out;
}
