/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-tokens-private.h"

#include "engine-error.h"

#include <base-clock.h>
#include <base-text.h>

#include <json-glib/json-glib.h>
#include <string.h>

/* A token must last for a session, or for the beginning of one. */
#define MARGIN_SECONDS 60

void
engine_tokens_free (EngineTokens *tokens)
{
  if (tokens == NULL)
    return;
  g_clear_pointer (&tokens->access, base_secret_unref);
  g_clear_pointer (&tokens->refresh, base_secret_unref);
  g_free (tokens);
}

gboolean
engine_tokens_are_stale (const EngineTokens *tokens)
{
  gint64 now = base_clock_real () / G_USEC_PER_SEC;

  return tokens->expires != 0 && tokens->expires - MARGIN_SECONDS <= now;
}

/* ---- JSON ---- */

/* The top object, borrowed; NULL: @text is none. */
static JsonObject *
parse (JsonParser *parser, const char *text, gsize length)
{
  if (!g_utf8_validate_len (text, length, NULL)
      || !json_parser_load_from_data (parser, text, (gssize) length, NULL))
    return NULL;
  JsonNode *root = json_parser_get_root (parser);
  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
}

static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node)
                 && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static BaseSecret *
get_secret (JsonObject *object, const char *name)
{
  const char *text = get_text (object, name);

  return text != NULL && *text != '\0' ? base_secret_new (text, -1) : NULL;
}

/* Some providers write the number as a text. */
static gint64
get_number (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node))
    return 0;
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return g_ascii_strtoll (json_node_get_string (node), NULL, 10);
  return json_node_get_int (node);
}

BaseSecret *
engine_tokens_to_secret (const EngineTokens *tokens)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "access_token");
  json_builder_add_string_value (builder, base_secret_get_text (tokens->access));
  if (tokens->refresh != NULL)
    {
      json_builder_set_member_name (builder, "refresh_token");
      json_builder_add_string_value (builder, base_secret_get_text (tokens->refresh));
    }
  json_builder_set_member_name (builder, "expires");
  json_builder_add_int_value (builder, tokens->expires);
  json_builder_end_object (builder);
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  return base_secret_new_take (json_generator_to_data (generator, NULL));
}

EngineTokens *
engine_tokens_from_secret (const BaseSecret *secret)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object
      = parse (parser, base_secret_get_text (secret), base_secret_get_length (secret));
  g_autoptr (EngineTokens) tokens = g_new0 (EngineTokens, 1);

  if (object == NULL || (tokens->access = get_secret (object, "access_token")) == NULL)
    return NULL;
  tokens->refresh = get_secret (object, "refresh_token");
  tokens->expires = get_number (object, "expires");
  return g_steal_pointer (&tokens);
}

/* Section 5.2. */
static GError *
say_refusal (const EngineProvider *provider, JsonObject *object)
{
  const char *code = object != NULL ? get_text (object, "error") : NULL;
  const char *words = object != NULL ? get_text (object, "error_description") : NULL;
  g_autofree char *shown = base_text_escape (words != NULL  ? words
                                             : code != NULL ? code
                                                            : "no words",
                                             -1);

  if (g_strcmp0 (code, "invalid_grant") == 0)
    return g_error_new (ENGINE_ERROR, ENGINE_ERROR_SIGN_IN,
                        "The sign-in at %s has expired or was withdrawn (%s). Sign in again.",
                        provider->name, shown);
  if (g_strcmp0 (code, "invalid_client") == 0 || g_strcmp0 (code, "unauthorized_client") == 0)
    return g_error_new (ENGINE_ERROR, ENGINE_ERROR_REFUSED,
                        "%s does not know this program (%s). Check the client-id and the "
                        "client-secret in providers.ini.",
                        provider->name, shown);
  return g_error_new (ENGINE_ERROR, ENGINE_ERROR_REFUSED, "%s refused the sign-in: %s.",
                      provider->name, shown);
}

EngineTokens *
engine_tokens_from_answer (const EngineProvider *provider,
                           const char *json,
                           gsize length,
                           const EngineTokens *before,
                           GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object = parse (parser, json, length);
  g_autoptr (EngineTokens) tokens = g_new0 (EngineTokens, 1);
  const char *type = object != NULL ? get_text (object, "token_type") : NULL;

  if (object == NULL || (tokens->access = get_secret (object, "access_token")) == NULL)
    {
      g_propagate_error (error, say_refusal (provider, object));
      return NULL;
    }
  /* A token of another type is used in another way (section 7.1). */
  if (type != NULL && g_ascii_strcasecmp (type, "bearer") != 0)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_PROTOCOL,
                   "%s gave a token of a kind that is not known here.", provider->name);
      return NULL;
    }
  tokens->refresh = get_secret (object, "refresh_token");
  if (tokens->refresh == NULL && before != NULL && before->refresh != NULL)
    tokens->refresh = base_secret_ref (before->refresh);
  gint64 seconds = get_number (object, "expires_in");
  tokens->expires
      = seconds > 0 ? base_clock_real () / G_USEC_PER_SEC + MIN (seconds, G_MAXINT32) : 0;
  return g_steal_pointer (&tokens);
}
