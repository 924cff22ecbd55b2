/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Judges letters for the fetcher and for the local server: the rules, read again when the person
 * changed their file, and what was learned. Counted; any thread.
 */

#include <spam-verdict.h>
#include <store-cabinet.h>

typedef struct _EngineJudge EngineJudge;

/* @rules_path: the person's own rules, which need not exist. */
EngineJudge *engine_judge_new (StoreCabinet *cabinet, const char *rules_path);
EngineJudge *engine_judge_ref (EngineJudge *judge);
void engine_judge_unref (EngineJudge *judge);

SpamVerdict *engine_judge_letter (EngineJudge *judge, MessageLetter *letter);
/* X-Spam-Flag, X-Spam-Score and X-Spam-Status as lines; of one length for all verdicts, and for
 * NULL: none yet. */
char *engine_judge_dup_headers (const SpamVerdict *verdict);
/* Reads the rules now. SPAM_ERROR_RULES, or why the file cannot be read. */
SpamRules *engine_judge_read_rules (EngineJudge *judge, GError **error);
const char *engine_judge_get_rules_path (EngineJudge *judge);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineJudge, engine_judge_unref)
