/* SPDX-License-Identifier: MIT */
#pragma once

/* What import and export share. */

#include "engine-import.h"

/* From the thread that works at @task: @progress hears of @counts on the main thread, but no more
 * often than a person can see; *@told is when it did last. @task keeps @data alive. */
void engine_transfer_tell (GTask *task,
                           EngineTransferProgress progress,
                           gpointer data,
                           const EngineTransferCounts *counts,
                           gint64 *told);
