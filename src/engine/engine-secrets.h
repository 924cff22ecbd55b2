/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Passwords of the accounts: in the system's keyring through libsecret; where no keyring answers,
 * in secrets.ini of mode 0600 in the data directory, and the person is told. Main thread.
 */

#include <base-secret.h>
#include <gio/gio.h>

typedef struct _EngineSecrets EngineSecrets;

EngineSecrets *engine_secrets_new (const char *directory);
void engine_secrets_free (EngineSecrets *secrets);
/* Asks for the keyring now, so that the notice is known before the first password. */
void engine_secrets_prepare (EngineSecrets *secrets);
/* NULL, or a sentence for a person when no keyring answered. */
const char *engine_secrets_get_notice (EngineSecrets *secrets);

/* One password for each account id (one for both of its servers). */
void engine_secrets_store_async (EngineSecrets *secrets,
                                 gint64 account,
                                 const char *title,
                                 BaseSecret *password,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
/* NULL without an error: none is known. */
void engine_secrets_lookup_async (EngineSecrets *secrets,
                                  gint64 account,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
BaseSecret *
engine_secrets_lookup_finish (EngineSecrets *secrets, GAsyncResult *result, GError **error);
void engine_secrets_clear_async (EngineSecrets *secrets,
                                 gint64 account,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean engine_secrets_finish (EngineSecrets *secrets, GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineSecrets, engine_secrets_free)
