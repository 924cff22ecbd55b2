/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The POP3 client's side of a session: greeting, CAPA, STLS, then APOP, AUTH or USER/PASS, then
 * commands in any number; they are pipelined where the server offers it (RFC 2449 section 6.6) and
 * wait for each other where it does not. One thread at a time.
 */

#include "proto-engine.h"
#include "proto-sasl.h"
#include "proto-smtp-client.h"

typedef struct _ProtoPop3Client ProtoPop3Client;

typedef struct
{
  ProtoStarttls stls;
  const ProtoCredentials *credentials; /* copied */
  gboolean auth_in_clear;              /* without it no password or token crosses an open wire */
  gboolean try_apop; /* use APOP when the greeting has a timestamp, the wire is open and there is
                        nothing better */
  gint64 timeout;    /* microseconds of silence; 10 minutes */
} ProtoPop3ClientConfig;

void proto_pop3_client_config_init (ProtoPop3ClientConfig *config);

typedef enum
{
  PROTO_POP3_COMMAND_STAT,
  PROTO_POP3_COMMAND_LIST,
  PROTO_POP3_COMMAND_UIDL,
  PROTO_POP3_COMMAND_RETR,
  PROTO_POP3_COMMAND_TOP,
  PROTO_POP3_COMMAND_DELE,
  PROTO_POP3_COMMAND_NOOP,
  PROTO_POP3_COMMAND_RSET,
  PROTO_POP3_COMMAND_QUIT, /* commits the deletions */
} ProtoPop3Command;

typedef enum
{
  PROTO_POP3_CLIENT_READY, /* in TRANSACTION */
  PROTO_POP3_CLIENT_ITEM,  /* LIST: .number, .size; UIDL: .number, .uid; STAT: .number is the
                              count, .size the octets */
  PROTO_POP3_CLIENT_CHUNK, /* RETR, TOP: .chunk un-stuffed octets, CRLF kept */
  PROTO_POP3_CLIENT_DONE,  /* .command .number succeeded, .text is the reply's text */
  PROTO_POP3_CLIENT_ERR,   /* .command .number was answered -ERR: .code ("IN-USE" or NULL), .text */
  PROTO_POP3_CLIENT_FAILED, /* .error; .code when the server gave one; the session is over */
  PROTO_POP3_CLIENT_CLOSED, /* after QUIT's +OK (DONE comes first); the last event */
} ProtoPop3ClientEventType;

typedef struct
{
  ProtoPop3ClientEventType type;
  ProtoPop3Command command;
  guint number; /* from 1, as on the wire */
  guint64 size;
  const char *uid;
  const char *code;
  const char *text;
  GBytes *chunk;
  const GError *error;
} ProtoPop3ClientEvent;

ProtoPop3Client *proto_pop3_client_new (const ProtoPop3ClientConfig *config, gboolean implicit_tls);
void proto_pop3_client_free (ProtoPop3Client *client);
ProtoEngine *proto_pop3_client_get_engine (ProtoPop3Client *client);
gboolean proto_pop3_client_next (ProtoPop3Client *client, ProtoPop3ClientEvent *event);

/* Queues a command; after READY and before QUIT. @number from 1 (0: none, for STAT, LIST and UIDL
 * without argument, NOOP, RSET, QUIT); @lines for TOP. */
void proto_pop3_client_command (ProtoPop3Client *client,
                                ProtoPop3Command command,
                                guint number,
                                guint lines);

/* CAPA keywords, upper case, as proto_smtp_client_get_capability(). */
const char *proto_pop3_client_get_capability (const ProtoPop3Client *client, const char *keyword);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoPop3Client, proto_pop3_client_free)
