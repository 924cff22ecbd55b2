/* SPDX-License-Identifier: MIT */
#pragma once

/* Lines typed at a terminal: editing, history, completion, through libedit. Main thread. */

#include <glib.h>

typedef struct _CliLine CliLine;

/* What may stand where the last of @words begins so; NULL-terminated, or NULL. Those that end in
 * "=" or "/" get no space after them. */
typedef char **(*CliLineComplete) (char **words, gpointer user_data);

/* From here on Ctrl+C ends a line, or a program that was started, and not this one. @file remembers
 * lines; or NULL. */
CliLine *cli_line_new (const char *file, CliLineComplete complete, gpointer user_data);
void cli_line_free (CliLine *line);

/* A line without its end; NULL at the end of input. Ctrl+C gives an empty one. */
char *cli_line_read (CliLine *line, const char *prompt, gboolean colour);
/* Remembers @text, here and in the file. */
void cli_line_remember (CliLine *line, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliLine, cli_line_free)
