/* SPDX-License-Identifier: MIT */
#include <proto-sasl.h>

#include <string.h>

static void
test_names (void)
{
  g_autofree char *both = proto_sasl_list (PROTO_SASL_LOGIN | PROTO_SASL_PLAIN);
  g_autofree char *none = proto_sasl_list (0);

  g_assert_cmpstr (both, ==, "PLAIN LOGIN");
  g_assert_cmpstr (none, ==, "");
  g_assert_cmpstr (proto_sasl_get_name (PROTO_SASL_LOGIN), ==, "LOGIN");
  g_assert_cmpint (proto_sasl_from_name ("pLaIn"), ==, PROTO_SASL_PLAIN);
  g_assert_cmpint (proto_sasl_from_name ("login"), ==, PROTO_SASL_LOGIN);
  g_assert_cmpint (proto_sasl_from_name ("PLAIN-CLIENTTOKEN"), ==, 0);
  g_assert_cmpint (proto_sasl_from_name (""), ==, 0);
}

static char *
encode (const char *octets, gsize length)
{
  return g_base64_encode ((const guchar *) octets, length);
}

static void
check_credentials (const ProtoCredentials *credentials,
                   const char *authzid,
                   const char *user,
                   const char *password)
{
  g_assert_nonnull (credentials);
  g_assert_cmpstr (credentials->authzid, ==, authzid);
  g_assert_cmpstr (credentials->user, ==, user);
  g_assert_cmpstr (base_secret_get_text (credentials->password), ==, password);
}

static void
test_plain (void)
{
  static const struct
  {
    const char *octets;
    gsize length;
    const char *authzid; /* NULL: malformed */
    const char *user;
    const char *password;
  } cases[] = {
    { "\0tim\0tanstaaf", 13, "", "tim", "tanstaaf" },
    { "root\0tim\0x", 10, "root", "tim", "x" },
    { "\0 tim \0 x ", 10, "", " tim ", " x " },
    { "\0\xe5\xbc\xa0\0\xe5\xaf\x86", 8, "", "张", "密" },
    { "", 0, NULL },
    { "\0", 1, NULL },
    { "\0\0", 2, NULL },
    { "\0tim\0", 5, NULL },
    { "\0\0x", 3, NULL },
    { "tim\0x", 5, NULL },
    { "\0tim\0x\0y", 8, NULL },
    { "\0t\xff\0x", 5, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (ProtoSaslServer) server = proto_sasl_server_new (PROTO_SASL_PLAIN, NULL);
      g_autoptr (ProtoCredentials) credentials = NULL;
      g_autofree char *response = encode (cases[i].octets, cases[i].length);
      g_autofree char *challenge = NULL;
      ProtoSaslResult result = proto_sasl_server_step (server, response, &challenge, &credentials);

      g_test_message ("case %" G_GSIZE_FORMAT, i);
      g_assert_cmpint (result, ==,
                       cases[i].authzid != NULL ? PROTO_SASL_DONE : PROTO_SASL_MALFORMED);
      if (cases[i].authzid != NULL)
        check_credentials (credentials, cases[i].authzid, cases[i].user, cases[i].password);
      else
        g_assert_null (credentials);
    }
}

/* RFC 4648 section 3.3: what is no base64 is refused, not passed over. */
static void
test_bad_base64 (void)
{
  static const char *const texts[] = {
    "A",    "AB",        "ABC",     "AHRpbQB4=", "AHRpbQB4====", "AHRp bQB4",   "AHRp\nbQB4",
    "====", "AHRpbQB4*", "=AHRpbQ", "AHR=bQB4",  "AHRpbQ-_",     "AHRpbQB\xc3", "!",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    for (guint m = 0; m < 2; m++)
      {
        g_autoptr (ProtoSaslServer) server
            = proto_sasl_server_new (m == 0 ? PROTO_SASL_PLAIN : PROTO_SASL_LOGIN, NULL);
        g_autoptr (ProtoCredentials) credentials = NULL;
        g_autofree char *challenge = NULL;

        g_assert_cmpint (proto_sasl_server_step (server, texts[i], &challenge, &credentials), ==,
                         PROTO_SASL_MALFORMED);
      }
}

static ProtoCredentials *
tim (void)
{
  g_autoptr (BaseSecret) password = base_secret_new ("tanstaaf", -1);

  return proto_credentials_new ("tim", password);
}

/* Our client against our server; @initial: the first response comes with AUTH. */
static void
check_exchange (ProtoSaslMechanisms mechanism, gboolean initial, guint challenges)
{
  g_autoptr (ProtoCredentials) mine = tim ();
  g_autoptr (ProtoCredentials) theirs = NULL;
  g_autoptr (ProtoSaslServer) server = proto_sasl_server_new (mechanism, NULL);
  g_autoptr (ProtoSaslClient) client = proto_sasl_client_new (mechanism, mine, NULL);
  g_autofree char *response = initial ? proto_sasl_client_initial (client) : NULL;
  ProtoSaslResult result;
  guint n = 0;

  for (;;)
    {
      g_autofree char *challenge = NULL;

      result = proto_sasl_server_step (server, response, &challenge, &theirs);
      if (result != PROTO_SASL_CONTINUE)
        break;
      n++;
      g_clear_pointer (&response, g_free);
      g_assert_cmpint (proto_sasl_client_step (client, challenge, &response), ==,
                       PROTO_SASL_CONTINUE);
    }
  g_assert_cmpint (result, ==, PROTO_SASL_DONE);
  g_assert_cmpuint (n, ==, challenges);
  check_credentials (theirs, "", "tim", "tanstaaf");
}

static void
test_exchanges (void)
{
  check_exchange (PROTO_SASL_PLAIN, TRUE, 0);
  check_exchange (PROTO_SASL_PLAIN, FALSE, 1);
  check_exchange (PROTO_SASL_LOGIN, TRUE, 2);
  check_exchange (PROTO_SASL_LOGIN, FALSE, 2);
}

static void
test_login (void)
{
  g_autoptr (ProtoSaslServer) server = proto_sasl_server_new (PROTO_SASL_LOGIN, NULL);
  g_autoptr (ProtoCredentials) credentials = NULL;
  g_autofree char *first = NULL, *second = NULL, *third = NULL;

  g_assert_cmpint (proto_sasl_server_step (server, NULL, &first, &credentials), ==,
                   PROTO_SASL_CONTINUE);
  g_assert_cmpstr (first, ==, "VXNlcm5hbWU6");
  g_assert_cmpint (proto_sasl_server_step (server, "dGlt", &second, &credentials), ==,
                   PROTO_SASL_CONTINUE);
  g_assert_cmpstr (second, ==, "UGFzc3dvcmQ6");
  g_assert_null (credentials);
  g_assert_cmpint (proto_sasl_server_step (server, "eA==", &third, &credentials), ==,
                   PROTO_SASL_DONE);
  g_assert_null (third);
  check_credentials (credentials, "", "tim", "x");
}

static void
test_login_malformed (void)
{
  /* an empty name, a NUL inside, octets that are no UTF-8 */
  static const char *const names[] = { "=", "", "dABt", "dP8=" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (ProtoSaslServer) server = proto_sasl_server_new (PROTO_SASL_LOGIN, NULL);
      g_autoptr (ProtoCredentials) credentials = NULL;
      g_autofree char *first = NULL, *second = NULL;

      g_assert_cmpint (proto_sasl_server_step (server, NULL, &first, &credentials), ==,
                       PROTO_SASL_CONTINUE);
      g_assert_cmpint (proto_sasl_server_step (server, names[i], &second, &credentials), ==,
                       PROTO_SASL_MALFORMED);
    }
}

/* A server that asks without end gets an end. */
static void
test_client_ends (void)
{
  g_autoptr (ProtoCredentials) credentials = tim ();
  g_autoptr (ProtoSaslClient) plain = proto_sasl_client_new (PROTO_SASL_PLAIN, credentials, NULL);
  g_autoptr (ProtoSaslClient) login = proto_sasl_client_new (PROTO_SASL_LOGIN, credentials, NULL);

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *one = NULL, *two = NULL;

      g_assert_cmpint (proto_sasl_client_step (plain, "", &one), ==,
                       i < 1 ? PROTO_SASL_CONTINUE : PROTO_SASL_MALFORMED);
      g_assert_cmpint (proto_sasl_client_step (login, "", &two), ==,
                       i < 2 ? PROTO_SASL_CONTINUE : PROTO_SASL_MALFORMED);
    }
}

/* A server that says "well" without its own proof must not be believed (RFC 5802 section 5). */
static void
test_scram_client (void)
{
  g_autoptr (BaseSecret) password = base_secret_new ("pencil", -1);
  g_autoptr (BaseSecret) odd = base_secret_new ("pen\acil", -1);
  g_autoptr (ProtoCredentials) credentials = proto_credentials_new ("user", password);
  g_autoptr (ProtoCredentials) odd_credentials = proto_credentials_new ("user", odd);
  ProtoSaslMechanisms all = PROTO_SASL_SCRAM_SHA_256 | PROTO_SASL_PLAIN | PROTO_SASL_LOGIN;
  g_autoptr (ProtoSaslClient) client
      = proto_sasl_client_new (PROTO_SASL_SCRAM_SHA_256, credentials, NULL);
  g_autofree char *response = NULL, *proof = NULL, *nothing = NULL;
  gsize length;

  g_assert_cmpint (proto_sasl_client_choose (all, credentials, NULL), ==, PROTO_SASL_SCRAM_SHA_256);
  g_assert_cmpint (proto_sasl_client_choose (all, odd_credentials, NULL), ==, PROTO_SASL_PLAIN);
  g_assert_cmpint (proto_sasl_client_step (client, "", &response), ==, PROTO_SASL_CONTINUE);
  g_autofree char *first = (char *) g_base64_decode (response, &length);
  g_autofree char *first_text = g_strndup (first, length);
  g_autofree char *answer
      = g_strdup_printf ("%sabc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", strstr (first_text, "r="));
  g_autofree char *challenge = encode (answer, strlen (answer));
  g_assert_cmpint (proto_sasl_client_step (client, challenge, &proof), ==, PROTO_SASL_CONTINUE);
  g_assert_false (proto_sasl_client_is_complete (client));

  const char *wrong = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
  g_autofree char *final = encode (wrong, strlen (wrong));
  g_assert_cmpint (proto_sasl_client_step (client, final, &nothing), ==, PROTO_SASL_MALFORMED);
  g_assert_null (nothing);
  g_assert_false (proto_sasl_client_is_complete (client));
}

/* The strongest that this password and this TLS allow, and for a token nothing else. */
static void
test_preference (void)
{
  static const ProtoSaslMechanisms order[] = {
    PROTO_SASL_SCRAM_SHA_256_PLUS,
    PROTO_SASL_SCRAM_SHA_1_PLUS,
    PROTO_SASL_SCRAM_SHA_256,
    PROTO_SASL_SCRAM_SHA_1,
    PROTO_SASL_CRAM_MD5,
    PROTO_SASL_PLAIN,
    PROTO_SASL_LOGIN,
  };
  ProtoSaslMechanisms tokens = PROTO_SASL_OAUTHBEARER | PROTO_SASL_XOAUTH2, left = tokens;
  g_autoptr (GBytes) data = g_bytes_new_static ("data", 4);
  GBytes *const bindings[PROTO_N_BINDINGS] = { data };
  g_autoptr (ProtoCredentials) credentials = tim ();
  g_autoptr (ProtoCredentials) token = proto_credentials_new_token ("tim", credentials->password);

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    left |= order[i];
  g_assert_cmpint (proto_sasl_client_choose (left, credentials, NULL), ==,
                   PROTO_SASL_SCRAM_SHA_256);
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    {
      g_assert_cmpint (proto_sasl_client_choose (left, credentials, bindings), ==, order[i]);
      g_assert_cmpint (proto_sasl_client_choose (left, token, bindings), ==,
                       PROTO_SASL_OAUTHBEARER);
      left &= ~order[i];
    }
  g_assert_cmpint (proto_sasl_client_choose (left, credentials, bindings), ==, 0);
  g_assert_cmpint (proto_sasl_client_choose (PROTO_SASL_XOAUTH2, token, NULL), ==,
                   PROTO_SASL_XOAUTH2);
  g_assert_cmpint (proto_sasl_client_choose (PROTO_SASL_HIDING | PROTO_SASL_PLAIN, token, bindings),
                   ==, 0);
}

/* What a refusal says comes in words, and what makes no sense in a general one. */
static void
test_refusals (void)
{
  static const struct
  {
    const char *json;
    const char *words;
  } cases[] = {
    { "{\"status\":\"invalid_token\",\"scope\":\"x\"}",
      "The sign-in has expired or was withdrawn" },
    { "{ \"scope\":\"x\", \"status\" :\t\"401\" }", "The sign-in has expired or was withdrawn" },
    { "{\"status\":\"insufficient_scope\"}",
      "The sign-in does not allow mail to be fetched or sent" },
    { "{\"status\":\"a\033b\"}", "The server refused the sign-in (a\\x1bb)" },
    { "{\"status\":\"a\\\"b\"}", "The server refused the sign-in" },
    { "{\"status\":401}", "The server refused the sign-in" },
    { "{\"status\":\"\"}", "The server refused the sign-in" },
    { "{\"status\"", "The server refused the sign-in" },
    { "{\"status\":\"40", "The server refused the sign-in" },
    { "no JSON", "The server refused the sign-in" },
  };
  g_autoptr (ProtoCredentials) credentials = tim ();

  credentials->is_token = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (ProtoSaslClient) client
          = proto_sasl_client_new (PROTO_SASL_OAUTHBEARER, credentials, NULL);
      g_autofree char *challenge = encode (cases[i].json, strlen (cases[i].json));
      g_autofree char *response = NULL, *more = NULL;

      g_assert_null (proto_sasl_client_get_refusal (client));
      g_assert_cmpint (proto_sasl_client_step (client, challenge, &response), ==,
                       PROTO_SASL_CONTINUE);
      g_assert_cmpstr (response, ==, "AQ==");
      g_assert_cmpstr (proto_sasl_client_get_refusal (client), ==, cases[i].words);
      g_assert_cmpint (proto_sasl_client_step (client, challenge, &more), ==, PROTO_SASL_MALFORMED);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/proto/sasl/names", test_names);
  g_test_add_func ("/proto/sasl/plain", test_plain);
  g_test_add_func ("/proto/sasl/bad-base64", test_bad_base64);
  g_test_add_func ("/proto/sasl/exchanges", test_exchanges);
  g_test_add_func ("/proto/sasl/login", test_login);
  g_test_add_func ("/proto/sasl/login-malformed", test_login_malformed);
  g_test_add_func ("/proto/sasl/client-ends", test_client_ends);
  g_test_add_func ("/proto/sasl/scram-client", test_scram_client);
  g_test_add_func ("/proto/sasl/preference", test_preference);
  g_test_add_func ("/proto/sasl/refusals", test_refusals);
  return g_test_run ();
}
