/* SPDX-License-Identifier: MIT */
#include "message-report.h"

#include "message-address.h"
#include "message-date.h"
#include "message-gmime-private.h"

#include <base-clock.h>

#include <string.h>

static const struct
{
  const char *name;     /* RFC 3464 section 2.3.3 */
  const char *sentence; /* above those it has come to */
} actions[] = {
  [MESSAGE_REPORT_FAILED] = { "failed", "It could not be delivered to:" },
  [MESSAGE_REPORT_DELIVERED] = { "delivered", "It has been delivered to the mailbox of:" },
  [MESSAGE_REPORT_EXPANDED]
  = { "expanded", "It has been delivered to all mailboxes that stand behind:" },
};

/* A field's body: what could end its line is none of it. */
static void
add_field (GString *text, const char *name, const char *type, const char *body)
{
  gsize start = text->len;

  g_string_append_printf (text, "%s: %s%s", name, type, body);
  for (gsize i = start; i < text->len; i++)
    if (g_ascii_iscntrl (text->str[i]))
      text->str[i] = '?';
  g_string_append (text, "\r\n");
}

/* RFC 6533: whether the report needs forms that may hold UTF-8. */
static gboolean
is_global (const MessageReport *report)
{
  gboolean global = !g_str_is_ascii (report->to);

  for (gsize i = 0; i < report->n_recipients; i++)
    global |= !g_str_is_ascii (report->recipients[i].address)
              || (report->recipients[i].original != NULL
                  && !g_str_is_ascii (report->recipients[i].original));
  return global;
}

/* ---- the text for people ---- */

static gboolean
has_action (const MessageReport *report, MessageReportAction action)
{
  for (gsize i = 0; i < report->n_recipients; i++)
    if (report->recipients[i].action == action)
      return TRUE;
  return FALSE;
}

static void
add_recipients (GString *text, const MessageReport *report, MessageReportAction action)
{
  if (!has_action (report, action))
    return;
  g_string_append_printf (text, "\n%s\n\n", actions[action].sentence);
  for (gsize i = 0; i < report->n_recipients; i++)
    {
      const MessageReportRecipient *recipient = &report->recipients[i];
      if (recipient->action != action)
        continue;
      g_string_append_printf (text, "  %s\n", recipient->address);
      if (recipient->diagnostic != NULL)
        g_string_append_printf (text, "    %s\n", recipient->diagnostic);
    }
}

static char *
make_text (const MessageReport *report)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "The mail server of %s reports on a letter of yours.\n",
                          report->host);
  for (gsize i = 0; i < G_N_ELEMENTS (actions); i++)
    add_recipients (text, report, (MessageReportAction) i);
  if (has_action (report, MESSAGE_REPORT_FAILED))
    g_string_append (text, "\nThe server will not try again. All others have got your letter.\n");
  g_string_append (text, report->headers_only ? "\nThe head of your letter is enclosed.\n"
                                              : "\nYour letter is enclosed.\n");
  return g_string_free (text, FALSE);
}

/* ---- the status for programs ---- */

static char *
make_status (const MessageReport *report, gboolean global)
{
  GString *text = g_string_new (NULL);
  g_autofree char *date = message_date_format (report->arrival);

  if (report->envelope_id != NULL)
    add_field (text, "Original-Envelope-Id", "", report->envelope_id);
  add_field (text, "Reporting-MTA", "dns; ", report->host);
  add_field (text, "Arrival-Date", "", date);
  for (gsize i = 0; i < report->n_recipients; i++)
    {
      const MessageReportRecipient *recipient = &report->recipients[i];

      g_string_append (text, "\r\n");
      if (recipient->original != NULL)
        add_field (text, "Original-Recipient", "", recipient->original);
      add_field (text, "Final-Recipient",
                 global && !g_str_is_ascii (recipient->address) ? "utf-8; " : "rfc822; ",
                 recipient->address);
      add_field (text, "Action", "", actions[recipient->action].name);
      add_field (text, "Status", "", recipient->status);
      if (recipient->diagnostic != NULL)
        add_field (text, "Diagnostic-Code", "smtp; ", recipient->diagnostic);
    }
  return g_string_free (text, FALSE);
}

/* ---- the parts ---- */

/* The head with the CRLF of its last line. */
static gsize
measure_head (const char *data, gsize length)
{
  const char *end = length >= 4 ? g_strstr_len (data, (gssize) length, "\r\n\r\n") : NULL;

  return end != NULL ? (gsize) (end - data) + 2 : length;
}

static gboolean
is_ascii (const char *data, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if ((guint8) data[i] >= 0x80)
      return FALSE;
  return TRUE;
}

static void
add_part (GMimeMultipart *multipart,
          const char *type,
          const char *subtype,
          const char *description,
          const char *data,
          gsize length)
{
  g_autoptr (GMimePart) part = g_mime_part_new_with_type (type, subtype);
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new_with_buffer (data, length);
  g_autoptr (GMimeDataWrapper) content
      = g_mime_data_wrapper_new_with_stream (stream, GMIME_CONTENT_ENCODING_DEFAULT);
  gboolean ascii = is_ascii (data, length);

  if (strcmp (subtype, "plain") == 0)
    g_mime_object_set_content_type_parameter (GMIME_OBJECT (part), "charset",
                                              ascii ? "us-ascii" : "utf-8");
  g_mime_part_set_content_description (part, description);
  /* No part of a report may be encoded (RFC 3464 section 2.1.1, RFC 2046 section 5.2.1). */
  g_mime_part_set_content_encoding (part, ascii ? GMIME_CONTENT_ENCODING_7BIT
                                                : GMIME_CONTENT_ENCODING_8BIT);
  g_mime_part_set_content (part, content);
  g_mime_multipart_add (multipart, GMIME_OBJECT (part));
}

static GMimeMultipart *
make_body (const MessageReport *report)
{
  GMimeMultipart *multipart = g_mime_multipart_new_with_subtype ("report");
  gboolean global = is_global (report);
  g_autofree char *text = make_text (report);
  g_autofree char *status = make_status (report, global);
  gsize length;
  const char *letter = g_bytes_get_data (report->letter, &length);

  g_mime_object_set_content_type_parameter (GMIME_OBJECT (multipart), "report-type",
                                            global ? "global-delivery-status" : "delivery-status");
  add_part (multipart, "text", "plain", "Report", text, strlen (text));
  add_part (multipart, "message", global ? "global-delivery-status" : "delivery-status",
            "Delivery status", status, strlen (status));
  if (report->headers_only)
    {
      length = measure_head (letter, length);
      if (global && !is_ascii (letter, length))
        add_part (multipart, "message", "global-headers", "Head of the letter", letter, length);
      else
        add_part (multipart, "text", "rfc822-headers", "Head of the letter", letter, length);
    }
  else
    add_part (multipart, "message",
              global && !is_ascii (letter, measure_head (letter, length)) ? "global" : "rfc822",
              "The letter", letter, length);
  return multipart;
}

static GMimeMessage *
make_message (const MessageReport *report)
{
  GMimeMessage *message = g_mime_message_new (TRUE);
  GMimeObject *object = GMIME_OBJECT (message);
  g_autofree char *postmaster = g_strdup_printf ("postmaster@%s", report->host);
  gint64 now = base_clock_real () / G_USEC_PER_SEC;
  g_autofree char *date = message_date_format (now);
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT ".%08x%08x@%s", now, g_random_int (),
                                         g_random_int (), report->host);
  g_autoptr (GMimeMultipart) body = make_body (report);

  g_mime_object_set_header (object, "Date", date, NULL);
  g_mime_message_add_mailbox (message, GMIME_ADDRESS_TYPE_FROM, "Mail delivery", postmaster);
  g_mime_message_add_mailbox (message, GMIME_ADDRESS_TYPE_TO, NULL, report->to);
  g_mime_message_set_subject (message,
                              has_action (report, MESSAGE_REPORT_FAILED)
                                  ? "Your letter could not be delivered to everybody"
                                  : "Your letter has been delivered",
                              NULL);
  g_mime_message_set_message_id (message, id);
  g_mime_object_set_header (object, "MIME-Version", "1.0", NULL);
  /* RFC 3834 section 5: no answering machine answers this. */
  g_mime_object_set_header (object, "Auto-Submitted", "auto-replied", NULL);
  g_mime_message_set_mime_part (message, GMIME_OBJECT (body));
  return message;
}

GBytes *
message_report_build (const MessageReport *report)
{
  message_init ();

  g_autoptr (GMimeMessage) message = make_message (report);
  g_autoptr (GMimeFormatOptions) options = g_mime_format_options_new ();
  GByteArray *octets = g_byte_array_new ();
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new_with_byte_array (octets);

  g_mime_format_options_set_newline_format (options, GMIME_NEWLINE_FORMAT_DOS);
  g_mime_stream_mem_set_owner (GMIME_STREAM_MEM (stream), FALSE);
  g_mime_object_write_to_stream (GMIME_OBJECT (message), options, stream);
  return g_byte_array_free_to_bytes (octets);
}
