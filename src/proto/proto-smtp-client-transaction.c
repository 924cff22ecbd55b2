/* SPDX-License-Identifier: MIT */
#include "proto-smtp-client-private.h"

#include "proto-path.h"

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
}

/* Tells SENT; takes @reply. */
static void
finish (ProtoSmtpClient *client, ProtoReply *reply)
{
  proto_smtp_client_clear_transaction (client);
  client->state = PROTO_SMTP_CLIENT_IDLE;
  proto_engine_set_timeout (&client->engine, 0);
  proto_smtp_client_emit (client, PROTO_SMTP_CLIENT_SENT, 0, reply, NULL);
}

/* Undoes with @line what the server began; then SENT tells the outcome that was kept. */
static void
undo (ProtoSmtpClient *client, const char *line)
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
    {
      client->state = PROTO_SMTP_CLIENT_IN_BODY;
      proto_dot_encoder_init (&client->encoder);
    }
  else if (go_ahead)
    /* RFC 2920 section 3.1: the server wants a message for nobody; it gets an empty one. */
    undo (client, ".");
  else if (client->has_mail)
    undo (client, "RSET");
  else
    finish (client, g_steal_pointer (&client->outcome));
}

/* Without PIPELINING: the next line, or the end where it is clear already. */
static void
say_next (ProtoSmtpClient *client)
{
  if (!client->has_mail)
    finish (client, g_steal_pointer (&client->outcome));
  else if (client->answered > client->rcpts->len && client->accepted == 0)
    undo (client, "RSET");
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
  if (!client->pipelined)
    say_next (client);
}

/* ---- the end ---- */

void
proto_smtp_client_take_final_reply (ProtoSmtpClient *client, ProtoReply *reply)
{
  client->in_doubt = FALSE;
  finish (client, reply);
}

void
proto_smtp_client_take_undoing_reply (ProtoSmtpClient *client, ProtoReply *reply)
{
  proto_reply_free (reply);
  finish (client, g_steal_pointer (&client->outcome));
}

/* ---- public ---- */

static char *
make_mail_line (ProtoSmtpClient *client,
                const char *reverse_path,
                guint64 size,
                gboolean eight_bit,
                GError **error)
{
  g_autoptr (ProtoPath) path = *reverse_path == '\0'
                                   ? proto_path_new ("", "")
                                   : proto_path_from_address (reverse_path, error);

  if (path == NULL)
    return NULL;
  g_autofree char *address = proto_path_to_address (path);
  GString *line = g_string_new (NULL);
  g_string_append_printf (line, "MAIL FROM:<%s>", address);
  if (size > 0 && proto_smtp_client_get_capability (client, "SIZE") != NULL)
    g_string_append_printf (line, " SIZE=%" G_GUINT64_FORMAT, size);
  if (eight_bit && proto_smtp_client_get_capability (client, "8BITMIME") != NULL)
    g_string_append (line, " BODY=8BITMIME");
  return g_string_free (line, FALSE);
}

static gboolean
add_recipients (ProtoSmtpClient *client, const char *const *recipients, GError **error)
{
  if (recipients[0] == NULL)
    {
      g_set_error (error, PROTO_ERROR, PROTO_ERROR_SYNTAX, "The message has no recipient");
      return FALSE;
    }
  for (; *recipients != NULL; recipients++)
    {
      g_autoptr (ProtoPath) path = proto_path_from_address (*recipients, error);

      if (path == NULL)
        return FALSE;
      g_autofree char *address = proto_path_to_address (path);
      g_ptr_array_add (client->rcpts, g_strdup_printf ("RCPT TO:<%s>", address));
    }
  return TRUE;
}

/* RFC 1870 section 6: what is larger than the server's limit need not be tried. */
static gboolean
is_too_large (const ProtoSmtpClient *client, guint64 size)
{
  const char *limit = proto_smtp_client_get_capability (client, "SIZE");
  guint64 octets = limit != NULL ? g_ascii_strtoull (limit, NULL, 10) : 0;

  return octets > 0 && size > octets;
}

gboolean
proto_smtp_client_send (ProtoSmtpClient *client,
                        const char *reverse_path,
                        const char *const *recipients,
                        guint64 size,
                        gboolean eight_bit,
                        GError **error)
{
  g_return_val_if_fail (client->state == PROTO_SMTP_CLIENT_IDLE || client->engine.done, FALSE);

  if (client->engine.done)
    {
      g_set_error (error, PROTO_ERROR, PROTO_ERROR_CLOSED, "The session is over");
      return FALSE;
    }
  client->mail = make_mail_line (client, reverse_path, size, eight_bit, error);
  if (client->mail == NULL || !add_recipients (client, recipients, error))
    {
      proto_smtp_client_clear_transaction (client);
      return FALSE;
    }
  if (is_too_large (client, size))
    {
      finish (client, proto_reply_new_printf (552, "5.3.4",
                                              "The server takes messages up to %s octets only",
                                              proto_smtp_client_get_capability (client, "SIZE")));
      return TRUE;
    }

  client->state = PROTO_SMTP_CLIENT_IN_ENVELOPE;
  client->pipelined = proto_smtp_client_get_capability (client, "PIPELINING") != NULL;
  proto_engine_set_timeout (&client->engine, client->timeout);
  for (guint i = 0; i < (client->pipelined ? client->rcpts->len + 2 : 1); i++)
    proto_engine_say (&client->engine, get_line (client, i), NULL);
  return TRUE;
}

/* Taps what was appended to the output since @before. */
static void
tap_from (ProtoSmtpClient *client, guint before)
{
  proto_engine_tap_body (&client->engine, PROTO_TAP_SENT, client->engine.out->data + before,
                         client->engine.out->len - before);
  /* A slow wire is not a silent server. */
  proto_engine_set_timeout (&client->engine, client->timeout);
}

void
proto_smtp_client_write (ProtoSmtpClient *client, const guint8 *data, gsize length)
{
  guint before = client->engine.out->len;

  if (client->engine.done)
    return;
  g_return_if_fail (client->state == PROTO_SMTP_CLIENT_IN_BODY);
  if (length == 0)
    return;
  proto_dot_encoder_write (&client->encoder, data, length, client->engine.out);
  client->body_asked = FALSE;
  tap_from (client, before);
}

void
proto_smtp_client_end (ProtoSmtpClient *client)
{
  guint before = client->engine.out->len;

  if (client->engine.done)
    return;
  g_return_if_fail (client->state == PROTO_SMTP_CLIENT_IN_BODY);
  proto_dot_encoder_end (&client->encoder, client->engine.out);
  client->state = PROTO_SMTP_CLIENT_IN_FINAL;
  client->in_doubt = TRUE;
  tap_from (client, before);
}
