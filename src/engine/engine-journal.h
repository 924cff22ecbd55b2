/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The journal: every line that crosses a wire of this program, secrets already replaced. A ring in
 * memory of the last 20,000 lines, or of as many as have room in 8 MB. Any thread; the listeners
 * are called on the main thread.
 */

#include <gio/gio.h>

#define ENGINE_TYPE_JOURNAL (engine_journal_get_type ())
G_DECLARE_FINAL_TYPE (EngineJournal, engine_journal, ENGINE, JOURNAL, GObject)

typedef enum
{
  ENGINE_JOURNAL_CLIENT, /* a session that this program began */
  ENGINE_JOURNAL_SERVER, /* a session of the local server */
} EngineJournalSide;

typedef enum
{
  ENGINE_JOURNAL_RECEIVED,
  ENGINE_JOURNAL_SENT,
  ENGINE_JOURNAL_NOTE, /* "TLS 1.3 …", "connection lost" */
} EngineJournalDirection;

/* Immutable; counted. */
typedef struct
{
  guint64 number;       /* from 1, without gaps */
  gint64 time;          /* microseconds since 1970 UTC */
  guint session;        /* from 1; sessions of one program never share one */
  const char *protocol; /* "SMTP" or "POP3"; static */
  EngineJournalSide side;
  EngineJournalDirection direction;
  gboolean tls;  /* the line crossed the wire encrypted */
  gboolean body; /* part of a letter's text */
  char *text;    /* one printable line; bodies cut at 1,000 characters */
} EngineJournalLine;

EngineJournalLine *engine_journal_line_ref (EngineJournalLine *line);
void engine_journal_line_unref (EngineJournalLine *line);

/* Signal "added" (), on the main thread, coalesced: read on from the last number seen. */

/* Lines from @number on, that are still kept; an array of EngineJournalLine. */
GPtrArray *engine_journal_dup_lines (EngineJournal *journal, guint64 number);
/* "C: EHLO [127.0.0.1]", "S: 250 …", "* TLS 1.3": as in the RFCs' examples, whoever we are. */
char *engine_journal_line_to_string (const EngineJournalLine *line);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineJournalLine, engine_journal_line_unref)
