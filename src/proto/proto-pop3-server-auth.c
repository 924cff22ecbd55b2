/* SPDX-License-Identifier: MIT */
#include "proto-pop3-server-private.h"

#include <string.h>

/* A password never crosses an open wire unless the configuration says so. */
gboolean
proto_pop3_server_may_log_in (const ProtoPop3Server *server)
{
  return server->engine.tls || server->config.plain_in_clear;
}

ProtoSaslMechanisms
proto_pop3_server_get_mechanisms (const ProtoPop3Server *server)
{
  ProtoSaslMechanisms mechanisms = server->config.mechanisms;

  /* It was made for open wires, and is asked for by who wants to show that. */
  if (!proto_pop3_server_may_log_in (server))
    mechanisms &= PROTO_SASL_CRAM_MD5;
  if (!proto_engine_can_bind (&server->engine))
    mechanisms &= ~(ProtoSaslMechanisms) PROTO_SASL_SCRAM_SHA_256_PLUS;
  return mechanisms;
}

static gboolean
refuse_in_clear (ProtoPop3Server *server)
{
  if (proto_pop3_server_may_log_in (server))
    return FALSE;
  proto_pop3_server_err (server, "AUTH",
                         server->config.offer_stls ? "Say STLS first: no password in clear text"
                                                   : "No password in clear text");
  return TRUE;
}

void
proto_pop3_server_user (ProtoPop3Server *server, const char *argument)
{
  if (refuse_in_clear (server))
    return;
  if (*argument == '\0' || !g_utf8_validate (argument, -1, NULL))
    {
      proto_pop3_server_err (server, NULL, "USER needs a name");
      return;
    }
  g_free (server->user);
  server->user = g_strdup (argument);
  /* The same answer whoever it is: nobody learns here which users exist. */
  proto_pop3_server_ok (server, "Password, please");
}

void
proto_pop3_server_pass (ProtoPop3Server *server, const char *argument)
{
  if (refuse_in_clear (server))
    return;
  if (server->user == NULL)
    {
      proto_pop3_server_err (server, NULL, "USER comes first");
      return;
    }
  if (*argument == '\0')
    {
      g_clear_pointer (&server->user, g_free);
      proto_pop3_server_err (server, NULL, "PASS needs a password");
      return;
    }
  g_autoptr (BaseSecret) password = base_secret_new (argument, -1);
  server->credentials = proto_credentials_new (server->user, password);
  /* Whatever becomes of it, the next try begins with USER (RFC 1939 section 7). */
  g_clear_pointer (&server->user, g_free);
  proto_pop3_server_emit (server, PROTO_POP3_SERVER_LOGIN, PROTO_POP3_QUESTION_LOGIN);
  server->event.credentials = server->credentials;
}

static gboolean
is_digest (const char *text)
{
  gsize length = 0;

  for (; text[length] != '\0'; length++)
    if (!g_ascii_isxdigit (text[length]))
      return FALSE;
  return length == 32;
}

/* RFC 1939 section 7: APOP name digest. */
void
proto_pop3_server_apop (ProtoPop3Server *server, const char *argument)
{
  const char *space = strrchr (argument, ' ');

  if (server->timestamp == NULL)
    {
      proto_pop3_server_err (server, NULL, "APOP is not offered here");
      return;
    }
  if (space == NULL || space == argument || !is_digest (space + 1))
    {
      proto_pop3_server_err (server, NULL, "APOP needs a name and a digest of 32 digits");
      return;
    }
  g_free (server->text);
  server->text = g_strdup (argument);
  server->text[space - argument] = '\0';
  proto_pop3_server_emit (server, PROTO_POP3_SERVER_APOP, PROTO_POP3_QUESTION_LOGIN);
  server->event.user = server->text;
  server->event.digest = server->text + (space - argument) + 1;
}

static void
step (ProtoPop3Server *server, const char *response)
{
  g_autofree char *challenge = NULL;
  g_autoptr (ProtoCredentials) credentials = NULL;

  switch (proto_sasl_server_step (server->sasl, response, &challenge, &credentials))
    {
    case PROTO_SASL_CONTINUE:
      {
        g_autofree char *line = g_strconcat ("+ ", challenge, NULL);
        proto_engine_say (&server->engine, line, NULL);
        return;
      }
    case PROTO_SASL_KEYS:
      g_free (server->text);
      server->text = g_strdup (proto_sasl_server_get_user (server->sasl));
      proto_pop3_server_emit (server, PROTO_POP3_SERVER_KEYS, PROTO_POP3_QUESTION_KEYS);
      server->event.user = server->text;
      return;
    case PROTO_SASL_DONE:
      if (proto_sasl_server_get_note (server->sasl) != NULL)
        proto_engine_note (&server->engine, "%s", proto_sasl_server_get_note (server->sasl));
      g_clear_pointer (&server->sasl, proto_sasl_server_free);
      server->credentials = g_steal_pointer (&credentials);
      proto_pop3_server_emit (server, PROTO_POP3_SERVER_LOGIN, PROTO_POP3_QUESTION_LOGIN);
      server->event.credentials = server->credentials;
      return;
    case PROTO_SASL_MALFORMED:
      break;
    }
  g_clear_pointer (&server->sasl, proto_sasl_server_free);
  proto_pop3_server_err (server, NULL, "That is no valid response");
}

void
proto_pop3_server_auth_line (ProtoPop3Server *server, const char *line, gsize length)
{
  /* "*" ends the exchange (RFC 5034 section 4). */
  gboolean cancelled = line != NULL && strcmp (line, "*") == 0;

  proto_engine_heard (&server->engine, cancelled ? "*" : "[secret]", -1);
  if (line != NULL && !cancelled && strlen (line) == length)
    {
      /* A line of its own is empty for an empty response; "=" stands for that after AUTH only. */
      step (server, strcmp (line, "=") == 0 ? "!" : line);
      return;
    }
  g_clear_pointer (&server->sasl, proto_sasl_server_free);
  proto_pop3_server_err (server, NULL,
                         cancelled ? "Authentication was cancelled" : "That is no valid response");
}

static void
list_mechanisms (ProtoPop3Server *server)
{
  g_autofree char *list = proto_sasl_list (proto_pop3_server_get_mechanisms (server));
  g_auto (GStrv) names = g_strsplit (list, " ", -1);

  proto_pop3_server_ok (server, "Mechanisms follow");
  for (guint i = 0; names[i] != NULL; i++)
    if (*names[i] != '\0')
      proto_engine_say (&server->engine, names[i], NULL);
  proto_engine_say (&server->engine, ".", NULL);
}

void
proto_pop3_server_auth (ProtoPop3Server *server, const char *argument)
{
  if (*argument == '\0')
    {
      list_mechanisms (server);
      return;
    }

  const char *space = strchr (argument, ' ');
  g_autofree char *name
      = space != NULL ? g_strndup (argument, (gsize) (space - argument)) : g_strdup (argument);
  ProtoSaslSetting setting = {
    .offered = proto_pop3_server_get_mechanisms (server),
    .bindings = server->engine.bindings,
    .host_name = server->host_name,
    .nonce = server->nonce,
  };
  ProtoSaslMechanisms mechanism = proto_sasl_from_name (name) & setting.offered;
  if (mechanism == 0 && refuse_in_clear (server))
    return;
  if (mechanism == 0)
    {
      proto_pop3_server_err (server, NULL, "That mechanism is not offered here");
      return;
    }
  g_clear_pointer (&server->user, g_free);
  server->sasl = proto_sasl_server_new (mechanism, &setting);
  step (server, space != NULL ? space + 1 : NULL);
}

/* RFC 6856 section 2. Names and passwords are UTF-8 here in any case. */
void
proto_pop3_server_utf8 (ProtoPop3Server *server, const char *argument)
{
  if (*argument != '\0')
    proto_pop3_server_err (server, NULL, "UTF8 takes no argument");
  else if (!server->config.offer_utf8)
    proto_pop3_server_err (server, NULL, "UTF8 is not offered here");
  else
    {
      server->utf8 = TRUE;
      proto_pop3_server_ok (server, "UTF-8 it is");
    }
}

/* RFC 2595 section 4. */
void
proto_pop3_server_stls (ProtoPop3Server *server, const char *argument)
{
  if (*argument != '\0')
    proto_pop3_server_err (server, NULL, "STLS takes no argument");
  else if (server->engine.tls)
    proto_pop3_server_err (server, NULL, "TLS is on already");
  else if (!server->config.offer_stls)
    proto_pop3_server_err (server, NULL, "STLS is not offered here");
  else if (base_line_buffer_get_length (server->engine.in) > 0)
    {
      /* Somebody on the way may have put it there to be taken for a part of TLS. */
      proto_engine_note (&server->engine, "There was plaintext behind STLS: closing");
      proto_pop3_server_err (server, NULL, "Plaintext behind STLS");
      proto_pop3_server_close (server);
    }
  else
    {
      /* What was said in clear counts no more. */
      server->utf8 = FALSE;
      proto_pop3_server_ok (server, "Begin TLS now");
      server->engine.wants_tls = TRUE;
    }
}
