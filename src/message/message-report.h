/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A delivery status notification (RFC 3464): what a server tells a sender about what became of a
 * letter. Plain values, borrowed for the call; any thread.
 */

#include <glib.h>

typedef enum
{
  MESSAGE_REPORT_FAILED,
  MESSAGE_REPORT_DELIVERED,
  MESSAGE_REPORT_EXPANDED, /* given to all who stand behind an alias (RFC 3461 section 5.2.7) */
} MessageReportAction;

typedef struct
{
  const char *address;  /* the final recipient */
  const char *original; /* ORCPT: "rfc822;ann@example.org"; or NULL */
  MessageReportAction action;
  const char *status;     /* "5.2.2" (RFC 3463) */
  const char *diagnostic; /* "552 5.2.2 The mailbox is full"; or NULL */
} MessageReportRecipient;

typedef struct
{
  const char *host;        /* the server's domain */
  const char *to;          /* the letter's reverse-path */
  const char *envelope_id; /* ENVID; or NULL */
  gint64 arrival;          /* seconds since 1970 UTC */
  const MessageReportRecipient *recipients;
  gsize n_recipients;
  GBytes *letter;        /* as it arrived; with @headers_only as much of it as holds the head */
  gboolean headers_only; /* RFC 3461 section 4.3: of the letter the head alone */
} MessageReport;

/* The report as a letter with CRLF ends: multipart/report with a text for people, the status for
 * programs and the letter, octet by octet. It is 8bit when the letter is; with an address beyond
 * ASCII it has the forms of RFC 6533. */
GBytes *message_report_build (const MessageReport *report);
