/* SPDX-License-Identifier: MIT */
#include "server-fixture.h"

#include <string.h>

static void
with_server (void (*function) (Fixture *fixture, gpointer data))
{
  Fixture *fixture = fixture_open (NULL);

  fixture_add_user (fixture, "ann");
  fixture_add_user (fixture, "bob");
  fixture_start (fixture);
  fixture_run (fixture, function, NULL);
  fixture_close (fixture, FALSE);
}

static void
send_letters (Fixture *fixture, guint count)
{
  g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_SMTP);

  client_do (client, "EHLO client.example", "250");
  for (guint i = 1; i <= count; i++)
    {
      g_autofree char *letter = g_strdup_printf ("Subject: number %u\r\n\r\nbody %u\r\n", i, i);
      g_assert_true (client_send (client, "ann@postroom.test", letter));
    }
  client_do (client, "QUIT", "221");
}

static Client *
log_in (Fixture *fixture)
{
  Client *client = client_connect (fixture, ENGINE_PORT_POP3S);

  client_login (client, "ann");
  return client;
}

/* The letter's text below the lines that the server put on top. */
static const char *
below_trace (const char *letter)
{
  const char *p = strstr (letter, ";\r\n\t");

  g_assert_nonnull (p);
  p = strstr (p + 4, "\r\n");
  g_assert_nonnull (p);
  return p + 2;
}

static void
authentication (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_POP3);

  client_do (client, "CAPA", "+OK");
  g_autofree char *clear = client_body (client);
  g_assert_nonnull (strstr (clear, "STLS\r\n"));
  g_assert_nonnull (strstr (clear, "UIDL\r\n"));
  g_assert_null (strstr (clear, "SASL"));
  client_do (client, "PASS secret", "-ERR");
  client_do (client, "STAT", "-ERR");
  client_do (client, "STLS", "+OK");
  client_shake (client, fixture);
  client_do (client, "CAPA", "+OK");
  g_autofree char *capabilities = client_body (client);
  g_assert_nonnull (strstr (capabilities, "SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN\r\n"));
  g_assert_nonnull (strstr (capabilities, "USER\r\n"));
  g_assert_null (strstr (capabilities, "STLS"));
  client_do (client, "USER nobody", "+OK");
  client_do (client, "PASS secret", "-ERR [AUTH]");
  client_do (client, "USER ann", "+OK");
  client_do (client, "PASS secret ", "-ERR [AUTH]");
  client_do (client, "AUTH PLAIN AGFubgBzZWNyZXQ=", "+OK");
  client_do (client, "STAT", "+OK 0 0");
  client_do (client, "QUIT", "+OK");
  g_assert_null (client_line (client));

  /* What was injected behind STLS is not run within TLS. */
  g_autoptr (Client) injected = client_connect (fixture, ENGINE_PORT_POP3);
  client_write (injected, "STLS\r\nUSER ann\r\n", -1);
  g_autofree char *first = client_line (injected);
  g_autofree char *second = first != NULL ? client_line (injected) : NULL;
  g_assert_null (second);
}

#define DOTS "Subject: dots\r\n\r\n.\r\n..\r\n.dot\r\nline\r\n...\r\n\r\n.\r\n"

static void
retr (Fixture *fixture, gpointer data)
{
  g_autoptr (GString) large = g_string_new ("Subject: large\r\n\r\n");
  g_autoptr (Client) smtp = client_connect (fixture, ENGINE_PORT_SMTP);

  for (guint i = 0; large->len < 3000000; i++)
    g_string_append_printf (large, "%sline %u \xe9\xff\r\n", i % 7 == 0 ? "." : "", i);
  client_do (smtp, "EHLO client", "250");
  client_do (smtp, "MAIL FROM:<a@example.org>", "250");
  client_do (smtp, "RCPT TO:<ann@postroom.test>", "250");
  client_do (smtp, "DATA", "354");
  client_write (smtp, "Subject: dots\r\n\r\n..\r\n...\r\n..dot\r\nline\r\n....\r\n\r\n..\r\n.\r\n",
                -1);
  client_expect (smtp, "250");
  g_autoptr (GRegex) stuff = g_regex_new ("^\\.", G_REGEX_MULTILINE | G_REGEX_RAW, 0, NULL);
  g_autofree char *stuffed
      = g_regex_replace_literal (stuff, large->str, (gssize) large->len, 0, "..", 0, NULL);
  g_assert_true (client_send (smtp, "ann@postroom.test", stuffed));

  g_autoptr (Client) client = log_in (fixture);
  client_do (client, "RETR 1", "+OK");
  g_autofree char *dots = client_body (client);
  g_assert_cmpstr (below_trace (dots), ==, DOTS);
  client_do (client, "RETR 2", "+OK");
  g_autofree char *big = client_body (client);
  g_assert_cmpuint (strlen (below_trace (big)), ==, large->len);
  g_assert_true (strcmp (below_trace (big), large->str) == 0);

  /* The sizes told are those of what is sent. */
  g_autofree char *list = g_strdup_printf ("+OK 1 %" G_GSIZE_FORMAT, strlen (dots));
  g_autofree char *stat = g_strdup_printf ("+OK 2 %" G_GSIZE_FORMAT, strlen (dots) + strlen (big));
  client_say (client, "LIST 1");
  g_autofree char *list_reply = client_reply (client);
  g_assert_cmpstr (list_reply, ==, list);
  client_say (client, "STAT");
  g_autofree char *stat_reply = client_reply (client);
  g_assert_cmpstr (stat_reply, ==, stat);

  client_do (client, "TOP 1 2", "+OK");
  g_autofree char *top = client_body (client);
  g_assert_cmpstr (below_trace (top), ==, "Subject: dots\r\n\r\n.\r\n..\r\n");
  client_do (client, "TOP 2 0", "+OK");
  g_autofree char *head = client_body (client);
  g_assert_cmpstr (below_trace (head), ==, "Subject: large\r\n\r\n");
  client_do (client, "TOP 1 1000", "+OK");
  g_autofree char *whole = client_body (client);
  g_assert_cmpstr (whole, ==, dots);
  client_do (client, "RETR 3", "-ERR");

  /* Asked for many times at once, read late: nothing is lost, and nothing is in between. */
  for (guint i = 0; i < 10; i++)
    client_say (client, "RETR 2");
  client_say (client, "NOOP");
  for (guint i = 0; i < 10; i++)
    {
      client_expect (client, "+OK");
      g_autofree char *again = client_body (client);
      g_assert_true (strcmp (again, big) == 0);
    }
  client_expect (client, "+OK");
}

static char *
uidl (Client *client)
{
  client_do (client, "UIDL", "+OK");
  return client_body (client);
}

static void
deletion (Fixture *fixture, gpointer data)
{
  send_letters (fixture, 3);
  g_autoptr (Client) client = log_in (fixture);
  g_autofree char *before = uidl (client);
  client_do (client, "DELE 2", "+OK");
  client_do (client, "DELE 2", "-ERR");
  client_do (client, "RETR 2", "-ERR");
  client_do (client, "STAT", "+OK 2 ");
  /* The wire breaks: nothing is removed, and the maildrop is free again. */
  g_clear_pointer (&client, client_free);
  for (;;)
    {
      g_autoptr (Client) again = client_connect (fixture, ENGINE_PORT_POP3S);
      client_do (again, "USER ann", "+OK");
      client_say (again, "PASS secret");
      g_autofree char *reply = client_reply (again);
      if (g_str_has_prefix (reply, "+OK"))
        {
          client = g_steal_pointer (&again);
          break;
        }
      g_assert_true (g_str_has_prefix (reply, "-ERR [IN-USE]"));
      g_usleep (1000);
    }
  g_autofree char *after = uidl (client);
  g_assert_cmpstr (before, ==, after);

  client_do (client, "DELE 1", "+OK");
  client_do (client, "DELE 3", "+OK");
  client_do (client, "RSET", "+OK");
  client_do (client, "DELE 2", "+OK");
  client_do (client, "QUIT", "+OK");
  g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, 2);
  g_clear_pointer (&client, client_free);

  /* At once, as the maildrop is let go before the +OK. */
  client = log_in (fixture);
  g_autofree char *rest = uidl (client);
  g_auto (GStrv) old = g_strsplit (before, "\r\n", -1);
  g_auto (GStrv) new = g_strsplit (rest, "\r\n", -1);
  g_assert_cmpuint (g_strv_length (new), ==, 3);
  g_assert_cmpstr (new[0] + 2, ==, old[0] + 2);
  g_assert_cmpstr (new[1] + 2, ==, old[2] + 2);
  client_do (client, "RETR 2", "+OK");
  g_autofree char *third = client_body (client);
  g_assert_cmpstr (below_trace (third), ==, "Subject: number 3\r\n\r\nbody 3\r\n");
  client_do (client, "QUIT", "+OK");
}

static void
in_use (Fixture *fixture, gpointer data)
{
  send_letters (fixture, 1);
  g_autoptr (Client) first = log_in (fixture);
  g_autoptr (Client) second = client_connect (fixture, ENGINE_PORT_POP3S);
  client_do (second, "USER ann", "+OK");
  client_do (second, "PASS secret", "-ERR [IN-USE]");
  /* Only who knows the password learns that. */
  client_do (second, "USER ann", "+OK");
  client_do (second, "PASS wrong", "-ERR [AUTH]");
  client_do (second, "USER bob", "+OK");
  client_do (second, "PASS secret", "+OK");
  /* What arrives meanwhile is for the next session. */
  send_letters (fixture, 1);
  client_do (first, "STAT", "+OK 1 ");
  client_do (first, "QUIT", "+OK");
  g_autoptr (Client) third = log_in (fixture);
  client_do (third, "STAT", "+OK 2 ");
}

/* Away in the middle of a long letter, and while a name is judged. */
static void
leaving (Fixture *fixture, gpointer data)
{
  g_autoptr (GString) large = g_string_new ("Subject: large\r\n\r\n");
  g_autoptr (Client) smtp = client_connect (fixture, ENGINE_PORT_SMTP);

  for (guint i = 0; large->len < 5000000; i++)
    g_string_append_printf (large, "line %u, one of many that are all alike\r\n", i);
  client_do (smtp, "EHLO client", "250");
  g_assert_true (client_send (smtp, "ann@postroom.test", large->str));
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_POP3S);
      client_do (client, "USER ann", "+OK");
      client_say (client, "PASS secret");
      if (i % 2 == 0)
        continue;
      g_autofree char *reply = client_reply (client);
      client_say (client, "RETR 1");
      g_autofree char *some = client_reply (client);
    }
  for (;;)
    {
      g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_POP3S);
      client_do (client, "USER ann", "+OK");
      client_say (client, "PASS secret");
      g_autofree char *reply = client_reply (client);
      if (g_str_has_prefix (reply, "+OK"))
        break;
      g_usleep (1000);
    }
  g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, 1);
}

#define ADD(name)                                                                                  \
  static void test_##name (void) { with_server (name); }
ADD (authentication)
ADD (retr)
ADD (deletion)
ADD (in_use)
ADD (leaving)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/server/pop3/authentication", test_authentication);
  g_test_add_func ("/engine/server/pop3/retr", test_retr);
  g_test_add_func ("/engine/server/pop3/deletion", test_deletion);
  g_test_add_func ("/engine/server/pop3/in-use", test_in_use);
  g_test_add_func ("/engine/server/pop3/leaving", test_leaving);
  return g_test_run ();
}
