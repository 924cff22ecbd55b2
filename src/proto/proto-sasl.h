/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SASL PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login), both sides, and the client's side
 * of SCRAM-SHA-256 (RFC 7677), without base64 lines' framing: SMTP (RFC 4954) and POP3 (RFC 5034)
 * put their own around it. One thread at a time.
 */

#include <base-secret.h>
#include <glib.h>

typedef enum
{
  PROTO_SASL_PLAIN = 1 << 0,
  PROTO_SASL_LOGIN = 1 << 1,
  PROTO_SASL_SCRAM_SHA_256 = 1 << 2, /* the client's side alone */
} ProtoSaslMechanisms;

const char *proto_sasl_get_name (ProtoSaslMechanisms mechanism);
/* 0 for an unknown name; any case. */
ProtoSaslMechanisms proto_sasl_from_name (const char *name);
/* "PLAIN LOGIN" for the set. */
char *proto_sasl_list (ProtoSaslMechanisms mechanisms);

typedef struct
{
  char *authzid; /* "" when not given */
  char *user;    /* authcid */
  BaseSecret *password;
} ProtoCredentials;

ProtoCredentials *proto_credentials_new (const char *user, BaseSecret *password);
void proto_credentials_free (ProtoCredentials *credentials);

typedef enum
{
  PROTO_SASL_CONTINUE,  /* send the challenge (server), send the response (client) */
  PROTO_SASL_DONE,      /* credentials are complete (server), nothing more to send (client) */
  PROTO_SASL_MALFORMED, /* bad base64 or bad content */
} ProtoSaslResult;

typedef struct _ProtoSaslServer ProtoSaslServer;

ProtoSaslServer *proto_sasl_server_new (ProtoSaslMechanisms mechanism);
void proto_sasl_server_free (ProtoSaslServer *server);

/* Takes a base64 response ("=" is an empty one; NULL: there was no initial response). On CONTINUE
 * *@challenge is the base64 to send ("" for PLAIN); on DONE *@credentials. */
ProtoSaslResult proto_sasl_server_step (ProtoSaslServer *server,
                                        const char *response,
                                        char **challenge,
                                        ProtoCredentials **credentials);

typedef struct _ProtoSaslClient ProtoSaslClient;

/* The best of what a server offers for these credentials: SCRAM-SHA-256 where the password can be
 * prepared for it, PLAIN, LOGIN; 0 for none. */
ProtoSaslMechanisms proto_sasl_client_choose (ProtoSaslMechanisms offered,
                                              const ProtoCredentials *credentials);

ProtoSaslClient *proto_sasl_client_new (ProtoSaslMechanisms mechanism,
                                        const ProtoCredentials *credentials);
void proto_sasl_client_free (ProtoSaslClient *client);

/* The base64 initial response, or NULL where the mechanism has none (LOGIN). Wipe it after use. */
char *proto_sasl_client_initial (ProtoSaslClient *client);
/* Takes the server's base64 challenge; CONTINUE sets *@response. */
ProtoSaslResult
proto_sasl_client_step (ProtoSaslClient *client, const char *challenge, char **response);
/* Whether the server may say that all is well now: under SCRAM it must have proved before that it
 * knows the keys (RFC 5802 section 5). */
gboolean proto_sasl_client_is_complete (const ProtoSaslClient *client);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoCredentials, proto_credentials_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoSaslServer, proto_sasl_server_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoSaslClient, proto_sasl_client_free)
