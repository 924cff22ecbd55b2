/* SPDX-License-Identifier: MIT */
#pragma once

/* What the room itself does to an account. Main thread. */

#include "engine-account.h"

EngineAccount *engine_account_new (const StoreAccount *values);
void engine_account_set_values (EngineAccount *account, const StoreAccount *values);
void engine_account_set_fetching (EngineAccount *account, gboolean fetching);
typedef enum
{
  ENGINE_TASK_FETCHING,
  ENGINE_TASK_SENDING,
} EngineTask;

/* Why @task failed last; NULL: it went well. */
void engine_account_set_progress (EngineAccount *account, const EngineFetchProgress *progress);
void engine_account_set_problem (EngineAccount *account, EngineTask task, const GError *error);
void engine_account_set_last_fetch (EngineAccount *account, gint64 seconds);
