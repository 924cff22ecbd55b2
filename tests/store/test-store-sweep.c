/* SPDX-License-Identifier: MIT */
#include "store-fixture.h"

#include <store-files-private.h>

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static const char *program;

/* ---- the other process ---- */

static int
leave_spool (const char *folder)
{
  StoreFiles *files = store_files_new (folder, NULL);

  store_fixture_make_spool (files, "half a letter");
  g_print ("%s", store_files_get_owner (files));
  fflush (stdout);
  _exit (0);
}

static int
add_and_die (const char *folder)
{
  g_autofree char *text = store_fixture_make_letter ("one");
  const StoreAdd how = { .folder = STORE_FOLDER_INBOX };
  StoreCabinet *cabinet = store_cabinet_open (folder, NULL);

  store_fixture_allow_warnings ();
  g_print ("%d", (int) store_fixture_add (cabinet, text, &how, NULL));
  fflush (stdout);
  _exit (0);
}

static int
deliver_and_die (const char *folder)
{
  const char *users[] = { "anna", "bert", NULL };
  StoreSite *site = store_site_open (folder, NULL);

  store_fixture_allow_warnings ();
  g_print ("%d", store_fixture_deliver (site, "A: 1\r\n", users, NULL));
  fflush (stdout);
  _exit (0);
}

/* Runs @verb in another process that dies without a word; returns what it printed. */
static char *
run_other (const char *verb, const char *folder)
{
  const char *arguments[] = { program, verb, folder, NULL };
  g_autoptr (GError) error = NULL;
  char *output = NULL;
  int status = 0;

  g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, NULL,
                &status, &error);
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, &error));
  g_assert_no_error (error);
  return output;
}

/* ---- tests ---- */

static void
test_owners (void)
{
  g_autofree char *folder = store_fixture_make_folder ();
  g_autofree char *tmp = g_build_filename (folder, "tmp", NULL);
  g_autofree char *dead = run_other ("--spool", folder);
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreFiles) one = store_files_new (folder, &error);
  g_autoptr (StoreFiles) two = store_files_new (folder, &error);
  g_autoptr (StoreSpool) spool = store_fixture_make_spool (one, "alive");

  g_assert_no_error (error);
  g_assert_cmpstr (store_files_get_owner (one), !=, store_files_get_owner (two));
  g_assert_true (store_files_is_owner_alive (two, store_files_get_owner (one)));
  g_assert_true (store_files_is_owner_alive (one, store_files_get_owner (one)));
  g_assert_false (store_files_is_owner_alive (one, dead));
  g_assert_false (store_files_is_owner_alive (one, "1-00000000"));
  /* Two locks and the living one's spool stay; what the dead one left goes. */
  g_assert_cmpuint (store_fixture_count_files (tmp, NULL), ==, 5);
  g_autoptr (GHashTable) none = g_hash_table_new (g_str_hash, g_str_equal);
  store_files_sweep (two, none);
  g_assert_cmpuint (store_fixture_count_files (tmp, NULL), ==, 3);
  g_assert_true (store_spool_sync (spool, &error));
  g_assert_no_error (error);
  g_autoptr (GBytes) bytes = store_spool_map (spool, &error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "alive", 5);

  g_clear_pointer (&spool, store_spool_free);
  g_clear_pointer (&one, store_files_free);
  g_clear_pointer (&two, store_files_free);
  g_assert_cmpuint (store_fixture_count_files (tmp, NULL), ==, 0);
  store_fixture_remove_folder (folder);
}

static void
test_places (void)
{
  g_autofree char *folder = store_fixture_make_folder ();
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreFiles) files = store_files_new (folder, &error);
  g_autoptr (StoreSpool) spool = store_fixture_make_spool (files, "octets");
  const char *name = store_spool_get_name (spool);

  g_assert_true (store_spool_sync (spool, &error));
  g_assert_cmpuint (store_spool_get_size (spool), ==, 6);
  store_spool_keep (spool);
  g_autoptr (GBytes) early = store_files_read (files, "a/b/one.eml", name, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (early), ==, 6);
  g_assert_true (store_files_place (files, name, "a/b/one.eml", FALSE, &error));
  g_assert_true (store_files_place (files, name, "a/b/one.eml", FALSE, &error));
  g_assert_true (store_files_place (files, name, "a/two.eml", TRUE, &error));
  g_assert_true (store_files_place (files, name, "a/two.eml", TRUE, &error));
  g_assert_no_error (error);
  g_assert_true (store_files_exists (files, "a/b/one.eml"));
  g_assert_true (store_files_rename (files, "a/b/one.eml", "c/one.eml", &error));
  g_assert_false (store_files_exists (files, "a/b/one.eml"));
  g_assert_false (store_files_rename (files, "a/b/one.eml", "c/one.eml", &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  store_files_remove (files, "c/one.eml");
  store_files_remove (files, "c/one.eml");
  g_assert_null (store_files_read (files, "c/one.eml", name, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  g_clear_pointer (&spool, store_spool_free);
  g_clear_pointer (&files, store_files_free);
  store_fixture_remove_folder (folder);
}

/* A file stands where a folder should be. */
static void
block (const char *folder, const char *place)
{
  g_autofree char *path = g_build_filename (folder, place, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
}

static void
unblock (const char *folder, const char *place)
{
  g_autofree char *path = g_build_filename (folder, place, NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* A letter that cannot be given its place stays where it is, over any number of starts. */
static void
test_cabinet (void)
{
  g_autofree char *folder = store_fixture_make_folder ();
  g_autofree char *tmp = g_build_filename (folder, "tmp", NULL);
  g_autofree char *expected = store_fixture_make_letter ("one");

  block (folder, "mail/Inbox");
  g_autofree char *id = run_other ("--add", folder);
  g_assert_cmpstr (id, ==, "1");
  store_fixture_allow_warnings ();
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (GError) error = NULL;
      if (i == 2)
        unblock (folder, "mail/Inbox");
      g_autoptr (StoreCabinet) cabinet = store_cabinet_open (folder, &error);
      g_assert_no_error (error);
      g_autofree char *text = store_fixture_read (cabinet, 1, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, expected);
      store_cabinet_close (cabinet);
    }
  g_assert_cmpuint (store_fixture_count_files (tmp, NULL), ==, 0);
  g_autofree char *inbox = g_build_filename (folder, "mail", "Inbox", NULL);
  g_assert_cmpuint (store_fixture_count_files (inbox, ".eml"), ==, 1);
  store_fixture_remove_folder (folder);
}

static void
test_site (void)
{
  g_autofree char *folder = store_fixture_make_folder ();
  g_autofree char *tmp = g_build_filename (folder, "tmp", NULL);
  g_autoptr (StoreSite) first = store_site_open (folder, NULL);

  g_assert_true (store_fixture_add_user (first, "anna", NULL));
  g_assert_true (store_fixture_add_user (first, "bert", NULL));
  g_clear_pointer (&first, store_site_free);
  block (folder, "maildrops/anna");
  g_autofree char *done = run_other ("--deliver", folder);
  g_assert_cmpstr (done, ==, "1");
  store_fixture_allow_warnings ();
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (GError) error = NULL;
      if (i == 2)
        unblock (folder, "maildrops/anna");
      g_autoptr (StoreSite) site = store_site_open (folder, &error);
      g_assert_no_error (error);
      for (guint user = 0; user < 2; user++)
        {
          g_autoptr (StoreMaildrop) maildrop
              = store_maildrop_open (site, user == 0 ? "anna" : "bert", &error);
          g_assert_no_error (error);
          g_assert_cmpuint (store_maildrop_get_count (maildrop), ==, 1);
          g_autoptr (GBytes) bytes = store_maildrop_read (maildrop, 0, &error);
          g_assert_no_error (error);
          g_assert_cmpuint (g_bytes_get_size (bytes), ==, 6);
        }
    }
  g_assert_cmpuint (store_fixture_count_files (tmp, NULL), ==, 0);
  store_fixture_remove_folder (folder);
}

int
main (int argc, char *argv[])
{
  if (argc == 3 && strcmp (argv[1], "--spool") == 0)
    return leave_spool (argv[2]);
  if (argc == 3 && strcmp (argv[1], "--add") == 0)
    return add_and_die (argv[2]);
  if (argc == 3 && strcmp (argv[1], "--deliver") == 0)
    return deliver_and_die (argv[2]);
  program = argv[0];
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/sweep/owners", test_owners);
  g_test_add_func ("/store/sweep/places", test_places);
  g_test_add_func ("/store/sweep/cabinet", test_cabinet);
  g_test_add_func ("/store/sweep/site", test_site);
  return g_test_run ();
}
