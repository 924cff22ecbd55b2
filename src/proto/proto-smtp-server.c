/* SPDX-License-Identifier: MIT */
#include "proto-smtp-server-private.h"

#include <string.h>

/* An AUTH exchange may need this much (RFC 4954 section 4); shorter limits are kept by the verbs.
 */
#define MAX_COMMAND_LINE 12288

/* ---- saying ---- */

/* A client that can read more has not said so in a form that lasts (RFC 6531 section 3.7.4). */
static void
make_ascii (char *text)
{
  for (; *text != '\0'; text++)
    if ((guint8) *text >= 0x80)
      *text = '?';
}

void
proto_smtp_server_say_reply (ProtoSmtpServer *server, const ProtoReply *reply)
{
  g_autofree char *wire = proto_reply_format (reply, TRUE);
  g_auto (GStrv) lines = NULL;

  make_ascii (wire);
  lines = g_strsplit (wire, "\r\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    proto_engine_say (&server->engine, lines[i], NULL);
}

void
proto_smtp_server_say (ProtoSmtpServer *server, guint code, const char *enhanced, const char *text)
{
  g_autoptr (ProtoReply) reply = proto_reply_new (code, enhanced, text);

  proto_smtp_server_say_reply (server, reply);
}

void
proto_smtp_server_complain (ProtoSmtpServer *server,
                            guint code,
                            const char *enhanced,
                            const char *text)
{
  proto_smtp_server_say (server, code, enhanced, text);
  if (++server->errors < server->config.max_errors)
    return;
  proto_smtp_server_say (server, 421, "4.7.0", "Too many errors, closing");
  proto_smtp_server_close (server);
}

static void
say_greeting (ProtoSmtpServer *server)
{
  g_autofree char *text = g_strdup_printf ("%s ESMTP Postroom", server->host_name);

  server->greeting_said = TRUE;
  proto_smtp_server_say (server, 220, NULL, text);
}

/* ---- state ---- */

void
proto_smtp_server_emit (ProtoSmtpServer *server,
                        ProtoSmtpServerEventType type,
                        ProtoSmtpQuestion question)
{
  server->event.type = type;
  server->event_waits = TRUE;
  server->question = question;
}

void
proto_smtp_server_end_transaction (ProtoSmtpServer *server)
{
  server->has_mail = FALSE;
  server->accepted = 0;
  server->refused = 0;
  server->abort_told = FALSE;
  server->body = PROTO_SMTP_BODY_7BIT;
  server->utf8 = FALSE;
  server->chunked = FALSE;
  server->in_data = FALSE;
}

void
proto_smtp_server_abort (ProtoSmtpServer *server)
{
  if (server->has_mail && !server->abort_told)
    server->abort_waits = TRUE;
  proto_smtp_server_end_transaction (server);
}

void
proto_smtp_server_close (ProtoSmtpServer *server)
{
  proto_smtp_server_abort (server);
  server->question = PROTO_SMTP_QUESTION_NONE;
  server->event_waits = FALSE;
  server->engine.wants_tls = FALSE;
  server->engine.done = TRUE;
  base_line_buffer_clear (server->engine.in);
}

void
proto_smtp_server_note_early (ProtoSmtpServer *server, const char *verb)
{
  if (proto_engine_get_input_length (&server->engine) > 0)
    proto_engine_note (&server->engine, "The client sent more behind %s before it was answered",
                       verb);
}

/* ---- parsing ---- */

/* Of a line that is too long the buffer keeps nothing, and which reply it gets is in its verb. */
static void
remember_start (ProtoSmtpServer *server)
{
  gsize length = 0;
  const guint8 *data = base_line_buffer_peek (server->engine.in, &length);

  if (server->line_started || length < sizeof server->line_start)
    return;
  memcpy (server->line_start, data, sizeof server->line_start);
  server->line_started = TRUE;
}

static gboolean
starts_with (const ProtoSmtpServer *server, const char *verb)
{
  return g_ascii_strncasecmp (server->line_start, verb, sizeof server->line_start) == 0;
}

static void
pass_over_long_line (ProtoSmtpServer *server)
{
  proto_engine_note (&server->engine, "A line over %d octets was passed over", MAX_COMMAND_LINE);
  if (server->sasl != NULL)
    proto_smtp_server_auth_line (server, NULL, 0);
  else if (starts_with (server, "AUTH "))
    proto_smtp_server_complain (server, 500, "5.5.6", "The line is too long");
  else
    proto_smtp_server_complain (server, 500, "5.5.2", "The line is too long");
  /* What belongs to its chunk is not known. */
  if (starts_with (server, "BDAT "))
    proto_smtp_server_close (server);
}

/* Reads one line or one piece of a message; FALSE when more bytes are needed. */
static gboolean
step (ProtoSmtpServer *server)
{
  const char *line = NULL;
  gsize length = 0;

  if (server->in_data)
    return proto_smtp_server_read_data (server);
  if (server->in_chunk)
    return proto_smtp_server_read_chunk (server);

  remember_start (server);
  switch (base_line_buffer_take_line (server->engine.in, MAX_COMMAND_LINE, &line, &length))
    {
    case BASE_LINE_NONE:
      return FALSE;
    case BASE_LINE_TOO_LONG:
      server->line_started = FALSE;
      pass_over_long_line (server);
      return TRUE;
    case BASE_LINE_WHOLE:
      server->line_started = FALSE;
      break;
    }
  if (server->sasl != NULL)
    proto_smtp_server_auth_line (server, line, length);
  else
    proto_smtp_server_run_line (server, line, length);
  return TRUE;
}

/* What the last event lent is the caller's no more. */
static void
drop_borrowed (ProtoSmtpServer *server)
{
  server->event = (ProtoSmtpServerEvent){ 0 };
  g_clear_pointer (&server->path, proto_path_free);
  g_clear_pointer (&server->chunk, g_bytes_unref);
  g_clear_pointer (&server->text, g_free);
  g_clear_pointer (&server->credentials, proto_credentials_free);
}

/* ---- the engine's callbacks ---- */

static void
server_received (ProtoEngine *engine)
{
  ProtoSmtpServer *server = (ProtoSmtpServer *) engine;

  /* Whatever comes in clear behind STARTTLS was put there by somebody on the way (RFC 3207
   * section 6), or by a client that does not wait; neither may be taken for a part of TLS. */
  if (engine->wants_tls)
    {
      proto_engine_note (engine, "There was plaintext behind STARTTLS: closing");
      proto_smtp_server_close (server);
    }
}

static void
server_tls_started (ProtoEngine *engine)
{
  ProtoSmtpServer *server = (ProtoSmtpServer *) engine;

  if (!server->greeting_said)
    {
      say_greeting (server);
      return;
    }
  /* RFC 3207 section 4.2: nothing that was said in clear counts any more. */
  g_clear_pointer (&server->helo, g_free);
  g_clear_pointer (&server->user, g_free);
  server->extended = FALSE;
}

static void
server_timed_out (ProtoEngine *engine)
{
  ProtoSmtpServer *server = (ProtoSmtpServer *) engine;

  /* The silence is ours while a question is open. */
  if (server->question != PROTO_SMTP_QUESTION_NONE)
    {
      proto_engine_postpone (engine);
      return;
    }
  if (!engine->wants_tls && server->greeting_said)
    proto_smtp_server_say (server, 421, "4.4.2",
                           proto_engine_is_over (engine)
                               ? "The session has lasted too long, closing"
                               : "Nothing was heard for too long, closing");
  proto_smtp_server_close (server);
}

static void
server_free (ProtoEngine *engine)
{
  proto_smtp_server_free ((ProtoSmtpServer *) engine);
}

static const ProtoEngineClass server_class = {
  .received = server_received,
  .tls_started = server_tls_started,
  .timed_out = server_timed_out,
  .free = server_free,
};

/* ---- public ---- */

void
proto_smtp_server_config_init (ProtoSmtpServerConfig *config)
{
  *config = (ProtoSmtpServerConfig){
    .host_name = "localhost",
    .max_size = 50 * 1024 * 1024,
    .max_recipients = 1000,
    .max_errors = 20,
    .max_line = 1000,
    .command_timeout = 5 * 60 * G_USEC_PER_SEC,
    .data_timeout = 3 * 60 * G_USEC_PER_SEC,
  };
}

ProtoSmtpServer *
proto_smtp_server_new (const ProtoSmtpServerConfig *config, gboolean implicit_tls)
{
  ProtoSmtpServer *server = g_new0 (ProtoSmtpServer, 1);

  proto_engine_init (&server->engine, &server_class);
  server->config = *config;
  server->host_name = g_strdup (config->host_name);
  server->config.host_name = server->host_name;
  server->nonce = g_strdup (config->nonce);
  server->config.nonce = server->nonce;
  proto_engine_set_timeout (&server->engine, config->command_timeout);
  proto_engine_set_end (&server->engine, config->session_timeout);
  if (!implicit_tls)
    say_greeting (server);
  return server;
}

void
proto_smtp_server_free (ProtoSmtpServer *server)
{
  drop_borrowed (server);
  g_clear_pointer (&server->sasl, proto_sasl_server_free);
  g_clear_pointer (&server->chunk_refusal, proto_reply_free);
  g_free (server->host_name);
  g_free (server->nonce);
  g_free (server->helo);
  g_free (server->user);
  proto_engine_clear (&server->engine);
  g_free (server);
}

ProtoEngine *
proto_smtp_server_get_engine (ProtoSmtpServer *server)
{
  return &server->engine;
}

gboolean
proto_smtp_server_next (ProtoSmtpServer *server, ProtoSmtpServerEvent *event)
{
  for (;;)
    {
      if (server->abort_waits)
        {
          server->abort_waits = FALSE;
          *event = (ProtoSmtpServerEvent){ .type = PROTO_SMTP_SERVER_ABORT };
          return TRUE;
        }
      if (server->event_waits)
        {
          server->event_waits = FALSE;
          *event = server->event;
          return TRUE;
        }
      if (server->engine.done)
        break;
      if (server->question != PROTO_SMTP_QUESTION_NONE || server->engine.wants_tls)
        return FALSE;
      drop_borrowed (server);
      if (step (server))
        continue;
      if (!server->engine.eof)
        return FALSE;
      proto_smtp_server_close (server);
    }
  if (server->closed_told)
    return FALSE;
  server->closed_told = TRUE;
  *event = (ProtoSmtpServerEvent){ .type = PROTO_SMTP_SERVER_CLOSED };
  return TRUE;
}

/* What @reply means for the session; it has been said. */
static void
take_answer (ProtoSmtpServer *server, ProtoSmtpQuestion question, const ProtoReply *reply)
{
  gboolean positive = proto_reply_is_positive (reply);

  switch (question)
    {
    case PROTO_SMTP_QUESTION_KEYS:
      g_clear_pointer (&server->sasl, proto_sasl_server_free);
      break;
    case PROTO_SMTP_QUESTION_AUTH:
      if (positive)
        server->user = g_strdup (server->credentials->user);
      break;
    case PROTO_SMTP_QUESTION_MAIL:
      server->has_mail = positive;
      server->body = server->event.body;
      server->utf8 = server->event.utf8;
      break;
    case PROTO_SMTP_QUESTION_RCPT:
      if (positive)
        server->accepted++;
      else
        server->refused++;
      break;
    case PROTO_SMTP_QUESTION_DATA:
      if (reply->code == 354)
        proto_smtp_server_begin_data (server);
      break;
    case PROTO_SMTP_QUESTION_MESSAGE:
      proto_smtp_server_end_transaction (server);
      break;
    case PROTO_SMTP_QUESTION_VRFY:
    case PROTO_SMTP_QUESTION_NONE:
      break;
    }
}

void
proto_smtp_server_answer (ProtoSmtpServer *server, ProtoReply *reply)
{
  g_autoptr (ProtoReply) owned = reply;
  ProtoSmtpQuestion question = server->question;

  /* The session may have ended while the maker was busy. */
  if (question == PROTO_SMTP_QUESTION_NONE)
    return;

  /* RFC 2034 section 4: an enhanced code in every reply, of the reply's own class. */
  if (reply->code / 100 != 3
      && (reply->enhanced == NULL || (guint) (reply->enhanced[0] - '0') != reply->code / 100))
    {
      g_free (owned->enhanced);
      owned->enhanced = g_strdup_printf ("%u.0.0", reply->code / 100);
    }

  server->question = PROTO_SMTP_QUESTION_NONE;
  if (server->in_chunk && reply->code != 421)
    {
      proto_smtp_server_judge_chunks (server, g_steal_pointer (&owned));
      return;
    }
  proto_engine_set_timeout (&server->engine, server->config.command_timeout);
  if ((question == PROTO_SMTP_QUESTION_AUTH || question == PROTO_SMTP_QUESTION_KEYS)
      && proto_reply_is_permanent (reply))
    proto_smtp_server_complain (server, reply->code, reply->enhanced, reply->text);
  else
    proto_smtp_server_say_reply (server, reply);
  take_answer (server, question, reply);
  if (reply->code == 421)
    proto_smtp_server_close (server);
}

void
proto_smtp_server_give_keys (ProtoSmtpServer *server, const ProtoScramKeys *keys)
{
  if (server->question != PROTO_SMTP_QUESTION_KEYS)
    return;
  g_autofree char *challenge = proto_sasl_server_give_keys (server->sasl, keys);
  g_autofree char *line = g_strdup_printf ("334 %s", challenge);
  server->question = PROTO_SMTP_QUESTION_NONE;
  proto_engine_set_timeout (&server->engine, server->config.command_timeout);
  proto_engine_say (&server->engine, line, NULL);
}

void
proto_smtp_server_shut_down (ProtoSmtpServer *server, ProtoReply *reply)
{
  g_autoptr (ProtoReply) owned = reply;

  if (server->engine.done)
    return;
  if (server->greeting_said && !server->engine.wants_tls)
    proto_smtp_server_say_reply (server, owned);
  proto_smtp_server_close (server);
}

const char *
proto_smtp_server_get_helo (const ProtoSmtpServer *server)
{
  return server->helo;
}

gboolean
proto_smtp_server_is_extended (const ProtoSmtpServer *server)
{
  return server->extended;
}

const char *
proto_smtp_server_get_user (const ProtoSmtpServer *server)
{
  return server->user;
}

gboolean
proto_smtp_server_is_tls (const ProtoSmtpServer *server)
{
  return server->engine.tls;
}
