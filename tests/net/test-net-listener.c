/* SPDX-License-Identifier: MIT */
#include "end.h"

#include <net-connector.h>
#include <net-listener.h>
#include <net-workers.h>

#include <string.h>

#define CLIENTS 200

/* A whole small server: a listener, two workers, TLS from the start. */
typedef struct
{
  char *directory;
  NetIdentity *identity;
  NetWorkers *workers;
  NetListener *listener;
  GCancellable *cancellables[2]; /* one for each worker */
  gint accepted[2];              /* atomic */
  gint wrong;                    /* atomic */
  gint live;                     /* atomic */
} Server;

static void
on_server_progress (NetLink *link, gboolean ended, const GError *error, gpointer user_data)
{
  if (!ended)
    return;
  g_atomic_int_add (&((Server *) user_data)->live, -1);
  g_object_unref (link);
}

static void
on_accepted (GSocketConnection *connection, guint worker, gpointer user_data)
{
  Server *server = user_data;
  NetLink *link = net_link_new (G_IO_STREAM (connection), &echo_new (TRUE)->engine);

  if (g_main_context_get_thread_default () == NULL)
    g_atomic_int_inc (&server->wrong);
  g_atomic_int_inc (&server->accepted[worker]);
  g_atomic_int_inc (&server->live);
  net_link_set_server_tls (link, net_identity_get_certificate (server->identity), TRUE);
  net_link_start (link, server->cancellables[worker], on_server_progress, server, NULL);
}

static void
server_init (Server *server)
{
  g_autoptr (GError) error = NULL;

  memset (server, 0, sizeof *server);
  server->directory = make_directory ();
  server->identity = net_identity_ensure (server->directory, &error);
  g_assert_no_error (error);
  server->workers = net_workers_new (2);
  for (guint i = 0; i < G_N_ELEMENTS (server->cancellables); i++)
    server->cancellables[i] = g_cancellable_new ();
  server->listener = net_listener_new (NULL, 0, server->workers, on_accepted, server, &error);
  g_assert_no_error (error);
}

static gboolean
cancel (gpointer user_data)
{
  g_cancellable_cancel (user_data);
  return G_SOURCE_REMOVE;
}

/* Cancelled where the links live: GLib 2.74 leaks a source that ends in one thread while
 * another cancels it. */
static void
server_clear (Server *server)
{
  g_clear_pointer (&server->listener, net_listener_free);
  for (guint i = 0; i < G_N_ELEMENTS (server->cancellables); i++)
    net_workers_invoke (server->workers, i, cancel, server->cancellables[i], g_object_unref);
  net_workers_free (server->workers);
  g_assert_cmpint (g_atomic_int_get (&server->live), ==, 0); /* each link heard its end */
  g_assert_cmpint (server->wrong, ==, 0);
  net_identity_unref (server->identity);
  remove_directory (server->directory);
  g_free (server->directory);
}

typedef struct
{
  GSocketConnection *connection;
  GError *error;
  gboolean done;
} Reached;

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Reached *reached = user_data;

  reached->connection = net_connector_connect_finish (result, &reached->error);
  reached->done = TRUE;
}

static void
reach (Reached *reached, const char *host, guint16 port, GCancellable *cancellable)
{
  memset (reached, 0, sizeof *reached);
  net_connector_connect_async (host, port, 20, NULL, cancellable, on_connected, reached);
  while (!reached->done)
    g_main_context_iteration (NULL, TRUE);
}

static void
client_start (Server *server, End *client, const char *host)
{
  g_autoptr (GSocketConnectable) peer = g_network_address_new (host, 0);
  Reached reached;

  reach (&reached, host, net_listener_get_port (server->listener), NULL);
  g_assert_no_error (reached.error);
  end_init (client, G_IO_STREAM (reached.connection), FALSE);
  g_object_unref (reached.connection);
  net_link_set_client_tls (client->link, peer, net_identity_get_trust (server->identity), TRUE);
  end_start (client, NULL);
}

static void
converse (Server *server, const char *host)
{
  End client;

  client_start (server, &client, host);
  echo_say (client.echo, "hello");
  echo_say (client.echo, "QUIT");
  run_until_ended (&client, NULL);
  g_assert_no_error (client.error);
  g_assert_cmpuint (client.echo->lines->len, ==, 2);
  end_clear (&client);
}

static gboolean
has_ipv6 (void)
{
  g_autoptr (GSocket) socket
      = g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV6);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);

  return socket != NULL && g_socket_bind (socket, address, FALSE, NULL);
}

static void
test_both_addresses (void)
{
  Server server;

  server_init (&server);
  converse (&server, "127.0.0.1");
  converse (&server, "localhost");
  if (has_ipv6 ())
    converse (&server, "::1");
  server_clear (&server);
}

static void
test_many (void)
{
  Server server;
  g_autofree End *clients = g_new0 (End, CLIENTS);

  server_init (&server);
  for (guint i = 0; i < CLIENTS; i++)
    client_start (&server, &clients[i], "127.0.0.1");
  for (guint i = 0; i < CLIENTS; i++)
    {
      g_autofree char *text = g_strdup_printf ("number %u", i);

      echo_say (clients[i].echo, text);
      net_link_kick (clients[i].link);
    }
  for (guint i = 0; i < CLIENTS; i++)
    {
      g_autofree char *text = g_strdup_printf ("number %u", i);

      run_until_lines (&clients[i], 1);
      g_assert_cmpstr (echo_get_last (clients[i].echo), ==, text);
    }
  /* All at once, shared fairly. */
  g_assert_cmpint (g_atomic_int_get (&server.live), ==, CLIENTS);
  g_assert_cmpint (g_atomic_int_get (&server.accepted[0]), ==, CLIENTS / 2);
  g_assert_cmpint (g_atomic_int_get (&server.accepted[1]), ==, CLIENTS / 2);
  for (guint i = 0; i < CLIENTS; i++)
    {
      /* Half of them say goodbye; the others are cut off by the server's end. */
      if (i % 2 == 0)
        continue;
      echo_say (clients[i].echo, "QUIT");
      net_link_kick (clients[i].link);
      run_until_ended (&clients[i], NULL);
      g_assert_no_error (clients[i].error);
    }
  server_clear (&server);
  for (guint i = 0; i < CLIENTS; i++)
    {
      run_until_ended (&clients[i], NULL);
      end_clear (&clients[i]);
    }
}

static void
test_garbage_leaves_it_well (void)
{
  Server server;

  server_init (&server);
  for (guint i = 0; i < 20; i++)
    {
      Reached reached;
      GSocket *raw = NULL;
      char buffer[100];

      reach (&reached, "127.0.0.1", net_listener_get_port (server.listener), NULL);
      g_assert_no_error (reached.error);
      raw = g_socket_connection_get_socket (reached.connection);
      g_socket_send (raw, i % 2 ? "\x16\x03\x01\xff\xff garbage" : "EHLO x\r\n", 8, NULL, NULL);
      if (i % 2 == 0)
        while (g_socket_receive (raw, buffer, sizeof buffer, NULL, NULL) > 0)
          ;
      g_object_unref (reached.connection);
    }
  converse (&server, "127.0.0.1");
  server_clear (&server);
}

static void
test_port_taken (void)
{
  Server server;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;

  server_init (&server);
  words = g_strdup_printf ("Port %u is taken by another program",
                           net_listener_get_port (server.listener));
  g_assert_null (net_listener_new (NULL, net_listener_get_port (server.listener), server.workers,
                                   on_accepted, &server, &error));
  g_assert_error (error, NET_ERROR, NET_ERROR_LISTEN);
  g_assert_cmpstr (error->message, ==, words);
  g_clear_error (&error);
  g_assert_null (
      net_listener_new ("mail.example", 0, server.workers, on_accepted, &server, &error));
  g_assert_error (error, NET_ERROR, NET_ERROR_LISTEN);
  server_clear (&server);
}

/* A stopped listener's port is free at once, and nobody is there any more. */
static void
test_stop_and_start (void)
{
  Server server;
  guint16 port = 0;
  g_autofree char *words = NULL;

  server_init (&server);
  converse (&server, "127.0.0.1");
  port = net_listener_get_port (server.listener);
  words = g_strdup_printf ("127.0.0.1 refuses connections on port %u: nothing listens there", port);
  /* Many times: a worker may be waiting on the socket in the very moment when it is closed. */
  for (guint i = 0; i < 200; i++)
    {
      Reached reached;
      g_autoptr (GError) error = NULL;

      g_clear_pointer (&server.listener, net_listener_free);
      reach (&reached, "127.0.0.1", port, NULL);
      g_assert_error (reached.error, NET_ERROR, NET_ERROR_CONNECT);
      g_assert_cmpstr (reached.error->message, ==, words);
      g_clear_error (&reached.error);
      server.listener = net_listener_new (NULL, port, server.workers, on_accepted, &server, &error);
      g_assert_no_error (error);
    }
  converse (&server, "127.0.0.1");
  server_clear (&server);
}

static void
test_connector_words (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Reached reached;

  reach (&reached, "nowhere.invalid", 25, NULL);
  g_assert_error (reached.error, NET_ERROR, NET_ERROR_CONNECT);
  g_assert_nonnull (strstr (reached.error->message, "nowhere.invalid"));
  g_clear_error (&reached.error);
  g_cancellable_cancel (cancellable);
  reach (&reached, "127.0.0.1", 25, cancellable);
  g_assert_error (reached.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&reached.error);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/listener/both-addresses", test_both_addresses);
  g_test_add_func ("/net/listener/many", test_many);
  g_test_add_func ("/net/listener/garbage", test_garbage_leaves_it_well);
  g_test_add_func ("/net/listener/port-taken", test_port_taken);
  g_test_add_func ("/net/listener/stop-and-start", test_stop_and_start);
  g_test_add_func ("/net/connector/words", test_connector_words);
  return g_test_run ();
}
