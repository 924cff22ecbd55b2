/* SPDX-License-Identifier: MIT */
#include "transcript-pop3-server.h"

#include "transcript-sasl.h"

#include <proto-pop3-server.h>

#include <string.h>

typedef struct
{
  TranscriptRun *run;
  ProtoPop3Server *server;
  GPtrArray *letters;                /* GByteArray */
  ProtoPop3ServerEventType question; /* the last one */
  const GByteArray *letter;          /* on its way out, or NULL */
  guint sent;                        /* of its octets */
} Session;

static GPtrArray *
make_letters (TranscriptRun *run)
{
  GPtrArray *letters = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);

  for (guint i = 1;; i++)
    {
      g_autofree char *key = g_strdup_printf ("letter-%u", i);
      const char *text = transcript_run_get_config (run, key, NULL);

      if (text == NULL)
        return letters;
      GByteArray *letter = g_byte_array_new ();
      transcript_append_line (letter, text);
      g_ptr_array_add (letters, letter);
    }
}

static gpointer
server_open (TranscriptRun *run)
{
  Session *session = g_new0 (Session, 1);
  ProtoPop3ServerConfig config;

  proto_pop3_server_config_init (&config);
  config.host_name = transcript_run_get_config (run, "host", "mail.example.org");
  config.offer_stls = transcript_run_get_flag (run, "stls", FALSE);
  config.plain_in_clear = transcript_run_get_flag (run, "plain-in-clear", FALSE);
  config.offer_utf8 = transcript_run_get_flag (run, "utf8", FALSE);
  config.login_delay = config.offer_utf8 ? 0 : -1;
  config.offer_apop = transcript_run_get_flag (run, "apop", FALSE);
  config.mechanisms = transcript_sasl_get_mechanisms (run, "PLAIN LOGIN");
  config.nonce = transcript_sasl_get_nonce (run);
  config.max_errors = (guint) transcript_run_get_number (run, "max-errors", config.max_errors);
  config.max_commands = (guint) transcript_run_get_number (run, "max-commands", 0);
  config.session_timeout
      = (gint64) transcript_run_get_number (run, "session-seconds", 0) * G_USEC_PER_SEC;
  session->run = run;
  session->letters = make_letters (run);
  session->server
      = proto_pop3_server_new (&config, transcript_run_get_flag (run, "implicit-tls", FALSE));
  transcript_sasl_bind (run, proto_pop3_server_get_engine (session->server));
  return session;
}

static void
server_close (gpointer data)
{
  Session *session = data;

  proto_pop3_server_free (session->server);
  g_ptr_array_unref (session->letters);
  g_free (session);
}

static ProtoEngine *
server_get_engine (gpointer data)
{
  Session *session = data;

  return proto_pop3_server_get_engine (session->server);
}

static GArray *
make_entries (Session *session)
{
  GArray *entries = g_array_new (FALSE, TRUE, sizeof (ProtoPop3Entry));

  for (guint i = 0; i < session->letters->len; i++)
    {
      const GByteArray *letter = g_ptr_array_index (session->letters, i);
      ProtoPop3Entry entry = { .size = letter->len, .number = i + 1 };

      g_array_append_val (entries, entry);
    }
  return entries;
}

/* As much of the letter as is wanted, in pieces small enough to split its lines. */
static void
send_more (Session *session)
{
  gboolean wanted = TRUE;

  if (session->letter == NULL)
    return;
  while (wanted && session->sent < session->letter->len)
    {
      guint part = MIN (session->letter->len - session->sent, 7);

      if (proto_engine_get_output_length (server_get_engine (session)) >= 64 * 1024)
        return;
      wanted
          = proto_pop3_server_send (session->server, session->letter->data + session->sent, part);
      session->sent += part;
    }
  session->letter = NULL;
  proto_pop3_server_send_end (session->server);
}

static void
refuse (Session *session, const char *words)
{
  g_auto (GStrv) parts = g_strsplit (words, " ", 2);

  g_assert_cmpuint (g_strv_length (parts), ==, 2);
  proto_pop3_server_refuse (session->server, strcmp (parts[0], "-") == 0 ? NULL : parts[0],
                            parts[1]);
}

static void
answer (Session *session, const char *words)
{
  if (g_str_has_prefix (words, "refuse "))
    refuse (session, words + strlen ("refuse "));
  else if (strcmp (words, "abort") == 0)
    {
      proto_pop3_server_send_begin (session->server);
      proto_pop3_server_send (session->server, (const guint8 *) "Half\r\n", 6);
      proto_pop3_server_send_abort (session->server);
    }
  else if (session->question == PROTO_POP3_SERVER_KEYS)
    proto_pop3_server_give_keys (session->server, transcript_sasl_get_keys ());
  else if (session->question == PROTO_POP3_SERVER_LOGIN
           || session->question == PROTO_POP3_SERVER_APOP)
    proto_pop3_server_accept (session->server, make_entries (session), "uid");
  else if (session->question == PROTO_POP3_SERVER_UPDATE)
    proto_pop3_server_accept_update (session->server);
  else
    {
      proto_pop3_server_send_begin (session->server);
      send_more (session);
    }
}

static void
ask (Session *session, const ProtoPop3ServerEvent *event)
{
  g_autofree char *words = transcript_run_take_answer (session->run, "accept");

  session->question = event->type;
  if (event->type == PROTO_POP3_SERVER_RETR || event->type == PROTO_POP3_SERVER_TOP)
    {
      session->letter = g_ptr_array_index (session->letters, event->index);
      session->sent = 0;
    }
  if (words != NULL)
    answer (session, words);
}

/* The digest is checked here, as the maker must: RFC 1939 section 7. */
static void
report_apop (Session *session, const ProtoPop3ServerEvent *event)
{
  g_assert_nonnull (proto_pop3_server_get_timestamp (session->server));
  transcript_run_event (session->run, "APOP %s %s", event->user, event->digest);
}

static void
report_update (Session *session, const ProtoPop3ServerEvent *event)
{
  g_autoptr (GString) list = g_string_new ("UPDATE");

  for (guint i = 0; i < event->deleted->len; i++)
    g_string_append_printf (list, " %u", g_array_index (event->deleted, guint, i));
  transcript_run_event (session->run, "%s", list->str);
}

static void
handle (Session *session, const ProtoPop3ServerEvent *event)
{
  switch (event->type)
    {
    case PROTO_POP3_SERVER_KEYS:
      transcript_run_event (session->run, "KEYS %s", event->user);
      break;
    case PROTO_POP3_SERVER_LOGIN:
      transcript_sasl_report (session->run, "LOGIN", event->credentials);
      break;
    case PROTO_POP3_SERVER_APOP:
      report_apop (session, event);
      break;
    case PROTO_POP3_SERVER_RETR:
      transcript_run_event (session->run, "RETR %u", event->index);
      break;
    case PROTO_POP3_SERVER_TOP:
      transcript_run_event (session->run, "TOP %u %" G_GUINT64_FORMAT, event->index, event->lines);
      break;
    case PROTO_POP3_SERVER_UPDATE:
      report_update (session, event);
      break;
    case PROTO_POP3_SERVER_WANT_BODY:
      send_more (session);
      return;
    case PROTO_POP3_SERVER_CLOSED:
      transcript_run_event (session->run, "CLOSED");
      return;
    }
  ask (session, event);
}

static void
server_pump (gpointer data)
{
  Session *session = data;
  ProtoPop3ServerEvent event;

  while (proto_pop3_server_next (session->server, &event))
    handle (session, &event);
}

static gboolean
server_act (gpointer data, const char *words)
{
  Session *session = data;

  if (g_str_has_prefix (words, "answer "))
    answer (session, words + strlen ("answer "));
  else if (strcmp (words, "shut-down") == 0)
    proto_pop3_server_shut_down (session->server, "The server is closing");
  else
    return FALSE;
  return TRUE;
}

const TranscriptAdapter transcript_pop3_server = {
  .name = "pop3-server",
  .fed = 'C',
  .open = server_open,
  .close = server_close,
  .get_engine = server_get_engine,
  .pump = server_pump,
  .act = server_act,
};
