/* SPDX-License-Identifier: MIT */
#include "proto-smtp-client-private.h"

#include <base-secret.h>

#include <string.h>

/* RFC 5321 section 4.5.3.1.5 says 512; servers with much to say exceed it. */
#define MAX_REPLY_LINE 4096
/* RFC 4954 section 4: an initial response must fit into a command line. */
#define MAX_INITIAL 480
#define LOW_WATER   (64 * 1024)

typedef struct
{
  ProtoSmtpClientEvent event;
  ProtoReply *reply;
  GError *error;
} Happening;

/* ---- events ---- */

static void
happening_free (gpointer data)
{
  Happening *happening = data;

  proto_reply_free (happening->reply);
  g_clear_error (&happening->error);
  g_free (happening);
}

void
proto_smtp_client_emit (ProtoSmtpClient *client,
                        ProtoSmtpClientEventType type,
                        guint index,
                        ProtoReply *reply,
                        GError *error)
{
  Happening *happening = g_new0 (Happening, 1);

  happening->reply = reply;
  happening->error = error;
  happening->event = (ProtoSmtpClientEvent){
    .type = type,
    .index = index,
    .reply = reply,
    .error = error,
  };
  g_queue_push_tail (&client->events, happening);
}

void
proto_smtp_client_fail (ProtoSmtpClient *client,
                        ProtoError code,
                        ProtoReply *reply,
                        const char *text)
{
  g_autofree char *said = reply != NULL ? proto_reply_to_string (reply) : NULL;
  GError *error = said != NULL ? g_error_new (PROTO_ERROR, (gint) code, "%s: %s", text, said)
                               : g_error_new_literal (PROTO_ERROR, (gint) code, text);

  if (client->engine.done)
    {
      proto_reply_free (reply);
      g_error_free (error);
      return;
    }
  client->engine.wants_tls = FALSE;
  client->engine.done = TRUE;
  base_line_buffer_clear (client->engine.in);
  proto_smtp_client_emit (client, PROTO_SMTP_CLIENT_FAILED, 0, reply, error);
}

/* As proto_smtp_client_fail(), between commands, where a QUIT is polite (RFC 5321 section 3.8). */
static void
part (ProtoSmtpClient *client, ProtoError code, ProtoReply *reply, const char *text)
{
  proto_engine_say (&client->engine, "QUIT", NULL);
  proto_smtp_client_fail (client, code, reply, text);
}

static void
become_ready (ProtoSmtpClient *client)
{
  client->state = PROTO_SMTP_CLIENT_IDLE;
  /* From here on the silence is the maker's. */
  proto_engine_set_timeout (&client->engine, 0);
  proto_smtp_client_emit (client, PROTO_SMTP_CLIENT_READY, 0, NULL, NULL);
}

/* ---- AUTH ---- */

static ProtoSaslMechanisms
read_mechanisms (const ProtoSmtpClient *client)
{
  const char *offered = proto_smtp_client_get_capability (client, "AUTH");
  g_auto (GStrv) names = g_strsplit (offered != NULL ? offered : "", " ", -1);
  ProtoSaslMechanisms mechanisms = 0;

  for (guint i = 0; names[i] != NULL; i++)
    mechanisms |= proto_sasl_from_name (names[i]);
  return mechanisms;
}

static void
wipe_free (char *text)
{
  base_secret_wipe (text, strlen (text));
  g_free (text);
}

static void
start_auth (ProtoSmtpClient *client)
{
  ProtoSaslMechanisms offered = read_mechanisms (client);
  ProtoSaslMechanisms usable
      = client->engine.tls || client->auth_in_clear ? offered : offered & PROTO_SASL_HIDING;
  ProtoSaslMechanisms mechanism
      = proto_sasl_client_choose (usable, client->credentials, client->engine.bindings);

  if (mechanism == 0)
    {
      part (client, PROTO_ERROR_UNSUPPORTED, NULL,
            usable != offered ? "The connection is not encrypted, so the password was not sent"
            : client->credentials->is_token
                ? "The server takes no sign-in with a browser (OAUTHBEARER or XOAUTH2)"
                : "The server offers no way to authenticate that is known here");
      return;
    }

  client->state = PROTO_SMTP_CLIENT_IN_AUTH;
  client->sasl = proto_sasl_client_new (mechanism, client->credentials, client->engine.bindings);
  g_autofree char *shown = g_strdup_printf ("AUTH %s", proto_sasl_get_name (mechanism));
  char *initial = proto_sasl_client_initial (client->sasl);
  if (initial == NULL || strlen (initial) > MAX_INITIAL)
    proto_engine_say (&client->engine, shown, NULL);
  else
    {
      g_autofree char *hidden = g_strconcat (shown, " [secret]", NULL);
      char *line = g_strdup_printf ("%s %s", shown, initial);

      proto_engine_say (&client->engine, line, hidden);
      wipe_free (line);
    }
  if (initial != NULL)
    wipe_free (initial);
}

/* Takes @reply. */
static void
take_auth_refusal (ProtoSmtpClient *client, ProtoReply *reply)
{
  const char *refusal = proto_sasl_client_get_refusal (client->sasl);

  if (!client->credentials->is_token)
    part (client, PROTO_ERROR_AUTH, reply, "The server refused the user name or the password");
  else
    part (client, PROTO_ERROR_TOKEN, reply,
          refusal != NULL ? refusal : "The server refused the sign-in");
}

static void
take_auth_reply (ProtoSmtpClient *client, ProtoReply *reply)
{
  g_autoptr (ProtoReply) owned = reply;
  char *response = NULL;
  ProtoWork *work
      = reply->code == 334 ? proto_sasl_client_prepare (client->sasl, reply->text) : NULL;

  if (work != NULL)
    {
      client->challenge = g_steal_pointer (&owned);
      proto_engine_begin_work (&client->engine, work);
    }
  else if (proto_reply_is_positive (reply) && !proto_sasl_client_is_complete (client->sasl))
    part (client, PROTO_ERROR_AUTH, g_steal_pointer (&owned),
          "The server did not prove that it knows the password");
  else if (proto_reply_is_positive (reply))
    become_ready (client);
  else if (proto_reply_is_permanent (reply))
    take_auth_refusal (client, g_steal_pointer (&owned));
  else if (reply->code != 334)
    part (client, PROTO_ERROR_REFUSED, g_steal_pointer (&owned),
          "The server cannot check the password now");
  else if (proto_sasl_client_step (client->sasl, reply->text, &response) != PROTO_SASL_CONTINUE)
    part (client, PROTO_ERROR_SYNTAX, g_steal_pointer (&owned),
          "The server asked something in AUTH that makes no sense");
  else
    {
      proto_engine_say (&client->engine, response, "[secret]");
      wipe_free (response);
    }
}

/* ---- greeting to READY ---- */

static void
say_ehlo (ProtoSmtpClient *client, const char *verb, ProtoSmtpClientState state)
{
  g_autofree char *line = g_strdup_printf ("%s %s", verb, client->helo_name);

  client->state = state;
  proto_engine_say (&client->engine, line, NULL);
}

/* After EHLO or HELO: what is still wanted. */
static void
go_on (ProtoSmtpClient *client)
{
  if (client->starttls == PROTO_STARTTLS_REQUIRED && !client->engine.tls)
    {
      if (proto_smtp_client_get_capability (client, "STARTTLS") == NULL)
        {
          part (client, PROTO_ERROR_UNSUPPORTED, NULL,
                "The server offers no encryption, which is required");
          return;
        }
      client->state = PROTO_SMTP_CLIENT_IN_STARTTLS;
      proto_engine_say (&client->engine, "STARTTLS", NULL);
    }
  else if (client->credentials != NULL)
    start_auth (client);
  else
    become_ready (client);
}

static void
take_greeting (ProtoSmtpClient *client, ProtoReply *reply)
{
  if (reply->code != 220)
    {
      part (client, PROTO_ERROR_REFUSED, reply, "The server does not let us in");
      return;
    }
  proto_reply_free (reply);
  say_ehlo (client, "EHLO", PROTO_SMTP_CLIENT_IN_EHLO);
}

/* The lines behind the first: "KEYWORD" or "KEYWORD values" (section 4.1.1.1). */
static void
read_capabilities (ProtoSmtpClient *client, const ProtoReply *reply)
{
  g_auto (GStrv) lines = g_strsplit (reply->text, "\n", -1);

  g_hash_table_remove_all (client->capabilities);
  for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
    {
      char *value = strchr (lines[i], ' ');

      if (value != NULL)
        *value++ = '\0';
      g_hash_table_insert (client->capabilities, g_ascii_strup (lines[i], -1),
                           g_ascii_strup (value != NULL ? g_strstrip (value) : "", -1));
    }
}

static void
take_ehlo_reply (ProtoSmtpClient *client, ProtoReply *reply)
{
  g_autoptr (ProtoReply) owned = reply;

  if (proto_reply_is_positive (reply))
    {
      read_capabilities (client, reply);
      go_on (client);
    }
  else if (reply->code == 500 || reply->code == 502)
    say_ehlo (client, "HELO", PROTO_SMTP_CLIENT_IN_HELO);
  else
    part (client, PROTO_ERROR_REFUSED, g_steal_pointer (&owned),
          "The server did not accept our name");
}

static void
take_helo_reply (ProtoSmtpClient *client, ProtoReply *reply)
{
  g_autoptr (ProtoReply) owned = reply;

  if (proto_reply_is_positive (reply))
    go_on (client);
  else
    part (client, PROTO_ERROR_REFUSED, g_steal_pointer (&owned),
          "The server did not accept our name");
}

static void
take_starttls_reply (ProtoSmtpClient *client, ProtoReply *reply)
{
  g_autoptr (ProtoReply) owned = reply;

  if (reply->code != 220)
    part (client, PROTO_ERROR_REFUSED, g_steal_pointer (&owned),
          "The server cannot start encryption");
  else if (proto_engine_get_input_length (&client->engine) > 0)
    proto_smtp_client_fail (client, PROTO_ERROR_INJECTION, NULL,
                            "There was plaintext behind the answer to STARTTLS");
  else
    client->engine.wants_tls = TRUE;
}

/* ---- replies ---- */

/* Takes @reply, a whole one. */
static void
take_reply (ProtoSmtpClient *client, ProtoReply *reply)
{
  /* A server may close at any time, and says so (section 3.8). */
  if (reply->code == 421 && client->state != PROTO_SMTP_CLIENT_IN_QUIT)
    {
      client->in_doubt = FALSE;
      proto_smtp_client_fail (client, PROTO_ERROR_REFUSED, reply, "The server is closing");
      return;
    }
  switch (client->state)
    {
    case PROTO_SMTP_CLIENT_IN_GREETING:
      take_greeting (client, reply);
      break;
    case PROTO_SMTP_CLIENT_IN_EHLO:
      take_ehlo_reply (client, reply);
      break;
    case PROTO_SMTP_CLIENT_IN_HELO:
      take_helo_reply (client, reply);
      break;
    case PROTO_SMTP_CLIENT_IN_STARTTLS:
      take_starttls_reply (client, reply);
      break;
    case PROTO_SMTP_CLIENT_IN_AUTH:
      take_auth_reply (client, reply);
      break;
    case PROTO_SMTP_CLIENT_IN_ENVELOPE:
      proto_smtp_client_take_envelope_reply (client, reply);
      break;
    case PROTO_SMTP_CLIENT_IN_FINAL:
      proto_smtp_client_take_final_reply (client, reply);
      break;
    case PROTO_SMTP_CLIENT_IN_UNDOING:
      proto_smtp_client_take_undoing_reply (client, reply);
      break;
    case PROTO_SMTP_CLIENT_IN_BODY:
      if (client->chunking)
        proto_smtp_client_take_chunk_reply (client, reply);
      else
        proto_smtp_client_fail (client, PROTO_ERROR_REFUSED, reply,
                                "The server interrupted the message");
      break;
    case PROTO_SMTP_CLIENT_IDLE:
      proto_smtp_client_fail (client, PROTO_ERROR_SYNTAX, reply,
                              "The server answered what was not asked");
      break;
    case PROTO_SMTP_CLIENT_IN_QUIT:
      proto_reply_free (reply);
      client->engine.done = TRUE;
      proto_smtp_client_emit (client, PROTO_SMTP_CLIENT_CLOSED, 0, NULL, NULL);
      break;
    }
}

/* Reads one line; FALSE when there is none. */
static gboolean
step (ProtoSmtpClient *client)
{
  const char *line = NULL;
  gsize length = 0;
  ProtoReply *reply = NULL;
  g_autoptr (GError) error = NULL;

  switch (base_line_buffer_take_line (client->engine.in, MAX_REPLY_LINE, &line, &length))
    {
    case BASE_LINE_NONE:
      return FALSE;
    case BASE_LINE_TOO_LONG:
      proto_smtp_client_fail (client, PROTO_ERROR_LIMIT, NULL, "A line of a reply is too long");
      return TRUE;
    case BASE_LINE_WHOLE:
      break;
    }
  proto_engine_heard (&client->engine, line, (gssize) length);
  if (!proto_reply_parser_take_line (client->parser, line, length, &reply, &error))
    proto_smtp_client_fail (client, PROTO_ERROR_SYNTAX, NULL, error->message);
  else if (reply != NULL)
    take_reply (client, reply);
  return TRUE;
}

static void
take_eof (ProtoSmtpClient *client)
{
  if (client->state != PROTO_SMTP_CLIENT_IN_QUIT)
    {
      proto_smtp_client_fail (client, PROTO_ERROR_CLOSED, NULL, "The server closed the connection");
      return;
    }
  client->engine.done = TRUE;
  proto_smtp_client_emit (client, PROTO_SMTP_CLIENT_CLOSED, 0, NULL, NULL);
}

/* ---- the engine's callbacks ---- */

static void
client_received (ProtoEngine *engine)
{
  if (!engine->wants_tls)
    return;
  if (engine->eof)
    take_eof ((ProtoSmtpClient *) engine);
  else
    proto_smtp_client_fail ((ProtoSmtpClient *) engine, PROTO_ERROR_INJECTION, NULL,
                            "There was plaintext behind the answer to STARTTLS");
}

static void
client_tls_started (ProtoEngine *engine)
{
  ProtoSmtpClient *client = (ProtoSmtpClient *) engine;

  if (client->state == PROTO_SMTP_CLIENT_IN_GREETING)
    return;
  /* RFC 3207 section 4.2: what was offered in clear counts no more. */
  g_hash_table_remove_all (client->capabilities);
  say_ehlo (client, "EHLO", PROTO_SMTP_CLIENT_IN_EHLO);
}

static void
client_timed_out (ProtoEngine *engine)
{
  proto_smtp_client_fail ((ProtoSmtpClient *) engine, PROTO_ERROR_TIMEOUT, NULL,
                          "The server was silent for too long");
}

static void
client_free (ProtoEngine *engine)
{
  proto_smtp_client_free ((ProtoSmtpClient *) engine);
}

static void
client_worked (ProtoEngine *engine)
{
  ProtoSmtpClient *client = (ProtoSmtpClient *) engine;

  take_auth_reply (client, g_steal_pointer (&client->challenge));
}

static const ProtoEngineClass client_class = {
  .received = client_received,
  .tls_started = client_tls_started,
  .timed_out = client_timed_out,
  .worked = client_worked,
  .free = client_free,
};

/* ---- public ---- */

void
proto_smtp_client_config_init (ProtoSmtpClientConfig *config)
{
  *config = (ProtoSmtpClientConfig){
    .helo_name = "[127.0.0.1]",
    .starttls = PROTO_STARTTLS_REQUIRED,
    .timeout = 5 * 60 * G_USEC_PER_SEC,
  };
}

ProtoSmtpClient *
proto_smtp_client_new (const ProtoSmtpClientConfig *config, gboolean implicit_tls)
{
  ProtoSmtpClient *client = g_new0 (ProtoSmtpClient, 1);

  proto_engine_init (&client->engine, &client_class);
  client->helo_name = g_strdup (config->helo_name);
  client->starttls = implicit_tls ? PROTO_STARTTLS_NEVER : config->starttls;
  if (config->credentials != NULL)
    client->credentials = proto_credentials_copy (config->credentials);
  client->auth_in_clear = config->auth_in_clear;
  client->timeout = config->timeout;
  client->parser = proto_reply_parser_new ();
  client->capabilities = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  client->rcpts = g_ptr_array_new_with_free_func (g_free);
  proto_engine_set_timeout (&client->engine, client->timeout);
  return client;
}

void
proto_smtp_client_free (ProtoSmtpClient *client)
{
  proto_smtp_client_clear_transaction (client);
  g_ptr_array_unref (client->rcpts);
  g_queue_clear_full (&client->events, happening_free);
  g_clear_pointer (&client->last, happening_free);
  g_free (client->helo_name);
  proto_credentials_free (client->credentials);
  proto_reply_parser_free (client->parser);
  g_hash_table_unref (client->capabilities);
  g_clear_pointer (&client->sasl, proto_sasl_client_free);
  g_clear_pointer (&client->challenge, proto_reply_free);
  proto_engine_clear (&client->engine);
  g_free (client);
}

ProtoEngine *
proto_smtp_client_get_engine (ProtoSmtpClient *client)
{
  return &client->engine;
}

gboolean
proto_smtp_client_next (ProtoSmtpClient *client, ProtoSmtpClientEvent *event)
{
  g_clear_pointer (&client->last, happening_free);
  while (g_queue_is_empty (&client->events))
    {
      if (client->engine.done || client->engine.wants_tls || client->engine.working)
        return FALSE;
      if (step (client))
        continue;
      if (client->engine.eof)
        {
          take_eof (client);
          continue;
        }
      if (client->state != PROTO_SMTP_CLIENT_IN_BODY || client->body_asked
          || client->engine.out->len >= LOW_WATER)
        return FALSE;
      client->body_asked = TRUE;
      proto_smtp_client_emit (client, PROTO_SMTP_CLIENT_WANT_BODY, 0, NULL, NULL);
    }

  Happening *happening = g_queue_pop_head (&client->events);
  client->last = happening;
  *event = happening->event;
  return TRUE;
}

gboolean
proto_smtp_client_is_in_doubt (const ProtoSmtpClient *client)
{
  return client->in_doubt;
}

void
proto_smtp_client_quit (ProtoSmtpClient *client)
{
  if (client->engine.done || client->state == PROTO_SMTP_CLIENT_IN_QUIT)
    return;
  if (client->state != PROTO_SMTP_CLIENT_IDLE)
    {
      /* In the middle of something only silence is safe: a QUIT might become text of a letter. */
      client->engine.wants_tls = FALSE;
      client->engine.done = TRUE;
      proto_smtp_client_emit (client, PROTO_SMTP_CLIENT_CLOSED, 0, NULL, NULL);
      return;
    }
  client->state = PROTO_SMTP_CLIENT_IN_QUIT;
  proto_engine_set_timeout (&client->engine, client->timeout);
  proto_engine_say (&client->engine, "QUIT", NULL);
}

const char *
proto_smtp_client_get_capability (const ProtoSmtpClient *client, const char *keyword)
{
  return g_hash_table_lookup (client->capabilities, keyword);
}
