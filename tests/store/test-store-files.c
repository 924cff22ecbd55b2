/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <store-files-private.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static StoreFiles *
open_files (const char *root)
{
  g_autoptr (GError) error = NULL;
  StoreFiles *files = store_files_new (root, &error);

  g_assert_no_error (error);
  return files;
}

static void
sweep (StoreFiles *files, const char *kept_name)
{
  g_autoptr (GHashTable) dead = store_files_list_dead (files);
  g_autoptr (GHashTable) kept = g_hash_table_new (g_str_hash, g_str_equal);

  if (kept_name != NULL)
    g_hash_table_add (kept, (char *) kept_name);
  store_files_sweep (files, dead, kept);
}

static void
check_mode (const char *root, const char *path, guint mode)
{
  g_autofree char *full = g_build_filename (root, path, NULL);
  GStatBuf status;

  g_assert_cmpint (g_stat (full, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, mode);
}

static void
check_bytes (StoreFiles *files, const char *path, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = store_files_read (files, path, name, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, strlen (text));
}

static void
test_place (void)
{
  g_autofree char *parent = shelf_make_folder ();
  g_autofree char *root = g_build_filename (parent, "a", "b", NULL);
  g_autoptr (StoreFiles) files = open_files (root);
  g_autoptr (GError) error = NULL;
  StoreSpool *spool = shelf_spool (files, "bytes");
  g_autofree char *name = g_strdup (store_spool_get_name (spool));

  g_assert_true (store_spool_sync (spool, &error));
  g_assert_cmpuint (store_spool_get_size (spool), ==, 5);
  g_assert_null (store_files_read (files, "x/y/z.eml", NULL, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  check_bytes (files, "x/y/z.eml", name, "bytes");
  /* One file under two names, then under its places alone. */
  g_assert_true (store_files_place (files, name, "x/y/z.eml", FALSE, &error));
  g_assert_true (store_files_place (files, name, "x/other.eml", TRUE, &error));
  g_assert_true (store_files_place (files, name, "x/other.eml", TRUE, &error));
  store_spool_keep (spool);
  store_spool_free (spool);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  check_bytes (files, "x/y/z.eml", name, "bytes");
  check_bytes (files, "x/other.eml", NULL, "bytes");
  check_mode (root, "x/y/z.eml", 0600);
  check_mode (root, "x/y", 0700);
  check_mode (root, "tmp", 0700);
  check_mode (root, ".", 0700);
  g_assert_false (store_files_place (files, "nobody/1", "x/none.eml", TRUE, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  shelf_remove (parent);
}

static void
test_nothing_left (void)
{
  g_autofree char *root = shelf_make_folder ();
  StoreFiles *files = open_files (root);

  store_spool_free (shelf_spool (files, "half of a letter"));
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  store_files_free (files);
  g_assert_cmpuint (shelf_count_files (root, ""), ==, 0);
  shelf_remove (root);
}

static void
test_no_folder (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *file = g_build_filename (root, "file", NULL);
  g_autofree char *below = g_build_filename (file, "mail", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_assert_null (store_files_new (below, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_IO);
  g_assert_nonnull (strstr (error->message, file));
  shelf_remove (root);
}

/* Spools a letter and waits to be killed. */
static int
spool_and_wait (char **argv)
{
  g_autoptr (StoreFiles) files = open_files (argv[0]);
  g_autoptr (StoreSpool) spool = shelf_spool (files, "a letter");

  store_spool_sync (spool, NULL);
  puts (store_spool_get_name (spool));
  fflush (stdout);
  pause ();
  return 0;
}

static void
test_sweep (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreFiles) files = open_files (root);
  g_autoptr (StoreSpool) own = shelf_spool (files, "mine");
  g_autoptr (ShelfProcess) process = shelf_process_start (root, NULL);
  g_autofree char *name = shelf_process_read_line (process);
  g_autofree char *owner = g_path_get_dirname (name);

  store_spool_sync (own, NULL);
  g_assert_true (store_files_is_owner_alive (files, store_files_get_owner (files)));
  g_assert_true (store_files_is_owner_alive (files, owner));
  sweep (files, NULL);
  g_assert_cmpuint (shelf_count_spools (root), ==, 2);

  shelf_process_kill (process);
  g_assert_false (store_files_is_owner_alive (files, owner));
  sweep (files, name);
  check_bytes (files, "none", name, "a letter");
  sweep (files, NULL);
  g_assert_cmpuint (shelf_count_spools (root), ==, 1);
  check_bytes (files, "none", store_spool_get_name (own), "mine");
  g_assert_false (store_files_is_owner_alive (files, owner));
  shelf_remove (root);
}

/* What was listed before its owner's rows were read, and no one else, is swept. */
static void
test_sweep_listed (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreFiles) files = open_files (root);
  g_autoptr (ShelfProcess) process = shelf_process_start (root, NULL);
  g_autofree char *name = shelf_process_read_line (process);
  g_autoptr (GHashTable) dead = store_files_list_dead (files);
  g_autoptr (GHashTable) kept = g_hash_table_new (g_str_hash, g_str_equal);

  shelf_process_kill (process);
  store_files_sweep (files, dead, kept);
  check_bytes (files, "none", name, "a letter");
  shelf_remove (root);
}

static void
limit (rlim_t size)
{
  struct rlimit old;

  getrlimit (RLIMIT_FSIZE, &old);
  old.rlim_cur = size;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &old), ==, 0);
}

/* After a failed write there is no way to have the rest of the letter taken for the whole. */
static void
test_full (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreFiles) files = open_files (root);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = g_strnfill (200000, 'x');
  StoreSpool *spool = store_spool_new (files, NULL);

  limit (100000);
  g_assert_false (store_spool_write (spool, (const guint8 *) text, strlen (text), &error));
  limit (RLIM_INFINITY);
  g_assert_error (error, STORE_ERROR, STORE_ERROR_FULL);
  g_clear_error (&error);
  g_assert_false (store_spool_sync (spool, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_FULL);
  store_spool_free (spool);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  shelf_remove (root);
}

int
main (int argc, char **argv)
{
  signal (SIGXFSZ, SIG_IGN);
  shelf_init (&argc, &argv, spool_and_wait);
  g_test_add_func ("/store/files/place", test_place);
  g_test_add_func ("/store/files/nothing-left", test_nothing_left);
  g_test_add_func ("/store/files/no-folder", test_no_folder);
  g_test_add_func ("/store/files/sweep", test_sweep);
  g_test_add_func ("/store/files/sweep-listed", test_sweep_listed);
  g_test_add_func ("/store/files/full", test_full);
  return g_test_run ();
}
