/* SPDX-License-Identifier: MIT */
#include <message-report.h>

#include <gmime/gmime.h>
#include <string.h>

#define HEAD   "From: <ann@postroom.test>\r\nSubject: One\r\n"
#define LETTER HEAD "\r\nHello.\r\n.dot\r\nFrom here\r\n"

static GBytes *
text_bytes (const char *text)
{
  return g_bytes_new_static (text, strlen (text));
}

/* All of the report as text, which GMime can read back. */
static char *
build (const MessageReport *report, GMimeMessage **read)
{
  g_autoptr (GBytes) bytes = message_report_build (report);
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  GMimeStream *stream = g_mime_stream_mem_new_with_buffer (data, length);
  GMimeParser *parser = g_mime_parser_new_with_stream (stream);

  for (gsize i = 0; i < length; i++)
    g_assert_true (data[i] != '\n' || (i > 0 && data[i - 1] == '\r'));
  *read = g_mime_parser_construct_message (parser, NULL);
  g_object_unref (parser);
  g_object_unref (stream);
  g_assert_nonnull (*read);
  return g_strndup (data, length);
}

static void
check_part (GMimeMessage *message, int index, const char *type, const char *subtype)
{
  GMimeObject *body = g_mime_message_get_mime_part (message);

  g_assert_true (GMIME_IS_MULTIPART (body));
  GMimeObject *part = g_mime_multipart_get_part (GMIME_MULTIPART (body), index);
  g_assert_true (
      g_mime_content_type_is_type (g_mime_object_get_content_type (part), type, subtype));
}

static void
check_header (GMimeMessage *message, const char *name, const char *value)
{
  g_assert_cmpstr (g_mime_object_get_header (GMIME_OBJECT (message), name), ==, value);
}

static void
has (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_error ("“%s” is not in:\n%s", part, text);
}

static void
test_failure (void)
{
  const MessageReportRecipient recipients[] = {
    { "team@postroom.test", "rfc822;Team@Postroom.test", MESSAGE_REPORT_FAILED, "5.2.2",
      "552 5.2.2 The mailbox is full" },
    { "bob@postroom.test", NULL, MESSAGE_REPORT_DELIVERED, "2.1.5", NULL },
  };
  g_autoptr (GBytes) letter = text_bytes (LETTER);
  const MessageReport report = { .host = "postroom.test",
                                 .to = "ann@postroom.test",
                                 .envelope_id = "QQ314159",
                                 .arrival = 1795428000,
                                 .recipients = recipients,
                                 .n_recipients = G_N_ELEMENTS (recipients),
                                 .letter = letter };
  GMimeMessage *message;
  g_autofree char *text = build (&report, &message);

  check_header (message, "Auto-Submitted", "auto-replied");
  check_header (message, "To", "ann@postroom.test");
  check_header (message, "From", "Mail delivery <postmaster@postroom.test>");
  check_part (message, 0, "text", "plain");
  check_part (message, 1, "message", "delivery-status");
  check_part (message, 2, "message", "rfc822");
  has (text, "Content-Type: multipart/report;");
  has (text, "report-type=delivery-status\r\n");
  has (text, "Original-Envelope-Id: QQ314159\r\nReporting-MTA: dns; postroom.test\r\n");
  has (text, "\r\n\r\nOriginal-Recipient: rfc822;Team@Postroom.test\r\n"
             "Final-Recipient: rfc822; team@postroom.test\r\nAction: failed\r\nStatus: 5.2.2\r\n"
             "Diagnostic-Code: smtp; 552 5.2.2 The mailbox is full\r\n\r\n"
             "Final-Recipient: rfc822; bob@postroom.test\r\nAction: delivered\r\n"
             "Status: 2.1.5\r\n");
  has (text, "\r\n\r\n" LETTER "\r\n--");
  g_object_unref (message);
}

static void
test_headers (void)
{
  const MessageReportRecipient recipient
      = { "team@postroom.test", NULL, MESSAGE_REPORT_EXPANDED, "2.1.5", NULL };
  g_autoptr (GBytes) letter = text_bytes (LETTER);
  const MessageReport report = { .host = "postroom.test",
                                 .to = "ann@postroom.test",
                                 .recipients = &recipient,
                                 .n_recipients = 1,
                                 .letter = letter,
                                 .headers_only = TRUE };
  GMimeMessage *message;
  g_autofree char *text = build (&report, &message);

  check_part (message, 2, "text", "rfc822-headers");
  has (text, "Action: expanded\r\n");
  has (text, "\r\n\r\n" HEAD "\r\n--");
  g_assert_null (strstr (text, "Hello."));
  g_assert_null (strstr (text, "Envelope-Id"));
  g_object_unref (message);
}

/* RFC 6533; and octets that are beyond ASCII stay what they are. */
static void
test_global (void)
{
  const MessageReportRecipient recipient
      = { "борис@postroom.test", NULL, MESSAGE_REPORT_FAILED, "5.2.1", "550 5.2.1 Disabled" };
  g_autoptr (GBytes) letter = text_bytes ("Subject: Привет\r\n\r\nПока\r\n");
  MessageReport report = { .host = "postroom.test",
                           .to = "ann@postroom.test",
                           .recipients = &recipient,
                           .n_recipients = 1,
                           .letter = letter };
  GMimeMessage *message;
  g_autofree char *text = build (&report, &message);

  check_part (message, 1, "message", "global-delivery-status");
  check_part (message, 2, "message", "global");
  has (text, "report-type=global-delivery-status");
  has (text, "Final-Recipient: utf-8; борис@postroom.test\r\n");
  has (text, "\r\n\r\nSubject: Привет\r\n\r\nПока\r\n\r\n--");
  g_object_unref (message);

  report.headers_only = TRUE;
  g_autofree char *head = build (&report, &message);
  check_part (message, 2, "message", "global-headers");
  g_object_unref (message);
}

/* Nothing in a value makes a field of its own. */
static void
test_lines (void)
{
  const MessageReportRecipient recipient
      = { "a\r\nAction: delivered@postroom.test", "rfc822;x\r\n\r\nStatus: 2.0.0",
          MESSAGE_REPORT_FAILED, "5.2.1", "550 a\nb" };
  g_autoptr (GBytes) letter = text_bytes ("no head at all");
  const MessageReport report = { .host = "postroom.test",
                                 .to = "ann@postroom.test",
                                 .envelope_id = "x\r\ny: z",
                                 .recipients = &recipient,
                                 .n_recipients = 1,
                                 .letter = letter,
                                 .headers_only = TRUE };
  GMimeMessage *message;
  g_autofree char *text = build (&report, &message);

  g_assert_null (strstr (text, "\nStatus: 2.0.0"));
  g_assert_null (strstr (text, "\ny: z"));
  has (text, "Final-Recipient: rfc822; a??Action: delivered@postroom.test\r\n");
  g_object_unref (message);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_mime_init ();
  g_test_add_func ("/message/report/failure", test_failure);
  g_test_add_func ("/message/report/headers", test_headers);
  g_test_add_func ("/message/report/global", test_global);
  g_test_add_func ("/message/report/lines", test_lines);
  return g_test_run ();
}
