/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-fetcher-private.h"

#include "engine-account-private.h"
#include "engine-error-private.h"
#include "engine-junk-private.h"
#include "engine-retrieval-private.h"
#include "engine-waiters-private.h"

#include <base-clock.h>

struct _EngineFetcher
{
  GObject parent_instance;

  StoreCabinet *cabinet;
  EngineAccounts *accounts;
  EngineJunk *junk;
  GHashTable *fetches;  /* account id -> Fetch */
  GTask *shutting_down; /* or NULL */
  gboolean shut;
};

/* A fetch under way, and those who wait for it. */
typedef struct
{
  EngineFetcher *fetcher; /* counted */
  EngineAccount *account; /* counted */
  EngineWaiters *waiters;
  GCancellable *cancellable;
} Fetch;

G_DEFINE_FINAL_TYPE (EngineFetcher, engine_fetcher, G_TYPE_OBJECT)

static guint fetched_signal;

static void
fetch_free (Fetch *fetch)
{
  g_object_unref (fetch->fetcher);
  g_object_unref (fetch->account);
  engine_waiters_free (fetch->waiters);
  g_object_unref (fetch->cancellable);
  g_free (fetch);
}

static void
set_counts (GTask *task, gpointer user_data)
{
  g_task_set_task_data (task, g_memdup2 (user_data, sizeof (EngineFetchResult)), g_free);
}

/* Takes @fetch and @error. */
static void
finish_fetch (Fetch *fetch, const EngineFetchResult *counts, GError *error)
{
  EngineFetcher *fetcher = fetch->fetcher;
  EngineAccount *account = fetch->account;
  gint64 id = engine_account_get_id (account);

  g_hash_table_remove (fetcher->fetches, &id);
  if (error == NULL)
    engine_account_set_last_fetch (account, base_clock_real () / G_USEC_PER_SEC);
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    engine_account_set_problem (account, ENGINE_TASK_FETCHING, error);
  engine_account_set_fetching (account, FALSE);
  if (counts->letters > 0)
    g_signal_emit (fetcher, fetched_signal, 0, account, counts->letters);
  engine_waiters_return (fetch->waiters, error, set_counts, (gpointer) counts);

  if (fetcher->shutting_down != NULL && g_hash_table_size (fetcher->fetches) == 0)
    {
      g_autoptr (GTask) task = g_steal_pointer (&fetcher->shutting_down);
      g_task_return_boolean (task, TRUE);
    }
  g_clear_error (&error);
  fetch_free (fetch);
}

static void
on_retrieved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  EngineFetchResult counts = { 0 };
  GError *error = NULL;

  engine_retrieval_run_finish (result, &counts, &error);
  finish_fetch (user_data, &counts, error);
}

static void
on_progress (const EngineFetchProgress *progress, gpointer user_data)
{
  Fetch *fetch = user_data;

  engine_account_set_progress (fetch->account, progress);
}

static void
on_reached (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fetch *fetch = user_data;
  EngineFetcher *fetcher = fetch->fetcher;
  EngineFetchResult none = { 0 };
  GError *error = NULL;
  EnginePeer *peer = engine_accounts_reach_finish (fetcher->accounts, result, &error);

  if (peer == NULL)
    {
      finish_fetch (fetch, &none, error);
      return;
    }
  const StoreAccount *values = engine_account_get_values (fetch->account);
  engine_retrieval_run_async (fetcher->cabinet, values,
                              fetcher->junk != NULL
                                  ? engine_sorter_new (fetcher->junk, values->address)
                                  : NULL,
                              peer, engine_accounts_get_journal (fetcher->accounts), on_progress,
                              fetch, fetch->cancellable, on_retrieved, fetch);
}

/* Nobody waits for the fetch any more. */
static void
on_abandoned (gpointer user_data)
{
  Fetch *fetch = user_data;

  g_cancellable_cancel (fetch->cancellable);
}

static Fetch *
begin_fetch (EngineFetcher *fetcher, EngineAccount *account)
{
  Fetch *fetch = g_new0 (Fetch, 1);
  gint64 id = engine_account_get_id (account);

  fetch->fetcher = g_object_ref (fetcher);
  fetch->account = g_object_ref (account);
  fetch->waiters = engine_waiters_new (on_abandoned, fetch);
  fetch->cancellable = g_cancellable_new ();
  g_hash_table_insert (fetcher->fetches, g_memdup2 (&id, sizeof id), fetch);
  engine_account_set_fetching (account, TRUE);
  engine_accounts_reach_async (fetcher->accounts, engine_account_get_values (account),
                               ENGINE_PEER_POP3, fetch->cancellable, on_reached, fetch);
  return fetch;
}

static void
engine_fetcher_finalize (GObject *object)
{
  EngineFetcher *fetcher = ENGINE_FETCHER (object);

  g_clear_object (&fetcher->cabinet);
  g_clear_object (&fetcher->accounts);
  g_clear_object (&fetcher->junk);
  /* Each fetch holds a reference, so there is none left. */
  g_hash_table_unref (fetcher->fetches);
  G_OBJECT_CLASS (engine_fetcher_parent_class)->finalize (object);
}

static void
engine_fetcher_class_init (EngineFetcherClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = engine_fetcher_finalize;
  fetched_signal = g_signal_new ("fetched", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 2, ENGINE_TYPE_ACCOUNT, G_TYPE_UINT);
}

static void
engine_fetcher_init (EngineFetcher *fetcher)
{
  fetcher->fetches = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

EngineFetcher *
engine_fetcher_new (StoreCabinet *cabinet, EngineAccounts *accounts, EngineJunk *junk)
{
  EngineFetcher *fetcher = g_object_new (ENGINE_TYPE_FETCHER, NULL);

  fetcher->cabinet = g_object_ref (cabinet);
  fetcher->accounts = g_object_ref (accounts);
  fetcher->junk = junk != NULL ? g_object_ref (junk) : NULL;
  return fetcher;
}

StoreCabinet *
engine_fetcher_get_cabinet (EngineFetcher *fetcher)
{
  return fetcher->cabinet;
}

void
engine_fetcher_fetch_async (EngineFetcher *fetcher,
                            EngineAccount *account,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (fetcher, cancellable, callback, user_data);
  gint64 id = engine_account_get_id (account);

  if (g_task_return_error_if_cancelled (task))
    return;
  if (fetcher->shut)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The program is ending.");
      return;
    }
  Fetch *fetch = g_hash_table_lookup (fetcher->fetches, &id);
  /* One that everybody left is about to end; it cannot be joined. */
  if (fetch != NULL && g_cancellable_is_cancelled (fetch->cancellable))
    {
      g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_BUSY,
                               "The last fetch of %s is still ending. Try again in a moment.",
                               engine_account_get_values (account)->address);
      return;
    }
  if (fetch == NULL)
    fetch = begin_fetch (fetcher, account);
  engine_waiters_add (fetch->waiters, g_steal_pointer (&task));
}

gboolean
engine_fetcher_fetch_finish (EngineFetcher *fetcher,
                             GAsyncResult *result,
                             EngineFetchResult *counts,
                             GError **error)
{
  const EngineFetchResult *known = g_task_get_task_data (G_TASK (result));

  if (counts != NULL)
    *counts = known != NULL ? *known : (EngineFetchResult){ 0 };
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
engine_fetcher_shut_down_async (EngineFetcher *fetcher,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (fetcher, NULL, callback, user_data);
  GHashTableIter iter;
  gpointer value;

  fetcher->shut = TRUE;
  if (g_hash_table_size (fetcher->fetches) == 0)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  fetcher->shutting_down = g_steal_pointer (&task);
  /* A fetch may end, and leave the table, as soon as it is cancelled. */
  g_autoptr (GPtrArray) cancellables = g_ptr_array_new_with_free_func (g_object_unref);
  g_hash_table_iter_init (&iter, fetcher->fetches);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (cancellables, g_object_ref (((Fetch *) value)->cancellable));
  for (guint i = 0; i < cancellables->len; i++)
    g_cancellable_cancel (g_ptr_array_index (cancellables, i));
}

void
engine_fetcher_shut_down_finish (EngineFetcher *fetcher, GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}
