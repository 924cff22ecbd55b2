/* SPDX-License-Identifier: MIT */
#include <proto-smtp-client.h>

#include <string.h>

#define PIECE     (16 * 1024)
#define LOW_WATER (64 * 1024)

static ProtoSmtpClient *
open_client (void)
{
  ProtoSmtpClientConfig config;

  proto_smtp_client_config_init (&config);
  config.starttls = PROTO_STARTTLS_NEVER;
  return proto_smtp_client_new (&config, FALSE);
}

static void
hear (ProtoSmtpClient *client, const char *text)
{
  proto_engine_feed (proto_smtp_client_get_engine (client), (const guint8 *) text, strlen (text));
}

static void
assert_event (ProtoSmtpClient *client, ProtoSmtpClientEventType type)
{
  ProtoSmtpClientEvent event;

  g_assert_true (proto_smtp_client_next (client, &event));
  g_assert_cmpint (event.type, ==, type);
}

static void
assert_no_event (ProtoSmtpClient *client)
{
  ProtoSmtpClientEvent event;

  g_assert_false (proto_smtp_client_next (client, &event));
}

static gsize
drain (ProtoSmtpClient *client)
{
  g_autoptr (GBytes) output = proto_engine_take_output (proto_smtp_client_get_engine (client));

  return output != NULL ? g_bytes_get_size (output) : 0;
}

static const char *const recipients[] = { "c@d", NULL };
static const ProtoSmtpMessage message = { .reverse_path = "a@b", .recipients = recipients };

/* A body is asked for while the output is short, once for each write, and not while it is long. */
static void
test_back_pressure (void)
{
  g_autoptr (ProtoSmtpClient) client = open_client ();
  ProtoEngine *engine = proto_smtp_client_get_engine (client);
  g_autofree char *piece = g_strnfill (PIECE, 'x');

  hear (client, "220 x\r\n250 x\r\n");
  assert_event (client, PROTO_SMTP_CLIENT_READY);
  g_assert_true (proto_smtp_client_send (client, &message, NULL));
  hear (client, "250 x\r\n250 x\r\n354 x\r\n");
  assert_event (client, PROTO_SMTP_CLIENT_RECIPIENT);
  drain (client);

  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < LOW_WATER / PIECE; i++)
        {
          assert_event (client, PROTO_SMTP_CLIENT_WANT_BODY);
          assert_no_event (client);
          proto_smtp_client_write (client, (const guint8 *) piece, PIECE);
        }
      g_assert_cmpuint (proto_engine_get_output_length (engine), ==, LOW_WATER);
      assert_no_event (client);
      g_assert_cmpuint (drain (client), ==, LOW_WATER);
    }
  assert_event (client, PROTO_SMTP_CLIENT_WANT_BODY);
  g_assert_false (proto_smtp_client_is_in_doubt (client));
  proto_smtp_client_end (client);
  g_assert_true (proto_smtp_client_is_in_doubt (client));
  assert_no_event (client);
  hear (client, "250 x\r\n");
  assert_event (client, PROTO_SMTP_CLIENT_SENT);
  g_assert_false (proto_smtp_client_is_in_doubt (client));
}

static void
test_capabilities (void)
{
  g_autoptr (ProtoSmtpClient) client = open_client ();

  hear (client, "220 x\r\n250-x\r\n250-size 1000\r\n250 Auth Plain login\r\n");
  assert_event (client, PROTO_SMTP_CLIENT_READY);
  g_assert_cmpstr (proto_smtp_client_get_capability (client, "SIZE"), ==, "1000");
  g_assert_cmpstr (proto_smtp_client_get_capability (client, "AUTH"), ==, "PLAIN LOGIN");
  g_assert_null (proto_smtp_client_get_capability (client, "STARTTLS"));
}

/* Leaving in the middle of a text must not end it: half a letter would be delivered. */
static void
test_quit_in_the_text (void)
{
  g_autoptr (ProtoSmtpClient) client = open_client ();

  hear (client, "220 x\r\n250 x\r\n");
  assert_event (client, PROTO_SMTP_CLIENT_READY);
  g_assert_true (proto_smtp_client_send (client, &message, NULL));
  hear (client, "250 x\r\n250 x\r\n354 x\r\n");
  assert_event (client, PROTO_SMTP_CLIENT_RECIPIENT);
  assert_event (client, PROTO_SMTP_CLIENT_WANT_BODY);
  drain (client);
  proto_smtp_client_quit (client);
  g_assert_cmpuint (drain (client), ==, 0);
  assert_event (client, PROTO_SMTP_CLIENT_CLOSED);
  g_assert_true (proto_engine_is_done (proto_smtp_client_get_engine (client)));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/proto/smtp-client/back-pressure", test_back_pressure);
  g_test_add_func ("/proto/smtp-client/capabilities", test_capabilities);
  g_test_add_func ("/proto/smtp-client/quit-in-the-text", test_quit_in_the_text);
  return g_test_run ();
}
