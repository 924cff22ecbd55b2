/* SPDX-License-Identifier: MIT */
#pragma once

/* Letters as the verbs name them: by the number that "list" prints. Main thread. */

#include "cli-verb.h"

/* Ids (gint64) of the @words, all of which must be numbers; NULL otherwise, or for none. */
GArray *cli_letter_parse_ids (char **words);
/* The letter with its row, which *@row gets; NULL when it is not there (ENGINE_ERROR_NOT_FOUND) or
 * cannot be read. */
MessageLetter *cli_letter_read (CliRun *run, gint64 id, StoreLetter **row, GError **error);
/* Rows (StoreLetter) of all @ids; NULL when one is not there. */
GPtrArray *cli_letter_load (CliRun *run, GArray *ids, GError **error);
