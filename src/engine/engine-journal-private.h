/* SPDX-License-Identifier: MIT */
#pragma once

/* How sessions of this room write the journal. Any thread. */

#include "engine-journal.h"

#include <proto-engine.h>

typedef struct _EngineJournalSession EngineJournalSession;

EngineJournal *engine_journal_new (void);

/* @protocol: "SMTP" or "POP3", static. The session must live as long as the engine it taps; begin
 * and end are noted with @peer. */
EngineJournalSession *engine_journal_session_new (EngineJournal *journal,
                                                  const char *protocol,
                                                  EngineJournalSide side,
                                                  const char *peer);
void engine_journal_session_free (EngineJournalSession *session);
/* Sets @engine's tap. */
void engine_journal_session_tap (EngineJournalSession *session, ProtoEngine *engine);
void engine_journal_session_note (EngineJournalSession *session, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineJournalSession, engine_journal_session_free)
