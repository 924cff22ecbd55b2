/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <proto-sasl.h>
#include <string.h>

static void
check_server (ProtoSaslMechanisms mechanism, char **lines)
{
  g_autoptr (ProtoSaslServer) server = proto_sasl_server_new (mechanism, NULL);

  if (mechanism == PROTO_SASL_CRAM_MD5)
    {
      g_autofree char *first = NULL;
      g_assert_cmpint (proto_sasl_server_step (server, NULL, &first, NULL), ==,
                       PROTO_SASL_CONTINUE);
    }
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autoptr (ProtoCredentials) credentials = NULL;
      g_autofree char *challenge = NULL;
      ProtoSaslResult result = proto_sasl_server_step (server, lines[i], &challenge, &credentials);

      if (result == PROTO_SASL_KEYS)
        {
          challenge = proto_sasl_server_give_keys (server, &(const ProtoScramKeys){ 0 });
          result = PROTO_SASL_CONTINUE;
        }
      g_assert_true ((result == PROTO_SASL_CONTINUE) == (challenge != NULL));
      g_assert_true ((result == PROTO_SASL_DONE) == (credentials != NULL));
      if (credentials != NULL)
        {
          g_assert_cmpuint (strlen (credentials->user), >, 0);
          g_assert_false (credentials->proved);
          g_assert_true (g_utf8_validate (credentials->user, -1, NULL));
          g_assert_true (g_utf8_validate (credentials->authzid, -1, NULL));
        }
      if (result != PROTO_SASL_CONTINUE)
        return;
    }
}

static void
check_client (ProtoSaslMechanisms mechanism, char **lines)
{
  g_autoptr (BaseSecret) password = base_secret_new ("secret", -1);
  g_autoptr (ProtoCredentials) credentials = proto_credentials_new ("tim", password);
  g_autoptr (ProtoSaslClient) client = proto_sasl_client_new (mechanism, credentials, NULL);
  guint answered = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *response = NULL;

      if (proto_sasl_client_step (client, lines[i], &response) == PROTO_SASL_CONTINUE)
        answered++;
      else
        g_assert_null (response);
    }
  g_assert_cmpuint (answered, <=, 2);
}

/* Each line is one step of the exchange. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  check_server (PROTO_SASL_PLAIN, lines);
  check_server (PROTO_SASL_LOGIN, lines);
  check_server (PROTO_SASL_SCRAM_SHA_256, lines);
  check_server (PROTO_SASL_CRAM_MD5, lines);
  check_client (PROTO_SASL_PLAIN, lines);
  check_client (PROTO_SASL_LOGIN, lines);
  check_client (PROTO_SASL_CRAM_MD5, lines);
  check_client (PROTO_SASL_OAUTHBEARER, lines);
  check_client (PROTO_SASL_XOAUTH2, lines);
  return 0;
}
