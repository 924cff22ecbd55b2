/* SPDX-License-Identifier: MIT */
#include "proto-sasl-private.h"

#include <string.h>

#define SCRAM_PLUS (PROTO_SASL_SCRAM_SHA_256_PLUS | PROTO_SASL_SCRAM_SHA_1_PLUS)
#define SCRAM      (SCRAM_PLUS | PROTO_SASL_SCRAM_SHA_256 | PROTO_SASL_SCRAM_SHA_1)
#define TOKEN      (PROTO_SASL_OAUTHBEARER | PROTO_SASL_XOAUTH2)

struct _ProtoSaslClient
{
  ProtoSaslMechanisms mechanism;
  ProtoCredentials *credentials;
  guint steps;             /* challenges answered */
  ProtoScramClient *scram; /* SCRAM only; NULL: the password cannot be prepared */
  gboolean answered;       /* SCRAM: the proof was sent */
  gboolean proved;         /* SCRAM: by the server */
  char *refusal;           /* of a token, in words; or NULL */
};

/* The best first; those with a token are for that alone. */
static const ProtoSaslMechanisms preference[] = {
  PROTO_SASL_SCRAM_SHA_256_PLUS,
  PROTO_SASL_SCRAM_SHA_1_PLUS,
  PROTO_SASL_SCRAM_SHA_256,
  PROTO_SASL_SCRAM_SHA_1,
  PROTO_SASL_CRAM_MD5,
  PROTO_SASL_PLAIN,
  PROTO_SASL_LOGIN,
  PROTO_SASL_OAUTHBEARER,
  PROTO_SASL_XOAUTH2,
};

/* PROTO_N_BINDINGS for none. */
static ProtoBinding
choose_binding (GBytes *const *bindings)
{
  guint i = 0;

  while (i < PROTO_N_BINDINGS && (bindings == NULL || bindings[i] == NULL))
    i++;
  return (ProtoBinding) i;
}

static gboolean
is_scram (const ProtoSaslClient *client)
{
  return (client->mechanism & SCRAM) != 0;
}

ProtoSaslMechanisms
proto_sasl_client_choose (ProtoSaslMechanisms offered,
                          const ProtoCredentials *credentials,
                          GBytes *const *bindings)
{
  ProtoSaslMechanisms usable
      = (ProtoSaslMechanisms) (credentials->is_token ? offered & TOKEN : offered & ~TOKEN);

  if (choose_binding (bindings) == PROTO_N_BINDINGS)
    usable &= ~SCRAM_PLUS;
  if ((usable & SCRAM) != 0)
    {
      g_autoptr (BaseSecret) prepared = proto_scram_prepare (credentials->password);
      if (prepared == NULL)
        usable &= ~SCRAM;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (preference); i++)
    if ((usable & preference[i]) != 0)
      return preference[i];
  return 0;
}

ProtoSaslClient *
proto_sasl_client_new (ProtoSaslMechanisms mechanism,
                       const ProtoCredentials *credentials,
                       GBytes *const *bindings)
{
  ProtoSaslClient *client = g_new0 (ProtoSaslClient, 1);
  ProtoBinding binding = choose_binding (bindings);
  gboolean sha_1 = (mechanism & (PROTO_SASL_SCRAM_SHA_1 | PROTO_SASL_SCRAM_SHA_1_PLUS)) != 0;

  client->mechanism = mechanism;
  client->credentials = proto_credentials_copy (credentials);
  if (is_scram (client))
    client->scram
        = proto_scram_client_new (sha_1 ? G_CHECKSUM_SHA1 : G_CHECKSUM_SHA256, credentials->user,
                                  credentials->password, credentials->nonce);
  if (client->scram != NULL && binding < PROTO_N_BINDINGS)
    proto_scram_client_bind (client->scram, binding,
                             (mechanism & SCRAM_PLUS) != 0 ? bindings[binding] : NULL);
  return client;
}

void
proto_sasl_client_free (ProtoSaslClient *client)
{
  g_clear_pointer (&client->scram, proto_scram_client_free);
  proto_credentials_free (client->credentials);
  g_free (client->refusal);
  g_free (client);
}

static char *
encode_plain (const ProtoCredentials *credentials)
{
  gsize authzid = strlen (credentials->authzid) + 1, user = strlen (credentials->user) + 1;
  gsize password = base_secret_get_length (credentials->password);
  gsize length = authzid + user + password;
  char *octets = g_malloc (length);

  memcpy (octets, credentials->authzid, authzid);
  memcpy (octets + authzid, credentials->user, user);
  memcpy (octets + authzid + user, base_secret_get_text (credentials->password), password);

  char *text = g_base64_encode ((const guchar *) octets, length);
  proto_sasl_wipe_free (octets, length);
  return text;
}

static char *
encode_scram_first (const ProtoSaslClient *client)
{
  g_autofree char *first = proto_scram_client_first (client->scram);

  return g_base64_encode ((const guchar *) first, strlen (first));
}

char *
proto_sasl_client_initial (ProtoSaslClient *client)
{
  if (client->scram != NULL)
    return encode_scram_first (client);
  if ((client->mechanism & TOKEN) != 0)
    return proto_sasl_token_encode (client->mechanism, client->credentials);
  return client->mechanism == PROTO_SASL_PLAIN ? encode_plain (client->credentials) : NULL;
}

static char *
encode_login (const ProtoSaslClient *client)
{
  const ProtoCredentials *credentials = client->credentials;

  if (client->steps == 0)
    return g_base64_encode ((const guchar *) credentials->user, strlen (credentials->user));
  return g_base64_encode ((const guchar *) base_secret_get_text (credentials->password),
                          base_secret_get_length (credentials->password));
}

/* RFC 2195 section 2: the name, a space, and what the password makes of the challenge. */
static ProtoSaslResult
step_cram (ProtoSaslClient *client, const char *challenge, char **response)
{
  const BaseSecret *password = client->credentials->password;
  gsize length = 0;
  g_autofree char *text = proto_sasl_decode (challenge, &length);

  if (text == NULL || length == 0 || client->steps > 0)
    return PROTO_SASL_MALFORMED;
  g_autofree char *digest
      = g_compute_hmac_for_data (G_CHECKSUM_MD5, (const guchar *) base_secret_get_text (password),
                                 base_secret_get_length (password), (const guchar *) text, length);
  g_autofree char *answer = g_strdup_printf ("%s %s", client->credentials->user, digest);
  *response = g_base64_encode ((const guchar *) answer, strlen (answer));
  client->steps++;
  return PROTO_SASL_CONTINUE;
}

/* RFC 7628 section 3.2.3: a challenge with something in it is the refusal, to be answered by one
 * octet 1 before the server says so in its own protocol; by nothing in XOAUTH2. */
static ProtoSaslResult
step_token (ProtoSaslClient *client, const char *challenge, char **response)
{
  gsize length = 0;
  g_autofree char *text = proto_sasl_decode (challenge, &length);

  if (text == NULL || client->refusal != NULL)
    return PROTO_SASL_MALFORMED;
  if (length == 0 && client->steps == 0)
    *response = proto_sasl_token_encode (client->mechanism, client->credentials);
  else
    {
      client->refusal = proto_sasl_token_explain (text, length);
      *response = g_strdup (client->mechanism == PROTO_SASL_OAUTHBEARER ? "AQ==" : "");
    }
  client->steps++;
  return PROTO_SASL_CONTINUE;
}

const char *
proto_sasl_client_get_refusal (const ProtoSaslClient *client)
{
  return client->refusal;
}

/* An empty challenge asks for the first message, where it was no initial response. */
static ProtoSaslResult
step_scram (ProtoSaslClient *client, const char *challenge, char **response)
{
  gsize length = 0;
  g_autofree char *text = proto_sasl_decode (challenge, &length);

  if (text == NULL || strlen (text) != length || client->proved)
    return PROTO_SASL_MALFORMED;
  if (client->answered)
    {
      client->proved = proto_scram_client_check (client->scram, text);
      *response = client->proved ? g_strdup ("") : NULL;
    }
  else if (length == 0 && client->steps == 0)
    *response = encode_scram_first (client);
  else
    {
      g_autofree char *answer = proto_scram_client_answer (client->scram, text);
      client->answered = answer != NULL;
      *response
          = answer != NULL ? g_base64_encode ((const guchar *) answer, strlen (answer)) : NULL;
    }
  client->steps++;
  return *response != NULL ? PROTO_SASL_CONTINUE : PROTO_SASL_MALFORMED;
}

ProtoWork *
proto_sasl_client_prepare (ProtoSaslClient *client, const char *challenge)
{
  gsize length = 0;

  if (client->scram == NULL || client->answered)
    return NULL;
  g_autofree char *text = proto_sasl_decode (challenge, &length);
  return text != NULL && strlen (text) == length ? proto_scram_client_prepare (client->scram, text)
                                                 : NULL;
}

gboolean
proto_sasl_client_is_complete (const ProtoSaslClient *client)
{
  return !is_scram (client) || client->proved;
}

/* What a challenge of the others says is for a person, and is not looked at
 * (draft-murchison-sasl-login section 2). PLAIN's answer is given once here even when it was an
 * initial response already: some servers pass over that. */
ProtoSaslResult
proto_sasl_client_step (ProtoSaslClient *client, const char *challenge, char **response)
{
  guint wanted = client->mechanism == PROTO_SASL_LOGIN ? 2 : 1;

  if (is_scram (client))
    return client->scram != NULL ? step_scram (client, challenge, response) : PROTO_SASL_MALFORMED;
  if ((client->mechanism & TOKEN) != 0)
    return step_token (client, challenge, response);
  if (client->mechanism == PROTO_SASL_CRAM_MD5)
    return step_cram (client, challenge, response);
  if (client->steps >= wanted || !proto_sasl_is_base64 (challenge))
    return PROTO_SASL_MALFORMED;
  *response = client->mechanism == PROTO_SASL_LOGIN ? encode_login (client)
                                                    : encode_plain (client->credentials);
  client->steps++;
  return PROTO_SASL_CONTINUE;
}
