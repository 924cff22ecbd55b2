/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The SMTP client's side of a session: greeting, EHLO (HELO as a fall-back), STARTTLS, AUTH, then
 * any number of messages, QUIT. One thread at a time.
 */

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
  gboolean auth_in_clear;              /* without it a password never crosses an open wire */
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

/* Begins a message. @reverse_path is an address or "" for <>; @recipients NULL-terminated
 * addresses; @size in octets for SIZE= where offered, checked against the server's limit first
 * (then SENT comes with a made 552 5.3.4). @eight_bit asks for BODY=8BITMIME where offered. Only
 * after READY or SENT. PROTO_ERROR_SYNTAX for an address that cannot be said on the wire. */
gboolean proto_smtp_client_send (ProtoSmtpClient *client,
                                 const char *reverse_path,
                                 const char *const *recipients,
                                 guint64 size,
                                 gboolean eight_bit,
                                 GError **error);

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
