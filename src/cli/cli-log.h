/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where a server's log goes: a file, the standard error, or systemd's journal. Any thread writes;
 * made, opened again and freed on the main thread.
 */

#include <engine-log.h>

typedef struct _CliLog CliLog;

/* @file: a path, "-" for the standard error, "journal"; NULL: the journal if the standard error is
 * its own, else nowhere, which gives NULL without an error. @format: "text" or "json", not for the
 * journal. */
CliLog *cli_log_new (const char *file, const char *level, const char *format, GError **error);
void cli_log_free (CliLog *log);
/* After rotation: a new file of the old name. When it cannot, the old one goes on. */
gboolean cli_log_reopen (CliLog *log, GError **error);
/* An EngineLogSink. */
void cli_log_write (EngineLogLevel level, const char *event, GVariant *fields, gpointer log);

gboolean cli_log_is_level (const char *level);
gboolean cli_log_is_format (const char *format);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliLog, cli_log_free)
