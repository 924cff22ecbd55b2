/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Asking the local server that runs on a data directory, in whatever program it does: what it has
 * done, who is connected, what crosses its wires. The thread-default context of the maker.
 */

#include "engine-journal.h"

typedef struct _EngineAsk EngineAsk;

/* @directory: as for engine_office_open(). @question: one line, as engine-control-private.h has
 * them. ENGINE_ERROR_NOT_FOUND when no server runs there. */
void engine_ask_async (const char *directory,
                       const char *question,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
EngineAsk *engine_ask_finish (GAsyncResult *result, GError **error);
void engine_ask_free (EngineAsk *ask);

/* The next answer; NULL without an error at the end. ENGINE_ERROR_REFUSED with the server's
 * words, or the error that it met itself. */
void engine_ask_next_async (EngineAsk *ask,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
GVariant *engine_ask_next_finish (EngineAsk *ask, GAsyncResult *result, GError **error);

/* An answer to "trace". */
EngineJournalLine *engine_ask_to_line (GVariant *answer);
/* An answer to "recall": of StoreRecall. */
GPtrArray *engine_ask_to_recalls (GVariant *answer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineAsk, engine_ask_free)
