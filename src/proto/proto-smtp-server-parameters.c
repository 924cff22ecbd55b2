/* SPDX-License-Identifier: MIT */
#include "proto-smtp-server-private.h"

#include <string.h>

/* The parameters of MAIL and RCPT: one small function for each takes its value into the event, or
 * says what is wrong with it. */

/* RFC 1870 section 4: SIZE has at most 20 digits; 19 always fit into 64 bits. */
#define MAX_SIZE_DIGITS 19

static gboolean
refuse_value (ProtoSmtpServer *server, const char *text)
{
  proto_smtp_server_complain (server, 501, "5.5.4", text);
  return FALSE;
}

/* ---- MAIL ---- */

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

/* RFC 6531 section 3.4. */
static gboolean
take_smtputf8 (ProtoSmtpServer *server, const char *value)
{
  if (value != NULL)
    return refuse_value (server, "SMTPUTF8 takes no value");
  server->event.utf8 = TRUE;
  return TRUE;
}

static gboolean
take_ret (ProtoSmtpServer *server, const char *value)
{
  if (!proto_dsn_parse_return (value, &server->event.dsn_return))
    return refuse_value (server, "RET is FULL or HDRS");
  return TRUE;
}

static gboolean
take_envid (ProtoSmtpServer *server, const char *value)
{
  server->text = proto_dsn_parse_envelope_id (value);
  server->event.envelope_id = server->text;
  if (server->text == NULL)
    return refuse_value (server, "ENVID is 1 to 100 octets of xtext for printable ASCII");
  return TRUE;
}

/* ---- RCPT ---- */

static gboolean
take_notify (ProtoSmtpServer *server, const char *value)
{
  if (!proto_dsn_parse_notify (value, &server->event.notify))
    return refuse_value (server, "NOTIFY is NEVER, or a list of SUCCESS, FAILURE and DELAY");
  return TRUE;
}

static gboolean
take_orcpt (ProtoSmtpServer *server, const char *value)
{
  server->text = proto_dsn_parse_recipient (value, server->utf8);
  server->event.original_recipient = server->text;
  if (server->text == NULL)
    return refuse_value (server, "ORCPT is a type, a semicolon and an address in xtext");
  return TRUE;
}

/* ---- the tables ---- */

static gboolean
offers_dsn (const ProtoSmtpServer *server)
{
  return server->config.offer_dsn;
}

static gboolean
offers_smtputf8 (const ProtoSmtpServer *server)
{
  return server->config.offer_smtputf8;
}

static const struct
{
  const char *keyword;
  ProtoPathKind verb;
  gboolean (*take) (ProtoSmtpServer *server, const char *value);
  gboolean (*offered) (const ProtoSmtpServer *server); /* NULL: always */
  gboolean bare; /* may stand without a value, and then take() gets NULL */
} parameters[] = {
  { "SIZE", PROTO_PATH_REVERSE, take_size, NULL, FALSE },
  { "BODY", PROTO_PATH_REVERSE, take_body, NULL, FALSE },
  { "AUTH", PROTO_PATH_REVERSE, take_auth, proto_smtp_server_offers_auth, FALSE },
  { "SMTPUTF8", PROTO_PATH_REVERSE, take_smtputf8, offers_smtputf8, TRUE },
  { "RET", PROTO_PATH_REVERSE, take_ret, offers_dsn, FALSE },
  { "ENVID", PROTO_PATH_REVERSE, take_envid, offers_dsn, FALSE },
  { "NOTIFY", PROTO_PATH_FORWARD, take_notify, offers_dsn, FALSE },
  { "ORCPT", PROTO_PATH_FORWARD, take_orcpt, offers_dsn, FALSE },
};

static gssize
find_parameter (const ProtoSmtpServer *server, ProtoPathKind verb, const char *keyword)
{
  for (gsize i = 0; i < G_N_ELEMENTS (parameters); i++)
    if (parameters[i].verb == verb && g_ascii_strcasecmp (parameters[i].keyword, keyword) == 0
        && (parameters[i].offered == NULL || parameters[i].offered (server)))
      return (gssize) i;
  return -1;
}

/* Takes one "KEYWORD=value"; @seen has a bit for each row. */
static gboolean
take_parameter (ProtoSmtpServer *server, ProtoPathKind verb, char *parameter, guint *seen)
{
  char *value = strchr (parameter, '=');

  if (value != NULL)
    *value++ = '\0';

  gssize row = find_parameter (server, verb, parameter);
  if (row < 0)
    {
      g_autofree char *text = g_strdup_printf ("The parameter %.40s is unknown here", parameter);
      proto_smtp_server_complain (server, 555, "5.5.4", text);
      return FALSE;
    }
  if ((*seen & 1u << row) != 0)
    return refuse_value (server, "A parameter was given twice");
  *seen |= 1u << row;
  if (value == NULL && !parameters[row].bare)
    return refuse_value (server, "A parameter has no value");
  return parameters[row].take (server, value);
}

gboolean
proto_smtp_server_take_parameters (ProtoSmtpServer *server, ProtoPathKind verb, const char *rest)
{
  g_auto (GStrv) words = g_strsplit (rest, " ", -1);
  guint seen = 0;

  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0' && !take_parameter (server, verb, words[i], &seen))
      return FALSE;
  return TRUE;
}
