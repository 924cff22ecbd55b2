/* SPDX-License-Identifier: MIT */
#include "proto-sasl-scram.h"

#include "proto-sasl-private.h"

#include <string.h>
#include <sys/random.h>

#define NONCE_LENGTH 18

/* Hi() for one answer. */
typedef struct
{
  ProtoWork parent;
  GChecksumType hash;
  BaseSecret *password;
  guint8 *salt;
  gsize salt_length;
  guint iterations;
  guint8 salted[PROTO_SCRAM_KEY_LENGTH];
} Salting;

struct _ProtoScramClient
{
  GChecksumType hash;
  BaseSecret *password; /* prepared */
  char *gs2_header;
  GBytes *binding; /* or NULL */
  char *first_bare;
  char *nonce;
  guint8 signature[PROTO_SCRAM_KEY_LENGTH]; /* what the server must say at the end */
  gboolean answered;
  char *challenge;  /* what @salting is for */
  Salting *salting; /* or NULL */
};

/* ---- keys ---- */

gsize
proto_scram_get_key_length (GChecksumType hash)
{
  return (gsize) g_checksum_type_get_length (hash);
}

void
proto_scram_hmac (GChecksumType hash,
                  const guint8 *key,
                  gsize key_length,
                  const void *data,
                  gsize length,
                  guint8 *out)
{
  gsize size = proto_scram_get_key_length (hash);
  GHmac *mac = g_hmac_new (hash, key, key_length);

  g_hmac_update (mac, data, (gssize) length);
  g_hmac_get_digest (mac, out, &size);
  g_hmac_unref (mac);
}

void
proto_scram_hash (GChecksumType hash, const guint8 *key, guint8 *out)
{
  gsize size = proto_scram_get_key_length (hash);
  g_autoptr (GChecksum) sum = g_checksum_new (hash);

  g_checksum_update (sum, key, (gssize) size);
  g_checksum_get_digest (sum, out, &size);
}

/* Hi() of RFC 5802 section 2.2: the first block of PBKDF2. */
static void
salt_password (const Salting *salting, guint8 *out)
{
  static const guint8 one[4] = { 0, 0, 0, 1 };
  gsize length = proto_scram_get_key_length (salting->hash);
  GHmac *keyed
      = g_hmac_new (salting->hash, (const guchar *) base_secret_get_text (salting->password),
                    base_secret_get_length (salting->password));
  guint8 block[PROTO_SCRAM_KEY_LENGTH];

  memset (out, 0, length);
  for (guint i = 0; i < salting->iterations; i++)
    {
      GHmac *mac = g_hmac_copy (keyed);
      gsize size = length;

      if (i == 0)
        {
          g_hmac_update (mac, salting->salt, (gssize) salting->salt_length);
          g_hmac_update (mac, one, sizeof one);
        }
      else
        g_hmac_update (mac, block, (gssize) length);
      g_hmac_get_digest (mac, block, &size);
      g_hmac_unref (mac);
      for (gsize j = 0; j < length; j++)
        out[j] ^= block[j];
    }
  g_hmac_unref (keyed);
  base_secret_wipe (block, sizeof block);
}

void
proto_scram_derive (GChecksumType hash,
                    const guint8 *salted,
                    guint8 *stored_key,
                    guint8 *server_key)
{
  gsize length = proto_scram_get_key_length (hash);
  guint8 client_key[PROTO_SCRAM_KEY_LENGTH];

  proto_scram_hmac (hash, salted, length, "Client Key", 10, client_key);
  proto_scram_hash (hash, client_key, stored_key);
  proto_scram_hmac (hash, salted, length, "Server Key", 10, server_key);
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

char *
proto_scram_escape_name (const char *name)
{
  GString *out = g_string_new (name);

  g_string_replace (out, "=", "=3D", 0);
  g_string_replace (out, ",", "=2C", 0);
  return g_string_free (out, FALSE);
}

ProtoScramClient *
proto_scram_client_new (GChecksumType hash,
                        const char *user,
                        const BaseSecret *password,
                        const char *nonce)
{
  BaseSecret *prepared = proto_scram_prepare (password);

  if (prepared == NULL)
    return NULL;
  ProtoScramClient *client = g_new0 (ProtoScramClient, 1);
  g_autofree char *normal = g_utf8_normalize (user, -1, G_NORMALIZE_ALL_COMPOSE);
  g_autofree char *name = proto_scram_escape_name (normal != NULL ? normal : user);

  client->hash = hash;
  client->password = prepared;
  client->gs2_header = g_strdup ("n,,");
  client->nonce = nonce != NULL ? g_strdup (nonce) : proto_scram_make_nonce ();
  client->first_bare = g_strdup_printf ("n=%s,r=%s", name, client->nonce);
  return client;
}

void
proto_scram_client_free (ProtoScramClient *client)
{
  if (client->salting != NULL)
    proto_work_unref (&client->salting->parent);
  g_free (client->challenge);
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
  gsize length = proto_scram_get_key_length (client->hash);
  guint8 key[PROTO_SCRAM_KEY_LENGTH], stored[PROTO_SCRAM_KEY_LENGTH];
  guint8 server[PROTO_SCRAM_KEY_LENGTH], signature[PROTO_SCRAM_KEY_LENGTH];

  proto_scram_derive (client->hash, salted, stored, server);
  proto_scram_hmac (client->hash, salted, length, "Client Key", 10, key);
  proto_scram_hmac (client->hash, stored, length, message, strlen (message), signature);
  for (gsize i = 0; i < length; i++)
    signature[i] ^= key[i];
  proto_scram_hmac (client->hash, server, length, message, strlen (message), client->signature);
  base_secret_wipe (key, sizeof key);
  base_secret_wipe (stored, sizeof stored);
  base_secret_wipe (server, sizeof server);
  return g_base64_encode (signature, length);
}

static void
salting_run (ProtoWork *work)
{
  Salting *salting = (Salting *) work;

  salt_password (salting, salting->salted);
}

static void
salting_clear (gpointer work)
{
  Salting *salting = work;

  base_secret_unref (salting->password);
  base_secret_wipe (salting->salted, sizeof salting->salted);
  g_free (salting->salt);
}

/* r=, s=, i= in this order; what follows are extensions, and "m=" before them is refused. */
static gboolean
take_challenge (ProtoScramClient *client, const char *server_first)
{
  g_auto (GStrv) fields = g_strsplit (server_first, ",", -1);
  guint64 iterations;
  gsize salt_length;

  if (client->answered || g_strv_length (fields) < 3 || !g_str_has_prefix (fields[0], "r=")
      || !g_str_has_prefix (fields[1], "s=") || !g_str_has_prefix (fields[2], "i="))
    return FALSE;
  if (!g_str_has_prefix (fields[0] + 2, client->nonce)
      || strlen (fields[0] + 2) <= strlen (client->nonce)
      || !g_ascii_string_to_unsigned (fields[2] + 2, 10, PROTO_SCRAM_MIN_ITERATIONS,
                                      PROTO_SCRAM_MAX_ITERATIONS, &iterations, NULL))
    return FALSE;
  g_autofree guint8 *salt = proto_scram_decode (fields[1] + 2, &salt_length);
  if (salt == NULL)
    return FALSE;
  if (client->salting != NULL)
    proto_work_unref (&client->salting->parent);
  client->salting = g_atomic_rc_box_new0 (Salting);
  client->salting->parent = (ProtoWork){ .run = salting_run, .clear = salting_clear };
  client->salting->hash = client->hash;
  client->salting->password = base_secret_ref (client->password);
  client->salting->salt = g_steal_pointer (&salt);
  client->salting->salt_length = salt_length;
  client->salting->iterations = (guint) iterations;
  g_free (client->challenge);
  client->challenge = g_strdup (server_first);
  return TRUE;
}

ProtoWork *
proto_scram_client_prepare (ProtoScramClient *client, const char *server_first)
{
  if (g_strcmp0 (client->challenge, server_first) == 0 || !take_challenge (client, server_first))
    return NULL;
  g_atomic_rc_box_acquire (client->salting);
  return &client->salting->parent;
}

char *
proto_scram_client_answer (ProtoScramClient *client, const char *server_first)
{
  g_autoptr (ProtoWork) work = proto_scram_client_prepare (client, server_first);

  if (work != NULL)
    work->run (work);
  else if (client->answered || g_strcmp0 (client->challenge, server_first) != 0)
    return NULL;
  g_autofree char *nonce = g_strndup (server_first, strcspn (server_first, ","));
  g_autofree char *binding = proto_scram_encode_binding (client->gs2_header, client->binding);
  g_autofree char *without_proof = g_strdup_printf ("c=%s,%s", binding, nonce);
  g_autofree char *message
      = g_strdup_printf ("%s,%s,%s", client->first_bare, server_first, without_proof);
  g_autofree char *proof = prove (client, client->salting->salted, message);
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
  return signature != NULL && length == proto_scram_get_key_length (client->hash)
         && base_secret_bytes_equal (signature, client->signature, length);
}
