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
/* RFC 4648 section 3.3: GLib's decoder passes over what is no base64, which must not be. */
gboolean proto_sasl_is_base64 (const char *text);
ProtoCredentials *
proto_sasl_make_credentials (const char *authzid, const char *user, BaseSecret *password);

/* The message of OAUTHBEARER (RFC 7628 section 3.1) or XOAUTH2, in base64; wipe it after use. */
char *proto_sasl_token_encode (ProtoSaslMechanisms mechanism, const ProtoCredentials *credentials);
/* A server's refusal (section 3.2.2) in words. */
char *proto_sasl_token_explain (const char *json, gsize length);

/* RFC 5802 section 5.1: "," and "=" would end the name. */
char *proto_scram_escape_name (const char *name);
void proto_scram_random (gpointer data, gsize length);
char *proto_scram_make_nonce (void);
/* At most PROTO_SCRAM_KEY_LENGTH. */
gsize proto_scram_get_key_length (GChecksumType hash);
void proto_scram_hmac (GChecksumType hash,
                       const guint8 *key,
                       gsize key_length,
                       const void *data,
                       gsize length,
                       guint8 *out);
void proto_scram_hash (GChecksumType hash, const guint8 *key, guint8 *out);
/* The octets of exactly this base64; NULL for none. */
guint8 *proto_scram_decode (const char *text, gsize *length);
/* c= of RFC 5802 section 5.1. */
char *proto_scram_encode_binding (const char *gs2_header, GBytes *data);
