/* SPDX-License-Identifier: MIT */
#include "end.h"

#include <base-clock.h>

#include <glib/gstdio.h>
#include <string.h>

static const char *const names[] = { "ca.pem", "ca-key.pem", "server.pem", "server-key.pem" };

static NetIdentity *
ensure (const char *directory)
{
  g_autoptr (GError) error = NULL;
  NetIdentity *identity = net_identity_ensure (directory, &error);

  g_assert_no_error (error);
  return identity;
}

static char *
get_fingerprint (const char *directory)
{
  g_autoptr (NetIdentity) identity = ensure (directory);

  return net_identity_dup_fingerprint (identity);
}

static void
test_made_once (void)
{
  g_autofree char *directory = make_directory ();
  g_autofree char *first = get_fingerprint (directory);
  g_autofree char *second = get_fingerprint (directory);
  GStatBuf state;

  g_assert_cmpstr (first, ==, second);
  g_assert_cmpuint (strlen (first), ==, 32 * 3 - 1);
  g_assert_cmpint (g_stat (directory, &state), ==, 0);
  g_assert_cmpint (state.st_mode & 0777, ==, 0700);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (directory, names[i], NULL);

      g_assert_cmpint (g_stat (path, &state), ==, 0);
      g_assert_cmpint (state.st_mode & 0777, ==, strstr (names[i], "key") ? 0600 : 0644);
    }
  remove_directory (directory);
}

static void
test_verifies (void)
{
  g_autofree char *directory = make_directory ();
  g_autoptr (NetIdentity) identity = ensure (directory);
  GTlsCertificate *certificate = net_identity_get_certificate (identity);
  const char *const hosts[] = { "localhost", "127.0.0.1", "::1" };

  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      g_autoptr (GSocketConnectable) peer = g_network_address_new (hosts[i], 25);

      g_assert_cmpint (g_tls_database_verify_chain (net_identity_get_trust (identity), certificate,
                                                    G_TLS_DATABASE_PURPOSE_AUTHENTICATE_SERVER,
                                                    peer, NULL, G_TLS_DATABASE_VERIFY_NONE, NULL,
                                                    NULL),
                       ==, 0);
    }
  g_assert_true (g_str_has_suffix (net_identity_get_authority_file (identity), "/ca.pem"));
  remove_directory (directory);
}

/* Near its end the server's certificate is made anew, by the same authority. */
static void
test_renewed (void)
{
  g_autofree char *directory = make_directory ();
  g_autofree char *first = get_fingerprint (directory);
  g_autofree char *authority = g_build_filename (directory, "ca.pem", NULL);
  g_autofree char *before = NULL, *after = NULL;

  g_assert_true (g_file_get_contents (authority, &before, NULL, NULL));
  base_clock_advance ((gint64) 360 * 24 * 3600 * G_USEC_PER_SEC);
  g_autofree char *same = get_fingerprint (directory);
  g_assert_cmpstr (first, ==, same);
  base_clock_advance ((gint64) 10 * 24 * 3600 * G_USEC_PER_SEC);
  g_autofree char *second = get_fingerprint (directory);
  g_assert_cmpstr (first, !=, second);
  g_assert_true (g_file_get_contents (authority, &after, NULL, NULL));
  g_assert_cmpstr (before, ==, after);
  remove_directory (directory);
}

/* What a crash between two files leaves is mended. */
static void
test_halves (void)
{
  g_autofree char *directory = make_directory ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (directory, names[i], NULL);
      g_autofree char *first = get_fingerprint (directory);

      g_assert_cmpint (g_remove (path), ==, 0);
      g_autofree char *second = get_fingerprint (directory);
      g_assert_cmpstr (first, !=, second);
      g_autofree char *third = get_fingerprint (directory);
      g_assert_cmpstr (second, ==, third);
    }
  remove_directory (directory);
}

static void
test_garbage (void)
{
  g_autofree char *directory = make_directory ();
  g_autofree char *path = g_build_filename (directory, "ca.pem", NULL);
  g_autofree char *first = get_fingerprint (directory);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "garbage", -1, NULL));
  g_assert_null (net_identity_ensure (directory, &error));
  g_assert_error (error, NET_ERROR, NET_ERROR_IDENTITY);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "garbage"); /* not overwritten */
  remove_directory (directory);
}

static void
test_no_directory (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (net_identity_ensure ("/dev/null/identity", &error));
  g_assert_error (error, NET_ERROR, NET_ERROR_IDENTITY);
  g_clear_error (&error);
  g_assert_null (net_identity_load ("/dev/null/a", "/dev/null/b", &error));
  g_assert_error (error, NET_ERROR, NET_ERROR_IDENTITY);
}

/* This program again, as a second one that only ensures. */
static void
test_two_programs (void)
{
  g_autofree char *directory = make_directory ();
  GSubprocess *children[6];
  g_autofree char *first = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    {
      children[i] = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL, "/proc/self/exe",
                                      "--ensure", directory, NULL);
      g_assert_nonnull (children[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (children); i++)
    {
      g_autofree char *printed = NULL;

      g_assert_true (g_subprocess_communicate_utf8 (children[i], NULL, NULL, &printed, NULL, NULL));
      g_assert_true (g_subprocess_get_successful (children[i]));
      g_assert_cmpuint (strlen (printed), ==, 32 * 3 - 1);
      if (first == NULL)
        first = g_strdup (printed);
      g_assert_cmpstr (first, ==, printed);
      g_object_unref (children[i]);
    }
  remove_directory (directory);
}

int
main (int argc, char *argv[])
{
  if (argc == 3 && g_str_equal (argv[1], "--ensure"))
    {
      g_autofree char *fingerprint = get_fingerprint (argv[2]);

      g_print ("%s", fingerprint);
      return 0;
    }
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/certificate/made-once", test_made_once);
  g_test_add_func ("/net/certificate/verifies", test_verifies);
  g_test_add_func ("/net/certificate/halves", test_halves);
  g_test_add_func ("/net/certificate/garbage", test_garbage);
  g_test_add_func ("/net/certificate/no-directory", test_no_directory);
  g_test_add_func ("/net/certificate/two-programs", test_two_programs);
  g_test_add_func ("/net/certificate/renewed", test_renewed);
  return g_test_run ();
}
