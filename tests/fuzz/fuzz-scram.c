/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <proto-sasl-scram.h>

#include <string.h>

#define NONCE "rOprNGfwEbeRWgbNEkqO"

/* Nobody who does not know the password is let in, whatever is said. */
static void
check_server (gboolean plus, char **lines)
{
  static const ProtoScramKeys keys = { .iterations = 4096, .salt_length = 4 };
  g_autoptr (GBytes) data = g_bytes_new_static ("data", 4);
  GBytes *const bindings[PROTO_N_BINDINGS] = { data };
  g_autoptr (ProtoScramServer) server = proto_scram_server_new (plus, TRUE, bindings, "server");

  if (!proto_scram_server_take_first (server, lines[0]))
    return;
  g_assert_true (g_utf8_validate (proto_scram_server_get_user (server), -1, NULL));
  g_assert_true (*proto_scram_server_get_user (server) != '\0');
  g_assert_true (g_utf8_validate (proto_scram_server_get_authzid (server), -1, NULL));
  g_assert_true (!plus || g_str_has_prefix (lines[0], "p=tls-exporter,"));
  g_autofree char *answer = proto_scram_server_answer (server, &keys);
  for (const char *at = answer; *at != '\0'; at++)
    g_assert_true (g_ascii_isprint (*at));
  for (guint i = 1; lines[i] != NULL; i++)
    {
      gboolean proved = FALSE;
      proto_scram_server_take_final (server, lines[i], &proved);
      g_assert_false (proved);
    }
}

/* Nor is a server that does not know it taken for one that does. The iterations are the server's
 * choice: many of them would only show that time passes. */
static void
check_client (GChecksumType hash, char **lines)
{
  g_autoptr (BaseSecret) password = base_secret_new ("pencil", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autoptr (ProtoScramClient) client = proto_scram_client_new (hash, "user", password, NONCE);
      const char *iterations = strstr (lines[i], ",i=");
      if (iterations != NULL && strlen (iterations) > 7)
        continue;
      g_autofree char *answer = proto_scram_client_answer (client, lines[i]);
      g_assert_true (answer == NULL || g_str_has_prefix (lines[i], "r=" NONCE));
      for (guint j = 0; answer != NULL && lines[j] != NULL; j++)
        g_assert_true (!proto_scram_client_check (client, lines[j])
                       || g_str_has_prefix (lines[j], "v="));
    }
}

/* Each line is one message. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 8);

  if (lines[0] == NULL)
    return 0;
  check_server (FALSE, lines);
  check_server (TRUE, lines);
  check_client (G_CHECKSUM_SHA256, lines);
  check_client (G_CHECKSUM_SHA1, lines);
  return 0;
}
