/* SPDX-License-Identifier: MIT */
#include "end.h"

#include <base-clock.h>

#include <string.h>
#include <sys/socket.h>

typedef struct
{
  GSocketConnection *wire[2];
  End server;
  End client;
} Pair;

static void
pair_init (Pair *pair)
{
  socket_pair (pair->wire);
  end_init (&pair->server, G_IO_STREAM (pair->wire[0]), TRUE);
  end_init (&pair->client, G_IO_STREAM (pair->wire[1]), FALSE);
}

static void
pair_clear (Pair *pair)
{
  end_clear (&pair->server);
  end_clear (&pair->client);
  g_clear_object (&pair->wire[0]);
  g_clear_object (&pair->wire[1]);
}

static void
pair_start (Pair *pair)
{
  end_start (&pair->server, NULL);
  end_start (&pair->client, NULL);
}

static void
test_echo (void)
{
  Pair pair;

  pair_init (&pair);
  echo_say (pair.client.echo, "hello");
  echo_say (pair.client.echo, "QUIT");
  pair_start (&pair);
  run_until_ended (&pair.server, &pair.client);
  g_assert_no_error (pair.server.error);
  g_assert_no_error (pair.client.error);
  g_assert_cmpstr (pair.client.echo->lines->pdata[0], ==, "hello");
  g_assert_cmpstr (echo_get_last (pair.client.echo), ==, "BYE");
  g_assert_null (net_link_get_tls_description (pair.client.link));
  pair_clear (&pair);
}

/* The maker may kick and let go from within progress. */
static void
test_kick_and_drop_within_progress (void)
{
  Pair pair;

  pair_init (&pair);
  pair.server.kicks = pair.client.kicks = TRUE;
  pair.server.drops = TRUE;
  echo_say (pair.client.echo, "hello");
  echo_say (pair.client.echo, "QUIT");
  pair_start (&pair);
  run_until_ended (&pair.server, &pair.client);
  g_assert_no_error (pair.client.error);
  g_assert_cmpuint (pair.server.progress, <, 20);
  g_assert_cmpuint (pair.client.progress, <, 20);
  pair_clear (&pair);
}

/* An answer given outside of progress goes out by a kick. */
static void
test_answer_later (void)
{
  Pair pair;

  pair_init (&pair);
  echo_say (pair.client.echo, "HOLD");
  echo_say (pair.client.echo, "after");
  pair_start (&pair);
  run_until_lines (&pair.server, 1);
  g_assert_true (pair.server.echo->held);
  g_assert_cmpuint (pair.client.echo->lines->len, ==, 0);
  echo_resume (pair.server.echo);
  net_link_kick (pair.server.link);
  run_until_lines (&pair.client, 1);
  g_assert_cmpstr (echo_get_last (pair.client.echo), ==, "after");
  net_link_abort (pair.client.link);
  g_assert_cmpuint (pair.client.ended, ==, 0); /* not from within the call */
  run_until_ended (&pair.server, &pair.client);
  g_assert_error (pair.client.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  pair_clear (&pair);
}

static void
test_cancel (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Pair pair;

  pair_init (&pair);
  end_start (&pair.server, cancellable);
  end_start (&pair.client, NULL);
  echo_say (pair.client.echo, "hello");
  run_until_lines (&pair.client, 1);
  g_cancellable_cancel (cancellable);
  run_until_ended (&pair.server, &pair.client);
  g_assert_error (pair.server.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_no_error (pair.client.error); /* saw a clean close */
  pair_clear (&pair);
}

static void
test_idle_timeout (void)
{
  Pair pair;

  pair_init (&pair);
  proto_engine_set_timeout (&pair.server.echo->engine, 300 * G_USEC_PER_SEC);
  echo_say (pair.client.echo, "hello");
  pair_start (&pair);
  run_until_lines (&pair.client, 1);
  g_assert_false (pair.server.echo->timed_out);
  base_clock_advance (301 * G_USEC_PER_SEC);
  net_link_kick (pair.server.link);
  run_until_ended (&pair.server, &pair.client);
  g_assert_true (pair.server.echo->timed_out);
  g_assert_cmpstr (echo_get_last (pair.client.echo), ==, "BYE");
  pair_clear (&pair);
}

/* The link's own clock wakes it. */
static void
test_deadline_wakes (void)
{
  Pair pair;

  pair_init (&pair);
  proto_engine_set_timeout (&pair.server.echo->engine, 20000);
  pair_start (&pair);
  run_until_ended (&pair.server, &pair.client);
  g_assert_true (pair.server.echo->timed_out);
  pair_clear (&pair);
}

/* A peer that says everything and closes its side still gets its answers. */
static void
test_half_close (void)
{
  Pair pair;
  GSocket *raw = NULL;
  char reply[200] = "";
  gsize got = 0;

  pair_init (&pair);
  end_start (&pair.server, NULL);
  raw = g_socket_connection_get_socket (pair.wire[1]);
  g_assert_cmpint (g_socket_send (raw, "HOLD\r\nlate\r\n", 12, NULL, NULL), ==, 12);
  g_assert_true (g_socket_shutdown (raw, FALSE, TRUE, NULL));
  run_until_lines (&pair.server, 1);
  while (!pair.server.echo->engine.eof)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (pair.server.ended, ==, 0);
  echo_resume (pair.server.echo);
  net_link_kick (pair.server.link);
  run_until_ended (&pair.server, NULL);
  g_assert_no_error (pair.server.error);
  for (gssize n = 1; n > 0 && got < sizeof reply - 1; got += (gsize) MAX (n, 0))
    n = g_socket_receive (raw, reply + got, sizeof reply - 1 - got, NULL, NULL);
  g_assert_cmpstr (reply, ==, "late\r\n");
  pair.client.echo->engine.done = TRUE;
  end_start (&pair.client, NULL);
  run_until_ended (&pair.client, NULL);
  pair_clear (&pair);
}

/* A peer that sends and never reads: the server stops reading, and its memory stays small. */
static void
flood (End *end)
{
  g_autofree char *line = g_strnfill (1000, 'x');

  end->peak = MAX (end->peak, proto_engine_get_output_length (&end->echo->engine));
  while (end->left > 0 && proto_engine_get_output_length (&end->echo->engine) < 100000)
    {
      gsize count = MIN (end->left, 1000);

      line[count] = '\0';
      echo_say (end->echo, line);
      end->left -= count;
    }
}

static void
measure (End *end)
{
  end->peak = MAX (end->peak, proto_engine_get_output_length (&end->echo->engine)
                                  + proto_engine_get_input_length (&end->echo->engine));
}

static void
test_slow_reader (void)
{
  Pair pair;
  GSocket *raw = NULL;
  g_autofree char *block = g_strnfill (64 * 1024, 'x');
  gsize sent = 0, received = 0;
  char sink[65536];

  for (gsize i = 998; i < 64 * 1024; i += 1000)
    memcpy (block + i, "\r\n", 2);
  pair_init (&pair);
  pair.server.more = measure;
  end_start (&pair.server, NULL);
  raw = g_socket_connection_get_socket (pair.wire[1]);
  g_socket_set_blocking (raw, FALSE);
  for (guint idle = 0; idle < 50;)
    {
      gssize n = g_socket_send (raw, block + sent % 65000, 65000 - sent % 65000, NULL, NULL);

      sent += (gsize) MAX (n, 0);
      idle = g_main_context_iteration (NULL, FALSE) || n > 0 ? 0 : idle + 1;
      g_assert_cmpuint (sent, <, 8 * 1024 * 1024);
    }
  g_assert_cmpuint (pair.server.peak, <, 2 * 1024 * 1024);
  g_assert_cmpuint (sent, >, 1024 * 1024);
  while (received < sent - sent % 1000)
    {
      gssize n = g_socket_receive (raw, sink, sizeof sink, NULL, NULL);

      received += (gsize) MAX (n, 0);
      g_main_context_iteration (NULL, FALSE);
    }
  pair.client.echo->engine.done = TRUE;
  end_start (&pair.client, NULL);
  run_until_ended (&pair.server, &pair.client);
  pair_clear (&pair);
}

/* An engine that is not answered is fed no more than a little. */
static void
test_held_engine_is_not_fed (void)
{
  Pair pair;
  GSocket *raw = NULL;
  g_autofree char *block = g_strnfill (64 * 1024, 'x');
  gsize sent = 0;

  pair_init (&pair);
  pair.server.echo->held = TRUE;
  pair.server.more = measure;
  end_start (&pair.server, NULL);
  raw = g_socket_connection_get_socket (pair.wire[1]);
  g_socket_set_blocking (raw, FALSE);
  for (guint idle = 0; idle < 50;)
    {
      gssize n = g_socket_send (raw, block, 64 * 1024, NULL, NULL);

      sent += (gsize) MAX (n, 0);
      idle = g_main_context_iteration (NULL, FALSE) || n > 0 ? 0 : idle + 1;
      g_assert_cmpuint (sent, <, 4 * 1024 * 1024);
    }
  g_assert_cmpuint (pair.server.peak, >, 256 * 1024);
  g_assert_cmpuint (pair.server.peak, <=, 256 * 1024 + 16384);
  net_link_abort (pair.server.link);
  pair.client.echo->engine.done = TRUE;
  end_start (&pair.client, NULL);
  run_until_ended (&pair.server, &pair.client);
  pair_clear (&pair);
}

/* What is too much for one go is written as the wire takes it: progress says when to go on. */
static void
test_progress_asks_for_more (void)
{
  Pair pair;

  pair_init (&pair);
  pair.client.more = flood;
  pair.client.left = 5000000;
  pair_start (&pair);
  while (pair.client.echo->body < 5000 * 1002)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (pair.server.echo->body, ==, 5000 * 1002);
  g_assert_cmpuint (pair.client.peak, <, 300000);
  echo_say (pair.client.echo, "QUIT");
  net_link_kick (pair.client.link);
  run_until_ended (&pair.server, &pair.client);
  g_assert_no_error (pair.client.error);
  pair_clear (&pair);
}

/* When little is left to write the maker hears of it, so that the wire need not run dry. */
static void
test_progress_before_dry (void)
{
  Pair pair;
  GSocket *raw = NULL;
  char sink[4096];

  pair_init (&pair);
  g_socket_set_option (g_socket_connection_get_socket (pair.wire[0]), SOL_SOCKET, SO_SNDBUF, 8192,
                       NULL);
  pair.server.more = flood;
  pair.server.left = 1000000;
  flood (&pair.server);
  g_assert_cmpuint (pair.server.left, >, 800000);
  pair.server.left = 0;
  end_start (&pair.server, NULL);
  raw = g_socket_connection_get_socket (pair.wire[1]);
  g_socket_set_blocking (raw, FALSE);
  while (pair.server.progress < 3)
    {
      g_main_context_iteration (NULL, FALSE);
      g_socket_receive (raw, sink, sizeof sink, NULL, NULL);
    }
  net_link_abort (pair.server.link);
  end_start (&pair.client, NULL);
  run_until_ended (&pair.server, &pair.client);
  pair_clear (&pair);
}

/* However little it was: when all is written the maker hears of it. */
static void
test_progress_when_dry (void)
{
  Pair pair;

  pair_init (&pair);
  pair.server.more = flood;
  pair.server.left = 10;
  end_start (&pair.server, NULL);
  for (guint i = 0; i < 10; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (pair.server.left, ==, 0);
  g_assert_cmpuint (pair.server.progress, ==, 2);
  net_link_abort (pair.server.link);
  end_start (&pair.client, NULL);
  run_until_ended (&pair.server, &pair.client);
  pair_clear (&pair);
}

static void
test_slow_writer (void)
{
  Pair pair;
  GSocket *raw = NULL;
  const char *text = "hello\r\nQUIT\r\n";

  pair_init (&pair);
  end_start (&pair.server, NULL);
  raw = g_socket_connection_get_socket (pair.wire[1]);
  for (gsize i = 0; i < strlen (text); i++)
    {
      g_assert_cmpint (g_socket_send (raw, text + i, 1, NULL, NULL), ==, 1);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  run_until_ended (&pair.server, NULL);
  g_assert_cmpuint (pair.server.echo->lines->len, ==, 2);
  end_start (&pair.client, NULL);
  run_until_ended (&pair.client, NULL);
  g_assert_cmpstr (pair.client.echo->lines->pdata[0], ==, "hello");
  pair_clear (&pair);
}

/* The peer goes away with our words unread: a reset. */
static void
test_reset (void)
{
  Pair pair;

  pair_init (&pair);
  echo_say (pair.server.echo, "greeting");
  end_start (&pair.server, NULL);
  for (guint i = 0; i < 10; i++)
    g_main_context_iteration (NULL, FALSE);
  g_io_stream_close (G_IO_STREAM (pair.wire[1]), NULL, NULL);
  run_until_ended (&pair.server, NULL);
  g_assert_error (pair.server.error, NET_ERROR, NET_ERROR_CLOSED);
  g_assert_cmpstr (pair.server.error->message, ==, "The other side broke the connection off");
  pair.client.echo->engine.done = TRUE;
  end_start (&pair.client, NULL);
  run_until_ended (&pair.client, NULL);
  pair_clear (&pair);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/link/echo", test_echo);
  g_test_add_func ("/net/link/kick-and-drop", test_kick_and_drop_within_progress);
  g_test_add_func ("/net/link/answer-later", test_answer_later);
  g_test_add_func ("/net/link/cancel", test_cancel);
  g_test_add_func ("/net/link/idle-timeout", test_idle_timeout);
  g_test_add_func ("/net/link/deadline-wakes", test_deadline_wakes);
  g_test_add_func ("/net/link/half-close", test_half_close);
  g_test_add_func ("/net/link/slow-reader", test_slow_reader);
  g_test_add_func ("/net/link/held", test_held_engine_is_not_fed);
  g_test_add_func ("/net/link/progress-asks-for-more", test_progress_asks_for_more);
  g_test_add_func ("/net/link/progress-before-dry", test_progress_before_dry);
  g_test_add_func ("/net/link/progress-when-dry", test_progress_when_dry);
  g_test_add_func ("/net/link/slow-writer", test_slow_writer);
  g_test_add_func ("/net/link/reset", test_reset);
  return g_test_run ();
}
