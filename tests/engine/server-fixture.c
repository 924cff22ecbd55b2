/* SPDX-License-Identifier: MIT */
#include "server-fixture.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>

/* ---- waiting ---- */

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

typedef struct
{
  void (*function) (Fixture *fixture, gpointer data);
  Fixture *fixture;
  gpointer data;
  int done;
} Run;

static gpointer
run_thread (gpointer data)
{
  Run *run = data;

  run->function (run->fixture, run->data);
  g_atomic_int_set (&run->done, 1);
  g_main_context_wakeup (NULL);
  return NULL;
}

void
fixture_run (Fixture *fixture, void (*function) (Fixture *fixture, gpointer data), gpointer data)
{
  Run run = { function, fixture, data, 0 };
  GThread *thread = g_thread_new ("client", run_thread, &run);

  while (!g_atomic_int_get (&run.done))
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
}

/* ---- the server ---- */

Fixture *
fixture_open (const char *directory)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *site = NULL;

  fixture->directory
      = directory != NULL ? g_strdup (directory) : g_dir_make_tmp ("postroom-XXXXXX", &error);
  g_assert_no_error (error);
  site = g_build_filename (fixture->directory, "site", NULL);
  fixture->identity_directory = g_build_filename (fixture->directory, "identity", NULL);
  fixture->site = store_site_open (site, &error);
  g_assert_no_error (error);
  fixture->journal = engine_journal_new ();
  fixture->server
      = engine_server_new (fixture->site, fixture->journal, fixture->identity_directory);
  fixture->config = engine_server_config_new ();
  memset (fixture->config->ports, 0, sizeof fixture->config->ports);
  fixture->config->limits.delay_seconds = 1;
  return fixture;
}

void
fixture_start (Fixture *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  engine_server_start_async (fixture->server, fixture->config, NULL, on_result, &result);
  wait_for (&result);
  engine_server_start_finish (fixture->server, result, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    {
      fixture->ports[i] = engine_server_get_port (fixture->server, i);
      g_assert_cmpuint (fixture->ports[i], >, 0);
    }
  g_free (fixture->authority);
  fixture->authority = g_strdup (engine_server_get_authority_file (fixture->server));
  g_assert_nonnull (engine_server_get_trust (fixture->server));
}

void
fixture_stop (Fixture *fixture)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  engine_server_stop_async (fixture->server, on_result, &result);
  wait_for (&result);
  g_assert_true (engine_server_stop_finish (fixture->server, result, &error));
  g_assert_no_error (error);
  g_assert_false (engine_server_is_running (fixture->server));
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

void
fixture_close (Fixture *fixture, gboolean keep)
{
  fixture_stop (fixture);
  g_assert_finalize_object (fixture->server);
  store_site_free (fixture->site);
  g_object_unref (fixture->journal);
  if (!keep)
    remove_tree (fixture->directory);
  engine_server_config_free (fixture->config);
  g_free (fixture->authority);
  g_free (fixture->last_greeting);
  g_free (fixture->identity_directory);
  g_free (fixture->directory);
  g_free (fixture);
}

void
fixture_add_user (Fixture *fixture, const char *name)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  store_site_add_user_async (fixture->site, name, SECRET_VERIFIER, NULL, on_result, &result);
  wait_for (&result);
  store_site_finish (fixture->site, result, &error);
  g_assert_no_error (error);
}

guint
fixture_count_letters (Fixture *fixture, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) users = store_site_dup_users (fixture->site, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < users->len; i++)
    {
      StoreUser *user = users->pdata[i];
      if (g_str_equal (user->name, name))
        return user->letters;
    }
  g_assert_not_reached ();
}

/* ---- the client ---- */

void
client_shake (Client *client, Fixture *fixture)
{
  int result;

  g_assert_cmpint (gnutls_certificate_allocate_credentials (&client->credentials), ==, 0);
  g_assert_cmpint (gnutls_certificate_set_x509_trust_file (client->credentials, fixture->authority,
                                                           GNUTLS_X509_FMT_PEM),
                   ==, 1);
  g_assert_cmpint (gnutls_init (&client->tls, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL), ==, 0);
  if (fixture->priority != NULL)
    g_assert_cmpint (gnutls_priority_set_direct (client->tls, fixture->priority, NULL), ==, 0);
  else
    gnutls_set_default_priority (client->tls);
  gnutls_credentials_set (client->tls, GNUTLS_CRD_CERTIFICATE, client->credentials);
  gnutls_session_set_verify_cert (client->tls, "localhost", 0);
  gnutls_transport_set_int (client->tls, client->fd);
  do
    result = gnutls_handshake (client->tls);
  while (result < 0 && gnutls_error_is_fatal (result) == 0);
  if (result < 0)
    g_error ("No TLS: %s", gnutls_strerror (result));
  g_string_truncate (client->in, 0);
  client->taken = 0;
}

static Client *
open_client (Fixture *fixture,
             const char *source,
             const char *address,
             EnginePort port,
             char **greeting)
{
  g_autoptr (Client) client = g_new0 (Client, 1);
  g_autoptr (GSocketClient) connector = g_socket_client_new ();

  g_socket_client_set_enable_proxy (connector, FALSE);
  if (source != NULL)
    {
      g_autoptr (GSocketAddress) own = g_inet_socket_address_new_from_string (source, 0);
      g_socket_client_set_local_address (connector, own);
    }
  client->pop3 = port == ENGINE_PORT_POP3 || port == ENGINE_PORT_POP3S;
  client->in = g_string_new (NULL);
  client->connection
      = g_socket_client_connect_to_host (connector, address, fixture->ports[port], NULL, NULL);
  if (client->connection == NULL)
    return NULL;
  client->fd = g_socket_get_fd (g_socket_connection_get_socket (client->connection));
  /* GIO's sockets never block underneath; this one is read as it is. */
  g_unix_set_fd_nonblocking (client->fd, FALSE, NULL);
  if (port == ENGINE_PORT_SMTPS || port == ENGINE_PORT_POP3S)
    client_shake (client, fixture);

  client->greeting = client_reply (client);
  if (greeting != NULL)
    *greeting = g_strdup (client->greeting);
  if (client->greeting == NULL
      || !g_str_has_prefix (client->greeting, client->pop3 ? "+OK" : "220"))
    return NULL;
  return g_steal_pointer (&client);
}

Client *
client_connect_to (Fixture *fixture, const char *address, EnginePort port)
{
  return open_client (fixture, NULL, address, port, NULL);
}

Client *
client_connect_from (Fixture *fixture, const char *source, EnginePort port)
{
  g_clear_pointer (&fixture->last_greeting, g_free);
  return open_client (fixture, source, "127.0.0.1", port, &fixture->last_greeting);
}

Client *
client_connect (Fixture *fixture, EnginePort port)
{
  return client_connect_to (fixture, "127.0.0.1", port);
}

void
client_free (Client *client)
{
  if (client->tls != NULL)
    gnutls_deinit (client->tls);
  if (client->credentials != NULL)
    gnutls_certificate_free_credentials (client->credentials);
  g_clear_object (&client->connection);
  g_string_free (client->in, TRUE);
  g_free (client->greeting);
  g_free (client);
}

gboolean
client_write (Client *client, const char *data, gssize length)
{
  gsize left = length < 0 ? strlen (data) : (gsize) length;

  while (left > 0)
    {
      gssize n = client->tls != NULL ? gnutls_record_send (client->tls, data, left)
                                     : send (client->fd, data, left, MSG_NOSIGNAL);
      if (n <= 0)
        return FALSE;
      data += n;
      left -= (gsize) n;
    }
  return TRUE;
}

static gboolean
read_more (Client *client)
{
  char buffer[16384];
  gssize n;

  do
    n = client->tls != NULL ? gnutls_record_recv (client->tls, buffer, sizeof buffer)
                            : recv (client->fd, buffer, sizeof buffer, 0);
  while (client->tls != NULL && (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED));
  if (n > 0)
    g_string_append_len (client->in, buffer, n);
  return n > 0;
}

void
client_say (Client *client, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_autofree char *line = g_strconcat (text, "\r\n", NULL);
  client_write (client, line, -1);
}

char *
client_line (Client *client)
{
  gsize searched = client->taken;
  const char *end;

  while ((end = memmem (client->in->str + searched, client->in->len - searched, "\r\n", 2)) == NULL)
    {
      g_string_erase (client->in, 0, (gssize) client->taken);
      client->taken = 0;
      searched = client->in->len > 0 ? client->in->len - 1 : 0;
      if (!read_more (client))
        return NULL;
    }
  char *line = g_strndup (client->in->str + client->taken,
                          (gsize) (end - client->in->str) - client->taken);
  client->taken = (gsize) (end - client->in->str) + 2;
  return line;
}

char *
client_reply (Client *client)
{
  GString *reply = g_string_new (NULL);

  for (;;)
    {
      g_autofree char *line = client_line (client);
      if (line == NULL)
        {
          g_string_free (reply, TRUE);
          return NULL;
        }
      g_string_append (reply, line);
      if (client->pop3 || strlen (line) < 4 || line[3] != '-')
        return g_string_free (reply, FALSE);
      g_string_append_c (reply, '\n');
    }
}

void
client_expect (Client *client, const char *prefix)
{
  g_autofree char *reply = client_reply (client);

  if (reply == NULL || !g_str_has_prefix (reply, prefix))
    g_error ("“%s” was expected, “%s” came", prefix, reply != NULL ? reply : "(the end)");
}

void
client_do (Client *client, const char *line, const char *prefix)
{
  client_say (client, "%s", line);
  client_expect (client, prefix);
}

char *
client_body (Client *client)
{
  GString *body = g_string_new (NULL);

  for (;;)
    {
      g_autofree char *line = client_line (client);
      g_assert_nonnull (line);
      if (g_str_equal (line, "."))
        return g_string_free (body, FALSE);
      g_string_append (body, line[0] == '.' ? line + 1 : line);
      g_string_append (body, "\r\n");
    }
}

gboolean
client_send (Client *client, const char *to, const char *body)
{
  g_autofree char *mail = g_strdup_printf ("MAIL FROM:<sender@example.org>\r\nRCPT TO:<%s>\r\n"
                                           "DATA\r\n",
                                           to);
  g_autofree char *text = g_strconcat (body, ".\r\n", NULL);

  if (!client_write (client, mail, -1))
    return FALSE;
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *reply = client_reply (client);
      if (reply == NULL || (reply[0] != '2' && reply[0] != '3'))
        return FALSE;
    }
  if (!client_write (client, text, -1))
    return FALSE;
  g_autofree char *reply = client_reply (client);
  return reply != NULL && g_str_has_prefix (reply, "250 ");
}

void
client_login (Client *client, const char *user)
{
  client_say (client, "USER %s", user);
  client_expect (client, "+OK");
  client_do (client, "PASS secret", "+OK");
}
