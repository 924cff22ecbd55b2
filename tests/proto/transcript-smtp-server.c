/* SPDX-License-Identifier: MIT */
#include "transcript-smtp-server.h"

#include "transcript-sasl.h"

#include <proto-smtp-server.h>

#include <string.h>

typedef struct
{
  TranscriptRun *run;
  ProtoSmtpServer *server;
} Session;

static gpointer
server_open (TranscriptRun *run)
{
  Session *session = g_new0 (Session, 1);
  ProtoSmtpServerConfig config;

  proto_smtp_server_config_init (&config);
  config.host_name = transcript_run_get_config (run, "host", "mail.example.org");
  config.offer_starttls = transcript_run_get_flag (run, "starttls", FALSE);
  config.offer_dsn = transcript_run_get_flag (run, "dsn", FALSE);
  config.offer_smtputf8 = transcript_run_get_flag (run, "smtputf8", FALSE);
  config.offer_expn = transcript_run_get_flag (run, "expn", FALSE);
  config.offer_recall = transcript_run_get_flag (run, "recall", FALSE);
  config.offer_chunking = transcript_run_get_flag (run, "chunking", FALSE);
  config.auth_required = transcript_run_get_flag (run, "auth-required", FALSE);
  config.auth_in_clear = transcript_run_get_flag (run, "auth-in-clear", FALSE);
  config.mechanisms = transcript_sasl_get_mechanisms (run, "");
  config.nonce = transcript_sasl_get_nonce (run);
  config.max_size = transcript_run_get_number (run, "max-size", config.max_size);
  config.max_recipients
      = (guint) transcript_run_get_number (run, "max-recipients", config.max_recipients);
  config.max_errors = (guint) transcript_run_get_number (run, "max-errors", config.max_errors);
  config.max_commands = (guint) transcript_run_get_number (run, "max-commands", 0);
  config.session_timeout
      = (gint64) transcript_run_get_number (run, "session-seconds", 0) * G_USEC_PER_SEC;
  config.max_line = (guint) transcript_run_get_number (run, "max-line", config.max_line);
  session->run = run;
  session->server
      = proto_smtp_server_new (&config, transcript_run_get_flag (run, "implicit-tls", FALSE));
  transcript_sasl_bind (run, proto_smtp_server_get_engine (session->server));
  return session;
}

static void
server_close (gpointer data)
{
  Session *session = data;

  proto_smtp_server_free (session->server);
  g_free (session);
}

static ProtoEngine *
server_get_engine (gpointer data)
{
  Session *session = data;

  return proto_smtp_server_get_engine (session->server);
}

static void
answer (Session *session, const char *words)
{
  g_autoptr (ProtoReplyParser) parser = proto_reply_parser_new ();
  g_autoptr (GError) error = NULL;
  ProtoReply *reply = NULL;

  if (strcmp (words, "keys") == 0)
    {
      proto_smtp_server_give_keys (session->server, transcript_sasl_get_keys ());
      return;
    }
  proto_reply_parser_take_line (parser, words, strlen (words), &reply, &error);
  g_assert_no_error (error);
  proto_smtp_server_answer (session->server, reply);
}

static void
ask (Session *session, const char *fallback)
{
  g_autofree char *words = transcript_run_take_answer (session->run, fallback);

  if (words != NULL)
    answer (session, words);
}

static void
append_notify (GString *text, ProtoDsnNotify notify)
{
  static const char *const names[] = { "NEVER", "SUCCESS", "FAILURE", "DELAY" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if ((notify & 1u << i) != 0)
      g_string_append_printf (text, " %s", names[i]);
}

static void
report_path (Session *session, const char *verb, const ProtoSmtpServerEvent *event)
{
  static const char *const bodies[] = { "", " 8BITMIME", " BINARYMIME" };
  static const char *const returns[] = { "", " FULL", " HDRS" };
  g_autofree char *address = proto_path_to_address (event->path);
  g_autoptr (GString) text = g_string_new (NULL);

  if (event->size > 0)
    g_string_append_printf (text, " SIZE=%" G_GUINT64_FORMAT, event->size);
  g_string_append_printf (text, "%s%s%s", bodies[event->body], event->utf8 ? " SMTPUTF8" : "",
                          returns[event->dsn_return]);
  append_notify (text, event->notify);
  if (event->envelope_id != NULL)
    g_string_append_printf (text, " [%s]", event->envelope_id);
  if (event->original_recipient != NULL)
    g_string_append_printf (text, " [%s]", event->original_recipient);
  transcript_run_event (session->run, "%s <%s>%s", verb, address, text->str);
}

static void
handle (Session *session, const ProtoSmtpServerEvent *event)
{
  TranscriptRun *run = session->run;

  switch (event->type)
    {
    case PROTO_SMTP_SERVER_HELO:
      transcript_run_event (run, "%s %s", event->extended ? "EHLO" : "HELO", event->text);
      break;
    case PROTO_SMTP_SERVER_KEYS:
      transcript_run_event (run, "KEYS %s", event->text);
      ask (session, "keys");
      break;
    case PROTO_SMTP_SERVER_AUTH:
      transcript_sasl_report (run, "AUTH", event->credentials);
      ask (session, "235 2.7.0 Welcome");
      break;
    case PROTO_SMTP_SERVER_MAIL:
      report_path (session, "MAIL", event);
      ask (session, "250 2.1.0 Sender accepted");
      break;
    case PROTO_SMTP_SERVER_RCPT:
      report_path (session, "RCPT", event);
      ask (session, "250 2.1.5 Recipient accepted");
      break;
    case PROTO_SMTP_SERVER_VRFY:
      transcript_run_event (run, "VRFY %s%s", event->text, event->utf8 ? " SMTPUTF8" : "");
      ask (session, "252 2.5.2 Send it and see");
      break;
    case PROTO_SMTP_SERVER_EXPN:
      transcript_run_event (run, "EXPN %s%s", event->text, event->utf8 ? " SMTPUTF8" : "");
      ask (session, "550 5.1.1 No such list");
      break;
    case PROTO_SMTP_SERVER_RECALL:
      transcript_run_event (run, "XRECALL %s", event->text);
      ask (session, "550 5.1.1 No such letter");
      break;
    case PROTO_SMTP_SERVER_DATA:
      transcript_run_event (run, event->chunked ? "BDAT" : "DATA");
      ask (session, "354 Go ahead");
      break;
    case PROTO_SMTP_SERVER_CHUNK:
      transcript_run_chunk (run, event->chunk);
      break;
    case PROTO_SMTP_SERVER_MESSAGE:
      transcript_run_event (run, "MESSAGE");
      ask (session, "250 2.6.0 Stored");
      break;
    case PROTO_SMTP_SERVER_ABORT:
      transcript_run_event (run, "ABORT");
      break;
    case PROTO_SMTP_SERVER_CLOSED:
      transcript_run_event (run, "CLOSED");
      break;
    }
}

static void
server_pump (gpointer data)
{
  Session *session = data;
  ProtoSmtpServerEvent event;

  while (proto_smtp_server_next (session->server, &event))
    handle (session, &event);
}

static gboolean
server_act (gpointer data, const char *words)
{
  Session *session = data;

  if (g_str_has_prefix (words, "answer "))
    answer (session, words + strlen ("answer "));
  else if (strcmp (words, "shut-down") == 0)
    proto_smtp_server_shut_down (session->server,
                                 proto_reply_new (421, "4.3.2", "The server is closing"));
  else
    return FALSE;
  return TRUE;
}

const TranscriptAdapter transcript_smtp_server = {
  .name = "smtp-server",
  .fed = 'C',
  .open = server_open,
  .close = server_close,
  .get_engine = server_get_engine,
  .pump = server_pump,
  .act = server_act,
};
