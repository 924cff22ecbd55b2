/* SPDX-License-Identifier: MIT */
#include "proto-smtp-client-private.h"

#include "proto-path.h"

#include <string.h>

/* The lines of MAIL and RCPT with the parameters that the server knows, and what cannot be asked of
 * it. */

static gboolean
offers (const ProtoSmtpClient *client, const char *keyword)
{
  return proto_smtp_client_get_capability (client, keyword) != NULL;
}

/* RFC 3461 section 4. */
static void
append_xtext (GString *line, const char *text)
{
  for (; *text != '\0'; text++)
    if (*text <= ' ' || *text > '~' || *text == '+' || *text == '=')
      g_string_append_printf (line, "+%02X", (guint8) *text);
    else
      g_string_append_c (line, *text);
}

static void
append_notify (GString *line, ProtoDsnNotify notify)
{
  static const struct
  {
    ProtoDsnNotify one;
    const char *word;
  } words[] = {
    { PROTO_DSN_NOTIFY_NEVER, "NEVER" },
    { PROTO_DSN_NOTIFY_SUCCESS, "SUCCESS" },
    { PROTO_DSN_NOTIFY_FAILURE, "FAILURE" },
    { PROTO_DSN_NOTIFY_DELAY, "DELAY" },
  };
  const char *before = " NOTIFY=";

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (notify & words[i].one)
      {
        g_string_append_printf (line, "%s%s", before, words[i].word);
        before = ",";
      }
}

char *
proto_smtp_client_make_mail_line (const ProtoSmtpClient *client,
                                  const char *address,
                                  const ProtoSmtpMessage *message)
{
  GString *line = g_string_new (NULL);

  g_string_append_printf (line, "MAIL FROM:<%s>", address);
  if (message->size > 0 && offers (client, "SIZE"))
    g_string_append_printf (line, " SIZE=%" G_GUINT64_FORMAT, message->size);
  if (message->eight_bit && offers (client, "8BITMIME"))
    g_string_append (line, " BODY=8BITMIME");
  if (client->utf8)
    g_string_append (line, " SMTPUTF8");
  if (message->require_tls)
    g_string_append (line, " REQUIRETLS");
  if (message->dsn_return != PROTO_DSN_RETURN_UNSAID && offers (client, "DSN"))
    g_string_append (line,
                     message->dsn_return == PROTO_DSN_RETURN_FULL ? " RET=FULL" : " RET=HDRS");
  if (message->envelope_id != NULL && offers (client, "DSN"))
    {
      g_string_append (line, " ENVID=");
      append_xtext (line, message->envelope_id);
    }
  return g_string_free (line, FALSE);
}

char *
proto_smtp_client_make_rcpt_line (const ProtoSmtpClient *client,
                                  const char *address,
                                  const ProtoSmtpMessage *message)
{
  GString *line = g_string_new (NULL);

  g_string_append_printf (line, "RCPT TO:<%s>", address);
  if (message->notify != PROTO_DSN_NOTIFY_UNSAID && offers (client, "DSN"))
    {
      append_notify (line, message->notify);
      /* An address beyond ASCII has a form of its own (RFC 6533), which nobody needs to whom the
       * same address was said here. */
      if (g_str_is_ascii (address))
        {
          g_string_append (line, " ORCPT=rfc822;");
          append_xtext (line, address);
        }
    }
  return g_string_free (line, FALSE);
}

/* RFC 1870 section 6: what is larger than the server's limit need not be tried. */
static gboolean
is_too_large (const ProtoSmtpClient *client, guint64 size)
{
  const char *limit = proto_smtp_client_get_capability (client, "SIZE");
  guint64 octets = limit != NULL ? g_ascii_strtoull (limit, NULL, 10) : 0;

  return octets > 0 && size > octets;
}

ProtoReply *
proto_smtp_client_refuse (const ProtoSmtpClient *client, const ProtoSmtpMessage *message)
{
  if (is_too_large (client, message->size))
    return proto_reply_new_printf (552, "5.3.4", "The server takes messages up to %s octets only",
                                   proto_smtp_client_get_capability (client, "SIZE"));
  /* RFC 6531 section 3.2. */
  if (client->utf8 && !offers (client, "SMTPUTF8"))
    return proto_reply_new (553, "5.6.7",
                            "The server takes no addresses or headers beyond ASCII (SMTPUTF8)");
  /* RFC 8689 section 4.1. */
  if (message->require_tls && (!client->engine.tls || !offers (client, "REQUIRETLS")))
    return proto_reply_new (550, "5.7.30",
                            "The server does not promise to pass messages on over TLS alone "
                            "(REQUIRETLS)");
  return NULL;
}
