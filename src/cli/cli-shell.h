/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The shell that postroom-cli is without a verb: the verbs as they are, and a folder and a letter
 * that are open. A verb runs in a process of its own, as from any other shell. Main thread.
 */

#include "cli-line.h"
#include "cli-verb.h"

CliExit cli_shell_run (CliRun *run);

/* ---- what the shell's files share ---- */

typedef struct
{
  CliRun *run;
  CliLine *line;
  char *program;
  StoreFolder folder;
  gint64 letter; /* the one that is open, or 0 */
  guint place;   /* where it is, or was, in the folder */
  gboolean colour;
  gboolean leaving;
} CliShell;

/* Runs the program with @words; what it prints goes through a pager when @paged. */
CliExit cli_shell_start (CliShell *shell, const char *const *words, gboolean paged);
/* Whether what that verb prints may be longer than the screen. */
gboolean cli_shell_is_paged (const CliVerb *verb, char **words);
char **cli_shell_complete (char **words, gpointer shell);

/* A word of the shell's own. */
typedef struct
{
  const char *name;
  const char *arguments;
  const char *summary;
  void (*run) (CliShell *shell, char **words); /* @words begins with the word itself */
} CliShellWord;

const CliShellWord *cli_shell_get_words (void); /* the last has no name */
