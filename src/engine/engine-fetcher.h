/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Fetches new letters over POP3: by UIDL, each once; a letter is deleted on the server (where the
 * account says so) only when it is durable here. Main thread.
 */

#include "engine-account.h"

#define ENGINE_TYPE_FETCHER (engine_fetcher_get_type ())
G_DECLARE_FINAL_TYPE (EngineFetcher, engine_fetcher, ENGINE, FETCHER, GObject)

/* Signal "fetched" (EngineAccount, guint new letters), after each fetch that brought some. */

typedef struct
{
  guint letters; /* new ones */
  guint64 octets;
  guint failed; /* letters that could not be taken; the rest came */
} EngineFetchResult;

/* Letters fetched before a failure stay. A fetch of the same account already under way is joined.
 */
void engine_fetcher_fetch_async (EngineFetcher *fetcher,
                                 EngineAccount *account,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean engine_fetcher_fetch_finish (EngineFetcher *fetcher,
                                      GAsyncResult *result,
                                      EngineFetchResult *counts,
                                      GError **error);

/* Brings the rest of a letter of which only the beginning was fetched; it keeps its id, folder and
 * flags. After a failure the next fetch brings it. ENGINE_ERROR_NOT_FOUND: the letter is here
 * whole, or the server has it no more. */
void engine_fetcher_fetch_rest_async (EngineFetcher *fetcher,
                                      EngineAccount *account,
                                      gint64 letter,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
gboolean
engine_fetcher_fetch_rest_finish (EngineFetcher *fetcher, GAsyncResult *result, GError **error);
