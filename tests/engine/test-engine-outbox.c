/* SPDX-License-Identifier: MIT */
#include "desk.h"
#include "fake-peer.h"

#include <base-clock.h>
#include <engine-error.h>
#include <string.h>

/* Puts a letter down and tries it once. */
static gint64
put_and_deliver (Desk *desk, FakePeer *peer, const char *recipients, GError **error)
{
  EngineAccount *account = engine_accounts_find_address (desk->accounts, "ANN@fake.test");

  if (account == NULL)
    account = desk_add_account (desk, peer->port, 1, TRUE);
  gint64 letter = desk_put (desk, account, recipients, "Test", FALSE);
  desk_deliver (desk, letter, error);
  return letter;
}

static void
test_sent (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  g_autoptr (GError) error = NULL;
  gint64 letter = put_and_deliver (desk, peer, "Bob <bob@fake.test>", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (peer->letters->len, ==, 1);
  const char *text = g_ptr_array_index (peer->letters, 0);
  g_assert_nonnull (strstr (text, "Subject: Test\r\n"));
  g_assert_nonnull (strstr (text, "\r\n.A dot."));
  g_assert_cmpuint (desk_count (desk, STORE_FOLDER_SENT), ==, 1);
  g_assert_cmpuint (desk_count (desk, STORE_FOLDER_OUTBOX), ==, 0);
  g_assert_null (desk_entry (desk, letter));
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static gboolean
is_sent (gpointer data)
{
  return desk_count (data, STORE_FOLDER_SENT) > 0;
}

static void
test_temporary (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  g_autoptr (GError) error = NULL;

  fake_peer_set (peer, &peer->final_reply, "451 4.3.0 Later");
  gint64 before = base_clock_real () / G_USEC_PER_SEC;
  gint64 letter = put_and_deliver (desk, peer, "bob@fake.test", &error);
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_REFUSED);
  g_assert_nonnull (strstr (error->message, "451 4.3.0 Later"));

  g_autoptr (StoreOutboxEntry) entry = desk_entry (desk, letter);
  g_assert_cmpint (entry->state, ==, STORE_OUTBOX_WAITING);
  g_assert_cmpuint (entry->attempts, ==, 1);
  g_assert_cmpint (entry->next_try, >=, before + 60);
  g_assert_cmpint (entry->next_try, <, before + 120);
  g_autofree char *words = engine_outbox_describe (entry);
  g_assert_true (g_str_has_prefix (words, "Will try again at "));

  /* By itself, when its time has come. */
  fake_peer_set (peer, &peer->final_reply, NULL);
  base_clock_advance (61 * G_USEC_PER_SEC);
  engine_outbox_start (desk->outbox);
  desk_wait_until (is_sent, desk);
  g_assert_cmpuint (peer->letters->len, ==, 2);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
test_schedule (void)
{
  const gint64 pauses[] = { 60, 300, 900, 3600, 3600 };
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  g_autoptr (GError) first = NULL;

  fake_peer_set (peer, &peer->mail_reply, "421 4.3.2 Closing");
  gint64 letter = put_and_deliver (desk, peer, "bob@fake.test", &first);
  for (guint i = 0; i < G_N_ELEMENTS (pauses); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (StoreOutboxEntry) entry = desk_entry (desk, letter);
      gint64 wait = entry->next_try - base_clock_real () / G_USEC_PER_SEC;

      g_assert_cmpint (entry->state, ==, STORE_OUTBOX_WAITING);
      g_assert_cmpint (wait, <=, pauses[i]);
      g_assert_cmpint (wait, >, pauses[i] - 30);
      g_assert_false (desk_deliver (desk, letter, &error));
    }
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
test_permanent (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) again = NULL;

  fake_peer_set (peer, &peer->final_reply, "554 5.6.0 Never");
  gint64 letter = put_and_deliver (desk, peer, "bob@fake.test", &error);
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_REFUSED);
  g_autoptr (StoreOutboxEntry) entry = desk_entry (desk, letter);
  g_assert_cmpint (entry->state, ==, STORE_OUTBOX_FAILED);
  g_assert_nonnull (strstr (entry->last_error, "554 5.6.0 Never"));

  /* Not by itself, but when a person says so. */
  fake_peer_set (peer, &peer->final_reply, NULL);
  base_clock_advance (G_TIME_SPAN_DAY);
  engine_outbox_start (desk->outbox);
  engine_outbox_retry (desk->outbox);
  desk_deliver (desk, letter, &again);
  g_assert_no_error (again);
  g_assert_cmpuint (peer->letters->len, ==, 2);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
test_partial (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) again = NULL;

  g_hash_table_insert (peer->rcpt_replies, g_strdup ("no@fake.test"),
                       g_strdup ("550 5.1.1 Nobody"));
  g_hash_table_insert (peer->rcpt_replies, g_strdup ("later@fake.test"),
                       g_strdup ("450 4.2.0 Greylisted"));
  gint64 letter
      = put_and_deliver (desk, peer, "bob@fake.test, no@fake.test, later@fake.test", &error);
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_REFUSED);
  g_autoptr (StoreOutboxEntry) entry = desk_entry (desk, letter);
  g_assert_cmpint (entry->state, ==, STORE_OUTBOX_WAITING);
  const StoreRecipientState states[]
      = { STORE_RECIPIENT_ACCEPTED, STORE_RECIPIENT_REFUSED, STORE_RECIPIENT_PENDING };
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (((StoreRecipient *) g_ptr_array_index (entry->recipients, i))->state, ==,
                     states[i]);

  /* The next attempt is for the one who may still get it; then a person must decide. */
  g_mutex_lock (&peer->mutex);
  g_hash_table_remove (peer->rcpt_replies, "later@fake.test");
  g_ptr_array_set_size (peer->recipients, 0);
  g_mutex_unlock (&peer->mutex);
  g_assert_false (desk_deliver (desk, letter, &again));
  g_assert_cmpuint (peer->recipients->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (peer->recipients, 0), ==, "later@fake.test");
  g_autoptr (StoreOutboxEntry) failed = desk_entry (desk, letter);
  g_assert_cmpint (failed->state, ==, STORE_OUTBOX_FAILED);
  g_assert_nonnull (strstr (failed->last_error, "no@fake.test: 550 5.1.1 Nobody"));
  g_assert_null (strstr (failed->last_error, "bob@"));
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
test_lost_before_dot (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  g_autoptr (GError) error = NULL;

  /* The peer leaves before a letter larger than what the wire can hold is over. */
  peer->cut_in_body = TRUE;
  EngineAccount *account = desk_add_account (desk, peer->port, 1, TRUE);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GString) text = g_string_new ("From: ann@fake.test\nTo: bob@fake.test\n\n");
  for (guint i = 0; i < 400000; i++)
    g_string_append (text, "A line that fills the wire.\n");
  g_autoptr (GBytes) source = g_string_free_to_bytes (g_steal_pointer (&text));
  engine_outbox_add_source_async (desk->outbox, account, source, NULL, FALSE, NULL, desk_got,
                                  &result);
  gint64 letter = engine_outbox_add_finish (desk->outbox, desk_wait (&result), NULL);
  g_assert_false (desk_deliver (desk, letter, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_NETWORK);
  g_autoptr (StoreOutboxEntry) entry = desk_entry (desk, letter);
  g_assert_cmpint (entry->state, ==, STORE_OUTBOX_WAITING);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
on_failed (EngineOutbox *outbox, gint64 letter, const char *words, gpointer user_data)
{
  guint *count = user_data;
  (*count)++;
}

static void
test_lost_after_dot (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  g_autoptr (GError) error = NULL;
  guint failures = 0;

  g_signal_connect (desk->outbox, "failed", G_CALLBACK (on_failed), &failures);
  peer->cut_after_dot = TRUE;
  gint64 letter = put_and_deliver (desk, peer, "bob@fake.test", &error);
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_IN_DOUBT);
  g_assert_cmpuint (failures, ==, 1);

  /* Neither by itself nor after a restart. */
  g_autofree char *directory = g_strdup (desk->directory);
  base_clock_advance (G_TIME_SPAN_DAY);
  engine_outbox_start (desk->outbox);
  engine_outbox_retry (desk->outbox);
  desk_close (desk, TRUE);
  peer->cut_after_dot = FALSE;
  desk = desk_open (directory);
  engine_outbox_start (desk->outbox);
  engine_outbox_retry (desk->outbox);
  g_autoptr (StoreOutboxEntry) entry = desk_entry (desk, letter);
  g_assert_cmpint (entry->state, ==, STORE_OUTBOX_IN_DOUBT);
  EngineAccount *account = engine_accounts_find_address (desk->accounts, "ann@fake.test");
  gint64 other = desk_put (desk, account, "carol@fake.test", "Other", TRUE);
  g_autoptr (GError) none = NULL;
  desk_deliver (desk, other, &none);
  g_assert_cmpuint (peer->letters->len, ==, 2);

  /* When a person says so, it goes. */
  g_clear_error (&none);
  desk_deliver (desk, letter, &none);
  g_assert_no_error (none);
  g_assert_cmpuint (peer->letters->len, ==, 3);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

typedef struct
{
  FakePeer *peer;
  guint letters;
} Wanted;

static gboolean
has_letters (gpointer data)
{
  Wanted *wanted = data;

  g_mutex_lock (&wanted->peer->mutex);
  gboolean done = wanted->peer->letters->len >= wanted->letters;
  g_mutex_unlock (&wanted->peer->mutex);
  return done;
}

/* While the answer is awaited a crash must find the letter in doubt; a person sees it going. */
static void
test_doubt_comes_first (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  EngineAccount *account = desk_add_account (desk, peer->port, 1, TRUE);

  peer->hold = TRUE;
  gint64 letter = desk_put (desk, account, "bob@fake.test", "Test", TRUE);
  desk_wait_until (has_letters, &(Wanted){ peer, 1 });
  g_autoptr (StoreOutboxEntry) entry = desk_entry (desk, letter);
  g_assert_cmpint (entry->state, ==, STORE_OUTBOX_IN_DOUBT);
  g_autoptr (StoreOutboxEntry) shown = engine_outbox_dup_entry (desk->outbox, letter);
  g_assert_cmpint (shown->state, ==, STORE_OUTBOX_SENDING);

  fake_peer_release (peer);
  desk_wait_until (is_sent, desk);
  g_assert_cmpuint (peer->letters->len, ==, 1);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static gboolean
on_release (gpointer user_data)
{
  fake_peer_release (user_data);
  return G_SOURCE_REMOVE;
}

/* The program ends while an answer is awaited, and another letter has its turn to come. */
static void
test_shut_down (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  EngineAccount *account = desk_add_account (desk, peer->port, 1, TRUE);
  g_autofree char *directory = g_strdup (desk->directory);

  peer->hold = TRUE;
  gint64 first = desk_put (desk, account, "bob@fake.test", "First", TRUE);
  gint64 second = desk_put (desk, account, "bob@fake.test", "Second", TRUE);
  desk_wait_until (has_letters, &(Wanted){ peer, 1 });
  g_timeout_add (100, on_release, peer);
  desk_close (desk, TRUE);
  g_assert_cmpuint (peer->letters->len, ==, 1);

  desk = desk_open (directory);
  g_assert_null (desk_entry (desk, first));
  g_autoptr (StoreOutboxEntry) entry = desk_entry (desk, second);
  g_assert_cmpint (entry->state, ==, STORE_OUTBOX_WAITING);
  g_assert_cmpuint (entry->attempts, ==, 0);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

/* 421 after the dot is an answer: the letter was not taken. */
static void
test_closing_after_dot (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  g_autoptr (GError) error = NULL;

  fake_peer_set (peer, &peer->final_reply, "421 4.3.2 Closing");
  gint64 letter = put_and_deliver (desk, peer, "bob@fake.test", &error);
  g_autoptr (StoreOutboxEntry) entry = desk_entry (desk, letter);
  g_assert_cmpint (entry->state, ==, STORE_OUTBOX_WAITING);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
test_restart (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  EngineAccount *account = desk_add_account (desk, peer->port, 1, TRUE);
  g_autofree char *directory = g_strdup (desk->directory);

  desk_put (desk, account, "bob@fake.test", "Waits", FALSE);
  desk_close (desk, TRUE);
  g_assert_cmpuint (peer->letters->len, ==, 0);

  desk = desk_open (directory);
  g_autoptr (GPtrArray) entries = engine_outbox_dup_entries (desk->outbox);
  g_assert_cmpuint (entries->len, ==, 1);
  base_clock_advance (61 * G_USEC_PER_SEC);
  engine_outbox_start (desk->outbox);
  desk_wait_until (has_letters, &(Wanted){ peer, 1 });
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

/* Letters that wait together go over one session. */
static void
test_one_session (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  EngineAccount *account = desk_add_account (desk, peer->port, 1, TRUE);

  for (guint i = 0; i < 5; i++)
    desk_put (desk, account, "bob@fake.test", "Together", FALSE);
  g_hash_table_insert (peer->rcpt_replies, g_strdup ("no@fake.test"), g_strdup ("550 No"));
  gint64 refused = desk_put (desk, account, "no@fake.test", "Alone", FALSE);
  base_clock_advance (61 * G_USEC_PER_SEC);
  engine_outbox_start (desk->outbox);
  desk_wait_until (has_letters, &(Wanted){ peer, 5 });
  desk_close (desk, TRUE);
  g_assert_cmpuint (peer->sessions, ==, 1);
  g_assert_cmpint (refused, >, 0);
  fake_peer_free (peer);
}

static void
test_wrong_password (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  g_autoptr (GError) error = NULL;

  fake_peer_set (peer, &peer->auth_reply, "535 5.7.8 Wrong");
  gint64 letter = put_and_deliver (desk, peer, "bob@fake.test", &error);
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_AUTH);
  g_autoptr (StoreOutboxEntry) entry = desk_entry (desk, letter);
  g_assert_cmpint (entry->state, ==, STORE_OUTBOX_FAILED);
  EngineAccount *account = engine_accounts_find_address (desk->accounts, "ann@fake.test");
  g_assert_nonnull (engine_account_get_problem (account));
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
test_nobody_there (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  guint16 port = peer->port;
  g_autoptr (GError) error = NULL;

  fake_peer_free (peer);
  EngineAccount *account = desk_add_account (desk, port, 1, TRUE);
  gint64 letter = desk_put (desk, account, "bob@fake.test", "Test", FALSE);
  g_assert_false (desk_deliver (desk, letter, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_NETWORK);
  g_autoptr (StoreOutboxEntry) entry = desk_entry (desk, letter);
  g_assert_cmpint (entry->state, ==, STORE_OUTBOX_WAITING);
  desk_close (desk, FALSE);
}

static void
test_source (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_smtp_new ();
  EngineAccount *account = desk_add_account (desk, peer->port, 1, TRUE);
  static const char text[] = "From: ann@fake.test\nTo: bob@fake.test\nBcc: carol@fake.test,\n"
                             "\tdave@fake.test\nSubject: An old letter\n\nBcc: stays\n\xe4\n.\nend";
  g_autoptr (GBytes) source = g_bytes_new_static (text, strlen (text));
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  engine_outbox_add_source_async (desk->outbox, account, source, NULL, FALSE, NULL, desk_got,
                                  &result);
  gint64 letter = engine_outbox_add_finish (desk->outbox, desk_wait (&result), &error);
  g_assert_no_error (error);
  desk_deliver (desk, letter, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (peer->recipients->len, ==, 3);
  g_assert_cmpstr (g_ptr_array_index (peer->recipients, 2), ==, "dave@fake.test");
  g_assert_cmpstr (g_ptr_array_index (peer->letters, 0), ==,
                   "From: ann@fake.test\r\nTo: bob@fake.test\r\nSubject: An old letter\r\n\r\n"
                   "Bcc: stays\r\n\xe4\r\n.\r\nend\r\n");
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
test_nobody_to_send_to (void)
{
  Desk *desk = desk_open (NULL);
  EngineAccount *account = desk_add_account (desk, 1, 1, TRUE);
  g_autoptr (GBytes) source = g_bytes_new_static ("Subject: x\n\n", 12);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  engine_outbox_add_source_async (desk->outbox, account, source, NULL, FALSE, NULL, desk_got,
                                  &result);
  engine_outbox_add_finish (desk->outbox, desk_wait (&result), &error);
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID);
  g_assert_cmpuint (desk_count (desk, STORE_FOLDER_OUTBOX), ==, 0);
  desk_close (desk, FALSE);
}

int
main (int argc, char **argv)
{
  desk_init (&argc, &argv);
  g_test_add_func ("/engine/outbox/sent", test_sent);
  g_test_add_func ("/engine/outbox/temporary", test_temporary);
  g_test_add_func ("/engine/outbox/schedule", test_schedule);
  g_test_add_func ("/engine/outbox/permanent", test_permanent);
  g_test_add_func ("/engine/outbox/partial", test_partial);
  g_test_add_func ("/engine/outbox/lost-before-dot", test_lost_before_dot);
  g_test_add_func ("/engine/outbox/lost-after-dot", test_lost_after_dot);
  g_test_add_func ("/engine/outbox/doubt-comes-first", test_doubt_comes_first);
  g_test_add_func ("/engine/outbox/closing-after-dot", test_closing_after_dot);
  g_test_add_func ("/engine/outbox/shut-down", test_shut_down);
  g_test_add_func ("/engine/outbox/restart", test_restart);
  g_test_add_func ("/engine/outbox/one-session", test_one_session);
  g_test_add_func ("/engine/outbox/wrong-password", test_wrong_password);
  g_test_add_func ("/engine/outbox/nobody-there", test_nobody_there);
  g_test_add_func ("/engine/outbox/source", test_source);
  g_test_add_func ("/engine/outbox/nobody-to-send-to", test_nobody_to_send_to);
  return g_test_run ();
}
