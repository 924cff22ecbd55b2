/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <proto-pop3-client.h>

#include <string.h>

typedef struct
{
  ProtoPop3Client *client;
  gboolean ready;
  gboolean over;
  guint waiting; /* commands without their DONE or ERR */
} Session;

static void
command (Session *session, ProtoPop3Command verb, guint number)
{
  session->waiting++;
  proto_pop3_client_command (session->client, verb, number, 3);
}

static void
say_everything (Session *session)
{
  g_assert_false (session->ready);
  session->ready = TRUE;
  command (session, PROTO_POP3_COMMAND_STAT, 0);
  command (session, PROTO_POP3_COMMAND_UIDL, 0);
  command (session, PROTO_POP3_COMMAND_LIST, 0);
  command (session, PROTO_POP3_COMMAND_RETR, 1);
  command (session, PROTO_POP3_COMMAND_TOP, 2);
  command (session, PROTO_POP3_COMMAND_DELE, 1);
  command (session, PROTO_POP3_COMMAND_QUIT, 0);
}

static void
handle (Session *session, const ProtoPop3ClientEvent *event)
{
  g_assert_false (session->over);
  switch (event->type)
    {
    case PROTO_POP3_CLIENT_READY:
      say_everything (session);
      break;
    case PROTO_POP3_CLIENT_ITEM:
      if (event->command == PROTO_POP3_COMMAND_UIDL)
        g_assert_nonnull (event->uid);
      break;
    case PROTO_POP3_CLIENT_CHUNK:
      g_assert_cmpuint (g_bytes_get_size (event->chunk), >, 0);
      break;
    case PROTO_POP3_CLIENT_DONE:
    case PROTO_POP3_CLIENT_ERR:
      g_assert_cmpuint (session->waiting--, >, 0);
      g_assert_nonnull (event->text);
      break;
    case PROTO_POP3_CLIENT_FAILED:
      g_assert_nonnull (event->error);
      session->over = TRUE;
      break;
    case PROTO_POP3_CLIENT_CLOSED:
      g_assert_cmpuint (session->waiting, ==, 0);
      session->over = TRUE;
      break;
    }
}

static void
pump (Session *session)
{
  ProtoPop3ClientEvent event;

  while (proto_pop3_client_next (session->client, &event))
    handle (session, &event);

  g_autoptr (GBytes) output
      = proto_engine_take_output (proto_pop3_client_get_engine (session->client));
  if (output != NULL)
    {
      gsize length = 0;
      const char *text = g_bytes_get_data (output, &length);

      g_assert_cmpmem (text + length - 2, 2, "\r\n", 2);
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
  ProtoPop3ClientConfig config;

  proto_pop3_client_config_init (&config);
  config.stls = PROTO_STARTTLS_NEVER;
  config.credentials = credentials;
  config.auth_in_clear = TRUE;
  config.try_apop = (flags & 1) != 0;
  session.client = proto_pop3_client_new (&config, FALSE);

  for (gsize i = 0; i < size; i += piece)
    {
      proto_engine_feed (proto_pop3_client_get_engine (session.client), data + i,
                         MIN (piece, size - i));
      pump (&session);
    }
  proto_engine_feed_eof (proto_pop3_client_get_engine (session.client));
  pump (&session);
  g_assert_true (session.over);
  proto_pop3_client_free (session.client);
}

/* The first octet of the input chooses whether the client uses APOP (1) and has a token (2); the
 * rest is the server. A server that answers what was not asked yet fails here or there by how its
 * bytes were split. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  run (data + 1, size - 1, data[0], size);
  run (data + 1, size - 1, data[0], 1);
  return 0;
}
