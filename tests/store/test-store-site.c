/* SPDX-License-Identifier: MIT */
#include "store-fixture.h"

#include <string.h>

typedef struct
{
  char *folder;
  StoreSite *site;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = store_fixture_make_folder ();
  fixture->site = store_site_open (fixture->folder, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *tmp = g_build_filename (fixture->folder, "tmp", NULL);

  store_site_free (fixture->site);
  g_assert_cmpuint (store_fixture_count_files (tmp, NULL), ==, 0);
  store_fixture_remove_folder (fixture->folder);
  g_free (fixture->folder);
}

static void
add_users (Fixture *fixture)
{
  g_assert_true (store_fixture_add_user (fixture->site, "anna", NULL));
  g_assert_true (store_fixture_add_user (fixture->site, "bert", NULL));
}

static void
deliver (Fixture *fixture, const char *text, const char *one, const char *two)
{
  const char *users[] = { one, two, NULL };
  g_autoptr (GError) error = NULL;

  store_fixture_deliver (fixture->site, text, users, &error);
  g_assert_no_error (error);
}

static StoreMaildrop *
open_maildrop (Fixture *fixture, const char *user)
{
  g_autoptr (GError) error = NULL;
  StoreMaildrop *maildrop = store_maildrop_open (fixture->site, user, &error);

  g_assert_no_error (error);
  return maildrop;
}

static void
check_letter (StoreMaildrop *maildrop, guint index, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = store_maildrop_read (maildrop, index, &error);
  gsize length = 0;

  g_assert_no_error (error);
  const char *data = g_bytes_get_data (bytes, &length);
  g_assert_cmpmem (data, length, text, strlen (text));
  g_assert_cmpuint (store_maildrop_get_size (maildrop, index), ==, strlen (text));
}

static void
remove_letter (StoreMaildrop *maildrop, guint index)
{
  g_autoptr (StoreWait) wait = store_wait_new ();
  g_autoptr (GArray) indices = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autoptr (GError) error = NULL;

  g_array_append_val (indices, index);
  store_maildrop_remove_async (maildrop, indices, NULL, store_wait_ready, wait);
  g_assert_true (store_maildrop_remove_finish (maildrop, store_wait_get (wait), &error));
  g_assert_no_error (error);
}

static gboolean
remove_user (StoreSite *site, const char *name, GError **error)
{
  g_autoptr (StoreWait) wait = store_wait_new ();

  store_site_remove_user_async (site, name, NULL, store_wait_ready, wait);
  return store_site_finish (site, store_wait_get (wait), error);
}

static void
test_names (Fixture *fixture, gconstpointer data)
{
  static const char *const good[] = { "a", "Anna", "a.b_c-d", "1x" };
  static const char *const bad[]
      = { "", ".a", "-a", "a b", "a/b", "..", "a@b", "张伟", "a\n", "a%" };
  g_autofree char *longest = g_strnfill (64, 'a');
  g_autofree char *longer = g_strnfill (65, 'a');

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *name = store_site_normalise_user (good[i], NULL);
      g_autofree char *lower = g_ascii_strdown (good[i], -1);
      g_assert_cmpstr (name, ==, lower);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_null (store_site_normalise_user (bad[i], &error));
      g_assert_error (error, STORE_ERROR, STORE_ERROR_INVALID);
    }
  g_autofree char *same = store_site_normalise_user (longest, NULL);
  g_assert_cmpstr (same, ==, longest);
  g_assert_null (store_site_normalise_user (longer, NULL));
}

static void
test_users (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreWait) wait = store_wait_new ();

  add_users (fixture);
  g_assert_false (store_fixture_add_user (fixture->site, "ANNA", &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_false (store_fixture_add_user (fixture->site, "../x", &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_true (store_site_has_user (fixture->site, "Anna"));
  g_assert_false (store_site_has_user (fixture->site, "carl"));
  g_assert_null (store_site_dup_verifier (fixture->site, "carl"));

  store_site_set_verifier_async (fixture->site, "anna", "other", NULL, store_wait_ready, wait);
  g_assert_true (store_site_finish (fixture->site, store_wait_get (wait), &error));
  g_autofree char *verifier = store_site_dup_verifier (fixture->site, "anna");
  g_assert_cmpstr (verifier, ==, "other");

  deliver (fixture, "A: 1\r\n\r\nx\r\n", "anna", NULL);
  g_autoptr (GPtrArray) users = store_site_dup_users (fixture->site, &error);
  g_assert_cmpuint (users->len, ==, 2);
  const StoreUser *anna = g_ptr_array_index (users, 0);
  g_assert_cmpstr (anna->name, ==, "anna");
  g_assert_cmpuint (anna->letters, ==, 1);
  g_assert_cmpuint (anna->octets, ==, 11);

  g_assert_false (remove_user (fixture->site, "carl", &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_true (remove_user (fixture->site, "anna", &error));
  g_assert_false (store_site_has_user (fixture->site, "anna"));
  g_autofree char *drops = g_build_filename (fixture->folder, "maildrops", NULL);
  g_assert_cmpuint (store_fixture_count_files (drops, ".eml"), ==, 0);
}

static void
test_deliver (Fixture *fixture, gconstpointer data)
{
  g_autofree char *drops = g_build_filename (fixture->folder, "maildrops", NULL);
  g_autofree char *tmp = g_build_filename (fixture->folder, "tmp", NULL);

  add_users (fixture);
  deliver (fixture, "A: 1\r\n\r\n.one\r\n", "anna", "bert");
  deliver (fixture, "A: 2\r\n\r\ntwo\r\n", "bert", NULL);
  g_autoptr (StoreMaildrop) anna = open_maildrop (fixture, "Anna");
  g_autoptr (StoreMaildrop) bert = open_maildrop (fixture, "bert");
  g_assert_cmpuint (store_maildrop_get_count (anna), ==, 1);
  g_assert_cmpuint (store_maildrop_get_count (bert), ==, 2);
  check_letter (anna, 0, "A: 1\r\n\r\n.one\r\n");
  check_letter (bert, 0, "A: 1\r\n\r\n.one\r\n");
  check_letter (bert, 1, "A: 2\r\n\r\ntwo\r\n");
  g_assert_cmpuint (store_fixture_count_files (drops, ".eml"), ==, 3);
  /* One has it no more, the other has it still. */
  remove_letter (anna, 0);
  check_letter (bert, 0, "A: 1\r\n\r\n.one\r\n");
  g_assert_cmpuint (store_fixture_count_files (drops, ".eml"), ==, 2);
  /* Only the lock of this process is left under tmp/. */
  g_assert_cmpuint (store_fixture_count_files (tmp, NULL), ==, 1);
}

static void
test_all_or_nothing (Fixture *fixture, gconstpointer data)
{
  const char *users[] = { "anna", "nobody", "bert", NULL };
  g_autofree char *drops = g_build_filename (fixture->folder, "maildrops", NULL);
  g_autoptr (GError) error = NULL;

  add_users (fixture);
  g_assert_false (store_fixture_deliver (fixture->site, "A: 1\r\n", users, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "nobody"));
  g_autoptr (StoreMaildrop) anna = open_maildrop (fixture, "anna");
  g_autoptr (StoreMaildrop) bert = open_maildrop (fixture, "bert");
  g_assert_cmpuint (store_maildrop_get_count (anna), ==, 0);
  g_assert_cmpuint (store_maildrop_get_count (bert), ==, 0);
  g_assert_cmpuint (store_fixture_count_files (drops, NULL), ==, 0);
}

static void
test_maildrop (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  add_users (fixture);
  deliver (fixture, "A: 1\r\n", "anna", NULL);
  g_autoptr (StoreMaildrop) anna = open_maildrop (fixture, "anna");
  g_autoptr (StoreMaildrop) bert = open_maildrop (fixture, "bert");
  g_assert_null (store_maildrop_open (fixture->site, "ANNA", &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_BUSY);
  g_clear_error (&error);
  g_assert_false (remove_user (fixture->site, "anna", &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_BUSY);
  g_clear_error (&error);
  /* What comes while it is held is not in it. */
  deliver (fixture, "A: 2\r\n", "anna", NULL);
  g_assert_cmpuint (store_maildrop_get_count (anna), ==, 1);
  g_clear_pointer (&anna, store_maildrop_free);
  anna = open_maildrop (fixture, "anna");
  g_assert_cmpuint (store_maildrop_get_count (anna), ==, 2);
  check_letter (anna, 1, "A: 2\r\n");
}

static void
check_uid (const char *uid)
{
  g_assert_cmpuint (strlen (uid), >=, 1);
  g_assert_cmpuint (strlen (uid), <=, 70);
  for (const char *at = uid; *at != '\0'; at++)
    g_assert_true (*at >= 0x21 && *at <= 0x7e);
}

static void
test_uids (Fixture *fixture, gconstpointer data)
{
  add_users (fixture);
  deliver (fixture, "A: 1\r\n", "anna", "bert");
  deliver (fixture, "A: 1\r\n", "anna", NULL);
  g_autoptr (StoreMaildrop) anna = open_maildrop (fixture, "anna");
  g_autofree char *first = g_strdup (store_maildrop_get_uid (anna, 0));
  g_autofree char *last = g_strdup (store_maildrop_get_uid (anna, 1));
  check_uid (first);
  check_uid (last);
  g_assert_cmpstr (first, !=, last);
  remove_letter (anna, 1);
  g_clear_pointer (&anna, store_maildrop_free);

  /* The last one's number is not used again, over a restart too; the first one's stays. */
  store_site_free (fixture->site);
  fixture->site = store_site_open (fixture->folder, NULL);
  deliver (fixture, "A: 1\r\n", "anna", NULL);
  anna = open_maildrop (fixture, "anna");
  g_assert_cmpuint (store_maildrop_get_count (anna), ==, 2);
  g_assert_cmpstr (store_maildrop_get_uid (anna, 0), ==, first);
  g_assert_cmpstr (store_maildrop_get_uid (anna, 1), !=, last);
  g_assert_cmpstr (store_maildrop_get_uid (anna, 1), !=, first);
}

static void
test_lock (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreSite) other = store_site_open (fixture->folder, &error);

  g_assert_no_error (error);
  g_assert_true (store_site_lock (fixture->site, &error));
  g_assert_false (store_site_lock (other, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_BUSY);
  g_clear_error (&error);
  store_site_unlock (fixture->site);
  g_assert_true (store_site_lock (other, &error));
  g_assert_no_error (error);
}

/* Deliveries that are under way are finished by the close. */
static void
test_close_at_work (Fixture *fixture, gconstpointer data)
{
  const char *users[] = { "anna", NULL };
  StoreWait *waits[20];

  add_users (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      StoreSpool *spool
          = store_fixture_make_spool (store_site_get_files (fixture->site), "A: 1\r\n");
      waits[i] = store_wait_new ();
      store_site_deliver_async (fixture->site, spool, users, NULL, store_wait_ready, waits[i]);
    }
  store_site_free (fixture->site);
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_true (store_site_finish (NULL, store_wait_get (waits[i]), &error));
      g_assert_no_error (error);
      store_wait_free (waits[i]);
    }
  fixture->site = store_site_open (fixture->folder, NULL);
  g_autoptr (StoreMaildrop) anna = open_maildrop (fixture, "anna");
  g_assert_cmpuint (store_maildrop_get_count (anna), ==, G_N_ELEMENTS (waits));
}

int
main (int argc, char *argv[])
{
  static const struct
  {
    const char *name;
    void (*run) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "/store/site/names", test_names },
    { "/store/site/users", test_users },
    { "/store/site/deliver", test_deliver },
    { "/store/site/all-or-nothing", test_all_or_nothing },
    { "/store/site/maildrop", test_maildrop },
    { "/store/site/uids", test_uids },
    { "/store/site/lock", test_lock },
    { "/store/site/close-at-work", test_close_at_work },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);
  return g_test_run ();
}
