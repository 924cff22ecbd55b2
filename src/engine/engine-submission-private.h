/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One SMTP session that carries letters of the outbox, any number of them one after the other, and
 * writes what became of each into the cabinet. Before the end of a letter is said, its entry is
 * durably IN_DOUBT, so that no crash can send it twice. Main thread.
 */

#include "engine-peer-private.h"

#include <store-cabinet.h>

typedef struct _EngineSubmission EngineSubmission;

/* What became of a letter, after it was written down: @error NULL when it is in Sent; else what to
 * tell a person. @entry is as it was left (NULL when it was not ours to send). */
typedef void (*EngineSubmissionOutcome) (gint64 letter,
                                         const StoreOutboxEntry *entry,
                                         const GError *error,
                                         gpointer user_data);

EngineSubmission *engine_submission_new (StoreCabinet *cabinet,
                                         EngineJournal *journal,
                                         EngineSubmissionOutcome outcome,
                                         gpointer user_data);
void engine_submission_unref (EngineSubmission *submission);

/* Claims @letter, which must be WAITING, and sends it in its turn. FALSE: the session is about to
 * end, a new one is needed. */
gboolean engine_submission_push (EngineSubmission *submission, gint64 letter);

/* Runs the session with @peer, which it takes, to its end: until all letters have their outcome.
 * Without letters it logs in and quits. @peer NULL: @error is why there is none, and the outcome
 * of all letters. */
void engine_submission_run_async (EngineSubmission *submission,
                                  EnginePeer *peer,
                                  const GError *error,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
/* FALSE: the session broke; the letters have been told. */
gboolean
engine_submission_run_finish (EngineSubmission *submission, GAsyncResult *result, GError **error);

/* Ends the session now; a letter whose answer is awaited has a few seconds yet. Letters that were
 * not sent wait again. */
void engine_submission_stop (EngineSubmission *submission);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineSubmission, engine_submission_unref)
