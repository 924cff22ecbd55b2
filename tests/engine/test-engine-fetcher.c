/* SPDX-License-Identifier: MIT */
#include "desk.h"
#include "fake-peer.h"

#include <base-clock.h>
#include <engine-error.h>
#include <string.h>

#define LETTER(n)                                                                                  \
  "From: bob@fake.test\r\nTo: ann@fake.test\r\nSubject: Letter " n "\r\nMessage-ID: <" n           \
  "@fake.test>\r\n\r\nText " n "\r\n.A dot\r\n..Two\r\n"

static void
put_three (FakePeer *peer)
{
  fake_pop3_put (peer, "uid-1", LETTER ("1"));
  fake_pop3_put (peer, "uid-2", LETTER ("2"));
  fake_pop3_put (peer, "uid-3", LETTER ("3"));
}

static void
fetch_well (Desk *desk, EngineAccount *account, guint letters)
{
  EngineFetchResult counts;
  g_autoptr (GError) error = NULL;

  desk_fetch (desk, account, &counts, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (counts.letters, ==, letters);
  g_assert_cmpuint (counts.failed, ==, 0);
}

static void
test_keep (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, TRUE);

  put_three (peer);
  fetch_well (desk, account, 3);
  fetch_well (desk, account, 0);
  g_assert_cmpuint (peer->retrieved, ==, 3);
  g_assert_cmpuint (peer->maildrop->len, ==, 3);
  fake_pop3_put (peer, "uid-4", LETTER ("4"));
  fetch_well (desk, account, 1);
  g_assert_cmpuint (peer->retrieved, ==, 4);
  g_assert_cmpuint (desk_count (desk, STORE_FOLDER_INBOX), ==, 4);
  g_assert_cmpint (engine_account_get_last_fetch (account), >, 0);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
test_delete (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, FALSE);

  put_three (peer);
  fetch_well (desk, account, 3);
  g_assert_cmpuint (peer->maildrop->len, ==, 0);
  /* A uid whose letter is gone is forgotten, and may come again for another letter. */
  fake_pop3_put (peer, "uid-1", LETTER ("1"));
  fetch_well (desk, account, 1);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
set_keep (Desk *desk, EngineAccount *account, StoreKeep keep, guint days)
{
  g_autoptr (StoreAccount) values = store_account_copy (engine_account_get_values (account));
  g_autoptr (GAsyncResult) saved = NULL;
  g_autoptr (GError) error = NULL;

  values->keep = keep;
  values->keep_days = days;
  engine_accounts_save_async (desk->accounts, values, NULL, NULL, desk_got, &saved);
  engine_accounts_save_finish (desk->accounts, desk_wait (&saved), &error);
  g_assert_no_error (error);
}

static void
test_keep_days (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, TRUE);

  set_keep (desk, account, STORE_KEEP_DAYS, 2);
  put_three (peer);
  fetch_well (desk, account, 3);
  base_clock_advance (G_TIME_SPAN_DAY * 2 - G_TIME_SPAN_MINUTE);
  fetch_well (desk, account, 0);
  g_assert_cmpuint (peer->maildrop->len, ==, 3);
  base_clock_advance (G_TIME_SPAN_MINUTE);
  fetch_well (desk, account, 0);
  g_assert_cmpuint (peer->maildrop->len, ==, 0);
  g_assert_cmpuint (desk_count (desk, STORE_FOLDER_INBOX), ==, 3);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static gint64
first_of (Desk *desk, StoreFolder folder)
{
  g_autoptr (GAsyncResult) listed = NULL;

  engine_letters_list_async (desk->letters, folder, NULL, desk_got, &listed);
  g_autoptr (GArray) ids = engine_letters_list_finish (desk->letters, desk_wait (&listed), NULL);
  return g_array_index (ids, gint64, 0);
}

/* In Trash here, gone there at the next fetch; the others stay. */
static void
test_keep_until_deleted (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, TRUE);
  g_autoptr (GAsyncResult) moved = NULL;
  g_autoptr (GAsyncResult) deleted = NULL;

  set_keep (desk, account, STORE_KEEP_UNTIL_DELETED, 0);
  put_three (peer);
  fetch_well (desk, account, 3);
  fetch_well (desk, account, 0);
  g_assert_cmpuint (peer->maildrop->len, ==, 3);
  gint64 id = first_of (desk, STORE_FOLDER_INBOX);
  engine_letters_move_async (desk->letters, &id, 1, STORE_FOLDER_TRASH, NULL, desk_got, &moved);
  g_assert_true (engine_letters_finish (desk->letters, desk_wait (&moved), NULL));
  id = first_of (desk, STORE_FOLDER_INBOX);
  engine_letters_delete_async (desk->letters, &id, 1, NULL, desk_got, &deleted);
  g_assert_true (engine_letters_finish (desk->letters, desk_wait (&deleted), NULL));
  fetch_well (desk, account, 0);
  g_assert_cmpuint (peer->maildrop->len, ==, 1);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
set_max_octets (Desk *desk, EngineAccount *account, guint64 octets)
{
  g_autoptr (StoreAccount) values = store_account_copy (engine_account_get_values (account));
  g_autoptr (GAsyncResult) saved = NULL;

  values->max_octets = octets;
  engine_accounts_save_async (desk->accounts, values, NULL, NULL, desk_got, &saved);
  g_assert_nonnull (engine_accounts_save_finish (desk->accounts, desk_wait (&saved), NULL));
}

static char *
read_text (Desk *desk, gint64 id)
{
  g_autoptr (GAsyncResult) read = NULL;

  engine_letters_read_async (desk->letters, id, NULL, desk_got, &read);
  g_autoptr (MessageLetter) letter
      = engine_letters_read_finish (desk->letters, desk_wait (&read), NULL);
  GBytes *source = message_letter_get_source (letter);
  return g_strndup (g_bytes_get_data (source, NULL), g_bytes_get_size (source));
}

static StoreLetter *
load_row (Desk *desk, gint64 id)
{
  g_autoptr (GAsyncResult) loaded = NULL;

  engine_letters_load_async (desk->letters, &id, 1, NULL, desk_got, &loaded);
  g_autoptr (GPtrArray) rows
      = engine_letters_load_finish (desk->letters, desk_wait (&loaded), NULL);
  g_assert_cmpuint (rows->len, ==, 1);
  return store_letter_copy (g_ptr_array_index (rows, 0));
}

static gboolean
fetch_rest (Desk *desk, EngineAccount *account, gint64 id, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  engine_fetcher_fetch_rest_async (desk->fetcher, account, id, NULL, desk_got, &result);
  return engine_fetcher_fetch_rest_finish (desk->fetcher, desk_wait (&result), error);
}

static char *
make_large (void)
{
  GString *text = g_string_new ("From: bob@fake.test\r\nSubject: Large\r\n\r\n");

  for (guint i = 0; i < 1000; i++)
    g_string_append_printf (text, "Line %u\r\n", i);
  return g_string_free (text, FALSE);
}

/* Of a large letter the beginning comes first, the rest when a person wants it; it goes at the
 * server only then. */
static void
test_partial (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, FALSE);
  g_autofree char *large = make_large ();
  g_autoptr (GAsyncResult) marked = NULL;
  g_autoptr (GAsyncResult) moved = NULL;
  g_autoptr (GError) error = NULL;

  set_max_octets (desk, account, 2000);
  fake_pop3_put (peer, "small", LETTER ("1"));
  fetch_well (desk, account, 1);
  fake_pop3_put (peer, "large", large);
  fetch_well (desk, account, 1);
  fetch_well (desk, account, 0);
  g_assert_cmpuint (peer->maildrop->len, ==, 1);
  gint64 id = first_of (desk, STORE_FOLDER_INBOX);
  g_autoptr (StoreLetter) part = load_row (desk, id);
  g_autofree char *beginning = read_text (desk, id);
  g_assert_cmpuint (part->partial, ==, strlen (large));
  g_assert_true (g_str_has_prefix (large, beginning));
  g_assert_cmpuint (strlen (beginning), <, 2000);

  engine_letters_set_flag_async (desk->letters, &id, 1, ENGINE_FLAG_FLAGGED, TRUE, NULL, desk_got,
                                 &marked);
  g_assert_true (engine_letters_finish (desk->letters, desk_wait (&marked), NULL));
  engine_letters_move_async (desk->letters, &id, 1, STORE_FOLDER_JUNK, NULL, desk_got, &moved);
  g_assert_true (engine_letters_finish (desk->letters, desk_wait (&moved), NULL));
  g_assert_true (fetch_rest (desk, account, id, &error));
  g_assert_no_error (error);
  g_autoptr (StoreLetter) whole = load_row (desk, id);
  g_autofree char *all = read_text (desk, id);
  g_assert_cmpstr (all, ==, large);
  g_assert_cmpuint (whole->partial, ==, 0);
  g_assert_cmpuint (whole->size, ==, strlen (large));
  g_assert_true (whole->flagged);
  g_assert_cmpint (whole->folder, ==, STORE_FOLDER_JUNK);
  g_assert_cmpuint (peer->maildrop->len, ==, 0);
  g_assert_cmpuint (desk_count (desk, STORE_FOLDER_INBOX), ==, 1);
  g_assert_false (fetch_rest (desk, account, id, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

/* Without TOP the letter comes whole; a letter that the server has lost is told so. */
static void
test_partial_lost (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, TRUE);
  g_autofree char *large = make_large ();
  g_autoptr (GError) error = NULL;

  set_max_octets (desk, account, 2000);
  fake_pop3_put (peer, "large", large);
  peer->no_top = TRUE;
  fetch_well (desk, account, 1);
  gint64 id = first_of (desk, STORE_FOLDER_INBOX);
  g_autofree char *all = read_text (desk, id);
  g_assert_cmpstr (all, ==, large);

  peer->no_top = FALSE;
  fake_pop3_put (peer, "other", large);
  fetch_well (desk, account, 1);
  id = first_of (desk, STORE_FOLDER_INBOX);
  g_ptr_array_set_size (peer->maildrop, 1);
  g_assert_false (fetch_rest (desk, account, id, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

/* Octet for octet, as the server has it. */
static void
test_bytes (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, TRUE);
  g_autoptr (GAsyncResult) listed = NULL;
  g_autoptr (GAsyncResult) read = NULL;

  fake_pop3_put (peer, "one", LETTER ("1"));
  fetch_well (desk, account, 1);
  engine_letters_list_async (desk->letters, STORE_FOLDER_INBOX, NULL, desk_got, &listed);
  g_autoptr (GArray) ids = engine_letters_list_finish (desk->letters, desk_wait (&listed), NULL);
  engine_letters_read_async (desk->letters, g_array_index (ids, gint64, 0), NULL, desk_got, &read);
  g_autoptr (MessageLetter) letter
      = engine_letters_read_finish (desk->letters, desk_wait (&read), NULL);
  GBytes *source = message_letter_get_source (letter);
  g_assert_cmpmem (g_bytes_get_data (source, NULL), g_bytes_get_size (source), LETTER ("1"),
                   strlen (LETTER ("1")));
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
test_cut (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, FALSE);
  EngineFetchResult counts;
  g_autoptr (GError) error = NULL;

  put_three (peer);
  peer->cut_in_retr = 3;
  g_assert_false (desk_fetch (desk, account, &counts, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_NETWORK);
  g_assert_cmpuint (counts.letters, ==, 2);
  g_assert_cmpuint (desk_count (desk, STORE_FOLDER_INBOX), ==, 2);
  g_assert_nonnull (engine_account_get_problem (account));
  /* Nothing was committed there; what is here already is only deleted. */
  g_assert_cmpuint (peer->maildrop->len, ==, 3);
  peer->cut_in_retr = 0;
  peer->retrieved = 0;
  fetch_well (desk, account, 1);
  g_assert_cmpuint (peer->retrieved, ==, 1);
  g_assert_cmpuint (peer->maildrop->len, ==, 0);
  g_assert_cmpuint (desk_count (desk, STORE_FOLDER_INBOX), ==, 3);
  g_assert_null (engine_account_get_problem (account));
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
test_refused_letter (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, FALSE);
  EngineFetchResult counts;
  g_autoptr (GError) error = NULL;

  put_three (peer);
  peer->refuse_retr = 2;
  desk_fetch (desk, account, &counts, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (counts.letters, ==, 2);
  g_assert_cmpuint (counts.failed, ==, 1);
  g_assert_cmpuint (peer->maildrop->len, ==, 1);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
test_without_uidl (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, TRUE);
  EngineFetchResult counts;
  g_autoptr (GError) error = NULL;

  peer->no_uidl = TRUE;
  put_three (peer);
  fetch_well (desk, account, 3);
  fetch_well (desk, account, 0);
  fake_pop3_put (peer, "x", LETTER ("4"));
  fetch_well (desk, account, 1);

  peer->no_top = TRUE;
  g_assert_false (desk_fetch (desk, account, &counts, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_PROTOCOL);
  g_assert_cmpuint (desk_count (desk, STORE_FOLDER_INBOX), ==, 4);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

/* More letters than are in flight at one time, one of them large. */
static void
test_many (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, FALSE);
  g_autoptr (GString) large = g_string_new ("Subject: Large\r\n\r\n");

  for (guint i = 0; i < 20000; i++)
    g_string_append (large, "A line of a large letter, of the usual length or so.\r\n");
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *uid = g_strdup_printf ("m%u", i);
      fake_pop3_put (peer, uid, i == 50 ? large->str : LETTER ("n"));
    }
  fetch_well (desk, account, 100);
  g_assert_cmpuint (peer->maildrop->len, ==, 0);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
on_fetched (EngineFetcher *fetcher, EngineAccount *account, guint letters, gpointer user_data)
{
  guint *sum = user_data;

  *sum += letters;
}

static void
test_joined (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, TRUE);
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) third = NULL;
  g_autoptr (GError) error = NULL;
  EngineFetchResult counts;
  guint sum = 0;

  g_signal_connect (desk->fetcher, "fetched", G_CALLBACK (on_fetched), &sum);
  put_three (peer);
  engine_fetcher_fetch_async (desk->fetcher, account, NULL, desk_got, &first);
  engine_fetcher_fetch_async (desk->fetcher, account, NULL, desk_got, &second);
  engine_fetcher_fetch_async (desk->fetcher, account, cancellable, desk_got, &third);
  g_assert_true (engine_account_is_fetching (account));
  g_cancellable_cancel (cancellable);
  g_assert_false (engine_fetcher_fetch_finish (desk->fetcher, desk_wait (&third), NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (engine_fetcher_fetch_finish (desk->fetcher, desk_wait (&first), &counts, NULL));
  g_assert_cmpuint (counts.letters, ==, 3);
  g_assert_true (engine_fetcher_fetch_finish (desk->fetcher, desk_wait (&second), &counts, NULL));
  g_assert_cmpuint (counts.letters, ==, 3);
  g_assert_cmpuint (peer->sessions, ==, 1);
  g_assert_cmpuint (sum, ==, 3);
  g_assert_false (engine_account_is_fetching (account));
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

/* RFC 2449 section 8 and RFC 3206: what it says decides what a person reads. */
static void
test_refused_log_in (void)
{
  static const struct
  {
    const char *reply;
    int code;
    const char *words;
  } cases[] = {
    { "-ERR [IN-USE] Later", ENGINE_ERROR_BUSY, "*Another program is reading this mailbox*" },
    { "-ERR [LOGIN-DELAY] 300", ENGINE_ERROR_BUSY, "*more time between two fetches*" },
    { "-ERR [SYS/TEMP] No disk", ENGINE_ERROR_REFUSED, "*should go away*No disk*" },
    { "-ERR [SYS/PERM] Broken", ENGINE_ERROR_REFUSED, "*administrator*Broken*" },
    { "-ERR [AUTH] No", ENGINE_ERROR_AUTH, "*password*" },
    { "-ERR No", ENGINE_ERROR_AUTH, "*password*" },
  };
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, TRUE);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      fake_peer_set (peer, &peer->pass_reply, cases[i].reply);
      g_assert_false (desk_fetch (desk, account, NULL, &error));
      g_assert_error (error, ENGINE_ERROR, cases[i].code);
      g_assert_true (g_pattern_match_simple (cases[i].words, error->message));
    }
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

/* A server that counts anew: the letters come again, and are known all the same. */
static void
test_renumbered (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, TRUE);

  put_three (peer);
  fetch_well (desk, account, 3);
  fake_pop3_renumber (peer);
  fake_pop3_put (peer, "really-new", LETTER ("4"));
  fetch_well (desk, account, 1);
  g_assert_cmpuint (desk_count (desk, STORE_FOLDER_INBOX), ==, 4);
  g_assert_cmpuint (peer->retrieved, ==, 7);
  fetch_well (desk, account, 0);
  g_assert_cmpuint (peer->retrieved, ==, 7);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
on_progress (EngineAccount *account, GParamSpec *pspec, gpointer user_data)
{
  double *most = user_data;
  double now;

  g_object_get (account, "progress", &now, NULL);
  g_assert_cmpfloat (now, >=, 0);
  g_assert_cmpfloat (now, <=, 1);
  *most = MAX (*most, now);
}

/* Sizes are taken for what they are: a word of the server's. */
static void
test_wrong_sizes (void)
{
  static const guint factors[] = { 1, 1000, 0 };
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (factors); i++)
    {
      double most = 0;
      gulong handler
          = g_signal_connect (account, "notify::progress", G_CALLBACK (on_progress), &most);

      peer->wrong_sizes = factors[i];
      peer->no_list = factors[i] == 0;
      put_three (peer);
      fetch_well (desk, account, 3);
      /* Without sizes the first step is a whole letter. */
      if (factors[i] > 0)
        g_assert_cmpfloat (most, >, 0);
      g_assert_cmpuint (engine_account_get_progress (account)->letters, ==, 0);
      g_signal_handler_disconnect (account, handler);
    }
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

/* A letter without its end is not a letter, and stays at the server. */
static void
test_no_dot (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, FALSE);
  g_autoptr (GError) error = NULL;

  put_three (peer);
  peer->no_dot = TRUE;
  g_assert_false (desk_fetch (desk, account, NULL, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_NETWORK);
  g_assert_cmpuint (desk_count (desk, STORE_FOLDER_INBOX), ==, 0);
  peer->no_dot = FALSE;
  fetch_well (desk, account, 3);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

static void
test_no_password (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *peer = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, 1, peer->port, TRUE);
  g_autofree char *path = g_build_filename (desk->directory, "secrets.ini", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_delete (file, NULL, NULL));
  g_assert_false (desk_fetch (desk, account, NULL, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_AUTH);
  g_assert_cmpuint (peer->sessions, ==, 0);
  desk_close (desk, FALSE);
  fake_peer_free (peer);
}

int
main (int argc, char **argv)
{
  desk_init (&argc, &argv);
  g_test_add_func ("/engine/fetcher/keep", test_keep);
  g_test_add_func ("/engine/fetcher/delete", test_delete);
  g_test_add_func ("/engine/fetcher/keep-days", test_keep_days);
  g_test_add_func ("/engine/fetcher/keep-until-deleted", test_keep_until_deleted);
  g_test_add_func ("/engine/fetcher/partial", test_partial);
  g_test_add_func ("/engine/fetcher/partial-lost", test_partial_lost);
  g_test_add_func ("/engine/fetcher/bytes", test_bytes);
  g_test_add_func ("/engine/fetcher/cut", test_cut);
  g_test_add_func ("/engine/fetcher/refused-letter", test_refused_letter);
  g_test_add_func ("/engine/fetcher/without-uidl", test_without_uidl);
  g_test_add_func ("/engine/fetcher/many", test_many);
  g_test_add_func ("/engine/fetcher/joined", test_joined);
  g_test_add_func ("/engine/fetcher/refused-log-in", test_refused_log_in);
  g_test_add_func ("/engine/fetcher/renumbered", test_renumbered);
  g_test_add_func ("/engine/fetcher/wrong-sizes", test_wrong_sizes);
  g_test_add_func ("/engine/fetcher/no-dot", test_no_dot);
  g_test_add_func ("/engine/fetcher/no-password", test_no_password);
  return g_test_run ();
}
