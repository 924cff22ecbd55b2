/* SPDX-License-Identifier: MIT */
#include "server-fixture.h"

#include <string.h>

#define LETTER                                                                                     \
  "Return-Path: <forged@example.org>\r\nFrom: a@example.org\r\nSubject: x\r\n\r\nbody\r\n"

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

static Client *
greet (Fixture *fixture, EnginePort port)
{
  Client *client = client_connect (fixture, port);

  g_assert_nonnull (client);
  client_do (client, "EHLO client.example", "250");
  return client;
}

/* The letter as a user fetches it. */
static char *
fetch (Fixture *fixture, const char *user, guint number)
{
  g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_POP3S);

  client_login (client, user);
  client_say (client, "RETR %u", number);
  client_expect (client, "+OK");
  char *letter = client_body (client);
  client_do (client, "QUIT", "+OK");
  return letter;
}

static void
verbs (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_SMTP);

  client_do (client, "MAIL FROM:<a@example.org>", "503");
  client_say (client, "EHLO client.example");
  g_autofree char *features = client_reply (client);
  static const char *const expected[]
      = { "250-postroom.test", "SIZE 52428800", "8BITMIME", "PIPELINING", "STARTTLS" };
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_nonnull (strstr (features, expected[i]));
  g_assert_null (strstr (features, "AUTH"));
  client_do (client, "NOOP", "250 2.0.0");
  client_do (client, "VRFY ann", "252 2.");
  client_do (client, "EXPN all", "5");
  client_do (client, "HELP", "214");
  client_do (client, "RCPT TO:<ann@postroom.test>", "503");
  client_do (client, "DATA", "503");
  client_do (client, "FLY", "500");
  client_do (client, "MAIL FROM:<a@example.org>", "250 2.1.0");
  client_do (client, "MAIL FROM:<a@example.org>", "503");
  client_do (client, "RSET", "250");
  client_do (client, "RCPT TO:<ann@postroom.test>", "503");
  client_do (client, "QUIT", "221");
  g_assert_null (client_line (client));

  g_autoptr (Client) old = client_connect (fixture, ENGINE_PORT_SMTP);
  client_do (old, "HELO old.example", "250");
  g_assert_true (client_send (old, "ann@postroom.test", LETTER));
  g_autofree char *letter = fetch (fixture, "ann", 1);
  g_assert_nonnull (strstr (letter, "with SMTP id "));
}

static void
recipients (Fixture *fixture, gpointer data)
{
  static const struct
  {
    const char *path;
    const char *reply;
  } table[] = {
    { "<ann@postroom.test>", "250 2.1.5" },
    { "<ANN@PostRoom.Test>", "250 2.1.5" },
    { "<ann+news@postroom.test>", "250 2.1.5" },
    { "<bob@localhost>", "250 2.1.5" },
    { "<bob@[127.0.0.1]>", "250 2.1.5" },
    { "<bob@[IPv6:::1]>", "250 2.1.5" },
    { "<@relay.example:ann@postroom.test>", "250 2.1.5" },
    { "<Postmaster>", "250 2.1.5" },
    { "<postmaster@postroom.test>", "250 2.1.5" },
    { "<carl@postroom.test>", "550 5.1.1" },
    { "<+ann@postroom.test>", "550 5.1.1" },
    { "<\"../ann\"@postroom.test>", "550 5.1.1" },
    { "<ann@example.org>", "550 5.7.1" },
    { "<postmaster@example.org>", "550 5.7.1" },
    { "<ann@sub.postroom.test>", "550 5.7.1" },
    { "<ann@[192.0.2.1]>", "550 5.7.1" },
    { "<ann%example.org@example.net>", "550 5.7.1" },
  };
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);

  client_do (client, "MAIL FROM:<>", "250");
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      client_say (client, "RCPT TO:%s", table[i].path);
      client_expect (client, table[i].reply);
    }
  client_do (client, "DATA", "354");
  client_do (client, "Subject: all\r\n\r\n.", "250 2.0.0");
  /* Each user once, whatever the number of addresses; the first user is the postmaster. */
  g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, 1);
  g_assert_cmpuint (fixture_count_letters (fixture, "bob"), ==, 1);
  g_autofree char *letter = fetch (fixture, "ann", 1);
  g_assert_true (g_str_has_prefix (letter, "Return-Path: <>\r\nReceived: from client.example "));
  g_assert_null (strstr (letter, "\tfor <"));
  g_assert_null (strstr (letter, "\tfor <"));
}

static guint
count_files (const char *directory, const char *suffix)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;
  guint n = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    n += g_str_has_suffix (name, suffix) ? 1 : 0;
  return n;
}

/* What is there when the 250 is read: the file under its name, and the row. */
static void
durable (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);
  g_autofree char *folder = g_build_filename (fixture->directory, "site", "maildrops", "ann", NULL);

  for (guint i = 1; i <= 20; i++)
    {
      g_assert_true (client_send (client, "ann@postroom.test", LETTER));
      g_assert_cmpuint (count_files (folder, ".eml"), ==, i);
      g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, i);
    }
  /* A letter without its end is no letter. */
  client_do (client, "MAIL FROM:<a@example.org>", "250");
  client_do (client, "RCPT TO:<bob@postroom.test>", "250");
  client_do (client, "DATA", "354");
  client_write (client, LETTER, -1);
  g_clear_pointer (&client, client_free);
  g_autoptr (Client) other = greet (fixture, ENGINE_PORT_SMTP);
  g_assert_true (client_send (other, "ann@postroom.test", LETTER));
  g_assert_cmpuint (fixture_count_letters (fixture, "bob"), ==, 0);
}

static guint delivered;

static void
on_delivered (EngineServer *server, const char *user, GThread *owner)
{
  g_assert_true (g_thread_self () == owner);
  g_assert_cmpstr (user, ==, "ann");
  delivered++;
}

static void
trace (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_SMTPS);

  client_do (client, "EHLO by(evil).example", "501");
  client_do (client, "EHLO [192.0.2.7]", "250");
  client_do (client, "MAIL FROM:<\"a b\"@example.org>", "250");
  client_do (client, "RCPT TO:<ann+tag@postroom.test>", "250");
  client_do (client, "DATA", "354");
  client_write (client, LETTER ".\r\n", -1);
  client_expect (client, "250 2.0.0");

  g_autofree char *letter = fetch (fixture, "ann", 1);
  const char *below = strstr (letter, "From: ");
  g_assert_nonnull (below);
  /* Below our lines it is what was sent, octet for octet, but for the Return-Path of another. */
  g_assert_cmpstr (below, ==, strstr (LETTER, "From: "));
  g_autofree char *ours = g_strndup (letter, (gsize) (below - letter));
  g_test_message ("%s", ours);
  g_assert_true (g_regex_match_simple (
      "^Return-Path: <\"a b\"@example\\.org>\r\n"
      "Delivered-To: ann\\+tag@postroom\\.test\r\n"
      "Received: from \\[192\\.0\\.2\\.7\\] \\(\\[127\\.0\\.0\\.1\\]\\)\r\n"
      "\tby postroom\\.test \\(Postroom\\)\r\n"
      "\twith ESMTPS id [0-9A-F]+\r\n"
      "\tfor <ann\\+tag@postroom\\.test>;\r\n"
      "\t[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} [-+][0-9]{4}\r\n$",
      ours, G_REGEX_RAW | G_REGEX_DOLLAR_ENDONLY, 0));
}

static void
test_trace (void)
{
  Fixture *fixture = fixture_open (NULL);

  fixture_add_user (fixture, "ann");
  g_signal_connect (fixture->server, "delivered", G_CALLBACK (on_delivered), g_thread_self ());
  fixture_start (fixture);
  fixture_run (fixture, trace, NULL);
  fixture_stop (fixture);
  g_assert_cmpuint (delivered, ==, 1);
  fixture_close (fixture, FALSE);
}

static gboolean
has_ipv6 (void)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV6);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocket) socket
      = g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

  return socket != NULL && g_socket_bind (socket, address, FALSE, NULL);
}

/* On ::1 too, on the same port. */
static void
both_families (Fixture *fixture, gpointer data)
{
  if (!has_ipv6 ())
    {
      g_test_skip ("there is no ::1 here");
      return;
    }
  g_autoptr (Client) client = client_connect_to (fixture, "::1", ENGINE_PORT_SMTPS);
  g_assert_nonnull (client);
  client_do (client, "EHLO [IPv6:::1]", "250");
  g_assert_true (client_send (client, "ann@[IPv6:::1]", LETTER));
  g_autofree char *letter = fetch (fixture, "ann", 1);
  g_assert_nonnull (strstr (letter, "\r\nReceived: from [IPv6:::1] ([IPv6:::1])\r\n"));
}

static void
authentication (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) clear = greet (fixture, ENGINE_PORT_SMTP);
  /* \0ann\0secret */
  client_do (clear, "AUTH PLAIN AGFubgBzZWNyZXQ=", "538 5.7.11");
  client_do (clear, "STARTTLS", "220");
  client_shake (clear, fixture);
  client_do (clear, "MAIL FROM:<a@example.org>", "503");
  client_say (clear, "EHLO client.example");
  g_autofree char *features = client_reply (clear);
  g_assert_nonnull (strstr (features, "AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN\n"));
  g_assert_null (strstr (features, "STARTTLS"));
  client_do (clear, "AUTH PLAIN AGFubgB3cm9uZw==", "535 5.7.8");
  /* nobody\0ann\0secret: for another */
  client_do (clear, "AUTH PLAIN Ym9iAGFubgBzZWNyZXQ=", "535 5.7.8");
  client_do (clear, "AUTH PLAIN AGFubgBzZWNyZXQ=", "235 2.7.0");
  client_do (clear, "AUTH PLAIN AGFubgBzZWNyZXQ=", "503");
  client_do (clear, "MAIL FROM:<ann@postroom.test>", "250");
  /* No relaying for those within either. */
  client_do (clear, "RCPT TO:<someone@example.org>", "550 5.7.1");
  client_do (clear, "RCPT TO:<bob@postroom.test>", "250");
  client_do (clear, "DATA", "354");
  client_do (clear, "Subject: x\r\n\r\nhello\r\n.", "250");
  g_autofree char *letter = fetch (fixture, "bob", 1);
  g_assert_nonnull (strstr (letter, "with ESMTPSA id "));

  g_autoptr (Client) login = greet (fixture, ENGINE_PORT_SMTPS);
  client_do (login, "AUTH LOGIN", "334 VXNlcm5hbWU6");
  client_do (login, "YW5u", "334 UGFzc3dvcmQ6");
  client_do (login, "c2VjcmV0", "235");
  g_autoptr (Client) nobody = greet (fixture, ENGINE_PORT_SMTPS);
  /* \0carl\0secret */
  client_do (nobody, "AUTH PLAIN AGNhcmwAc2VjcmV0", "535 5.7.8");
}

static void
in_clear (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);

  client_do (client, "AUTH PLAIN AGFubgBzZWNyZXQ=", "235");
}

/* The setting that shows a class what goes wrong. */
static void
test_in_clear (void)
{
  Fixture *fixture = fixture_open (NULL);

  fixture_add_user (fixture, "ann");
  fixture->config->auth_in_clear = TRUE;
  fixture_start (fixture);
  fixture_run (fixture, in_clear, NULL);
  fixture_close (fixture, FALSE);
}

/* While one session waits for its refusal, others are served, and its leaving harms nobody. */
static void
slow_refusal (Fixture *fixture, gpointer data)
{
  Client *wrong[8];

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      wrong[i] = greet (fixture, ENGINE_PORT_SMTPS);
      client_say (wrong[i], "AUTH PLAIN AGFubgB3cm9uZw==");
    }
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);
  g_assert_true (client_send (client, "ann@postroom.test", LETTER));
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i += 2)
    g_clear_pointer (&wrong[i], client_free);
  for (guint i = 1; i < G_N_ELEMENTS (wrong); i += 2)
    {
      client_expect (wrong[i], "535 5.7.8");
      client_free (wrong[i]);
    }
}

static void
injection (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);

  client_write (client, "STARTTLS\r\nMAIL FROM:<evil@example.org>\r\n", -1);
  g_autofree char *first = client_line (client);
  g_autofree char *second = first != NULL ? client_line (client) : NULL;
  /* Whether it still says 220 or not: nothing that was injected is answered, and it ends. */
  g_assert_null (second);
  g_assert_true (first == NULL || g_str_has_prefix (first, "220") || first[0] == '5'
                 || g_str_has_prefix (first, "421"));
}

static void
limits (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);
  g_autoptr (GString) letter = g_string_new ("Subject: large\r\n\r\n");

  client_do (client, "MAIL FROM:<a@example.org> SIZE=100001", "552 5.3.4");
  for (guint i = 0; letter->len < 100000; i++)
    g_string_append_printf (letter, "%06u MAIL FROM:<x@example.org> is no command here\r\n", i);
  g_assert_false (client_send (client, "ann@postroom.test", letter->str));
  client_do (client, "NOOP", "250");
  g_string_truncate (letter, 90000);
  g_string_append (letter, "\r\n");
  g_assert_true (client_send (client, "ann@postroom.test", letter->str));

  g_string_truncate (letter, 0);
  for (guint i = 0; i < 100; i++)
    g_string_append (letter, "received: from a by b;\r\n\tMon, 23 Nov 2026 10:00:00 +0000\r\n");
  g_autofree char *fine = g_strconcat (letter->str, "\r\nReceived: in the body\r\n", NULL);
  g_autofree char *loop = g_strconcat ("Received: x\r\n", letter->str, "\r\nhello\r\n", NULL);
  g_assert_true (client_send (client, "ann@postroom.test", fine));
  client_do (client, "MAIL FROM:<a@example.org>", "250");
  client_do (client, "RCPT TO:<ann@postroom.test>", "250");
  client_do (client, "DATA", "354");
  client_write (client, loop, -1);
  client_do (client, ".", "554 5.4.6");
  g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, 2);
}

static void
test_limits (void)
{
  Fixture *fixture = fixture_open (NULL);

  fixture_add_user (fixture, "ann");
  fixture->config->max_size = 100000;
  fixture_start (fixture);
  fixture_run (fixture, limits, NULL);
  fixture_close (fixture, FALSE);
}

static void
smuggling (Fixture *fixture, gpointer data)
{
  static const char *const ends[]
      = { "\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\n.\r", "\r.\r\n", "\r\n.\r" };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);
      g_autofree char *letter
          = g_strconcat ("Subject: one\r\n\r\nbody", ends[i],
                         "MAIL FROM:<evil@example.org>\r\nRCPT TO:<bob@postroom.test>\r\n"
                         "DATA\r\nSubject: two\r\n\r\nsmuggled\r\n",
                         NULL);
      g_assert_false (client_send (client, "ann@postroom.test", letter));
    }
  g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, 0);
  g_assert_cmpuint (fixture_count_letters (fixture, "bob"), ==, 0);
}

static void
pipelining (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);

  client_write (client,
                "MAIL FROM:<a@example.org>\r\nRCPT TO:<ann@postroom.test>\r\n"
                "RCPT TO:<carl@postroom.test>\r\nRCPT TO:<bob@postroom.test>\r\nDATA\r\n",
                -1);
  client_expect (client, "250 2.1.0");
  client_expect (client, "250 2.1.5");
  client_expect (client, "550 5.1.1");
  client_expect (client, "250 2.1.5");
  client_expect (client, "354");
  client_write (client, LETTER ".\r\nNOOP\r\nMAIL FROM:<>\r\nRCPT TO:<x@example.org>\r\nQUIT\r\n",
                -1);
  client_expect (client, "250 2.0.0 Stored as ");
  client_expect (client, "250");
  client_expect (client, "250 2.1.0");
  client_expect (client, "550 5.7.1");
  client_expect (client, "221");
  g_assert_null (client_line (client));
  g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, 1);
  g_assert_cmpuint (fixture_count_letters (fixture, "bob"), ==, 1);
}

#define ADD(name)                                                                                  \
  static void test_##name (void) { with_server (name); }
ADD (verbs)
ADD (recipients)
ADD (durable)
ADD (both_families)
ADD (authentication)
ADD (slow_refusal)
ADD (injection)
ADD (smuggling)
ADD (pipelining)

/* RFC 6409: only who has proved to be someone sends, and as no one else. */
static void
submission (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SUBMISSION);

  client_do (client, "MAIL FROM:<ann@postroom.test>", "530 5.7.0");
  client_do (client, "STARTTLS", "220");
  client_shake (client, fixture);
  client_do (client, "EHLO client.example", "250");
  client_do (client, "MAIL FROM:<ann@postroom.test>", "530 5.7.0");
  client_do (client, "AUTH PLAIN AGFubgBzZWNyZXQ=", "235");
  client_do (client, "MAIL FROM:<bob@postroom.test>", "553 5.7.1");
  client_do (client, "MAIL FROM:<ann@elsewhere.example>", "553 5.7.1");
  client_do (client, "RCPT TO:<bob@postroom.test>", "503");
  client_do (client, "MAIL FROM:<>", "250");
  client_do (client, "RSET", "250");
  client_do (client, "MAIL FROM:<Ann+list@Postroom.test>", "250");
  client_do (client, "RCPT TO:<someone@elsewhere.example>", "550 5.7.1");
  client_do (client, "RCPT TO:<bob@postroom.test>", "250");
  client_do (client, "DATA", "354");
  client_do (client, "Subject: mine\r\n\r\nHello\r\n.", "250");
  client_do (client, "QUIT", "221");
  g_autofree char *letter = fetch (fixture, "bob", 1);
  g_assert_nonnull (strstr (letter, "with ESMTPSA"));
  /* The port for other servers' mail asks nobody. */
  g_autoptr (Client) other = greet (fixture, ENGINE_PORT_SMTP);
  client_do (other, "MAIL FROM:<ann@postroom.test>", "250");
}

static void
test_submission (void)
{
  with_server (submission);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/server/smtp/verbs", test_verbs);
  g_test_add_func ("/engine/server/smtp/recipients", test_recipients);
  g_test_add_func ("/engine/server/smtp/durable", test_durable);
  g_test_add_func ("/engine/server/smtp/both-families", test_both_families);
  g_test_add_func ("/engine/server/smtp/trace", test_trace);
  g_test_add_func ("/engine/server/smtp/authentication", test_authentication);
  g_test_add_func ("/engine/server/smtp/in-clear", test_in_clear);
  g_test_add_func ("/engine/server/smtp/slow-refusal", test_slow_refusal);
  g_test_add_func ("/engine/server/smtp/injection", test_injection);
  g_test_add_func ("/engine/server/smtp/limits", test_limits);
  g_test_add_func ("/engine/server/smtp/smuggling", test_smuggling);
  g_test_add_func ("/engine/server/smtp/pipelining", test_pipelining);
  g_test_add_func ("/engine/server/smtp/submission", test_submission);
  return g_test_run ();
}
