/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Several callers that wait for one piece of work. Each may lose patience (its cancellable) without
 * spoiling it for the others. Main thread.
 */

#include <gio/gio.h>

typedef struct _EngineWaiters EngineWaiters;

/* @abandoned is called when the last one has cancelled; may be NULL. */
EngineWaiters *engine_waiters_new (void (*abandoned) (gpointer user_data), gpointer user_data);
/* Nobody may be waiting any more. */
void engine_waiters_free (EngineWaiters *waiters);
/* Takes @task. */
void engine_waiters_add (EngineWaiters *waiters, GTask *task);
/* Answers all of them: with @error, or TRUE. @each (may be NULL) is called for every task first. */
void engine_waiters_return (EngineWaiters *waiters,
                            const GError *error,
                            void (*each) (GTask *task, gpointer user_data),
                            gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineWaiters, engine_waiters_free)
