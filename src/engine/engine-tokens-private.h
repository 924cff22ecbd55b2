/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a provider gives for a sign-in with a browser (RFC 6749): a token for the servers, and one
 * to get the next with. They are kept in the password's place. Immutable but for their end. Main
 * thread.
 */

#include "engine-providers.h"

#include <base-secret.h>
#include <gio/gio.h>

typedef struct
{
  BaseSecret *access;
  BaseSecret *refresh; /* or NULL */
  gint64 expires;      /* seconds since 1970; 0: not known */
} EngineTokens;

void engine_tokens_free (EngineTokens *tokens);

/* What is kept, and back. NULL: @secret is none of these. */
BaseSecret *engine_tokens_to_secret (const EngineTokens *tokens);
EngineTokens *engine_tokens_from_secret (const BaseSecret *secret);

/* Whether the access token is over, or so soon that it is better not to begin with it. */
gboolean engine_tokens_are_stale (const EngineTokens *tokens);

/* What a provider's token endpoint said (RFC 6749 section 5); @before: whose refresh token stays
 * when there is no new one, or NULL. ENGINE_ERROR_SIGN_IN: the person must sign in again. */
EngineTokens *engine_tokens_from_answer (const EngineProvider *provider,
                                         const char *json,
                                         gsize length,
                                         const EngineTokens *before,
                                         GError **error);

/* Asks @provider's token endpoint; @form: the grant, beside the client's own words; wiped by the
 * caller. @proxy as an account's: "" for the system's. */
void engine_tokens_ask_async (const EngineProvider *provider,
                              const char *form,
                              const EngineTokens *before,
                              const char *proxy,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
EngineTokens *engine_tokens_ask_finish (GAsyncResult *result, GError **error);

/* With the refresh token (section 6), which must be there. */
void engine_tokens_renew_async (const EngineTokens *tokens,
                                const EngineProvider *provider,
                                const char *proxy,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineTokens, engine_tokens_free)
