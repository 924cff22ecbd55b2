/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <stdio.h>

struct _CliTrace
{
  EngineJournal *journal;
  gulong handler;
  guint64 next;
  gboolean both_sides;
  EngineJournalSide side;
  gboolean bodies;
};

void
cli_trace_print (const EngineJournalLine *line)
{
  g_autofree char *text = engine_journal_line_to_string (line);
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (line->time / G_USEC_PER_SEC);
  g_autoptr (GDateTime) local = g_date_time_to_local (utc);
  g_autofree char *time = g_date_time_format (local, "%H:%M:%S");

  g_print ("  %s.%03d %s #%u%s %s\n", time, (int) (line->time / 1000 % 1000), line->protocol,
           line->session, line->tls ? " TLS" : "", text);
}

void
cli_trace_flush (CliTrace *trace)
{
  g_autoptr (GPtrArray) lines = engine_journal_dup_lines (trace->journal, trace->next);

  for (guint i = 0; i < lines->len; i++)
    {
      const EngineJournalLine *line = g_ptr_array_index (lines, i);
      trace->next = line->number + 1;
      if ((!trace->both_sides && line->side != trace->side) || (line->body && !trace->bodies))
        continue;
      cli_trace_print (line);
    }
  fflush (stdout);
}

static void
on_added (EngineJournal *journal, gpointer data)
{
  cli_trace_flush (data);
}

CliTrace *
cli_trace_new (EngineJournal *journal, const EngineJournalSide *side, gboolean bodies)
{
  CliTrace *trace = g_new0 (CliTrace, 1);

  trace->journal = g_object_ref (journal);
  trace->next = 1;
  trace->both_sides = side == NULL;
  trace->side = side != NULL ? *side : ENGINE_JOURNAL_CLIENT;
  trace->bodies = bodies;
  trace->handler = g_signal_connect (journal, "added", G_CALLBACK (on_added), trace);
  return trace;
}

void
cli_trace_free (CliTrace *trace)
{
  cli_trace_flush (trace);
  g_signal_handler_disconnect (trace->journal, trace->handler);
  g_object_unref (trace->journal);
  g_free (trace);
}
