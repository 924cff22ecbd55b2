/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-password.h"

#include <gio/gio.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define SCHEME      "pbkdf2-sha256"
#define SALT_LENGTH 16
#define HASH_LENGTH 32
#define MADE_LENGTH 16

/* About a tenth of a second: dear to who guesses, cheap to who knows. The number stands in each
 * verifier, so a larger one here changes new verifiers only. */
#define ITERATIONS 210000
/* A verifier that asks for more was not made here. */
#define MAX_ITERATIONS 10000000

typedef struct
{
  guint iterations;
  guint8 salt[64];
  gsize salt_length;
  guint8 hash[HASH_LENGTH];
} Verifier;

static gboolean
derive (const BaseSecret *password,
        const guint8 *salt,
        gsize salt_length,
        guint iterations,
        guint8 *hash,
        GError **error)
{
  gnutls_datum_t key = { (unsigned char *) base_secret_get_text (password),
                         (unsigned) base_secret_get_length (password) };
  gnutls_datum_t salt_datum = { (unsigned char *) salt, (unsigned) salt_length };
  int result = gnutls_pbkdf2 (GNUTLS_MAC_SHA256, &key, &salt_datum, iterations, hash, HASH_LENGTH);

  if (result < 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "The password cannot be hashed: %s",
                   gnutls_strerror (result));
      return FALSE;
    }
  return TRUE;
}

/* Base64 of exactly what it decodes to: nothing is passed over. */
static gboolean
decode (const char *text, guint8 *out, gsize capacity, gsize *length)
{
  g_autofree guint8 *data = g_base64_decode (text, length);
  g_autofree char *again = g_base64_encode (data, *length);

  if (*length == 0 || *length > capacity || !g_str_equal (again, text))
    return FALSE;
  memcpy (out, data, *length);
  return TRUE;
}

static gboolean
parse (const char *text, Verifier *verifier)
{
  g_auto (GStrv) fields = text != NULL ? g_strsplit (text, "$", 5) : NULL;
  guint64 iterations;
  gsize hash_length;

  if (fields == NULL || g_strv_length (fields) != 4 || !g_str_equal (fields[0], SCHEME)
      || !g_ascii_string_to_unsigned (fields[1], 10, 1, MAX_ITERATIONS, &iterations, NULL))
    return FALSE;
  verifier->iterations = (guint) iterations;
  return decode (fields[2], verifier->salt, sizeof verifier->salt, &verifier->salt_length)
         && decode (fields[3], verifier->hash, sizeof verifier->hash, &hash_length)
         && hash_length == HASH_LENGTH;
}

char *
engine_password_hash (const BaseSecret *password, GError **error)
{
  guint8 salt[SALT_LENGTH];
  guint8 hash[HASH_LENGTH];
  int result = gnutls_rnd (GNUTLS_RND_NONCE, salt, sizeof salt);

  if (result < 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "No random numbers: %s",
                   gnutls_strerror (result));
      return NULL;
    }
  if (!derive (password, salt, sizeof salt, ITERATIONS, hash, error))
    return NULL;

  g_autofree char *salt_text = g_base64_encode (salt, sizeof salt);
  g_autofree char *hash_text = g_base64_encode (hash, sizeof hash);
  return g_strdup_printf (SCHEME "$%u$%s$%s", (guint) ITERATIONS, salt_text, hash_text);
}

gboolean
engine_password_verify (const BaseSecret *password, const char *verifier)
{
  Verifier stored = { .iterations = ITERATIONS, .salt_length = SALT_LENGTH };
  Verifier parsed = { 0 };
  guint8 hash[HASH_LENGTH];
  gboolean known = parse (verifier, &parsed);

  if (known)
    stored = parsed;
  /* The work is done for an unknown user too, and so takes as long. */
  gboolean derived
      = derive (password, stored.salt, stored.salt_length, stored.iterations, hash, NULL);
  gboolean equal = base_secret_bytes_equal (hash, stored.hash, HASH_LENGTH);

  base_secret_wipe (hash, sizeof hash);
  return known && derived && equal;
}

BaseSecret *
engine_password_make (void)
{
  /* 32 of them, so that five bits of a random byte choose one fairly; no 0, 1, l, o. */
  static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
  guint8 random[MADE_LENGTH];
  char *text = g_malloc (MADE_LENGTH + 1);

  G_STATIC_ASSERT (sizeof alphabet == 33);
  if (gnutls_rnd (GNUTLS_RND_KEY, random, sizeof random) < 0)
    g_error ("The system gives no random numbers");
  for (guint i = 0; i < MADE_LENGTH; i++)
    text[i] = alphabet[random[i] & 31];
  text[MADE_LENGTH] = '\0';
  base_secret_wipe (random, sizeof random);
  return base_secret_new_take (text);
}
