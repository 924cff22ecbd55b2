/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the files of the SMTP server share. The session is in one of these places: between
 * commands, in an AUTH exchange (sasl), in the text of a message (in_data), in the octets of a BDAT
 * (in_chunk); and any of them may be stopped by an open question.
 */

#include "proto-dot.h"
#include "proto-smtp-server.h"

typedef enum
{
  PROTO_SMTP_QUESTION_NONE,
  PROTO_SMTP_QUESTION_KEYS,
  PROTO_SMTP_QUESTION_AUTH,
  PROTO_SMTP_QUESTION_MAIL,
  PROTO_SMTP_QUESTION_RCPT,
  PROTO_SMTP_QUESTION_VRFY, /* EXPN and XRECALL too */
  PROTO_SMTP_QUESTION_DATA,
  PROTO_SMTP_QUESTION_MESSAGE,
} ProtoSmtpQuestion;

struct _ProtoSmtpServer
{
  ProtoEngine engine;
  ProtoSmtpServerConfig config;
  char *host_name;
  char *nonce;

  gboolean greeting_said;
  char *helo;
  gboolean extended;
  char *user;
  guint errors;
  guint commands;
  char
      line_start[5]; /* of a line that is not whole yet: all that is left of one that is too long */
  gboolean line_started;

  ProtoSaslServer *sasl;
  gboolean auth_refused; /* what comes next may be a password all the same: keep it off the tap */

  /* The transaction. */
  gboolean has_mail;
  guint accepted; /* RCPT */
  guint refused;  /* RCPT */
  gboolean abort_told;
  ProtoSmtpBody body;
  gboolean utf8;
  gboolean chunked; /* its text has begun to come by BDAT */

  /* The text of the message. */
  gboolean in_data;
  ProtoDotDecoder decoder;
  gboolean decoder_ended; /* the last chunk waits to be pulled before the end is told */
  guint64 octets;
  gboolean noted_8bit;

  /* A BDAT (RFC 3030). */
  gboolean in_chunk;
  guint64 chunk_size;
  guint64 chunk_left;
  gboolean chunk_last;
  ProtoReply *chunk_refusal; /* to be said behind the octets, which are thrown away */
  gboolean chunk_failed; /* until another verb: more of a group that is lost counts as no error */

  /* Events wait here to be pulled, in this order. */
  gboolean abort_waits;
  gboolean event_waits;
  gboolean closed_told;
  ProtoSmtpServerEvent event;
  ProtoSmtpQuestion question;

  /* What the last event borrows. */
  ProtoPath *path;
  ProtoCredentials *credentials;
  GBytes *chunk;
  char *text;
};

/* ---- proto-smtp-server.c ---- */

/* Says a reply; counts it as an error of the client when it is a 5xx, and closes on too many. */
void
proto_smtp_server_say (ProtoSmtpServer *server, guint code, const char *enhanced, const char *text);
void proto_smtp_server_complain (ProtoSmtpServer *server,
                                 guint code,
                                 const char *enhanced,
                                 const char *text);
void proto_smtp_server_say_reply (ProtoSmtpServer *server, const ProtoReply *reply);

/* Hands an event to the next pull; with a question nothing more is parsed until it is answered. */
void proto_smtp_server_emit (ProtoSmtpServer *server,
                             ProtoSmtpServerEventType type,
                             ProtoSmtpQuestion question);

/* Forgets the transaction, with an ABORT if there was one. */
void proto_smtp_server_abort (ProtoSmtpServer *server);
/* Forgets it silently: its end is known to the maker. */
void proto_smtp_server_end_transaction (ProtoSmtpServer *server);
void proto_smtp_server_close (ProtoSmtpServer *server);

/* A hint of smuggling or of a careless client: bytes behind a command that must be the last of
 * its group (RFC 2920 section 3.1). */
void proto_smtp_server_note_early (ProtoSmtpServer *server, const char *verb);

/* ---- proto-smtp-server-commands.c ---- */

void proto_smtp_server_run_line (ProtoSmtpServer *server, const char *line, gsize length);

/* ---- proto-smtp-server-envelope.c ---- */

void proto_smtp_server_mail (ProtoSmtpServer *server, const char *arguments);
void proto_smtp_server_rcpt (ProtoSmtpServer *server, const char *arguments);

/* ---- proto-smtp-server-parameters.c ---- */

/* Takes the parameters in @rest into the event; FALSE when one has been refused. PROTO_PATH_REVERSE
 * stands for MAIL, PROTO_PATH_FORWARD for RCPT. */
gboolean
proto_smtp_server_take_parameters (ProtoSmtpServer *server, ProtoPathKind verb, const char *rest);

/* ---- proto-smtp-server-security.c ---- */

/* Those that are offered now; 0 for none. */
ProtoSaslMechanisms proto_smtp_server_get_mechanisms (const ProtoSmtpServer *server);
gboolean proto_smtp_server_offers_auth (const ProtoSmtpServer *server);
gboolean proto_smtp_server_offers_starttls (const ProtoSmtpServer *server);
void proto_smtp_server_starttls (ProtoSmtpServer *server, const char *arguments);
void proto_smtp_server_auth (ProtoSmtpServer *server, const char *arguments);
/* A line of the AUTH exchange; NULL: it was too long. */
void proto_smtp_server_auth_line (ProtoSmtpServer *server, const char *line, gsize length);

/* ---- proto-smtp-server-recall.c ---- */

gboolean proto_smtp_server_offers_recall (const ProtoSmtpServer *server);
gsize proto_smtp_server_get_recall_line (const ProtoSmtpServer *server);
void proto_smtp_server_recall (ProtoSmtpServer *server, const char *arguments);

/* ---- proto-smtp-server-data.c ---- */

void proto_smtp_server_begin_data (ProtoSmtpServer *server);
/* Reads some of the text; FALSE when there is nothing to read. */
gboolean proto_smtp_server_read_data (ProtoSmtpServer *server);
/* Notes, once for a message, octets that its BODY does not allow; they are taken as they are. */
void proto_smtp_server_note_8bit (ProtoSmtpServer *server, const guint8 *data, gsize length);

/* ---- proto-smtp-server-chunks.c ---- */

/* @arguments NULL: the line was refused, and its size is not known. */
void proto_smtp_server_bdat (ProtoSmtpServer *server, const char *arguments);
/* The maker's word on the first chunk; takes @reply. */
void proto_smtp_server_judge_chunks (ProtoSmtpServer *server, ProtoReply *reply);
/* Reads some of the chunk; FALSE when there is nothing to read. */
gboolean proto_smtp_server_read_chunk (ProtoSmtpServer *server);
