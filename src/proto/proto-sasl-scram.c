/* SPDX-License-Identifier: MIT */
#include "proto-sasl-scram.h"

#include "proto-sasl-private.h"

#include <string.h>
#include <sys/random.h>

#define KEY          PROTO_SCRAM_KEY_LENGTH
#define NONCE_LENGTH 18

struct _ProtoScramClient
{
  BaseSecret *password; /* prepared */
  char *gs2_header;
  GBytes *binding; /* or NULL */
  char *first_bare;
  char *nonce;
  guint8 signature[KEY]; /* what the server must say at the end */
  gboolean answered;
};

/* ---- keys ---- */

void
proto_scram_hmac (const guint8 *key, gsize key_length, const void *data, gsize length, guint8 *out)
{
  gsize size = KEY;
  GHmac *mac = g_hmac_new (G_CHECKSUM_SHA256, key, key_length);

  g_hmac_update (mac, data, (gssize) length);
  g_hmac_get_digest (mac, out, &size);
  g_hmac_unref (mac);
}

void
proto_scram_hash (const guint8 *key, guint8 *out)
{
  gsize size = KEY;
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);

  g_checksum_update (sum, key, KEY);
  g_checksum_get_digest (sum, out, &size);
}

/* Hi() of RFC 5802 section 2.2: the first block of PBKDF2. */
static void
salt_password (const BaseSecret *password,
               const guint8 *salt,
               gsize salt_length,
               guint iterations,
               guint8 *out)
{
  static const guint8 one[4] = { 0, 0, 0, 1 };
  GHmac *keyed = g_hmac_new (G_CHECKSUM_SHA256, (const guchar *) base_secret_get_text (password),
                             base_secret_get_length (password));
  guint8 block[KEY];

  memset (out, 0, KEY);
  for (guint i = 0; i < iterations; i++)
    {
      GHmac *mac = g_hmac_copy (keyed);
      gsize size = KEY;

      if (i == 0)
        {
          g_hmac_update (mac, salt, (gssize) salt_length);
          g_hmac_update (mac, one, sizeof one);
        }
      else
        g_hmac_update (mac, block, KEY);
      g_hmac_get_digest (mac, block, &size);
      g_hmac_unref (mac);
      for (guint j = 0; j < KEY; j++)
        out[j] ^= block[j];
    }
  g_hmac_unref (keyed);
  base_secret_wipe (block, sizeof block);
}

void
proto_scram_derive (const guint8 *salted, guint8 *stored_key, guint8 *server_key)
{
  guint8 client_key[KEY];

  proto_scram_hmac (salted, KEY, "Client Key", 10, client_key);
  proto_scram_hash (client_key, stored_key);
  proto_scram_hmac (salted, KEY, "Server Key", 10, server_key);
  base_secret_wipe (client_key, sizeof client_key);
}

/* ---- words ---- */

void
proto_scram_random (gpointer data, gsize length)
{
  if (getrandom (data, length, 0) != (gssize) length)
    g_error ("The system gives no random numbers");
}

char *
proto_scram_make_nonce (void)
{
  guint8 random[NONCE_LENGTH];

  proto_scram_random (random, sizeof random);
  return g_base64_encode (random, sizeof random);
}

guint8 *
proto_scram_decode (const char *text, gsize *length)
{
  g_autofree guint8 *data = g_base64_decode (text, length);
  g_autofree char *again = g_base64_encode (data, *length);

  return *length > 0 && g_str_equal (again, text) ? g_steal_pointer (&data) : NULL;
}

char *
proto_scram_encode_binding (const char *gs2_header, GBytes *data)
{
  g_autoptr (GByteArray) octets = g_byte_array_new ();
  gsize length = 0;
  const guint8 *bytes = data != NULL ? g_bytes_get_data (data, &length) : NULL;

  g_byte_array_append (octets, (const guint8 *) gs2_header, strlen (gs2_header));
  if (length > 0)
    g_byte_array_append (octets, bytes, length);
  return g_base64_encode (octets->data, octets->len);
}

/* ---- client ---- */

/* RFC 5802 section 5.1: "," and "=" would end the name. */
static char *
escape_name (const char *name)
{
  GString *out = g_string_new (name);

  g_string_replace (out, "=", "=3D", 0);
  g_string_replace (out, ",", "=2C", 0);
  return g_string_free (out, FALSE);
}

ProtoScramClient *
proto_scram_client_new (const char *user, const BaseSecret *password, const char *nonce)
{
  BaseSecret *prepared = proto_scram_prepare (password);

  if (prepared == NULL)
    return NULL;
  ProtoScramClient *client = g_new0 (ProtoScramClient, 1);
  g_autofree char *normal = g_utf8_normalize (user, -1, G_NORMALIZE_ALL_COMPOSE);
  g_autofree char *name = escape_name (normal != NULL ? normal : user);

  client->password = prepared;
  client->gs2_header = g_strdup ("n,,");
  client->nonce = nonce != NULL ? g_strdup (nonce) : proto_scram_make_nonce ();
  client->first_bare = g_strdup_printf ("n=%s,r=%s", name, client->nonce);
  return client;
}

void
proto_scram_client_free (ProtoScramClient *client)
{
  base_secret_unref (client->password);
  base_secret_wipe (client->signature, sizeof client->signature);
  g_clear_pointer (&client->binding, g_bytes_unref);
  g_free (client->gs2_header);
  g_free (client->first_bare);
  g_free (client->nonce);
  g_free (client);
}

void
proto_scram_client_bind (ProtoScramClient *client, ProtoBinding binding, GBytes *data)
{
  g_clear_pointer (&client->binding, g_bytes_unref);
  g_free (client->gs2_header);
  client->binding = data != NULL ? g_bytes_ref (data) : NULL;
  client->gs2_header = data != NULL ? g_strdup_printf ("p=%s,,", proto_binding_get_name (binding))
                                    : g_strdup ("y,,");
}

char *
proto_scram_client_first (const ProtoScramClient *client)
{
  return g_strconcat (client->gs2_header, client->first_bare, NULL);
}

static char *
prove (ProtoScramClient *client, const guint8 *salted, const char *message)
{
  guint8 key[KEY], stored[KEY], server[KEY], signature[KEY];

  proto_scram_derive (salted, stored, server);
  proto_scram_hmac (salted, KEY, "Client Key", 10, key);
  proto_scram_hmac (stored, KEY, message, strlen (message), signature);
  for (guint i = 0; i < KEY; i++)
    signature[i] ^= key[i];
  proto_scram_hmac (server, KEY, message, strlen (message), client->signature);
  base_secret_wipe (key, sizeof key);
  base_secret_wipe (stored, sizeof stored);
  base_secret_wipe (server, sizeof server);
  return g_base64_encode (signature, KEY);
}

char *
proto_scram_client_answer (ProtoScramClient *client, const char *server_first)
{
  g_auto (GStrv) fields = g_strsplit (server_first, ",", -1);
  guint64 iterations;
  gsize salt_length;

  /* r=, s=, i= in this order; what follows are extensions, and "m=" before them is refused. */
  if (client->answered || g_strv_length (fields) < 3 || !g_str_has_prefix (fields[0], "r=")
      || !g_str_has_prefix (fields[1], "s=") || !g_str_has_prefix (fields[2], "i="))
    return NULL;
  if (!g_str_has_prefix (fields[0] + 2, client->nonce)
      || strlen (fields[0] + 2) <= strlen (client->nonce)
      || !g_ascii_string_to_unsigned (fields[2] + 2, 10, PROTO_SCRAM_MIN_ITERATIONS,
                                      PROTO_SCRAM_MAX_ITERATIONS, &iterations, NULL))
    return NULL;
  g_autofree guint8 *salt = proto_scram_decode (fields[1] + 2, &salt_length);
  if (salt == NULL)
    return NULL;

  guint8 salted[KEY];
  g_autofree char *binding = proto_scram_encode_binding (client->gs2_header, client->binding);
  g_autofree char *without_proof = g_strdup_printf ("c=%s,%s", binding, fields[0]);
  g_autofree char *message
      = g_strdup_printf ("%s,%s,%s", client->first_bare, server_first, without_proof);
  salt_password (client->password, salt, salt_length, (guint) iterations, salted);
  g_autofree char *proof = prove (client, salted, message);
  base_secret_wipe (salted, sizeof salted);
  client->answered = TRUE;
  return g_strdup_printf ("%s,p=%s", without_proof, proof);
}

gboolean
proto_scram_client_check (const ProtoScramClient *client, const char *server_final)
{
  g_auto (GStrv) fields = g_strsplit (server_final, ",", 2);
  gsize length;

  if (!client->answered || fields[0] == NULL || !g_str_has_prefix (fields[0], "v="))
    return FALSE;
  g_autofree guint8 *signature = proto_scram_decode (fields[0] + 2, &length);
  return signature != NULL && length == KEY
         && base_secret_bytes_equal (signature, client->signature, KEY);
}
