/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Signing in at a provider with the person's own browser (RFC 8252, with PKCE of RFC 7636): it
 * comes back to a port of this computer that nobody else knows of. Main thread.
 */

#include "engine-providers.h"

#include <gio/gio.h>

/* Shows @uri in a browser, or tells the person to. */
typedef void (*EngineSignInOpen) (const char *uri, gpointer user_data);

typedef struct
{
  const char *provider; /* its id */
  const char *address;  /* whose, as a hint; or "" */
  const char *proxy;    /* as an account's; "" */
  const char *done;     /* what the browser says at the end, in the person's language */
  const char *failed;
  EngineSignInOpen open; /* called once, perhaps within engine_sign_in_async() */
  gpointer open_data;
} EngineSignIn;

/* @sign_in is copied. Ends after a quarter of an hour in any case. ENGINE_ERROR_INVALID: the
 * provider has no such sign-in, or nobody registered this program there. */
void engine_sign_in_async (const EngineSignIn *sign_in,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
/* What stands for the password of an account whose .sign_in is the provider; wipe it after use. */
char *engine_sign_in_finish (GAsyncResult *result, GError **error);
