/* SPDX-License-Identifier: MIT */
#include "proto-smtp-server-private.h"

#include <string.h>

ProtoSaslMechanisms
proto_smtp_server_get_mechanisms (const ProtoSmtpServer *server)
{
  ProtoSaslMechanisms mechanisms = server->config.mechanisms;

  /* It was made for open wires, and is asked for by who wants to show that. */
  if (!server->engine.tls && !server->config.auth_in_clear)
    mechanisms &= PROTO_SASL_CRAM_MD5;
  if (!proto_engine_can_bind (&server->engine))
    mechanisms &= ~(ProtoSaslMechanisms) PROTO_SASL_SCRAM_SHA_256_PLUS;
  return mechanisms;
}

gboolean
proto_smtp_server_offers_auth (const ProtoSmtpServer *server)
{
  return proto_smtp_server_get_mechanisms (server) != 0;
}

gboolean
proto_smtp_server_offers_starttls (const ProtoSmtpServer *server)
{
  return server->config.offer_starttls && !server->engine.tls;
}

/* ---- STARTTLS (RFC 3207) ---- */

void
proto_smtp_server_starttls (ProtoSmtpServer *server, const char *arguments)
{
  if (*arguments != '\0')
    proto_smtp_server_complain (server, 501, "5.5.4", "The command takes no argument");
  else if (server->engine.tls)
    proto_smtp_server_complain (server, 503, "5.5.1", "TLS has started already");
  else if (!server->config.offer_starttls)
    proto_smtp_server_complain (server, 502, "5.5.1", "TLS is not offered here");
  else if (proto_engine_get_input_length (&server->engine) > 0)
    {
      proto_engine_note (&server->engine, "There was plaintext behind STARTTLS: closing");
      proto_smtp_server_say (server, 554, "5.5.0", "Nothing may follow STARTTLS in clear, closing");
      proto_smtp_server_close (server);
    }
  else
    {
      proto_smtp_server_abort (server);
      proto_smtp_server_say (server, 220, "2.0.0", "Start TLS now");
      server->engine.wants_tls = TRUE;
    }
}

/* ---- AUTH (RFC 4954) ---- */

static void
end_exchange (ProtoSmtpServer *server, guint code, const char *enhanced, const char *text)
{
  g_clear_pointer (&server->sasl, proto_sasl_server_free);
  proto_smtp_server_complain (server, code, enhanced, text);
}

static void
take_response (ProtoSmtpServer *server, const char *response)
{
  g_autofree char *challenge = NULL;

  switch (proto_sasl_server_step (server->sasl, response, &challenge, &server->credentials))
    {
    case PROTO_SASL_KEYS:
      server->text = g_strdup (proto_sasl_server_get_user (server->sasl));
      server->event.text = server->text;
      proto_smtp_server_emit (server, PROTO_SMTP_SERVER_KEYS, PROTO_SMTP_QUESTION_KEYS);
      break;
    case PROTO_SASL_CONTINUE:
      {
        g_autofree char *line = g_strdup_printf ("334 %s", challenge);
        proto_engine_say (&server->engine, line, NULL);
        break;
      }
    case PROTO_SASL_MALFORMED:
      end_exchange (server, 501, "5.5.2", "The response is malformed");
      break;
    case PROTO_SASL_DONE:
      /* Nobody may act for another here. */
      if (*server->credentials->authzid != '\0'
          && strcmp (server->credentials->authzid, server->credentials->user) != 0)
        {
          end_exchange (server, 535, "5.7.8", "The user name or the password is wrong");
          break;
        }
      if (proto_sasl_server_get_note (server->sasl) != NULL)
        proto_engine_note (&server->engine, "%s", proto_sasl_server_get_note (server->sasl));
      g_clear_pointer (&server->sasl, proto_sasl_server_free);
      server->event.credentials = server->credentials;
      proto_smtp_server_emit (server, PROTO_SMTP_SERVER_AUTH, PROTO_SMTP_QUESTION_AUTH);
      break;
    }
}

/* Whether an AUTH may begin now; says why not. */
static gboolean
check_auth (ProtoSmtpServer *server)
{
  if (server->helo == NULL || !server->extended)
    proto_smtp_server_complain (server, 503, "5.5.1", "Send EHLO first");
  else if (server->config.mechanisms == 0)
    proto_smtp_server_complain (server, 502, "5.5.1", "AUTH is not offered here");
  else if (server->user != NULL)
    proto_smtp_server_complain (server, 503, "5.5.1", "You are authenticated already");
  else if (server->has_mail)
    proto_smtp_server_complain (server, 503, "5.5.1", "AUTH has no place in a transaction");
  else if (!proto_smtp_server_offers_auth (server))
    proto_smtp_server_complain (server, 538, "5.7.11", "A password needs TLS first");
  else
    return TRUE;
  return FALSE;
}

void
proto_smtp_server_auth (ProtoSmtpServer *server, const char *arguments)
{
  g_auto (GStrv) words = g_strsplit (arguments, " ", -1);
  guint n = g_strv_length (words);
  ProtoSaslMechanisms mechanism;
  ProtoSaslSetting setting = {
    .offered = proto_smtp_server_get_mechanisms (server),
    .bindings = server->engine.bindings,
    .host_name = server->host_name,
    .nonce = server->nonce,
  };

  server->auth_refused = TRUE;
  if (!check_auth (server))
    return;
  if (n < 1 || n > 2)
    {
      proto_smtp_server_complain (server, 501, "5.5.4", "AUTH takes a mechanism and a response");
      return;
    }
  mechanism = proto_sasl_from_name (words[0]) & server->config.mechanisms;
  if (mechanism != 0 && !server->engine.tls && (mechanism & setting.offered) == 0)
    {
      proto_smtp_server_complain (server, 538, "5.7.11", "That mechanism needs TLS first");
      return;
    }
  mechanism &= setting.offered;
  if (mechanism == 0)
    {
      proto_smtp_server_complain (server, 504, "5.5.4", "The mechanism is not offered");
      return;
    }
  server->auth_refused = FALSE;
  proto_smtp_server_note_early (server, "AUTH");
  server->sasl = proto_sasl_server_new (mechanism, &setting);
  take_response (server, words[1]);
}

void
proto_smtp_server_auth_line (ProtoSmtpServer *server, const char *line, gsize length)
{
  if (line == NULL)
    {
      end_exchange (server, 500, "5.5.6", "The line is too long");
      return;
    }
  if (strcmp (line, "*") == 0)
    {
      proto_engine_heard (&server->engine, line, (gssize) length);
      end_exchange (server, 501, "5.7.0", "Authentication is cancelled");
      return;
    }
  proto_engine_heard (&server->engine, "[secret]", -1);
  if (strlen (line) != length)
    end_exchange (server, 501, "5.5.2", "The response is malformed");
  else
    take_response (server, line);
}
