/* SPDX-License-Identifier: MIT */
#pragma once

/* What the files of the POP3 server share. */

#include "proto-dot.h"
#include "proto-pop3-server.h"

typedef enum
{
  PROTO_POP3_QUESTION_NONE,
  PROTO_POP3_QUESTION_KEYS,
  PROTO_POP3_QUESTION_LOGIN,
  PROTO_POP3_QUESTION_LETTER, /* RETR or TOP: the answer has not begun */
  PROTO_POP3_QUESTION_SENDING,
  PROTO_POP3_QUESTION_UPDATE,
} ProtoPop3Question;

/* A listing that is longer than one go: what comes next. */
typedef enum
{
  PROTO_POP3_LISTING_NONE,
  PROTO_POP3_LISTING_LIST,
  PROTO_POP3_LISTING_UIDL,
} ProtoPop3Listing;

struct _ProtoPop3Server
{
  ProtoEngine engine;
  ProtoPop3ServerConfig config;
  char *host_name;
  char *nonce;
  char *timestamp; /* of APOP, with its angle brackets, or NULL */

  gboolean greeting_said;
  gboolean in_transaction;
  gboolean utf8; /* the client takes it in heads */
  char *user;    /* after USER */
  ProtoSaslServer *sasl;
  gboolean auth_tried; /* the last verb: what comes next may be a password all the same */
  guint errors;
  guint commands;

  GArray *entries; /* of ProtoPop3Entry */
  char *mark;      /* of the unique-ids, or NULL */
  guint count;     /* not deleted */
  guint64 octets;  /* of those */
  GArray *deleted; /* guint, for UPDATE */

  ProtoPop3Listing listing;
  guint listing_next;

  /* The letter on its way out. */
  gboolean is_top;
  guint64 top_lines;
  gboolean in_body;
  gboolean line_empty; /* of TOP: the line under way has nothing in it yet */
  gboolean after_cr;
  guint64 size;
  ProtoDotEncoder encoder;

  gboolean event_waits;
  gboolean closed_told;
  ProtoPop3ServerEvent event;
  ProtoPop3Question question;
  ProtoCredentials *credentials; /* borrowed by the event */
  char *text;                    /* likewise */
};

/* ---- proto-pop3-server.c ---- */

void proto_pop3_server_ok (ProtoPop3Server *server, const char *text);
void proto_pop3_server_err (ProtoPop3Server *server, const char *code, const char *text);
void proto_pop3_server_emit (ProtoPop3Server *server,
                             ProtoPop3ServerEventType type,
                             ProtoPop3Question question);
void proto_pop3_server_close (ProtoPop3Server *server);

/* ---- proto-pop3-server-commands.c ---- */

void proto_pop3_server_run_line (ProtoPop3Server *server, const char *line, gsize length);
void proto_pop3_server_list_more (ProtoPop3Server *server);
void proto_pop3_server_forget_deletions (ProtoPop3Server *server);

/* ---- proto-pop3-server-auth.c ---- */

/* Those that are offered now; 0 for none. */
ProtoSaslMechanisms proto_pop3_server_get_mechanisms (const ProtoPop3Server *server);
gboolean proto_pop3_server_may_log_in (const ProtoPop3Server *server);
void proto_pop3_server_user (ProtoPop3Server *server, const char *argument);
void proto_pop3_server_pass (ProtoPop3Server *server, const char *argument);
void proto_pop3_server_apop (ProtoPop3Server *server, const char *argument);
void proto_pop3_server_auth (ProtoPop3Server *server, const char *argument);
void proto_pop3_server_utf8 (ProtoPop3Server *server, const char *argument);
void proto_pop3_server_stls (ProtoPop3Server *server, const char *argument);
/* A line of the AUTH exchange; NULL: it was too long. */
void proto_pop3_server_auth_line (ProtoPop3Server *server, const char *line, gsize length);
