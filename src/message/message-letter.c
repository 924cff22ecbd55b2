/* SPDX-License-Identifier: MIT */
#include "message-letter.h"

#include "message-address-private.h"
#include "message-date.h"
#include "message-html.h"
#include "message-part-private.h"
#include "message-text-private.h"

#include <string.h>

#define MAX_DEPTH 32 /* of multiparts in multiparts */
#define MAX_PARTS 1000

struct _MessageLetter
{
  gint references;
  GBytes *source;
  GMimeMessage *message;
  char *subject;
  char *message_id;
  char *in_reply_to;
  char **references_list;
  gint64 date;
  GPtrArray *from;
  GPtrArray *reply_to;
  GPtrArray *to;
  GPtrArray *cc;
  GPtrArray *bcc;
  GPtrArray *parts;       /* of MessagePart */
  GPtrArray *attachments; /* borrowed from parts */
  GPtrArray *texts;       /* likewise: text/plain of the body */
  MessagePart *html_part; /* likewise, or NULL */
  GMutex lock;
  char *html; /* under the lock until it is there */
  GHashTable *headers;
};

/* ---- headers ---- */

static char *
one_line (const char *text)
{
  char *line = g_utf8_make_valid (text != NULL ? text : "", -1);

  for (char *at = line; *at != '\0'; at++)
    if ((guchar) *at < 0x20 || *at == 0x7f)
      *at = ' ';
  return g_strstrip (line);
}

/* The first msg-id of a header, without its angle brackets. */
static char *
first_id (GMimeMessage *message, const char *name)
{
  const char *text = g_mime_object_get_header (GMIME_OBJECT (message), name);
  g_autoptr (GMimeReferences) ids = text != NULL ? g_mime_references_parse (NULL, text) : NULL;

  if (ids == NULL || g_mime_references_length (ids) == 0)
    return NULL;
  return g_strdup (g_mime_references_get_message_id (ids, 0));
}

static char **
all_ids (GMimeMessage *message, const char *name)
{
  const char *text = g_mime_object_get_header (GMIME_OBJECT (message), name);
  g_autoptr (GMimeReferences) ids = text != NULL ? g_mime_references_parse (NULL, text) : NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (int i = 0; ids != NULL && i < g_mime_references_length (ids); i++)
    g_strv_builder_add (builder, g_mime_references_get_message_id (ids, i));
  return g_strv_builder_end (builder);
}

static void
read_headers (MessageLetter *letter)
{
  GMimeMessage *message = letter->message;
  GMimeHeaderList *list = g_mime_object_get_header_list (GMIME_OBJECT (message));

  letter->subject = one_line (g_mime_message_get_subject (message));
  letter->message_id = first_id (message, "Message-ID");
  letter->in_reply_to = first_id (message, "In-Reply-To");
  letter->references_list = all_ids (message, "References");
  letter->date = message_date_parse (g_mime_object_get_header (GMIME_OBJECT (message), "Date"));
  letter->from = message_mailboxes_from_list (
      g_mime_message_get_addresses (message, GMIME_ADDRESS_TYPE_FROM));
  letter->reply_to = message_mailboxes_from_list (
      g_mime_message_get_addresses (message, GMIME_ADDRESS_TYPE_REPLY_TO));
  letter->to
      = message_mailboxes_from_list (g_mime_message_get_addresses (message, GMIME_ADDRESS_TYPE_TO));
  letter->cc
      = message_mailboxes_from_list (g_mime_message_get_addresses (message, GMIME_ADDRESS_TYPE_CC));
  letter->bcc = message_mailboxes_from_list (
      g_mime_message_get_addresses (message, GMIME_ADDRESS_TYPE_BCC));

  for (int i = 0; i < g_mime_header_list_get_count (list); i++)
    {
      GMimeHeader *header = g_mime_header_list_get_header_at (list, i);
      char *name = g_ascii_strdown (g_mime_header_get_name (header), -1);
      if (g_hash_table_contains (letter->headers, name))
        g_free (name);
      else
        g_hash_table_insert (letter->headers, name, one_line (g_mime_header_get_value (header)));
    }
}

/* ---- structure ---- */

static gboolean
has_disposition (GMimeObject *object, const char *value)
{
  const char *disposition = g_mime_object_get_disposition (object);

  return disposition != NULL && g_ascii_strcasecmp (disposition, value) == 0;
}

/* A text that is part of the body; what an alternative has more than one of is the same again. */
static gboolean
take_body (MessageLetter *letter, MessagePart *part, GMimeObject *object, gboolean alternative)
{
  if (has_disposition (object, "attachment"))
    return FALSE;
  if (message_part_is_text (part, "html") && letter->html_part == NULL)
    {
      letter->html_part = part;
      return TRUE;
    }
  if (!message_part_is_text (part, "plain"))
    return FALSE;
  /* A text with a name behind a text without one is a file that somebody sent. */
  if (letter->texts->len > 0 && message_part_get_file_name (part) != NULL)
    return FALSE;
  if (!alternative || letter->texts->len == 0)
    g_ptr_array_add (letter->texts, part);
  return TRUE;
}

static void
walk (MessageLetter *letter, GMimeObject *object, guint depth, gboolean alternative)
{
  if (object == NULL || depth > MAX_DEPTH || letter->parts->len >= MAX_PARTS)
    return;
  if (GMIME_IS_MULTIPART (object))
    {
      GMimeMultipart *multipart = GMIME_MULTIPART (object);
      GMimeContentType *type = g_mime_object_get_content_type (object);
      gboolean is_alternative = g_mime_content_type_is_type (type, "multipart", "alternative");
      int count = g_mime_multipart_get_count (multipart);
      for (int i = 0; i < count; i++)
        walk (letter, g_mime_multipart_get_part (multipart, i), depth + 1,
              alternative || is_alternative);
      return;
    }

  MessagePart *part = message_part_new (object, depth);
  g_ptr_array_add (letter->parts, part);
  message_part_set_attachment (part, !take_body (letter, part, object, alternative));
}

static const guint8 *
find_body (GBytes *source, gsize *length)
{
  gsize size;
  const char *data = g_bytes_get_data (source, &size);

  for (gsize i = 0; i + 1 < size; i++)
    if (data[i] == '\n'
        && (data[i + 1] == '\n' || (data[i + 1] == '\r' && i + 2 < size && data[i + 2] == '\n')))
      {
        gsize start = i + (data[i + 1] == '\n' ? 2 : 3);
        *length = size - start;
        return (const guint8 *) data + start;
      }
  *length = 0;
  return (const guint8 *) data + size;
}

/* A multipart whose boundary never comes has no parts; its text is there all the same. So it is
 * where there was nothing that GMime could take for a letter. */
static void
mend_structure (MessageLetter *letter, gboolean is_letter)
{
  gsize length;
  const guint8 *start = g_bytes_get_data (letter->source, &length);
  const guint8 *body = is_letter ? find_body (letter->source, &length) : start;

  if (letter->parts->len > 0 || length == 0)
    return;
  g_autoptr (GBytes) bytes
      = g_bytes_new_from_bytes (letter->source, (gsize) (body - start), length);
  MessagePart *part = message_part_new_text (bytes);
  g_ptr_array_add (letter->parts, part);
  g_ptr_array_add (letter->texts, part);
}

/* Images that the HTML shows are no attachments. */
static void
choose_attachments (MessageLetter *letter)
{
  const char *html = NULL;

  for (guint i = 0; i < letter->parts->len; i++)
    {
      MessagePart *part = g_ptr_array_index (letter->parts, i);
      const char *id = message_part_get_content_id (part);
      if (id != NULL && letter->html_part != NULL && html == NULL)
        html = message_letter_get_html (letter);
      if (message_part_is_attachment (part) && id != NULL && *id != '\0' && html != NULL
          && g_str_has_prefix (message_part_get_content_type (part), "image/"))
        {
          g_autofree char *escaped = g_uri_escape_string (id, "@", TRUE);
          g_autofree char *plain_url = g_strconcat ("cid:", id, NULL);
          g_autofree char *escaped_url = g_strconcat ("cid:", escaped, NULL);
          if (strstr (html, plain_url) != NULL || strstr (html, escaped_url) != NULL)
            message_part_set_attachment (part, FALSE);
        }
      if (message_part_is_attachment (part))
        g_ptr_array_add (letter->attachments, part);
    }
}

/* ---- parsing ---- */

static GMimeMessage *
parse_source (GBytes *source)
{
  static const char *const fallbacks[] = { "utf-8", "gb18030", "windows-1252", NULL };
  gsize length;
  const char *data = g_bytes_get_data (source, &length);
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new_with_buffer (data, length);
  g_autoptr (GMimeParser) parser = g_mime_parser_new_with_stream (stream);
  g_autoptr (GMimeParserOptions) options = g_mime_parser_options_new ();

  g_mime_parser_options_set_fallback_charsets (options, (const char **) fallbacks);
  g_mime_parser_set_format (parser, GMIME_FORMAT_MESSAGE);
  return g_mime_parser_construct_message (parser, options);
}

MessageLetter *
message_letter_parse (GBytes *source, GError **error)
{
  message_init ();
  if (g_bytes_get_size (source) == 0)
    {
      g_set_error_literal (error, MESSAGE_ERROR, MESSAGE_ERROR_PARSE, "The letter is empty");
      return NULL;
    }

  GMimeMessage *message = parse_source (source);
  gboolean is_letter = message != NULL;
  MessageLetter *letter = g_new0 (MessageLetter, 1);
  letter->references = 1;
  letter->source = g_bytes_ref (source);
  letter->message = is_letter ? message : g_mime_message_new (FALSE);
  g_mutex_init (&letter->lock);
  letter->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  letter->parts = g_ptr_array_new_with_free_func ((GDestroyNotify) message_part_unref);
  letter->attachments = g_ptr_array_new ();
  letter->texts = g_ptr_array_new ();
  read_headers (letter);
  walk (letter, g_mime_message_get_mime_part (letter->message), 0, FALSE);
  mend_structure (letter, is_letter);
  choose_attachments (letter);
  return letter;
}

MessageLetter *
message_letter_ref (MessageLetter *letter)
{
  g_atomic_int_inc (&letter->references);
  return letter;
}

void
message_letter_unref (MessageLetter *letter)
{
  if (letter == NULL || !g_atomic_int_dec_and_test (&letter->references))
    return;
  g_ptr_array_unref (letter->attachments);
  g_ptr_array_unref (letter->texts);
  g_ptr_array_unref (letter->parts);
  g_ptr_array_unref (letter->from);
  g_ptr_array_unref (letter->reply_to);
  g_ptr_array_unref (letter->to);
  g_ptr_array_unref (letter->cc);
  g_ptr_array_unref (letter->bcc);
  g_hash_table_unref (letter->headers);
  g_strfreev (letter->references_list);
  g_free (letter->subject);
  g_free (letter->message_id);
  g_free (letter->in_reply_to);
  g_free (letter->html);
  g_object_unref (letter->message);
  g_bytes_unref (letter->source);
  g_mutex_clear (&letter->lock);
  g_free (letter);
}

/* ---- reading ---- */

const char *
message_letter_get_subject (const MessageLetter *letter)
{
  return letter->subject;
}

const char *
message_letter_get_message_id (const MessageLetter *letter)
{
  return letter->message_id;
}

const char *
message_letter_get_in_reply_to (const MessageLetter *letter)
{
  return letter->in_reply_to;
}

const char *const *
message_letter_get_references (const MessageLetter *letter)
{
  return (const char *const *) letter->references_list;
}

gint64
message_letter_get_date (const MessageLetter *letter)
{
  return letter->date;
}

GPtrArray *
message_letter_get_from (const MessageLetter *letter)
{
  return letter->from;
}

GPtrArray *
message_letter_get_reply_to (const MessageLetter *letter)
{
  return letter->reply_to;
}

GPtrArray *
message_letter_get_to (const MessageLetter *letter)
{
  return letter->to;
}

GPtrArray *
message_letter_get_cc (const MessageLetter *letter)
{
  return letter->cc;
}

GPtrArray *
message_letter_get_bcc (const MessageLetter *letter)
{
  return letter->bcc;
}

const char *
message_letter_get_header (const MessageLetter *letter, const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  return g_hash_table_lookup (letter->headers, lower);
}

char *
message_letter_dup_headers (const MessageLetter *letter)
{
  GString *lines = g_string_new (NULL);
  GMimeHeaderList *list = g_mime_object_get_header_list (GMIME_OBJECT (letter->message));

  /* GMime decodes a header when it is first asked for, and keeps it. */
  message_part_lock ();
  for (int i = 0; i < g_mime_header_list_get_count (list); i++)
    {
      GMimeHeader *header = g_mime_header_list_get_header_at (list, i);
      g_autofree char *value = one_line (g_mime_header_get_value (header));
      g_autofree char *name = one_line (g_mime_header_get_name (header));
      g_string_append_printf (lines, "%s: %s\n", name, value);
    }
  message_part_unlock ();
  return g_string_free (lines, FALSE);
}

char *
message_letter_dup_text (MessageLetter *letter)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < letter->texts->len; i++)
    {
      g_autofree char *one = message_part_dup_text (g_ptr_array_index (letter->texts, i));
      if (text->len > 0 && text->str[text->len - 1] != '\n')
        g_string_append_c (text, '\n');
      g_string_append (text, one);
    }
  if (letter->texts->len == 0 && letter->html_part != NULL)
    {
      g_autofree char *made = message_html_to_text (message_letter_get_html (letter));
      g_string_append (text, made);
    }
  return g_string_free (text, FALSE);
}

const char *
message_letter_get_html (MessageLetter *letter)
{
  if (letter->html_part == NULL)
    return NULL;
  g_mutex_lock (&letter->lock);
  if (letter->html == NULL)
    letter->html = message_part_dup_text (letter->html_part);
  g_mutex_unlock (&letter->lock);
  return letter->html;
}

char *
message_letter_dup_snippet (MessageLetter *letter, guint characters)
{
  g_autofree char *text = message_letter_dup_text (letter);
  GString *snippet = g_string_new (NULL);
  gboolean blank = FALSE, line_start = TRUE, quoted = FALSE;
  guint count = 0;

  for (const char *at = text; *at != '\0' && count < characters; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);
      if (line_start)
        quoted = c == '>';
      line_start = c == '\n';
      if (quoted && !line_start)
        continue;
      if (g_unichar_isspace (c) || g_unichar_iscntrl (c) || c == 0x200b || c == 0xfeff)
        {
          blank = snippet->len > 0;
          continue;
        }
      if (blank && ++count == characters)
        break;
      if (blank)
        g_string_append_c (snippet, ' ');
      blank = FALSE;
      g_string_append_unichar (snippet, c);
      count++;
    }
  return g_string_free (snippet, FALSE);
}

GPtrArray *
message_letter_get_parts (MessageLetter *letter)
{
  return letter->parts;
}

GPtrArray *
message_letter_get_attachments (MessageLetter *letter)
{
  return letter->attachments;
}

MessagePart *
message_letter_find_content_id (MessageLetter *letter, const char *content_id)
{
  for (guint i = 0; i < letter->parts->len; i++)
    if (g_strcmp0 (message_part_get_content_id (g_ptr_array_index (letter->parts, i)), content_id)
        == 0)
      return g_ptr_array_index (letter->parts, i);
  return NULL;
}

GBytes *
message_letter_get_source (const MessageLetter *letter)
{
  return letter->source;
}
