/* SPDX-License-Identifier: MIT */
#include <proto-sasl-scram.h>

#define FIRST                                                                                      \
  "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
#define FINAL "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

static ProtoScramClient *
make_client (void)
{
  g_autoptr (BaseSecret) password = base_secret_new ("pencil", -1);

  return proto_scram_client_new ("user", password, "rOprNGfwEbeRWgbNEkqO");
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
  g_autoptr (ProtoScramClient) client = proto_scram_client_new ("a=b,c", password, "n");
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/proto/scram/vector", test_vector);
  g_test_add_func ("/proto/scram/refused", test_refused);
  g_test_add_func ("/proto/scram/names", test_names);
  g_test_add_func ("/proto/scram/prepare", test_prepare);
  return g_test_run ();
}
