/* SPDX-License-Identifier: MIT */
#include "proto-sasl.h"

#include "proto-sasl-private.h"

#include <string.h>

struct _ProtoSaslClient
{
  ProtoSaslMechanisms mechanism;
  ProtoCredentials *credentials;
  guint steps;             /* challenges answered */
  ProtoScramClient *scram; /* SCRAM only */
  gboolean answered;       /* SCRAM: the proof was sent */
  gboolean proved;         /* SCRAM: by the server */
};

static const struct
{
  ProtoSaslMechanisms mechanism;
  const char *name;
} mechanism_names[] = {
  { PROTO_SASL_SCRAM_SHA_256_PLUS, "SCRAM-SHA-256-PLUS" },
  { PROTO_SASL_SCRAM_SHA_256, "SCRAM-SHA-256" },
  { PROTO_SASL_PLAIN, "PLAIN" },
  { PROTO_SASL_LOGIN, "LOGIN" },
  { PROTO_SASL_CRAM_MD5, "CRAM-MD5" },
};

const char *
proto_sasl_get_name (ProtoSaslMechanisms mechanism)
{
  for (gsize i = 0; i < G_N_ELEMENTS (mechanism_names); i++)
    if (mechanism_names[i].mechanism == mechanism)
      return mechanism_names[i].name;
  return NULL;
}

ProtoSaslMechanisms
proto_sasl_from_name (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (mechanism_names); i++)
    if (g_ascii_strcasecmp (mechanism_names[i].name, name) == 0)
      return mechanism_names[i].mechanism;
  return 0;
}

char *
proto_sasl_list (ProtoSaslMechanisms mechanisms)
{
  GString *list = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (mechanism_names); i++)
    if ((mechanisms & mechanism_names[i].mechanism) != 0)
      g_string_append_printf (list, "%s%s", list->len > 0 ? " " : "", mechanism_names[i].name);
  return g_string_free (list, FALSE);
}

/* ---- credentials ---- */

ProtoCredentials *
proto_sasl_make_credentials (const char *authzid, const char *user, BaseSecret *password)
{
  ProtoCredentials *credentials = g_new0 (ProtoCredentials, 1);

  credentials->authzid = g_strdup (authzid);
  credentials->user = g_strdup (user);
  credentials->password = password != NULL ? base_secret_ref (password) : NULL;
  return credentials;
}

ProtoCredentials *
proto_credentials_new (const char *user, BaseSecret *password)
{
  return proto_sasl_make_credentials ("", user, password);
}

ProtoCredentials *
proto_credentials_new_digest (const char *user,
                              const char *challenge,
                              const char *digest,
                              gboolean apop)
{
  ProtoCredentials *credentials = proto_sasl_make_credentials ("", user, NULL);

  credentials->challenge = g_strdup (challenge);
  credentials->digest = g_ascii_strdown (digest, -1);
  credentials->apop = apop;
  return credentials;
}

ProtoCredentials *
proto_credentials_copy (const ProtoCredentials *credentials)
{
  ProtoCredentials *copy = proto_sasl_make_credentials (credentials->authzid, credentials->user,
                                                        credentials->password);

  copy->challenge = g_strdup (credentials->challenge);
  copy->digest = g_strdup (credentials->digest);
  copy->apop = credentials->apop;
  copy->proved = credentials->proved;
  return copy;
}

void
proto_credentials_free (ProtoCredentials *credentials)
{
  if (credentials == NULL)
    return;
  g_free (credentials->authzid);
  g_free (credentials->user);
  g_clear_pointer (&credentials->password, base_secret_unref);
  g_free (credentials->challenge);
  g_free (credentials->digest);
  g_free (credentials);
}

/* ---- base64 ---- */

/* RFC 4648 section 3.3: GLib's decoder passes over what is no base64, which a server must not. */
static gboolean
is_base64 (const char *text)
{
  gsize length = strlen (text), padding = 0;

  if (length % 4 != 0)
    return FALSE;
  while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
    padding++;
  for (gsize i = 0; i < length - padding; i++)
    if (!g_ascii_isalnum (text[i]) && text[i] != '+' && text[i] != '/')
      return FALSE;
  return TRUE;
}

char *
proto_sasl_decode (const char *text, gsize *length)
{
  if (strcmp (text, "=") == 0)
    text = "";
  if (!is_base64 (text))
    return NULL;
  if (*text == '\0')
    {
      *length = 0;
      return g_strdup ("");
    }

  gsize size = strlen (text) / 4 * 3 + 1;
  char *octets = g_malloc0 (size);
  gint state = 0;
  guint save = 0;

  *length = g_base64_decode_step (text, strlen (text), (guchar *) octets, &state, &save);
  octets[*length] = '\0';
  return octets;
}

void
proto_sasl_wipe_free (char *octets, gsize length)
{
  base_secret_wipe (octets, length);
  g_free (octets);
}

/* ---- client ---- */

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
  return (client->mechanism & (PROTO_SASL_SCRAM_SHA_256 | PROTO_SASL_SCRAM_SHA_256_PLUS)) != 0;
}

ProtoSaslMechanisms
proto_sasl_client_choose (ProtoSaslMechanisms offered,
                          const ProtoCredentials *credentials,
                          GBytes *const *bindings)
{
  ProtoSaslMechanisms scram = offered & PROTO_SASL_SCRAM_SHA_256;

  if ((offered & PROTO_SASL_SCRAM_SHA_256_PLUS) != 0
      && choose_binding (bindings) < PROTO_N_BINDINGS)
    scram = PROTO_SASL_SCRAM_SHA_256_PLUS;
  if (scram != 0)
    {
      g_autoptr (BaseSecret) prepared = proto_scram_prepare (credentials->password);
      if (prepared != NULL)
        return scram;
    }
  if ((offered & PROTO_SASL_PLAIN) != 0)
    return PROTO_SASL_PLAIN;
  return offered & PROTO_SASL_LOGIN;
}

ProtoSaslClient *
proto_sasl_client_new (ProtoSaslMechanisms mechanism,
                       const ProtoCredentials *credentials,
                       GBytes *const *bindings)
{
  ProtoSaslClient *client = g_new0 (ProtoSaslClient, 1);
  ProtoBinding binding = choose_binding (bindings);

  client->mechanism = mechanism;
  client->credentials = proto_sasl_make_credentials (credentials->authzid, credentials->user,
                                                     credentials->password);
  if (is_scram (client))
    client->scram = proto_scram_client_new (credentials->user, credentials->password, NULL);
  if (client->scram != NULL && binding < PROTO_N_BINDINGS)
    proto_scram_client_bind (client->scram, binding,
                             mechanism == PROTO_SASL_SCRAM_SHA_256_PLUS ? bindings[binding] : NULL);
  return client;
}

void
proto_sasl_client_free (ProtoSaslClient *client)
{
  g_clear_pointer (&client->scram, proto_scram_client_free);
  proto_credentials_free (client->credentials);
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
  if (client->steps >= wanted || !is_base64 (challenge))
    return PROTO_SASL_MALFORMED;
  *response = client->mechanism == PROTO_SASL_LOGIN ? encode_login (client)
                                                    : encode_plain (client->credentials);
  client->steps++;
  return PROTO_SASL_CONTINUE;
}
