/* SPDX-License-Identifier: MIT */
#pragma once

/* What the files of SASL share. */

#include "proto-sasl-scram.h"
#include "proto-sasl.h"

/* The octets of @text ("=": none) with a NUL behind them, to be wiped by the caller; NULL where it
 * is not base64 through and through. */
char *proto_sasl_decode (const char *text, gsize *length);
/* Wipes and frees what the one above gave. */
void proto_sasl_wipe_free (char *octets, gsize length);
ProtoCredentials *
proto_sasl_make_credentials (const char *authzid, const char *user, BaseSecret *password);

void proto_scram_random (gpointer data, gsize length);
char *proto_scram_make_nonce (void);
void
proto_scram_hmac (const guint8 *key, gsize key_length, const void *data, gsize length, guint8 *out);
void proto_scram_hash (const guint8 *key, guint8 *out);
/* The octets of exactly this base64; NULL for none. */
guint8 *proto_scram_decode (const char *text, gsize *length);
/* c= of RFC 5802 section 5.1. */
char *proto_scram_encode_binding (const char *gs2_header, GBytes *data);
