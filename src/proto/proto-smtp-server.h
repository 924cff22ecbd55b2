/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The SMTP server's side of a session: RFC 5321 with SIZE (1870), 8BITMIME (6152), PIPELINING
 * (2920), ENHANCEDSTATUSCODES (2034), STARTTLS (3207), AUTH (4954), CHUNKING and BINARYMIME (3030),
 * DSN (3461) and SMTPUTF8 (6531). One thread at a time.
 *
 * A private extension of Postroom's own, with the EHLO keyword XRECALL, takes back a letter that
 * nobody has fetched yet:
 *
 *   XRECALL <message-id>
 *
 * It needs AUTH (530 before it) and concerns letters of that user alone; it stands outside a
 * transaction (503 in one) and is the last of a pipelined group. A line of the 250 reply is
 * "<address> recalled", "<address> fetched" (too late) or "<address> not-found" (removed unread); 550
 * says that there is no such letter. The keyword is there as soon as AUTH is: few clients say EHLO
 * again behind it.
 *
 * Pull events with proto_smtp_server_next() after each feed; answer those marked "question" with
 * proto_smtp_server_answer() before the next pull gives anything.
 */

#include "proto-dsn.h"
#include "proto-engine.h"
#include "proto-path.h"
#include "proto-reply.h"
#include "proto-sasl.h"

typedef struct _ProtoSmtpServer ProtoSmtpServer;

typedef struct
{
  const char *host_name; /* said in the greeting and in EHLO */
  gboolean offer_starttls;
  gboolean offer_chunking; /* CHUNKING and BINARYMIME */
  gboolean offer_dsn;
  gboolean offer_smtputf8;
  gboolean offer_expn;            /* else EXPN is 502 */
  gboolean offer_recall;          /* else XRECALL is 502 */
  gboolean auth_required;         /* MAIL before AUTH is 530 5.7.0 */
  gboolean auth_in_clear;         /* offer AUTH without TLS: a demonstration setting */
  ProtoSaslMechanisms mechanisms; /* 0: no AUTH; -PLUS is offered where the TLS can be bound to */
  const char *nonce;              /* of SCRAM and CRAM-MD5; NULL: a random one */
  guint64 max_size;               /* octets of a message; 0: no limit */
  guint max_recipients;           /* at least 100 (section 4.5.3.1.8) */
  guint max_errors;               /* bad commands before 421 and close */
  guint max_commands;             /* before 421 and close; 0: any number */
  guint max_line;                 /* text line in octets with CRLF (1000), 0: no limit */
  gint64 command_timeout;         /* microseconds; 5 minutes */
  gint64 session_timeout;         /* microseconds of the whole session; 0: any time */
  gint64 data_timeout;            /* microseconds between blocks of DATA; 3 minutes */
} ProtoSmtpServerConfig;

/* The strict and customary values; host name "localhost", and nothing is offered that can be
 * chosen: no TLS, no AUTH, no CHUNKING. */
void proto_smtp_server_config_init (ProtoSmtpServerConfig *config);

typedef enum
{
  PROTO_SMTP_SERVER_HELO,    /* .text is the client's name, .extended for EHLO */
  PROTO_SMTP_SERVER_KEYS,    /* question: .text is a user's name; proto_smtp_server_give_keys(), or
                                4xx/5xx */
  PROTO_SMTP_SERVER_AUTH,    /* question: .credentials; 235 or 535/454 */
  PROTO_SMTP_SERVER_MAIL,    /* question: .path, .size, .body, .utf8, .dsn_return, .envelope_id;
                                250 or 4xx/5xx */
  PROTO_SMTP_SERVER_RCPT,    /* question: .path, .notify, .original_recipient; 250 or 4xx/5xx */
  PROTO_SMTP_SERVER_VRFY,    /* question: .text, .utf8; 252 is the usual answer */
  PROTO_SMTP_SERVER_EXPN,    /* question: .text, .utf8; 250 with a mailbox on each line */
  PROTO_SMTP_SERVER_RECALL,  /* question: .text, a Message-ID in angle brackets; 250 with an
                                outcome on each line, or 550 */
  PROTO_SMTP_SERVER_DATA,    /* question: 354, or 4xx/5xx when the message cannot be taken now.
                                With .chunked the text comes by BDAT: a 354 is not said, and a
                                refusal waits for the end of the chunk and ends the transaction */
  PROTO_SMTP_SERVER_CHUNK,   /* .chunk: un-stuffed octets of the message, CRLF kept; by BDAT any
                                octets, which need not be lines */
  PROTO_SMTP_SERVER_MESSAGE, /* question: the message is whole; 250 only when it is durable */
  PROTO_SMTP_SERVER_ABORT,   /* the transaction is over without a message: RSET, EHLO, a message
                                that was refused (size, bare LF), QUIT, a lost connection */
  PROTO_SMTP_SERVER_CLOSED,  /* the session is over; the last event */
} ProtoSmtpServerEventType;

/* The client's BODY= (RFC 6152, RFC 3030); 7BIT when nothing was said. */
typedef enum
{
  PROTO_SMTP_BODY_7BIT,
  PROTO_SMTP_BODY_8BITMIME,
  PROTO_SMTP_BODY_BINARYMIME,
} ProtoSmtpBody;

/* Everything is borrowed from the engine and good until the next call of any of its functions. */
typedef struct
{
  ProtoSmtpServerEventType type;
  const char *text;
  gboolean extended;
  const ProtoCredentials *credentials;
  const ProtoPath *path;
  guint64 size; /* SIZE=, 0 when not given */
  ProtoSmtpBody body;
  gboolean utf8; /* SMTPUTF8: addresses may be UTF-8; they are ASCII else */
  ProtoDsnReturn dsn_return;
  const char *envelope_id; /* ENVID=, decoded; or NULL */
  ProtoDsnNotify notify;
  const char *original_recipient; /* ORCPT=, "rfc822;ann@example.org", decoded; or NULL */
  gboolean chunked;
  GBytes *chunk;
} ProtoSmtpServerEvent;

/* Queues the greeting at once (or when TLS has started, with @implicit_tls). Copies @config. */
ProtoSmtpServer *proto_smtp_server_new (const ProtoSmtpServerConfig *config, gboolean implicit_tls);
void proto_smtp_server_free (ProtoSmtpServer *server);
ProtoEngine *proto_smtp_server_get_engine (ProtoSmtpServer *server);

/* FALSE: feed more, or answer the question that is open. */
gboolean proto_smtp_server_next (ProtoSmtpServer *server, ProtoSmtpServerEvent *event);

/* Answers the open question; takes @reply. */
void proto_smtp_server_answer (ProtoSmtpServer *server, ProtoReply *reply);

/* Answers a KEYS; copies @keys. */
void proto_smtp_server_give_keys (ProtoSmtpServer *server, const ProtoScramKeys *keys);

/* Says @reply (421) and closes after it; takes @reply. For a shutdown; an open question need no
 * longer be answered. */
void proto_smtp_server_shut_down (ProtoSmtpServer *server, ProtoReply *reply);

/* State for Received: (section 4.4) and for policy; borrowed. */
const char *proto_smtp_server_get_helo (const ProtoSmtpServer *server); /* or NULL */
gboolean proto_smtp_server_is_extended (const ProtoSmtpServer *server); /* EHLO */
const char *proto_smtp_server_get_user (const ProtoSmtpServer *server); /* or NULL */
gboolean proto_smtp_server_is_tls (const ProtoSmtpServer *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoSmtpServer, proto_smtp_server_free)
