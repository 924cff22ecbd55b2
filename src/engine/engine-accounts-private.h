/* SPDX-License-Identifier: MIT */
#pragma once

/* The accounts' make, and how a session of one is reached. Main thread. */

#include "engine-accounts.h"
#include "engine-peer-private.h"
#include "engine-secrets.h"
#include "engine-tokens-private.h"

#include <store-cabinet.h>

/* Takes @secrets; keeps references of the others. @server may be NULL. */
EngineAccounts *engine_accounts_new (StoreCabinet *cabinet,
                                     EngineSecrets *secrets,
                                     EngineJournal *journal,
                                     EngineServer *server,
                                     const char *identity_directory,
                                     GError **error);

EngineJournal *engine_accounts_get_journal (EngineAccounts *accounts);

/* Asks for the keyring, so that the notice is known soon. */
void engine_accounts_prepare (EngineAccounts *accounts);

/* Where a session of @account goes; looks its password up. */
void engine_accounts_reach_async (EngineAccounts *accounts,
                                  const StoreAccount *account,
                                  EnginePeerKind kind,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
EnginePeer *
engine_accounts_reach_finish (EngineAccounts *accounts, GAsyncResult *result, GError **error);

/* As engine_accounts_reach_async() with a password that is known; @stored: it is the one that is
 * kept, so that tokens in its place can be renewed. */
EnginePeer *engine_accounts_make_peer (EngineAccounts *accounts,
                                       const StoreAccount *account,
                                       EnginePeerKind kind,
                                       BaseSecret *password,
                                       gboolean stored,
                                       GError **error);

/* An access token for a stored account that signs in with a browser, in the place of @held, which
 * is over or was refused: the one that is kept by now, or a new one, which is kept then.
 * ENGINE_ERROR_SIGN_IN: the person must sign in again. */
void engine_accounts_renew_async (EngineAccounts *accounts,
                                  const StoreAccount *account,
                                  BaseSecret *held,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
BaseSecret *
engine_accounts_renew_finish (EngineAccounts *accounts, GAsyncResult *result, GError **error);

/* ---- for engine-accounts-renew.c ---- */

EngineSecrets *engine_accounts_get_secrets (EngineAccounts *accounts);
/* Account id -> what is under way, which owns the key. */
GHashTable *engine_accounts_get_renewals (EngineAccounts *accounts);
void engine_accounts_lookup_password_async (EngineAccounts *accounts,
                                            gint64 account,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);
BaseSecret *engine_accounts_lookup_password_finish (EngineAccounts *accounts,
                                                    GAsyncResult *result,
                                                    GError **error);
