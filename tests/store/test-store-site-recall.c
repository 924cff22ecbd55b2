/* SPDX-License-Identifier: MIT */
#include "shelf.h"

static StoreSite *
open_site (const char *root)
{
  g_autoptr (GError) error = NULL;
  StoreSite *site = store_site_open (root, &error);

  g_assert_no_error (error);
  return site;
}

static StoreSite *
make_site (const char *root)
{
  static const char *const names[] = { "ann", "bob", "carl" };
  StoreSite *site = open_site (root);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      store_site_add_user_async (site, names[i], "verifier", NULL, shelf_got, &result);
      g_assert_true (store_site_finish (site, shelf_wait (&result), NULL));
    }
  return site;
}

static void
deliver (StoreSite *site,
         const char *sender,
         const char *id,
         const char *text,
         const char *const *users)
{
  const StoreDelivery delivery = { .users = users, .sender = sender, .message_id = id };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  store_site_deliver_async (site, shelf_spool (store_site_get_files (site), text), &delivery, NULL,
                            shelf_got, &result);
  store_site_finish (site, shelf_wait (&result), &error);
  g_assert_no_error (error);
}

/* "bob:fetched carl:recalled", or NULL with an error. */
static char *
recall (StoreSite *site, const char *sender, const char *id, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  store_site_recall_async (site, sender, id, NULL, shelf_got, &result);
  g_autoptr (GPtrArray) recalls = store_site_recall_finish (site, shelf_wait (&result), error);
  if (recalls == NULL)
    return NULL;
  for (guint i = 0; i < recalls->len; i++)
    {
      const StoreRecall *one = g_ptr_array_index (recalls, i);
      g_string_append_printf (text, "%s%s:%s", i > 0 ? " " : "", one->user,
                              store_recall_outcome_get_name (one->outcome));
    }
  return g_strdup (text->str);
}

static void
check_recall (StoreSite *site, const char *sender, const char *id, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *outcome = recall (site, sender, id, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (outcome, ==, expected);
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
take (StoreMaildrop *maildrop, guint index, gboolean whole)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = store_maildrop_take (maildrop, index, &error);

  g_assert_no_error (error);
  if (whole)
    store_maildrop_set_retrieved (maildrop, index);
}

static void
check_recalled (StoreMaildrop *maildrop, guint index)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (store_maildrop_take (maildrop, index, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_RECALLED);
  g_clear_error (&error);
  g_assert_null (store_maildrop_read (maildrop, index, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_RECALLED);
}

static void
remove_letter (StoreMaildrop *maildrop, guint index)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GArray) indices = g_array_new (FALSE, FALSE, sizeof (guint));

  g_array_append_val (indices, index);
  store_maildrop_remove_async (maildrop, indices, NULL, shelf_got, &result);
  g_assert_true (store_maildrop_remove_finish (maildrop, shelf_wait (&result), NULL));
}

static guint
count (StoreSite *site, const char *user)
{
  g_autoptr (StoreMaildrop) maildrop = open_maildrop (site, user);

  return store_maildrop_get_count (maildrop);
}

/* ---- who and what ---- */

static void
test_recall (void)
{
  static const char *const both[] = { "bob", "carl", NULL };
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *drops = g_build_filename (root, "maildrops", NULL);
  g_autoptr (StoreSite) site = make_site (root);
  g_autoptr (GError) error = NULL;

  deliver (site, "ann", " <a@x>", "wrong", both);
  deliver (site, "ann", "<b@x>", "right", both);
  deliver (site, "carl", "<a@x>", "of another", both);
  deliver (site, NULL, "<a@x>", "of nobody", both);
  deliver (site, "ann", NULL, "without", both);
  check_recall (site, "ann", "<c@x>", "");
  check_recall (site, "bob", "<a@x>", "");
  g_assert_null (recall (site, "ann", " <> ", &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_cmpuint (count (site, "bob"), ==, 5);

  check_recall (site, "Ann", "a@x", "bob:recalled carl:recalled");
  g_assert_cmpuint (count (site, "bob"), ==, 4);
  g_assert_cmpuint (count (site, "carl"), ==, 4);
  g_assert_cmpuint (shelf_count_files (drops, ".eml"), ==, 8);
  g_autoptr (GPtrArray) users = store_site_dup_users (site, &error);
  g_assert_cmpuint (((StoreUser *) g_ptr_array_index (users, 1))->letters, ==, 4);
  /* Said twice it is answered twice, and another server's start changes nothing. */
  g_clear_pointer (&site, store_site_free);
  site = open_site (root);
  check_recall (site, "ann", "<a@x>", "bob:recalled carl:recalled");
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

static void
test_message_ids (void)
{
  static const char *const table[][2] = { { " <a@x>", "a@x" }, { "(why) < a@x > (so)", "a@x" },
                                          { "a@x", "a@x" },    { "a b", "a b" },
                                          { "<a@x", "<a@x" },  { "<>", NULL },
                                          { "", NULL },        { NULL, NULL } };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autofree char *id = store_site_normalise_message_id (table[i][0]);
      g_assert_cmpstr (id, ==, table[i][1]);
    }
}

/* ---- what was fetched ---- */

static void
test_fetched (void)
{
  static const char *const all[] = { "ann", "bob", "carl", NULL };
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = make_site (root);

  deliver (site, "ann", "<a@x>", "text", all);
  /* Ann fetches it, Bob fetches and removes it, Carl breaks off and removes it unread. */
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (StoreMaildrop) maildrop = open_maildrop (site, all[i]);
      g_autoptr (GBytes) top = store_maildrop_read (maildrop, 0, NULL);
      g_assert_nonnull (top);
      take (maildrop, 0, i < 2);
      if (i > 0)
        remove_letter (maildrop, 0);
    }
  check_recall (site, "ann", "<a@x>", "ann:fetched bob:fetched carl:not-found");
  g_clear_pointer (&site, store_site_free);
  site = open_site (root);
  check_recall (site, "ann", "<a@x>", "ann:fetched bob:fetched carl:not-found");
  g_assert_cmpuint (count (site, "ann"), ==, 1);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

/* Who has fetched one of two copies has read the letter. */
static void
test_twice (void)
{
  static const char *const both[] = { "bob", "carl", NULL };
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = make_site (root);

  deliver (site, "ann", "<a@x>", "text", both);
  deliver (site, "ann", "<a@x>", "text", both);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (StoreMaildrop) maildrop = open_maildrop (site, both[i]);
      take (maildrop, i, TRUE);
      if (i == 0)
        remove_letter (maildrop, 0);
    }
  check_recall (site, "ann", "<a@x>", "bob:fetched carl:fetched");
  g_assert_cmpuint (count (site, "bob"), ==, 0);
  g_assert_cmpuint (count (site, "carl"), ==, 1);
  check_recall (site, "ann", "<a@x>", "bob:fetched carl:fetched");
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

/* A letter that is being sent is too late to recall, one that was sent in part is not. */
static void
test_on_its_way (void)
{
  static const char *const bob[] = { "bob", NULL };
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = make_site (root);

  deliver (site, "ann", "<a@x>", "text", bob);
  deliver (site, "ann", "<b@x>", "text", bob);
  StoreMaildrop *maildrop = open_maildrop (site, "bob");
  take (maildrop, 0, FALSE);
  check_recall (site, "ann", "<a@x>", "bob:fetched");
  take (maildrop, 1, TRUE);
  check_recall (site, "ann", "<b@x>", "bob:fetched");
  store_maildrop_free (maildrop);
  check_recall (site, "ann", "<a@x>", "bob:recalled");
  check_recall (site, "ann", "<b@x>", "bob:fetched");
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

/* ---- an open maildrop ---- */

/* @site and @other: the same one, or two processes'. */
static void
recall_in_session (StoreSite *site, StoreSite *other)
{
  static const char *const bob[] = { "bob", NULL };

  deliver (site, "ann", "<a@x>", "one", bob);
  deliver (site, "ann", "<b@x>", "second", bob);
  deliver (site, "ann", "<c@x>", "the third", bob);
  StoreMaildrop *maildrop = open_maildrop (site, "bob");
  check_recall (other, "ann", "<b@x>", "bob:recalled");
  check_recall (other, "ann", "<c@x>", "bob:recalled");
  g_assert_cmpuint (store_maildrop_get_count (maildrop), ==, 3);
  g_assert_cmpuint (store_maildrop_get_size (maildrop, 1), ==, 6);
  g_assert_cmpint (store_maildrop_get_id (maildrop, 2), >, 0);
  take (maildrop, 0, TRUE);
  check_recalled (maildrop, 1);
  check_recalled (maildrop, 2);
  remove_letter (maildrop, 2);
  store_maildrop_free (maildrop);
  g_assert_cmpuint (count (site, "bob"), ==, 1);
  check_recall (other, "ann", "<a@x>", "bob:fetched");
  check_recall (other, "ann", "<c@x>", "bob:recalled");
}

static void
test_open_maildrop (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = make_site (root);

  recall_in_session (site, site);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

static void
test_another_process (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *drops = g_build_filename (root, "maildrops", NULL);
  g_autoptr (StoreSite) site = make_site (root);
  g_autoptr (StoreSite) other = open_site (root);

  recall_in_session (site, other);
  g_clear_pointer (&other, store_site_free);
  g_clear_pointer (&site, store_site_free);
  g_assert_cmpuint (shelf_count_files (drops, ".eml"), ==, 1);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  shelf_remove (root);
}

/* ---- users that go ---- */

static void
test_new_user_of_old_name (void)
{
  static const char *const bob[] = { "bob", NULL };
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = make_site (root);
  g_autoptr (GAsyncResult) removed = NULL;
  g_autoptr (GAsyncResult) added = NULL;

  deliver (site, "ann", "<a@x>", "text", bob);
  store_site_remove_user_async (site, "ann", NULL, shelf_got, &removed);
  g_assert_true (store_site_finish (site, shelf_wait (&removed), NULL));
  /* Of a sender who was removed after the password was right. */
  deliver (site, "ann", "<b@x>", "text", bob);
  store_site_add_user_async (site, "ann", "verifier", NULL, shelf_got, &added);
  g_assert_true (store_site_finish (site, shelf_wait (&added), NULL));
  check_recall (site, "ann", "<a@x>", "");
  check_recall (site, "ann", "<b@x>", "");
  g_assert_cmpuint (count (site, "bob"), ==, 2);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

int
main (int argc, char **argv)
{
  shelf_init (&argc, &argv, NULL);
  g_test_add_func ("/store/recall/recall", test_recall);
  g_test_add_func ("/store/recall/message-ids", test_message_ids);
  g_test_add_func ("/store/recall/fetched", test_fetched);
  g_test_add_func ("/store/recall/twice", test_twice);
  g_test_add_func ("/store/recall/on-its-way", test_on_its_way);
  g_test_add_func ("/store/recall/open-maildrop", test_open_maildrop);
  g_test_add_func ("/store/recall/another-process", test_another_process);
  g_test_add_func ("/store/recall/new-user-of-old-name", test_new_user_of_old_name);
  return g_test_run ();
}
