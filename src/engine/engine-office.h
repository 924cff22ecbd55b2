/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The office owns every long-lived object of the program: one is opened at the start and shut down
 * at the end. Main thread (the thread-default context of whoever opened it).
 */

#include "engine-accounts.h"
#include "engine-error.h"
#include "engine-fetcher.h"
#include "engine-journal.h"
#include "engine-junk.h"
#include "engine-letters.h"
#include "engine-outbox.h"
#include "engine-server.h"

#define ENGINE_TYPE_OFFICE (engine_office_get_type ())
G_DECLARE_FINAL_TYPE (EngineOffice, engine_office, ENGINE, OFFICE, GObject)

/* @directory NULL: $XDG_DATA_HOME/postroom. Makes what is missing. */
EngineOffice *engine_office_open (const char *directory, GError **error);
const char *engine_office_get_directory (EngineOffice *office);

/* Begins the work that goes on by itself: sending what waits in the outbox, and fetching each
 * account now and then. A command line that does one thing does not call it. */
void engine_office_start (EngineOffice *office);

/* Stops the server, ends all sessions, waits for what is being written. */
void engine_office_shut_down_async (EngineOffice *office,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
void engine_office_shut_down_finish (EngineOffice *office, GAsyncResult *result);

/* Borrowed; they live as long as the office. */
EngineAccounts *engine_office_get_accounts (EngineOffice *office);
EngineLetters *engine_office_get_letters (EngineOffice *office);
EngineOutbox *engine_office_get_outbox (EngineOffice *office);
EngineFetcher *engine_office_get_fetcher (EngineOffice *office);
EngineJunk *engine_office_get_junk (EngineOffice *office);
EngineServer *engine_office_get_server (EngineOffice *office);
EngineJournal *engine_office_get_journal (EngineOffice *office);

/* The first minute: makes two demo users with random passwords ("ann" and "bob", or what is free),
 * starts the local server, and makes an account for each that fetches from it. The server and the
 * accounts that exist already are used. */
void engine_office_try_local_async (EngineOffice *office,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
gboolean
engine_office_try_local_finish (EngineOffice *office, GAsyncResult *result, GError **error);
