/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The POP3 server's side of a session: RFC 1939 whole, CAPA (2449), STLS (2595), AUTH (5034),
 * response codes (2449, 3206). The engine keeps the session's marks of deletion and its fixed
 * numbers; the maildrop itself belongs to the maker. One thread at a time.
 */

#include "proto-engine.h"
#include "proto-sasl.h"

typedef struct _ProtoPop3Server ProtoPop3Server;

typedef struct
{
  const char *host_name;
  gboolean offer_stls;
  gboolean plain_in_clear; /* USER/PASS and AUTH without TLS: a demonstration setting */
  gboolean offer_utf8;     /* RFC 6856 */
  int expire;              /* days that CAPA tells (RFC 2449 section 6.7), or… */
#define PROTO_POP3_EXPIRE_NEVER  -1
#define PROTO_POP3_EXPIRE_UNSAID -2
  int login_delay;                /* seconds that CAPA tells (RFC 2449); below 0: it does not */
  gboolean offer_apop;            /* the banner then has a timestamp, see _get_timestamp() */
  ProtoSaslMechanisms mechanisms; /* 0: no AUTH; -PLUS is offered where the TLS can be bound to */
  const char *nonce;              /* of SCRAM, CRAM-MD5 and APOP; NULL: a random one */
  guint max_errors;
  guint max_commands;     /* before the session is closed; 0: any number */
  gint64 session_timeout; /* microseconds of the whole session; 0: any time */
  gint64 timeout;         /* autologout, at least 10 minutes (section 3) */
} ProtoPop3ServerConfig;

void proto_pop3_server_config_init (ProtoPop3ServerConfig *config);

typedef struct
{
  guint64 size;     /* octets as sent by RETR: CRLF ends, dots not stuffed */
  guint64 number;   /* begins the unique-id; never used again (section 7) */
  gboolean deleted; /* the engine's own, FALSE */
} ProtoPop3Entry;

typedef enum
{
  PROTO_POP3_SERVER_KEYS,   /* question: .user; _give_keys() or _refuse() */
  PROTO_POP3_SERVER_LOGIN,  /* question: .credentials (USER/PASS or AUTH); _accept() or _refuse() */
  PROTO_POP3_SERVER_APOP,   /* question: .user, .digest (32 hexadecimal digits); likewise */
  PROTO_POP3_SERVER_RETR,   /* question: .index from 0; _send_begin(), _send(), _send_end(), or
                               _refuse() */
  PROTO_POP3_SERVER_TOP,    /* question: as RETR; the engine cuts after .lines body lines, so the
                               maker may stop as soon as _send() returns FALSE */
  PROTO_POP3_SERVER_UPDATE, /* question: QUIT in TRANSACTION: .deleted holds indices (guint);
                               remove them, then _accept_update() or _refuse() */
  PROTO_POP3_SERVER_WANT_BODY, /* the output has drained below 64 KiB: _send() more */
  PROTO_POP3_SERVER_CLOSED,    /* over; without an UPDATE before it nothing may be removed */
} ProtoPop3ServerEventType;

typedef struct
{
  ProtoPop3ServerEventType type;
  const ProtoCredentials *credentials;
  const char *user;
  const char *digest;
  guint index;
  guint64 lines;
  const GArray *deleted;
} ProtoPop3ServerEvent;

ProtoPop3Server *proto_pop3_server_new (const ProtoPop3ServerConfig *config, gboolean implicit_tls);
void proto_pop3_server_free (ProtoPop3Server *server);
ProtoEngine *proto_pop3_server_get_engine (ProtoPop3Server *server);
gboolean proto_pop3_server_next (ProtoPop3Server *server, ProtoPop3ServerEvent *event);

/* Answers a KEYS; copies @keys. */
void proto_pop3_server_give_keys (ProtoPop3Server *server, const ProtoScramKeys *keys);

/* LOGIN or APOP was right; takes @entries, a GArray of ProtoPop3Entry: the maildrop as it is seen
 * for the whole session. A unique-id is "number.mark"; @mark is 1-40 characters 0x21-0x7E. */
void proto_pop3_server_accept (ProtoPop3Server *server, GArray *entries, const char *mark);

/* Says "-ERR [code] text"; @code may be NULL, or "AUTH", "IN-USE", "SYS/TEMP", "SYS/PERM",
 * "UTF8". */
void proto_pop3_server_refuse (ProtoPop3Server *server, const char *code, const char *text);

void proto_pop3_server_send_begin (ProtoPop3Server *server);
/* FALSE: no more octets are wanted (TOP has its lines); call _send_end(). */
gboolean proto_pop3_server_send (ProtoPop3Server *server, const guint8 *data, gsize length);
void proto_pop3_server_send_end (ProtoPop3Server *server);
/* The letter's file failed in the middle: nothing true can be said any more, so close. */
void proto_pop3_server_send_abort (ProtoPop3Server *server);

void proto_pop3_server_accept_update (ProtoPop3Server *server);

/* Closes with "-ERR [SYS/TEMP] text", without UPDATE: a shutdown. */
void proto_pop3_server_shut_down (ProtoPop3Server *server, const char *text);

/* From within a gate: "-ERR text" instead of running the command. */
void proto_pop3_server_interject (ProtoPop3Server *server, const char *text);
/* The same in the place of the greeting, and closes; over TLS from the start without a word. */
void proto_pop3_server_turn_away (ProtoPop3Server *server, const char *text);

const char *
proto_pop3_server_get_timestamp (const ProtoPop3Server *server); /* "<…@host>" or NULL */
gboolean proto_pop3_server_is_tls (const ProtoPop3Server *server);
/* Whether the client has said UTF8: without it a letter's head must be ASCII (RFC 6856 section 2).
 */
gboolean proto_pop3_server_is_utf8 (const ProtoPop3Server *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoPop3Server, proto_pop3_server_free)
