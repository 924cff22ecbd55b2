/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>

#define MONDAY  "Mon, 02 Nov 2026 10:00:00 +0000"
#define TUESDAY "Tue, 03 Nov 2026 10:00:00 +0000"

typedef struct
{
  guint folders[STORE_N_FOLDERS];
  guint accounts;
  guint outbox;
} Changes;

static void
on_folder (StoreCabinet *cabinet, int folder, Changes *changes)
{
  changes->folders[folder]++;
}

static void
on_accounts (StoreCabinet *cabinet, Changes *changes)
{
  changes->accounts++;
}

static void
on_outbox (StoreCabinet *cabinet, Changes *changes)
{
  changes->outbox++;
}

static void
follow (StoreCabinet *cabinet, Changes *changes)
{
  g_signal_connect (cabinet, "folder-changed", G_CALLBACK (on_folder), changes);
  g_signal_connect (cabinet, "accounts-changed", G_CALLBACK (on_accounts), changes);
  g_signal_connect (cabinet, "outbox-changed", G_CALLBACK (on_outbox), changes);
}

static void
wait_for (guint *number)
{
  while (*number == 0)
    g_main_context_iteration (NULL, TRUE);
}

static StoreCounts
count (StoreCabinet *cabinet)
{
  g_autoptr (GAsyncResult) result = NULL;
  StoreCounts counts = { 0 };

  store_cabinet_count_async (cabinet, NULL, shelf_got, &result);
  g_assert_true (store_cabinet_count_finish (cabinet, shelf_wait (&result), &counts, NULL));
  return counts;
}

/* ---- accounts ---- */

static gboolean
remove_account (StoreCabinet *cabinet, gint64 id, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  store_cabinet_remove_account_async (cabinet, id, NULL, shelf_got, &result);
  return store_cabinet_finish (cabinet, shelf_wait (&result), error);
}

static void
test_accounts (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autoptr (GError) error = NULL;
  gint64 id = shelf_save_account (cabinet, "anna@example.org", &error);

  g_assert_no_error (error);
  g_assert_cmpint (shelf_save_account (cabinet, "Anna@Example.ORG", &error), ==, 0);
  g_assert_error (error, STORE_ERROR, STORE_ERROR_EXISTS);
  g_clear_error (&error);

  g_autoptr (GPtrArray) accounts = store_cabinet_dup_accounts (cabinet, &error);
  g_assert_cmpuint (accounts->len, ==, 1);
  g_autoptr (StoreAccount) account = store_account_copy (g_ptr_array_index (accounts, 0));
  g_assert_cmpint (account->id, ==, id);
  g_assert_cmpstr (account->address, ==, "anna@example.org");
  account->smtp.port = 587;
  account->smtp.security = STORE_SECURITY_STARTTLS;
  account->keep = STORE_KEEP_DAYS;
  account->keep_days = 14;
  g_autoptr (GAsyncResult) saved = NULL;
  store_cabinet_save_account_async (cabinet, account, NULL, shelf_got, &saved);
  g_assert_cmpint (store_cabinet_save_account_finish (cabinet, shelf_wait (&saved), &error), ==,
                   id);
  store_cabinet_close (cabinet);

  g_autoptr (StoreCabinet) again = shelf_open (root);
  g_autoptr (GPtrArray) kept = store_cabinet_dup_accounts (again, &error);
  const StoreAccount *first = g_ptr_array_index (kept, 0);
  g_assert_cmpuint (first->smtp.port, ==, 587);
  g_assert_cmpint (first->smtp.security, ==, STORE_SECURITY_STARTTLS);
  g_assert_cmpint (first->keep, ==, STORE_KEEP_DAYS);
  g_assert_cmpuint (first->keep_days, ==, 14);
  g_assert_false (remove_account (again, id + 1, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  store_cabinet_close (again);
  shelf_remove (root);
}

static void
test_remove_account (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autoptr (StoreOutboxEntry) envelope = store_outbox_entry_new ();
  gint64 account = shelf_save_account (cabinet, "anna@example.org", NULL);
  Changes changes = { 0 };

  envelope->account = account;
  envelope->reverse_path = g_strdup ("anna@example.org");
  StoreAdd in = { .account = account, .folder = STORE_FOLDER_INBOX, .uid = "u1" };
  StoreAdd out = { .account = account, .folder = STORE_FOLDER_OUTBOX, .envelope = envelope };
  gint64 fetched = shelf_try_add (cabinet, "Subject: in\r\n\r\n", &in, NULL);
  gint64 waiting = shelf_try_add (cabinet, "Subject: out\r\n\r\n", &out, NULL);
  follow (cabinet, &changes);
  g_assert_true (remove_account (cabinet, account, NULL));
  wait_for (&changes.accounts);
  g_assert_cmpuint (changes.outbox, ==, 1);

  g_autoptr (StoreLetter) left = shelf_load (cabinet, fetched);
  g_autoptr (StoreLetter) draft = shelf_load (cabinet, waiting);
  g_assert_cmpint (left->account, ==, 0);
  g_assert_cmpint (draft->folder, ==, STORE_FOLDER_DRAFTS);
  g_assert_true (g_file_test (draft->path, G_FILE_TEST_EXISTS));
  /* A letter that was being fetched for it comes too late, and is not half kept. */
  g_autoptr (GError) error = NULL;
  g_assert_cmpint (shelf_try_add (cabinet, "Subject: late\r\n\r\n", &in, &error), ==, -1);
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  store_cabinet_close (cabinet);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  shelf_remove (root);
}

/* ---- letters ---- */

static void
test_bytes (void)
{
  static const char odd[] = "Subject: odd\nFrom: \xff\xfe\r\n\r\na\0b\rc\nd\r\n.\r\nno end";
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) read = NULL;
  g_autoptr (GError) error = NULL;
  StoreSpool *spool = store_spool_new (store_cabinet_get_files (cabinet), &error);
  GStatBuf status;

  for (gsize i = 0; i < sizeof odd; i++)
    g_assert_true (store_spool_write (spool, (const guint8 *) odd + i, 1, &error));
  store_cabinet_add_async (cabinet, spool, &(StoreAdd){ .folder = STORE_FOLDER_JUNK }, NULL,
                           shelf_got, &result);
  gint64 id = store_cabinet_add_finish (cabinet, shelf_wait (&result), &error);
  g_assert_no_error (error);

  g_autoptr (StoreLetter) letter = shelf_load (cabinet, id);
  g_autofree char *text = NULL;
  gsize length;
  g_assert_cmpuint (letter->size, ==, sizeof odd);
  g_assert_true (g_file_get_contents (letter->path, &text, &length, NULL));
  g_assert_cmpmem (text, length, odd, sizeof odd);
  store_cabinet_read_async (cabinet, id, NULL, shelf_got, &read);
  g_autoptr (GBytes) bytes = store_cabinet_read_finish (cabinet, shelf_wait (&read), &error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), odd, sizeof odd);
  g_assert_cmpint (g_stat (letter->path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
  store_cabinet_close (cabinet);
  shelf_remove (root);
}

static void
test_list (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autofree char *early = shelf_letter ("early", MONDAY, "first words");
  g_autofree char *late = shelf_letter ("late", TUESDAY, "more");
  gint64 second = shelf_add (cabinet, STORE_FOLDER_INBOX, late);
  gint64 first = shelf_add (cabinet, STORE_FOLDER_INBOX, early);
  gint64 same = shelf_add (cabinet, STORE_FOLDER_INBOX, late);
  g_autoptr (GArray) ids = shelf_list (cabinet, STORE_FOLDER_INBOX);

  g_assert_cmpuint (ids->len, ==, 3);
  g_assert_cmpint (g_array_index (ids, gint64, 0), ==, same);
  g_assert_cmpint (g_array_index (ids, gint64, 1), ==, second);
  g_assert_cmpint (g_array_index (ids, gint64, 2), ==, first);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_SENT), ==, 0);

  g_autoptr (StoreLetter) letter = shelf_load (cabinet, first);
  g_assert_cmpstr (letter->subject, ==, "early");
  g_assert_nonnull (strstr (letter->from, "anna@example.org"));
  g_assert_nonnull (strstr (letter->to, "ben@example.org"));
  g_assert_cmpstr (letter->snippet, ==, "first words");
  g_assert_cmpint (letter->date, ==, 1793613600);
  g_assert_null (shelf_load (cabinet, 4711));
  store_cabinet_close (cabinet);
  shelf_remove (root);
}

static void
check_path (StoreCabinet *cabinet, const char *root, const char *subject, const char *expected)
{
  g_autofree char *text = shelf_letter (subject, MONDAY, "b");
  g_autoptr (StoreLetter) letter
      = shelf_load (cabinet, shelf_add (cabinet, STORE_FOLDER_INBOX, text));
  g_autofree char *folder = g_build_filename (root, "mail", "Inbox", "2026", "11", NULL);
  g_autofree char *name = g_path_get_basename (letter->path);
  g_autofree char *end = g_strdup_printf (" %s %" G_GINT64_FORMAT ".eml", expected, letter->id);

  g_assert_true (g_str_has_prefix (letter->path, folder));
  g_assert_cmpuint (strlen (folder) + 1 + strlen (name), ==, strlen (letter->path));
  g_assert_true (g_str_has_prefix (name, "2026-11-0"));
  g_assert_true (g_str_has_suffix (name, end));
  g_assert_true (g_utf8_validate (name, -1, NULL));
  g_assert_true (g_file_test (letter->path, G_FILE_TEST_IS_REGULAR));
}

static void
test_paths (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autofree char *long_subject = g_strnfill (3000, 'a');
  g_autofree char *long_slug = g_strnfill (60, 'a');

  check_path (cabinet, root, "Hello, World!", "Hello-World");
  check_path (cabinet, root, "=?UTF-8?B?5pil6IqC5b+r5LmQ?=", "春节快乐");
  check_path (cabinet, root, "../../etc/passwd", "etc-passwd");
  check_path (cabinet, root, "/\\:*?<>|", "letter");
  check_path (cabinet, root, "", "letter");
  check_path (cabinet, root, long_subject, long_slug);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_INBOX), ==, 6);
  store_cabinet_close (cabinet);
  shelf_remove (root);
}

static void
set_flag (StoreCabinet *cabinet, gint64 id, StoreFlag flag, gboolean value)
{
  g_autoptr (GAsyncResult) result = NULL;

  store_cabinet_set_flag_async (cabinet, &id, 1, flag, value, NULL, shelf_got, &result);
  g_assert_true (store_cabinet_finish (cabinet, shelf_wait (&result), NULL));
}

static void
test_flags (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  gint64 id = shelf_add (cabinet, STORE_FOLDER_INBOX, "Subject: a\r\n\r\n");
  gint64 other = shelf_add (cabinet, STORE_FOLDER_INBOX, "Subject: b\r\n\r\n");
  StoreCounts counts = count (cabinet);
  Changes changes = { 0 };

  g_assert_cmpuint (counts.total[STORE_FOLDER_INBOX], ==, 2);
  g_assert_cmpuint (counts.unseen[STORE_FOLDER_INBOX], ==, 2);
  g_assert_cmpuint (counts.total[STORE_FOLDER_TRASH], ==, 0);
  set_flag (cabinet, id, STORE_FLAG_SEEN, TRUE);
  set_flag (cabinet, id, STORE_FLAG_FLAGGED, TRUE);
  set_flag (cabinet, other, STORE_FLAG_ANSWERED, TRUE);
  counts = count (cabinet);
  g_assert_cmpuint (counts.unseen[STORE_FOLDER_INBOX], ==, 1);
  g_autoptr (StoreLetter) letter = shelf_load (cabinet, id);
  g_autoptr (StoreLetter) beside = shelf_load (cabinet, other);
  g_assert_true (letter->seen && letter->flagged && !letter->answered);
  g_assert_true (!beside->seen && !beside->flagged && beside->answered);

  while (g_main_context_iteration (NULL, FALSE))
    ;
  follow (cabinet, &changes);
  set_flag (cabinet, id, STORE_FLAG_SEEN, FALSE);
  wait_for (&changes.folders[STORE_FOLDER_INBOX]);
  g_assert_cmpuint (changes.folders[STORE_FOLDER_SENT], ==, 0);
  g_assert_cmpuint (changes.accounts + changes.outbox, ==, 0);
  store_cabinet_close (cabinet);
  shelf_remove (root);
}

static void
test_move (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *mail = g_build_filename (root, "mail", NULL);
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autoptr (GError) error = NULL;
  gint64 id = shelf_add (cabinet, STORE_FOLDER_INBOX, "Subject: a\r\n\r\nb");
  g_autoptr (StoreLetter) before = shelf_load (cabinet, id);

  g_assert_true (shelf_move (cabinet, id, STORE_FOLDER_TRASH, &error));
  g_autoptr (StoreLetter) after = shelf_load (cabinet, id);
  g_assert_cmpint (after->folder, ==, STORE_FOLDER_TRASH);
  g_assert_false (g_file_test (before->path, G_FILE_TEST_EXISTS));
  g_autofree char *text = shelf_read_file (after->path);
  g_assert_cmpstr (text, ==, "Subject: a\r\n\r\nb");
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_INBOX), ==, 0);
  g_assert_false (shelf_move (cabinet, id, STORE_FOLDER_OUTBOX, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_INVALID);

  shelf_delete (cabinet, id);
  g_assert_null (shelf_load (cabinet, id));
  g_assert_cmpuint (shelf_count_files (mail, ""), ==, 0);
  /* An id that was, or never was, is no error and no letter. */
  shelf_delete (cabinet, id);
  store_cabinet_close (cabinet);
  shelf_remove (root);
}

static void
test_replaces (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *mail = g_build_filename (root, "mail", NULL);
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  gint64 draft = shelf_add (cabinet, STORE_FOLDER_DRAFTS, "Subject: first\r\n\r\n");
  StoreAdd add = { .folder = STORE_FOLDER_DRAFTS, .replaces = draft };
  gint64 next = shelf_try_add (cabinet, "Subject: second\r\n\r\n", &add, NULL);

  g_assert_cmpint (next, >, draft);
  g_assert_null (shelf_load (cabinet, draft));
  g_assert_cmpuint (shelf_count_files (mail, ".eml"), ==, 1);
  g_assert_cmpint (shelf_try_add (cabinet, "Subject: third\r\n\r\n", &add, NULL), >, next);
  store_cabinet_close (cabinet);
  shelf_remove (root);
}

/* ---- uids ---- */

static char *
known (StoreCabinet *cabinet, gint64 account)
{
  g_autoptr (GAsyncResult) result = NULL;

  store_cabinet_known_uids_async (cabinet, account, NULL, shelf_got, &result);
  g_autoptr (GHashTable) uids
      = store_cabinet_known_uids_finish (cabinet, shelf_wait (&result), NULL);
  g_autoptr (GList) keys = g_list_sort (g_hash_table_get_keys (uids), (GCompareFunc) strcmp);
  GString *all = g_string_new (NULL);
  for (GList *key = keys; key != NULL; key = key->next)
    g_string_append_printf (all, "%s ", (const char *) key->data);
  return g_string_free (all, FALSE);
}

static void
check_known (StoreCabinet *cabinet, gint64 account, const char *expected)
{
  g_autofree char *uids = known (cabinet, account);

  g_assert_cmpstr (uids, ==, expected);
}

static void
test_uids (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autoptr (GError) error = NULL;
  gint64 anna = shelf_save_account (cabinet, "anna@example.org", NULL);
  gint64 ben = shelf_save_account (cabinet, "ben@example.org", NULL);
  StoreAdd add = { .account = anna, .uid = "a" };
  gint64 id = shelf_try_add (cabinet, "Subject: a\r\n\r\n", &add, &error);

  add.uid = "A";
  g_assert_cmpint (shelf_try_add (cabinet, "Subject: A\r\n\r\n", &add, &error), >, 0);
  add.account = ben;
  g_assert_cmpint (shelf_try_add (cabinet, "Subject: A\r\n\r\n", &add, &error), >, 0);
  g_assert_no_error (error);
  add.account = anna;
  add.uid = "a";
  g_assert_cmpint (shelf_try_add (cabinet, "Subject: a\r\n\r\n", &add, &error), ==, -1);
  g_assert_error (error, STORE_ERROR, STORE_ERROR_EXISTS);
  g_assert_null (strstr (error->message, "UNIQUE"));
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_INBOX), ==, 3);

  /* What was fetched stays known when the letter goes. */
  shelf_delete (cabinet, id);
  check_known (cabinet, anna, "A a ");
  g_autoptr (GAsyncResult) forgotten = NULL;
  g_autoptr (GPtrArray) listed = g_ptr_array_new ();
  g_ptr_array_add (listed, (char *) "A");
  g_ptr_array_add (listed, (char *) "new");
  store_cabinet_forget_uids_async (cabinet, anna, listed, NULL, shelf_got, &forgotten);
  g_assert_true (store_cabinet_finish (cabinet, shelf_wait (&forgotten), NULL));
  check_known (cabinet, anna, "A ");
  check_known (cabinet, ben, "A ");
  store_cabinet_close (cabinet);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  shelf_remove (root);
}

/* ---- two at once, and ends ---- */

static void
test_two (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) first = shelf_open (root);
  g_autoptr (StoreCabinet) second = shelf_open (root);
  Changes own = { 0 }, other = { 0 };

  follow (first, &own);
  follow (second, &other);
  gint64 id = shelf_add (first, STORE_FOLDER_INBOX, "Subject: a\r\n\r\nb");
  wait_for (&other.folders[STORE_FOLDER_INBOX]);
  g_autofree char *text = shelf_read (second, id);
  g_assert_cmpstr (text, ==, "Subject: a\r\n\r\nb");
  g_assert_true (shelf_move (second, id, STORE_FOLDER_TRASH, NULL));
  /* Only what others do is told as anything: the first's own letter was told as that alone. */
  wait_for (&own.accounts);
  g_assert_cmpuint (own.accounts, ==, 1);
  g_assert_cmpuint (own.folders[STORE_FOLDER_INBOX], ==, 2);
  g_autofree char *moved = shelf_read (first, id);
  g_assert_cmpstr (moved, ==, text);
  store_cabinet_close (first);
  store_cabinet_close (second);
  shelf_remove (root);
}

static void
test_close (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autoptr (GAsyncResult) added = NULL;
  g_autoptr (GAsyncResult) listed = NULL;
  g_autoptr (GAsyncResult) late = NULL;
  g_autoptr (GAsyncResult) saved = NULL;
  g_autoptr (GError) error = NULL;
  StoreFiles *files = store_cabinet_get_files (cabinet);
  StoreSpool *spare = shelf_spool (files, "Subject: late\r\n\r\n");
  StoreAdd add = { .folder = STORE_FOLDER_INBOX };

  store_cabinet_list_async (cabinet, STORE_FOLDER_INBOX, NULL, shelf_got, &listed);
  store_cabinet_add_async (cabinet, shelf_spool (files, "Subject: a\r\n\r\n"), &add, NULL,
                           shelf_got, &added);
  store_cabinet_close (cabinet);
  store_cabinet_add_async (cabinet, spare, &add, NULL, shelf_got, &late);
  g_autoptr (StoreAccount) account = store_account_new ();
  store_cabinet_save_account_async (cabinet, account, NULL, shelf_got, &saved);
  g_assert_cmpint (store_cabinet_add_finish (cabinet, shelf_wait (&added), &error), >, 0);
  g_assert_no_error (error);
  g_array_unref (store_cabinet_list_finish (cabinet, shelf_wait (&listed), &error));
  g_assert_no_error (error);
  g_assert_cmpint (store_cabinet_add_finish (cabinet, shelf_wait (&late), &error), ==, 0);
  g_assert_error (error, STORE_ERROR, STORE_ERROR_IO);
  g_clear_error (&error);
  store_cabinet_save_account_finish (cabinet, shelf_wait (&saved), &error);
  g_assert_error (error, STORE_ERROR, STORE_ERROR_IO);
  g_clear_error (&error);
  g_assert_null (store_cabinet_dup_accounts (cabinet, &error));

  g_autoptr (StoreCabinet) again = shelf_open (root);
  g_assert_cmpuint (shelf_count (again, STORE_FOLDER_INBOX), ==, 1);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  store_cabinet_close (again);
  /* Nothing is in a log beside the database once the last has closed it. */
  g_assert_cmpuint (shelf_count_files (root, "-wal"), ==, 0);
  shelf_remove (root);
}

static void
test_cancel (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  store_cabinet_add_async (cabinet,
                           shelf_spool (store_cabinet_get_files (cabinet), "Subject: a\r\n\r\n"),
                           &(StoreAdd){ 0 }, cancellable, shelf_got, &result);
  g_assert_cmpint (store_cabinet_add_finish (cabinet, shelf_wait (&result), &error), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_INBOX), ==, 0);
  store_cabinet_close (cabinet);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  shelf_remove (root);
}

static void
test_full (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strnfill (15000, 'x');
  struct rlimit all, little;

  getrlimit (RLIMIT_FSIZE, &all);
  little = (struct rlimit){ .rlim_cur = 8000, .rlim_max = all.rlim_max };
  StoreSpool *spool = shelf_spool (store_cabinet_get_files (cabinet), text);
  setrlimit (RLIMIT_FSIZE, &little);
  store_cabinet_add_async (cabinet, spool, &(StoreAdd){ 0 }, NULL, shelf_got, &result);
  store_cabinet_add_finish (cabinet, shelf_wait (&result), &error);
  setrlimit (RLIMIT_FSIZE, &all);
  g_assert_error (error, STORE_ERROR, STORE_ERROR_FULL);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_INBOX), ==, 0);
  shelf_add (cabinet, STORE_FOLDER_INBOX, text);
  store_cabinet_close (cabinet);
  shelf_remove (root);
}

int
main (int argc, char **argv)
{
  signal (SIGXFSZ, SIG_IGN);
  shelf_init (&argc, &argv, NULL);
  g_test_add_func ("/store/cabinet/accounts", test_accounts);
  g_test_add_func ("/store/cabinet/remove-account", test_remove_account);
  g_test_add_func ("/store/cabinet/bytes", test_bytes);
  g_test_add_func ("/store/cabinet/list", test_list);
  g_test_add_func ("/store/cabinet/paths", test_paths);
  g_test_add_func ("/store/cabinet/flags", test_flags);
  g_test_add_func ("/store/cabinet/move", test_move);
  g_test_add_func ("/store/cabinet/replaces", test_replaces);
  g_test_add_func ("/store/cabinet/uids", test_uids);
  g_test_add_func ("/store/cabinet/two", test_two);
  g_test_add_func ("/store/cabinet/close", test_close);
  g_test_add_func ("/store/cabinet/cancel", test_cancel);
  g_test_add_func ("/store/cabinet/full", test_full);
  return g_test_run ();
}
