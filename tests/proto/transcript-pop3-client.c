/* SPDX-License-Identifier: MIT */
#include "transcript-pop3-client.h"

#include "transcript-sasl.h"

#include <proto-pop3-client.h>

#include <string.h>

typedef struct
{
  TranscriptRun *run;
  ProtoPop3Client *client;
} Session;

static const char *const command_names[] = {
  [PROTO_POP3_COMMAND_STAT] = "STAT", [PROTO_POP3_COMMAND_LIST] = "LIST",
  [PROTO_POP3_COMMAND_UIDL] = "UIDL", [PROTO_POP3_COMMAND_RETR] = "RETR",
  [PROTO_POP3_COMMAND_TOP] = "TOP",   [PROTO_POP3_COMMAND_DELE] = "DELE",
  [PROTO_POP3_COMMAND_NOOP] = "NOOP", [PROTO_POP3_COMMAND_RSET] = "RSET",
  [PROTO_POP3_COMMAND_QUIT] = "QUIT",
};

static gpointer
client_open (TranscriptRun *run)
{
  Session *session = g_new0 (Session, 1);
  const char *user = transcript_run_get_config (run, "user", NULL);
  g_autoptr (BaseSecret) password
      = base_secret_new (transcript_run_get_config (run, "password", "secret"), -1);
  g_autoptr (ProtoCredentials) credentials
      = user != NULL ? proto_credentials_new (user, password) : NULL;
  ProtoPop3ClientConfig config;

  proto_pop3_client_config_init (&config);
  config.stls = strcmp (transcript_run_get_config (run, "stls", "never"), "required") == 0
                    ? PROTO_STARTTLS_REQUIRED
                    : PROTO_STARTTLS_NEVER;
  config.credentials = credentials;
  config.auth_in_clear = transcript_run_get_flag (run, "auth-in-clear", FALSE);
  config.try_apop = transcript_run_get_flag (run, "apop", FALSE);
  transcript_sasl_set (run, credentials);
  session->run = run;
  session->client
      = proto_pop3_client_new (&config, transcript_run_get_flag (run, "implicit-tls", FALSE));
  transcript_sasl_bind (run, proto_pop3_client_get_engine (session->client));
  return session;
}

static void
client_close (gpointer data)
{
  Session *session = data;

  proto_pop3_client_free (session->client);
  g_free (session);
}

static ProtoEngine *
client_get_engine (gpointer data)
{
  Session *session = data;

  return proto_pop3_client_get_engine (session->client);
}

static void
report_item (Session *session, const ProtoPop3ClientEvent *event)
{
  if (event->command == PROTO_POP3_COMMAND_UIDL)
    transcript_run_event (session->run, "ITEM %u %s", event->number, event->uid);
  else
    transcript_run_event (session->run, "ITEM %u %" G_GUINT64_FORMAT, event->number, event->size);
}

static void
report_failure (Session *session, const ProtoPop3ClientEvent *event)
{
  static const char *const names[] = { "SYNTAX",  "LIMIT", "INJECTION",   "TIMEOUT", "CLOSED",
                                       "REFUSED", "AUTH",  "UNSUPPORTED", "TOKEN" };

  g_assert_nonnull (event->error);
  g_assert_true (event->error->domain == PROTO_ERROR);
  transcript_run_event (session->run, "FAILED %s %s %s", names[event->error->code],
                        event->code != NULL ? event->code : "-", event->error->message);
}

static void
handle (Session *session, const ProtoPop3ClientEvent *event)
{
  switch (event->type)
    {
    case PROTO_POP3_CLIENT_READY:
      transcript_run_event (session->run, "READY");
      break;
    case PROTO_POP3_CLIENT_ITEM:
      report_item (session, event);
      break;
    case PROTO_POP3_CLIENT_CHUNK:
      transcript_run_chunk (session->run, event->chunk);
      break;
    case PROTO_POP3_CLIENT_DONE:
      transcript_run_event (session->run, "DONE %s %u %s", command_names[event->command],
                            event->number, event->text);
      break;
    case PROTO_POP3_CLIENT_ERR:
      transcript_run_event (session->run, "ERR %s %u %s %s", command_names[event->command],
                            event->number, event->code != NULL ? event->code : "-", event->text);
      break;
    case PROTO_POP3_CLIENT_FAILED:
      report_failure (session, event);
      break;
    case PROTO_POP3_CLIENT_CLOSED:
      transcript_run_event (session->run, "CLOSED");
      break;
    }
}

static void
client_pump (gpointer data)
{
  Session *session = data;
  ProtoPop3ClientEvent event;

  while (proto_pop3_client_next (session->client, &event))
    handle (session, &event);
}

static gboolean
client_act (gpointer data, const char *words)
{
  Session *session = data;
  g_auto (GStrv) parts = g_strsplit (words, " ", 3);
  guint n = g_strv_length (parts);

  for (guint i = 0; i < G_N_ELEMENTS (command_names); i++)
    if (strcmp (parts[0], command_names[i]) == 0)
      {
        proto_pop3_client_command (session->client, (ProtoPop3Command) i,
                                   n > 1 ? (guint) g_ascii_strtoull (parts[1], NULL, 10) : 0,
                                   n > 2 ? (guint) g_ascii_strtoull (parts[2], NULL, 10) : 0);
        return TRUE;
      }
  return FALSE;
}

const TranscriptAdapter transcript_pop3_client = {
  .name = "pop3-client",
  .fed = 'S',
  .open = client_open,
  .close = client_close,
  .get_engine = client_get_engine,
  .pump = client_pump,
  .act = client_act,
};
