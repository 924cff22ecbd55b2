/* SPDX-License-Identifier: MIT */
#include "proto-smtp-server-private.h"

#include <string.h>

/* RFC 1870 section 4: SIZE has at most 20 digits; 19 always fit into 64 bits. */
#define MAX_SIZE_DIGITS 19

/* ---- the parameters of MAIL ---- */

static gboolean
refuse_value (ProtoSmtpServer *server, const char *text)
{
  proto_smtp_server_complain (server, 501, "5.5.4", text);
  return FALSE;
}

static gboolean
take_size (ProtoSmtpServer *server, const char *value)
{
  gsize digits = strspn (value, "0123456789");

  if (digits == 0 || value[digits] != '\0' || digits > MAX_SIZE_DIGITS)
    return refuse_value (server, "SIZE is no number that could be a size");
  server->event.size = g_ascii_strtoull (value, NULL, 10);
  if (server->config.max_size > 0 && server->event.size > server->config.max_size)
    {
      proto_smtp_server_complain (server, 552, "5.3.4", "The message is larger than the limit");
      return FALSE;
    }
  return TRUE;
}

static gboolean
take_body (ProtoSmtpServer *server, const char *value)
{
  if (g_ascii_strcasecmp (value, "7BIT") == 0)
    server->event.body = PROTO_SMTP_BODY_7BIT;
  else if (g_ascii_strcasecmp (value, "8BITMIME") == 0)
    server->event.body = PROTO_SMTP_BODY_8BITMIME;
  else if (server->config.offer_chunking && g_ascii_strcasecmp (value, "BINARYMIME") == 0)
    server->event.body = PROTO_SMTP_BODY_BINARYMIME;
  else
    return refuse_value (server, "The BODY is of no kind that is known here");
  return TRUE;
}

/* RFC 4954 section 5: who gave the message to a trusted peer. There are none here, so it is
 * checked and has no effect. */
static gboolean
take_auth (ProtoSmtpServer *server, const char *value)
{
  if (*value == '\0')
    return refuse_value (server, "AUTH has no value");
  for (; *value != '\0'; value++)
    {
      if (*value != '+')
        continue;
      if (!g_ascii_isxdigit (value[1]) || !g_ascii_isxdigit (value[2]))
        return refuse_value (server, "AUTH has a malformed value");
    }
  return TRUE;
}

static const struct
{
  const char *keyword;
  gboolean (*take) (ProtoSmtpServer *server, const char *value);
} mail_parameters[] = {
  { "SIZE", take_size },
  { "BODY", take_body },
  { "AUTH", take_auth },
};

static gssize
find_mail_parameter (const ProtoSmtpServer *server, const char *keyword)
{
  for (gsize i = 0; i < G_N_ELEMENTS (mail_parameters); i++)
    if (g_ascii_strcasecmp (mail_parameters[i].keyword, keyword) == 0
        && (mail_parameters[i].take != take_auth || proto_smtp_server_offers_auth (server)))
      return (gssize) i;
  return -1;
}

/* Takes one "KEYWORD=value"; @seen has a bit for each keyword. */
static gboolean
take_mail_parameter (ProtoSmtpServer *server, char *parameter, guint *seen)
{
  char *value = strchr (parameter, '=');

  if (value != NULL)
    *value++ = '\0';

  gssize row = find_mail_parameter (server, parameter);
  if (row < 0)
    {
      g_autofree char *text = g_strdup_printf ("The parameter %s is unknown here", parameter);
      proto_smtp_server_complain (server, 555, "5.5.4", text);
      return FALSE;
    }
  if ((*seen & 1u << row) != 0)
    return refuse_value (server, "A parameter was given twice");
  *seen |= 1u << row;
  return mail_parameters[row].take (server, value != NULL ? value : "");
}

static gboolean
take_mail_parameters (ProtoSmtpServer *server, const char *rest)
{
  g_auto (GStrv) parameters = g_strsplit (rest, " ", -1);
  guint seen = 0;

  for (guint i = 0; parameters[i] != NULL; i++)
    if (*parameters[i] != '\0' && !take_mail_parameter (server, parameters[i], &seen))
      return FALSE;
  return TRUE;
}

/* ---- paths ---- */

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
  if (!g_str_is_ascii (arguments))
    {
      proto_smtp_server_complain (server, 553, "5.6.7",
                                  "Addresses beyond ASCII need SMTPUTF8, which is not offered");
      return NULL;
    }
  server->path = proto_path_parse (arguments + strlen (label), kind, FALSE, &rest, &error);
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
  if (rest == NULL || !take_mail_parameters (server, rest))
    return;
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
  if (rest == NULL)
    return;
  while (*rest == ' ')
    rest++;
  if (*rest != '\0')
    proto_smtp_server_complain (server, 555, "5.5.4", "RCPT has no parameter that is known here");
  else if (server->accepted >= server->config.max_recipients)
    proto_smtp_server_say (server, 452, "4.5.3", "Too many recipients; send the rest again");
  else
    {
      server->event.path = server->path;
      proto_smtp_server_emit (server, PROTO_SMTP_SERVER_RCPT, PROTO_SMTP_QUESTION_RCPT);
    }
}
