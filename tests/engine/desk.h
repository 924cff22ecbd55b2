/* SPDX-License-Identifier: MIT */
#pragma once

/* The client's side of the engine in a folder of its own, without a server, and calls that wait. */

#include <engine-accounts-private.h>
#include <engine-fetcher-private.h>
#include <engine-letters-private.h>
#include <engine-outbox-private.h>

typedef struct
{
  char *directory;
  StoreCabinet *cabinet;
  EngineJournal *journal;
  EngineAccounts *accounts;
  EngineLetters *letters;
  EngineOutbox *outbox;
  EngineFetcher *fetcher;
} Desk;

/* No keyring answers; call first in main(). */
void desk_init (int *argc, char ***argv);
/* @directory NULL: a new folder. */
Desk *desk_open (const char *directory);
/* Ends all work first. The folder stays with @keep. */
void desk_close (Desk *desk, gboolean keep);

/* Waits in the main context until @result is there. */
GAsyncResult *desk_wait (GAsyncResult **result);
void desk_got (GObject *source, GAsyncResult *result, gpointer user_data);
/* Turns the main context until @done says so. */
void desk_wait_until (gboolean (*done) (gpointer data), gpointer data);

/* ann@fake.test, in clear at the loopback ports, with the password "secret". */
EngineAccount *desk_add_account (Desk *desk, guint16 smtp, guint16 pop3, gboolean keep_on_server);
/* A letter to @recipients ("a@b, c@d") in the outbox. */
gint64 desk_put (Desk *desk,
                 EngineAccount *account,
                 const char *recipients,
                 const char *subject,
                 gboolean now);
gboolean desk_deliver (Desk *desk, gint64 letter, GError **error);
gboolean desk_fetch (Desk *desk, EngineAccount *account, EngineFetchResult *counts, GError **error);
guint desk_count (Desk *desk, StoreFolder folder);
/* The entry as the cabinet has it now, or NULL. */
StoreOutboxEntry *desk_entry (Desk *desk, gint64 letter);
