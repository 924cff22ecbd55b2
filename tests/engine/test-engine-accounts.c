/* SPDX-License-Identifier: MIT */
#include "desk.h"
#include "fake-peer.h"

#include <engine-error.h>
#include <glib/gstdio.h>
#include <string.h>

static void
test_guess (void)
{
  g_autoptr (StoreAccount) plain = engine_accounts_guess ("Ann", "ann@Example.org");
  g_autoptr (StoreAccount) known = engine_accounts_guess ("Bob", "bob@web.de");

  g_assert_cmpstr (plain->pop3.host, ==, "pop.example.org");
  g_assert_cmpuint (plain->pop3.port, ==, 995);
  g_assert_cmpint (plain->pop3.security, ==, STORE_SECURITY_TLS);
  g_assert_cmpstr (plain->smtp.host, ==, "smtp.example.org");
  g_assert_cmpuint (plain->smtp.port, ==, 465);
  g_assert_cmpstr (plain->smtp.user, ==, "ann@Example.org");
  g_assert_cmpstr (known->smtp.host, ==, "smtp.web.de");
  g_assert_cmpuint (known->smtp.port, ==, 587);
  g_assert_cmpint (known->smtp.security, ==, STORE_SECURITY_STARTTLS);
  g_autofree char *wrong = engine_accounts_validate (plain);
  g_assert_null (wrong);
}

static void
assert_wrong (const StoreAccount *account, const char *words)
{
  g_autofree char *wrong = engine_accounts_validate (account);

  g_assert_nonnull (wrong);
  if (strstr (wrong, words) == NULL)
    g_error ("“%s” does not say “%s”", wrong, words);
}

static void
test_validate (void)
{
  static const char *const bad[]
      = { "ann", "ann@", "@x", "a b@c", "ann@x, bob@x", "Ann <a@b>", "a@b\r\nc" };
  g_autoptr (StoreAccount) account = engine_accounts_guess ("Ann", "ann@example.org");

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_free (account->address);
      account->address = g_strdup (bad[i]);
      assert_wrong (account, "no mail address");
    }
  g_free (account->address);
  account->address = g_strdup ("");
  assert_wrong (account, "Enter the mail address");
  g_free (account->address);
  account->address = g_strdup ("ann@example.org");
  account->smtp.port = 0;
  assert_wrong (account, "port");
  account->smtp.port = 25;
  g_free (account->pop3.host);
  account->pop3.host = g_strdup ("http://x/");
  assert_wrong (account, "no server name");
  g_free (account->pop3.host);
  account->pop3.host = g_strdup ("");
  assert_wrong (account, "server for fetching");
}

static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  int *sum = user_data;

  *sum += (int) added - (int) removed;
}

static void
test_save_and_remove (void)
{
  Desk *desk = desk_open (NULL);
  int sum = 0;
  g_autoptr (GAsyncResult) again = NULL;
  g_autoptr (GAsyncResult) changed = NULL;
  g_autoptr (GAsyncResult) removed = NULL;
  g_autoptr (GError) error = NULL;

  g_signal_connect (desk->accounts, "items-changed", G_CALLBACK (on_items_changed), &sum);
  EngineAccount *account = desk_add_account (desk, 1, 1, TRUE);
  g_assert_cmpint (sum, ==, 1);
  g_assert_cmpstr (engine_account_get_title (account), ==, "Ann <ann@fake.test>");

  g_autoptr (StoreAccount) values = store_account_copy (engine_account_get_values (account));
  values->id = 0;
  engine_accounts_save_async (desk->accounts, values, NULL, NULL, desk_got, &again);
  g_assert_null (engine_accounts_save_finish (desk->accounts, desk_wait (&again), &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_EXISTS);

  values->id = engine_account_get_id (account);
  g_free (values->name);
  values->name = g_strdup ("Annie");
  engine_accounts_save_async (desk->accounts, values, NULL, NULL, desk_got, &changed);
  g_assert_true (engine_accounts_save_finish (desk->accounts, desk_wait (&changed), NULL)
                 == account);
  g_assert_cmpstr (engine_account_get_title (account), ==, "Annie <ann@fake.test>");

  engine_accounts_remove_async (desk->accounts, account, NULL, desk_got, &removed);
  g_assert_true (engine_accounts_remove_finish (desk->accounts, desk_wait (&removed), NULL));
  g_assert_cmpint (sum, ==, 0);
  g_autofree char *path = g_build_filename (desk->directory, "secrets.ini", NULL);
  g_autofree char *contents = NULL;
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_null (strchr (contents, '='));
  desk_close (desk, FALSE);
}

static gboolean
check (Desk *desk, const StoreAccount *values, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  engine_accounts_check_async (desk->accounts, values, NULL, NULL, desk_got, &result);
  return engine_accounts_check_finish (desk->accounts, desk_wait (&result), error);
}

static void
test_check (void)
{
  Desk *desk = desk_open (NULL);
  FakePeer *smtp = fake_smtp_new ();
  FakePeer *pop3 = fake_pop3_new ();
  EngineAccount *account = desk_add_account (desk, smtp->port, pop3->port, FALSE);
  g_autoptr (StoreAccount) values = store_account_copy (engine_account_get_values (account));
  g_autoptr (GError) none = NULL;
  g_autoptr (GError) refused = NULL;
  g_autoptr (GError) absent = NULL;

  fake_pop3_put (pop3, "x", "Subject: stays\r\n\r\n");
  check (desk, values, &none);
  g_assert_no_error (none);
  g_assert_cmpuint (smtp->sessions, ==, 1);
  g_assert_cmpuint (pop3->maildrop->len, ==, 1);

  fake_peer_set (smtp, &smtp->auth_reply, "535 5.7.8 Wrong");
  g_assert_false (check (desk, values, &refused));
  g_assert_error (refused, ENGINE_ERROR, ENGINE_ERROR_AUTH);
  g_assert_nonnull (strstr (refused->message, "sending"));

  fake_peer_free (pop3);
  g_assert_false (check (desk, values, &absent));
  g_assert_error (absent, ENGINE_ERROR, ENGINE_ERROR_NETWORK);
  g_assert_nonnull (strstr (absent->message, "fetching"));
  desk_close (desk, FALSE);
  fake_peer_free (smtp);
}

/* ---- passwords in a file ---- */

static BaseSecret *
lookup (EngineSecrets *secrets, gint64 account, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  engine_secrets_lookup_async (secrets, account, NULL, desk_got, &result);
  return engine_secrets_lookup_finish (secrets, desk_wait (&result), error);
}

static void
store (EngineSecrets *secrets, gint64 account, const char *text)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (text != NULL)
    {
      g_autoptr (BaseSecret) password = base_secret_new (text, -1);
      engine_secrets_store_async (secrets, account, "x", password, NULL, desk_got, &result);
    }
  else
    engine_secrets_clear_async (secrets, account, NULL, desk_got, &result);
  engine_secrets_finish (secrets, desk_wait (&result), &error);
  g_assert_no_error (error);
}

static void
test_secrets (void)
{
  g_autofree char *directory = g_dir_make_tmp ("postroom-secrets-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "secrets.ini", NULL);
  g_autofree char *lock = g_build_filename (directory, "secrets.lock", NULL);
  EngineSecrets *secrets = engine_secrets_new (directory);
  g_autoptr (GError) error = NULL;
  GStatBuf stat_buf;

  g_assert_null (lookup (secrets, 1, &error));
  g_assert_no_error (error);
  store (secrets, 1, "one; two \xff=[");
  store (secrets, 2, "second");
  g_assert_nonnull (engine_secrets_get_notice (secrets));
  g_assert_cmpint (g_stat (path, &stat_buf), ==, 0);
  g_assert_cmpint (stat_buf.st_mode & 0777, ==, 0600);
  g_autoptr (BaseSecret) first = lookup (secrets, 1, NULL);
  g_assert_cmpstr (base_secret_get_text (first), ==, "one; two \xff=[");
  store (secrets, 1, NULL);
  g_assert_null (lookup (secrets, 1, NULL));
  g_autoptr (BaseSecret) second = lookup (secrets, 2, NULL);
  g_assert_cmpstr (base_secret_get_text (second), ==, "second");

  /* A damaged file is an error, and stays as it is. */
  g_assert_true (g_file_set_contents (path, "what?", -1, NULL));
  g_assert_null (lookup (secrets, 2, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE);
  engine_secrets_free (secrets);
  g_remove (path);
  g_remove (lock);
  g_remove (directory);
}

int
main (int argc, char **argv)
{
  desk_init (&argc, &argv);
  g_test_add_func ("/engine/accounts/guess", test_guess);
  g_test_add_func ("/engine/accounts/validate", test_validate);
  g_test_add_func ("/engine/accounts/save-and-remove", test_save_and_remove);
  g_test_add_func ("/engine/accounts/check", test_check);
  g_test_add_func ("/engine/secrets/file", test_secrets);
  return g_test_run ();
}
