/* SPDX-License-Identifier: MIT */
#include <engine-accounts.h>
#include <engine-providers.h>

#include <glib/gstdio.h>
#include <string.h>

/* Lies on top of what is built in. */
static const char own_file[]
    = "[gmail]\nclient-id = an-id \n"
      "[school]\nname=The School\ndomains=school.example;\n"
      "pop3=mail.school.example:1110\npop3-security=starttls\n"
      "smtp=[::1]:2525\nsmtp-security=none\n"
      "authorize=http://127.0.0.1:8080/in\ntoken=https://school.example/t\n"
      "[no-port]\npop3=a.example\nsmtp=a.example:25\n"
      "[no-security]\npop3=a.example:1\nsmtp=a.example:25\n"
      "smtp-security=some\n"
      "[open]\npop3=a.example:1\nsmtp=a.example:25\n"
      "authorize=http://a.example/in\ntoken=https://a.example/t\n";

static void
test_known (void)
{
  const EngineProvider *qq = engine_providers_find_address ("ann@QQ.com");
  const EngineProvider *outlook = engine_providers_find ("outlook");

  g_assert_cmpstr (qq->id, ==, "qq");
  g_assert_true (qq->app_password);
  g_assert_false (engine_provider_has_sign_in (qq));
  g_autofree char *why_not = engine_provider_explain (qq);
  g_assert_nonnull (strstr (why_not, "Use a password"));
  g_assert_cmpint (outlook->smtp.security, ==, STORE_SECURITY_STARTTLS);
  g_assert_cmpuint (outlook->smtp.port, ==, 587);
  g_assert_true (engine_provider_has_sign_in (outlook));
  g_autofree char *unregistered = engine_provider_explain (outlook);
  g_assert_nonnull (strstr (unregistered, "client-id"));
  g_assert_null (engine_providers_find_address ("ann@example.org"));
  g_assert_null (engine_providers_find_address ("ann@"));
  g_assert_null (engine_providers_find_address ("gmail.com"));
}

static void
test_own_file (void)
{
  const EngineProvider *gmail = engine_providers_find ("gmail");
  const EngineProvider *school = engine_providers_find_address ("x@school.example");

  g_assert_cmpstr (gmail->client_id, ==, "an-id");
  g_assert_cmpstr (gmail->pop3.host, ==, "pop.gmail.com");
  g_assert_null (engine_provider_explain (gmail));
  g_assert_cmpstr (school->name, ==, "The School");
  g_assert_true (engine_provider_has_sign_in (school));

  g_autoptr (StoreAccount) account = engine_accounts_guess ("X", "x@school.example");
  g_assert_cmpstr (account->pop3.host, ==, "mail.school.example");
  g_assert_cmpint (account->pop3.security, ==, STORE_SECURITY_STARTTLS);
  g_assert_cmpstr (account->smtp.host, ==, "::1");
  g_assert_cmpint (account->smtp.security, ==, STORE_SECURITY_NONE);
}

/* What makes no sense is left out and told, and spoils nothing else. */
static void
test_bad_ones (void)
{
  static const char *const names[] = { "no-port", "no-security", "open" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_null (engine_providers_find (names[i]));
      g_assert_nonnull (strstr (engine_providers_get_problem (), names[i]));
    }
  g_assert_null (strstr (engine_providers_get_problem (), "school"));
}

int
main (int argc, char *argv[])
{
  g_autofree char *top = g_dir_make_tmp ("providers-XXXXXX", NULL);
  g_autofree char *directory = g_build_filename (top, "postroom", NULL);
  g_autofree char *path = g_build_filename (directory, "providers.ini", NULL);

  g_setenv ("XDG_CONFIG_HOME", top, TRUE);
  g_assert_no_errno (g_mkdir (directory, 0700));
  g_assert_true (g_file_set_contents (path, own_file, -1, NULL));
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/providers/known", test_known);
  g_test_add_func ("/engine/providers/own-file", test_own_file);
  g_test_add_func ("/engine/providers/bad-ones", test_bad_ones);
  int result = g_test_run ();
  g_remove (path);
  g_rmdir (directory);
  g_rmdir (top);
  return result;
}
