/* SPDX-License-Identifier: MIT */
#include "server-fixture.h"

#include <base-secret.h>
#include <proto-sasl.h>
#include <store-site.h>
#include <string.h>

/* ---- a client ---- */

static Client *
greet (Fixture *fixture, EnginePort port)
{
  Client *client = client_connect (fixture, port);

  g_assert_nonnull (client);
  if (!client->pop3)
    client_do (client, "EHLO client.example", "250");
  return client;
}

/* What the client's TLS, which is GnuTLS itself, can be bound to. */
static GBytes *
get_binding (Client *client, gnutls_channel_binding_t type)
{
  gnutls_datum_t datum = { NULL, 0 };

  if (gnutls_session_channel_binding (client->tls, type, &datum) < 0)
    return NULL;
  GBytes *bytes = g_bytes_new (datum.data, datum.size);
  gnutls_free (datum.data);
  return bytes;
}

/* The whole exchange; returns the server's last reply. */
static char *
authenticate (Client *client,
              ProtoSaslMechanisms mechanism,
              const char *user,
              const char *password,
              GBytes *const *bindings)
{
  g_autoptr (BaseSecret) secret = base_secret_new (password, -1);
  g_autoptr (ProtoCredentials) credentials = proto_credentials_new (user, secret);
  g_autoptr (ProtoSaslClient) sasl = proto_sasl_client_new (mechanism, credentials, bindings);
  g_autofree char *initial = proto_sasl_client_initial (sasl);
  const char *prefix = client->pop3 ? "+ " : "334 ";

  client_say (client, "AUTH %s %s", proto_sasl_get_name (mechanism), initial);
  for (;;)
    {
      g_autofree char *reply = client_reply (client);
      g_autofree char *response = NULL;
      g_assert_nonnull (reply);
      if (!g_str_has_prefix (reply, prefix))
        {
          g_assert_true (reply[0] == '-' || reply[0] > '2' || proto_sasl_client_is_complete (sasl));
          return g_steal_pointer (&reply);
        }
      g_assert_cmpint (proto_sasl_client_step (sasl, reply + strlen (prefix), &response), ==,
                       PROTO_SASL_CONTINUE);
      client_say (client, "%s", response);
    }
}

static void
expect (Client *client,
        ProtoSaslMechanisms mechanism,
        const char *user,
        const char *password,
        const char *prefix)
{
  g_autofree char *reply = authenticate (client, mechanism, user, password, NULL);

  if (!g_str_has_prefix (reply, prefix))
    g_error ("“%s” was expected, “%s” came", prefix, reply);
}

/* ---- users ---- */

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
finish (Fixture *fixture, GAsyncResult **result)
{
  g_autoptr (GError) error = NULL;

  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (engine_server_finish (fixture->server, *result, &error));
  g_assert_no_error (error);
}

/* As a person adds one. */
static void
add_user (Fixture *fixture, const char *name, const char *password)
{
  g_autoptr (GAsyncResult) result = NULL;

  engine_server_add_user_async (fixture->server, name, password, NULL, on_result, &result);
  finish (fixture, &result);
}

static void
set_password (Fixture *fixture, const char *name, const char *password)
{
  g_autoptr (GAsyncResult) result = NULL;

  engine_server_set_password_async (fixture->server, name, password, NULL, on_result, &result);
  finish (fixture, &result);
}

/* Wrong passwords are answered at once. */
static Fixture *
open_quick (const char *directory)
{
  Fixture *fixture = fixture_open (directory);

  fixture->config->limits.delay_seconds = 0;
  return fixture;
}

static void
with_ann (void (*function) (Fixture *fixture, gpointer data))
{
  Fixture *fixture = open_quick (NULL);

  add_user (fixture, "ann", "p\xc3\xa4ss w\xc3\xb6rd");
  fixture_start (fixture);
  fixture_run (fixture, function, NULL);
  fixture_close (fixture, FALSE);
}

#define PASSWORD "p\xc3\xa4ss w\xc3\xb6rd"
/* The same letters in another way, which SASLprep makes one. */
#define DECOMPOSED "pa\xcc\x88ss w\xc3\xb6rd"

/* ---- SCRAM ---- */

static void
scram (Fixture *fixture, gpointer data)
{
  g_autofree char *verifier = store_site_dup_verifier (fixture->site, "ann");
  g_assert_true (g_str_has_prefix (verifier, "SCRAM-SHA-256$"));

  g_autoptr (Client) smtp = greet (fixture, ENGINE_PORT_SUBMISSION);
  client_do (smtp, "STARTTLS", "220");
  client_shake (smtp, fixture);
  client_do (smtp, "EHLO client.example", "250");
  expect (smtp, PROTO_SASL_SCRAM_SHA_256, "ann", "wrong", "535 5.7.8");
  expect (smtp, PROTO_SASL_SCRAM_SHA_256, "nobody", PASSWORD, "535 5.7.8");
  expect (smtp, PROTO_SASL_SCRAM_SHA_256, "Ann", PASSWORD, "235 2.7.0");
  client_do (smtp, "MAIL FROM:<ann@postroom.test>", "250");

  g_autoptr (Client) pop3 = greet (fixture, ENGINE_PORT_POP3S);
  expect (pop3, PROTO_SASL_SCRAM_SHA_256, "ann", "wrong", "-ERR [AUTH]");
  expect (pop3, PROTO_SASL_SCRAM_SHA_256, "ann@postroom.test", DECOMPOSED, "+OK");
  client_do (pop3, "QUIT", "+OK");

  /* The same keys serve those who send the password. */
  g_autoptr (Client) plain = greet (fixture, ENGINE_PORT_SMTPS);
  expect (plain, PROTO_SASL_PLAIN, "ann", "pass word", "535 5.7.8");
  expect (plain, PROTO_SASL_PLAIN, "ann", DECOMPOSED, "235");
  g_autoptr (Client) pass = greet (fixture, ENGINE_PORT_POP3S);
  client_do (pass, "USER ann", "+OK");
  client_do (pass, "PASS " PASSWORD, "+OK");
}

static void
test_scram (void)
{
  with_ann (scram);
}

static void
plus_with (Fixture *fixture, EnginePort port, ProtoBinding binding, gnutls_channel_binding_t type)
{
  g_autoptr (Client) client = greet (fixture, port);
  g_autoptr (GBytes) bytes = get_binding (client, type);
  g_autoptr (GBytes) other = g_bytes_new_static ("somebody else's", 15);
  GBytes *bindings[PROTO_N_BINDINGS] = { NULL };

  g_assert_nonnull (bytes);
  bindings[binding] = other;
  g_autofree char *wrong
      = authenticate (client, PROTO_SASL_SCRAM_SHA_256_PLUS, "ann", PASSWORD, bindings);
  g_assert_true (g_str_has_prefix (wrong, client->pop3 ? "-ERR [AUTH]" : "535 5.7.8"));
  /* "I could have been bound, had you offered that." */
  g_autofree char *downgraded
      = authenticate (client, PROTO_SASL_SCRAM_SHA_256, "ann", PASSWORD, bindings);
  g_assert_true (g_str_has_prefix (downgraded, client->pop3 ? "-ERR [AUTH]" : "535 5.7.8"));
  bindings[binding] = bytes;
  g_autofree char *right
      = authenticate (client, PROTO_SASL_SCRAM_SHA_256_PLUS, "ann", PASSWORD, bindings);
  g_assert_true (g_str_has_prefix (right, client->pop3 ? "+OK" : "235"));
}

static void
plus (Fixture *fixture, gpointer data)
{
  plus_with (fixture, ENGINE_PORT_SMTPS, PROTO_BINDING_EXPORTER, GNUTLS_CB_TLS_EXPORTER);
  plus_with (fixture, ENGINE_PORT_POP3S, PROTO_BINDING_SERVER_END_POINT,
             GNUTLS_CB_TLS_SERVER_END_POINT);
  fixture->priority = "NORMAL:-VERS-TLS1.3";
  plus_with (fixture, ENGINE_PORT_SMTPS, PROTO_BINDING_UNIQUE, GNUTLS_CB_TLS_UNIQUE);
}

static void
test_plus (void)
{
  with_ann (plus);
}

/* The first challenge, without the nonce. */
static char *
ask_salt (Fixture *fixture, const char *user)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTPS);
  g_autofree char *first = g_strdup_printf ("n,,n=%s,r=abc", user);
  g_autofree char *text = g_base64_encode ((const guchar *) first, strlen (first));

  client_say (client, "AUTH SCRAM-SHA-256 %s", text);
  g_autofree char *reply = client_reply (client);
  g_assert_true (g_str_has_prefix (reply, "334 "));
  gsize length = 0;
  g_autofree guchar *octets = g_base64_decode (reply + 4, &length);
  g_autofree char *challenge = g_strndup ((const char *) octets, length);
  return g_strdup (strstr (challenge, ",s="));
}

/* Nobody can be told from somebody. */
static void
salts (Fixture *fixture, gpointer data)
{
  g_autofree char *ann = ask_salt (fixture, "ann");
  g_autofree char *same = ask_salt (fixture, "ANN@postroom.test");
  g_autofree char *carl = ask_salt (fixture, "carl");
  g_autofree char *again = ask_salt (fixture, "Carl");
  g_autofree char *dora = ask_salt (fixture, "dora");

  g_assert_cmpstr (ann, ==, same);
  g_assert_cmpuint (strlen (ann), ==, strlen (carl));
  g_assert_cmpstr (carl, ==, again);
  g_assert_cmpstr (carl, !=, dora);
  g_assert_cmpstr (ann, !=, carl);
  g_assert_cmpstr (strstr (ann, ",i="), ==, strstr (carl, ",i="));
  if (data != NULL)
    {
      char **kept = data;
      if (*kept != NULL)
        g_assert_cmpstr (carl, ==, *kept);
      g_free (*kept);
      *kept = g_steal_pointer (&carl);
    }
}

/* Nor at another time. */
static void
test_salts (void)
{
  Fixture *fixture = open_quick (NULL);
  g_autofree char *kept = NULL;
  g_autofree char *directory = g_strdup (fixture->directory);

  add_user (fixture, "ann", PASSWORD);
  fixture_start (fixture);
  fixture_run (fixture, salts, &kept);
  fixture_close (fixture, TRUE);
  fixture = open_quick (directory);
  fixture_start (fixture);
  fixture_run (fixture, salts, &kept);
  fixture_close (fixture, FALSE);
}

/* ---- what was before ---- */

static void
old_form (Fixture *fixture, gpointer data)
{
  g_autofree char *before = store_site_dup_verifier (fixture->site, "ann");
  g_assert_cmpstr (before, ==, SECRET_VERIFIER);

  g_autoptr (Client) first = greet (fixture, ENGINE_PORT_SMTPS);
  expect (first, PROTO_SASL_PLAIN, "ann", "wrong", "535");
  expect (first, PROTO_SASL_PLAIN, "ann", "secret", "235");
  g_autofree char *after = NULL;
  /* Nobody waits for it to be written. */
  while (after == NULL || g_str_equal (before, after))
    {
      g_free (after);
      after = store_site_dup_verifier (fixture->site, "ann");
      g_usleep (1000);
    }
  g_assert_true (g_str_has_prefix (after, "SCRAM-SHA-256$210000:"));

  g_autoptr (Client) second = greet (fixture, ENGINE_PORT_SMTPS);
  expect (second, PROTO_SASL_SCRAM_SHA_256, "ann", "secret", "235");
  g_autoptr (Client) third = greet (fixture, ENGINE_PORT_SMTPS);
  expect (third, PROTO_SASL_PLAIN, "ann", "secret", "235");
}

static void
test_old_form (void)
{
  Fixture *fixture = open_quick (NULL);

  fixture_add_user (fixture, "ann");
  fixture_start (fixture);
  fixture_run (fixture, old_form, NULL);
  fixture_close (fixture, FALSE);
}

/* ---- domains ---- */

static void
domains (Fixture *fixture, gpointer data)
{
  static const char *const names[] = { "ann", "ann@postroom.test", "ANN@Second.Test" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTPS);
      expect (client, PROTO_SASL_PLAIN, names[i], PASSWORD, "235");
      g_autoptr (Client) pop3 = greet (fixture, ENGINE_PORT_POP3S);
      expect (pop3, PROTO_SASL_SCRAM_SHA_256, names[i], PASSWORD, "+OK");
    }
  g_autoptr (Client) other = greet (fixture, ENGINE_PORT_SMTPS);
  expect (other, PROTO_SASL_PLAIN, "ann@example.org", PASSWORD, "535");
  expect (other, PROTO_SASL_SCRAM_SHA_256, "ann@example.org", PASSWORD, "535");
}

static void
test_domains (void)
{
  Fixture *fixture = open_quick (NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  add_user (fixture, "ann", PASSWORD);
  store_site_add_domain_async (fixture->site, "second.test", NULL, on_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (store_site_finish (fixture->site, result, &error));
  fixture_start (fixture);
  fixture_run (fixture, domains, NULL);
  fixture_close (fixture, FALSE);
}

/* ---- the demonstration ---- */

/* RFC 2195: an answer to whatever the challenge is. */
static void
cram (Client *client, const char *user, const char *password, const char *prefix)
{
  gsize length = 0;

  client_say (client, "AUTH CRAM-MD5");
  g_autofree char *reply = client_reply (client);
  g_assert_true (g_str_has_prefix (reply, client->pop3 ? "+ " : "334 "));
  g_autofree guchar *challenge = g_base64_decode (strchr (reply, ' ') + 1, &length);
  g_autofree char *digest = g_compute_hmac_for_data (G_CHECKSUM_MD5, (const guchar *) password,
                                                     strlen (password), challenge, length);
  g_autofree char *answer = g_strdup_printf ("%s %s", user, digest);
  g_autofree char *text = g_base64_encode ((const guchar *) answer, strlen (answer));
  client_do (client, text, prefix);
}

/* RFC 1939 section 7; @line is the greeting. */
static void
apop (Client *client, const char *line, const char *user, const char *password, const char *prefix)
{
  const char *stamp = strchr (line, '<');

  g_assert_nonnull (stamp);
  g_autofree char *both = g_strconcat (stamp, password, NULL);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_MD5, both, -1);
  g_autofree char *command = g_strdup_printf ("APOP %s %s", user, digest);
  client_do (client, command, prefix);
}

static void
demonstration (Fixture *fixture, gpointer data)
{
  /* On an open wire: the password does not cross it. */
  g_autoptr (Client) smtp = greet (fixture, ENGINE_PORT_SMTP);
  client_say (smtp, "EHLO client.example");
  g_autofree char *features = client_reply (smtp);
  g_assert_nonnull (strstr (features, "AUTH CRAM-MD5\n"));
  client_do (smtp, "AUTH PLAIN AGFubgBzZWNyZXQ=", "538");
  cram (smtp, "ann", "wrong", "535 5.7.8");
  cram (smtp, "nobody", "", "535 5.7.8");
  /* Set before the demonstration was on: there is nothing kept to check it by. */
  cram (smtp, "old", "secret", "535 5.7.8");
  cram (smtp, "old", "", "535 5.7.8");
  cram (smtp, "ann", PASSWORD, "235");

  g_autoptr (Client) pop3 = greet (fixture, ENGINE_PORT_POP3S);
  cram (pop3, "bob@postroom.test", "bob's", "+OK");
  g_autoptr (Client) first = client_connect (fixture, ENGINE_PORT_POP3);
  apop (first, first->greeting, "ann", "wrong", "-ERR [AUTH]");
  apop (first, first->greeting, "old", "", "-ERR [AUTH]");
  apop (first, first->greeting, "ann", PASSWORD, "+OK");
  g_autoptr (Client) second = client_connect (fixture, ENGINE_PORT_POP3);
  g_assert_cmpstr (first->greeting, !=, second->greeting);
}

static void
no_demonstration (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) smtp = greet (fixture, ENGINE_PORT_SMTPS);
  client_say (smtp, "EHLO client.example");
  g_autofree char *features = client_reply (smtp);
  g_assert_null (strstr (features, "CRAM-MD5"));
  client_do (smtp, "AUTH CRAM-MD5", "504");
  g_autoptr (Client) pop3 = client_connect (fixture, ENGINE_PORT_POP3);
  g_assert_null (strchr (pop3->greeting, '<'));
  client_do (pop3, "APOP ann c4c9334bac560ecc979e58001b3e22fb", "-ERR");
  client_do (pop3, "AUTH CRAM-MD5", "-ERR");
}

static void
check_secret (Fixture *fixture, const char *user, const char *expected)
{
  g_autofree char *secret = store_site_dup_secret (fixture->site, user);

  g_assert_cmpstr (secret, ==, expected);
}

static void
test_demonstration (void)
{
  Fixture *fixture = open_quick (NULL);
  g_autofree char *directory = g_strdup (fixture->directory);

  add_user (fixture, "ann", "first");
  add_user (fixture, "old", "secret");
  check_secret (fixture, "ann", NULL);
  engine_server_set_demonstration_auth (fixture->server, TRUE);
  fixture->config->demonstration_auth = TRUE;
  set_password (fixture, "ann", PASSWORD);
  check_secret (fixture, "ann", PASSWORD);
  fixture_start (fixture);
  add_user (fixture, "bob", "bob's");
  fixture_run (fixture, demonstration, NULL);
  /* Another password takes the old one with it. */
  set_password (fixture, "ann", "another");
  check_secret (fixture, "ann", "another");
  fixture_close (fixture, TRUE);

  fixture = open_quick (directory);
  g_assert_true (engine_server_get_config (fixture->server)->demonstration_auth);
  check_secret (fixture, "bob", "bob's");
  fixture_start (fixture);
  set_password (fixture, "old", "secret");
  fixture_run (fixture, no_demonstration, NULL);
  fixture_close (fixture, TRUE);

  fixture = open_quick (directory);
  check_secret (fixture, "ann", NULL);
  check_secret (fixture, "bob", NULL);
  check_secret (fixture, "old", NULL);
  fixture_start (fixture);
  fixture_close (fixture, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/server/auth/scram", test_scram);
  g_test_add_func ("/engine/server/auth/plus", test_plus);
  g_test_add_func ("/engine/server/auth/salts", test_salts);
  g_test_add_func ("/engine/server/auth/old-form", test_old_form);
  g_test_add_func ("/engine/server/auth/domains", test_domains);
  g_test_add_func ("/engine/server/auth/demonstration", test_demonstration);
  return g_test_run ();
}
