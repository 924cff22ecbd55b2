/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the files of the SMTP client share: the session (greeting to READY), and the transaction
 * (MAIL to the answer to the final dot).
 */

#include "proto-dot.h"
#include "proto-smtp-client.h"

typedef enum
{
  PROTO_SMTP_CLIENT_IN_GREETING,
  PROTO_SMTP_CLIENT_IN_EHLO,
  PROTO_SMTP_CLIENT_IN_HELO,
  PROTO_SMTP_CLIENT_IN_STARTTLS,
  PROTO_SMTP_CLIENT_IN_AUTH,
  PROTO_SMTP_CLIENT_IDLE,
  PROTO_SMTP_CLIENT_IN_ENVELOPE,
  PROTO_SMTP_CLIENT_IN_BODY,
  PROTO_SMTP_CLIENT_IN_FINAL,   /* the dot was sent */
  PROTO_SMTP_CLIENT_IN_UNDOING, /* RSET or a lone dot: the outcome is known and kept */
  PROTO_SMTP_CLIENT_IN_QUIT,
} ProtoSmtpClientState;

struct _ProtoSmtpClient
{
  ProtoEngine engine;
  ProtoSmtpClientState state;
  char *helo_name;
  ProtoStarttls starttls;
  ProtoCredentials *credentials;
  gboolean auth_in_clear;
  gint64 timeout;

  ProtoReplyParser *parser;
  GHashTable *capabilities; /* upper case keyword -> value */
  ProtoSaslClient *sasl;

  /* The transaction. */
  char *mail;          /* the MAIL line */
  GPtrArray *rcpts;    /* the RCPT lines */
  gboolean pipelined;  /* all lines were sent together */
  guint answered;      /* replies to MAIL, then RCPTs, then DATA */
  gboolean utf8;       /* SMTPUTF8 is needed */
  gboolean has_mail;   /* MAIL was accepted */
  guint accepted;      /* RCPTs */
  ProtoReply *outcome; /* a refusal, to be told by SENT */
  ProtoDotEncoder encoder;
  gboolean body_asked; /* WANT_BODY was told and nothing written since */
  gboolean in_doubt;
  gboolean chunking;      /* BDAT instead of DATA */
  gboolean refused_chunk; /* @outcome tells why */
  guint chunks;           /* said, not answered */

  GQueue events; /* Happening, to be pulled */
  gpointer last; /* the one that was pulled last: its contents are lent */
};

/* ---- proto-smtp-client.c ---- */

/* Queues an event; takes @reply and @error, which may be NULL. */
void proto_smtp_client_emit (ProtoSmtpClient *client,
                             ProtoSmtpClientEventType type,
                             guint index,
                             ProtoReply *reply,
                             GError *error);
/* Ends the session with FAILED; takes @reply, which may be NULL. */
void proto_smtp_client_fail (ProtoSmtpClient *client,
                             ProtoError code,
                             ProtoReply *reply,
                             const char *text);

/* ---- proto-smtp-client-transaction.c ---- */

void proto_smtp_client_take_envelope_reply (ProtoSmtpClient *client, ProtoReply *reply);
void proto_smtp_client_take_final_reply (ProtoSmtpClient *client, ProtoReply *reply);
void proto_smtp_client_take_undoing_reply (ProtoSmtpClient *client, ProtoReply *reply);
void proto_smtp_client_clear_transaction (ProtoSmtpClient *client);
/* Tells SENT; takes @reply. */
void proto_smtp_client_finish (ProtoSmtpClient *client, ProtoReply *reply);
/* Undoes with @line what the server began; then SENT tells the outcome that was kept. */
void proto_smtp_client_undo (ProtoSmtpClient *client, const char *line);

/* ---- proto-smtp-client-parameters.c ---- */

char *proto_smtp_client_make_mail_line (const ProtoSmtpClient *client,
                                        const char *address,
                                        const ProtoSmtpMessage *message);
char *proto_smtp_client_make_rcpt_line (const ProtoSmtpClient *client,
                                        const char *address,
                                        const ProtoSmtpMessage *message);
/* What the server would say, as its EHLO shows already; NULL: nothing speaks against it. */
ProtoReply *proto_smtp_client_refuse (const ProtoSmtpClient *client,
                                      const ProtoSmtpMessage *message);

/* ---- proto-smtp-client-body.c ---- */

void proto_smtp_client_begin_body (ProtoSmtpClient *client);
/* Takes @reply. */
void proto_smtp_client_take_chunk_reply (ProtoSmtpClient *client, ProtoReply *reply);
