/* SPDX-License-Identifier: MIT */
#pragma once

/* What "postroom-cli help" prints, for a person and for what makes manuals. Main thread. */

#include "cli-verb.h"

/* Every verb of the program; the table is in cli-main.c. */
const CliVerb *const *cli_verbs_get (gsize *n_verbs);
/* The verb that @words begins with, which are one or two; *@length of them. NULL: none. */
const CliVerb *cli_verbs_find (char **words, guint *length);

void cli_help_print (void);
/* Verbs and options as they are in the tables, for completions and manual pages. */
void cli_help_print_json (void);
