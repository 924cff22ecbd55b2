/* SPDX-License-Identifier: MIT */
#include "proto-smtp-client-private.h"

#include "proto-path.h"

/* Small letters go by DATA, as people read it; chunks spare large ones the stuffing. */
#define CHUNKED_SIZE (256 * 1024)

#include <string.h>

void
proto_smtp_client_clear_transaction (ProtoSmtpClient *client)
{
  g_clear_pointer (&client->mail, g_free);
  g_ptr_array_set_size (client->rcpts, 0);
  g_clear_pointer (&client->outcome, proto_reply_free);
  client->answered = 0;
  client->has_mail = FALSE;
  client->accepted = 0;
  client->body_asked = FALSE;
  client->utf8 = FALSE;
  client->chunking = FALSE;
  client->refused_chunk = FALSE;
  client->chunks = 0;
}

void
proto_smtp_client_finish (ProtoSmtpClient *client, ProtoReply *reply)
{
  proto_smtp_client_clear_transaction (client);
  client->state = PROTO_SMTP_CLIENT_IDLE;
  proto_engine_set_timeout (&client->engine, 0);
  proto_smtp_client_emit (client, PROTO_SMTP_CLIENT_SENT, 0, reply, NULL);
}

void
proto_smtp_client_undo (ProtoSmtpClient *client, const char *line)
{
  client->state = PROTO_SMTP_CLIENT_IN_UNDOING;
  proto_engine_say (&client->engine, line, NULL);
}

static void
set_outcome (ProtoSmtpClient *client, ProtoReply *reply)
{
  proto_reply_free (client->outcome);
  client->outcome = reply;
}

/* ---- envelope ---- */

static const char *
get_line (const ProtoSmtpClient *client, guint position)
{
  if (position == 0)
    return client->mail;
  if (position <= client->rcpts->len)
    return g_ptr_array_index (client->rcpts, position - 1);
  return "DATA";
}

static void
take_mail_reply (ProtoSmtpClient *client, ProtoReply *reply)
{
  client->has_mail = proto_reply_is_positive (reply);
  if (client->has_mail)
    proto_reply_free (reply);
  else
    set_outcome (client, reply);
}

static void
take_rcpt_reply (ProtoSmtpClient *client, guint index, ProtoReply *reply)
{
  /* After a refused MAIL they are all refused, and that says nothing about the recipients. */
  if (!client->has_mail)
    {
      proto_reply_free (reply);
      return;
    }
  if (proto_reply_is_positive (reply))
    client->accepted++;
  else
    set_outcome (client, proto_reply_copy (reply));
  proto_smtp_client_emit (client, PROTO_SMTP_CLIENT_RECIPIENT, index, reply, NULL);
}

/* Takes @reply to DATA. */
static void
take_data_reply (ProtoSmtpClient *client, ProtoReply *reply)
{
  gboolean go_ahead = reply->code == 354;

  if (client->accepted > 0 && !go_ahead)
    set_outcome (client, g_steal_pointer (&reply));
  proto_reply_free (reply);
  if (client->accepted > 0 && go_ahead)
    proto_smtp_client_begin_body (client);
  else if (go_ahead)
    /* RFC 2920 section 3.1: the server wants a message for nobody; it gets an empty one. */
    proto_smtp_client_undo (client, ".");
  else if (client->has_mail)
    proto_smtp_client_undo (client, "RSET");
  else
    proto_smtp_client_finish (client, g_steal_pointer (&client->outcome));
}

/* Without PIPELINING: the next line, or the end where it is clear already. */
static void
say_next (ProtoSmtpClient *client)
{
  if (!client->has_mail)
    proto_smtp_client_finish (client, g_steal_pointer (&client->outcome));
  else if (client->answered > client->rcpts->len && client->accepted == 0)
    proto_smtp_client_undo (client, "RSET");
  else if (client->answered > client->rcpts->len && client->chunking)
    proto_smtp_client_begin_body (client);
  else
    proto_engine_say (&client->engine, get_line (client, client->answered), NULL);
}

void
proto_smtp_client_take_envelope_reply (ProtoSmtpClient *client, ProtoReply *reply)
{
  guint position = client->answered++;

  if (position > client->rcpts->len)
    {
      take_data_reply (client, reply);
      return;
    }
  if (position == 0)
    take_mail_reply (client, reply);
  else
    take_rcpt_reply (client, position - 1, reply);
  /* Chunks wait for the envelope: they would cross the wire for nobody. */
  if (!client->pipelined || (client->chunking && position == client->rcpts->len))
    say_next (client);
}

/* ---- the end ---- */

void
proto_smtp_client_take_final_reply (ProtoSmtpClient *client, ProtoReply *reply)
{
  if (client->chunking)
    {
      proto_smtp_client_take_chunk_reply (client, reply);
      return;
    }
  client->in_doubt = FALSE;
  proto_smtp_client_finish (client, reply);
}

void
proto_smtp_client_take_undoing_reply (ProtoSmtpClient *client, ProtoReply *reply)
{
  proto_reply_free (reply);
  proto_smtp_client_finish (client, g_steal_pointer (&client->outcome));
}

/* ---- public ---- */

/* An address as it is said on the wire, or NULL. */
static char *
read_address (ProtoSmtpClient *client, const char *text, GError **error)
{
  g_autoptr (ProtoPath) path = proto_path_from_address (text, error);

  if (path == NULL)
    return NULL;
  client->utf8 |= !g_str_is_ascii (path->local_part);
  return proto_path_to_address (path);
}

static gboolean
add_recipients (ProtoSmtpClient *client, const ProtoSmtpMessage *message, GError **error)
{
  if (message->recipients[0] == NULL)
    {
      g_set_error (error, PROTO_ERROR, PROTO_ERROR_SYNTAX, "The message has no recipient");
      return FALSE;
    }
  for (const char *const *recipient = message->recipients; *recipient != NULL; recipient++)
    {
      g_autofree char *address = read_address (client, *recipient, error);

      if (address == NULL)
        return FALSE;
      g_ptr_array_add (client->rcpts, proto_smtp_client_make_rcpt_line (client, address, message));
    }
  return TRUE;
}

static gboolean
make_lines (ProtoSmtpClient *client, const ProtoSmtpMessage *message, GError **error)
{
  g_autofree char *sender = *message->reverse_path == '\0'
                                ? g_strdup ("")
                                : read_address (client, message->reverse_path, error);

  client->utf8 |= message->utf8;
  if (sender == NULL || !add_recipients (client, message, error))
    return FALSE;
  client->mail = proto_smtp_client_make_mail_line (client, sender, message);
  return TRUE;
}

gboolean
proto_smtp_client_send (ProtoSmtpClient *client, const ProtoSmtpMessage *message, GError **error)
{
  g_return_val_if_fail (client->state == PROTO_SMTP_CLIENT_IDLE || client->engine.done, FALSE);

  if (client->engine.done)
    {
      g_set_error (error, PROTO_ERROR, PROTO_ERROR_CLOSED, "The session is over");
      return FALSE;
    }
  if (!make_lines (client, message, error))
    {
      proto_smtp_client_clear_transaction (client);
      return FALSE;
    }
  ProtoReply *refusal = proto_smtp_client_refuse (client, message);
  if (refusal != NULL)
    {
      proto_smtp_client_finish (client, refusal);
      return TRUE;
    }

  client->state = PROTO_SMTP_CLIENT_IN_ENVELOPE;
  client->pipelined = proto_smtp_client_get_capability (client, "PIPELINING") != NULL;
  client->chunking = message->size >= CHUNKED_SIZE
                     && proto_smtp_client_get_capability (client, "CHUNKING") != NULL;
  proto_engine_set_timeout (&client->engine, client->timeout);
  guint lines = client->rcpts->len + (client->chunking ? 1 : 2);
  for (guint i = 0; i < (client->pipelined ? lines : 1); i++)
    proto_engine_say (&client->engine, get_line (client, i), NULL);
  return TRUE;
}
