/* SPDX-License-Identifier: MIT */
#pragma once

/* What the files of the POP3 client share. */

#include "proto-dot.h"
#include "proto-pop3-client.h"

/* What the next line from the server answers, while the session is being opened. */
typedef enum
{
  PROTO_POP3_WAIT_TLS, /* for the handshake */
  PROTO_POP3_WAIT_GREETING,
  PROTO_POP3_WAIT_CAPA,
  PROTO_POP3_WAIT_CAPA_LIST,
  PROTO_POP3_WAIT_STLS,
  PROTO_POP3_WAIT_UTF8,
  PROTO_POP3_WAIT_APOP,
  PROTO_POP3_WAIT_AUTH,
  PROTO_POP3_WAIT_USER,
  PROTO_POP3_WAIT_PASS,
  PROTO_POP3_WAIT_COMMANDS, /* logged in: the queue is at work */
} ProtoPop3Wait;

typedef struct
{
  ProtoPop3Command command;
  guint number;
  guint lines;
} ProtoPop3Order;

struct _ProtoPop3Client
{
  ProtoEngine engine;
  ProtoPop3ClientConfig config;
  ProtoCredentials *credentials;

  ProtoPop3Wait wait;
  char *timestamp; /* of the greeting, or NULL */
  GHashTable *capabilities;
  gboolean capabilities_asked_again; /* after the log-in they may differ */
  guint lines_seen;                  /* of a list, against endless ones */
  ProtoSaslClient *sasl;
  char *challenge; /* what work is being done for */
  gboolean quitting;

  GQueue said;    /* of ProtoPop3Order: on the wire, not yet answered */
  GQueue waiting; /* not yet said */
  gboolean in_list;
  gboolean in_body;
  ProtoDotDecoder decoder;

  GQueue events; /* of Event, see proto-pop3-client.c */
  gboolean over; /* the last event is in the queue */
  gpointer current;
};

/* ---- proto-pop3-client.c ---- */

void proto_pop3_client_fail (ProtoPop3Client *client,
                             const char *code,
                             ProtoError kind,
                             const char *format,
                             ...) G_GNUC_PRINTF (4, 5);
void proto_pop3_client_push (ProtoPop3Client *client,
                             ProtoPop3ClientEventType type,
                             ProtoPop3Command command,
                             guint number,
                             guint64 size,
                             const char *text,
                             const char *code,
                             GBytes *chunk);
/* "+OK text" or "-ERR [code] text"; FALSE when it is neither (the session has failed then). */
gboolean proto_pop3_client_read_status (ProtoPop3Client *client,
                                        const char *line,
                                        gboolean *positive,
                                        char **code,
                                        const char **text);
void proto_pop3_client_say_more (ProtoPop3Client *client);

/* ---- proto-pop3-client-open.c ---- */

void proto_pop3_client_open_line (ProtoPop3Client *client, const char *line);
void proto_pop3_client_open_tls_started (ProtoPop3Client *client);
void proto_pop3_client_open_worked (ProtoPop3Client *client);
