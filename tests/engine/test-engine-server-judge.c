/* SPDX-License-Identifier: MIT */
#include "server-fixture.h"

#include <engine-judge-private.h>
#include <string.h>

#define HEAD                                                                                       \
  "From: a@b.example\r\nTo: ann@postroom.test\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n"        \
  "Message-ID: <1@b.example>\r\n"

typedef struct
{
  Fixture *fixture;
  StoreCabinet *cabinet;
  char *rules;
} Bench;

/* @text: the person's own rules, or NULL. */
static Bench
set_up (const char *text, gboolean judging)
{
  Bench bench = { .fixture = fixture_open (NULL) };
  g_autofree char *cabinet = g_build_filename (bench.fixture->directory, "cabinet", NULL);
  g_autoptr (GError) error = NULL;

  bench.rules = g_build_filename (bench.fixture->directory, "junk.rules", NULL);
  if (text != NULL)
    g_assert_true (g_file_set_contents (bench.rules, text, -1, NULL));
  bench.cabinet = store_cabinet_open (cabinet, &error);
  g_assert_no_error (error);
  g_autoptr (EngineJudge) judge = engine_judge_new (bench.cabinet, bench.rules);
  engine_server_set_judge (bench.fixture->server, judge);
  bench.fixture->config->judge = judging;
  fixture_start (bench.fixture);
  fixture_add_user (bench.fixture, "ann");
  return bench;
}

static void
tear_down (Bench *bench)
{
  fixture_stop (bench->fixture);
  store_cabinet_close (bench->cabinet);
  fixture_close (bench->fixture, FALSE);
  g_object_unref (bench->cabinet);
  g_free (bench->rules);
}

/* Sends @letter and gives it as the server hands it out. */
static char *
pass_on (Fixture *fixture, const char *letter)
{
  g_autoptr (Client) sender = client_connect (fixture, ENGINE_PORT_SMTP);
  g_autoptr (Client) reader = client_connect (fixture, ENGINE_PORT_POP3S);

  client_do (sender, "EHLO client.example", "250");
  g_assert_true (client_send (sender, "ann@postroom.test", letter));
  client_login (reader, "ann");
  client_do (reader, "RETR 1", "+OK");
  char *body = client_body (reader);
  client_do (reader, "DELE 1", "+OK");
  client_do (reader, "QUIT", "+OK");
  return body;
}

static void
judged (Fixture *fixture, gpointer data)
{
  g_autofree char *junk = pass_on (fixture, HEAD "Subject: lottery\r\n\r\nYou have won pills\r\n");
  g_autofree char *good = pass_on (fixture, HEAD "Subject: lunch\r\nX-Spam-Flag: YES\r\n\r\nx\r\n");

  g_assert_true (g_str_has_prefix (junk, "Return-Path: <"));
  const char *flag = strstr (junk, "\r\nX-Spam-Flag: YES\r\nX-Spam-Score: 8.0");
  g_assert_nonnull (flag);
  g_assert_true (flag < strstr (junk, "\r\nReceived: "));
  g_assert_nonnull (strstr (junk, "\r\nX-Spam-Status: Yes, score=8.0 required=5.0 "));
  g_assert_nonnull (strstr (junk, "\r\n\ttests=MINE,LOTTO "));
  g_assert_true (g_str_has_suffix (junk, HEAD "Subject: lottery\r\n\r\nYou have won pills\r\n"));

  /* What the sender said about itself stays, below. */
  flag = strstr (good, "\r\nX-Spam-Flag: NO \r\nX-Spam-Score: 0.0");
  g_assert_nonnull (flag);
  g_assert_nonnull (strstr (flag, "\r\n\ttests=none "));
  g_assert_true (g_str_has_suffix (good, HEAD "Subject: lunch\r\nX-Spam-Flag: YES\r\n\r\nx\r\n"));
}

static const char own_rules[] = "off LOTTERY\noff PILLS\nphrase MINE 3 subject lottery\nphrase "
                                "LOTTO 5 text \"you have won\"\n";

static void
test_judged (void)
{
  Bench bench = set_up (own_rules, TRUE);

  fixture_run (bench.fixture, judged, NULL);
  tear_down (&bench);
}

/* Longer than what is judged, and than what a spool holds in memory. */
static void
large (Fixture *fixture, gpointer data)
{
  GString *letter = g_string_new (HEAD "Subject: lottery\r\n\r\nYou have won\r\n");

  for (guint i = 0; i < 20000; i++)
    g_string_append_printf (letter, "line %06u of a long letter with many of them\r\n", i);
  g_autofree char *whole = g_string_free (letter, FALSE);
  g_autofree char *got = pass_on (fixture, whole);
  g_assert_nonnull (strstr (got, "\r\nX-Spam-Flag: YES\r\n"));
  g_assert_true (g_str_has_suffix (got, whole));
}

static void
test_large (void)
{
  Bench bench = set_up (own_rules, TRUE);

  fixture_run (bench.fixture, large, NULL);
  tear_down (&bench);
}

static void
unjudged (Fixture *fixture, gpointer data)
{
  g_autofree char *got = pass_on (fixture, HEAD "Subject: lottery\r\n\r\nYou have won\r\n");

  g_assert_null (strstr (got, "X-Spam-"));
}

static void
test_unjudged (void)
{
  Bench bench = set_up (own_rules, FALSE);

  fixture_run (bench.fixture, unjudged, NULL);
  tear_down (&bench);
}

static void
changed (Fixture *fixture, gpointer data)
{
  g_autofree char *before = pass_on (fixture, HEAD "Subject: zebra\r\n\r\nx\r\n");
  g_assert_true (g_file_set_contents (data, "phrase ZEBRA 9 subject zebra\n", -1, NULL));
  g_autofree char *after = pass_on (fixture, HEAD "Subject: zebra\r\n\r\nx\r\n");

  g_assert_nonnull (strstr (before, "\r\nX-Spam-Flag: NO "));
  g_assert_nonnull (strstr (after, "\r\nX-Spam-Flag: YES\r\n"));
}

/* The person's rules count from the next letter on. */
static void
test_changed_rules (void)
{
  Bench bench = set_up (NULL, TRUE);

  fixture_run (bench.fixture, changed, bench.rules);
  tear_down (&bench);
}

static void
test_headers_of_one_length (void)
{
  g_autofree char *none = engine_judge_dup_headers (NULL);
  SpamVerdict verdict = { .score = -123456, .required = 5, .class = SPAM_CLASS_JUNK };

  verdict.hits = g_ptr_array_new_with_free_func ((GDestroyNotify) spam_hit_free);
  for (guint i = 0; i < 200; i++)
    g_ptr_array_add (verdict.hits, spam_hit_new ("A_RULE_WITH_A_NAME", 1, "why"));
  g_autofree char *many = engine_judge_dup_headers (&verdict);
  g_assert_cmpuint (strlen (none), ==, strlen (many));
  g_auto (GStrv) lines = g_strsplit (many, "\r\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    g_assert_cmpuint (strlen (lines[i]), <, 998);
  g_ptr_array_unref (verdict.hits);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/server-judge/judged", test_judged);
  g_test_add_func ("/engine/server-judge/large", test_large);
  g_test_add_func ("/engine/server-judge/unjudged", test_unjudged);
  g_test_add_func ("/engine/server-judge/changed-rules", test_changed_rules);
  g_test_add_func ("/engine/server-judge/headers-of-one-length", test_headers_of_one_length);
  return g_test_run ();
}
