/* SPDX-License-Identifier: MIT */
#include "proto-smtp-client-private.h"

/* The text of a message: dot-stuffed behind DATA, or in chunks (RFC 3030), each of which has a
 * reply of its own. */

/* Taps what was appended to the output since @before. */
static void
tap_from (ProtoSmtpClient *client, guint before)
{
  proto_engine_tap_body (&client->engine, PROTO_TAP_SENT, client->engine.out->data + before,
                         client->engine.out->len - before);
  /* A slow wire is not a silent server. */
  proto_engine_set_timeout (&client->engine, client->timeout);
}

static void
say_chunk (ProtoSmtpClient *client, gsize length, gboolean last)
{
  g_autofree char *line = g_strdup_printf ("BDAT %zu%s", length, last ? " LAST" : "");

  proto_engine_say (&client->engine, line, NULL);
  client->chunks++;
}

void
proto_smtp_client_begin_body (ProtoSmtpClient *client)
{
  client->state = PROTO_SMTP_CLIENT_IN_BODY;
  proto_dot_encoder_init (&client->encoder);
}

/* Everything is said, and every chunk has its reply. */
static void
end_chunks (ProtoSmtpClient *client)
{
  client->in_doubt = FALSE;
  if (client->refused_chunk)
    /* RFC 3030 section 2: what went before is to be forgotten. */
    proto_smtp_client_undo (client, "RSET");
  else
    proto_smtp_client_finish (client, g_steal_pointer (&client->outcome));
}

void
proto_smtp_client_take_chunk_reply (ProtoSmtpClient *client, ProtoReply *reply)
{
  if (client->chunks == 0)
    {
      proto_smtp_client_fail (client, PROTO_ERROR_SYNTAX, reply,
                              "The server answered what was not asked");
      return;
    }
  client->chunks--;
  /* Of several refusals the first has the reason. */
  if (!client->refused_chunk)
    {
      g_clear_pointer (&client->outcome, proto_reply_free);
      client->outcome = g_steal_pointer (&reply);
      client->refused_chunk = !proto_reply_is_positive (client->outcome);
    }
  g_clear_pointer (&reply, proto_reply_free);
  if (client->state == PROTO_SMTP_CLIENT_IN_FINAL && client->chunks == 0)
    end_chunks (client);
}

void
proto_smtp_client_write (ProtoSmtpClient *client, const guint8 *data, gsize length)
{
  if (client->engine.done)
    return;
  g_return_if_fail (client->state == PROTO_SMTP_CLIENT_IN_BODY);
  if (length == 0)
    return;
  client->body_asked = FALSE;
  /* The letter is refused already: the rest of it need not cross the wire. */
  if (client->refused_chunk)
    return;
  if (client->chunking)
    say_chunk (client, length, FALSE);

  guint before = client->engine.out->len;
  if (client->chunking)
    g_byte_array_append (client->engine.out, data, (guint) length);
  else
    proto_dot_encoder_write (&client->encoder, data, length, client->engine.out);
  tap_from (client, before);
}

void
proto_smtp_client_end (ProtoSmtpClient *client)
{
  guint before = client->engine.out->len;

  if (client->engine.done)
    return;
  g_return_if_fail (client->state == PROTO_SMTP_CLIENT_IN_BODY);
  client->state = PROTO_SMTP_CLIENT_IN_FINAL;
  if (client->refused_chunk)
    {
      if (client->chunks == 0)
        end_chunks (client);
      return;
    }
  client->in_doubt = TRUE;
  if (client->chunking)
    {
      say_chunk (client, 0, TRUE);
      proto_engine_set_timeout (&client->engine, client->timeout);
      return;
    }
  proto_dot_encoder_end (&client->encoder, client->engine.out);
  tap_from (client, before);
}
