/* SPDX-License-Identifier: MIT */
#include "transcript-smtp-client.h"

#include "transcript-sasl.h"

#include <proto-smtp-client.h>

#include <string.h>

typedef struct
{
  TranscriptRun *run;
  ProtoSmtpClient *client;
  GByteArray *body; /* not yet written */
  gboolean wants_body;
  gboolean ends;
} Session;

static gpointer
client_open (TranscriptRun *run)
{
  Session *session = g_new0 (Session, 1);
  const char *user = transcript_run_get_config (run, "user", NULL);
  g_autoptr (BaseSecret) password
      = base_secret_new (transcript_run_get_config (run, "password", "secret"), -1);
  g_autoptr (ProtoCredentials) credentials
      = user != NULL ? proto_credentials_new (user, password) : NULL;
  ProtoSmtpClientConfig config;

  proto_smtp_client_config_init (&config);
  config.helo_name = transcript_run_get_config (run, "helo", "client.example.org");
  config.starttls = strcmp (transcript_run_get_config (run, "starttls", "never"), "required") == 0
                        ? PROTO_STARTTLS_REQUIRED
                        : PROTO_STARTTLS_NEVER;
  config.credentials = credentials;
  config.auth_in_clear = transcript_run_get_flag (run, "auth-in-clear", FALSE);
  transcript_sasl_set (run, credentials);
  session->run = run;
  session->body = g_byte_array_new ();
  session->client
      = proto_smtp_client_new (&config, transcript_run_get_flag (run, "implicit-tls", FALSE));
  transcript_sasl_bind (run, proto_smtp_client_get_engine (session->client));
  return session;
}

static void
client_close (gpointer data)
{
  Session *session = data;

  proto_smtp_client_free (session->client);
  g_byte_array_unref (session->body);
  g_free (session);
}

static ProtoEngine *
client_get_engine (gpointer data)
{
  Session *session = data;

  return proto_smtp_client_get_engine (session->client);
}

static void
report_reply (Session *session, const ProtoSmtpClientEvent *event)
{
  g_autofree char *reply = proto_reply_to_string (event->reply);

  if (event->type == PROTO_SMTP_CLIENT_RECIPIENT)
    transcript_run_event (session->run, "RECIPIENT %u %s", event->index, reply);
  else
    transcript_run_event (session->run, "SENT %s", reply);
}

static void
report_failure (Session *session, const ProtoSmtpClientEvent *event)
{
  static const char *const names[] = { "SYNTAX",  "LIMIT", "INJECTION",   "TIMEOUT", "CLOSED",
                                       "REFUSED", "AUTH",  "UNSUPPORTED", "TOKEN" };
  g_autofree char *reply
      = event->reply != NULL ? proto_reply_to_string (event->reply) : g_strdup ("-");

  g_assert_nonnull (event->error);
  g_assert_true (event->error->domain == PROTO_ERROR);
  transcript_run_event (session->run, "FAILED %s %s%s", names[event->error->code], reply,
                        proto_smtp_client_is_in_doubt (session->client) ? " IN DOUBT" : "");
}

static void
write_body (Session *session)
{
  if (!session->wants_body)
    return;
  if (session->body->len > 0)
    proto_smtp_client_write (session->client, session->body->data, session->body->len);
  g_byte_array_set_size (session->body, 0);
  if (!session->ends)
    return;
  session->wants_body = session->ends = FALSE;
  proto_smtp_client_end (session->client);
  g_assert_true (proto_smtp_client_is_in_doubt (session->client));
}

static void
handle (Session *session, const ProtoSmtpClientEvent *event)
{
  switch (event->type)
    {
    case PROTO_SMTP_CLIENT_READY:
      transcript_run_event (session->run, "READY");
      break;
    case PROTO_SMTP_CLIENT_WANT_BODY:
      if (!session->wants_body)
        transcript_run_event (session->run, "WANT_BODY");
      session->wants_body = TRUE;
      write_body (session);
      break;
    case PROTO_SMTP_CLIENT_RECIPIENT:
      report_reply (session, event);
      break;
    case PROTO_SMTP_CLIENT_SENT:
      g_assert_false (proto_smtp_client_is_in_doubt (session->client));
      session->wants_body = FALSE;
      report_reply (session, event);
      break;
    case PROTO_SMTP_CLIENT_FAILED:
      report_failure (session, event);
      break;
    case PROTO_SMTP_CLIENT_CLOSED:
      transcript_run_event (session->run, "CLOSED");
      break;
    }
}

static void
client_pump (gpointer data)
{
  Session *session = data;
  ProtoSmtpClientEvent event;

  while (proto_smtp_client_next (session->client, &event))
    handle (session, &event);
}

/* "FROM TO[,TO] [SIZE] [FLAGS]", where <> is the null path and \ escapes as in a fed line. */
static void
act_send (Session *session, const char *words)
{
  g_autoptr (GByteArray) line = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  transcript_append_line (line, words);
  g_byte_array_set_size (line, line->len - 2);
  g_byte_array_append (line, (const guint8 *) "", 1);
  g_auto (GStrv) arguments = g_strsplit ((const char *) line->data, " ", -1);
  guint n = g_strv_length (arguments);
  g_assert_cmpuint (n, >=, 2);

  g_auto (GStrv) recipients = g_strsplit (arguments[1], ",", -1);
  const char *const *flags = (const char *const *) arguments + MIN (n, 3);
  ProtoSmtpMessage message = {
    .reverse_path = strcmp (arguments[0], "<>") == 0 ? "" : arguments[0],
    .recipients = (const char *const *) recipients,
    .size = n > 2 ? g_ascii_strtoull (arguments[2], NULL, 10) : 0,
    .eight_bit = g_strv_contains (flags, "8bit"),
    .utf8 = g_strv_contains (flags, "utf8"),
    .require_tls = g_strv_contains (flags, "requiretls"),
  };

  if (g_strv_contains (flags, "report"))
    {
      message.dsn_return = PROTO_DSN_RETURN_HEADERS;
      message.notify = PROTO_DSN_NOTIFY_SUCCESS | PROTO_DSN_NOTIFY_FAILURE;
      message.envelope_id = "a+b=c d";
    }
  if (!proto_smtp_client_send (session->client, &message, &error))
    {
      g_assert_error (error, PROTO_ERROR, PROTO_ERROR_SYNTAX);
      transcript_run_event (session->run, "NOT SENT");
    }
}

static gboolean
client_act (gpointer data, const char *words)
{
  Session *session = data;

  if (g_str_has_prefix (words, "send "))
    act_send (session, words + strlen ("send "));
  else if (g_str_has_prefix (words, "body "))
    transcript_append_line (session->body, words + strlen ("body "));
  else if (strcmp (words, "end") == 0)
    session->ends = TRUE;
  else if (strcmp (words, "quit") == 0)
    proto_smtp_client_quit (session->client);
  else
    return FALSE;
  write_body (session);
  return TRUE;
}

const TranscriptAdapter transcript_smtp_client = {
  .name = "smtp-client",
  .fed = 'S',
  .open = client_open,
  .close = client_close,
  .get_engine = client_get_engine,
  .pump = client_pump,
  .act = client_act,
};
