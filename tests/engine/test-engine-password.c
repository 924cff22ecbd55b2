/* SPDX-License-Identifier: MIT */
#include <engine-password-private.h>
#include <gio/gio.h>
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
  g_assert_true (g_str_has_prefix (first, "SCRAM-SHA-256$210000:"));
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
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
    "SCRAM-SHA-256$4096$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
    ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    "SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
    ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    "pbkdf2-sha256$1000$MDEy MzQ1Njc4OWFiY2RlZg==$tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT/p1aaNl8=",
  };

  g_assert_false (verify ("secret", NULL));
  for (guint i = 0; i < G_N_ELEMENTS (verifiers); i++)
    g_assert_false (verify ("secret", verifiers[i]));
}

/* RFC 7677 section 3, in the form of RFC 5803. */
static void
test_scram (void)
{
  const char *verifier
      = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
  g_autoptr (BaseSecret) password = base_secret_new ("pencil", -1);

  g_assert_true (verify ("pencil", verifier));
  /* As SASLprep has it. */
  g_assert_true (verify ("pen\xc2\xad"
                         "cil",
                         verifier));
  g_assert_false (verify ("pencils", verifier));
  g_assert_null (engine_password_renew (password, verifier));
}

/* The old form becomes the new one, of the same password. */
static void
test_renew (void)
{
  const char *old
      = "pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg==$tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT/p1aaNl8=";
  g_autoptr (BaseSecret) password = base_secret_new ("secret", -1);
  g_autofree char *blind = engine_password_renew (NULL, old);
  g_autofree char *seen = engine_password_renew (password, old);

  g_assert_true (g_str_has_prefix (blind, "SCRAM-SHA-256$1000:MDEyMzQ1Njc4OWFiY2RlZg==$"));
  g_assert_null (strstr (blind, "tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT"));
  g_assert_true (verify ("secret", blind));
  g_assert_false (verify ("Secret", blind));
  /* More work for who guesses, now that the password is known. */
  g_assert_true (g_str_has_prefix (seen, "SCRAM-SHA-256$210000:"));
  g_assert_true (verify ("secret", seen));
}

static void
test_fake (void)
{
  const guint8 key[32] = { 1 }, other[32] = { 2 };
  ProtoScramKeys keys[4] = { 0 };

  engine_password_fake (key, "ann", &keys[0]);
  engine_password_fake (key, "ann", &keys[1]);
  engine_password_fake (key, "bob", &keys[2]);
  engine_password_fake (other, "ann", &keys[3]);
  g_assert_cmpmem (&keys[0], sizeof keys[0], &keys[1], sizeof keys[1]);
  g_assert_cmpuint (keys[0].iterations, ==, 210000);
  g_assert_cmpuint (keys[0].salt_length, ==, 16);
  for (guint i = 2; i < 4; i++)
    g_assert_cmpint (memcmp (keys[0].salt, keys[i].salt, 16), !=, 0);
  g_assert_cmpint (memcmp (keys[0].salt, keys[0].stored_key, 16), !=, 0);
}

static void
test_prepared (void)
{
  g_autoptr (BaseSecret) bad = base_secret_new ("a\xee\x80\x80", -1);
  g_autoptr (BaseSecret) wide = base_secret_new ("\xef\xbd\x81", -1);
  g_autoptr (GError) error = NULL;

  g_assert_null (engine_password_hash (bad, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_autofree char *verifier = engine_password_hash (wide, NULL);
  g_assert_true (verify ("a", verifier));
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
  g_test_add_func ("/engine/password/scram", test_scram);
  g_test_add_func ("/engine/password/renew", test_renew);
  g_test_add_func ("/engine/password/fake", test_fake);
  g_test_add_func ("/engine/password/prepared", test_prepared);
  g_test_add_func ("/engine/password/make", test_make);
  return g_test_run ();
}
