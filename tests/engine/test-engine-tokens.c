/* SPDX-License-Identifier: MIT */
#include <engine-error.h>
#include <engine-tokens-private.h>

#include <string.h>

static const EngineProvider provider = { .name = (char *) "School" };

static EngineTokens *
read_answer (const char *json, const EngineTokens *before, GError **error)
{
  return engine_tokens_from_answer (&provider, json, strlen (json), before, error);
}

static void
assert_refused (const char *json, EngineError code, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EngineTokens) tokens = read_answer (json, NULL, &error);

  g_assert_null (tokens);
  g_assert_error (error, ENGINE_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, words));
}

static void
test_answers (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EngineTokens) first
      = read_answer ("{\"access_token\":\"a\",\"refresh_token\":\"r\",\"token_type\":\"bearer\","
                     "\"expires_in\":3600}",
                     NULL, &error);
  g_assert_no_error (error);
  g_assert_false (engine_tokens_are_stale (first));

  /* The refresh token stays where there is no new one; a number may be a text. */
  g_autoptr (EngineTokens) second
      = read_answer ("{\"access_token\":\"b\",\"expires_in\":\"20\"}", first, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (base_secret_get_text (second->refresh), ==, "r");
  g_assert_true (engine_tokens_are_stale (second));

  /* Nothing is said of an end: then a server will say so. */
  g_autoptr (EngineTokens) third = read_answer ("{\"access_token\":\"c\"}", NULL, &error);
  g_assert_no_error (error);
  g_assert_null (third->refresh);
  g_assert_false (engine_tokens_are_stale (third));
}

static void
test_refusals (void)
{
  assert_refused ("{\"error\":\"invalid_grant\",\"error_description\":\"Gone\"}",
                  ENGINE_ERROR_SIGN_IN, "Gone");
  assert_refused ("{\"error\":\"invalid_client\"}", ENGINE_ERROR_REFUSED, "client-id");
  assert_refused ("{\"error\":\"a\\u001bb\"}", ENGINE_ERROR_REFUSED, "a\\x1bb");
  assert_refused ("{\"access_token\":\"a\",\"token_type\":\"mac\"}", ENGINE_ERROR_PROTOCOL,
                  "not known");
  assert_refused ("{\"access_token\":\"\"}", ENGINE_ERROR_REFUSED, "School");
  assert_refused ("{\"access_token\":[1]}", ENGINE_ERROR_REFUSED, "School");
  assert_refused ("{\"access_token\":null,\"error\":{}}", ENGINE_ERROR_REFUSED, "School");
  assert_refused ("[]", ENGINE_ERROR_REFUSED, "School");
  assert_refused ("<html>", ENGINE_ERROR_REFUSED, "School");
  assert_refused ("\xff", ENGINE_ERROR_REFUSED, "School");
  assert_refused ("", ENGINE_ERROR_REFUSED, "School");
}

static void
test_kept (void)
{
  g_autoptr (EngineTokens) tokens
      = read_answer ("{\"access_token\":\"a\\\"\\\\b\",\"refresh_token\":\"r\",\"expires_in\":99}",
                     NULL, NULL);
  g_autoptr (BaseSecret) secret = engine_tokens_to_secret (tokens);
  g_autoptr (EngineTokens) again = engine_tokens_from_secret (secret);
  g_autoptr (BaseSecret) password = base_secret_new ("a password", -1);

  g_assert_true (base_secret_equal (again->access, tokens->access));
  g_assert_true (base_secret_equal (again->refresh, tokens->refresh));
  g_assert_cmpint (again->expires, ==, tokens->expires);
  g_assert_null (engine_tokens_from_secret (password));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/tokens/answers", test_answers);
  g_test_add_func ("/engine/tokens/refusals", test_refusals);
  g_test_add_func ("/engine/tokens/kept", test_kept);
  return g_test_run ();
}
