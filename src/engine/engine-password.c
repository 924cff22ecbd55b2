/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-password-private.h"

#include <gio/gio.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define SCHEME      "SCRAM-SHA-256"
#define OLD_SCHEME  "pbkdf2-sha256"
#define SALT_LENGTH 16
#define KEY         PROTO_SCRAM_KEY_LENGTH
#define MADE_LENGTH 16

/* Some hundredths of a second: dear to who guesses, cheap to who knows. The number stands in each
 * verifier, so a larger one here changes new verifiers only. */
#define ITERATIONS 210000
/* A verifier that asks for more was not made here. */
#define MAX_ITERATIONS 10000000

static gboolean
derive (const BaseSecret *password, ProtoScramKeys *keys, GError **error)
{
  gnutls_datum_t key = { (unsigned char *) base_secret_get_text (password),
                         (unsigned) base_secret_get_length (password) };
  gnutls_datum_t salt = { keys->salt, (unsigned) keys->salt_length };
  guint8 salted[KEY];
  int result = gnutls_pbkdf2 (GNUTLS_MAC_SHA256, &key, &salt, keys->iterations, salted, KEY);

  if (result < 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "The password cannot be hashed: %s",
                   gnutls_strerror (result));
      return FALSE;
    }
  proto_scram_derive (G_CHECKSUM_SHA256, salted, keys->stored_key, keys->server_key);
  base_secret_wipe (salted, sizeof salted);
  return TRUE;
}

/* ---- the two forms ---- */

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
decode_key (const char *text, guint8 *out)
{
  gsize length = 0;

  return decode (text, out, KEY, &length) && length == KEY;
}

static gboolean
parse_iterations (const char *text, ProtoScramKeys *keys)
{
  guint64 iterations;

  if (!g_ascii_string_to_unsigned (text, 10, 1, MAX_ITERATIONS, &iterations, NULL))
    return FALSE;
  keys->iterations = (guint) iterations;
  return TRUE;
}

/* Until SCRAM came the salted password itself was kept: what the keys are made of. */
static gboolean
parse_old (char **fields, ProtoScramKeys *keys)
{
  guint8 salted[KEY];

  if (g_strv_length (fields) != 4 || !parse_iterations (fields[1], keys)
      || !decode (fields[2], keys->salt, sizeof keys->salt, &keys->salt_length)
      || !decode_key (fields[3], salted))
    return FALSE;
  proto_scram_derive (G_CHECKSUM_SHA256, salted, keys->stored_key, keys->server_key);
  base_secret_wipe (salted, sizeof salted);
  return TRUE;
}

/* RFC 5803 section 2. */
static gboolean
parse_new (char **fields, ProtoScramKeys *keys)
{
  if (g_strv_length (fields) != 3)
    return FALSE;
  g_auto (GStrv) salt = g_strsplit (fields[1], ":", 3);
  g_auto (GStrv) pair = g_strsplit (fields[2], ":", 3);
  return g_strv_length (salt) == 2 && g_strv_length (pair) == 2 && parse_iterations (salt[0], keys)
         && decode (salt[1], keys->salt, sizeof keys->salt, &keys->salt_length)
         && decode_key (pair[0], keys->stored_key) && decode_key (pair[1], keys->server_key);
}

static gboolean
is_old (const char *verifier)
{
  return verifier != NULL && g_str_has_prefix (verifier, OLD_SCHEME "$");
}

gboolean
engine_password_parse (const char *verifier, ProtoScramKeys *keys)
{
  g_auto (GStrv) fields = verifier != NULL ? g_strsplit (verifier, "$", 5) : NULL;

  if (fields == NULL || fields[0] == NULL)
    return FALSE;
  if (is_old (verifier))
    return parse_old (fields, keys);
  return g_str_equal (fields[0], SCHEME) && parse_new (fields, keys);
}

static char *
format (const ProtoScramKeys *keys)
{
  g_autofree char *salt = g_base64_encode (keys->salt, keys->salt_length);
  g_autofree char *stored = g_base64_encode (keys->stored_key, KEY);
  g_autofree char *server = g_base64_encode (keys->server_key, KEY);

  return g_strdup_printf (SCHEME "$%u:%s$%s:%s", keys->iterations, salt, stored, server);
}

/* ---- public ---- */

char *
engine_password_hash (const BaseSecret *password, GError **error)
{
  ProtoScramKeys keys = { .iterations = ITERATIONS, .salt_length = SALT_LENGTH };
  g_autoptr (BaseSecret) prepared = proto_scram_prepare (password);
  int result = gnutls_rnd (GNUTLS_RND_NONCE, keys.salt, keys.salt_length);

  if (prepared == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                         "The password has characters that no password may have (RFC 4013)");
  else if (result < 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "No random numbers: %s",
                 gnutls_strerror (result));
  else if (derive (prepared, &keys, error))
    return format (&keys);
  return NULL;
}

/* Whether the keys of @password are @wanted's. */
static gboolean
matches (const BaseSecret *password, const ProtoScramKeys *wanted)
{
  ProtoScramKeys keys = *wanted;

  return derive (password, &keys, NULL)
         && base_secret_bytes_equal (keys.stored_key, wanted->stored_key, KEY);
}

gboolean
engine_password_verify (const BaseSecret *password, const char *verifier)
{
  const ProtoScramKeys nobody = { .iterations = ITERATIONS, .salt_length = SALT_LENGTH };
  g_autoptr (BaseSecret) prepared = proto_scram_prepare (password);
  ProtoScramKeys keys = { 0 };
  gboolean known = engine_password_parse (verifier, &keys);

  /* The work is done for an unknown user too, and so takes as long. */
  if (!known)
    keys = nobody;
  gboolean right = matches (prepared != NULL ? prepared : password, &keys);
  /* The old form was made of passwords as they came. */
  if (!right && (!known || is_old (verifier)) && prepared != NULL
      && !base_secret_equal (prepared, password))
    right = matches (password, &keys);
  return known && right;
}

char *
engine_password_renew (const BaseSecret *password, const char *verifier)
{
  g_autoptr (BaseSecret) prepared = password != NULL ? proto_scram_prepare (password) : NULL;
  ProtoScramKeys keys = { 0 };

  if (!is_old (verifier) || !engine_password_parse (verifier, &keys))
    return NULL;
  if (prepared != NULL && (keys.iterations < ITERATIONS || !base_secret_equal (prepared, password)))
    return engine_password_hash (prepared, NULL);
  return format (&keys);
}

/* HMAC with a key of this server's: 32 octets. */
static void
imagine (const guint8 *key, const char *purpose, const char *name, guint8 *out)
{
  g_autofree char *text = g_strconcat (purpose, " ", name, NULL);

  if (gnutls_hmac_fast (GNUTLS_MAC_SHA256, key, KEY, text, strlen (text), out) < 0)
    g_error ("There is no HMAC-SHA-256");
}

void
engine_password_fake (const guint8 *key, const char *name, ProtoScramKeys *keys)
{
  imagine (key, "salt", name, keys->salt);
  keys->salt_length = SALT_LENGTH;
  keys->iterations = ITERATIONS;
  imagine (key, "stored", name, keys->stored_key);
  imagine (key, "server", name, keys->server_key);
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
