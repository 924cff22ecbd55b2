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

static void
check (StoreSite *site, GAsyncResult **result, int code)
{
  g_autoptr (GError) error = NULL;
  gboolean done = store_site_finish (site, shelf_wait (result), &error);

  if (code < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, STORE_ERROR, code);
  g_assert_cmpint (done, ==, code < 0);
  g_clear_object (result);
}

static void
add_users (StoreSite *site, const char *const *names)
{
  for (; *names != NULL; names++)
    {
      GAsyncResult *result = NULL;
      store_site_add_user_async (site, *names, "verifier", NULL, shelf_got, &result);
      check (site, &result, -1);
    }
}

static void
add_alias (StoreSite *site,
           const char *name,
           const char *domain,
           const char *const *users,
           int code)
{
  GAsyncResult *result = NULL;

  store_site_add_alias_async (site, name, domain, users, NULL, shelf_got, &result);
  check (site, &result, code);
}

static void
remove_alias (StoreSite *site,
              const char *name,
              const char *domain,
              const char *const *users,
              int code)
{
  GAsyncResult *result = NULL;

  store_site_remove_alias_async (site, name, domain, users, NULL, shelf_got, &result);
  check (site, &result, code);
}

static void
add_domain (StoreSite *site, const char *domain, int code)
{
  GAsyncResult *result = NULL;

  store_site_add_domain_async (site, domain, NULL, shelf_got, &result);
  check (site, &result, code);
}

static void
remove_domain (StoreSite *site, const char *domain, int code)
{
  GAsyncResult *result = NULL;

  store_site_remove_domain_async (site, domain, NULL, shelf_got, &result);
  check (site, &result, code);
}

/* "ann bob" for the users that an address stands for. */
static void
check_users (StoreSite *site, const char *local_part, const char *domain, const char *expected)
{
  g_autoptr (GPtrArray) users = store_site_find_users (site, local_part, domain);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < users->len; i++)
    {
      const StoreUser *user = g_ptr_array_index (users, i);
      g_string_append_printf (names, "%s%s", i > 0 ? " " : "", user->name);
    }
  g_assert_cmpstr (names->str, ==, expected);
}

static void
test_domains (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = open_site (root);
  g_autoptr (StoreSite) other = open_site (root);

  add_domain (site, "Two.Example", -1);
  add_domain (site, "one.example", -1);
  add_domain (site, "two.example", STORE_ERROR_EXISTS);
  add_domain (site, "", STORE_ERROR_INVALID);
  add_domain (site, "a..b", STORE_ERROR_INVALID);
  add_domain (site, "-a.example", STORE_ERROR_INVALID);
  add_domain (site, "a.example\n", STORE_ERROR_INVALID);
  g_auto (GStrv) domains = store_site_dup_domains (site, NULL);
  g_assert_cmpuint (g_strv_length (domains), ==, 2);
  g_assert_cmpstr (domains[0], ==, "one.example");
  g_assert_cmpstr (domains[1], ==, "two.example");
  /* A server that runs already hears of it at once. */
  g_assert_true (store_site_has_domain (other, "TWO.example"));
  remove_domain (site, "TWO.example", -1);
  remove_domain (site, "two.example", STORE_ERROR_NOT_FOUND);
  g_assert_false (store_site_has_domain (other, "two.example"));
  g_clear_pointer (&other, store_site_free);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

static void
test_aliases (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = open_site (root);

  add_users (site, (const char *[]){ "ann", "bob", "carl", NULL });
  check_users (site, "sales", "a.example", "");
  add_alias (site, "Sales", NULL, (const char *[]){ "BOB", "ann", NULL }, -1);
  add_alias (site, "sales", "B.example", (const char *[]){ "carl", NULL }, -1);
  check_users (site, "SALES", "a.example", "ann bob");
  check_users (site, "sales", "b.EXAMPLE", "carl");
  /* More users, and one that it has. */
  add_alias (site, "sales", NULL, (const char *[]){ "carl", "ann", NULL }, -1);
  check_users (site, "sales", "a.example", "ann bob carl");
  /* Before the user of that name. */
  check_users (site, "ann", "a.example", "ann");
  add_alias (site, "ann", NULL, (const char *[]){ "ann", "bob", NULL }, -1);
  check_users (site, "ann", "a.example", "ann bob");

  g_autoptr (GPtrArray) aliases = store_site_dup_aliases (site, NULL);
  g_assert_cmpuint (aliases->len, ==, 3);
  const StoreAlias *all = g_ptr_array_index (aliases, 1);
  const StoreAlias *one = g_ptr_array_index (aliases, 2);
  g_assert_cmpstr (all->local_part, ==, "sales");
  g_assert_null (all->domain);
  g_assert_cmpuint (g_strv_length (all->users), ==, 3);
  g_assert_cmpstr (one->domain, ==, "b.example");
  g_assert_cmpstr (one->users[0], ==, "carl");

  remove_alias (site, "sales", NULL, (const char *[]){ "ann", NULL }, -1);
  remove_alias (site, "sales", NULL, (const char *[]){ "bob", "ann", NULL }, STORE_ERROR_NOT_FOUND);
  check_users (site, "sales", "a.example", "bob carl");
  remove_alias (site, "sales", NULL, NULL, -1);
  remove_alias (site, "sales", NULL, NULL, STORE_ERROR_NOT_FOUND);
  check_users (site, "sales", "a.example", "");
  check_users (site, "sales", "b.example", "carl");
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

/* An alias stands for users: there is nothing that could go in circles. */
static void
test_bad_aliases (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = open_site (root);

  add_users (site, (const char *[]){ "ann", NULL });
  add_alias (site, "one", NULL, (const char *[]){ "ann", NULL }, -1);
  add_alias (site, "two", NULL, (const char *[]){ "ann", "one", NULL }, STORE_ERROR_NOT_FOUND);
  check_users (site, "two", "a.example", "");
  add_alias (site, "two", NULL, (const char *[]){ "two", NULL }, STORE_ERROR_NOT_FOUND);
  add_alias (site, "../two", NULL, (const char *[]){ "ann", NULL }, STORE_ERROR_INVALID);
  add_alias (site, "two", "a b", (const char *[]){ "ann", NULL }, STORE_ERROR_INVALID);
  add_alias (site, "two", NULL, (const char *[]){ "a b", NULL }, STORE_ERROR_INVALID);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

static void
test_what_goes_with_it (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = open_site (root);
  GAsyncResult *result = NULL;

  add_users (site, (const char *[]){ "ann", "bob", NULL });
  add_domain (site, "b.example", -1);
  add_alias (site, "sales", NULL, (const char *[]){ "ann", "bob", NULL }, -1);
  add_alias (site, "sales", "b.example", (const char *[]){ "bob", NULL }, -1);
  store_site_remove_user_async (site, "ann", NULL, shelf_got, &result);
  check (site, &result, -1);
  check_users (site, "sales", "a.example", "bob");
  remove_domain (site, "b.example", -1);
  g_autoptr (GPtrArray) aliases = store_site_dup_aliases (site, NULL);
  g_assert_cmpuint (aliases->len, ==, 1);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

static void
test_disabled (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreSite) site = open_site (root);
  GAsyncResult *result = NULL;

  add_users (site, (const char *[]){ "ann", NULL });
  store_site_set_disabled_async (site, "Ann", TRUE, NULL, shelf_got, &result);
  check (site, &result, -1);
  g_assert_null (store_site_dup_verifier (site, "ann"));
  g_assert_true (store_site_has_user (site, "ann"));
  g_autoptr (GPtrArray) found = store_site_find_users (site, "ann", "a.example");
  g_assert_true (((StoreUser *) g_ptr_array_index (found, 0))->disabled);
  store_site_set_disabled_async (site, "ann", FALSE, NULL, shelf_got, &result);
  check (site, &result, -1);
  g_autofree char *verifier = store_site_dup_verifier (site, "ann");
  g_assert_cmpstr (verifier, ==, "verifier");
  store_site_set_disabled_async (site, "bob", TRUE, NULL, shelf_got, &result);
  check (site, &result, STORE_ERROR_NOT_FOUND);
  g_clear_pointer (&site, store_site_free);
  shelf_remove (root);
}

int
main (int argc, char **argv)
{
  shelf_init (&argc, &argv, NULL);
  g_test_add_func ("/store/site/domains", test_domains);
  g_test_add_func ("/store/site/aliases", test_aliases);
  g_test_add_func ("/store/site/bad-aliases", test_bad_aliases);
  g_test_add_func ("/store/site/what-goes-with-it", test_what_goes_with_it);
  g_test_add_func ("/store/site/disabled", test_disabled);
  return g_test_run ();
}
