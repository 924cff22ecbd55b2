/* SPDX-License-Identifier: MIT */
#include "server-fixture.h"

#include <engine-error.h>
#include <glib/gstdio.h>
#include <string.h>

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GError *
start (EngineServer *server, const EngineServerConfig *config)
{
  g_autoptr (GAsyncResult) result = NULL;
  GError *error = NULL;

  engine_server_start_async (server, config, NULL, on_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (engine_server_start_finish (server, result, &error) == (error == NULL));
  return error;
}

typedef void (*UserCall) (EngineServer *server,
                          const char *name,
                          const char *password,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);

static void
remove_user (EngineServer *server,
             const char *name,
             const char *password,
             GCancellable *cancellable,
             GAsyncReadyCallback callback,
             gpointer user_data)
{
  engine_server_remove_user_async (server, name, cancellable, callback, user_data);
}

static GError *
call_user (EngineServer *server, UserCall call, const char *name, const char *password)
{
  g_autoptr (GAsyncResult) result = NULL;
  GError *error = NULL;

  call (server, name, password, NULL, on_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (engine_server_finish (server, result, &error) == (error == NULL));
  return error;
}

static void
count (GObject *object, GParamSpec *pspec, guint *times)
{
  (*times)++;
}

static void
count_signal (EngineServer *server, guint *times)
{
  (*times)++;
}

static GSocket *
take_port (guint16 *port)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, *port);
  GSocket *socket
      = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

  if (g_socket_bind (socket, address, FALSE, NULL))
    g_assert_true (g_socket_listen (socket, NULL));
  g_autoptr (GSocketAddress) local = g_socket_get_local_address (socket, NULL);
  if (local != NULL && g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (local)) != 0)
    *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (local));
  return socket;
}

static void
test_start_stop (void)
{
  Fixture *fixture = fixture_open (NULL);
  guint running = 0;
  g_autofree char *ini = g_build_filename (fixture->directory, "server.ini", NULL);

  g_signal_connect (fixture->server, "notify::running", G_CALLBACK (count), &running);
  g_assert_false (engine_server_is_running (fixture->server));
  g_assert_null (engine_server_get_authority_file (fixture->server));
  g_assert_null (engine_server_get_trust (fixture->server));
  g_assert_null (engine_server_dup_fingerprint (fixture->server));
  g_assert_cmpuint (engine_server_get_port (fixture->server, ENGINE_PORT_SMTP), ==, 0);
  g_assert_cmpstr (engine_server_get_domain (fixture->server), ==, "postroom.test");

  fixture_start (fixture);
  g_assert_cmpuint (running, ==, 1);
  g_autofree char *fingerprint = engine_server_dup_fingerprint (fixture->server);
  g_assert_nonnull (fingerprint);
  g_assert_true (
      g_file_test (engine_server_get_authority_file (fixture->server), G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (ini, G_FILE_TEST_EXISTS));
  /* Once more, as it is: fine. As something else: no. */
  g_assert_no_error (start (fixture->server, NULL));
  g_autoptr (GError) error = start (fixture->server, fixture->config);
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_BUSY);

  fixture_stop (fixture);
  g_assert_cmpuint (running, ==, 2);
  g_assert_cmpuint (engine_server_get_port (fixture->server, ENGINE_PORT_SMTP), ==, 0);
  fixture_start (fixture);
  g_autofree char *again = engine_server_dup_fingerprint (fixture->server);
  g_assert_cmpstr (again, ==, fingerprint);
  fixture_close (fixture, FALSE);
}

/* Asked to stop while it starts. */
static void
test_stop_early (void)
{
  Fixture *fixture = fixture_open (NULL);
  g_autoptr (GAsyncResult) started = NULL;
  g_autoptr (GError) error = NULL;

  engine_server_start_async (fixture->server, fixture->config, NULL, on_result, &started);
  fixture_stop (fixture);
  while (started == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (engine_server_start_finish (fixture->server, started, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_object (&started);
  fixture_start (fixture);
  fixture_close (fixture, FALSE);
}

static void
test_ports (void)
{
  Fixture *fixture = fixture_open (NULL);
  guint16 taken = 0;
  g_autoptr (GSocket) socket = take_port (&taken);
  g_autofree char *problem = NULL;

  /* Asked for by number: an error in words. */
  fixture->config->ports[ENGINE_PORT_POP3S] = taken;
  g_autoptr (GError) error = start (fixture->server, fixture->config);
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, "taken"));
  g_object_get (fixture->server, "problem", &problem, NULL);
  g_assert_cmpstr (problem, ==, error->message);
  g_assert_false (engine_server_is_running (fixture->server));

  /* A default: another. (Who holds it, this test or someone else, does not matter.) */
  guint16 usual = 2525;
  g_autoptr (GSocket) other = take_port (&usual);
  g_clear_error (&error);
  error = start (fixture->server, NULL);
  g_assert_no_error (error);
  guint16 got = engine_server_get_port (fixture->server, ENGINE_PORT_SMTP);
  g_assert_cmpuint (got, !=, 0);
  g_assert_cmpuint (got, !=, 2525);
  g_clear_pointer (&problem, g_free);
  g_object_get (fixture->server, "problem", &problem, NULL);
  g_assert_null (problem);
  fixture_close (fixture, FALSE);
}

static void
test_config (void)
{
  Fixture *fixture = fixture_open (NULL);
  g_autofree char *directory = g_strdup (fixture->directory);
  g_autoptr (GError) error = NULL;

  g_free (fixture->config->domain);
  fixture->config->domain = g_strdup ("bad domain\r\n");
  error = start (fixture->server, fixture->config);
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID);
  g_clear_error (&error);
  g_free (fixture->config->domain);
  fixture->config->domain = g_strdup ("school.test");
  fixture->config->address = g_strdup ("localhost");
  error = start (fixture->server, fixture->config);
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID);
  g_clear_error (&error);
  g_clear_pointer (&fixture->config->address, g_free);
  fixture->config->certificate_file = g_strdup ("/nowhere/cert.pem");
  fixture->config->key_file = g_strdup ("/nowhere/key.pem");
  error = start (fixture->server, fixture->config);
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE);
  g_clear_error (&error);
  g_clear_pointer (&fixture->config->certificate_file, g_free);
  g_clear_pointer (&fixture->config->key_file, g_free);
  fixture_start (fixture);
  fixture_close (fixture, TRUE);

  /* Next time, without a word about it. */
  fixture = fixture_open (directory);
  g_assert_cmpstr (engine_server_get_domain (fixture->server), ==, "school.test");
  error = start (fixture->server, NULL);
  g_assert_no_error (error);
  g_assert_cmpstr (engine_server_get_domain (fixture->server), ==, "school.test");
  g_assert_nonnull (engine_server_get_trust (fixture->server));
  fixture_close (fixture, FALSE);
}

static void
test_lock (void)
{
  Fixture *first = fixture_open (NULL);
  Fixture *second = fixture_open (first->directory);

  fixture_start (first);
  g_autoptr (GError) error = start (second->server, second->config);
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_BUSY);
  /* The one that only fetches knows whom to trust, though. */
  g_assert_nonnull (engine_server_get_trust (second->server));
  fixture_stop (first);
  fixture_start (second);
  fixture_close (second, TRUE);
  fixture_close (first, FALSE);
}

static void
log_in (Fixture *fixture, gpointer data)
{
  const char *const *words = data;
  g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_POP3S);

  client_say (client, "USER %s", words[0]);
  client_expect (client, "+OK");
  client_say (client, "PASS %s", words[1]);
  client_expect (client, words[2]);
}

static void
test_users (void)
{
  Fixture *fixture = fixture_open (NULL);
  EngineServer *server = fixture->server;
  g_autoptr (GError) error = NULL;
  guint changed = 0;

  g_signal_connect (server, "users-changed", G_CALLBACK (count_signal), &changed);
  error = call_user (server, engine_server_add_user_async, "Ann", "with a space ");
  g_assert_no_error (error);
  error = call_user (server, engine_server_add_user_async, "bob", "b");
  g_assert_no_error (error);
  g_assert_cmpuint (changed, ==, 2);
  g_autoptr (GPtrArray) users = engine_server_dup_users (server, &error);
  g_assert_cmpuint (users->len, ==, 2);
  g_assert_cmpstr (((StoreUser *) users->pdata[0])->name, ==, "ann");

  error = call_user (server, engine_server_add_user_async, "ANN", "x");
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_EXISTS);
  g_clear_error (&error);
  error = call_user (server, engine_server_add_user_async, "../ann", "x");
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID);
  g_clear_error (&error);
  error = call_user (server, engine_server_add_user_async, "carl", "");
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID);
  g_clear_error (&error);
  error = call_user (server, engine_server_add_user_async, "carl", "two\r\nlines");
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID);
  g_clear_error (&error);
  error = call_user (server, engine_server_set_password_async, "carl", "x");
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  error = call_user (server, remove_user, "carl", NULL);
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
  g_clear_error (&error);

  fixture_start (fixture);
  fixture_run (fixture, log_in, (const char *[]){ "ann", "with a space ", "+OK" });
  /* The same again, now from what is remembered; then it is right no more. */
  fixture_run (fixture, log_in, (const char *[]){ "ANN@Postroom.test", "with a space ", "+OK" });
  error = call_user (server, engine_server_set_password_async, "ann", "new");
  g_assert_no_error (error);
  fixture_run (fixture, log_in, (const char *[]){ "ann", "with a space ", "-ERR [AUTH]" });
  fixture_run (fixture, log_in, (const char *[]){ "ann", "new", "+OK" });
  error = call_user (server, remove_user, "ann", NULL);
  g_assert_no_error (error);
  g_assert_cmpuint (changed, ==, 4);
  fixture_run (fixture, log_in, (const char *[]){ "ann", "new", "-ERR [AUTH]" });
  fixture_close (fixture, FALSE);
}

static void
leave_letter (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_SMTP);

  client_do (client, "EHLO client", "250");
  g_assert_true (client_send (client, "ann@postroom.test", "Subject: kept\r\n\r\nhello\r\n"));
  client_do (client, "QUIT", "221");
}

static void
read_uid (Fixture *fixture, gpointer data)
{
  char **uid = data;
  g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_POP3S);

  client_login (client, "ann");
  client_do (client, "STAT", "+OK 1 ");
  client_say (client, "UIDL 1");
  *uid = client_reply (client);
  client_do (client, "QUIT", "+OK");
}

static void
test_restart (void)
{
  Fixture *fixture = fixture_open (NULL);
  g_autofree char *directory = g_strdup (fixture->directory);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  fixture_add_user (fixture, "ann");
  fixture_start (fixture);
  fixture_run (fixture, leave_letter, NULL);
  fixture_run (fixture, read_uid, &before);
  fixture_close (fixture, TRUE);
  fixture = fixture_open (directory);
  fixture_start (fixture);
  fixture_run (fixture, read_uid, &after);
  g_assert_true (g_str_has_prefix (before, "+OK 1 "));
  g_assert_cmpstr (before, ==, after);
  fixture_close (fixture, FALSE);
}

/* ---- stopping ---- */

typedef struct
{
  Client *idle;
  Client *busy;
  Client *pop3;
} Visitors;

static void
visit (Fixture *fixture, gpointer data)
{
  Visitors *visitors = data;

  visitors->idle = client_connect (fixture, ENGINE_PORT_SMTP);
  client_do (visitors->idle, "EHLO idle", "250");
  visitors->busy = client_connect (fixture, ENGINE_PORT_SMTPS);
  client_do (visitors->busy, "EHLO busy", "250");
  client_do (visitors->busy, "MAIL FROM:<>", "250");
  client_do (visitors->busy, "RCPT TO:<ann@postroom.test>", "250");
  client_do (visitors->busy, "DATA", "354");
  client_say (visitors->busy, "Subject: in the middle\r\n");
  visitors->pop3 = client_connect (fixture, ENGINE_PORT_POP3S);
  client_login (visitors->pop3, "ann");
  client_do (visitors->pop3, "DELE 1", "+OK");
}

static void
see_the_end (Fixture *fixture, gpointer data)
{
  Visitors *visitors = data;

  client_expect (visitors->idle, "421 4.3.2");
  g_assert_null (client_line (visitors->idle));
  client_expect (visitors->pop3, "-ERR [SYS/TEMP]");
  g_assert_null (client_line (visitors->pop3));
  /* Who is in the middle of a letter may end it. */
  client_do (visitors->busy, "the rest\r\n.", "250 2.0.0");
  client_expect (visitors->busy, "421 4.3.2");
  g_assert_null (client_line (visitors->busy));
  g_assert_null (client_connect (fixture, ENGINE_PORT_SMTP));
  client_free (visitors->idle);
  client_free (visitors->busy);
  client_free (visitors->pop3);
}

static void
test_stop_with_sessions (void)
{
  Fixture *fixture = fixture_open (NULL);
  g_autoptr (GAsyncResult) stopped = NULL;
  Visitors visitors;
  guint sessions = 0;

  fixture_add_user (fixture, "ann");
  fixture_start (fixture);
  fixture_run (fixture, leave_letter, NULL);
  fixture_run (fixture, visit, &visitors);
  while (sessions != 3)
    {
      g_main_context_iteration (NULL, TRUE);
      g_object_get (fixture->server, "sessions", &sessions, NULL);
    }
  engine_server_stop_async (fixture->server, on_result, &stopped);
  g_assert_false (engine_server_is_running (fixture->server));
  fixture_run (fixture, see_the_end, &visitors);
  while (stopped == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_clear_object (&stopped);
  g_assert_cmpuint (engine_server_get_sessions (fixture->server), ==, 0);
  /* DELE without QUIT removed nothing, and the letter under way came. */
  g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, 2);
  fixture_close (fixture, FALSE);
}

static void
see_an_impatient_end (Fixture *fixture, gpointer data)
{
  Visitors *visitors = data;

  client_expect (visitors->idle, "421 4.3.2");
  client_expect (visitors->pop3, "-ERR [SYS/TEMP]");
  client_expect (visitors->busy, "421 4.3.2");
  g_assert_null (client_line (visitors->busy));
  client_free (visitors->idle);
  client_free (visitors->busy);
  client_free (visitors->pop3);
}

/* Who never comes to an end is not waited for. */
static void
test_stop_with_a_laggard (void)
{
  Fixture *fixture = fixture_open (NULL);
  g_autoptr (GAsyncResult) stopped = NULL;
  Visitors visitors;

  fixture_add_user (fixture, "ann");
  fixture_start (fixture);
  fixture_run (fixture, leave_letter, NULL);
  fixture_run (fixture, visit, &visitors);
  engine_server_stop_async (fixture->server, on_result, &stopped);
  fixture_run (fixture, see_an_impatient_end, &visitors);
  while (stopped == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_clear_object (&stopped);
  g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, 1);
  fixture_close (fixture, FALSE);
}

/* Whoever forgets to stop it: the sessions end, and nothing is left behind. */
static void
test_drop (void)
{
  Fixture *fixture = fixture_open (NULL);
  Visitors visitors;

  fixture_add_user (fixture, "ann");
  fixture_start (fixture);
  fixture_run (fixture, leave_letter, NULL);
  fixture_run (fixture, visit, &visitors);
  g_assert_finalize_object (fixture->server);
  g_assert_null (client_line (visitors.busy));
  client_free (visitors.idle);
  client_free (visitors.busy);
  client_free (visitors.pop3);
  fixture->server
      = engine_server_new (fixture->site, fixture->journal, fixture->identity_directory);
  g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, 1);
  fixture_start (fixture);
  fixture_close (fixture, FALSE);
}

static void
test_journal (void)
{
  Fixture *fixture = fixture_open (NULL);
  g_autoptr (GString) all = g_string_new (NULL);

  fixture_add_user (fixture, "ann");
  fixture_start (fixture);
  fixture_run (fixture, leave_letter, NULL);
  fixture_run (fixture, log_in, (const char *[]){ "ann", "secret", "+OK" });
  fixture_stop (fixture);
  g_autoptr (GPtrArray) lines = engine_journal_dup_lines (fixture->journal, 1);
  for (guint i = 0; i < lines->len; i++)
    {
      g_autofree char *line = engine_journal_line_to_string (lines->pdata[i]);
      g_assert_cmpint (((EngineJournalLine *) lines->pdata[i])->side, ==, ENGINE_JOURNAL_SERVER);
      g_string_append_printf (all, "%s\n", line);
    }
  g_assert_nonnull (strstr (all->str, "S: 220 "));
  g_assert_nonnull (strstr (all->str, "C: EHLO client"));
  g_assert_nonnull (strstr (all->str, "Subject: kept"));
  g_assert_nonnull (strstr (all->str, "C: USER ann"));
  g_assert_null (strstr (all->str, "PASS secret"));
  fixture_close (fixture, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/server/start-stop", test_start_stop);
  g_test_add_func ("/engine/server/stop-early", test_stop_early);
  g_test_add_func ("/engine/server/ports", test_ports);
  g_test_add_func ("/engine/server/config", test_config);
  g_test_add_func ("/engine/server/lock", test_lock);
  g_test_add_func ("/engine/server/users", test_users);
  g_test_add_func ("/engine/server/restart", test_restart);
  g_test_add_func ("/engine/server/stop-with-sessions", test_stop_with_sessions);
  g_test_add_func ("/engine/server/stop-with-a-laggard", test_stop_with_a_laggard);
  g_test_add_func ("/engine/server/drop", test_drop);
  g_test_add_func ("/engine/server/journal", test_journal);
  return g_test_run ();
}
