/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <glib/gstdio.h>

static StoreSite *
open_site (const char *root)
{
  g_autoptr (GError) error = NULL;
  StoreSite *site = store_site_open (root, &error);

  g_assert_no_error (error);
  return site;
}

static gboolean
add_user (StoreSite *site, const char *name, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  store_site_add_user_async (site, name, "verifier", NULL, shelf_got, &result);
  return store_site_finish (site, shelf_wait (&result), error);
}

static gboolean
remove_user (StoreSite *site, const char *name, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  store_site_remove_user_async (site, name, NULL, shelf_got, &result);
  return store_site_finish (site, shelf_wait (&result), error);
}

static gboolean
deliver (StoreSite *site, const char *text, const char *const *users, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  const StoreDelivery delivery = { .users = users };

  store_site_deliver_async (site, shelf_spool (store_site_get_files (site), text), &delivery, NULL,
                            shelf_got, &result);
  return store_site_finish (site, shelf_wait (&result), error);
}

static StoreMaildrop *
open_maildrop (StoreSite *site, const char *user)
{
  g_autoptr (GError) error = NULL;
  StoreMaildrop *maildrop = store_maildrop_open (site, user, &error);

  g_assert_no_error (error);
  return maildrop;
}

static void
check_letter (StoreMaildrop *maildrop, guint index, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = store_maildrop_read (maildrop, index, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, strlen (text));
  g_assert_cmpuint (store_maildrop_get_size (maildrop, index), ==, strlen (text));
}

static void
remove_letters (StoreMaildrop *maildrop, guint first, guint count)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GArray) indices = g_array_new (FALSE, FALSE, sizeof (guint));

  for (guint i = first; i < first + count; i++)
    g_array_append_val (indices, i);
  store_maildrop_remove_async (maildrop, indices, NULL, shelf_got, &result);
  g_assert_true (store_maildrop_remove_finish (maildrop, shelf_wait (&result), NULL));
}

static guint
count_maildrop (StoreSite *site, const char *user)
{
  g_autoptr (StoreMaildrop) maildrop = open_maildrop (site, user);

  return store_maildrop_get_count (maildrop);
}

/* ---- users ---- */

static void
test_users (void)
{
  g_autofree char *root = shelf_make_folder ();
  StoreSite *site = open_site (root);
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) changed = NULL;

  g_assert_true (add_user (site, "Ben", &error));
  g_assert_true (add_user (site, "anna", &error));
  g_assert_false (add_user (site, "ben", &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_true (deliver (site, "12345", (const char *[]){ "ben", NULL }, &error));
  g_assert_true (deliver (site, "123", (const char *[]){ "ben", NULL }, &error));
  store_site_set_verifier_async (site, "anna", "other", NULL, shelf_got, &changed);
  g_assert_true (store_site_finish (site, shelf_wait (&changed), &error));
  store_site_free (site);

  site = open_site (root);
  g_autoptr (GPtrArray) users = store_site_dup_users (site, &error);
  g_autofree char *verifier = store_site_dup_verifier (site, "ANNA");
  const StoreUser *ben = g_ptr_array_index (users, 1);
  g_assert_cmpuint (users->len, ==, 2);
  g_assert_cmpstr (((StoreUser *) g_ptr_array_index (users, 0))->name, ==, "anna");
  g_assert_cmpstr (ben->name, ==, "ben");
  g_assert_cmpuint (ben->letters, ==, 2);
  g_assert_cmpuint (ben->octets, ==, 8);
  g_assert_cmpstr (verifier, ==, "other");
  g_assert_true (store_site_has_user (site, "ben"));
  g_assert_false (store_site_has_user (site, "carl"));
  store_site_free (site);
  shelf_remove (root);
}

static void
test_user_names (void)
{
  static const char *const bad[] = { "", ".a", "../a", "a/b", "a b", "ä", "-a", "a\n" };
  g_autofree char *sixty_four = g_strnfill (64, 'a');
  g_autofree char *sixty_five = g_strnfill (65, 'a');
  g_autofree char *good = store_site_normalise_user ("A.b_c-9", NULL);
  g_autofree char *longest = store_site_normalise_user (sixty_four, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (good, ==, "a.b_c-9");
  g_assert_cmpstr (longest, ==, sixty_four);
  g_assert_null (store_site_normalise_user (sixty_five, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_null (store_site_normalise_user (bad[i], &error));
      g_assert_error (error, STORE_ERROR, STORE_ERROR_INVALID);
      g_clear_error (&error);
    }
}

static void
test_remove_user (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *drops = g_build_filename (root, "maildrops", NULL);
  g_autoptr (StoreSite) site = open_site (root);
  g_autoptr (GError) error = NULL;

  add_user (site, "anna", NULL);
  g_assert_true (deliver (site, "a", (const char *[]){ "anna", NULL }, &error));
  StoreMaildrop *maildrop = open_maildrop (site, "anna");
  g_assert_false (remove_user (site, "anna", &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_BUSY);
  g_clear_error (&error);
  check_letter (maildrop, 0, "a");
  store_maildrop_free (maildrop);
  g_assert_true (remove_user (site, "anna", &error));
  g_assert_cmpuint (shelf_count_files (drops, ".eml"), ==, 0);
  g_assert_false (remove_user (site, "anna", &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  /* One of the same name begins with nothing. */
  add_user (site, "anna", NULL);
  g_assert_cmpuint (count_maildrop (site, "anna"), ==, 0);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

/* ---- delivery ---- */

static ino_t
only_file (const char *root, const char *user, guint *links)
{
  g_autofree char *path = g_build_filename (root, "maildrops", user, NULL);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  g_autofree char *file = g_build_filename (path, g_dir_read_name (folder), NULL);
  GStatBuf status;

  g_assert_null (g_dir_read_name (folder));
  g_assert_cmpint (g_stat (file, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0600);
  *links = (guint) status.st_nlink;
  return status.st_ino;
}

static void
test_deliver (void)
{
  g_autofree char *root = shelf_make_folder ();
  StoreSite *site = open_site (root);
  g_autoptr (GError) error = NULL;
  guint links;

  add_user (site, "anna", NULL);
  add_user (site, "ben", NULL);
  g_assert_true (deliver (site, "to both", (const char *[]){ "anna", "ben", NULL }, &error));
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (StoreMaildrop) maildrop = open_maildrop (site, i == 0 ? "anna" : "ben");
      g_assert_cmpuint (store_maildrop_get_count (maildrop), ==, 1);
      check_letter (maildrop, 0, "to both");
    }
  store_site_free (site);
  /* One file, and no third name for it under tmp/. */
  g_assert_cmpuint (only_file (root, "anna", &links), ==, only_file (root, "ben", &links));
  g_assert_cmpuint (links, ==, 2);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  shelf_remove (root);
}

static void
test_all_or_nothing (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *drops = g_build_filename (root, "maildrops", NULL);
  g_autoptr (StoreSite) site = open_site (root);
  g_autoptr (GError) error = NULL;

  add_user (site, "anna", NULL);
  g_assert_false (deliver (site, "a", (const char *[]){ "anna", "nobody", NULL }, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "nobody"));
  g_assert_cmpuint (count_maildrop (site, "anna"), ==, 0);
  g_assert_cmpuint (shelf_count_files (drops, ""), ==, 0);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

static void
test_free (void)
{
  g_autofree char *root = shelf_make_folder ();
  StoreSite *site = open_site (root);
  GAsyncResult *results[20] = { NULL };

  add_user (site, "anna", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    store_site_deliver_async (site, shelf_spool (store_site_get_files (site), "a"),
                              &(StoreDelivery){ .users = (const char *[]){ "anna", NULL } }, NULL,
                              shelf_got, &results[i]);
  store_site_free (site);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_assert_true (g_task_propagate_boolean (G_TASK (shelf_wait (&results[i])), NULL));
      g_object_unref (results[i]);
    }
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  site = open_site (root);
  g_assert_cmpuint (count_maildrop (site, "anna"), ==, G_N_ELEMENTS (results));
  store_site_free (site);
  g_assert_cmpuint (shelf_count_files (root, "-wal"), ==, 0);
  shelf_remove (root);
}

/* What is told of a letter, and what it takes of the quota, is what POP3 will send. */
static void
test_size (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = open_site (root);
  const char *const users[] = { "anna", NULL };
  const guint64 sizes[] = { 12, 8 };
  g_autoptr (GAsyncResult) changed = NULL;

  add_user (site, "anna", NULL);
  store_site_set_quota_async (site, "anna", 19, 0, NULL, shelf_got, &changed);
  g_assert_true (store_site_finish (site, shelf_wait (&changed), NULL));
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      const StoreDelivery delivery = { .users = users, .size = sizes[i] };
      store_site_deliver_async (site, shelf_spool (store_site_get_files (site), "a\nb\n"),
                                &delivery, NULL, shelf_got, &result);
      g_assert_cmpint (store_site_finish (site, shelf_wait (&result), &error), ==, i == 0);
      if (i > 0)
        g_assert_error (error, STORE_ERROR, STORE_ERROR_QUOTA);
    }
  g_autoptr (StoreMaildrop) maildrop = open_maildrop (site, "anna");
  g_assert_cmpuint (store_maildrop_get_count (maildrop), ==, 1);
  g_assert_cmpuint (store_maildrop_get_size (maildrop, 0), ==, 12);
  g_clear_pointer (&maildrop, store_maildrop_free);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

/* Letters that share a sync and a commit, among them some that are refused. */
static void
test_group (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *drops = g_build_filename (root, "maildrops", NULL);
  StoreSite *site = open_site (root);
  static const char *const orders[][3] = { { "anna" }, { "anna", "ben" }, { "ben", "nobody" } };
  GAsyncResult *results[300] = { NULL };
  const guint each = G_N_ELEMENTS (results) / G_N_ELEMENTS (orders);

  add_user (site, "anna", NULL);
  add_user (site, "ben", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      const StoreDelivery delivery = { .users = orders[i % G_N_ELEMENTS (orders)] };
      store_site_deliver_async (site, shelf_spool (store_site_get_files (site), "a"), &delivery,
                                NULL, shelf_got, &results[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      gboolean stored = store_site_finish (site, shelf_wait (&results[i]), NULL);
      g_assert_cmpint (stored, ==, i % G_N_ELEMENTS (orders) < 2);
      g_object_unref (results[i]);
    }
  g_assert_cmpuint (count_maildrop (site, "anna"), ==, 2 * each);
  g_assert_cmpuint (count_maildrop (site, "ben"), ==, each);
  store_site_free (site);
  g_assert_cmpuint (shelf_count_files (drops, ".eml"), ==, 3 * each);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  shelf_remove (root);
}

/* One place of two cannot be given: the letter is there for both all the same, until it can. */
static void
test_no_place (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *drops = g_build_filename (root, "maildrops", NULL);
  g_autofree char *ben = g_build_filename (drops, "ben", NULL);
  GLogLevelFlags fatal = g_log_set_always_fatal (G_LOG_FATAL_MASK);
  StoreSite *site = open_site (root);

  add_user (site, "anna", NULL);
  add_user (site, "ben", NULL);
  g_assert_cmpint (g_mkdir (drops, 0700), ==, 0);
  g_assert_true (g_file_set_contents (ben, "in the way", -1, NULL));
  g_assert_true (deliver (site, "to both", (const char *[]){ "anna", "ben", NULL }, NULL));
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (StoreMaildrop) first = open_maildrop (site, "anna");
      g_autoptr (StoreMaildrop) second = open_maildrop (site, "ben");
      check_letter (first, 0, "to both");
      check_letter (second, 0, "to both");
      g_clear_pointer (&first, store_maildrop_free);
      g_clear_pointer (&second, store_maildrop_free);
      store_site_free (site);
      site = open_site (root);
    }
  store_site_free (site);
  g_log_set_always_fatal (fatal);

  g_assert_cmpint (g_unlink (ben), ==, 0);
  site = open_site (root);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  g_autoptr (StoreMaildrop) maildrop = open_maildrop (site, "ben");
  check_letter (maildrop, 0, "to both");
  g_clear_pointer (&maildrop, store_maildrop_free);
  store_site_free (site);
  shelf_remove (root);
}

static void
test_no_folder (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *drops = g_build_filename (root, "maildrops", NULL);
  g_autoptr (StoreSite) site = open_site (root);
  const char *const users[] = { "anna", NULL };

  add_user (site, "anna", NULL);
  g_assert_true (deliver (site, "a", users, NULL));
  shelf_remove (drops);
  g_assert_true (deliver (site, "b", users, NULL));
  g_assert_true (deliver (site, "c", users, NULL));
  g_autoptr (StoreMaildrop) maildrop = open_maildrop (site, "anna");
  check_letter (maildrop, 1, "b");
  check_letter (maildrop, 2, "c");
  g_clear_pointer (&maildrop, store_maildrop_free);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

/* ---- maildrops ---- */

static void
test_maildrop (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *drops = g_build_filename (root, "maildrops", NULL);
  g_autoptr (StoreSite) site = open_site (root);
  g_autoptr (GError) error = NULL;
  const char *const users[] = { "anna", NULL };

  add_user (site, "anna", NULL);
  deliver (site, "one", users, NULL);
  deliver (site, "two", users, NULL);
  StoreMaildrop *maildrop = open_maildrop (site, "anna");
  g_assert_null (store_maildrop_open (site, "ANNA", &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_BUSY);

  /* What comes while it is held is for the next session. */
  g_assert_true (deliver (site, "three", users, NULL));
  g_assert_cmpuint (store_maildrop_get_count (maildrop), ==, 2);
  check_letter (maildrop, 0, "one");
  check_letter (maildrop, 1, "two");
  g_autofree char *second = store_maildrop_dup_uid (maildrop, 1);
  g_assert_cmpuint (shelf_count_spools (root), >, 0);
  remove_letters (maildrop, 0, 1);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  check_letter (maildrop, 1, "two");
  store_maildrop_free (maildrop);

  maildrop = open_maildrop (site, "anna");
  g_assert_cmpuint (store_maildrop_get_count (maildrop), ==, 2);
  g_autofree char *now = store_maildrop_dup_uid (maildrop, 0);
  g_assert_cmpstr (now, ==, second);
  check_letter (maildrop, 0, "two");
  check_letter (maildrop, 1, "three");
  store_maildrop_free (maildrop);
  g_assert_cmpuint (shelf_count_files (drops, ".eml"), ==, 2);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

/* RFC 1939 section 7: not even after all letters have gone and the server began anew. */
static void
test_uids (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *other_root = shelf_make_folder ();
  const char *const users[] = { "anna", NULL };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (StoreSite) site = open_site (i < 3 ? root : other_root);
      if (i == 0 || i == 3)
        add_user (site, "anna", NULL);
      g_assert_true (deliver (site, "a", users, NULL));
      g_assert_true (deliver (site, "b", users, NULL));
      g_autoptr (StoreMaildrop) maildrop = open_maildrop (site, "anna");
      g_assert_cmpuint (store_maildrop_get_count (maildrop), ==, 2);
      for (guint j = 0; j < 2; j++)
        g_assert_true (g_hash_table_add (seen, store_maildrop_dup_uid (maildrop, j)));
      remove_letters (maildrop, 0, 2);
      g_clear_pointer (&maildrop, store_maildrop_free);
    }
  shelf_remove (root);
  shelf_remove (other_root);
}

static int
lock_once (char **argv)
{
  g_autoptr (StoreSite) site = open_site (argv[0]);

  return store_site_lock (site, NULL) ? 0 : 1;
}

static gboolean
can_child_lock (const char *root)
{
  g_autoptr (ShelfProcess) process = shelf_process_start (root, NULL);

  return shelf_process_wait (process);
}

static void
test_lock (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) first = open_site (root);
  g_autoptr (StoreSite) second = open_site (root);
  g_autoptr (GError) error = NULL;

  g_assert_true (store_site_lock (first, &error));
  g_assert_false (store_site_lock (second, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_BUSY);
  g_assert_false (can_child_lock (root));
  store_site_unlock (first);
  g_assert_true (can_child_lock (root));
  g_assert_true (store_site_lock (second, NULL));
  g_clear_pointer (&second, store_site_free);
  g_assert_true (store_site_lock (first, NULL));
  g_clear_pointer (&first, store_site_free);
  shelf_remove (root);
}

int
main (int argc, char **argv)
{
  shelf_init (&argc, &argv, lock_once);
  g_test_add_func ("/store/site/users", test_users);
  g_test_add_func ("/store/site/user-names", test_user_names);
  g_test_add_func ("/store/site/remove-user", test_remove_user);
  g_test_add_func ("/store/site/deliver", test_deliver);
  g_test_add_func ("/store/site/all-or-nothing", test_all_or_nothing);
  g_test_add_func ("/store/site/size", test_size);
  g_test_add_func ("/store/site/group", test_group);
  g_test_add_func ("/store/site/free", test_free);
  g_test_add_func ("/store/site/no-place", test_no_place);
  g_test_add_func ("/store/site/no-folder", test_no_folder);
  g_test_add_func ("/store/site/maildrop", test_maildrop);
  g_test_add_func ("/store/site/uids", test_uids);
  g_test_add_func ("/store/site/lock", test_lock);
  return g_test_run ();
}
