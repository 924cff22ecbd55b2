/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <proto-smtp-client.h>

#include <string.h>

/* The first octet of the input chooses whether the client authenticates (1), and whether with a
 * token (2); the rest is the server. */
typedef struct
{
  ProtoSmtpClient *client;
  guint messages;
  gboolean over;
} Session;

static void
send_or_quit (Session *session)
{
  static const char *const recipients[] = { "anna@example.org", "bert@example.org", NULL };
  /* The second goes in chunks, where the server takes them. */
  const ProtoSmtpMessage message = {
    .reverse_path = "carl@example.org",
    .recipients = recipients,
    .size = session->messages == 1 ? 1000000 : 10,
    .eight_bit = TRUE,
    .dsn_return = PROTO_DSN_RETURN_HEADERS,
    .notify = PROTO_DSN_NOTIFY_SUCCESS | PROTO_DSN_NOTIFY_FAILURE,
    .envelope_id = "id",
  };
  g_autoptr (GError) error = NULL;

  if (session->messages++ > 2)
    {
      proto_smtp_client_quit (session->client);
      return;
    }
  proto_smtp_client_send (session->client, &message, &error);
  g_assert_no_error (error);
}

static void
handle (Session *session, const ProtoSmtpClientEvent *event)
{
  g_assert_false (session->over);
  switch (event->type)
    {
    case PROTO_SMTP_CLIENT_READY:
      g_assert_cmpuint (session->messages, ==, 0);
      send_or_quit (session);
      break;
    case PROTO_SMTP_CLIENT_SENT:
      g_assert_nonnull (event->reply);
      send_or_quit (session);
      break;
    case PROTO_SMTP_CLIENT_RECIPIENT:
      g_assert_nonnull (event->reply);
      g_assert_cmpuint (event->index, <, 2);
      break;
    case PROTO_SMTP_CLIENT_WANT_BODY:
      proto_smtp_client_write (session->client, (const guint8 *) ".\r\nHi", 5);
      proto_smtp_client_end (session->client);
      break;
    case PROTO_SMTP_CLIENT_FAILED:
      g_assert_nonnull (event->error);
      session->over = TRUE;
      break;
    case PROTO_SMTP_CLIENT_CLOSED:
      session->over = TRUE;
      break;
    }
}

static void
pump (Session *session)
{
  ProtoEngine *engine = proto_smtp_client_get_engine (session->client);
  ProtoSmtpClientEvent event;

  while (proto_smtp_client_next (session->client, &event))
    handle (session, &event);

  g_autoptr (GBytes) output = proto_engine_take_output (engine);
  if (output != NULL)
    {
      /* Whole lines only, and the password never as it is. */
      gsize length = 0;
      const char *text = g_bytes_get_data (output, &length);

      g_assert_cmpmem (text + length - 2, 2, "\r\n", 2);
      g_assert_null (memmem (text, length, "secret", 6));
    }
}

static void
run (const uint8_t *data, size_t size, guint8 flags, gsize piece)
{
  g_autoptr (BaseSecret) password = base_secret_new ("secret", -1);
  g_autoptr (ProtoCredentials) credentials = proto_credentials_new ("tim", password);
  Session session = { 0 };

  credentials->is_token = (flags & 2) != 0;
  credentials->nonce = g_strdup ("fyko+d2lbbFgONRv9qkxdawL");
  ProtoSmtpClientConfig config;

  proto_smtp_client_config_init (&config);
  config.starttls = PROTO_STARTTLS_NEVER;
  config.credentials = (flags & 1) != 0 ? credentials : NULL;
  config.auth_in_clear = TRUE;
  session.client = proto_smtp_client_new (&config, FALSE);

  for (gsize i = 0; i < size; i += piece)
    {
      proto_engine_feed (proto_smtp_client_get_engine (session.client), data + i,
                         MIN (piece, size - i));
      pump (&session);
    }
  proto_engine_feed_eof (proto_smtp_client_get_engine (session.client));
  pump (&session);
  g_assert_true (session.over);
  proto_smtp_client_free (session.client);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  run (data + 1, size - 1, data[0], size);
  run (data + 1, size - 1, data[0], 1);
  return 0;
}
