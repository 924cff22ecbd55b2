/* SPDX-License-Identifier: MIT */
#include "proto-sasl-private.h"

#include <base-clock.h>

#include <string.h>

struct _ProtoSaslServer
{
  ProtoSaslMechanisms mechanism;
  gboolean asked;          /* PLAIN, LOGIN, CRAM-MD5: the first challenge was sent */
  char *user;              /* LOGIN: the first response */
  char *challenge;         /* CRAM-MD5 */
  ProtoScramServer *scram; /* SCRAM alone */
  gboolean answered;       /* SCRAM: the keys were given */
  gboolean proved;         /* SCRAM: and so the last word was said */
  const char *note;
};

/* RFC 4616 section 2: [authzid] NUL authcid NUL passwd, the last two not empty. */
static ProtoSaslResult
read_plain (const char *octets, gsize length, ProtoCredentials **credentials)
{
  const char *end = octets + length;
  const char *user = memchr (octets, '\0', length);
  const char *password = NULL;

  if (user != NULL)
    {
      user++;
      password = memchr (user, '\0', (gsize) (end - user));
    }
  if (password == NULL)
    return PROTO_SASL_MALFORMED;
  password++;
  if (*user == '\0' || password == end || memchr (password, '\0', (gsize) (end - password)) != NULL
      || !g_utf8_validate (octets, -1, NULL) || !g_utf8_validate (user, -1, NULL))
    return PROTO_SASL_MALFORMED;

  g_autoptr (BaseSecret) secret = base_secret_new (password, end - password);
  *credentials = proto_sasl_make_credentials (octets, user, secret);
  return PROTO_SASL_DONE;
}

static ProtoSaslResult
read_login (ProtoSaslServer *server,
            const char *octets,
            gsize length,
            char **challenge,
            ProtoCredentials **credentials)
{
  if (strlen (octets) != length)
    return PROTO_SASL_MALFORMED;
  if (server->user == NULL)
    {
      if (length == 0 || !g_utf8_validate (octets, -1, NULL))
        return PROTO_SASL_MALFORMED;
      server->user = g_strdup (octets);
      *challenge = g_base64_encode ((const guchar *) "Password:", 9);
      return PROTO_SASL_CONTINUE;
    }

  g_autoptr (BaseSecret) secret = base_secret_new (octets, (gssize) length);
  *credentials = proto_sasl_make_credentials ("", server->user, secret);
  return PROTO_SASL_DONE;
}

static gboolean
is_digest (const char *text)
{
  return strlen (text) == 32 && strspn (text, "0123456789abcdefABCDEF") == 32;
}

/* The user's name, which may have spaces, a space, the digest. */
static ProtoSaslResult
read_cram (ProtoSaslServer *server,
           const char *octets,
           gsize length,
           ProtoCredentials **credentials)
{
  const char *space = strrchr (octets, ' ');

  if (strlen (octets) != length || space == NULL || space == octets || !is_digest (space + 1)
      || !g_utf8_validate (octets, -1, NULL))
    return PROTO_SASL_MALFORMED;
  g_autofree char *user = g_strndup (octets, (gsize) (space - octets));
  *credentials = proto_credentials_new_digest (user, server->challenge, space + 1, FALSE);
  return PROTO_SASL_DONE;
}

static ProtoSaslResult
end_scram (ProtoSaslServer *server, ProtoCredentials **credentials)
{
  *credentials = proto_sasl_make_credentials (proto_scram_server_get_authzid (server->scram),
                                              proto_scram_server_get_user (server->scram), NULL);
  (*credentials)->proved = server->proved;
  return PROTO_SASL_DONE;
}

static ProtoSaslResult
read_scram (ProtoSaslServer *server,
            const char *octets,
            gsize length,
            char **challenge,
            ProtoCredentials **credentials)
{
  if (strlen (octets) != length)
    return PROTO_SASL_MALFORMED;
  /* An empty answer to the last word. */
  if (server->proved)
    return length == 0 ? end_scram (server, credentials) : PROTO_SASL_MALFORMED;
  if (!server->answered)
    {
      if (!proto_scram_server_take_first (server->scram, octets))
        return PROTO_SASL_MALFORMED;
      if (!proto_scram_server_is_downgraded (server->scram))
        return PROTO_SASL_KEYS;
      server->note = "The client was not told of SCRAM-SHA-256-PLUS, which was offered: somebody "
                     "is in between";
      return end_scram (server, credentials);
    }
  if (!proto_scram_server_take_final (server->scram, octets, &server->proved))
    return PROTO_SASL_MALFORMED;
  if (!server->proved)
    return end_scram (server, credentials);
  g_autofree char *final = proto_scram_server_final (server->scram);
  *challenge = g_base64_encode ((const guchar *) final, strlen (final));
  return PROTO_SASL_CONTINUE;
}

/* What is said where there was no initial response. */
static char *
first_challenge (ProtoSaslServer *server)
{
  if (server->mechanism == PROTO_SASL_LOGIN)
    return g_base64_encode ((const guchar *) "Username:", 9);
  if (server->challenge != NULL)
    return g_base64_encode ((const guchar *) server->challenge, strlen (server->challenge));
  return g_strdup ("");
}

ProtoSaslResult
proto_sasl_server_step (ProtoSaslServer *server,
                        const char *response,
                        char **challenge,
                        ProtoCredentials **credentials)
{
  ProtoSaslResult result = PROTO_SASL_MALFORMED;
  gsize length = 0;

  if (response == NULL && server->asked)
    return PROTO_SASL_MALFORMED;
  if (response == NULL)
    {
      server->asked = TRUE;
      *challenge = first_challenge (server);
      return PROTO_SASL_CONTINUE;
    }
  /* In CRAM-MD5 the server is the first to speak. */
  if (server->challenge != NULL && !server->asked)
    return PROTO_SASL_MALFORMED;

  server->asked = TRUE;
  char *octets = proto_sasl_decode (response, &length);
  if (octets == NULL)
    return PROTO_SASL_MALFORMED;
  if (server->scram != NULL)
    result = read_scram (server, octets, length, challenge, credentials);
  else if (server->challenge != NULL)
    result = read_cram (server, octets, length, credentials);
  else if (server->mechanism == PROTO_SASL_LOGIN)
    result = read_login (server, octets, length, challenge, credentials);
  else
    result = read_plain (octets, length, credentials);
  proto_sasl_wipe_free (octets, length);
  return result;
}

const char *
proto_sasl_server_get_user (const ProtoSaslServer *server)
{
  return proto_scram_server_get_user (server->scram);
}

char *
proto_sasl_server_give_keys (ProtoSaslServer *server, const ProtoScramKeys *keys)
{
  g_autofree char *answer = proto_scram_server_answer (server->scram, keys);

  server->answered = TRUE;
  return g_base64_encode ((const guchar *) answer, strlen (answer));
}

const char *
proto_sasl_server_get_note (const ProtoSaslServer *server)
{
  return server->note;
}

char *
proto_sasl_make_challenge (const char *nonce, const char *host_name)
{
  const char *host = host_name != NULL ? host_name : "localhost";
  guint32 random[2];

  if (nonce != NULL)
    return g_strdup_printf ("<%s@%s>", nonce, host);
  proto_scram_random (random, sizeof random);
  return g_strdup_printf ("<%08x%08x.%" G_GINT64_FORMAT "@%s>", random[0], random[1],
                          base_clock_real (), host);
}

ProtoSaslServer *
proto_sasl_server_new (ProtoSaslMechanisms mechanism, const ProtoSaslSetting *setting)
{
  ProtoSaslServer *server = g_new0 (ProtoSaslServer, 1);
  const ProtoSaslSetting empty = { 0 };
  gboolean plus = mechanism == PROTO_SASL_SCRAM_SHA_256_PLUS;

  if (setting == NULL)
    setting = &empty;
  server->mechanism = mechanism;
  if (plus || mechanism == PROTO_SASL_SCRAM_SHA_256)
    server->scram
        = proto_scram_server_new (plus, (setting->offered & PROTO_SASL_SCRAM_SHA_256_PLUS) != 0,
                                  setting->bindings, setting->nonce);
  else if (mechanism == PROTO_SASL_CRAM_MD5)
    server->challenge = proto_sasl_make_challenge (setting->nonce, setting->host_name);
  return server;
}

void
proto_sasl_server_free (ProtoSaslServer *server)
{
  g_clear_pointer (&server->scram, proto_scram_server_free);
  g_free (server->challenge);
  g_free (server->user);
  g_free (server);
}
