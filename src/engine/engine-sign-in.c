/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-sign-in.h"

#include "engine-error.h"
#include "engine-timer-private.h"
#include "engine-tokens-private.h"

#include <base-text.h>

#include <gnutls/crypto.h>
#include <libsoup/soup.h>
#include <string.h>

#define PATIENCE_MSEC (15 * 60 * 1000)
/* RFC 7636 section 4.1: 32 octets make the shortest verifier there may be. */
#define RANDOM_OCTETS 32

typedef struct
{
  GTask *task; /* borrowed: it owns this */
  const EngineProvider *provider;
  char *address;
  char *proxy;
  char *done;
  char *failed;
  SoupServer *server;
  char *redirect; /* where the browser comes back */
  char *state;
  char *verifier;
  SoupServerMessage *message; /* the browser that came back and waits; or NULL */
  gulong finished;

  BaseSecret *secret; /* the outcome, or */
  GError *error;      /* why there is none */
  GSource *patience;
  GSource *cancel;
} Visit;

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
forget_message (Visit *visit)
{
  if (visit->message != NULL && visit->finished != 0)
    g_signal_handler_disconnect (visit->message, visit->finished);
  visit->finished = 0;
  g_clear_object (&visit->message);
}

static void
visit_free (Visit *visit)
{
  forget_message (visit);
  engine_timer_clear (&visit->patience);
  clear_source (&visit->cancel);
  if (visit->server != NULL)
    soup_server_disconnect (visit->server);
  g_clear_object (&visit->server);
  g_free (visit->address);
  g_free (visit->proxy);
  g_free (visit->done);
  g_free (visit->failed);
  g_free (visit->redirect);
  g_free (visit->state);
  g_free (visit->verifier);
  g_clear_pointer (&visit->secret, base_secret_unref);
  g_clear_error (&visit->error);
  g_free (visit);
}

/* ---- words that nobody can guess ---- */

static char *
encode_url (const guint8 *octets, gsize length)
{
  char *text = g_base64_encode (octets, length);

  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  text[strcspn (text, "=")] = '\0';
  return text;
}

static char *
make_random (void)
{
  guint8 octets[RANDOM_OCTETS];

  if (gnutls_rnd (GNUTLS_RND_KEY, octets, sizeof octets) != 0)
    g_error ("The system gives no random numbers");
  return encode_url (octets, sizeof octets);
}

/* S256 of RFC 7636 section 4.2. */
static char *
make_challenge (const char *verifier)
{
  guint8 digest[32];
  gsize length = sizeof digest;
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);

  g_checksum_update (sum, (const guchar *) verifier, -1);
  g_checksum_get_digest (sum, digest, &length);
  return encode_url (digest, length);
}

static char *
make_uri (const Visit *visit)
{
  g_autofree char *challenge = make_challenge (visit->verifier);
  g_autofree char *query
      = soup_form_encode ("response_type", "code", "client_id", visit->provider->client_id,
                          "redirect_uri", visit->redirect, "scope", visit->provider->scope, "state",
                          visit->state, "code_challenge", challenge, "code_challenge_method",
                          "S256", "login_hint", visit->address, NULL);
  const char *join = strchr (visit->provider->authorize, '?') != NULL ? "&" : "?";
  const char *more = visit->provider->parameters;

  return g_strconcat (visit->provider->authorize, join, query, *more != '\0' ? "&" : "", more,
                      NULL);
}

/* ---- the end ---- */

/* Once: the task goes, and with it the port. */
static void
return_outcome (Visit *visit)
{
  g_autoptr (GTask) task = g_steal_pointer (&visit->task);

  if (task == NULL)
    return;
  forget_message (visit);
  engine_timer_clear (&visit->patience);
  clear_source (&visit->cancel);
  g_clear_pointer (&visit->server, g_object_unref);
  if (visit->secret != NULL)
    g_task_return_pointer (task, base_secret_ref (visit->secret),
                           (GDestroyNotify) base_secret_unref);
  else
    g_task_return_error (task, g_steal_pointer (&visit->error));
}

static gboolean
on_told (gpointer user_data)
{
  return_outcome (user_data);
  return G_SOURCE_REMOVE;
}

/* The server must not go while it is speaking of its message. */
static void
on_finished (SoupServerMessage *message, gpointer user_data)
{
  Visit *visit = user_data;

  engine_timer_clear (&visit->patience);
  visit->patience = engine_timer_new (0, on_told, visit);
}

static void
set_page (SoupServerMessage *message, guint status, const char *words)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  g_autofree char *escaped = g_markup_escape_text (words, -1);
  char *page = g_strdup_printf ("<!DOCTYPE html><meta charset=\"utf-8\"><title>Postroom</title>"
                                "<meta name=\"color-scheme\" content=\"light dark\">"
                                "<body style=\"font-family:sans-serif;text-align:center;"
                                "margin-top:20vh\"><p>%s</p>\n",
                                escaped);

  soup_message_headers_append (headers, "Cache-Control", "no-store");
  soup_message_headers_append (headers, "Referrer-Policy", "no-referrer");
  soup_message_headers_append (headers, "Connection", "close");
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, "text/html; charset=utf-8", SOUP_MEMORY_TAKE, page,
                                    strlen (page));
}

/* The browser is told first: it would show a broken page otherwise. Takes @error. */
static void
end (Visit *visit, GError *error)
{
  if (visit->error == NULL)
    visit->error = error;
  else
    g_clear_error (&error);
  if (visit->message == NULL)
    {
      return_outcome (visit);
      return;
    }
  set_page (visit->message, visit->secret != NULL ? 200 : 400,
            visit->secret != NULL ? visit->done : visit->failed);
  visit->finished = g_signal_connect (visit->message, "finished", G_CALLBACK (on_finished), visit);
  soup_server_message_unpause (visit->message);
}

static gboolean
on_patience_over (gpointer user_data)
{
  Visit *visit = user_data;

  g_clear_error (&visit->error);
  visit->error = g_error_new (ENGINE_ERROR, ENGINE_ERROR_SIGN_IN,
                              "Nobody signed in at %s. Try again.", visit->provider->name);
  return_outcome (visit);
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  Visit *visit = user_data;

  g_clear_pointer (&visit->secret, base_secret_unref);
  g_clear_error (&visit->error);
  visit->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "The sign-in was ended.");
  return_outcome (visit);
  return G_SOURCE_REMOVE;
}

/* ---- the browser comes back ---- */

static void
on_tokens (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Visit *visit = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (EngineTokens) tokens = engine_tokens_ask_finish (result, &error);

  if (visit->task == NULL)
    {
      g_clear_error (&error);
      return;
    }
  if (tokens != NULL)
    visit->secret = engine_tokens_to_secret (tokens);
  end (visit, error);
}

static void
ask_for_tokens (Visit *visit, const char *code)
{
  char *form = soup_form_encode ("grant_type", "authorization_code", "code", code, "redirect_uri",
                                 visit->redirect, "code_verifier", visit->verifier, NULL);

  engine_tokens_ask_async (visit->provider, form, NULL, visit->proxy,
                           g_task_get_cancellable (visit->task), on_tokens,
                           g_object_ref (visit->task));
  base_secret_wipe (form, strlen (form));
  g_free (form);
}

static const char *
get_word (GHashTable *query, const char *name)
{
  return query != NULL ? g_hash_table_lookup (query, name) : NULL;
}

static gboolean
is_state (const Visit *visit, const char *state)
{
  return state != NULL && strlen (state) == strlen (visit->state)
         && base_secret_bytes_equal (state, visit->state, strlen (state));
}

static GError *
say_refusal (const Visit *visit, GHashTable *query)
{
  const char *code = get_word (query, "error");
  const char *words = get_word (query, "error_description");
  g_autofree char *shown = base_text_escape (words != NULL  ? words
                                             : code != NULL ? code
                                                            : "it gave no code",
                                             -1);

  if (g_strcmp0 (code, "access_denied") == 0)
    return g_error_new (ENGINE_ERROR, ENGINE_ERROR_SIGN_IN,
                        "The sign-in at %s was not allowed there (%s).", visit->provider->name,
                        shown);
  return g_error_new (ENGINE_ERROR, ENGINE_ERROR_SIGN_IN, "%s refused the sign-in: %s.",
                      visit->provider->name, shown);
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  Visit *visit = user_data;
  const char *issuer = get_word (query, "iss");

  /* Whoever does not know the state is not the browser that was sent; it ends nothing. */
  if (soup_server_message_get_method (message) != SOUP_METHOD_GET || strcmp (path, "/") != 0
      || !is_state (visit, get_word (query, "state")) || visit->message != NULL)
    {
      set_page (message, SOUP_STATUS_NOT_FOUND, visit->failed);
      return;
    }
  visit->message = g_object_ref (message);
  soup_server_message_pause (message);
  /* RFC 9207 section 2.4: an answer of another provider's, mixed in. */
  if (issuer != NULL && *visit->provider->issuer != '\0'
      && strcmp (issuer, visit->provider->issuer) != 0)
    end (visit, g_error_new (ENGINE_ERROR, ENGINE_ERROR_SIGN_IN,
                             "The answer to the sign-in was not from %s. Nothing was sent there; "
                             "somebody may be tampering with the browser.",
                             visit->provider->name));
  else if (get_word (query, "code") == NULL || get_word (query, "error") != NULL)
    end (visit, say_refusal (visit, query));
  else
    ask_for_tokens (visit, get_word (query, "code"));
}

static gboolean
listen_here (Visit *visit, GError **error)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);

  visit->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (visit->server, NULL, on_request, visit, NULL);
  if (!soup_server_listen (visit->server, address, 0, error))
    return FALSE;
  GSList *uris = soup_server_get_uris (visit->server);
  visit->redirect = g_strdup_printf ("http://127.0.0.1:%d/", g_uri_get_port ((GUri *) uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return TRUE;
}

/* ---- public ---- */

void
engine_sign_in_async (const EngineSignIn *sign_in,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  const EngineProvider *provider = engine_providers_find (sign_in->provider);
  g_autofree char *why_not
      = provider != NULL ? engine_provider_explain (provider)
                         : g_strdup_printf ("There is no mail provider “%s” in providers.ini.",
                                            sign_in->provider);
  GError *error = NULL;

  if (why_not != NULL)
    {
      g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_INVALID, "%s", why_not);
      return;
    }
  Visit *visit = g_new0 (Visit, 1);
  g_task_set_task_data (task, visit, (GDestroyNotify) visit_free);
  visit->provider = provider;
  visit->address = g_strdup (sign_in->address);
  visit->proxy = g_strdup (sign_in->proxy);
  visit->done = g_strdup (sign_in->done);
  visit->failed = g_strdup (sign_in->failed);
  visit->state = make_random ();
  visit->verifier = make_random ();
  if (!listen_here (visit, &error))
    {
      g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_NETWORK,
                               "The browser could not come back to this computer: %s.",
                               error->message);
      g_error_free (error);
      return;
    }
  visit->patience = engine_timer_new (PATIENCE_MSEC, on_patience_over, visit);
  if (cancellable != NULL)
    {
      visit->cancel = g_cancellable_source_new (cancellable);
      g_source_set_callback (visit->cancel, G_SOURCE_FUNC (on_cancelled), visit, NULL);
      g_source_attach (visit->cancel, g_main_context_get_thread_default ());
    }
  visit->task = g_steal_pointer (&task);
  g_autofree char *uri = make_uri (visit);
  sign_in->open (uri, sign_in->open_data);
}

char *
engine_sign_in_finish (GAsyncResult *result, GError **error)
{
  g_autoptr (BaseSecret) secret = g_task_propagate_pointer (G_TASK (result), error);

  return secret != NULL ? g_strdup (base_secret_get_text (secret)) : NULL;
}
