/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the verbs print: words for a person on a terminal, JSON for a script. What came from
 * outside never reaches the terminal unescaped. Main thread.
 */

#include "cli-verb.h"

#include <json-glib/json-glib.h>

/* Prints "postroom-cli: …" on standard error and returns the exit code that fits. Frees nothing. */
CliExit cli_fail (const GError *error);
CliExit cli_fail_usage (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Whether standard output takes colours, and the person does (NO_COLOR, CLICOLOR_FORCE). */
gboolean cli_may_colour (void);

void cli_print (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* Ends @builder's document and prints it. */
void cli_print_json (JsonBuilder *builder);
void cli_json_string (JsonBuilder *builder, const char *name, const char *value); /* or null */
void cli_json_int (JsonBuilder *builder, const char *name, gint64 value);
void cli_json_boolean (JsonBuilder *builder, const char *name, gboolean value);
/* ISO 8601 in UTC. */
void cli_json_time (JsonBuilder *builder, const char *name, gint64 seconds);
/* Everything that @letter's row knows, as an object. */
void cli_json_letter (JsonBuilder *builder, const StoreLetter *letter);
/* "2026-11-23 14:05" in local time. */
char *cli_format_time (gint64 seconds);

void cli_trace_print (const EngineJournalLine *line);
/* Prints journal lines as they come, until freed. @side NULL: of both sides. */
typedef struct _CliTrace CliTrace;
CliTrace *cli_trace_new (EngineJournal *journal, const EngineJournalSide *side, gboolean bodies);
void cli_trace_flush (CliTrace *trace);
void cli_trace_free (CliTrace *trace);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliTrace, cli_trace_free)
