/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <proto-smtp-server.h>

#include <string.h>

#define MAX_SIZE 2000

/* What must hold whatever the client sends. */
typedef struct
{
  gboolean in_transaction;
  gboolean closed;
  gboolean in_text; /* DATA, or the first BDAT, was answered with 354 */
  guint64 octets;   /* of the message */
  GString *events;
  GString *output;
} Session;

static void
answer (ProtoSmtpServer *server, guint code)
{
  proto_smtp_server_answer (server, proto_reply_new (code, NULL, "Fine"));
}

static void
handle (Session *session, ProtoSmtpServer *server, const ProtoSmtpServerEvent *event)
{
  g_assert_false (session->closed);
  if (event->type != PROTO_SMTP_SERVER_CHUNK)
    g_string_append_printf (session->events, "%u ", event->type);
  switch (event->type)
    {
    case PROTO_SMTP_SERVER_AUTH:
      answer (server, strlen (event->credentials->user) % 2 ? 535 : 235);
      break;
    case PROTO_SMTP_SERVER_MAIL:
      g_assert_false (session->in_transaction);
      session->in_transaction = TRUE;
      session->octets = 0;
      g_assert_true (
          event->utf8
          || (g_str_is_ascii (event->path->local_part) && g_str_is_ascii (event->path->domain)));
      answer (server, 250);
      break;
    case PROTO_SMTP_SERVER_RCPT:
      g_assert_true (session->in_transaction);
      g_assert_false (proto_path_is_null (event->path));
      answer (server, strlen (event->path->local_part) % 2 ? 550 : 250);
      break;
    case PROTO_SMTP_SERVER_KEYS:
      if (strlen (event->text) % 2 == 0)
        proto_smtp_server_give_keys (server, &(const ProtoScramKeys){ .iterations = 4096 });
      else
        answer (server, 454);
      break;
    case PROTO_SMTP_SERVER_VRFY:
    case PROTO_SMTP_SERVER_EXPN:
      answer (server, 252);
      break;
    case PROTO_SMTP_SERVER_RECALL:
      g_assert_false (session->in_transaction);
      g_assert_true (g_str_has_prefix (event->text, "<") && g_str_has_suffix (event->text, ">"));
      answer (server, 250);
      break;
    case PROTO_SMTP_SERVER_DATA:
      g_assert_true (session->in_transaction && !session->in_text);
      session->in_text = TRUE;
      answer (server, 354);
      break;
    case PROTO_SMTP_SERVER_MESSAGE:
      g_assert_true (session->in_transaction && session->in_text);
      session->in_transaction = session->in_text = FALSE;
      g_assert_cmpuint (session->octets, <=, MAX_SIZE);
      g_string_append_printf (session->events, "(%" G_GUINT64_FORMAT ") ", session->octets);
      answer (server, 250);
      break;
    case PROTO_SMTP_SERVER_ABORT:
      g_assert_true (session->in_transaction);
      session->in_transaction = session->in_text = FALSE;
      break;
    case PROTO_SMTP_SERVER_CLOSED:
      g_assert_false (session->in_transaction);
      session->closed = TRUE;
      break;
    case PROTO_SMTP_SERVER_CHUNK:
      g_assert_true (session->in_transaction && session->in_text);
      g_assert_cmpuint (g_bytes_get_size (event->chunk), >, 0);
      session->octets += g_bytes_get_size (event->chunk);
      break;
    case PROTO_SMTP_SERVER_HELO:
      break;
    }
}

static void
pump (Session *session, ProtoSmtpServer *server)
{
  ProtoSmtpServerEvent event;

  while (proto_smtp_server_next (server, &event))
    handle (session, server, &event);

  g_autoptr (GBytes) output = proto_engine_take_output (proto_smtp_server_get_engine (server));
  if (output != NULL)
    {
      gsize length = 0;
      const char *text = g_bytes_get_data (output, &length);
      g_string_append_len (session->output, text, (gssize) length);
    }
}

static char *
run (const uint8_t *data, size_t size, gsize piece)
{
  Session session = { .events = g_string_new (NULL), .output = g_string_new (NULL) };
  ProtoSmtpServerConfig config;

  proto_smtp_server_config_init (&config);
  config.auth_in_clear = TRUE;
  config.offer_chunking = TRUE;
  config.offer_dsn = TRUE;
  config.offer_smtputf8 = TRUE;
  config.offer_expn = TRUE;
  config.offer_recall = TRUE;
  config.mechanisms
      = PROTO_SASL_PLAIN | PROTO_SASL_LOGIN | PROTO_SASL_SCRAM_SHA_256 | PROTO_SASL_CRAM_MD5;
  config.nonce = "n";
  config.max_size = MAX_SIZE;
  config.max_recipients = 5;
  ProtoSmtpServer *server = proto_smtp_server_new (&config, FALSE);

  pump (&session, server);
  for (gsize i = 0; i < size; i += piece)
    {
      proto_engine_feed (proto_smtp_server_get_engine (server), data + i, MIN (piece, size - i));
      pump (&session, server);
    }
  proto_engine_feed_eof (proto_smtp_server_get_engine (server));
  pump (&session, server);
  g_assert_true (session.closed);
  g_assert_true (g_str_is_ascii (session.output->str));
  proto_smtp_server_free (server);
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
