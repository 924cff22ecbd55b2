/* SPDX-License-Identifier: MIT */
#include "proto-sasl.h"

#include "proto-sasl-private.h"

#include <string.h>

static const struct
{
  ProtoSaslMechanisms mechanism;
  const char *name;
} mechanism_names[] = {
  { PROTO_SASL_SCRAM_SHA_256_PLUS, "SCRAM-SHA-256-PLUS" },
  { PROTO_SASL_SCRAM_SHA_1_PLUS, "SCRAM-SHA-1-PLUS" },
  { PROTO_SASL_SCRAM_SHA_256, "SCRAM-SHA-256" },
  { PROTO_SASL_SCRAM_SHA_1, "SCRAM-SHA-1" },
  { PROTO_SASL_PLAIN, "PLAIN" },
  { PROTO_SASL_LOGIN, "LOGIN" },
  { PROTO_SASL_CRAM_MD5, "CRAM-MD5" },
  { PROTO_SASL_OAUTHBEARER, "OAUTHBEARER" },
  { PROTO_SASL_XOAUTH2, "XOAUTH2" },
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
proto_credentials_new_token (const char *user, BaseSecret *token)
{
  ProtoCredentials *credentials = proto_sasl_make_credentials ("", user, token);

  credentials->is_token = TRUE;
  return credentials;
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
  copy->is_token = credentials->is_token;
  copy->nonce = g_strdup (credentials->nonce);
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
  g_free (credentials->nonce);
  g_free (credentials);
}

/* ---- base64 ---- */

gboolean
proto_sasl_is_base64 (const char *text)
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
  if (!proto_sasl_is_base64 (text))
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
