/* SPDX-License-Identifier: MIT */
#include "server-fixture.h"

#include <string.h>

#define LETTER "Subject: x\r\n\r\n0123456789\r\n"

/* ---- what is set up ---- */

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
wait_for (StoreSite *site, GAsyncResult **result)
{
  g_autoptr (GError) error = NULL;

  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  store_site_finish (site, *result, &error);
  g_assert_no_error (error);
  g_clear_object (result);
}

static void
add_alias (Fixture *fixture, const char *name, const char *domain, const char *const *users)
{
  GAsyncResult *result = NULL;

  store_site_add_alias_async (fixture->site, name, domain, users, NULL, on_result, &result);
  wait_for (fixture->site, &result);
}

static void
add_domain (Fixture *fixture, const char *domain)
{
  GAsyncResult *result = NULL;

  store_site_add_domain_async (fixture->site, domain, NULL, on_result, &result);
  wait_for (fixture->site, &result);
}

static void
set_quota (Fixture *fixture, const char *user, guint64 octets, guint letters)
{
  GAsyncResult *result = NULL;

  store_site_set_quota_async (fixture->site, user, octets, letters, NULL, on_result, &result);
  wait_for (fixture->site, &result);
}

static void
set_disabled (Fixture *fixture, const char *user, gboolean disabled)
{
  GAsyncResult *result = NULL;

  store_site_set_disabled_async (fixture->site, user, disabled, NULL, on_result, &result);
  wait_for (fixture->site, &result);
}

static Fixture *
open_fixture (void)
{
  Fixture *fixture = fixture_open (NULL);

  fixture_add_user (fixture, "ann");
  fixture_add_user (fixture, "bob");
  fixture_add_user (fixture, "carl");
  return fixture;
}

/* ---- what is said ---- */

typedef struct
{
  const char *path;
  const char *reply;
} Rcpt;

static Client *
begin (Fixture *fixture, const char *parameters)
{
  Client *client = client_connect (fixture, ENGINE_PORT_SMTP);

  g_assert_nonnull (client);
  client_do (client, "EHLO client.example", "250");
  client_say (client, "MAIL FROM:<a@example.org>%s", parameters);
  client_expect (client, "250");
  return client;
}

static void
say_rcpts (Client *client, const Rcpt *table, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      client_say (client, "RCPT TO:%s", table[i].path);
      client_expect (client, table[i].reply);
    }
}

static void
finish (Client *client, const char *reply)
{
  client_do (client, "DATA", "354");
  client_write (client, LETTER ".\r\n", -1);
  client_expect (client, reply);
}

static void
check_counts (Fixture *fixture, guint ann, guint bob, guint carl)
{
  g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, ann);
  g_assert_cmpuint (fixture_count_letters (fixture, "bob"), ==, bob);
  g_assert_cmpuint (fixture_count_letters (fixture, "carl"), ==, carl);
}

/* The first letter's head of our making. */
static char *
trace_of (Fixture *fixture, const char *user)
{
  g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_POP3S);

  client_login (client, user);
  client_do (client, "RETR 1", "+OK");
  char *letter = client_body (client);
  char *below = strstr (letter, LETTER);
  g_assert_nonnull (below);
  g_assert_cmpstr (below, ==, LETTER);
  *below = '\0';
  client_do (client, "QUIT", "+OK");
  return letter;
}

/* ---- aliases and domains ---- */

static void
say_aliases (Fixture *fixture, gpointer data)
{
  static const Rcpt table[] = {
    { "<nobody@postroom.test>", "550 5.1.1" }, { "<x@two.example>", "550 5.1.1" },
    { "<x@three.example>", "550 5.7.1" },      { "<ann@Two.Example>", "250 2.1.5" },
    { "<help@two.example>", "250 2.1.5" },     { "<help@postroom.test>", "550 5.1.1" },
  };
  g_autoptr (Client) client = begin (fixture, "");

  say_rcpts (client, table, G_N_ELEMENTS (table));
  finish (client, "250");
  check_counts (fixture, 1, 0, 1);

  g_autoptr (Client) second = begin (fixture, "");
  client_do (second, "RCPT TO:<Team+x@localhost>", "250");
  finish (second, "250");
  check_counts (fixture, 2, 1, 1);
  /* It went to one address, and both may know it. */
  g_autofree char *trace = trace_of (fixture, "bob");
  g_assert_nonnull (strstr (trace, "\r\nDelivered-To: Team+x@localhost\r\nReceived: "));
  g_assert_nonnull (strstr (trace, "\tfor <Team+x@localhost>;"));
  g_autofree char *silent = trace_of (fixture, "carl");
  g_assert_null (strstr (silent, "Delivered-To"));

  g_autoptr (Client) third = begin (fixture, "");
  client_do (third, "RCPT TO:<Postmaster>", "250");
  client_do (third, "RCPT TO:<POSTMASTER@two.example>", "250");
  finish (third, "250");
  check_counts (fixture, 2, 2, 1);
}

static void
test_aliases (void)
{
  Fixture *fixture = open_fixture ();

  add_domain (fixture, "two.example");
  add_alias (fixture, "help", "two.example", (const char *[]){ "carl", NULL });
  add_alias (fixture, "team", NULL, (const char *[]){ "ann", "bob", NULL });
  add_alias (fixture, "postmaster", NULL, (const char *[]){ "bob", NULL });
  fixture_start (fixture);
  fixture_run (fixture, say_aliases, NULL);
  fixture_close (fixture, FALSE);
}

static void
say_catch_all (Fixture *fixture, gpointer data)
{
  static const Rcpt table[] = {
    { "<nobody@postroom.test>", "250 2.1.5" },
    { "<\"../x y\"@two.example>", "250 2.1.5" },
    { "<x@three.example>", "550 5.7.1" },
    { "<bob@two.example>", "550 5.2.1" },
  };
  g_autoptr (Client) client = begin (fixture, "");

  say_rcpts (client, table, G_N_ELEMENTS (table));
  finish (client, "250");
  g_autoptr (Client) postmaster = begin (fixture, "");
  client_do (postmaster, "RCPT TO:<Postmaster>", "250");
  finish (postmaster, "250");
  check_counts (fixture, 1, 0, 1);
  g_autofree char *trace = trace_of (fixture, "ann");
  g_assert_nonnull (strstr (trace, "\r\nDelivered-To: Postmaster@postroom.test\r\n"));
}

/* Whoever catches all does not speak for all. */
static void
say_senders (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_SUBMISSION);

  client_do (client, "EHLO client.example", "250");
  client_do (client, "STARTTLS", "220");
  client_shake (client, fixture);
  client_do (client, "EHLO client.example", "250");
  client_do (client, "AUTH PLAIN AGFubgBzZWNyZXQ=", "235");
  client_do (client, "MAIL FROM:<nobody@postroom.test>", "553 5.7.1");
  client_do (client, "MAIL FROM:<bob@postroom.test>", "553 5.7.1");
  client_do (client, "MAIL FROM:<help@postroom.test>", "553 5.7.1");
  client_do (client, "MAIL FROM:<ann@three.example>", "553 5.7.1");
  client_do (client, "MAIL FROM:<help@two.example>", "250");
  client_do (client, "RSET", "250");
  client_do (client, "MAIL FROM:<ann+x@two.example>", "250");
  client_do (client, "RSET", "250");
  client_do (client, "MAIL FROM:<postmaster@postroom.test>", "250");
}

static void
test_senders (void)
{
  Fixture *fixture = open_fixture ();

  add_domain (fixture, "two.example");
  add_alias (fixture, "help", "two.example", (const char *[]){ "ann", "bob", NULL });
  /* A full maildrop is no reason not to send. */
  set_quota (fixture, "ann", 1, 0);
  fixture->config->catch_all = g_strdup ("ann");
  fixture_start (fixture);
  fixture_run (fixture, say_senders, NULL);
  fixture_close (fixture, FALSE);
}

static void
test_catch_all (void)
{
  Fixture *fixture = open_fixture ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  add_domain (fixture, "two.example");
  set_disabled (fixture, "bob", TRUE);
  fixture->config->catch_all = g_strdup ("dora");
  engine_server_start_async (fixture->server, fixture->config, NULL, on_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (engine_server_start_finish (fixture->server, result, &error));
  g_assert_nonnull (strstr (error->message, "dora"));
  g_clear_object (&result);

  g_free (fixture->config->catch_all);
  fixture->config->catch_all = g_strdup ("Carl");
  fixture_start (fixture);
  fixture_run (fixture, say_catch_all, NULL);

  /* It is there again the next time. */
  char *directory = g_strdup (fixture->directory);
  fixture_close (fixture, TRUE);
  fixture = fixture_open (directory);
  g_assert_cmpstr (engine_server_get_config (fixture->server)->catch_all, ==, "Carl");
  fixture_close (fixture, FALSE);
  g_free (directory);
}

/* ---- quotas ---- */

static void
say_full (Fixture *fixture, gpointer data)
{
  static const Rcpt empty[] = {
    { "<ann@postroom.test>", "552 5.2.2" },
    { "<bob@postroom.test>", "250 2.1.5" },
    { "<team@postroom.test>", "250 2.1.5" }, /* for Bob; the sender hears of Ann */
  };
  static const Rcpt full[] = {
    { "<ann@postroom.test>", "452 4.2.2" },
    { "<bob@postroom.test>", "452 4.2.2" },
    { "<team@postroom.test>", "452 4.2.2" },
    { "<carl@postroom.test>", "250 2.1.5" },
  };
  g_autoptr (Client) client = begin (fixture, " SIZE=401");
  say_rcpts (client, empty, G_N_ELEMENTS (empty));
  client_do (client, "RSET", "250");

  /* Bob may have one letter, Ann as much as one letter and a bit. */
  g_assert_true (client_send (client, "bob@postroom.test", LETTER));
  g_assert_true (client_send (client, "ann@postroom.test", LETTER));
  g_autoptr (Client) second = begin (fixture, " SIZE=350");
  say_rcpts (second, full, G_N_ELEMENTS (full));
  finish (second, "250");
  check_counts (fixture, 1, 1, 1);

  /* What was not declared is found out at the end: nobody gets anything then. */
  g_autoptr (Client) third = begin (fixture, "");
  client_do (third, "RCPT TO:<carl@postroom.test>", "250");
  client_do (third, "RCPT TO:<ann@postroom.test>", "250");
  finish (third, "452 4.2.2");
  check_counts (fixture, 1, 1, 1);
  client_do (third, "MAIL FROM:<a@example.org>", "250");
  client_do (third, "RCPT TO:<carl@postroom.test>", "250");
  client_do (third, "RCPT TO:<ann@postroom.test>", "250");
  client_do (third, "DATA", "354");
  g_autofree char *line = g_strnfill (500, 'x');
  client_say (third, "%s\r\n.", line);
  client_expect (third, "552 5.2.2");
  check_counts (fixture, 1, 1, 1);

  /* Room again. */
  g_autoptr (Client) reader = client_connect (fixture, ENGINE_PORT_POP3S);
  client_login (reader, "ann");
  client_do (reader, "DELE 1", "+OK");
  client_do (reader, "QUIT", "+OK");
  g_assert_true (client_send (client, "ann@postroom.test", LETTER));
  g_assert_false (client_send (client, "bob@postroom.test", LETTER));
}

static void
test_quotas (void)
{
  Fixture *fixture = open_fixture ();

  add_alias (fixture, "team", NULL, (const char *[]){ "ann", "bob", NULL });
  set_quota (fixture, "ann", 400, 0);
  set_quota (fixture, "bob", 0, 1);
  fixture_start (fixture);
  fixture_run (fixture, say_full, NULL);
  fixture_close (fixture, FALSE);
}

/* Two sessions were both told that there is room for one letter. */
static void
say_at_once (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) first = begin (fixture, "");
  g_autoptr (Client) second = begin (fixture, "");

  client_do (first, "RCPT TO:<bob@postroom.test>", "250");
  client_do (second, "RCPT TO:<ann@postroom.test>", "250");
  client_do (second, "RCPT TO:<bob@postroom.test>", "250");
  finish (first, "250");
  finish (second, "452 4.2.2");
  check_counts (fixture, 0, 1, 0);
}

static void
test_race (void)
{
  Fixture *fixture = open_fixture ();

  set_quota (fixture, "bob", 0, 1);
  fixture_start (fixture);
  fixture_run (fixture, say_at_once, NULL);
  fixture_close (fixture, FALSE);
}

/* ---- disabled users ---- */

static void
say_disabled (Fixture *fixture, gpointer data)
{
  static const Rcpt table[] = {
    { "<bob@postroom.test>", "550 5.2.1" },
    { "<bob+x@localhost>", "550 5.2.1" },
    { "<team@postroom.test>", "250 2.1.5" },
  };
  g_autoptr (Client) client = begin (fixture, "");
  say_rcpts (client, table, G_N_ELEMENTS (table));
  finish (client, "250");
  check_counts (fixture, 1, 0, 0);

  g_autofree char *wrong = NULL;
  g_autofree char *refused = NULL;
  g_autoptr (Client) reader = client_connect (fixture, ENGINE_PORT_POP3S);
  client_do (reader, "USER ann", "+OK");
  client_say (reader, "PASS wrong");
  wrong = client_reply (reader);
  client_do (reader, "USER bob", "+OK");
  client_say (reader, "PASS secret");
  refused = client_reply (reader);
  g_assert_cmpstr (refused, ==, wrong);
}

static void
say_hello (Fixture *fixture, gpointer client)
{
  client_login (client, "bob");
}

static void
test_disabled (void)
{
  Fixture *fixture = open_fixture ();

  add_alias (fixture, "team", NULL, (const char *[]){ "ann", "bob", NULL });
  set_disabled (fixture, "bob", TRUE);
  fixture_start (fixture);
  fixture_run (fixture, say_disabled, NULL);
  set_disabled (fixture, "bob", FALSE);
  g_autoptr (Client) reader = client_connect (fixture, ENGINE_PORT_POP3);
  client_do (reader, "STLS", "+OK");
  client_shake (reader, fixture);
  fixture_run (fixture, say_hello, reader);
  g_clear_pointer (&reader, client_free);
  fixture_close (fixture, FALSE);
}

/* ---- recall ---- */

#define RECALLABLE "MESSAGE-ID:\r\n <one@client.example>\r\n" LETTER

typedef struct
{
  Client *reader;
  Client *other;
} Readers;

static void
check_recall (Fixture *fixture, const char *id, const char *const *users, StoreRecallOutcome all)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  store_site_recall_async (fixture->site, "ann", id, NULL, on_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_autoptr (GPtrArray) recalls = store_site_recall_finish (fixture->site, result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (recalls->len, ==, g_strv_length ((char **) users));
  for (guint i = 0; i < recalls->len; i++)
    {
      const StoreRecall *recall = g_ptr_array_index (recalls, i);
      g_assert_cmpstr (recall->user, ==, users[i]);
      g_assert_cmpint (recall->outcome, ==, all);
    }
}

static void
send_recallable (Fixture *fixture, gpointer data)
{
  Readers *readers = data;
  g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_SMTPS);

  client_do (client, "EHLO client.example", "250");
  /* Of nobody known: cannot be recalled. */
  g_assert_true (client_send (client, "carl@postroom.test", RECALLABLE));
  /* Ann's, in the way that names a domain. */
  client_do (client, "AUTH PLAIN AGFubkBwb3N0cm9vbS50ZXN0AHNlY3JldA==", "235");
  g_assert_true (client_send (client, "bob@postroom.test", RECALLABLE));
  g_assert_true (client_send (client, "bob@postroom.test", LETTER));
  g_assert_true (client_send (client, "carl@postroom.test", "Message-ID: <2@x>\r\n" LETTER));
  g_assert_true (client_send (client, "carl@postroom.test", "Message-ID: <3@x>\r\n" LETTER));
  readers->reader = client_connect (fixture, ENGINE_PORT_POP3S);
  client_login (readers->reader, "bob");
  client_do (readers->reader, "LIST 1", "+OK 1 ");
  client_do (readers->reader, "TOP 1 0", "+OK");
  g_autofree char *top = client_body (readers->reader);
  readers->other = client_connect (fixture, ENGINE_PORT_POP3S);
  client_login (readers->other, "carl");
  client_do (readers->other, "RETR 2", "+OK");
  g_autofree char *letter = client_body (readers->other);
  /* All of it, and yet a look only. */
  client_do (readers->other, "TOP 3 100", "+OK");
  g_autofree char *seen = client_body (readers->other);
}

static void
read_recalled (Fixture *fixture, gpointer data)
{
  Readers *readers = data;

  client_do (readers->reader, "RETR 1", "-ERR [SYS/PERM] The sender has recalled this letter");
  client_do (readers->reader, "TOP 1 0", "-ERR [SYS/PERM] The sender has recalled this letter");
  client_do (readers->reader, "STAT", "+OK 2 ");
  client_do (readers->reader, "RETR 2", "+OK");
  g_autofree char *letter = client_body (readers->reader);
  client_do (readers->reader, "DELE 1", "+OK");
  client_do (readers->reader, "QUIT", "+OK");
  client_do (readers->other, "DELE 2", "+OK");
  client_do (readers->other, "QUIT", "+OK");
  check_counts (fixture, 0, 1, 2);
}

static void
test_recall (void)
{
  Fixture *fixture = open_fixture ();
  Readers readers = { NULL };

  fixture_start (fixture);
  fixture_run (fixture, send_recallable, &readers);
  /* In the session that has fetched it, and after it. */
  check_recall (fixture, "<2@x>", (const char *[]){ "carl", NULL }, STORE_RECALL_FETCHED);
  check_recall (fixture, "<one@client.example>", (const char *[]){ "bob", NULL },
                STORE_RECALL_RECALLED);
  fixture_run (fixture, read_recalled, &readers);
  check_recall (fixture, "<2@x>", (const char *[]){ "carl", NULL }, STORE_RECALL_FETCHED);
  check_recall (fixture, "<3@x>", (const char *[]){ "carl", NULL }, STORE_RECALL_RECALLED);
  client_free (readers.reader);
  client_free (readers.other);
  fixture_close (fixture, FALSE);
}

/* ---- reports ---- */

/* Where EXPN names the members, a report does. */
static void
say_report (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_SMTP);
  client_do (client, "EHLO client.example", "250");
  client_do (client, "MAIL FROM:<dora@postroom.test>", "250");
  client_do (client, "RCPT TO:<team@postroom.test>", "250");
  finish (client, "250");

  g_autoptr (Client) reader = client_connect (fixture, ENGINE_PORT_POP3S);
  client_login (reader, "dora");
  client_do (reader, "RETR 1", "+OK");
  g_autofree char *report = client_body (reader);
  g_assert_true (g_str_has_prefix (report, "Return-Path: <>\r\n"));
  g_assert_nonnull (strstr (report, "Final-Recipient: rfc822; bob@postroom.test\r\n"
                                    "Action: failed\r\nStatus: 5.2.1\r\n"));
  g_assert_nonnull (strstr (report, "Final-Recipient: rfc822; carl@postroom.test\r\n"
                                    "Action: failed\r\nStatus: 5.2.3\r\n"));
  g_assert_null (strstr (report, "rfc822; ann@postroom.test"));
  check_counts (fixture, 1, 0, 0);
}

static void
test_report (void)
{
  Fixture *fixture = open_fixture ();

  fixture_add_user (fixture, "dora");
  add_alias (fixture, "team", NULL, (const char *[]){ "ann", "bob", "carl", NULL });
  set_disabled (fixture, "bob", TRUE);
  set_quota (fixture, "carl", 10, 0);
  fixture->config->offer_expn = TRUE;
  fixture_start (fixture);
  fixture_run (fixture, say_report, NULL);
  fixture_close (fixture, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/mailboxes/aliases", test_aliases);
  g_test_add_func ("/engine/mailboxes/catch-all", test_catch_all);
  g_test_add_func ("/engine/mailboxes/senders", test_senders);
  g_test_add_func ("/engine/mailboxes/quotas", test_quotas);
  g_test_add_func ("/engine/mailboxes/race", test_race);
  g_test_add_func ("/engine/mailboxes/disabled", test_disabled);
  g_test_add_func ("/engine/mailboxes/recall", test_recall);
  g_test_add_func ("/engine/mailboxes/report", test_report);
  return g_test_run ();
}
