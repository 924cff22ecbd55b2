/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <base-clock.h>

#include <string.h>

#define DAY G_TIME_SPAN_DAY

static StoreSite *
make_site (const char *root)
{
  static const char *const names[] = { "ann", "bob" };
  g_autoptr (GError) error = NULL;
  StoreSite *site = store_site_open (root, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      store_site_add_user_async (site, names[i], "verifier", NULL, shelf_got, &result);
      g_assert_true (store_site_finish (site, shelf_wait (&result), NULL));
    }
  return site;
}

static void
deliver (StoreSite *site, const char *user, const char *text)
{
  const StoreDelivery delivery
      = { .users = (const char *const[]){ user, NULL }, .sender = "ann", .message_id = text };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  store_site_deliver_async (site, shelf_spool (store_site_get_files (site), text), &delivery, NULL,
                            shelf_got, &result);
  store_site_finish (site, shelf_wait (&result), &error);
  g_assert_no_error (error);
}

static guint
expire (StoreSite *site, guint days, guint letters)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  guint removed = 0;

  store_site_expire_async (site, days, letters, NULL, shelf_got, &result);
  store_site_expire_finish (site, shelf_wait (&result), &removed, &error);
  g_assert_no_error (error);
  return removed;
}

/* "two three": what is in the maildrop. */
static char *
contents (StoreSite *site, const char *user)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreMaildrop) maildrop = store_maildrop_open (site, user, &error);
  GString *text = g_string_new (NULL);

  g_assert_no_error (error);
  for (guint i = 0; i < store_maildrop_get_count (maildrop); i++)
    {
      g_autoptr (GBytes) bytes = store_maildrop_read (maildrop, i, &error);
      g_assert_no_error (error);
      g_string_append_printf (text, "%s%.*s", i > 0 ? " " : "", (int) g_bytes_get_size (bytes),
                              (const char *) g_bytes_get_data (bytes, NULL));
    }
  return g_string_free (text, FALSE);
}

static void
check_contents (StoreSite *site, const char *user, const char *expected)
{
  g_autofree char *found = contents (site, user);

  g_assert_cmpstr (found, ==, expected);
}

static void
test_age (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = make_site (root);

  deliver (site, "ann", "one");
  base_clock_advance (2 * DAY);
  deliver (site, "ann", "two");
  deliver (site, "bob", "three");
  g_assert_cmpuint (expire (site, 0, 0), ==, 0);
  g_assert_cmpuint (expire (site, 3, 0), ==, 0);
  base_clock_advance (DAY + G_TIME_SPAN_MINUTE);
  g_assert_cmpuint (expire (site, 3, 0), ==, 1);
  check_contents (site, "ann", "two");
  check_contents (site, "bob", "three");
  g_assert_cmpuint (shelf_count_files (root, ".eml"), ==, 2);
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  base_clock_advance (3 * DAY);
  g_assert_cmpuint (expire (site, 3, 0), ==, 2);
  check_contents (site, "ann", "");
  g_assert_cmpuint (shelf_count_files (root, ".eml"), ==, 0);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

static void
test_number (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = make_site (root);
  g_autoptr (StoreUser) user = NULL;

  for (guint i = 0; i < 5; i++)
    deliver (site, "ann", (const char *[]){ "1", "2", "3", "4", "5" }[i]);
  deliver (site, "bob", "one");
  g_assert_cmpuint (expire (site, 0, 5), ==, 0);
  g_assert_cmpuint (expire (site, 0, 2), ==, 3);
  check_contents (site, "ann", "4 5");
  check_contents (site, "bob", "one");
  user = store_site_dup_user (site, "ann");
  g_assert_cmpuint (user->letters, ==, 2);
  g_assert_cmpuint (user->octets, ==, 2);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

/* A session has what it was told of, to its end. */
static void
test_held (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = make_site (root);
  g_autoptr (GError) error = NULL;

  deliver (site, "ann", "one");
  deliver (site, "ann", "two");
  deliver (site, "bob", "three");
  deliver (site, "bob", "four");
  StoreMaildrop *maildrop = store_maildrop_open (site, "ann", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (expire (site, 0, 1), ==, 1);
  check_contents (site, "bob", "four");
  g_autoptr (GBytes) first = store_maildrop_take (maildrop, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (first, NULL), g_bytes_get_size (first), "one", 3);
  store_maildrop_set_retrieved (maildrop, 0);
  store_maildrop_free (maildrop);

  /* What was fetched is known as fetched when it has expired. */
  while (expire (site, 0, 1) == 0)
    ;
  check_contents (site, "ann", "two");
  g_autoptr (GAsyncResult) result = NULL;
  store_site_recall_async (site, "ann", "one", NULL, shelf_got, &result);
  g_autoptr (GPtrArray) recalls = store_site_recall_finish (site, shelf_wait (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (recalls->len, ==, 1);
  g_assert_cmpint (((StoreRecall *) recalls->pdata[0])->outcome, ==, STORE_RECALL_FETCHED);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

/* More than one commit takes. */
static void
test_many (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = make_site (root);
  guint removed = 0, part;

  for (guint i = 0; i < 520; i++)
    deliver (site, i % 2 == 0 ? "ann" : "bob", "x");
  for (guint runs = 0; (part = expire (site, 0, 3)) > 0; runs++)
    {
      g_assert_cmpuint (runs, <, 10);
      removed += part;
    }
  g_assert_cmpuint (removed, ==, 514);
  check_contents (site, "ann", "x x x");
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

int
main (int argc, char **argv)
{
  shelf_init (&argc, &argv, NULL);
  g_test_add_func ("/store/retention/age", test_age);
  g_test_add_func ("/store/retention/number", test_number);
  g_test_add_func ("/store/retention/held", test_held);
  g_test_add_func ("/store/retention/many", test_many);
  return g_test_run ();
}
