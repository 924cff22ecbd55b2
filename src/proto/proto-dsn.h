/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The values of the DSN parameters of MAIL and RCPT (RFC 3461 section 4, RFC 6533 section 3), as
 * strictly as they are written there. Any thread.
 */

#include <glib.h>

typedef enum
{
  PROTO_DSN_RETURN_UNSAID,
  PROTO_DSN_RETURN_FULL,
  PROTO_DSN_RETURN_HEADERS,
} ProtoDsnReturn;

/* A set; NEVER is always alone. */
typedef enum
{
  PROTO_DSN_NOTIFY_UNSAID = 0,
  PROTO_DSN_NOTIFY_NEVER = 1 << 0,
  PROTO_DSN_NOTIFY_SUCCESS = 1 << 1,
  PROTO_DSN_NOTIFY_FAILURE = 1 << 2,
  PROTO_DSN_NOTIFY_DELAY = 1 << 3,
} ProtoDsnNotify;

/* FALSE when the value is none. */
gboolean proto_dsn_parse_return (const char *value, ProtoDsnReturn *wanted);
gboolean proto_dsn_parse_notify (const char *value, ProtoDsnNotify *wanted);

/* The sender's name for the transaction, decoded from xtext: 1 to 100 printable ASCII characters.
 * NULL when it is none. */
char *proto_dsn_parse_envelope_id (const char *value);

/* "rfc822;ann@example.org": the type as it was written and the address decoded from xtext, or, for
 * the type utf-8, from its own form; that may be raw UTF-8 where @utf8 (a transaction with
 * SMTPUTF8). At most 500 octets, printable. NULL when it is none. */
char *proto_dsn_parse_recipient (const char *value, gboolean utf8);
