/* SPDX-License-Identifier: MIT */
#include "proto-pop3-server-private.h"

#include <string.h>

/* Only AUTH may be as long as this (RFC 5034 section 4); the verbs keep their own limit. */
#define MAX_COMMAND_LINE 12288
#define BODY_LOW         (64 * 1024)

/* ---- saying ---- */

static char *
one_line (const char *text)
{
  char *line = g_strdup (text);

  for (char *at = line; *at != '\0'; at++)
    if ((guchar) *at < 0x20 || *at == 0x7f)
      *at = ' ';
  /* RFC 2449 section 4: a reply is 512 octets at most. */
  if (strlen (line) > 400)
    line[400] = '\0';
  return line;
}

void
proto_pop3_server_ok (ProtoPop3Server *server, const char *text)
{
  g_autofree char *line = g_strconcat ("+OK ", text, NULL);

  proto_engine_say (&server->engine, line, NULL);
}

static void
say_err (ProtoPop3Server *server, const char *code, const char *text)
{
  g_autofree char *clean = one_line (text);
  g_autofree char *line = code != NULL ? g_strdup_printf ("-ERR [%s] %s", code, clean)
                                       : g_strconcat ("-ERR ", clean, NULL);

  proto_engine_say (&server->engine, line, NULL);
}

void
proto_pop3_server_err (ProtoPop3Server *server, const char *code, const char *text)
{
  say_err (server, code, text);
  if (++server->errors >= server->config.max_errors && !server->engine.done)
    {
      proto_engine_note (&server->engine, "Too many errors: closing");
      proto_pop3_server_close (server);
    }
}

static void
say_greeting (ProtoPop3Server *server)
{
  g_autofree char *text = g_strdup_printf ("%s POP3 Postroom%s%s", server->host_name,
                                           server->timestamp != NULL ? " " : "",
                                           server->timestamp != NULL ? server->timestamp : "");

  server->greeting_said = TRUE;
  proto_pop3_server_ok (server, text);
}

/* ---- state ---- */

void
proto_pop3_server_emit (ProtoPop3Server *server,
                        ProtoPop3ServerEventType type,
                        ProtoPop3Question question)
{
  server->event = (ProtoPop3ServerEvent){ .type = type };
  server->event_waits = TRUE;
  server->question = question;
}

void
proto_pop3_server_close (ProtoPop3Server *server)
{
  server->question = PROTO_POP3_QUESTION_NONE;
  server->listing = PROTO_POP3_LISTING_NONE;
  server->event_waits = FALSE;
  server->engine.wants_tls = FALSE;
  server->engine.done = TRUE;
  base_line_buffer_clear (server->engine.in);
}

/* Reads one line; FALSE when more bytes are needed. */
static gboolean
step (ProtoPop3Server *server)
{
  const char *line = NULL;
  gsize length = 0;

  if (server->listing != PROTO_POP3_LISTING_NONE)
    {
      if (proto_engine_get_output_length (&server->engine) >= BODY_LOW)
        return FALSE;
      proto_pop3_server_list_more (server);
      return TRUE;
    }
  switch (base_line_buffer_take_line (server->engine.in, MAX_COMMAND_LINE, &line, &length))
    {
    case BASE_LINE_NONE:
      return FALSE;
    case BASE_LINE_TOO_LONG:
      proto_engine_note (&server->engine, "A line over %d octets was passed over",
                         MAX_COMMAND_LINE);
      if (server->sasl != NULL)
        proto_pop3_server_auth_line (server, NULL, 0);
      else
        proto_pop3_server_err (server, NULL, "The line is too long");
      return TRUE;
    case BASE_LINE_WHOLE:
      break;
    }
  if (server->sasl != NULL)
    proto_pop3_server_auth_line (server, line, length);
  else
    proto_pop3_server_run_line (server, line, length);
  return TRUE;
}

/* ---- the engine's callbacks ---- */

static void
server_received (ProtoEngine *engine)
{
  if (engine->wants_tls && !engine->eof)
    {
      proto_engine_note (engine, "There was plaintext behind STLS: closing");
      proto_pop3_server_close ((ProtoPop3Server *) engine);
    }
}

static void
server_tls_started (ProtoEngine *engine)
{
  ProtoPop3Server *server = (ProtoPop3Server *) engine;

  if (!server->greeting_said)
    say_greeting (server);
  g_clear_pointer (&server->user, g_free);
}

/* RFC 1939 section 3: the autologout closes without UPDATE, and without a word. */
static void
server_timed_out (ProtoEngine *engine)
{
  ProtoPop3Server *server = (ProtoPop3Server *) engine;

  if (server->question != PROTO_POP3_QUESTION_NONE
      && server->question != PROTO_POP3_QUESTION_SENDING)
    {
      proto_engine_postpone (engine);
      return;
    }
  proto_engine_note (engine, proto_engine_is_over (engine)
                                 ? "The session has lasted too long: closing"
                                 : "Nothing was heard for too long: closing");
  proto_pop3_server_close (server);
}

static void
server_free (ProtoEngine *engine)
{
  proto_pop3_server_free ((ProtoPop3Server *) engine);
}

static const ProtoEngineClass server_class = {
  .received = server_received,
  .tls_started = server_tls_started,
  .timed_out = server_timed_out,
  .free = server_free,
};

/* ---- public ---- */

void
proto_pop3_server_config_init (ProtoPop3ServerConfig *config)
{
  *config = (ProtoPop3ServerConfig){
    .host_name = "localhost",
    .mechanisms = PROTO_SASL_PLAIN | PROTO_SASL_LOGIN,
    .login_delay = -1,
    .expire = PROTO_POP3_EXPIRE_NEVER,
    .max_errors = 20,
    .timeout = 10 * 60 * G_USEC_PER_SEC,
  };
}

ProtoPop3Server *
proto_pop3_server_new (const ProtoPop3ServerConfig *config, gboolean implicit_tls)
{
  ProtoPop3Server *server = g_new0 (ProtoPop3Server, 1);

  proto_engine_init (&server->engine, &server_class);
  server->config = *config;
  server->host_name = g_strdup (config->host_name);
  server->config.host_name = server->host_name;
  server->nonce = g_strdup (config->nonce);
  if (config->offer_apop)
    server->timestamp = proto_sasl_make_challenge (server->nonce, server->host_name);
  server->entries = g_array_new (FALSE, TRUE, sizeof (ProtoPop3Entry));
  server->deleted = g_array_new (FALSE, FALSE, sizeof (guint));
  proto_engine_set_timeout (&server->engine, config->timeout);
  proto_engine_set_end (&server->engine, config->session_timeout);
  if (!implicit_tls)
    say_greeting (server);
  return server;
}

void
proto_pop3_server_free (ProtoPop3Server *server)
{
  g_clear_pointer (&server->sasl, proto_sasl_server_free);
  g_clear_pointer (&server->credentials, proto_credentials_free);
  g_array_unref (server->entries);
  g_free (server->mark);
  g_array_unref (server->deleted);
  g_free (server->host_name);
  g_free (server->nonce);
  g_free (server->timestamp);
  g_free (server->user);
  g_free (server->text);
  proto_engine_clear (&server->engine);
  g_free (server);
}

ProtoEngine *
proto_pop3_server_get_engine (ProtoPop3Server *server)
{
  return &server->engine;
}

static gboolean
wants_body (ProtoPop3Server *server)
{
  return server->question == PROTO_POP3_QUESTION_SENDING && !server->engine.done
         && proto_engine_get_output_length (&server->engine) < BODY_LOW;
}

gboolean
proto_pop3_server_next (ProtoPop3Server *server, ProtoPop3ServerEvent *event)
{
  for (;;)
    {
      if (server->event_waits)
        {
          server->event_waits = FALSE;
          *event = server->event;
          return TRUE;
        }
      if (server->engine.done)
        break;
      if (server->engine.eof
          && (server->question == PROTO_POP3_QUESTION_SENDING || server->engine.wants_tls))
        {
          proto_pop3_server_close (server);
          break;
        }
      if (wants_body (server))
        {
          *event = (ProtoPop3ServerEvent){ .type = PROTO_POP3_SERVER_WANT_BODY };
          return TRUE;
        }
      if (server->question != PROTO_POP3_QUESTION_NONE || server->engine.wants_tls)
        return FALSE;
      if (step (server))
        continue;
      if (!server->engine.eof || server->listing != PROTO_POP3_LISTING_NONE)
        return FALSE;
      proto_pop3_server_close (server);
    }
  if (server->closed_told)
    return FALSE;
  server->closed_told = TRUE;
  *event = (ProtoPop3ServerEvent){ .type = PROTO_POP3_SERVER_CLOSED };
  return TRUE;
}

static gboolean
take_question (ProtoPop3Server *server, ProtoPop3Question question)
{
  /* The session may have ended while the maker was busy. */
  if (server->question != question)
    return FALSE;
  server->question = PROTO_POP3_QUESTION_NONE;
  g_clear_pointer (&server->credentials, proto_credentials_free);
  proto_engine_set_timeout (&server->engine, server->config.timeout);
  return TRUE;
}

void
proto_pop3_server_give_keys (ProtoPop3Server *server, const ProtoScramKeys *keys)
{
  if (!take_question (server, PROTO_POP3_QUESTION_KEYS))
    return;
  g_autofree char *challenge = proto_sasl_server_give_keys (server->sasl, keys);
  g_autofree char *line = g_strconcat ("+ ", challenge, NULL);
  proto_engine_say (&server->engine, line, NULL);
}

void
proto_pop3_server_accept (ProtoPop3Server *server, GArray *entries, const char *mark)
{
  g_autoptr (GArray) owned = entries;

  if (!take_question (server, PROTO_POP3_QUESTION_LOGIN))
    return;
  server->mark = g_strdup (mark);
  g_array_unref (server->entries);
  server->entries = g_steal_pointer (&owned);
  proto_pop3_server_forget_deletions (server);
  server->in_transaction = TRUE;
  server->auth_tried = FALSE;
  g_autofree char *text = g_strdup_printf ("%u messages (%" G_GUINT64_FORMAT " octets)",
                                           server->count, server->octets);
  proto_pop3_server_ok (server, text);
}

void
proto_pop3_server_refuse (ProtoPop3Server *server, const char *code, const char *text)
{
  ProtoPop3Question question = server->question;

  if (question == PROTO_POP3_QUESTION_NONE || question == PROTO_POP3_QUESTION_SENDING
      || !take_question (server, question))
    return;
  g_clear_pointer (&server->sasl, proto_sasl_server_free);
  if (question == PROTO_POP3_QUESTION_UPDATE)
    {
      say_err (server, code, text);
      proto_pop3_server_close (server);
    }
  else
    proto_pop3_server_err (server, code, text);
}

void
proto_pop3_server_send_begin (ProtoPop3Server *server)
{
  if (!take_question (server, PROTO_POP3_QUESTION_LETTER))
    return;
  server->question = PROTO_POP3_QUESTION_SENDING;
  server->in_body = FALSE;
  server->line_empty = TRUE;
  server->after_cr = FALSE;
  proto_dot_encoder_init (&server->encoder);
  g_autofree char *text = server->is_top
                              ? g_strdup ("The top of the message follows")
                              : g_strdup_printf ("%" G_GUINT64_FORMAT " octets", server->size);
  proto_pop3_server_ok (server, text);
}

/* How many octets of @data belong to TOP's lines; *@whole is FALSE when they end here. */
static gsize
measure_top (ProtoPop3Server *server, const guint8 *data, gsize length, gboolean *whole)
{
  *whole = FALSE;
  if (server->in_body && server->top_lines == 0)
    return 0;
  for (gsize i = 0; i < length; i++)
    {
      if (data[i] != '\n')
        {
          if (data[i] != '\r')
            server->line_empty = FALSE;
          continue;
        }
      if (server->in_body)
        server->top_lines--;
      else
        server->in_body = server->line_empty;
      server->line_empty = TRUE;
      if (server->in_body && server->top_lines == 0)
        return i + 1;
    }
  *whole = TRUE;
  return length;
}

gboolean
proto_pop3_server_send (ProtoPop3Server *server, const guint8 *data, gsize length)
{
  gboolean more = TRUE;

  if (server->question != PROTO_POP3_QUESTION_SENDING)
    return FALSE;
  if (server->is_top)
    length = measure_top (server, data, length, &more);

  guint before = server->engine.out->len;
  proto_dot_encoder_write (&server->encoder, data, length, server->engine.out);
  proto_engine_tap_body (&server->engine, PROTO_TAP_SENT, server->engine.out->data + before,
                         server->engine.out->len - before);
  proto_engine_set_timeout (&server->engine, server->config.timeout);
  return more;
}

void
proto_pop3_server_send_end (ProtoPop3Server *server)
{
  if (!take_question (server, PROTO_POP3_QUESTION_SENDING))
    return;
  proto_dot_encoder_end (&server->encoder, server->engine.out);
  if (server->engine.tap != NULL)
    server->engine.tap (PROTO_TAP_SENT, PROTO_TAP_LINE, ".", 1, server->engine.tap_data);
}

void
proto_pop3_server_send_abort (ProtoPop3Server *server)
{
  if (!take_question (server, PROTO_POP3_QUESTION_SENDING))
    return;
  proto_engine_note (&server->engine, "The message could not be read to its end: closing");
  proto_pop3_server_close (server);
}

void
proto_pop3_server_accept_update (ProtoPop3Server *server)
{
  if (!take_question (server, PROTO_POP3_QUESTION_UPDATE))
    return;
  proto_pop3_server_ok (server, "Goodbye");
  proto_pop3_server_close (server);
}

void
proto_pop3_server_shut_down (ProtoPop3Server *server, const char *text)
{
  if (server->engine.done)
    return;
  if (server->greeting_said && !server->engine.wants_tls
      && server->question != PROTO_POP3_QUESTION_SENDING
      && server->listing == PROTO_POP3_LISTING_NONE)
    say_err (server, "SYS/TEMP", text);
  proto_pop3_server_close (server);
}

void
proto_pop3_server_interject (ProtoPop3Server *server, const char *text)
{
  say_err (server, NULL, text);
}

void
proto_pop3_server_turn_away (ProtoPop3Server *server, const char *text)
{
  g_autoptr (GBytes) greeting = proto_engine_take_output (&server->engine);

  if (server->greeting_said)
    say_err (server, NULL, text);
  proto_pop3_server_close (server);
}

const char *
proto_pop3_server_get_timestamp (const ProtoPop3Server *server)
{
  return server->timestamp;
}

gboolean
proto_pop3_server_is_utf8 (const ProtoPop3Server *server)
{
  return server->utf8;
}

gboolean
proto_pop3_server_is_tls (const ProtoPop3Server *server)
{
  return server->engine.tls;
}
