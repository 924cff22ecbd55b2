/* SPDX-License-Identifier: MIT */
#pragma once

/* What the verbs that send letters share. Main thread. */

#include "cli-verb.h"

/* The account of the address @from, or the first one; borrowed. ENGINE_ERROR_NOT_FOUND. */
EngineAccount *cli_post_find_account (CliRun *run, const char *from, GError **error);
/* Attaches every file of @files, which may be NULL. MESSAGE_ERROR_ATTACHMENT. */
gboolean cli_post_attach (MessageBuilder *builder, char **files, GError **error);
/* Puts the letter in the outbox; its id there, or 0. */
gint64
cli_post_queue (CliRun *run, EngineAccount *account, MessageBuilder *builder, GError **error);
/* Sends what is in the outbox, and says how that went. */
CliExit cli_post_deliver (CliRun *run, gint64 letter);
/* With --json, or without @words: what has become of the letter. */
void cli_post_report (CliRun *run, gint64 letter, const char *state, const char *words);
