/* SPDX-License-Identifier: MIT */
#include "end.h"

#include <base-clock.h>

#include <string.h>

#define HOUR 3600
#define DAY  (24 * HOUR)

typedef struct
{
  char *directory;
  NetIdentity *identity;
  GSocketConnection *wire[2];
  End server;
  End client;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->directory = make_directory ();
  fixture->identity = net_identity_ensure (fixture->directory, &error);
  g_assert_no_error (error);
  socket_pair (fixture->wire);
  end_init (&fixture->server, G_IO_STREAM (fixture->wire[0]), TRUE);
  end_init (&fixture->client, G_IO_STREAM (fixture->wire[1]), FALSE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  end_clear (&fixture->server);
  end_clear (&fixture->client);
  g_clear_object (&fixture->wire[0]);
  g_clear_object (&fixture->wire[1]);
  net_identity_unref (fixture->identity);
  remove_directory (fixture->directory);
  g_free (fixture->directory);
}

static void
start (Fixture *fixture,
       GTlsCertificate *certificate,
       GTlsDatabase *trust,
       const char *name,
       gboolean implicit)
{
  g_autoptr (GSocketConnectable) peer = g_network_address_new (name, 25);

  net_link_set_server_tls (fixture->server.link, certificate, implicit);
  net_link_set_client_tls (fixture->client.link, peer, trust, implicit);
  end_start (&fixture->server, NULL);
  end_start (&fixture->client, NULL);
}

static void
test_implicit (Fixture *fixture, gconstpointer name)
{
  echo_say (fixture->client.echo, "hello");
  echo_say (fixture->client.echo, "QUIT");
  start (fixture, net_identity_get_certificate (fixture->identity),
         net_identity_get_trust (fixture->identity), name, TRUE);
  run_until_ended (&fixture->server, &fixture->client);
  g_assert_no_error (fixture->server.error);
  g_assert_no_error (fixture->client.error);
  g_assert_cmpstr (fixture->client.echo->lines->pdata[0], ==, "hello");
  g_assert_true (fixture->client.echo->engine.tls);
  g_assert_true (
      g_str_has_prefix (net_link_get_tls_description (fixture->client.link), "TLSv1.3 TLS_"));
  g_assert_cmpstr (fixture->server.echo->tls, ==,
                   net_link_get_tls_description (fixture->server.link));
  /* What a log-in is bound to: the same on both sides, and in TLS 1.3 no tls-unique. */
  for (guint i = 0; i < PROTO_N_BINDINGS; i++)
    {
      GBytes *ours = fixture->client.echo->engine.bindings[i];
      GBytes *theirs = fixture->server.echo->engine.bindings[i];
      g_assert_true ((ours == NULL) == (i == PROTO_BINDING_UNIQUE));
      g_assert_true ((theirs == NULL) == (i == PROTO_BINDING_UNIQUE));
      g_assert_true (ours == NULL || g_bytes_equal (ours, theirs));
    }
}

/* Clear words first, then TLS, then words that are encrypted. */
static void
test_upgrade (Fixture *fixture, gconstpointer data)
{
  echo_say (fixture->client.echo, "clear");
  echo_say (fixture->client.echo, "STARTTLS");
  start (fixture, net_identity_get_certificate (fixture->identity),
         net_identity_get_trust (fixture->identity), "localhost", FALSE);
  while (!fixture->client.echo->engine.tls && fixture->client.ended == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_no_error (fixture->client.error);
  g_assert_cmpstr (echo_get_last (fixture->client.echo), ==, "GO");
  echo_say (fixture->client.echo, "secret");
  echo_say (fixture->client.echo, "QUIT");
  net_link_kick (fixture->client.link);
  run_until_ended (&fixture->server, &fixture->client);
  g_assert_no_error (fixture->client.error);
  g_assert_no_error (fixture->server.error);
  g_assert_cmpuint (fixture->client.echo->lines->len, ==, 4);
  g_assert_cmpstr (fixture->client.echo->lines->pdata[2], ==, "secret");
}

static void
flood (End *end)
{
  g_autofree char *line = g_strnfill (1000, 'x');

  while (end->left > 0 && end->echo->engine.tls
         && proto_engine_get_output_length (&end->echo->engine) < 100000)
    {
      echo_say (end->echo, line);
      end->left -= 1000;
      if (end->left == 0)
        echo_say (end->echo, "QUIT");
    }
}

static void
test_much (Fixture *fixture, gconstpointer data)
{
  fixture->client.more = flood;
  fixture->client.left = 6000000;
  start (fixture, net_identity_get_certificate (fixture->identity),
         net_identity_get_trust (fixture->identity), "localhost", TRUE);
  run_until_ended (&fixture->server, &fixture->client);
  g_assert_no_error (fixture->client.error);
  g_assert_no_error (fixture->server.error);
  g_assert_cmpuint (fixture->client.echo->lines->len, ==, 6001);
}

static void
assert_refused (Fixture *fixture, const char *words)
{
  run_until_ended (&fixture->server, &fixture->client);
  g_assert_error (fixture->client.error, NET_ERROR, NET_ERROR_CERTIFICATE);
  g_test_message ("%s", fixture->client.error->message);
  g_assert_nonnull (strstr (fixture->client.error->message, words));
  g_assert_false (fixture->client.echo->engine.tls);
  g_assert_cmpuint (fixture->server.echo->lines->len, ==, 0); /* nothing was said */
}

static void
test_wrong_name (Fixture *fixture, gconstpointer data)
{
  echo_say (fixture->client.echo, "password");
  start (fixture, net_identity_get_certificate (fixture->identity),
         net_identity_get_trust (fixture->identity), "mail.example", TRUE);
  assert_refused (fixture, "it is for localhost, 127.0.0.1, ::1 and not for mail.example");
}

static void
test_wrong_address (Fixture *fixture, gconstpointer data)
{
  echo_say (fixture->client.echo, "password");
  start (fixture, net_identity_get_certificate (fixture->identity),
         net_identity_get_trust (fixture->identity), "127.0.0.2", TRUE);
  assert_refused (fixture, "not for 127.0.0.2");
}

/* The system's authorities know nothing of ours. */
static void
test_unknown_authority (Fixture *fixture, gconstpointer data)
{
  echo_say (fixture->client.echo, "password");
  start (fixture, net_identity_get_certificate (fixture->identity), NULL, "localhost", TRUE);
  assert_refused (fixture, "not signed by an authority that is trusted here");
}

static void
refuse_made (Fixture *fixture, gint64 from, gint64 to, const char *words)
{
  g_autofree char *pem = NULL;
  g_autofree char *file = g_build_filename (fixture->directory, "other.pem", NULL);
  g_autoptr (GTlsCertificate) certificate = make_certificate ("localhost", from, to, &pem);
  g_autoptr (GTlsDatabase) trust = NULL;

  g_assert_true (g_file_set_contents (file, pem, -1, NULL));
  trust = g_tls_file_database_new (file, NULL);
  g_assert_nonnull (trust);
  start (fixture, certificate, trust, "localhost", TRUE);
  assert_refused (fixture, words);
}

static void
test_expired (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) then = g_date_time_add_days (now, -2);
  g_autofree char *day = g_date_time_format (then, "it has been out of date since %Y-%m-%d");

  refuse_made (fixture, -10 * DAY, -2 * DAY, day);
}

static void
test_not_yet_valid (Fixture *fixture, gconstpointer data)
{
  refuse_made (fixture, 2 * DAY, 10 * DAY, "it is not valid before");
}

/* Garbage instead of a handshake. */
static void
test_garbage (Fixture *fixture, gconstpointer data)
{
  GSocket *raw = g_socket_connection_get_socket (fixture->wire[1]);

  net_link_set_server_tls (fixture->server.link, net_identity_get_certificate (fixture->identity),
                           TRUE);
  end_start (&fixture->server, NULL);
  g_socket_send (raw, "GET / HTTP/1.0\r\n\r\n", 18, NULL, NULL);
  run_until_ended (&fixture->server, NULL);
  g_assert_error (fixture->server.error, NET_ERROR, NET_ERROR_TLS);
}

static void
test_silent_handshake (Fixture *fixture, gconstpointer data)
{
  net_link_set_server_tls (fixture->server.link, net_identity_get_certificate (fixture->identity),
                           TRUE);
  end_start (&fixture->server, NULL);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (fixture->server.ended, ==, 0);
  base_clock_advance (31 * G_USEC_PER_SEC);
  net_link_kick (fixture->server.link);
  run_until_ended (&fixture->server, NULL);
  g_assert_error (fixture->server.error, NET_ERROR, NET_ERROR_TIMEOUT);
}

static void
test_cancelled_handshake (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  net_link_set_server_tls (fixture->server.link, net_identity_get_certificate (fixture->identity),
                           TRUE);
  end_start (&fixture->server, cancellable);
  g_main_context_iteration (NULL, FALSE);
  g_cancellable_cancel (cancellable);
  run_until_ended (&fixture->server, NULL);
  g_assert_error (fixture->server.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* The wire ends without TLS's goodbye. */
static void
test_truncated (Fixture *fixture, gconstpointer data)
{
  echo_say (fixture->client.echo, "hello");
  start (fixture, net_identity_get_certificate (fixture->identity),
         net_identity_get_trust (fixture->identity), "localhost", TRUE);
  run_until_lines (&fixture->client, 1);
  net_link_abort (fixture->client.link);
  fixture->server.echo->held = TRUE; /* there was more to be said */
  run_until_ended (&fixture->server, &fixture->client);
  g_assert_true (fixture->server.echo->engine.eof);
  g_assert_error (fixture->server.error, NET_ERROR, NET_ERROR_CLOSED);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, data, test) g_test_add ("/net/tls/" path, Fixture, data, set_up, test, tear_down)
  ADD ("implicit", "localhost", test_implicit);
  ADD ("implicit/127.0.0.1", "127.0.0.1", test_implicit);
  ADD ("implicit/::1", "::1", test_implicit);
  ADD ("upgrade", NULL, test_upgrade);
  ADD ("much", NULL, test_much);
  ADD ("wrong-name", NULL, test_wrong_name);
  ADD ("wrong-address", NULL, test_wrong_address);
  ADD ("unknown-authority", NULL, test_unknown_authority);
  ADD ("expired", NULL, test_expired);
  ADD ("not-yet-valid", NULL, test_not_yet_valid);
  ADD ("garbage", NULL, test_garbage);
  ADD ("silent-handshake", NULL, test_silent_handshake);
  ADD ("cancelled-handshake", NULL, test_cancelled_handshake);
  ADD ("truncated", NULL, test_truncated);
  return g_test_run ();
}
