/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SASL PLAIN (RFC 4616), LOGIN (draft-murchison-sasl-login), CRAM-MD5 (RFC 2195), SCRAM-SHA-256 and
 * SCRAM-SHA-256-PLUS (RFC 7677), both sides; the client's side of SCRAM-SHA-1 with and without
 * -PLUS (RFC 5802), OAUTHBEARER (RFC 7628) and XOAUTH2. Without base64 lines' framing: SMTP (RFC
 * 4954) and POP3 (RFC 5034) put their own around it. One thread at a time.
 */

#include "proto-sasl-scram.h"

typedef enum
{
  PROTO_SASL_PLAIN = 1 << 0,
  PROTO_SASL_LOGIN = 1 << 1,
  PROTO_SASL_SCRAM_SHA_256 = 1 << 2,
  PROTO_SASL_SCRAM_SHA_256_PLUS = 1 << 3, /* bound to the TLS that carries it */
  PROTO_SASL_CRAM_MD5 = 1 << 4,
  /* The client's side alone: */
  PROTO_SASL_SCRAM_SHA_1 = 1 << 5,
  PROTO_SASL_SCRAM_SHA_1_PLUS = 1 << 6,
  PROTO_SASL_OAUTHBEARER = 1 << 7,
  PROTO_SASL_XOAUTH2 = 1 << 8,
} ProtoSaslMechanisms;

/* Those that do not tell the password, or a token, to whoever listens. */
#define PROTO_SASL_HIDING                                                                          \
  (PROTO_SASL_SCRAM_SHA_256_PLUS | PROTO_SASL_SCRAM_SHA_1_PLUS | PROTO_SASL_SCRAM_SHA_256          \
   | PROTO_SASL_SCRAM_SHA_1 | PROTO_SASL_CRAM_MD5)

const char *proto_sasl_get_name (ProtoSaslMechanisms mechanism);
/* 0 for an unknown name; any case. */
ProtoSaslMechanisms proto_sasl_from_name (const char *name);
/* "PLAIN LOGIN" for the set. */
char *proto_sasl_list (ProtoSaslMechanisms mechanisms);

/* Who somebody says to be, and what is to prove it: one of the three. */
typedef struct
{
  char *authzid;        /* "" when not given */
  char *user;           /* authcid */
  BaseSecret *password; /* or NULL */
  char *challenge;      /* of CRAM-MD5 and APOP, or NULL */
  char *digest;         /* hexadecimal, lower case; the answer to it */
  gboolean apop;        /* in the way of APOP */
  gboolean proved;      /* SCRAM: the client knows the password whose keys were given */
  gboolean is_token;    /* @password is a bearer token (RFC 6750) */
  char *nonce;          /* of a SCRAM client; NULL: a random one */
} ProtoCredentials;

ProtoCredentials *proto_credentials_new (const char *user, BaseSecret *password);
ProtoCredentials *proto_credentials_new_token (const char *user, BaseSecret *token);
ProtoCredentials *proto_credentials_new_digest (const char *user,
                                                const char *challenge,
                                                const char *digest,
                                                gboolean apop);
ProtoCredentials *proto_credentials_copy (const ProtoCredentials *credentials);
void proto_credentials_free (ProtoCredentials *credentials);

typedef enum
{
  PROTO_SASL_CONTINUE,  /* send the challenge (server), send the response (client) */
  PROTO_SASL_KEYS,      /* the server needs keys: proto_sasl_server_give_keys() */
  PROTO_SASL_DONE,      /* credentials are complete (server), nothing more to send (client) */
  PROTO_SASL_MALFORMED, /* bad base64 or bad content */
} ProtoSaslResult;

typedef struct _ProtoSaslServer ProtoSaslServer;

/* What a server says and has beside the mechanism; all of it may be 0 or NULL. */
typedef struct
{
  ProtoSaslMechanisms offered;
  GBytes *const *bindings; /* of PROTO_N_BINDINGS */
  const char *host_name;   /* in CRAM-MD5's challenge */
  const char *nonce;       /* NULL: a random one */
} ProtoSaslSetting;

/* @setting: NULL for an empty one; copied. */
ProtoSaslServer *proto_sasl_server_new (ProtoSaslMechanisms mechanism,
                                        const ProtoSaslSetting *setting);
void proto_sasl_server_free (ProtoSaslServer *server);

/* Takes a base64 response ("=" is an empty one; NULL: there was no initial response). On CONTINUE
 * *@challenge is the base64 to send ("" for PLAIN); on DONE *@credentials. */
ProtoSaslResult proto_sasl_server_step (ProtoSaslServer *server,
                                        const char *response,
                                        char **challenge,
                                        ProtoCredentials **credentials);
/* After KEYS: whose keys are asked for, borrowed; and the challenge that they make. Somebody who is
 * nobody has keys too, by which nothing is ever right. */
const char *proto_sasl_server_get_user (const ProtoSaslServer *server);
char *proto_sasl_server_give_keys (ProtoSaslServer *server, const ProtoScramKeys *keys);
/* A word for the log on how the exchange went, static; or NULL. */
const char *proto_sasl_server_get_note (const ProtoSaslServer *server);

/* "<random.time@host>": a challenge of CRAM-MD5, a timestamp of APOP (RFC 1939 section 7). With
 * @nonce (else NULL) "<nonce@host>". */
char *proto_sasl_make_challenge (const char *nonce, const char *host_name);

typedef struct _ProtoSaslClient ProtoSaslClient;

/* The best of what a server offers for these credentials: for a token OAUTHBEARER, XOAUTH2; else
 * SCRAM-…-PLUS where the TLS has @bindings (of PROTO_N_BINDINGS, or NULL), SCRAM-SHA-256 and
 * SCRAM-SHA-1 where the password can be prepared for them, CRAM-MD5, PLAIN, LOGIN; 0 for none. */
ProtoSaslMechanisms proto_sasl_client_choose (ProtoSaslMechanisms offered,
                                              const ProtoCredentials *credentials,
                                              GBytes *const *bindings);

/* @mechanism: as chosen with the same @bindings. */
ProtoSaslClient *proto_sasl_client_new (ProtoSaslMechanisms mechanism,
                                        const ProtoCredentials *credentials,
                                        GBytes *const *bindings);
void proto_sasl_client_free (ProtoSaslClient *client);

/* The base64 initial response, or NULL where the mechanism has none (LOGIN,
 * CRAM-MD5). Wipe it after use. */
char *proto_sasl_client_initial (ProtoSaslClient *client);
/* What the step for this base64 challenge takes its time for, to be run on any thread before it;
 * NULL for none. A step that was not prepared does it itself. */
ProtoWork *proto_sasl_client_prepare (ProtoSaslClient *client, const char *challenge);
/* Takes the server's base64 challenge; CONTINUE sets *@response. */
ProtoSaslResult
proto_sasl_client_step (ProtoSaslClient *client, const char *challenge, char **response);
/* Whether the server may say that all is well now: under SCRAM it must have proved before that it
 * knows the keys (RFC 5802 section 5). */
gboolean proto_sasl_client_is_complete (const ProtoSaslClient *client);
/* Why the server did not take the token, for a person; borrowed, NULL when it did not say. */
const char *proto_sasl_client_get_refusal (const ProtoSaslClient *client);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoCredentials, proto_credentials_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoSaslServer, proto_sasl_server_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoSaslClient, proto_sasl_client_free)
