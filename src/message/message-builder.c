/* SPDX-License-Identifier: MIT */
#include "message-builder.h"

#include "message-date.h"
#include "message-gmime-private.h"
#include "message-html.h"
#include "message-text-private.h"

#include <base-clock.h>
#include <postroom-config.h>

#include <string.h>

#define MAX_LINE     998 /* octets of a line without CRLF, RFC 5322 section 2.1.1 */
#define MAX_OLD_NAME 120
#define MAX_WORD     400 /* octets without a blank in a header, well under a line */

typedef struct
{
  char *file_name;
  char *content_type;
  char *content_id; /* of an inline image, else NULL */
  GBytes *bytes;
} Attachment;

struct _MessageBuilder
{
  MessageMailbox *from;
  MessageMailbox *reply_to;
  GPtrArray *to;
  GPtrArray *cc;
  GPtrArray *bcc;
  char *subject;
  char *text;
  char *html;
  char *in_reply_to;
  char **references;
  GPtrArray *headers;     /* of char *, name and value in turn */
  GPtrArray *attachments; /* of Attachment, inline ones too */
  char *message_id;
};

static void
attachment_free (gpointer data)
{
  Attachment *attachment = data;

  g_free (attachment->file_name);
  g_free (attachment->content_type);
  g_free (attachment->content_id);
  g_bytes_unref (attachment->bytes);
  g_free (attachment);
}

static GPtrArray *
no_mailboxes (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) message_mailbox_free);
}

MessageBuilder *
message_builder_new (void)
{
  MessageBuilder *builder = g_new0 (MessageBuilder, 1);

  message_init ();
  builder->to = no_mailboxes ();
  builder->cc = no_mailboxes ();
  builder->bcc = no_mailboxes ();
  builder->subject = g_strdup ("");
  builder->headers = g_ptr_array_new_with_free_func (g_free);
  builder->attachments = g_ptr_array_new_with_free_func (attachment_free);
  return builder;
}

void
message_builder_free (MessageBuilder *builder)
{
  message_mailbox_free (builder->from);
  message_mailbox_free (builder->reply_to);
  g_ptr_array_unref (builder->to);
  g_ptr_array_unref (builder->cc);
  g_ptr_array_unref (builder->bcc);
  g_free (builder->subject);
  g_free (builder->text);
  g_free (builder->html);
  g_free (builder->in_reply_to);
  g_strfreev (builder->references);
  g_ptr_array_unref (builder->headers);
  g_ptr_array_unref (builder->attachments);
  g_free (builder->message_id);
  g_free (builder);
}

/* ---- filling ---- */

/* What goes into a header must not end its line. */
static char *
one_line (const char *text)
{
  char *line = g_utf8_make_valid (text != NULL ? text : "", -1);

  for (char *at = line; *at != '\0'; at++)
    if ((guchar) *at < 0x20 || *at == 0x7f)
      *at = ' ';
  return g_strstrip (line);
}

/* A header can be folded at blanks only (RFC 5322 section 2.2.3): a word that is longer than a line
 * may be gets some. */
static char *
foldable_line (const char *text)
{
  g_autofree char *line = one_line (text);
  GString *out = g_string_new (NULL);
  guint length = 0;

  for (const char *at = line; *at != '\0'; at++)
    {
      /* What is no ASCII is encoded, and folded then. */
      length = *at == ' ' || (guchar) *at >= 0x80 ? 0 : length + 1;
      if (length > MAX_WORD)
        {
          g_string_append_c (out, ' ');
          length = 1;
        }
      g_string_append_c (out, *at);
    }
  return g_string_free (out, FALSE);
}

static void
set_mailbox (MessageMailbox **field, const MessageMailbox *mailbox)
{
  message_mailbox_free (*field);
  *field = mailbox != NULL ? message_mailbox_copy (mailbox) : NULL;
}

static void
take_mailboxes (GPtrArray **field, GPtrArray *mailboxes)
{
  g_ptr_array_unref (*field);
  *field = mailboxes != NULL ? mailboxes : no_mailboxes ();
}

/* \n ends: windows and files give CRLF, too. */
static char *
unix_lines (const char *text)
{
  char *valid = g_utf8_make_valid (text, -1);
  char *to = valid;

  for (const char *from = valid; *from != '\0'; from++)
    if (*from != '\r')
      *to++ = *from;
    else if (from[1] != '\n')
      *to++ = '\n';
  *to = '\0';
  return valid;
}

static void
set_text (char **field, const char *text)
{
  g_free (*field);
  *field = text != NULL ? unix_lines (text) : NULL;
}

void
message_builder_set_from (MessageBuilder *builder, const MessageMailbox *from)
{
  set_mailbox (&builder->from, from);
}

void
message_builder_set_reply_to (MessageBuilder *builder, const MessageMailbox *reply_to)
{
  set_mailbox (&builder->reply_to, reply_to);
}

void
message_builder_take_to (MessageBuilder *builder, GPtrArray *to)
{
  take_mailboxes (&builder->to, to);
}

void
message_builder_take_cc (MessageBuilder *builder, GPtrArray *cc)
{
  take_mailboxes (&builder->cc, cc);
}

void
message_builder_take_bcc (MessageBuilder *builder, GPtrArray *bcc)
{
  take_mailboxes (&builder->bcc, bcc);
}

void
message_builder_set_subject (MessageBuilder *builder, const char *subject)
{
  g_free (builder->subject);
  builder->subject = foldable_line (subject);
}

void
message_builder_set_text (MessageBuilder *builder, const char *text)
{
  set_text (&builder->text, text);
}

void
message_builder_set_html (MessageBuilder *builder, const char *html)
{
  set_text (&builder->html, html);
}

void
message_builder_set_in_reply_to (MessageBuilder *builder,
                                 const char *message_id,
                                 const char *const *references)
{
  g_free (builder->in_reply_to);
  builder->in_reply_to = message_id != NULL ? one_line (message_id) : NULL;
  g_strfreev (builder->references);
  builder->references = g_strdupv ((char **) references);
}

void
message_builder_set_header (MessageBuilder *builder, const char *name, const char *value)
{
  g_ptr_array_add (builder->headers, one_line (name));
  g_ptr_array_add (builder->headers, foldable_line (value));
}

static void
add_attachment (MessageBuilder *builder,
                const char *content_id,
                const char *file_name,
                const char *content_type,
                GBytes *bytes)
{
  Attachment *attachment = g_new0 (Attachment, 1);
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  attachment->file_name = one_line (file_name);
  attachment->content_id = content_id != NULL ? one_line (content_id) : NULL;
  attachment->bytes = g_bytes_ref (bytes);
  if (content_type != NULL)
    attachment->content_type = one_line (content_type);
  else
    {
      g_autofree char *type
          = g_content_type_guess (attachment->file_name, data, MIN (length, 4096), NULL);
      attachment->content_type = g_content_type_get_mime_type (type);
    }
  g_ptr_array_add (builder->attachments, attachment);
}

void
message_builder_attach_bytes (MessageBuilder *builder,
                              const char *file_name,
                              const char *content_type,
                              GBytes *bytes)
{
  add_attachment (builder, NULL, file_name, content_type, bytes);
}

void
message_builder_attach_inline (MessageBuilder *builder,
                               const char *content_id,
                               const char *file_name,
                               const char *content_type,
                               GBytes *bytes)
{
  add_attachment (builder, content_id, file_name, content_type, bytes);
}

gboolean
message_builder_attach_file (MessageBuilder *builder, GFile *file, GError **error)
{
  g_autoptr (GError) failed = NULL;
  g_autoptr (GBytes) bytes = g_file_load_bytes (file, NULL, NULL, &failed);
  g_autofree char *name = g_file_get_basename (file);
  g_autofree char *shown = g_filename_display_name (name);

  if (bytes == NULL)
    {
      g_set_error (error, MESSAGE_ERROR, MESSAGE_ERROR_ATTACHMENT, "“%s” cannot be attached: %s",
                   shown, failed->message);
      return FALSE;
    }
  add_attachment (builder, NULL, shown, NULL, bytes);
  return TRUE;
}

/* ---- parts ---- */

static void
set_content (GMimePart *part, const char *data, gsize length)
{
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new_with_buffer (data, length);
  g_autoptr (GMimeDataWrapper) content
      = g_mime_data_wrapper_new_with_stream (stream, GMIME_CONTENT_ENCODING_DEFAULT);

  g_mime_part_set_content (part, content);
}

/* What a text needs: whether it is ASCII, whether its lines are short enough. */
static void
measure (const char *text, gsize *high, gboolean *long_lines)
{
  gsize column = 0;

  *high = 0;
  *long_lines = FALSE;
  for (const char *at = text; *at != '\0'; at++)
    {
      if ((guchar) *at >= 0x80)
        (*high)++;
      column = *at == '\n' ? 0 : column + 1;
      *long_lines = *long_lines || column > MAX_LINE - 20;
    }
}

static GMimePart *
make_text (const char *subtype, const char *text)
{
  GMimePart *part = g_mime_part_new_with_type ("text", subtype);
  GMimeObject *object = GMIME_OBJECT (part);
  gsize high, length = strlen (text);
  gboolean long_lines;

  measure (text, &high, &long_lines);
  g_mime_object_set_content_type_parameter (object, "charset", high > 0 ? "utf-8" : "us-ascii");
  if (high * 6 > length * 2)
    {
      /* Mostly other scripts: quoted-printable would be three octets for each. The canonical line
       * end of a text is CRLF, in base64 too (RFC 2045 section 6.8). */
      g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
      g_autofree char *canonical = g_strjoinv ("\r\n", lines);
      set_content (part, canonical, strlen (canonical));
      g_mime_part_set_content_encoding (part, GMIME_CONTENT_ENCODING_BASE64);
    }
  else
    {
      set_content (part, text, length);
      g_mime_part_set_content_encoding (part, high > 0 || long_lines
                                                  ? GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE
                                                  : GMIME_CONTENT_ENCODING_7BIT);
    }
  return part;
}

/* format=flowed for what is ASCII and can be wrapped, as it was typed otherwise. */
static GMimePart *
make_plain (const char *text)
{
  g_autofree char *flowed = message_text_to_flowed (text);
  gsize high;
  gboolean long_lines;

  measure (flowed, &high, &long_lines);
  if (high > 0 || long_lines)
    return make_text ("plain", text);
  GMimePart *part = make_text ("plain", flowed);
  g_mime_object_set_content_type_parameter (GMIME_OBJECT (part), "format", "flowed");
  return part;
}

static gboolean
is_wire_text (GBytes *bytes)
{
  gsize length, column = 0;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  for (gsize i = 0; i < length; i++)
    {
      if (data[i] >= 0x80 || data[i] == 0)
        return FALSE;
      column = data[i] == '\n' ? 0 : column + 1;
      if (column > MAX_LINE || (data[i] == '\n' && (i == 0 || data[i - 1] != '\r')))
        return FALSE;
    }
  return TRUE;
}

/* A name twice: RFC 2231 for the standard, RFC 2047 in Content-Type for old readers, whose line
 * cannot be folded and has to be short therefore. */
static void
set_names (GMimeObject *object, const char *name)
{
  g_mime_object_set_content_disposition_parameter (object, "filename", name);
  if (strlen (name) > MAX_OLD_NAME)
    return;
  g_mime_object_set_content_type_parameter (object, "name", name);
  GMimeParam *parameter = g_mime_param_list_get_parameter (
      g_mime_content_type_get_parameters (g_mime_object_get_content_type (object)), "name");
  if (parameter != NULL)
    g_mime_param_set_encoding_method (parameter, GMIME_PARAM_ENCODING_METHOD_RFC2047);
}

static GMimeObject *
make_attachment (const Attachment *attachment)
{
  const char *mime = attachment->content_type;
  /* A letter in a letter may not be encoded (RFC 2046 section 5.2.1): as a file it may. */
  gboolean is_letter = g_ascii_strcasecmp (mime, "message/rfc822") == 0;
  gboolean as_it_is = is_letter && is_wire_text (attachment->bytes);
  g_autoptr (GMimeContentType) type
      = g_mime_content_type_parse (NULL, (g_str_has_prefix (mime, "message/") && !as_it_is)
                                                 || g_str_has_prefix (mime, "multipart/")
                                             ? "application/octet-stream"
                                             : mime);
  GMimePart *part = g_mime_part_new_with_type ("application", "octet-stream");
  GMimeObject *object = GMIME_OBJECT (part);
  gsize length;
  const char *data = g_bytes_get_data (attachment->bytes, &length);

  g_mime_object_set_content_type (object, type);
  /* A text whose character set is not said would be taken for ASCII. */
  if (g_str_has_prefix (mime, "text/") && length > 0 && g_utf8_validate_len (data, length, NULL)
      && g_mime_content_type_get_parameter (g_mime_object_get_content_type (object), "charset")
             == NULL)
    g_mime_object_set_content_type_parameter (object, "charset", "utf-8");
  g_mime_object_set_disposition (object, attachment->content_id != NULL ? "inline" : "attachment");
  if (*attachment->file_name != '\0')
    set_names (object, attachment->file_name);
  if (attachment->content_id != NULL)
    g_mime_object_set_content_id (object, attachment->content_id);
  set_content (part, data != NULL ? data : "", length);
  g_mime_part_set_content_encoding (part, as_it_is ? GMIME_CONTENT_ENCODING_7BIT
                                                   : GMIME_CONTENT_ENCODING_BASE64);
  return object;
}

static GMimeObject *
wrap (const char *subtype, GMimeObject *first)
{
  GMimeMultipart *multipart = g_mime_multipart_new_with_subtype (subtype);

  g_mime_multipart_add (multipart, first);
  g_object_unref (first);
  return GMIME_OBJECT (multipart);
}

static void
append (GMimeObject *multipart, GMimeObject *part)
{
  g_mime_multipart_add (GMIME_MULTIPART (multipart), part);
  g_object_unref (part);
}

/* The HTML with the images it names (RFC 2387). */
static GMimeObject *
make_html (MessageBuilder *builder)
{
  GMimeObject *html = GMIME_OBJECT (make_text ("html", builder->html));

  for (guint i = 0; i < builder->attachments->len; i++)
    {
      const Attachment *attachment = g_ptr_array_index (builder->attachments, i);
      if (attachment->content_id == NULL)
        continue;
      if (!GMIME_IS_MULTIPART (html))
        {
          html = wrap ("related", html);
          g_mime_object_set_content_type_parameter (html, "type", "text/html");
        }
      append (html, make_attachment (attachment));
    }
  return html;
}

static GMimeObject *
make_body (MessageBuilder *builder)
{
  g_autofree char *made = NULL;
  const char *text = builder->text;

  if (builder->html != NULL && text == NULL)
    text = made = message_html_to_text (builder->html);
  GMimeObject *body = GMIME_OBJECT (make_plain (text != NULL ? text : ""));
  if (builder->html != NULL)
    {
      body = wrap ("alternative", body);
      append (body, make_html (builder));
    }

  for (guint i = 0; i < builder->attachments->len; i++)
    {
      const Attachment *attachment = g_ptr_array_index (builder->attachments, i);
      if (attachment->content_id != NULL && builder->html != NULL)
        continue;
      if (!GMIME_IS_MULTIPART (body)
          || !g_mime_content_type_is_type (g_mime_object_get_content_type (body), "multipart",
                                           "mixed"))
        body = wrap ("mixed", body);
      append (body, make_attachment (attachment));
    }
  return body;
}

/* ---- headers ---- */

static void
add_mailboxes (GMimeMessage *message, GMimeAddressType type, GPtrArray *mailboxes)
{
  for (guint i = 0; i < mailboxes->len; i++)
    {
      const MessageMailbox *mailbox = g_ptr_array_index (mailboxes, i);
      g_mime_message_add_mailbox (message, type, *mailbox->name != '\0' ? mailbox->name : NULL,
                                  mailbox->address);
    }
}

const char *
message_builder_get_message_id (MessageBuilder *builder)
{
  if (builder->message_id == NULL)
    {
      const char *at = builder->from != NULL ? strrchr (builder->from->address, '@') : NULL;
      builder->message_id = g_strdup_printf ("%" G_GINT64_FORMAT ".%08x%08x@%s",
                                             base_clock_real () / G_USEC_PER_SEC, g_random_int (),
                                             g_random_int (), at != NULL ? at + 1 : "localhost");
    }
  return builder->message_id;
}

static void
set_threading (MessageBuilder *builder, GMimeObject *message)
{
  g_autoptr (GString) references = g_string_new (NULL);

  if (builder->in_reply_to == NULL)
    return;
  for (guint i = 0; builder->references != NULL && builder->references[i] != NULL; i++)
    if (!g_str_equal (builder->references[i], builder->in_reply_to))
      {
        g_autofree char *id = one_line (builder->references[i]);
        g_string_append_printf (references, "<%s> ", id);
      }
  g_string_append_printf (references, "<%s>", builder->in_reply_to);
  g_autofree char *in_reply_to = g_strdup_printf ("<%s>", builder->in_reply_to);
  g_mime_object_set_header (message, "In-Reply-To", in_reply_to, NULL);
  g_mime_object_set_header (message, "References", references->str, NULL);
}

static GMimeMessage *
make_message (MessageBuilder *builder, MessageBuildKind kind)
{
  GMimeMessage *message = g_mime_message_new (TRUE);
  GMimeObject *object = GMIME_OBJECT (message);
  g_autofree char *date = message_date_format (base_clock_real () / G_USEC_PER_SEC);

  g_mime_object_set_header (object, "Date", date, NULL);
  if (builder->from != NULL)
    g_mime_message_add_mailbox (message, GMIME_ADDRESS_TYPE_FROM,
                                *builder->from->name != '\0' ? builder->from->name : NULL,
                                builder->from->address);
  if (builder->reply_to != NULL)
    g_mime_message_add_mailbox (message, GMIME_ADDRESS_TYPE_REPLY_TO,
                                *builder->reply_to->name != '\0' ? builder->reply_to->name : NULL,
                                builder->reply_to->address);
  add_mailboxes (message, GMIME_ADDRESS_TYPE_TO, builder->to);
  add_mailboxes (message, GMIME_ADDRESS_TYPE_CC, builder->cc);
  if (kind == MESSAGE_BUILD_DRAFT)
    add_mailboxes (message, GMIME_ADDRESS_TYPE_BCC, builder->bcc);
  g_mime_message_set_subject (message, builder->subject, "utf-8");
  g_mime_message_set_message_id (message, message_builder_get_message_id (builder));
  set_threading (builder, object);
  g_mime_object_set_header (object, "MIME-Version", "1.0", NULL);
  g_mime_object_set_header (object, "User-Agent", "Postroom/" POSTROOM_VERSION, NULL);
  for (guint i = 0; i + 1 < builder->headers->len; i += 2)
    g_mime_object_set_header (object, g_ptr_array_index (builder->headers, i),
                              g_ptr_array_index (builder->headers, i + 1), "utf-8");

  GMimeObject *body = make_body (builder);
  g_mime_message_set_mime_part (message, body);
  g_object_unref (body);
  return message;
}

GBytes *
message_builder_build (MessageBuilder *builder, MessageBuildKind kind, GError **error)
{
  if (kind == MESSAGE_BUILD_WIRE
      && (builder->from == NULL || builder->to->len + builder->cc->len + builder->bcc->len == 0))
    {
      g_set_error_literal (error, MESSAGE_ERROR, MESSAGE_ERROR_ADDRESS,
                           builder->from == NULL ? "The letter has no sender"
                                                 : "The letter has no recipient");
      return NULL;
    }

  g_autoptr (GMimeMessage) message = make_message (builder, kind);
  g_autoptr (GMimeFormatOptions) options = g_mime_format_options_new ();
  GByteArray *octets = g_byte_array_new ();
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new_with_byte_array (octets);

  g_mime_format_options_set_newline_format (options, GMIME_NEWLINE_FORMAT_DOS);
  g_mime_format_options_set_param_encoding_method (options, GMIME_PARAM_ENCODING_METHOD_RFC2231);
  g_mime_stream_mem_set_owner (GMIME_STREAM_MEM (stream), FALSE);
  g_mime_object_write_to_stream (GMIME_OBJECT (message), options, stream);
  return g_byte_array_free_to_bytes (octets);
}

/* ---- the envelope ---- */

char **
message_builder_dup_recipients (MessageBuilder *builder)
{
  GPtrArray *lists[] = { builder->to, builder->cc, builder->bcc };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GStrvBuilder) recipients = g_strv_builder_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    for (guint n = 0; n < lists[i]->len; n++)
      {
        const MessageMailbox *mailbox = g_ptr_array_index (lists[i], n);
        if (g_hash_table_add (seen, g_utf8_casefold (mailbox->address, -1)))
          g_strv_builder_add (recipients, mailbox->address);
      }
  return g_strv_builder_end (recipients);
}
