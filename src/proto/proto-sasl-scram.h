/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The messages of SCRAM-SHA-256 (RFC 7677), both sides, and of SCRAM-SHA-1 (RFC 5802), the
 * client's, each with and without -PLUS, before base64. Strings returned are the caller's; NULL
 * stands for a malformed or refused message. One thread at a time.
 */

#include "proto-engine.h"

#include <base-secret.h>

/* Of SHA-256; that of SHA-1 is 20. */
#define PROTO_SCRAM_KEY_LENGTH 32
#define PROTO_SCRAM_MAX_SALT   64
/* RFC 7677 section 4; below it a client refuses, above the other it would be kept busy. */
#define PROTO_SCRAM_MIN_ITERATIONS 4096
#define PROTO_SCRAM_MAX_ITERATIONS 1000000

/* What a server keeps of a password (RFC 5802 section 2.2): none of it gives the password back, nor
 * can it be shown to a server in the password's place. */
typedef struct
{
  guint iterations;
  gsize salt_length;
  guint8 salt[PROTO_SCRAM_MAX_SALT];
  guint8 stored_key[PROTO_SCRAM_KEY_LENGTH];
  guint8 server_key[PROTO_SCRAM_KEY_LENGTH];
} ProtoScramKeys;

/* SASLprep (RFC 4013), as for a stored string but for code points that are not assigned; NULL for
 * what is no UTF-8, is empty then, or has something in it that is prohibited. */
BaseSecret *proto_scram_prepare (const BaseSecret *password);

/* StoredKey and ServerKey of a SaltedPassword (RFC 5802 section 3). @hash here and below: SHA-1 or
 * SHA-256. */
void proto_scram_derive (GChecksumType hash,
                         const guint8 *salted,
                         guint8 *stored_key,
                         guint8 *server_key);

/* ---- client ---- */

typedef struct _ProtoScramClient ProtoScramClient;

/* @nonce: NULL for a random one. @password need not be prepared; NULL if it cannot be. */
ProtoScramClient *proto_scram_client_new (GChecksumType hash,
                                          const char *user,
                                          const BaseSecret *password,
                                          const char *nonce);
void proto_scram_client_free (ProtoScramClient *client);
/* Before the first message. @data NULL: this side could bind, and the server did not offer it. */
void proto_scram_client_bind (ProtoScramClient *client, ProtoBinding binding, GBytes *data);
char *proto_scram_client_first (const ProtoScramClient *client);
/* What the answer to @server_first takes its time for, to be run on any thread before it is asked
 * for; NULL when it was prepared already, or there is no answer. */
ProtoWork *proto_scram_client_prepare (ProtoScramClient *client, const char *server_first);
/* Unless it was prepared, takes as long as the server's iteration count makes it. */
char *proto_scram_client_answer (ProtoScramClient *client, const char *server_first);
/* Whether the server knows the keys too. */
gboolean proto_scram_client_check (const ProtoScramClient *client, const char *server_final);

/* ---- server ---- */

typedef struct _ProtoScramServer ProtoScramServer;

/* @plus: the mechanism is SCRAM-SHA-256-PLUS; @offered: that was offered. @bindings: of
 * PROTO_N_BINDINGS; NULL for none. @nonce: NULL for a random one. */
ProtoScramServer *proto_scram_server_new (gboolean plus,
                                          gboolean offered,
                                          GBytes *const *bindings,
                                          const char *nonce);
void proto_scram_server_free (ProtoScramServer *server);
/* FALSE when it is malformed. */
gboolean proto_scram_server_take_first (ProtoScramServer *server, const char *client_first);
/* After the first message, borrowed; the authzid is "" when not given. */
const char *proto_scram_server_get_user (const ProtoScramServer *server);
const char *proto_scram_server_get_authzid (const ProtoScramServer *server);
/* The client believes that -PLUS was not offered, which it was: somebody on the way may have taken
 * it out (RFC 5802 section 6). The exchange must fail. */
gboolean proto_scram_server_is_downgraded (const ProtoScramServer *server);
/* Copies @keys. */
char *proto_scram_server_answer (ProtoScramServer *server, const ProtoScramKeys *keys);
/* FALSE when it is malformed; *@proved: whether the client knows the password, over this very
 * channel if it is bound. */
gboolean proto_scram_server_take_final (ProtoScramServer *server,
                                        const char *client_final,
                                        gboolean *proved);
/* Only to a client that has proved itself. */
char *proto_scram_server_final (const ProtoScramServer *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoScramClient, proto_scram_client_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoScramServer, proto_scram_server_free)
