/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The SMTP client's side of a session: greeting, EHLO (HELO as a fall-back), STARTTLS, AUTH, then
 * any number of messages, QUIT. One thread at a time.
 */

#include "proto-dsn.h"
#include "proto-engine.h"
#include "proto-reply.h"
#include "proto-sasl.h"

typedef struct _ProtoSmtpClient ProtoSmtpClient;

typedef enum
{
  PROTO_STARTTLS_NEVER,    /* already in TLS, or the person allowed clear text */
  PROTO_STARTTLS_REQUIRED, /* fail with PROTO_ERROR_UNSUPPORTED when not offered */
} ProtoStarttls;

typedef struct
{
  const char *helo_name; /* a domain or an address literal: "[127.0.0.1]" */
  ProtoStarttls starttls;
  const ProtoCredentials *credentials; /* NULL: no AUTH; copied */
  gboolean auth_in_clear;              /* without it no password or token crosses an open wire */
  gint64 timeout;                      /* microseconds of silence; 5 minutes */
} ProtoSmtpClientConfig;

void proto_smtp_client_config_init (ProtoSmtpClientConfig *config);

typedef enum
{
  PROTO_SMTP_CLIENT_READY,     /* greeted, encrypted, authenticated: give a message or quit */
  PROTO_SMTP_CLIENT_RECIPIENT, /* .index, .reply: what became of one RCPT */
  PROTO_SMTP_CLIENT_WANT_BODY, /* call proto_smtp_client_write() any number of times, then _end();
                                  comes again whenever the output has drained below 64 KiB */
  PROTO_SMTP_CLIENT_SENT,      /* .reply: what the server said at the end of the message (any
                                  class), or the refusal of MAIL or of every RCPT */
  PROTO_SMTP_CLIENT_FAILED,    /* .error, and .reply when the server said it; the session is over */
  PROTO_SMTP_CLIENT_CLOSED,    /* after QUIT; the last event, as is FAILED */
} ProtoSmtpClientEventType;

typedef struct
{
  ProtoSmtpClientEventType type;
  guint index;
  const ProtoReply *reply;
  const GError *error;
} ProtoSmtpClientEvent;

ProtoSmtpClient *proto_smtp_client_new (const ProtoSmtpClientConfig *config, gboolean implicit_tls);
void proto_smtp_client_free (ProtoSmtpClient *client);
ProtoEngine *proto_smtp_client_get_engine (ProtoSmtpClient *client);

gboolean proto_smtp_client_next (ProtoSmtpClient *client, ProtoSmtpClientEvent *event);

typedef struct
{
  const char *reverse_path;      /* an address, or "" for <> */
  const char *const *recipients; /* addresses, NULL-terminated */
  guint64 size;                  /* in octets; 0: not known */
  gboolean eight_bit;            /* BODY=8BITMIME, where offered */
  gboolean utf8;             /* a header beyond ASCII; addresses are looked at here (RFC 6531) */
  gboolean require_tls;      /* RFC 8689 */
  ProtoDsnReturn dsn_return; /* this and what follows: RFC 3461, where offered */
  ProtoDsnNotify notify;     /* for every recipient */
  const char *envelope_id;   /* or NULL */
} ProtoSmtpMessage;

/* Begins a message, of which nothing is kept. What the server's EHLO forbids is not tried (SENT
 * comes with a made reply): more than its SIZE, UTF-8 without SMTPUTF8, require_tls without
 * REQUIRETLS. Only after READY or SENT. PROTO_ERROR_SYNTAX for an address that cannot be said on
 * the wire. */
gboolean
proto_smtp_client_send (ProtoSmtpClient *client, const ProtoSmtpMessage *message, GError **error);

/* Octets of the message, not dot-stuffed. Only after WANT_BODY. */
void proto_smtp_client_write (ProtoSmtpClient *client, const guint8 *data, gsize length);
void proto_smtp_client_end (ProtoSmtpClient *client);

/* Whether the final dot has been queued and not yet answered: the window in which a crash leaves
 * the letter's fate unknown. */
gboolean proto_smtp_client_is_in_doubt (const ProtoSmtpClient *client);

void proto_smtp_client_quit (ProtoSmtpClient *client);

/* The server's EHLO keywords with their values, upper case: "SIZE" -> "1000"; borrowed, NULL when
 * not offered. */
const char *proto_smtp_client_get_capability (const ProtoSmtpClient *client, const char *keyword);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoSmtpClient, proto_smtp_client_free)
