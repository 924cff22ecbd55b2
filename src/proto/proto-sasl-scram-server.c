/* SPDX-License-Identifier: MIT */
#include "proto-sasl-scram.h"

#include "proto-sasl-private.h"

#include <string.h>

/* This side knows SCRAM-SHA-256 alone. */
#define HASH G_CHECKSUM_SHA256
#define KEY  PROTO_SCRAM_KEY_LENGTH

struct _ProtoScramServer
{
  gboolean plus;
  gboolean offered;
  GBytes *bindings[PROTO_N_BINDINGS];
  char *nonce; /* this side's part; both of them after the first message */

  char *gs2_header;
  GBytes *binding; /* borrowed from above; NULL for none */
  gboolean downgraded;
  char *authzid;
  char *user;
  char *first_bare;
  char *answer;
  ProtoScramKeys keys;
  guint8 signature[KEY];
};

/* ---- the first message ---- */

/* Section 5.1: "," and "=" of a name are "=2C" and "=3D". */
static char *
decode_name (const char *text, gsize length)
{
  g_autoptr (GString) name = g_string_new (NULL);

  for (const char *at = text, *end = text + length; at < end;)
    {
      gboolean escaped = *at == '=';
      if (!escaped)
        g_string_append_c (name, *at);
      else if (end - at >= 3 && strncmp (at, "=2C", 3) == 0)
        g_string_append_c (name, ',');
      else if (end - at >= 3 && strncmp (at, "=3D", 3) == 0)
        g_string_append_c (name, '=');
      else
        return NULL;
      at += escaped ? 3 : 1;
    }
  g_autoptr (BaseSecret) raw = base_secret_new (name->str, (gssize) name->len);
  g_autoptr (BaseSecret) prepared = proto_scram_prepare (raw);
  return prepared != NULL ? g_strdup (base_secret_get_text (prepared)) : NULL;
}

/* gs2-cbind-flag; *@rest is what stands behind its comma. */
static gboolean
take_flag (ProtoScramServer *server, const char *text, const char **rest)
{
  const char *comma = strchr (text, ',');

  if (comma == NULL)
    return FALSE;
  *rest = comma + 1;
  if (comma - text == 1 && (*text == 'n' || *text == 'y'))
    {
      server->downgraded = *text == 'y' && server->offered;
      return !server->plus;
    }
  if (!server->plus || !g_str_has_prefix (text, "p="))
    return FALSE;
  g_autofree char *name = g_strndup (text + 2, (gsize) (comma - text - 2));
  for (guint i = 0; i < PROTO_N_BINDINGS; i++)
    if (server->bindings[i] != NULL && strcmp (proto_binding_get_name (i), name) == 0)
      server->binding = server->bindings[i];
  return server->binding != NULL;
}

static gboolean
take_authzid (ProtoScramServer *server, const char *text, const char **rest)
{
  const char *comma = strchr (text, ',');

  if (comma == NULL)
    return FALSE;
  *rest = comma + 1;
  if (comma == text)
    server->authzid = g_strdup ("");
  else if (g_str_has_prefix (text, "a="))
    server->authzid = decode_name (text + 2, (gsize) (comma - text - 2));
  return server->authzid != NULL;
}

static gboolean
is_nonce (const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    if (*at < 0x21 || *at > 0x7e)
      return FALSE;
  return *text != '\0';
}

gboolean
proto_scram_server_take_first (ProtoScramServer *server, const char *client_first)
{
  const char *rest = NULL;

  if (server->gs2_header != NULL || !g_utf8_validate (client_first, -1, NULL)
      || !take_flag (server, client_first, &rest) || !take_authzid (server, rest, &rest))
    return FALSE;
  server->gs2_header = g_strndup (client_first, (gsize) (rest - client_first));
  server->first_bare = g_strdup (rest);

  /* n=, r= in this order; what follows are extensions, and "m=" before them is refused. */
  g_auto (GStrv) fields = g_strsplit (rest, ",", 3);
  if (g_strv_length (fields) < 2 || !g_str_has_prefix (fields[0], "n=")
      || !g_str_has_prefix (fields[1], "r=") || !is_nonce (fields[1] + 2))
    return FALSE;
  server->user = decode_name (fields[0] + 2, strlen (fields[0] + 2));
  g_autofree char *own = g_steal_pointer (&server->nonce);
  server->nonce = g_strconcat (fields[1] + 2, own, NULL);
  return server->user != NULL;
}

char *
proto_scram_server_answer (ProtoScramServer *server, const ProtoScramKeys *keys)
{
  g_autofree char *salt = g_base64_encode (keys->salt, keys->salt_length);

  server->keys = *keys;
  g_free (server->answer);
  server->answer = g_strdup_printf ("r=%s,s=%s,i=%u", server->nonce, salt, keys->iterations);
  return g_strdup (server->answer);
}

/* ---- the final message ---- */

/* Section 3: the client's key comes out of its proof, and is known by its hash. */
static gboolean
check_proof (ProtoScramServer *server, const guint8 *proof, const char *message)
{
  guint8 client_key[KEY], hashed[KEY];

  proto_scram_hmac (HASH, server->keys.stored_key, KEY, message, strlen (message), client_key);
  for (guint i = 0; i < KEY; i++)
    client_key[i] ^= proof[i];
  proto_scram_hash (HASH, client_key, hashed);
  proto_scram_hmac (HASH, server->keys.server_key, KEY, message, strlen (message),
                    server->signature);
  base_secret_wipe (client_key, sizeof client_key);
  return base_secret_bytes_equal (hashed, server->keys.stored_key, KEY);
}

gboolean
proto_scram_server_take_final (ProtoScramServer *server, const char *client_final, gboolean *proved)
{
  const char *last = g_strrstr (client_final, ",p=");
  gsize length = 0;

  *proved = FALSE;
  if (server->answer == NULL || last == NULL)
    return FALSE;
  g_autofree char *without_proof = g_strndup (client_final, (gsize) (last - client_final));
  g_autofree guint8 *proof = proto_scram_decode (last + 3, &length);
  g_auto (GStrv) fields = g_strsplit (without_proof, ",", 3);
  if (proof == NULL || length != KEY || g_strv_length (fields) < 2
      || !g_str_has_prefix (fields[0], "c=") || !g_str_has_prefix (fields[1], "r="))
    return FALSE;

  g_autofree char *binding = proto_scram_encode_binding (server->gs2_header, server->binding);
  g_autofree char *message
      = g_strdup_printf ("%s,%s,%s", server->first_bare, server->answer, without_proof);
  gboolean right = check_proof (server, proof, message);
  *proved = right && !server->downgraded && strcmp (fields[0] + 2, binding) == 0
            && strcmp (fields[1] + 2, server->nonce) == 0;
  return TRUE;
}

char *
proto_scram_server_final (const ProtoScramServer *server)
{
  g_autofree char *signature = g_base64_encode (server->signature, KEY);

  return g_strconcat ("v=", signature, NULL);
}

/* ---- the rest ---- */

ProtoScramServer *
proto_scram_server_new (gboolean plus, gboolean offered, GBytes *const *bindings, const char *nonce)
{
  ProtoScramServer *server = g_new0 (ProtoScramServer, 1);

  server->plus = plus;
  server->offered = offered;
  for (guint i = 0; bindings != NULL && i < PROTO_N_BINDINGS; i++)
    server->bindings[i] = bindings[i] != NULL ? g_bytes_ref (bindings[i]) : NULL;
  server->nonce = nonce != NULL ? g_strdup (nonce) : proto_scram_make_nonce ();
  return server;
}

void
proto_scram_server_free (ProtoScramServer *server)
{
  for (guint i = 0; i < PROTO_N_BINDINGS; i++)
    g_clear_pointer (&server->bindings[i], g_bytes_unref);
  base_secret_wipe (&server->keys, sizeof server->keys);
  base_secret_wipe (server->signature, sizeof server->signature);
  g_free (server->nonce);
  g_free (server->gs2_header);
  g_free (server->authzid);
  g_free (server->user);
  g_free (server->first_bare);
  g_free (server->answer);
  g_free (server);
}

const char *
proto_scram_server_get_user (const ProtoScramServer *server)
{
  return server->user;
}

const char *
proto_scram_server_get_authzid (const ProtoScramServer *server)
{
  return server->authzid;
}

gboolean
proto_scram_server_is_downgraded (const ProtoScramServer *server)
{
  return server->downgraded;
}
