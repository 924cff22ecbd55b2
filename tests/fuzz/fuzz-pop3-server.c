/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <proto-pop3-server.h>

#include <string.h>

/* What must hold whatever the client sends. */
typedef struct
{
  gboolean logged_in;
  gboolean updated;
  gboolean closed;
  GString *events;
  GString *output;
} Session;

static const char *const letters[] = {
  "A: 1\r\n\r\n.one\r\n",
  "A: 2\r\n\r\ntwo",
  "",
};

static GArray *
make_entries (void)
{
  GArray *entries = g_array_new (FALSE, TRUE, sizeof (ProtoPop3Entry));

  for (guint i = 0; i < G_N_ELEMENTS (letters); i++)
    {
      ProtoPop3Entry entry = { .size = strlen (letters[i]), .number = i };
      g_array_append_val (entries, entry);
    }
  return entries;
}

static void
send_letter (ProtoPop3Server *server, guint index)
{
  g_assert_cmpuint (index, <, G_N_ELEMENTS (letters));
  proto_pop3_server_send_begin (server);
  for (const char *at = letters[index]; *at != '\0'; at++)
    if (!proto_pop3_server_send (server, (const guint8 *) at, 1))
      break;
  proto_pop3_server_send_end (server);
}

static void
check_deleted (const GArray *deleted)
{
  for (guint i = 0; i < deleted->len; i++)
    {
      g_assert_cmpuint (g_array_index (deleted, guint, i), <, G_N_ELEMENTS (letters));
      if (i > 0)
        g_assert_cmpuint (g_array_index (deleted, guint, i), >,
                          g_array_index (deleted, guint, i - 1));
    }
}

static void
log_in (Session *session, ProtoPop3Server *server, gsize secret)
{
  g_assert_false (session->logged_in);
  session->logged_in = secret % 2 == 0;
  if (session->logged_in)
    proto_pop3_server_accept (server, make_entries (), "u");
  else
    proto_pop3_server_refuse (server, "AUTH", "No");
}

static void
handle (Session *session, ProtoPop3Server *server, const ProtoPop3ServerEvent *event)
{
  g_assert_false (session->closed);
  g_string_append_printf (session->events, "%u ", event->type);
  switch (event->type)
    {
    case PROTO_POP3_SERVER_KEYS:
      if (strlen (event->user) % 2 == 0)
        proto_pop3_server_give_keys (server, &(const ProtoScramKeys){ .iterations = 4096 });
      else
        proto_pop3_server_refuse (server, "AUTH", "No");
      break;
    case PROTO_POP3_SERVER_LOGIN:
      g_assert_false (event->credentials->proved);
      log_in (session, server, strlen (event->credentials->user));
      break;
    case PROTO_POP3_SERVER_APOP:
      g_assert_cmpuint (strlen (event->digest), ==, 32);
      log_in (session, server, strlen (event->user));
      break;
    case PROTO_POP3_SERVER_RETR:
    case PROTO_POP3_SERVER_TOP:
      g_assert_true (session->logged_in);
      if (event->index == 1 && event->lines % 2 != 0)
        proto_pop3_server_refuse (server, "SYS/TEMP", "Not now");
      else
        send_letter (server, event->index);
      break;
    case PROTO_POP3_SERVER_UPDATE:
      g_assert_true (session->logged_in);
      g_assert_false (session->updated);
      session->updated = TRUE;
      check_deleted (event->deleted);
      proto_pop3_server_accept_update (server);
      break;
    case PROTO_POP3_SERVER_WANT_BODY:
      g_assert_not_reached ();
    case PROTO_POP3_SERVER_CLOSED:
      session->closed = TRUE;
      break;
    }
}

static void
pump (Session *session, ProtoPop3Server *server)
{
  ProtoPop3ServerEvent event;
  GBytes *output;

  do
    {
      while (proto_pop3_server_next (server, &event))
        handle (session, server, &event);
      output = proto_engine_take_output (proto_pop3_server_get_engine (server));
      if (output != NULL)
        {
          gsize length = 0;
          const char *text = g_bytes_get_data (output, &length);

          g_assert_cmpmem (text + length - 2, 2, "\r\n", 2);
          g_string_append_len (session->output, text, (gssize) length);
          g_bytes_unref (output);
        }
    }
  while (output != NULL);
}

static char *
run (const uint8_t *data, size_t size, gsize piece)
{
  Session session = { .events = g_string_new (NULL), .output = g_string_new (NULL) };
  ProtoPop3ServerConfig config;

  proto_pop3_server_config_init (&config);
  config.plain_in_clear = TRUE;
  config.mechanisms |= PROTO_SASL_SCRAM_SHA_256 | PROTO_SASL_CRAM_MD5;
  config.nonce = "n";
  g_autoptr (ProtoPop3Server) server = proto_pop3_server_new (&config, FALSE);
  ProtoEngine *engine = proto_pop3_server_get_engine (server);

  pump (&session, server);
  for (gsize i = 0; i < size; i += piece)
    {
      proto_engine_feed (engine, data + i, MIN (piece, size - i));
      pump (&session, server);
    }
  proto_engine_feed_eof (engine);
  pump (&session, server);
  g_assert_true (session.closed);
  g_string_append (session.output, session.events->str);
  g_string_free (session.events, TRUE);
  return g_string_free (session.output, FALSE);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *whole = run (data, size, MAX (size, 1));
  g_autofree char *bytes = run (data, size, 1);

  /* How the bytes were split changes nothing that is said or done. */
  g_assert_cmpstr (whole, ==, bytes);
  return 0;
}
