/* SPDX-License-Identifier: MIT */
#pragma once

/* What the room itself does to an account. Main thread. */

#include "engine-account.h"

EngineAccount *engine_account_new (const StoreAccount *values);
void engine_account_set_values (EngineAccount *account, const StoreAccount *values);
void engine_account_set_fetching (EngineAccount *account, gboolean fetching);
/* NULL: all is well again. */
void engine_account_set_problem (EngineAccount *account, const char *problem);
void engine_account_set_last_fetch (EngineAccount *account, gint64 seconds);
