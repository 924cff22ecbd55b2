/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <glib/gstdio.h>

/* What the cabinet does about files that are not where they should be. */

#define TEXT "Subject: a\r\n\r\nb"

static char *
take_away (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *year = g_path_get_dirname (folder);
  g_autofree char *inbox = g_path_get_dirname (year);
  g_autofree char *mail = g_path_get_dirname (inbox);
  g_autofree char *month = g_path_get_basename (folder);
  g_autofree char *year_name = g_path_get_basename (year);
  g_autofree char *target = g_build_filename (mail, "Junk", year_name, month, NULL);
  char *other = g_build_filename (target, name, NULL);

  g_assert_cmpint (g_mkdir_with_parents (target, 0700), ==, 0);
  g_assert_cmpint (g_rename (path, other), ==, 0);
  return other;
}

static void
check_text (StoreCabinet *cabinet, gint64 id)
{
  g_autofree char *text = shelf_read (cabinet, id);

  g_assert_cmpstr (text, ==, TEXT);
}

/* As after a crash between the commit of a move and its rename. */
static void
test_other_folder (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *mail = g_build_filename (root, "mail", NULL);
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  gint64 moved = shelf_add (cabinet, STORE_FOLDER_INBOX, TEXT);
  gint64 deleted = shelf_add (cabinet, STORE_FOLDER_INBOX, TEXT);
  g_autoptr (StoreLetter) first = shelf_load (cabinet, moved);
  g_autoptr (StoreLetter) second = shelf_load (cabinet, deleted);
  g_autofree char *first_path = take_away (first->path);
  g_autofree char *second_path = take_away (second->path);

  check_text (cabinet, moved);
  g_assert_true (shelf_move (cabinet, moved, STORE_FOLDER_SENT, NULL));
  check_text (cabinet, moved);
  g_autoptr (StoreLetter) now = shelf_load (cabinet, moved);
  g_assert_true (g_file_test (now->path, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (first_path, G_FILE_TEST_EXISTS));
  shelf_delete (cabinet, deleted);
  g_assert_false (g_file_test (second_path, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (shelf_count_files (mail, ".eml"), ==, 1);
  store_cabinet_close (cabinet);
  shelf_remove (root);
}

/* The person cleared a folder away: the letters in it are gone, and new ones come in. */
static void
test_no_month (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *inbox = g_build_filename (root, "mail", "Inbox", NULL);
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  gint64 lost = shelf_add (cabinet, STORE_FOLDER_INBOX, TEXT);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  shelf_remove (inbox);
  check_text (cabinet, shelf_add (cabinet, STORE_FOLDER_INBOX, TEXT));
  check_text (cabinet, shelf_add (cabinet, STORE_FOLDER_INBOX, TEXT));
  store_cabinet_read_async (cabinet, lost, NULL, shelf_got, &result);
  g_assert_null (store_cabinet_read_finish (cabinet, shelf_wait (&result), &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  shelf_delete (cabinet, lost);
  store_cabinet_close (cabinet);
  shelf_remove (root);
}

/* A letter that cannot be given its place stays in tmp/, through any number of starts. */
static void
test_no_place (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *mail = g_build_filename (root, "mail", NULL);
  g_autofree char *inbox = g_build_filename (mail, "Inbox", NULL);
  GLogLevelFlags fatal = g_log_set_always_fatal (G_LOG_FATAL_MASK);
  StoreCabinet *cabinet = shelf_open (root);

  g_assert_cmpint (g_mkdir (mail, 0700), ==, 0);
  g_assert_true (g_file_set_contents (inbox, "in the way", -1, NULL));
  gint64 id = shelf_add (cabinet, STORE_FOLDER_INBOX, TEXT);
  gint64 moved = shelf_add (cabinet, STORE_FOLDER_INBOX, TEXT);
  check_text (cabinet, id);
  g_assert_true (shelf_move (cabinet, moved, STORE_FOLDER_TRASH, NULL));
  for (guint i = 0; i < 2; i++)
    {
      store_cabinet_close (cabinet);
      g_object_unref (cabinet);
      cabinet = shelf_open (root);
      check_text (cabinet, id);
      check_text (cabinet, moved);
    }
  store_cabinet_close (cabinet);
  g_object_unref (cabinet);
  g_log_set_always_fatal (fatal);

  g_assert_cmpint (g_unlink (inbox), ==, 0);
  cabinet = shelf_open (root);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  g_assert_cmpuint (shelf_count_files (mail, ".eml"), ==, 2);
  check_text (cabinet, id);
  g_autoptr (StoreLetter) letter = shelf_load (cabinet, moved);
  g_assert_true (g_file_test (letter->path, G_FILE_TEST_EXISTS));
  store_cabinet_close (cabinet);
  g_object_unref (cabinet);
  shelf_remove (root);
}

int
main (int argc, char **argv)
{
  shelf_init (&argc, &argv, NULL);
  g_test_add_func ("/store/cabinet-mend/other-folder", test_other_folder);
  g_test_add_func ("/store/cabinet-mend/no-month", test_no_month);
  g_test_add_func ("/store/cabinet-mend/no-place", test_no_place);
  return g_test_run ();
}
