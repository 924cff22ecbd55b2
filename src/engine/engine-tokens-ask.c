/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-tokens-private.h"

#include "engine-error.h"

#include <libsoup/soup.h>
#include <string.h>

#define TIMEOUT_SECONDS 30
/* RFC 6585 section 4. */
#define TOO_MANY_REQUESTS 429
/* No answer is as long: what is more is not read. */
#define MAX_ANSWER (64 * 1024)

typedef struct
{
  const EngineProvider *provider;
  EngineTokens *before; /* or NULL */
  SoupSession *session;
  SoupMessage *message;
  char *answer; /* MAX_ANSWER */
} Ask;

static void
ask_free (Ask *ask)
{
  engine_tokens_free (ask->before);
  g_clear_object (&ask->session);
  g_clear_object (&ask->message);
  base_secret_wipe (ask->answer, MAX_ANSWER);
  g_free (ask->answer);
  g_free (ask);
}

static void
wipe_free (gpointer data)
{
  base_secret_wipe (data, strlen (data));
  g_free (data);
}

/* Takes @task and @error. */
static void
fail (GTask *task, GError *error)
{
  const Ask *ask = g_task_get_task_data (task);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_task_return_error (task, error);
  else
    {
      g_task_return_new_error (task, ENGINE_ERROR,
                               error->domain == G_TLS_ERROR ? ENGINE_ERROR_CERTIFICATE
                                                            : ENGINE_ERROR_NETWORK,
                               "%s, where the sign-in is renewed, cannot be reached: %s. Check the "
                               "network, or try again later.",
                               ask->provider->name, error->message);
      g_error_free (error);
    }
  g_object_unref (task);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Ask *ask = g_task_get_task_data (task);
  gsize length = 0;
  GError *error = NULL;

  if (!g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &length, &error))
    {
      fail (task, error);
      return;
    }
  guint status = soup_message_get_status (ask->message);
  EngineTokens *tokens = NULL;
  if (SOUP_STATUS_IS_SERVER_ERROR (status) || status == TOO_MANY_REQUESTS)
    error = g_error_new (ENGINE_ERROR, ENGINE_ERROR_NETWORK,
                         "%s cannot renew the sign-in just now (%u). Try again later.",
                         ask->provider->name, status);
  else
    tokens = engine_tokens_from_answer (ask->provider, ask->answer, length, ask->before, &error);
  if (tokens != NULL)
    g_task_return_pointer (task, tokens, (GDestroyNotify) engine_tokens_free);
  else
    g_task_return_error (task, error);
  g_object_unref (task);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Ask *ask = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GInputStream) stream
      = soup_session_send_finish (SOUP_SESSION (source), result, &error);

  if (stream == NULL)
    {
      fail (task, error);
      return;
    }
  g_input_stream_read_all_async (stream, ask->answer, MAX_ANSWER, G_PRIORITY_DEFAULT,
                                 g_task_get_cancellable (task), on_read, task);
}

/* The program's own words go into the form: not all providers take them in a header (section
 * 2.3.1). */
static GBytes *
complete (const EngineProvider *provider, const char *form)
{
  g_autofree char *id = g_uri_escape_string (provider->client_id, NULL, FALSE);
  g_autofree char *secret = g_uri_escape_string (provider->client_secret, NULL, FALSE);
  char *text = *secret != '\0'
                   ? g_strdup_printf ("%s&client_id=%s&client_secret=%s", form, id, secret)
                   : g_strdup_printf ("%s&client_id=%s", form, id);

  return g_bytes_new_with_free_func (text, strlen (text), wipe_free, text);
}

void
engine_tokens_ask_async (const EngineProvider *provider,
                         const char *form,
                         const EngineTokens *before,
                         const char *proxy,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Ask *ask = g_new0 (Ask, 1);
  g_autoptr (GBytes) body = complete (provider, form);

  ask->provider = provider;
  ask->answer = g_malloc0 (MAX_ANSWER);
  if (before != NULL && before->refresh != NULL)
    {
      ask->before = g_new0 (EngineTokens, 1);
      ask->before->refresh = base_secret_ref (before->refresh);
    }
  ask->session
      = soup_session_new_with_options ("timeout", TIMEOUT_SECONDS, "user-agent", "Postroom", NULL);
  if (*proxy != '\0')
    {
      g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new (proxy, NULL);
      soup_session_set_proxy_resolver (ask->session, resolver);
    }
  ask->message = soup_message_new (SOUP_METHOD_POST, provider->token);
  g_task_set_task_data (task, ask, (GDestroyNotify) ask_free);
  soup_message_add_flags (ask->message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_headers_append (soup_message_get_request_headers (ask->message), "Accept",
                               "application/json");
  soup_message_set_request_body_from_bytes (ask->message, SOUP_FORM_MIME_TYPE_URLENCODED, body);
  soup_session_send_async (ask->session, ask->message, G_PRIORITY_DEFAULT, cancellable, on_sent,
                           task);
}

EngineTokens *
engine_tokens_ask_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
engine_tokens_renew_async (const EngineTokens *tokens,
                           const EngineProvider *provider,
                           const char *proxy,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  char *escaped = g_uri_escape_string (base_secret_get_text (tokens->refresh), NULL, FALSE);
  char *form = g_strdup_printf ("grant_type=refresh_token&refresh_token=%s", escaped);

  engine_tokens_ask_async (provider, form, tokens, proxy, cancellable, callback, user_data);
  wipe_free (form);
  wipe_free (escaped);
}
