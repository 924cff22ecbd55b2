/* SPDX-License-Identifier: MIT */
#include "proto-smtp-server-private.h"

#include <string.h>

/* CHUNKING (RFC 3030): "BDAT 1000" and so many octets, whatever they are. Those of a BDAT that is
 * refused are counted off all the same, since they may look like commands. */

/* As many as always fit into 64 bits. */
#define MAX_DIGITS 19

/* So many octets at a time, so that a large chunk never is in memory as a whole. */
#define MAX_PIECE (64 * 1024)

static ProtoReply *
refuse (guint code, const char *enhanced, const char *text)
{
  return proto_reply_new (code, enhanced, text);
}

/* Why the chunk cannot be taken, or NULL; @marker is what stands behind its size. */
static ProtoReply *
find_refusal (const ProtoSmtpServer *server, guint64 octets, const char *marker)
{
  guint64 before = server->chunked ? server->octets : 0, limit = server->config.max_size;

  if (!server->config.offer_chunking)
    return refuse (502, "5.5.1", "BDAT is not offered here");
  if (*marker != '\0' && !server->chunk_last)
    return refuse (501, "5.5.4", "Only LAST may stand behind the size of a chunk");
  if (!server->has_mail)
    return refuse (503, "5.5.1", "Send MAIL first");
  if (server->accepted == 0 && server->refused > 0)
    return refuse (554, "5.5.1", "There is no valid recipient");
  if (server->accepted == 0)
    return refuse (503, "5.5.1", "Send RCPT first");
  if (limit > 0 && (octets > limit || before > limit - octets))
    return refuse (552, "5.3.4", "The message is larger than the limit");
  return NULL;
}

/* What belongs to a chunk of unknown size may not be taken for commands: there is no way on. */
static void
give_up (ProtoSmtpServer *server)
{
  proto_smtp_server_complain (server, 501, "5.5.4",
                              "The size of the chunk cannot be read, closing");
  proto_smtp_server_close (server);
}

void
proto_smtp_server_bdat (ProtoSmtpServer *server, const char *arguments)
{
  gsize digits = arguments != NULL ? strspn (arguments, "0123456789") : 0;
  const char *marker;

  if (arguments == NULL)
    {
      proto_smtp_server_close (server);
      return;
    }
  if (digits == 0 || digits > MAX_DIGITS || strchr (" ", arguments[digits]) == NULL)
    {
      give_up (server);
      return;
    }
  marker = arguments + digits;
  server->in_chunk = TRUE;
  server->chunk_size = g_ascii_strtoull (arguments, NULL, 10);
  server->chunk_left = server->chunk_size;
  server->chunk_last = g_ascii_strcasecmp (marker, " LAST") == 0;
  server->chunk_refusal = find_refusal (server, server->chunk_size, marker);
  proto_engine_set_timeout (&server->engine, server->config.data_timeout);
  if (server->chunk_refusal != NULL)
    /* A letter with a hole in it must not come together from the chunks that follow. */
    proto_smtp_server_abort (server);
  else if (!server->chunked)
    {
      server->event.chunked = TRUE;
      proto_smtp_server_emit (server, PROTO_SMTP_SERVER_DATA, PROTO_SMTP_QUESTION_DATA);
    }
}

void
proto_smtp_server_judge_chunks (ProtoSmtpServer *server, ProtoReply *reply)
{
  proto_engine_set_timeout (&server->engine, server->config.data_timeout);
  if (reply->code == 354)
    {
      server->chunked = TRUE;
      server->octets = 0;
      server->noted_8bit = FALSE;
      proto_reply_free (reply);
      return;
    }
  server->chunk_refusal = reply;
  proto_smtp_server_abort (server);
}

static void
say_refusal (ProtoSmtpServer *server)
{
  g_autoptr (ProtoReply) refusal = g_steal_pointer (&server->chunk_refusal);

  if (server->chunk_failed || !proto_reply_is_permanent (refusal))
    proto_smtp_server_say_reply (server, refusal);
  else
    proto_smtp_server_complain (server, refusal->code, refusal->enhanced, refusal->text);
  server->chunk_failed = TRUE;
}

static void
end_chunk (ProtoSmtpServer *server)
{
  server->in_chunk = FALSE;
  proto_engine_set_timeout (&server->engine, server->config.command_timeout);
  if (server->chunk_refusal != NULL)
    say_refusal (server);
  else if (server->chunk_last)
    proto_smtp_server_emit (server, PROTO_SMTP_SERVER_MESSAGE, PROTO_SMTP_QUESTION_MESSAGE);
  else
    {
      g_autofree char *text
          = g_strdup_printf ("%" G_GUINT64_FORMAT " octets received", server->chunk_size);
      proto_smtp_server_say (server, 250, "2.0.0", text);
    }
}

gboolean
proto_smtp_server_read_chunk (ProtoSmtpServer *server)
{
  gsize length = 0;
  const guint8 *data;

  if (server->chunk_left == 0)
    {
      end_chunk (server);
      return TRUE;
    }
  data = base_line_buffer_peek (server->engine.in, &length);
  if (length == 0)
    return FALSE;

  length = (gsize) MIN (MIN (length, MAX_PIECE), server->chunk_left);
  proto_engine_tap_body (&server->engine, PROTO_TAP_RECEIVED, data, length);
  if (server->chunk_refusal == NULL)
    {
      proto_smtp_server_note_8bit (server, data, length);
      server->octets += length;
      server->chunk = g_bytes_new (data, length);
      server->event.chunk = server->chunk;
      proto_smtp_server_emit (server, PROTO_SMTP_SERVER_CHUNK, PROTO_SMTP_QUESTION_NONE);
    }
  base_line_buffer_skip (server->engine.in, length);
  server->chunk_left -= length;
  return TRUE;
}
