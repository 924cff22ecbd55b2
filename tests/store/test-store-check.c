/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <glib/gstdio.h>
#include <store-check.h>
#include <store-search-index.h>
#include <store-search.h>

#define TEXT "Subject: tea\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\n\r\ngreen\r\n"

static StoreCheckup
check (StoreCabinet *cabinet, gboolean mend)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  StoreCheckup checkup = { 0 };

  store_cabinet_check_async (cabinet, mend, NULL, shelf_got, &result);
  store_cabinet_check_finish (cabinet, shelf_wait (&result), &checkup, &error);
  g_assert_no_error (error);
  return checkup;
}

static void
check_mended (StoreCabinet *cabinet)
{
  StoreCheckup checkup = check (cabinet, FALSE);

  g_assert_cmpuint (store_checkup_count (&checkup), ==, 0);
}

static void
finish_index (StoreCabinet *cabinet)
{
  g_autoptr (GAsyncResult) result = NULL;

  store_cabinet_finish_index_async (cabinet, NULL, shelf_got, &result);
  g_assert_true (store_cabinet_finish_index_finish (cabinet, shelf_wait (&result), NULL));
}

static guint
find (StoreCabinet *cabinet, const char *query)
{
  g_autoptr (GAsyncResult) result = NULL;
  StoreSearchOptions options = { .folder = -1, .limit = 50 };

  finish_index (cabinet);
  store_cabinet_search_async (cabinet, query, &options, NULL, shelf_got, &result);
  g_autoptr (StoreFindings) findings
      = store_cabinet_search_finish (cabinet, shelf_wait (&result), NULL);
  return findings->letters->len;
}

static char *
place_of (StoreCabinet *cabinet, gint64 id)
{
  g_autoptr (StoreLetter) letter = shelf_load (cabinet, id);

  return g_strdup (letter->path);
}

static void
test_agreement (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);

  shelf_add (cabinet, STORE_FOLDER_INBOX, TEXT);
  check_mended (cabinet);
  finish_index (cabinet);
  StoreCheckup checkup = check (cabinet, TRUE);
  g_assert_cmpuint (checkup.letters, ==, 1);
  g_assert_cmpuint (store_checkup_count (&checkup), ==, 0);
  shelf_remove (root);
}

static void
test_lost (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  gint64 id = shelf_add (cabinet, STORE_FOLDER_INBOX, TEXT);

  shelf_add (cabinet, STORE_FOLDER_INBOX, TEXT);
  store_cabinet_close (cabinet);
  g_clear_object (&cabinet);
  cabinet = shelf_open (root);
  g_autofree char *path = place_of (cabinet, id);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpuint (check (cabinet, FALSE).lost, ==, 1);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_INBOX), ==, 2);
  g_assert_cmpuint (check (cabinet, TRUE).lost, ==, 1);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_INBOX), ==, 1);
  check_mended (cabinet);
  g_assert_cmpuint (find (cabinet, "green"), ==, 1);
  shelf_remove (root);
}

static void
test_strangers (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  gint64 id = shelf_add (cabinet, STORE_FOLDER_INBOX, TEXT);
  g_autofree char *sent = g_build_filename (root, "mail", "Sent", NULL);
  g_autofree char *stranger = g_build_filename (sent, "from a friend.eml", NULL);

  g_assert_cmpint (g_mkdir_with_parents (sent, 0700), ==, 0);
  g_assert_true (g_file_set_contents (stranger, TEXT, -1, NULL));
  /* As after a crash between a deletion's commit and the end of the file. */
  g_autofree char *path = place_of (cabinet, id);
  shelf_delete (cabinet, id);
  g_autofree char *folder = g_path_get_dirname (path);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, TEXT, -1, NULL));

  StoreCheckup checkup = check (cabinet, TRUE);
  g_assert_cmpuint (checkup.adopted, ==, 1);
  g_assert_cmpuint (checkup.trashed, ==, 1);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_INBOX), ==, 0);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_SENT), ==, 1);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_TRASH), ==, 1);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (stranger, G_FILE_TEST_EXISTS));
  check_mended (cabinet);
  g_assert_cmpuint (find (cabinet, "green in:any"), ==, 2);
  shelf_remove (root);
}

static void
test_changed (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  gint64 id = shelf_add (cabinet, STORE_FOLDER_INBOX, TEXT);
  g_autofree char *path = place_of (cabinet, id);

  finish_index (cabinet);
  g_assert_true (g_file_set_contents (path, "Subject: milk\r\n\r\nwhite\r\n", -1, NULL));
  g_assert_cmpuint (check (cabinet, TRUE).changed, ==, 1);
  g_autoptr (StoreLetter) letter = shelf_load (cabinet, id);
  g_assert_cmpstr (letter->subject, ==, "milk");
  check_mended (cabinet);
  g_assert_cmpuint (find (cabinet, "green"), ==, 0);
  g_assert_cmpuint (find (cabinet, "white"), ==, 1);
  shelf_remove (root);
}

static void
test_misplaced (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  gint64 id = shelf_add (cabinet, STORE_FOLDER_INBOX, TEXT);
  g_autofree char *path = place_of (cabinet, id);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *junk = g_build_filename (root, "mail", "Junk", "2026", "11", NULL);
  g_autofree char *other = g_build_filename (junk, name, NULL);

  store_cabinet_close (cabinet);
  g_clear_object (&cabinet);
  cabinet = shelf_open (root);
  g_assert_cmpint (g_mkdir_with_parents (junk, 0700), ==, 0);
  g_assert_cmpint (g_rename (path, other), ==, 0);
  g_assert_cmpuint (check (cabinet, TRUE).misplaced, ==, 1);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  check_mended (cabinet);
  shelf_remove (root);
}

static void
test_from_files (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *db = g_build_filename (root, "cabinet.db", NULL);
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  gint64 id = 0;

  for (guint i = 0; i < 20; i++)
    id = shelf_add (cabinet, i % 2 == 0 ? STORE_FOLDER_INBOX : STORE_FOLDER_SENT, TEXT);
  g_autofree char *path = place_of (cabinet, id);
  store_cabinet_close (cabinet);
  g_clear_object (&cabinet);
  g_assert_cmpint (g_unlink (db), ==, 0);

  cabinet = shelf_open (root);
  g_assert_cmpuint (check (cabinet, TRUE).adopted, ==, 20);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_INBOX), ==, 10);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_SENT), ==, 10);
  g_autofree char *again = place_of (cabinet, id);
  g_assert_cmpstr (again, ==, path);
  check_mended (cabinet);
  g_assert_cmpuint (find (cabinet, "green"), ==, 20);
  shelf_remove (root);
}

int
main (int argc, char **argv)
{
  shelf_init (&argc, &argv, NULL);
  g_test_add_func ("/store/check/agreement", test_agreement);
  g_test_add_func ("/store/check/lost", test_lost);
  g_test_add_func ("/store/check/strangers", test_strangers);
  g_test_add_func ("/store/check/changed", test_changed);
  g_test_add_func ("/store/check/misplaced", test_misplaced);
  g_test_add_func ("/store/check/from-files", test_from_files);
  return g_test_run ();
}
