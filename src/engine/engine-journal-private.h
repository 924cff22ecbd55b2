/* SPDX-License-Identifier: MIT */
#pragma once

/* How sessions of this room write the journal. Any thread. */

#include "engine-journal.h"

#include <proto-engine.h>

/* The number of the newest line; 0 before the first. */
guint64 engine_journal_get_last_number (EngineJournal *journal);
/* A line on its way to another program; floating. And back: NULL when it is none. */
GVariant *engine_journal_line_to_variant (const EngineJournalLine *line);
EngineJournalLine *engine_journal_line_from_variant (GVariant *variant);

typedef struct _EngineJournalSession EngineJournalSession;

EngineJournal *engine_journal_new (void);

/* @protocol: "SMTP" or "POP3", static. The session must live as long as the engine it taps; begin
 * and end are noted with @peer. */
EngineJournalSession *engine_journal_session_new (EngineJournal *journal,
                                                  const char *protocol,
                                                  EngineJournalSide side,
                                                  const char *peer);
void engine_journal_session_free (EngineJournalSession *session);
/* As in the journal's lines. */
guint engine_journal_session_get_number (const EngineJournalSession *session);
/* Sets @engine's tap. */
void engine_journal_session_tap (EngineJournalSession *session, ProtoEngine *engine);
void engine_journal_session_note (EngineJournalSession *session, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineJournalSession, engine_journal_session_free)
