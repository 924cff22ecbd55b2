/* SPDX-License-Identifier: MIT */
#pragma once

/* What an attempt to send leaves in an outbox entry (RFC 5321 section 4.5.4.1). Any thread. */

#include <proto-reply.h>
#include <store-values.h>

/* Counts one attempt that failed with @words. Temporary: waits for the next one, after 1, 5, 15
 * minutes, then hourly, for 5 days; then, and when @permanent, FAILED. */
void engine_schedule_failed (StoreOutboxEntry *entry, const char *words, gboolean permanent);

/* Writes into @entry what the server said: @final about the whole letter, @replies (of ProtoReply
 * or NULL) about each recipient whose position in entry->recipients is in @positions (guint).
 * Returns TRUE when every recipient of the letter has accepted it now; else the state and words
 * are set. */
gboolean engine_schedule_judge (StoreOutboxEntry *entry,
                                GArray *positions,
                                GPtrArray *replies,
                                const ProtoReply *final);
