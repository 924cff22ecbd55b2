/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The accounts: a GListModel of EngineAccount, with their passwords in the system's keyring (or,
 * where there is none, in a file of mode 0600). Main thread.
 */

#include "engine-account.h"

#define ENGINE_TYPE_ACCOUNTS (engine_accounts_get_type ())
G_DECLARE_FINAL_TYPE (EngineAccounts, engine_accounts, ENGINE, ACCOUNTS, GObject)

/* By id, or by address in any case; borrowed, NULL when there is none. */
EngineAccount *engine_accounts_find (EngineAccounts *accounts, gint64 id);
EngineAccount *engine_accounts_find_address (EngineAccounts *accounts, const char *address);

/* The usual servers for an address: pop.<domain>:995 and smtp.<domain>:465 over TLS, the user name
 * being the whole address; for well-known providers theirs. */
StoreAccount *engine_accounts_guess (const char *name, const char *address);

/* What is missing or wrong in @account, for a person, or NULL. */
char *engine_accounts_validate (const StoreAccount *account);

/* Logs in at both servers of @account with @password and stores nothing. The error says which
 * server and why. */
void engine_accounts_check_async (EngineAccounts *accounts,
                                  const StoreAccount *account,
                                  const char *password,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean
engine_accounts_check_finish (EngineAccounts *accounts, GAsyncResult *result, GError **error);

/* Adds (id 0) or changes; @password NULL keeps the one that is known. */
void engine_accounts_save_async (EngineAccounts *accounts,
                                 const StoreAccount *account,
                                 const char *password,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
EngineAccount *
engine_accounts_save_finish (EngineAccounts *accounts, GAsyncResult *result, GError **error);

/* Letters stay. */
void engine_accounts_remove_async (EngineAccounts *accounts,
                                   EngineAccount *account,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean
engine_accounts_remove_finish (EngineAccounts *accounts, GAsyncResult *result, GError **error);

/* NULL, or a sentence for a person when passwords cannot go to a keyring here. */
const char *engine_accounts_get_secrets_notice (EngineAccounts *accounts);
