/* SPDX-License-Identifier: MIT */
#include "proto-smtp-server-private.h"

/* So many octets at a time, so that a large buffer becomes several chunks. */
#define MAX_CHUNK (64 * 1024)

void
proto_smtp_server_begin_data (ProtoSmtpServer *server)
{
  proto_smtp_server_note_early (server, "DATA");
  server->in_data = TRUE;
  server->octets = 0;
  server->noted_8bit = FALSE;
  server->decoder_ended = FALSE;
  proto_dot_decoder_init (&server->decoder);
  server->decoder.lenient = server->config.lenient_endings;
  proto_engine_set_timeout (&server->engine, server->config.data_timeout);
}

void
proto_smtp_server_note_8bit (ProtoSmtpServer *server, const guint8 *data, gsize length)
{
  guint8 all = 0;

  if (server->body != PROTO_SMTP_BODY_7BIT || server->utf8 || server->noted_8bit)
    return;
  for (gsize i = 0; i < length; i++)
    all |= data[i];
  if ((all & 0x80) == 0)
    return;
  server->noted_8bit = TRUE;
  proto_engine_note (&server->engine, "The message is not 7BIT, which its BODY says it is");
}

static gboolean
is_too_large (const ProtoSmtpServer *server)
{
  return server->config.max_size > 0 && server->octets > server->config.max_size;
}

static gboolean
has_long_line (const ProtoSmtpServer *server)
{
  return server->config.max_line > 0 && server->decoder.longest_line + 2 > server->config.max_line;
}

/* A message that breaks a rule is still read to its true end, since nothing in it may ever be taken
 * for a command; but the maker gets no more of it. */
static gboolean
is_bad (const ProtoSmtpServer *server)
{
  return server->decoder.bare_cr || (server->decoder.bare_lf && !server->decoder.lenient)
         || server->decoder.saw_nul || is_too_large (server) || has_long_line (server);
}

static void
refuse_message (ProtoSmtpServer *server)
{
  proto_smtp_server_abort (server);
  if (server->decoder.bare_lf && !server->decoder.lenient)
    proto_smtp_server_complain (server, 550, "5.6.11",
                                "The message has a bare LF; lines end in CRLF");
  else if (server->decoder.bare_cr)
    proto_smtp_server_complain (server, 550, "5.6.11",
                                "The message has a bare CR; lines end in CRLF");
  else if (is_too_large (server))
    proto_smtp_server_complain (server, 552, "5.3.4", "The message is larger than the limit");
  else if (server->decoder.saw_nul)
    proto_smtp_server_complain (server, 554, "5.6.0",
                                "The message has a NUL, which only a binary one may have");
  else
    proto_smtp_server_complain (server, 554, "5.6.0", "The message has a line that is too long");
}

static void
end_message (ProtoSmtpServer *server)
{
  server->in_data = FALSE;
  proto_engine_set_timeout (&server->engine, server->config.command_timeout);
  if (server->decoder.false_end)
    proto_engine_note (&server->engine,
                       "A false end of the message was taken, as lenient endings are on: what "
                       "follows is run as commands");
  else if (server->decoder.lenient && server->decoder.bare_lf)
    proto_engine_note (&server->engine,
                       "A bare LF was taken for a CRLF, as lenient endings are on");
  if (is_bad (server))
    refuse_message (server);
  else
    proto_smtp_server_emit (server, PROTO_SMTP_SERVER_MESSAGE, PROTO_SMTP_QUESTION_MESSAGE);
}

gboolean
proto_smtp_server_read_data (ProtoSmtpServer *server)
{
  g_autoptr (GByteArray) text = NULL;
  gboolean ended = server->decoder_ended;
  gsize length = 0, used;
  const guint8 *data;

  if (ended)
    {
      server->decoder_ended = FALSE;
      end_message (server);
      return TRUE;
    }
  data = base_line_buffer_peek (server->engine.in, &length);
  if (length == 0)
    return FALSE;

  text = g_byte_array_sized_new ((guint) MIN (length, MAX_CHUNK));
  used = proto_dot_decoder_read (&server->decoder, data, MIN (length, MAX_CHUNK), text, &ended);
  proto_engine_tap_body (&server->engine, PROTO_TAP_RECEIVED, data, used);
  base_line_buffer_skip (server->engine.in, used);
  server->octets += text->len;
  server->decoder_ended = ended;

  if (is_bad (server))
    {
      server->abort_waits |= !server->abort_told;
      server->abort_told = TRUE;
    }
  else if (text->len > 0)
    {
      proto_smtp_server_note_8bit (server, text->data, text->len);
      server->chunk = g_byte_array_free_to_bytes (g_steal_pointer (&text));
      server->event.chunk = server->chunk;
      proto_smtp_server_emit (server, PROTO_SMTP_SERVER_CHUNK, PROTO_SMTP_QUESTION_NONE);
    }
  return TRUE;
}
