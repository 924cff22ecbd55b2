/* SPDX-License-Identifier: MIT */
#include "proto-smtp-server-private.h"

#include <string.h>

/* ---- paths ---- */

static gboolean
is_ascii (const ProtoPath *path)
{
  return g_str_is_ascii (path->local_part) && g_str_is_ascii (path->domain);
}

static void
refuse_utf8 (ProtoSmtpServer *server)
{
  proto_smtp_server_complain (server, 553, "5.6.7",
                              server->config.offer_smtputf8
                                  ? "An address beyond ASCII needs the parameter SMTPUTF8 of MAIL"
                                  : "Addresses beyond ASCII need SMTPUTF8, which is not offered");
}

/* Reads "FROM:<path>" or "TO:<path>" into server->path; NULL when it has been refused, else what
 * follows the path. */
static const char *
take_path (ProtoSmtpServer *server, const char *arguments, ProtoPathKind kind)
{
  const char *label = kind == PROTO_PATH_REVERSE ? "FROM:" : "TO:";
  const char *rest = NULL;
  g_autoptr (GError) error = NULL;

  if (g_ascii_strncasecmp (arguments, label, strlen (label)) != 0)
    {
      g_autofree char *text = g_strdup_printf ("%s and a path must stand behind the verb", label);
      proto_smtp_server_complain (server, 501, "5.5.4", text);
      return NULL;
    }
  if (!server->config.offer_smtputf8 && !g_str_is_ascii (arguments))
    {
      refuse_utf8 (server);
      return NULL;
    }
  server->path = proto_path_parse (arguments + strlen (label), kind, server->config.offer_smtputf8,
                                   &rest, &error);
  if (server->path == NULL || (*rest != '\0' && *rest != ' '))
    {
      proto_smtp_server_complain (server, 501, kind == PROTO_PATH_REVERSE ? "5.1.7" : "5.1.3",
                                  error != NULL ? error->message
                                                : "There must be a space behind the path");
      return NULL;
    }
  return rest;
}

/* ---- verbs ---- */

void
proto_smtp_server_mail (ProtoSmtpServer *server, const char *arguments)
{
  const char *rest;

  if (server->helo == NULL)
    {
      proto_smtp_server_complain (server, 503, "5.5.1", "Send EHLO first");
      return;
    }
  if (server->has_mail)
    {
      proto_smtp_server_complain (server, 503, "5.5.1", "A MAIL is open already");
      return;
    }
  if (server->config.auth_required && server->user == NULL)
    {
      proto_smtp_server_complain (server, 530, "5.7.0", "Authentication is required");
      return;
    }
  rest = take_path (server, arguments, PROTO_PATH_REVERSE);
  if (rest == NULL || !proto_smtp_server_take_parameters (server, PROTO_PATH_REVERSE, rest))
    return;
  if (!server->event.utf8 && !is_ascii (server->path))
    {
      refuse_utf8 (server);
      return;
    }
  server->event.path = server->path;
  proto_smtp_server_emit (server, PROTO_SMTP_SERVER_MAIL, PROTO_SMTP_QUESTION_MAIL);
}

void
proto_smtp_server_rcpt (ProtoSmtpServer *server, const char *arguments)
{
  const char *rest;

  if (!server->has_mail)
    {
      proto_smtp_server_complain (server, 503, "5.5.1", "Send MAIL first");
      return;
    }
  if (server->chunked)
    {
      proto_smtp_server_complain (server, 503, "5.5.1", "The message has begun already");
      return;
    }
  rest = take_path (server, arguments, PROTO_PATH_FORWARD);
  if (rest == NULL || !proto_smtp_server_take_parameters (server, PROTO_PATH_FORWARD, rest))
    return;
  if (!server->utf8 && !is_ascii (server->path))
    refuse_utf8 (server);
  else if (server->accepted >= server->config.max_recipients)
    proto_smtp_server_say (server, 452, "4.5.3", "Too many recipients; send the rest again");
  else
    {
      server->event.path = server->path;
      proto_smtp_server_emit (server, PROTO_SMTP_SERVER_RCPT, PROTO_SMTP_QUESTION_RCPT);
    }
}
