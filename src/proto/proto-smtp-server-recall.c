/* SPDX-License-Identifier: MIT */
#include "proto-smtp-server-private.h"

#include <string.h>

/* RFC 5322 section 2.1.1: no line of a letter is longer, and a Message-ID is on one line. */
#define MAX_MESSAGE_ID 998

gboolean
proto_smtp_server_offers_recall (const ProtoSmtpServer *server)
{
  return server->config.offer_recall
         && (server->user != NULL || proto_smtp_server_offers_auth (server));
}

gsize
proto_smtp_server_get_recall_line (const ProtoSmtpServer *server)
{
  return strlen ("XRECALL ") + MAX_MESSAGE_ID + strlen ("\r\n");
}

/* "<" anything that needs no quoting in a reply or a log ">" (RFC 5322 section 3.6.4, RFC 6532). */
static gboolean
is_message_id (const char *text)
{
  gsize length = strlen (text);

  return length > 2 && length <= MAX_MESSAGE_ID && text[0] == '<'
         && strcspn (text + 1, "<> ") == length - 2 && text[length - 1] == '>'
         && g_utf8_validate (text, (gssize) length, NULL);
}

void
proto_smtp_server_recall (ProtoSmtpServer *server, const char *arguments)
{
  if (!server->config.offer_recall)
    proto_smtp_server_complain (server, 502, "5.5.1", "Letters are not taken back here");
  else if (server->user == NULL)
    proto_smtp_server_complain (server, 530, "5.7.0", "Authentication is required");
  else if (server->has_mail)
    proto_smtp_server_complain (server, 503, "5.5.1", "Not in the course of a transaction");
  else if (!is_message_id (arguments))
    proto_smtp_server_complain (server, 501, "5.5.4",
                                "Give one Message-ID in angle brackets behind the verb");
  else
    {
      proto_smtp_server_note_early (server, "XRECALL");
      server->text = g_strdup (arguments);
      server->event.text = server->text;
      proto_smtp_server_emit (server, PROTO_SMTP_SERVER_RECALL, PROTO_SMTP_QUESTION_VRFY);
    }
}
