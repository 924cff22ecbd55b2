/* SPDX-License-Identifier: MIT */
#include "transcript-sasl.h"

#include <string.h>

#define FIRST                                                                                      \
  "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
#define FINAL "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

static ProtoScramClient *
make_client (void)
{
  g_autoptr (BaseSecret) password = base_secret_new ("pencil", -1);

  return proto_scram_client_new (G_CHECKSUM_SHA256, "user", password, "rOprNGfwEbeRWgbNEkqO");
}

/* RFC 7677 section 3. */
static void
test_vector (void)
{
  g_autoptr (ProtoScramClient) client = make_client ();
  g_autofree char *first = proto_scram_client_first (client);
  g_assert_cmpstr (first, ==, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  g_assert_false (proto_scram_client_check (client, FINAL));

  g_autofree char *final = proto_scram_client_answer (client, FIRST);
  g_assert_cmpstr (final, ==,
                   "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                   "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  g_assert_true (proto_scram_client_check (client, FINAL));
  g_assert_false (proto_scram_client_check (client, "e=other-error"));
  g_assert_false (
      proto_scram_client_check (client, "v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
  g_assert_null (proto_scram_client_answer (client, FIRST));
}

/* RFC 5802 section 5. */
static void
test_vector_of_sha_1 (void)
{
  g_autoptr (BaseSecret) password = base_secret_new ("pencil", -1);
  g_autoptr (ProtoScramClient) client
      = proto_scram_client_new (G_CHECKSUM_SHA1, "user", password, "fyko+d2lbbFgONRv9qkxdawL");
  g_autofree char *final = proto_scram_client_answer (
      client, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");

  g_assert_cmpstr (final, ==,
                   "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
                   "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
  g_assert_true (proto_scram_client_check (client, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
  g_assert_false (proto_scram_client_check (client, "v=smF9pqV8S7suAoZWja4dJRkFsKQ="));
  g_assert_false (proto_scram_client_check (client, FINAL));
}

static void
test_refused (void)
{
  static const char *const messages[] = {
    "",
    "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    "r=XOprNGfwEbeRWgbNEkqOabc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    "r=rOprNGfwEbeRWgbNEkqOabc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095",
    "r=rOprNGfwEbeRWgbNEkqOabc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1000001",
    "r=rOprNGfwEbeRWgbNEkqOabc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-4096",
    "r=rOprNGfwEbeRWgbNEkqOabc,s=,i=4096",
    "r=rOprNGfwEbeRWgbNEkqOabc,s=W22*,i=4096",
    "m=x,r=rOprNGfwEbeRWgbNEkqOabc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
  };

  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      g_autoptr (ProtoScramClient) client = make_client ();
      g_assert_null (proto_scram_client_answer (client, messages[i]));
    }
}

static void
test_names (void)
{
  g_autoptr (BaseSecret) password = base_secret_new ("x", -1);
  g_autoptr (ProtoScramClient) client
      = proto_scram_client_new (G_CHECKSUM_SHA256, "a=b,c", password, "n");
  g_autofree char *first = proto_scram_client_first (client);

  g_assert_cmpstr (first, ==, "n,,n=a=3Db=2Cc,r=n");
}

static void
test_prepare (void)
{
  static const struct
  {
    const char *text;
    const char *prepared;
  } cases[] = {
    { "pencil", "pencil" },
    { "a b", "a b" },
    { "\xc2\xaa", "a" },
    { "\xe2\x85\xa8", "IX" },
    { "a\xc2\xa0"
      "b",
      "a b" },
    /* RFC 4013 section 3. */
    { "I\xc2\xadX", "IX" },
    { "USER", "USER" },
    { "\xd8\xa7\x31", NULL },
    /* Letters from right to left at both ends, and no other ones. */
    { "\xd8\xa7\x31\xd8\xa8", "\xd8\xa7\x31\xd8\xa8" },
    { "\xd8\xa7x\xd8\xa8", NULL },
    /* Nothing is left; a private use; a tag; no character; a line's end; a bidi mark. */
    { "\xe2\x80\x8b", NULL },
    { "\xee\x80\x80", NULL },
    { "\xf3\xa0\x80\x81", NULL },
    { "\xef\xbf\xbf", NULL },
    { "\xe2\x80\xa8", NULL },
    { "a\xe2\x80\x8e", NULL },
    { "\xe3\x80\x80", " " },
    { "a\x07", NULL },
    { "", NULL },
    { "\xff", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (BaseSecret) password = base_secret_new (cases[i].text, -1);
      BaseSecret *prepared = proto_scram_prepare (password);

      g_assert_cmpstr (prepared != NULL ? base_secret_get_text (prepared) : NULL, ==,
                       cases[i].prepared);
      if (prepared != NULL)
        base_secret_unref (prepared);
    }
}

/* The whole exchange, over a TLS that gives each side its words; whether it went well. */
static gboolean
exchange (const char *password_text, const char *client_data, const char *server_data, char flag)
{
  g_autoptr (BaseSecret) password = base_secret_new (password_text, -1);
  g_autoptr (ProtoScramClient) client
      = proto_scram_client_new (G_CHECKSUM_SHA256, "us=er,", password, NULL);
  g_autoptr (GBytes) client_bytes = g_bytes_new (client_data, strlen (client_data));
  g_autoptr (GBytes) server_bytes = g_bytes_new (server_data, strlen (server_data));
  GBytes *bindings[PROTO_N_BINDINGS] = { [PROTO_BINDING_UNIQUE] = server_bytes };
  g_autoptr (ProtoScramServer) server
      = proto_scram_server_new (flag == 'p', flag == 'y', bindings, NULL);
  gboolean proved = FALSE;

  if (flag != 'n')
    proto_scram_client_bind (client, PROTO_BINDING_UNIQUE, flag == 'p' ? client_bytes : NULL);
  g_autofree char *first = proto_scram_client_first (client);
  g_assert_true (proto_scram_server_take_first (server, first));
  g_assert_cmpstr (proto_scram_server_get_user (server), ==, "us=er,");
  g_autofree char *challenge = proto_scram_server_answer (server, transcript_sasl_get_keys ());
  g_autofree char *answer = proto_scram_client_answer (client, challenge);
  g_assert_nonnull (answer);
  g_assert_true (proto_scram_server_take_final (server, answer, &proved));
  g_autofree char *final = proto_scram_server_final (server);
  g_assert_true (!proved || proto_scram_client_check (client, final));
  return proved;
}

static void
test_both_sides (void)
{
  g_assert_true (exchange ("pencil", "", "", 'n'));
  g_assert_false (exchange ("pencils", "", "", 'n'));
  g_assert_true (exchange ("pencil", "tls", "tls", 'p'));
  g_assert_false (exchange ("pencil", "tls", "lts", 'p'));
  g_assert_false (exchange ("pencil", "tls", "tls", 'y'));
}

/* What a server must not take for the end of the exchange. */
static void
test_finals (void)
{
  static const struct
  {
    const char *final;
    gboolean well_formed;
  } cases[] = {
    { "", FALSE },
    { "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", FALSE },
    { "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,c=biws,"
      "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
      FALSE },
    { "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzb", FALSE },
    { "c=biws,r=rOprNGfwEbeRWgbNEkqO,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", TRUE },
    /* A right proof over a nonce that is not this exchange's. */
    { "c=biws,r=rOprNGfwEbeRWgbNEkqO,p=O9uzSubb+3i48FupGqpwHCRwCzqSP7Ka+/+aEQLF0vQ=", TRUE },
    { "c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
      "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
      TRUE },
    { "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,x=y,"
      "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
      TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (ProtoScramServer) server
          = proto_scram_server_new (FALSE, FALSE, NULL, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
      gboolean proved = FALSE;

      g_assert_true (proto_scram_server_take_first (server, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
      g_assert_false (proto_scram_server_take_final (server, cases[i].final, &proved));
      g_autofree char *first = proto_scram_server_answer (server, transcript_sasl_get_keys ());
      g_assert_cmpstr (first, ==, FIRST);
      g_assert_cmpint (proto_scram_server_take_final (server, cases[i].final, &proved), ==,
                       cases[i].well_formed);
      g_assert_false (proved);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/proto/scram/vector", test_vector);
  g_test_add_func ("/proto/scram/vector-of-sha-1", test_vector_of_sha_1);
  g_test_add_func ("/proto/scram/refused", test_refused);
  g_test_add_func ("/proto/scram/names", test_names);
  g_test_add_func ("/proto/scram/prepare", test_prepare);
  g_test_add_func ("/proto/scram/both-sides", test_both_sides);
  g_test_add_func ("/proto/scram/finals", test_finals);
  return g_test_run ();
}
