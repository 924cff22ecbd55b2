/* SPDX-License-Identifier: MIT */
#pragma once

/* An account as the windows see it. Main thread; owned by EngineAccounts. */

#include <gio/gio.h>
#include <store-values.h>

#define ENGINE_TYPE_ACCOUNT (engine_account_get_type ())
G_DECLARE_FINAL_TYPE (EngineAccount, engine_account, ENGINE, ACCOUNT, GObject)

/* Properties, all with notify: "address", "name", "title" ("Ann Lee <ann@…>"), "fetching"
 * (boolean), "progress" (double from 0 to 1: how far a fetch has come), "problem" (string: why
 * fetching or sending failed last, or NULL), "needs-sign-in" (boolean: that problem is that the
 * person must sign in again), "last-fetch" (int64, seconds). */

/* Of a fetch under way: what has come, and what is to come. */
typedef struct
{
  guint letters;
  guint total_letters;
  guint64 octets;
  guint64 total_octets; /* as the server says; 0 when it does not */
} EngineFetchProgress;

gint64 engine_account_get_id (EngineAccount *account);
const StoreAccount *engine_account_get_values (EngineAccount *account);
const char *engine_account_get_title (EngineAccount *account);
gboolean engine_account_is_fetching (EngineAccount *account);
/* All 0 until the maildrop is known, and when nothing is being fetched. */
const EngineFetchProgress *engine_account_get_progress (EngineAccount *account);
const char *engine_account_get_problem (EngineAccount *account);
gboolean engine_account_needs_sign_in (EngineAccount *account);
gint64 engine_account_get_last_fetch (EngineAccount *account);
