/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The messages of SCRAM-SHA-256 (RFC 5802, RFC 7677), both sides, before base64. Strings returned
 * are the caller's; NULL stands for a malformed or refused message. One thread at a time.
 */

#include <base-secret.h>
#include <glib.h>

#define PROTO_SCRAM_KEY_LENGTH 32
/* RFC 7677 section 4; below it a client refuses, above the other it would be kept busy. */
#define PROTO_SCRAM_MIN_ITERATIONS 4096
#define PROTO_SCRAM_MAX_ITERATIONS 1000000

/* SASLprep (RFC 4013) as far as GLib carries it: other spaces become U+0020, then NFKC; NULL for
 * what is no UTF-8, is empty or has control characters. */
BaseSecret *proto_scram_prepare (const BaseSecret *password);

/* StoredKey and ServerKey of a SaltedPassword (RFC 5802 section 3). */
void proto_scram_derive (const guint8 *salted, guint8 *stored_key, guint8 *server_key);

typedef struct _ProtoScramClient ProtoScramClient;

/* @nonce: NULL for a random one. @password need not be prepared; NULL if it cannot be. */
ProtoScramClient *
proto_scram_client_new (const char *user, const BaseSecret *password, const char *nonce);
void proto_scram_client_free (ProtoScramClient *client);
char *proto_scram_client_first (const ProtoScramClient *client);
/* Takes as long as the server's iteration count makes it. */
char *proto_scram_client_answer (ProtoScramClient *client, const char *server_first);
/* Whether the server knows the keys too. */
gboolean proto_scram_client_check (const ProtoScramClient *client, const char *server_final);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoScramClient, proto_scram_client_free)
