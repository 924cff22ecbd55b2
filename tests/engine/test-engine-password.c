/* SPDX-License-Identifier: MIT */
#include <engine-password.h>
#include <string.h>

static gboolean
verify (const char *text, const char *verifier)
{
  g_autoptr (BaseSecret) password = base_secret_new (text, -1);

  return engine_password_verify (password, verifier);
}

/* Made with Python's hashlib.pbkdf2_hmac(). */
static void
test_vector (void)
{
  const char *verifier
      = "pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg==$tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT/p1aaNl8=";

  g_assert_true (verify ("secret", verifier));
  g_assert_false (verify ("Secret", verifier));
  g_assert_false (verify ("secret ", verifier));
  g_assert_false (verify ("", verifier));
}

static void
test_round_trip (void)
{
  g_autoptr (BaseSecret) password = base_secret_new ("trombone à coulisse", -1);
  g_autoptr (GError) error = NULL;
  g_autofree char *first = engine_password_hash (password, &error);
  g_autofree char *second = engine_password_hash (password, &error);

  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (first, "pbkdf2-sha256$"));
  g_assert_null (strstr (first, "trombone"));
  /* A salt of its own each time. */
  g_assert_cmpstr (first, !=, second);
  g_assert_true (engine_password_verify (password, first));
  g_assert_true (engine_password_verify (password, second));
  g_assert_false (verify ("trombone a coulisse", first));
}

static void
test_malformed (void)
{
  static const char *const verifiers[] = {
    "",
    "secret",
    "$$$",
    "pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg==",
    "pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg==$",
    "pbkdf2-sha256$1000$$tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT/p1aaNl8=",
    "pbkdf2-sha256$0$MDEyMzQ1Njc4OWFiY2RlZg==$tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT/p1aaNl8=",
    "pbkdf2-sha256$-1$MDEyMzQ1Njc4OWFiY2RlZg==$tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT/p1aaNl8=",
    "pbkdf2-sha256$99999999$MDEyMzQ1Njc4OWFiY2RlZg==$tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT/p1aaNl8=",
    "pbkdf2-sha1$1000$MDEyMzQ1Njc4OWFiY2RlZg==$tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT/p1aaNl8=",
    "pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg==$tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT/p1aa",
    "pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg==$tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT/p1aaNl8=$",
    "pbkdf2-sha256$1000$MDEy MzQ1Njc4OWFiY2RlZg==$tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT/p1aaNl8=",
  };

  g_assert_false (verify ("secret", NULL));
  for (guint i = 0; i < G_N_ELEMENTS (verifiers); i++)
    g_assert_false (verify ("secret", verifiers[i]));
}

static void
test_make (void)
{
  g_autoptr (BaseSecret) one = engine_password_make ();
  g_autoptr (BaseSecret) two = engine_password_make ();

  g_assert_cmpuint (base_secret_get_length (one), ==, 16);
  g_assert_false (base_secret_equal (one, two));
  for (const char *p = base_secret_get_text (one); *p != '\0'; p++)
    {
      g_assert_true (g_ascii_isalnum (*p));
      g_assert_null (strchr ("0O1lI", *p));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/password/vector", test_vector);
  g_test_add_func ("/engine/password/round-trip", test_round_trip);
  g_test_add_func ("/engine/password/malformed", test_malformed);
  g_test_add_func ("/engine/password/make", test_make);
  return g_test_run ();
}
