/* SPDX-License-Identifier: MIT */
#pragma once

/* An account as the windows see it. Main thread; owned by EngineAccounts. */

#include <gio/gio.h>
#include <store-values.h>

#define ENGINE_TYPE_ACCOUNT (engine_account_get_type ())
G_DECLARE_FINAL_TYPE (EngineAccount, engine_account, ENGINE, ACCOUNT, GObject)

/* Properties, all with notify: "address", "name", "title" ("Ann Lee <ann@…>"), "fetching"
 * (boolean), "problem" (string: why fetching or sending failed last, or NULL), "last-fetch" (int64,
 * seconds). */

gint64 engine_account_get_id (EngineAccount *account);
const StoreAccount *engine_account_get_values (EngineAccount *account);
const char *engine_account_get_title (EngineAccount *account);
gboolean engine_account_is_fetching (EngineAccount *account);
const char *engine_account_get_problem (EngineAccount *account);
gint64 engine_account_get_last_fetch (EngineAccount *account);
