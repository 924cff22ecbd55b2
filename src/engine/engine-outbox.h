/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The outbox: a letter is durable here before its first octet goes on a wire, survives a restart,
 * and is tried again by itself after temporary failures (after 1, 5, 15 minutes, then hourly, for
 * 5 days: RFC 5321 section 4.5.4.1). A letter whose end was said without an answer is never sent
 * again by itself. Main thread.
 */

#include "engine-account.h"

#include <message-builder.h>

#define ENGINE_TYPE_OUTBOX (engine_outbox_get_type ())
G_DECLARE_FINAL_TYPE (EngineOutbox, engine_outbox, ENGINE, OUTBOX, GObject)

/* Signals: "changed" (), "sent" (int64 letter), "failed" (int64 letter, string words). */

/* Builds (on a worker; leave @builder alone until the callback) and stores the letter; the result
 * is its id in the Outbox. With @now an attempt begins at once, else by itself after a minute
 * unless somebody delivers it before. @replaces: a draft that goes. */
void engine_outbox_add_async (EngineOutbox *outbox,
                              EngineAccount *account,
                              MessageBuilder *builder,
                              gint64 replaces,
                              gboolean now,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gint64 engine_outbox_add_finish (EngineOutbox *outbox, GAsyncResult *result, GError **error);

/* As engine_outbox_add_async(), for a letter that exists already (an .eml): @source goes on the
 * wire as it is, but for line ends and Bcc. @recipients NULL: those of To, Cc, Bcc. */
void engine_outbox_add_source_async (EngineOutbox *outbox,
                                     EngineAccount *account,
                                     GBytes *source,
                                     const char *const *recipients,
                                     gboolean now,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);

/* Tries one letter now, whatever its time; waits for the outcome. The result is TRUE when every
 * recipient was accepted (the letter is in Sent then); else the error has the server's words. Also
 * for letters FAILED or IN_DOUBT: it is the person's decision to send again. Recipients already
 * accepted are left out. Cancelling ends the waiting, not the attempt. */
void engine_outbox_deliver_async (EngineOutbox *outbox,
                                  gint64 letter,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean engine_outbox_deliver_finish (EngineOutbox *outbox, GAsyncResult *result, GError **error);

/* Of StoreOutboxEntry, as known now. */
GPtrArray *engine_outbox_dup_entries (EngineOutbox *outbox);
/* NULL when the letter is not in the outbox. */
StoreOutboxEntry *engine_outbox_dup_entry (EngineOutbox *outbox, gint64 letter);
/* One line for a person: "Will try again at 14:05: connection refused". */
char *engine_outbox_describe (const StoreOutboxEntry *entry);
