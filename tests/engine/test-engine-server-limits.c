/* SPDX-License-Identifier: MIT */
#include "server-fixture.h"

#include <string.h>

/* base64 of \0ann\0secret and of \0ann\0wrong, and the same of bob. */
#define ANN       "AUTH PLAIN AGFubgBzZWNyZXQ="
#define ANN_WRONG "AUTH PLAIN AGFubgB3cm9uZw=="
#define BOB       "AUTH PLAIN AGJvYgBzZWNyZXQ="
#define BOB_WRONG "AUTH PLAIN AGJvYgB3cm9uZw=="

static void
with_limits (void (*set) (EngineServerLimits *limits),
             void (*function) (Fixture *fixture, gpointer data))
{
  Fixture *fixture = fixture_open (NULL);

  fixture_add_user (fixture, "ann");
  fixture_add_user (fixture, "bob");
  fixture->config->limits.delay_seconds = 0;
  set (&fixture->config->limits);
  fixture_start (fixture);
  fixture_run (fixture, function, NULL);
  fixture_close (fixture, FALSE);
}

static Client *
greet (Fixture *fixture, EnginePort port, const char *from)
{
  Client *client = client_connect_from (fixture, from, port);

  g_assert_nonnull (client);
  if (!client->pop3)
    client_do (client, "EHLO client.example", "250");
  return client;
}

/* ---- wrong passwords ---- */

static void
set_lock (EngineServerLimits *limits)
{
  limits->wrong_passwords = 3;
  limits->lock_seconds = 1000;
}

static void
lock (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) smtp = greet (fixture, ENGINE_PORT_SMTPS, "127.0.0.2");
  g_autoptr (Client) pop3 = greet (fixture, ENGINE_PORT_POP3S, "127.0.0.2");

  client_do (smtp, ANN_WRONG, "535 5.7.8");
  client_do (pop3, "USER ann@postroom.test", "+OK");
  client_do (pop3, "PASS wrong", "-ERR [AUTH]");
  client_do (smtp, ANN_WRONG, "535 5.7.8");
  /* Now not even the right one is taken, by whatever way. */
  client_do (smtp, ANN, "454 4.7.0");
  client_do (smtp, "AUTH SCRAM-SHA-256 biwsbj1hbm4scj1hYmM=", "454 4.7.0");
  client_do (pop3, "USER Ann", "+OK");
  client_do (pop3, "PASS secret", "-ERR [AUTH] Too many");
  client_do (pop3, "AUTH SCRAM-SHA-256 biwsbj1hbm4scj1hYmM=", "-ERR [AUTH] Too many");
  g_autoptr (Client) again = greet (fixture, ENGINE_PORT_SMTPS, "127.0.0.2");
  client_do (again, ANN, "454 4.7.0");
  /* Others from there are let in, and ann from elsewhere. */
  client_do (again, BOB, "235");
  g_autoptr (Client) home = greet (fixture, ENGINE_PORT_SMTPS, "127.0.0.1");
  client_do (home, ANN, "235");

  /* Whether there is such a user is not to be seen: \0carl\0secret. */
  for (guint i = 0; i < 3; i++)
    client_do (smtp, "AUTH PLAIN AGNhcmwAc2VjcmV0", "535 5.7.8");
  client_do (smtp, "AUTH PLAIN AGNhcmwAc2VjcmV0", "454 4.7.0");
}

static void
test_lock (void)
{
  with_limits (set_lock, lock);
}

static void
set_address_lock (EngineServerLimits *limits)
{
  limits->wrong_passwords = 0;
  limits->wrong_passwords_per_address = 3;
}

static void
address_lock (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) smtp = greet (fixture, ENGINE_PORT_SMTPS, "127.0.0.2");

  client_do (smtp, ANN_WRONG, "535");
  client_do (smtp, BOB_WRONG, "535");
  client_do (smtp, ANN_WRONG, "535");
  client_do (smtp, BOB, "454 4.7.0");
  g_autoptr (Client) home = greet (fixture, ENGINE_PORT_SMTPS, "127.0.0.1");
  client_do (home, BOB, "235");
}

static void
test_address_lock (void)
{
  with_limits (set_address_lock, address_lock);
}

/* ---- sessions ---- */

static void
expect_full (Fixture *fixture, EnginePort port, const char *from, const char *words)
{
  g_autoptr (Client) client = client_connect_from (fixture, from, port);

  /* Not greeted; what was said instead, before the end. */
  g_assert_null (client);
  g_assert_nonnull (strstr (fixture->last_greeting, words));
}

static void
set_sessions (EngineServerLimits *limits)
{
  limits->sessions = 3;
  limits->sessions_from_here = 2;
}

static void
sessions (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) one = greet (fixture, ENGINE_PORT_SMTP, "127.0.0.1");
  g_autoptr (Client) two = greet (fixture, ENGINE_PORT_POP3, "127.0.0.1");
  expect_full (fixture, ENGINE_PORT_SMTP, "127.0.0.1", "421 ");
  expect_full (fixture, ENGINE_PORT_POP3, "127.0.0.1", "-ERR [SYS/TEMP]");
  g_autoptr (Client) three = greet (fixture, ENGINE_PORT_SMTP, "127.0.0.2");
  expect_full (fixture, ENGINE_PORT_SMTP, "127.0.0.2", "421 ");
  /* Who leaves makes room. */
  client_do (one, "QUIT", "221");
  g_assert_null (client_line (one));
  g_autoptr (Client) four = NULL;
  while (four == NULL)
    four = client_connect_from (fixture, "127.0.0.1", ENGINE_PORT_SMTP);
  expect_full (fixture, ENGINE_PORT_SMTP, "127.0.0.1", "421 ");
}

static void
test_sessions (void)
{
  with_limits (set_sessions, sessions);
}

static void
set_user_sessions (EngineServerLimits *limits)
{
  limits->sessions_per_user = 2;
}

static void
user_sessions (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) one = greet (fixture, ENGINE_PORT_SMTPS, "127.0.0.1");
  g_autoptr (Client) two = greet (fixture, ENGINE_PORT_SMTPS, "127.0.0.2");
  g_autoptr (Client) three = greet (fixture, ENGINE_PORT_SMTPS, "127.0.0.1");
  g_autoptr (Client) pop3 = greet (fixture, ENGINE_PORT_POP3S, "127.0.0.1");

  client_do (one, ANN, "235");
  client_do (two, ANN, "235");
  client_do (three, ANN, "454 4.7.0");
  client_do (pop3, ANN, "-ERR [SYS/TEMP]");
  client_do (three, BOB, "235");
  client_do (one, "QUIT", "221");
  g_assert_null (client_line (one));
  for (;;)
    {
      g_autofree char *reply = NULL;
      client_say (pop3, ANN);
      reply = client_reply (pop3);
      g_assert_nonnull (reply);
      if (g_str_has_prefix (reply, "+OK"))
        break;
      g_usleep (1000);
    }
}

static void
test_user_sessions (void)
{
  with_limits (set_user_sessions, user_sessions);
}

/* ---- within one session ---- */

static void
set_commands (EngineServerLimits *limits)
{
  limits->session_commands = 4;
}

static void
commands (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) smtp = greet (fixture, ENGINE_PORT_SMTP, "127.0.0.1");
  for (guint i = 0; i < 3; i++)
    client_do (smtp, "NOOP", "250");
  client_do (smtp, "NOOP", "421 4.7.0");
  g_assert_null (client_line (smtp));

  g_autoptr (Client) pop3 = greet (fixture, ENGINE_PORT_POP3S, "127.0.0.1");
  for (guint i = 0; i < 4; i++)
    client_do (pop3, "USER ann", "+OK");
  client_do (pop3, "QUIT", "-ERR [SYS/TEMP]");
  g_assert_null (client_line (pop3));
}

static void
test_commands (void)
{
  with_limits (set_commands, commands);
}

static void
set_errors (EngineServerLimits *limits)
{
  limits->errors = 2;
}

static void
errors (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) smtp = greet (fixture, ENGINE_PORT_SMTP, "127.0.0.1");
  client_do (smtp, "FOO", "500");
  client_do (smtp, "FOO", "500");
  client_expect (smtp, "421 4.7.0");
  g_assert_null (client_line (smtp));

  g_autoptr (Client) pop3 = greet (fixture, ENGINE_PORT_POP3, "127.0.0.1");
  client_do (pop3, "FOO", "-ERR");
  client_do (pop3, "FOO", "-ERR");
  g_assert_null (client_line (pop3));
}

static void
test_errors (void)
{
  with_limits (set_errors, errors);
}

static void
set_time (EngineServerLimits *limits)
{
  limits->session_seconds = 1;
}

/* However busy the peer keeps it. */
static void
time_is_up (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) smtp = greet (fixture, ENGINE_PORT_SMTP, "127.0.0.1");
  g_autoptr (Client) pop3 = greet (fixture, ENGINE_PORT_POP3S, "127.0.0.1");
  g_autofree char *reply = NULL;

  do
    {
      g_free (reply);
      client_say (smtp, "NOOP");
      reply = client_reply (smtp);
      g_usleep (10000);
    }
  while (reply != NULL && g_str_has_prefix (reply, "250"));
  g_assert_nonnull (reply);
  g_assert_true (g_str_has_prefix (reply, "421 4.4.2 The session has lasted too long"));
  g_assert_null (client_line (pop3));
}

static void
test_time (void)
{
  with_limits (set_time, time_is_up);
}

/* They are kept from one run to the next. */
static void
test_kept (void)
{
  Fixture *fixture = fixture_open (NULL);
  g_autofree char *directory = g_strdup (fixture->directory);

  fixture->config->limits.session_commands = 4711;
  fixture_start (fixture);
  fixture_close (fixture, TRUE);
  fixture = fixture_open (directory);
  g_assert_cmpuint (engine_server_get_config (fixture->server)->limits.session_commands, ==, 4711);
  g_assert_cmpuint (engine_server_get_config (fixture->server)->limits.wrong_passwords, ==, 10);
  fixture_start (fixture);
  fixture_close (fixture, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/server/limits/lock", test_lock);
  g_test_add_func ("/engine/server/limits/address-lock", test_address_lock);
  g_test_add_func ("/engine/server/limits/sessions", test_sessions);
  g_test_add_func ("/engine/server/limits/user-sessions", test_user_sessions);
  g_test_add_func ("/engine/server/limits/commands", test_commands);
  g_test_add_func ("/engine/server/limits/errors", test_errors);
  g_test_add_func ("/engine/server/limits/time", test_time);
  g_test_add_func ("/engine/server/limits/kept", test_kept);
  return g_test_run ();
}
