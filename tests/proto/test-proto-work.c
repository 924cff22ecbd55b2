/* SPDX-License-Identifier: MIT */
#include <proto-pop3-client.h>
#include <proto-smtp-client.h>

#include <string.h>

#define ITERATIONS "4096"

static void
hear (ProtoEngine *engine, const char *text)
{
  proto_engine_feed (engine, (const guint8 *) text, strlen (text));
}

static char *
take (ProtoEngine *engine)
{
  g_autoptr (GBytes) output = proto_engine_take_output (engine);

  return output != NULL ? g_strndup (g_bytes_get_data (output, NULL), g_bytes_get_size (output))
                        : g_strdup ("");
}

static ProtoCredentials *
make_credentials (void)
{
  g_autoptr (BaseSecret) password = base_secret_new ("pencil", -1);

  return proto_credentials_new ("user", password);
}

/* The server's first message to the client's, which is the last word of @said. */
static char *
make_challenge (const char *said)
{
  g_autofree char *line = g_strchomp (g_strdup (said));
  gsize length = 0;
  g_autofree guchar *octets
      = g_base64_decode (strrchr (line, ' ') != NULL ? strrchr (line, ' ') + 1 : line, &length);
  g_autofree char *first = g_strndup ((const char *) octets, length);
  g_autofree char *challenge
      = g_strdup_printf ("r=%sserver,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=" ITERATIONS,
                         strstr (first, ",r=") + 3);
  return g_base64_encode ((const guchar *) challenge, strlen (challenge));
}

/* While the work is done nothing is said, and nothing that comes is looked at. */
static void
check_work (ProtoEngine *engine, gboolean (*pull) (gpointer client), gpointer client)
{
  g_autofree char *silence = NULL;

  g_assert_false (pull (client));
  silence = take (engine);
  g_assert_cmpstr (silence, ==, "");
  g_autoptr (ProtoWork) work = proto_engine_take_work (engine);
  g_assert_nonnull (work);
  g_assert_null (proto_engine_take_work (engine));
  work->run (work);
  proto_engine_work_done (engine);
  g_autofree char *answer = take (engine);
  gsize length = 0;
  g_autofree guchar *octets = g_base64_decode (answer, &length);
  g_assert_cmpuint (length, >, 10);
  g_assert_true (strncmp ((const char *) octets, "c=biws,r=", 9) == 0);
}

static gboolean
pull_smtp (gpointer client)
{
  ProtoSmtpClientEvent event;

  return proto_smtp_client_next (client, &event);
}

static void
test_smtp (void)
{
  g_autoptr (ProtoCredentials) credentials = make_credentials ();
  ProtoSmtpClientConfig config;

  proto_smtp_client_config_init (&config);
  config.starttls = PROTO_STARTTLS_NEVER;
  config.auth_in_clear = TRUE;
  config.credentials = credentials;
  g_autoptr (ProtoSmtpClient) client = proto_smtp_client_new (&config, FALSE);
  ProtoEngine *engine = proto_smtp_client_get_engine (client);
  proto_engine_offer_work (engine);
  hear (engine, "220 x\r\n250-x\r\n250 AUTH SCRAM-SHA-256\r\n");
  g_assert_false (pull_smtp (client));
  g_autofree char *said = take (engine);
  g_autofree char *challenge = make_challenge (said);
  g_autofree char *line = g_strdup_printf ("334 %s\r\n235 Early\r\n", challenge);
  hear (engine, line);
  check_work (engine, pull_smtp, client);
  /* The early word is looked at now, and not believed: the server has proved nothing. */
  ProtoSmtpClientEvent event;
  g_assert_true (proto_smtp_client_next (client, &event));
  g_assert_cmpint (event.type, ==, PROTO_SMTP_CLIENT_FAILED);
}

static gboolean
pull_pop3 (gpointer client)
{
  ProtoPop3ClientEvent event;

  return proto_pop3_client_next (client, &event);
}

static void
test_pop3 (void)
{
  g_autoptr (ProtoCredentials) credentials = make_credentials ();
  ProtoPop3ClientConfig config;

  proto_pop3_client_config_init (&config);
  config.stls = PROTO_STARTTLS_NEVER;
  config.auth_in_clear = TRUE;
  config.credentials = credentials;
  ProtoPop3Client *client = proto_pop3_client_new (&config, FALSE);
  ProtoEngine *engine = proto_pop3_client_get_engine (client);
  proto_engine_offer_work (engine);
  hear (engine, "+OK x\r\n+OK\r\nSASL SCRAM-SHA-256\r\n.\r\n");
  g_assert_false (pull_pop3 (client));
  g_autofree char *said = take (engine);
  g_assert_nonnull (strstr (said, "AUTH SCRAM-SHA-256"));
  hear (engine, "+ \r\n");
  g_assert_false (pull_pop3 (client));
  g_autofree char *first = take (engine);
  g_autofree char *challenge = make_challenge (first);
  g_autofree char *line = g_strdup_printf ("+ %s\r\n+OK Early\r\n", challenge);
  hear (engine, line);
  check_work (engine, pull_pop3, client);
  ProtoPop3ClientEvent event;
  g_assert_true (proto_pop3_client_next (client, &event));
  g_assert_cmpint (event.type, ==, PROTO_POP3_CLIENT_FAILED);
  proto_pop3_client_free (client);
}

/* The engine may be gone before its work is done. */
static void
test_given_up (void)
{
  g_autoptr (ProtoCredentials) credentials = make_credentials ();
  g_autoptr (ProtoSaslClient) sasl
      = proto_sasl_client_new (PROTO_SASL_SCRAM_SHA_256, credentials, NULL);
  g_autofree char *initial = proto_sasl_client_initial (sasl);
  g_autofree char *challenge = make_challenge (initial);
  g_autoptr (ProtoWork) work = proto_sasl_client_prepare (sasl, challenge);

  g_assert_nonnull (work);
  g_assert_null (proto_sasl_client_prepare (sasl, challenge));
  g_clear_pointer (&sasl, proto_sasl_client_free);
  work->run (work);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/proto/work/smtp", test_smtp);
  g_test_add_func ("/proto/work/pop3", test_pop3);
  g_test_add_func ("/proto/work/given-up", test_given_up);
  return g_test_run ();
}
