/* SPDX-License-Identifier: MIT */
#include "store-fixture.h"

#include <string.h>

typedef struct
{
  char *folder;
  StoreCabinet *cabinet;
} Fixture;

static StoreCabinet *
open_cabinet (const char *folder)
{
  g_autoptr (GError) error = NULL;
  StoreCabinet *cabinet = store_cabinet_open (folder, &error);

  g_assert_no_error (error);
  return cabinet;
}

static void
close_cabinet (StoreCabinet **cabinet)
{
  store_cabinet_close (*cabinet);
  g_clear_object (cabinet);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = store_fixture_make_folder ();
  fixture->cabinet = open_cabinet (fixture->folder);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *tmp = g_build_filename (fixture->folder, "tmp", NULL);

  close_cabinet (&fixture->cabinet);
  g_assert_cmpuint (store_fixture_count_files (tmp, NULL), ==, 0);
  store_fixture_remove_folder (fixture->folder);
  g_free (fixture->folder);
}

static gint64
add (StoreCabinet *cabinet, const char *subject, StoreFolder folder)
{
  g_autofree char *text = store_fixture_make_letter (subject);
  g_autoptr (GError) error = NULL;
  const StoreAdd how = { .folder = folder };
  gint64 id = store_fixture_add (cabinet, text, &how, &error);

  g_assert_no_error (error);
  g_assert_cmpint (id, >, 0);
  return id;
}

static GPtrArray *
load (StoreCabinet *cabinet, gint64 id)
{
  g_autoptr (StoreWait) wait = store_wait_new ();
  g_autoptr (GError) error = NULL;

  store_cabinet_load_async (cabinet, &id, 1, NULL, store_wait_ready, wait);
  GPtrArray *letters = store_cabinet_load_finish (cabinet, store_wait_get (wait), &error);
  g_assert_no_error (error);
  return letters;
}

static void
check_list (StoreCabinet *cabinet, StoreFolder folder, guint n, ...)
{
  g_autoptr (GArray) ids = store_fixture_list (cabinet, folder);
  va_list expected;

  g_assert_cmpuint (ids->len, ==, n);
  va_start (expected, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (g_array_index (ids, gint64, i), ==, va_arg (expected, gint64));
  va_end (expected);
}

static void
check_file (StoreCabinet *cabinet, gint64 id, const char *folder, const char *text)
{
  g_autoptr (GPtrArray) letters = load (cabinet, id);
  g_autofree char *in = g_strdup_printf ("/mail/%s/", folder);
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_assert_cmpuint (letters->len, ==, 1);
  const StoreLetter *letter = g_ptr_array_index (letters, 0);
  g_assert_nonnull (strstr (letter->path, in));
  g_file_get_contents (letter->path, &contents, &length, &error);
  g_assert_no_error (error);
  if (text != NULL)
    g_assert_cmpstr (contents, ==, text);
  g_assert_cmpuint (letter->size, ==, length);
}

static void
test_add (Fixture *fixture, gconstpointer data)
{
  const StoreAdd how = { .folder = STORE_FOLDER_INBOX, .seen = TRUE };
  const char *text = "From: Ann <ann@example.org>\r\nTo: Bert <bert@example.org>\r\n"
                     "Subject: 关于/会议: the \"plan\"\r\nMessage-ID: <one@example.org>\r\n"
                     "Date: Mon, 23 Nov 2020 10:00:00 +0000\r\n\r\n.Words \r\n  of it\n\r\n.";
  g_autoptr (GError) error = NULL;
  gint64 id = store_fixture_add (fixture->cabinet, text, &how, &error);

  g_assert_no_error (error);
  g_autoptr (GPtrArray) letters = load (fixture->cabinet, id);
  g_assert_cmpuint (letters->len, ==, 1);
  const StoreLetter *letter = g_ptr_array_index (letters, 0);
  g_assert_cmpint (letter->id, ==, id);
  g_assert_cmpint (letter->account, ==, 0);
  g_assert_cmpint (letter->folder, ==, STORE_FOLDER_INBOX);
  g_assert_cmpstr (letter->message_id, ==, "one@example.org");
  g_assert_cmpstr (letter->subject, ==, "关于/会议: the \"plan\"");
  g_assert_cmpstr (letter->from, ==, "Ann <ann@example.org>");
  g_assert_cmpstr (letter->to, ==, "Bert <bert@example.org>");
  g_assert_cmpint (letter->date, ==, 1606125600);
  g_assert_cmpuint (letter->size, ==, strlen (text));
  g_assert_true (letter->seen);
  g_assert_false (letter->answered || letter->flagged || letter->has_attachments);
  g_assert_cmpstr (letter->snippet, ==, ".Words of it .");
  g_assert_nonnull (strstr (letter->path, "/mail/Inbox/2020/11/2020-11-23 "));
  g_assert_nonnull (strstr (letter->path, " 关于-会议-the-plan 1.eml"));
  check_file (fixture->cabinet, id, "Inbox", text);
  g_autofree char *bytes = store_fixture_read (fixture->cabinet, id, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (bytes, ==, text);
}

static void
test_odd_letters (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = { "x", "\r\n\r\n", "Subject: ../../../etc/passwd\r\n\r\n",
                                       "Subject: .\r\nDate: Mon, 23 Nov 9999 10:00:00 +0000\r\n",
                                       "Date: Thu, 1 Jan 1900 10:00:00 +0000\r\n\r\n\377\376" };
  const StoreAdd how = { .folder = STORE_FOLDER_INBOX };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      gint64 id = store_fixture_add (fixture->cabinet, texts[i], &how, &error);

      g_assert_no_error (error);
      check_file (fixture->cabinet, id, "Inbox", texts[i]);
    }
  gint64 empty = store_fixture_add (fixture->cabinet, "", &how, NULL);
  g_autofree char *bytes = store_fixture_read (fixture->cabinet, empty, NULL);
  g_assert_cmpstr (bytes, ==, "");
}

static void
test_list (Fixture *fixture, gconstpointer data)
{
  const StoreAdd how = { .folder = STORE_FOLDER_INBOX };
  gint64 one = add (fixture->cabinet, "one", STORE_FOLDER_INBOX);
  gint64 two = add (fixture->cabinet, "two", STORE_FOLDER_INBOX);
  gint64 sent = add (fixture->cabinet, "sent", STORE_FOLDER_SENT);
  gint64 old
      = store_fixture_add (fixture->cabinet, "Date: Mon, 23 Nov 2020 10:00:00 +0000\r\n\r\nold\r\n",
                           &how, NULL);

  check_list (fixture->cabinet, STORE_FOLDER_INBOX, 3, two, one, old);
  check_list (fixture->cabinet, STORE_FOLDER_SENT, 1, sent);
  check_list (fixture->cabinet, STORE_FOLDER_JUNK, 0);
  g_autoptr (GPtrArray) none = load (fixture->cabinet, 12345);
  g_assert_cmpuint (none->len, ==, 0);
  g_autoptr (GError) error = NULL;
  g_assert_null (store_fixture_read (fixture->cabinet, 12345, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
}

static void
count (StoreCabinet *cabinet, StoreCounts *counts)
{
  g_autoptr (StoreWait) wait = store_wait_new ();
  g_autoptr (GError) error = NULL;

  store_cabinet_count_async (cabinet, NULL, store_wait_ready, wait);
  g_assert_true (store_cabinet_count_finish (cabinet, store_wait_get (wait), counts, &error));
  g_assert_no_error (error);
}

static void
set_flag (StoreCabinet *cabinet, gint64 id, StoreFlag flag, gboolean value)
{
  g_autoptr (StoreWait) wait = store_wait_new ();
  g_autoptr (GError) error = NULL;

  store_cabinet_set_flag_async (cabinet, &id, 1, flag, value, NULL, store_wait_ready, wait);
  g_assert_true (store_cabinet_finish (cabinet, store_wait_get (wait), &error));
  g_assert_no_error (error);
}

static void
test_flags (Fixture *fixture, gconstpointer data)
{
  gint64 one = add (fixture->cabinet, "one", STORE_FOLDER_INBOX);
  StoreCounts counts;

  add (fixture->cabinet, "two", STORE_FOLDER_INBOX);
  count (fixture->cabinet, &counts);
  g_assert_cmpuint (counts.total[STORE_FOLDER_INBOX], ==, 2);
  g_assert_cmpuint (counts.unseen[STORE_FOLDER_INBOX], ==, 2);
  g_assert_cmpuint (counts.total[STORE_FOLDER_SENT], ==, 0);
  set_flag (fixture->cabinet, one, STORE_FLAG_SEEN, TRUE);
  set_flag (fixture->cabinet, one, STORE_FLAG_ANSWERED, TRUE);
  set_flag (fixture->cabinet, one, STORE_FLAG_FLAGGED, TRUE);
  count (fixture->cabinet, &counts);
  g_assert_cmpuint (counts.unseen[STORE_FOLDER_INBOX], ==, 1);
  g_autoptr (GPtrArray) letters = load (fixture->cabinet, one);
  const StoreLetter *letter = g_ptr_array_index (letters, 0);
  g_assert_true (letter->seen && letter->answered && letter->flagged);
  set_flag (fixture->cabinet, one, STORE_FLAG_SEEN, FALSE);
  count (fixture->cabinet, &counts);
  g_assert_cmpuint (counts.unseen[STORE_FOLDER_INBOX], ==, 2);
  set_flag (fixture->cabinet, 12345, STORE_FLAG_SEEN, TRUE);
}

static gboolean
move (StoreCabinet *cabinet, gint64 id, StoreFolder folder, GError **error)
{
  g_autoptr (StoreWait) wait = store_wait_new ();

  store_cabinet_move_async (cabinet, &id, 1, folder, NULL, store_wait_ready, wait);
  return store_cabinet_finish (cabinet, store_wait_get (wait), error);
}

static gboolean delete (StoreCabinet *cabinet, gint64 id, GError **error)
{
  g_autoptr (StoreWait) wait = store_wait_new ();

  store_cabinet_delete_async (cabinet, &id, 1, NULL, store_wait_ready, wait);
  return store_cabinet_finish (cabinet, store_wait_get (wait), error);
}

static void
test_move_and_delete (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = store_fixture_make_letter ("one");
  gint64 one = add (fixture->cabinet, "one", STORE_FOLDER_INBOX);
  g_autofree char *mail = g_build_filename (fixture->folder, "mail", NULL);

  g_assert_true (move (fixture->cabinet, one, STORE_FOLDER_TRASH, &error));
  g_assert_no_error (error);
  check_list (fixture->cabinet, STORE_FOLDER_INBOX, 0);
  check_list (fixture->cabinet, STORE_FOLDER_TRASH, 1, one);
  check_file (fixture->cabinet, one, "Trash", text);
  g_assert_true (move (fixture->cabinet, one, STORE_FOLDER_TRASH, &error));
  check_file (fixture->cabinet, one, "Trash", text);
  g_assert_false (move (fixture->cabinet, one, STORE_FOLDER_OUTBOX, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_INVALID);
  g_clear_error (&error);
  /* A letter that is gone is no trouble. */
  g_assert_true (move (fixture->cabinet, 12345, STORE_FOLDER_TRASH, &error));
  close_cabinet (&fixture->cabinet);
  fixture->cabinet = open_cabinet (fixture->folder);
  check_file (fixture->cabinet, one, "Trash", text);

  g_assert_true (delete (fixture->cabinet, one, &error));
  g_assert_no_error (error);
  check_list (fixture->cabinet, STORE_FOLDER_TRASH, 0);
  g_assert_cmpuint (store_fixture_count_files (mail, ".eml"), ==, 0);
  gint64 two = add (fixture->cabinet, "two", STORE_FOLDER_INBOX);
  g_assert_cmpint (two, >, one);
}

static void
test_uids (Fixture *fixture, gconstpointer data)
{
  gint64 account = store_fixture_add_account (fixture->cabinet, "ann@example.org");
  gint64 other = store_fixture_add_account (fixture->cabinet, "bert@example.org");
  StoreAdd how = { .folder = STORE_FOLDER_INBOX, .account = account, .uid = "uid-1" };
  g_autofree char *text = store_fixture_make_letter ("one");
  g_autofree char *mail = g_build_filename (fixture->folder, "mail", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreWait) wait = store_wait_new ();
  g_autoptr (StoreWait) again = store_wait_new ();
  g_autoptr (GPtrArray) listed = g_ptr_array_new ();

  gint64 id = store_fixture_add (fixture->cabinet, text, &how, &error);
  g_assert_no_error (error);
  g_assert_cmpint (store_fixture_add (fixture->cabinet, text, &how, &error), ==, 0);
  g_assert_error (error, STORE_ERROR, STORE_ERROR_EXISTS);
  g_clear_error (&error);
  check_list (fixture->cabinet, STORE_FOLDER_INBOX, 1, id);
  g_assert_cmpuint (store_fixture_count_files (mail, ".eml"), ==, 1);
  how.account = other;
  g_assert_cmpint (store_fixture_add (fixture->cabinet, text, &how, &error), >, id);
  /* The uid is remembered when the letter goes. */
  g_assert_true (delete (fixture->cabinet, id, &error));
  store_cabinet_known_uids_async (fixture->cabinet, account, NULL, store_wait_ready, wait);
  g_autoptr (GHashTable) known
      = store_cabinet_known_uids_finish (fixture->cabinet, store_wait_get (wait), &error);
  g_assert_cmpuint (g_hash_table_size (known), ==, 1);
  g_assert_true (g_hash_table_contains (known, "uid-1"));

  /* While the server lists it, it stays known. */
  g_autoptr (StoreWait) kept = store_wait_new ();
  g_ptr_array_add (listed, (gpointer) "uid-1");
  store_cabinet_forget_uids_async (fixture->cabinet, account, listed, NULL, store_wait_ready, kept);
  g_assert_true (store_cabinet_finish (fixture->cabinet, store_wait_get (kept), &error));
  how.account = account;
  g_assert_cmpint (store_fixture_add (fixture->cabinet, text, &how, &error), ==, 0);
  g_assert_error (error, STORE_ERROR, STORE_ERROR_EXISTS);
  g_clear_error (&error);
  g_ptr_array_set_size (listed, 0);
  store_cabinet_forget_uids_async (fixture->cabinet, account, listed, NULL, store_wait_ready,
                                   again);
  g_assert_true (store_cabinet_finish (fixture->cabinet, store_wait_get (again), &error));
  how.account = account;
  g_assert_cmpint (store_fixture_add (fixture->cabinet, text, &how, &error), >, 0);
  g_assert_no_error (error);
  how.account = 999;
  how.uid = NULL;
  g_assert_cmpint (store_fixture_add (fixture->cabinet, text, &how, &error), ==, 0);
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
}

static void
test_replaces (Fixture *fixture, gconstpointer data)
{
  gint64 draft = add (fixture->cabinet, "draft", STORE_FOLDER_DRAFTS);
  StoreAdd how = { .folder = STORE_FOLDER_DRAFTS, .replaces = draft };
  g_autofree char *text = store_fixture_make_letter ("better");
  g_autofree char *mail = g_build_filename (fixture->folder, "mail", NULL);
  g_autoptr (GError) error = NULL;
  gint64 better = store_fixture_add (fixture->cabinet, text, &how, &error);

  g_assert_no_error (error);
  check_list (fixture->cabinet, STORE_FOLDER_DRAFTS, 1, better);
  g_assert_cmpuint (store_fixture_count_files (mail, ".eml"), ==, 1);
  /* What was replaced already is no trouble. */
  g_assert_cmpint (store_fixture_add (fixture->cabinet, text, &how, &error), >, better);
  g_assert_no_error (error);
}

static void
on_folder_changed (StoreCabinet *cabinet, int folder, gpointer data)
{
  guint *changes = data;

  changes[folder]++;
}

static void
test_two (Fixture *fixture, gconstpointer data)
{
  StoreCabinet *other = open_cabinet (fixture->folder);
  guint changes[STORE_N_FOLDERS] = { 0 };

  g_signal_connect (other, "folder-changed", G_CALLBACK (on_folder_changed), changes);
  gint64 one = add (fixture->cabinet, "one", STORE_FOLDER_INBOX);
  check_list (other, STORE_FOLDER_INBOX, 1, one);
  while (changes[STORE_FOLDER_INBOX] == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (move (other, one, STORE_FOLDER_JUNK, NULL));
  check_file (fixture->cabinet, one, "Junk", NULL);
  gint64 two = add (other, "two", STORE_FOLDER_INBOX);
  check_list (fixture->cabinet, STORE_FOLDER_INBOX, 1, two);
  /* Its sweep leaves what the living have in hand. */
  StoreSpool *spool = store_fixture_make_spool (store_cabinet_get_files (fixture->cabinet), "x");
  close_cabinet (&other);
  other = open_cabinet (fixture->folder);
  const StoreAdd how = { .folder = STORE_FOLDER_INBOX };
  g_autoptr (StoreWait) wait = store_wait_new ();
  g_autoptr (GError) error = NULL;
  store_cabinet_add_async (fixture->cabinet, spool, &how, NULL, store_wait_ready, wait);
  g_assert_cmpint (store_cabinet_add_finish (fixture->cabinet, store_wait_get (wait), &error), >,
                   0);
  g_assert_no_error (error);
  close_cabinet (&other);
}

static void
test_signals (Fixture *fixture, gconstpointer data)
{
  guint changes[STORE_N_FOLDERS] = { 0 };

  g_signal_connect (fixture->cabinet, "folder-changed", G_CALLBACK (on_folder_changed), changes);
  gint64 one = add (fixture->cabinet, "one", STORE_FOLDER_INBOX);
  while (changes[STORE_FOLDER_INBOX] == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (move (fixture->cabinet, one, STORE_FOLDER_TRASH, NULL));
  while (changes[STORE_FOLDER_TRASH] == 0)
    g_main_context_iteration (NULL, TRUE);
}

/* Calls that are still under way when the cabinet is closed get an answer. */
static void
test_close_at_work (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = store_fixture_make_letter ("late");
  const StoreAdd how = { .folder = STORE_FOLDER_INBOX };

  for (guint round = 0; round < 20; round++)
    {
      StoreWait *waits[12];
      StoreSpool *spool
          = store_fixture_make_spool (store_cabinet_get_files (fixture->cabinet), text);

      for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
        waits[i] = store_wait_new ();
      store_cabinet_add_async (fixture->cabinet, spool, &how, NULL, store_wait_ready, waits[0]);
      for (guint i = 1; i < G_N_ELEMENTS (waits); i++)
        store_cabinet_list_async (fixture->cabinet, STORE_FOLDER_INBOX, NULL, store_wait_ready,
                                  waits[i]);
      store_cabinet_close (fixture->cabinet);
      for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
        {
          g_autoptr (GError) error = NULL;
          g_autoptr (GArray) ids = NULL;
          if (i == 0)
            store_cabinet_add_finish (fixture->cabinet, store_wait_get (waits[i]), &error);
          else
            ids = store_cabinet_list_finish (fixture->cabinet, store_wait_get (waits[i]), &error);
          store_wait_free (waits[i]);
        }
      g_clear_object (&fixture->cabinet);
      fixture->cabinet = open_cabinet (fixture->folder);
    }
}

int
main (int argc, char *argv[])
{
  static const struct
  {
    const char *name;
    void (*run) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "/store/cabinet/add", test_add },
    { "/store/cabinet/odd-letters", test_odd_letters },
    { "/store/cabinet/list", test_list },
    { "/store/cabinet/flags", test_flags },
    { "/store/cabinet/move-and-delete", test_move_and_delete },
    { "/store/cabinet/uids", test_uids },
    { "/store/cabinet/replaces", test_replaces },
    { "/store/cabinet/two", test_two },
    { "/store/cabinet/signals", test_signals },
    { "/store/cabinet/close-at-work", test_close_at_work },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);
  return g_test_run ();
}
