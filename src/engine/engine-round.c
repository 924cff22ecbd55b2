/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-round-private.h"

#include "engine-error.h"
#include "engine-timer-private.h"

#include <base-clock.h>

#define INTERVAL_SECONDS 300
#define LONGEST_SECONDS  3600
/* How often it looks whose turn it is: a computer that slept is late by no more than this. */
#define LOOK_SECONDS 10

typedef struct
{
  gint64 due; /* monotonic */
  guint failures;
} Turn;

struct _EngineRound
{
  EngineAccounts *accounts;
  EngineFetcher *fetcher;
  GHashTable *turns; /* account id -> Turn */
  GCancellable *cancellable;
  GSource *look; /* NULL: stopped */
};

typedef struct
{
  GCancellable *cancellable; /* counted; cancelled: @round is gone */
  EngineRound *round;
  gint64 id;
} Call;

guint
engine_round_delay (guint failures, const GError *error, double chance)
{
  guint64 seconds = INTERVAL_SECONDS;

  /* The server is well, and so is the password: only its turn has not come. */
  if (g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_BUSY))
    failures = 0;
  /* Asked again and again with a wrong password, servers lock the person out. */
  if (g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_AUTH)
      || g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_SIGN_IN))
    seconds = LONGEST_SECONDS;
  for (guint i = 1; i < failures && seconds < LONGEST_SECONDS; i++)
    seconds *= 2;
  seconds = MIN (seconds, LONGEST_SECONDS);
  return (guint) ((double) seconds * (0.9 + 0.2 * chance));
}

static Turn *
get_turn (EngineRound *round, gint64 id)
{
  Turn *turn = g_hash_table_lookup (round->turns, &id);

  if (turn == NULL)
    {
      turn = g_new0 (Turn, 1);
      g_hash_table_insert (round->turns, g_memdup2 (&id, sizeof id), turn);
    }
  return turn;
}

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Call *call = user_data;
  g_autoptr (GCancellable) cancellable = call->cancellable;
  g_autoptr (GError) error = NULL;
  gboolean done = engine_fetcher_fetch_finish (ENGINE_FETCHER (source), result, NULL, &error);

  /* The account shows the problem. */
  if (!done)
    g_debug ("A fetch failed: %s", error->message);
  if (g_cancellable_is_cancelled (cancellable))
    return;
  Turn *turn = get_turn (call->round, call->id);
  turn->failures = done ? 0 : turn->failures + 1;
  turn->due
      = base_clock_monotonic ()
        + (gint64) engine_round_delay (turn->failures, error, g_random_double ()) * G_USEC_PER_SEC;
}

void
engine_round_look (EngineRound *round)
{
  GListModel *model = G_LIST_MODEL (round->accounts);
  gint64 now = base_clock_monotonic ();

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (EngineAccount) account = g_list_model_get_item (model, i);
      Turn *turn = get_turn (round, engine_account_get_id (account));

      /* Failed by itself, done well by hand since: a person has mended it. */
      gboolean mended = turn->failures > 0 && engine_account_get_problem (account) == NULL;
      if (turn->due == G_MAXINT64 || (turn->due > now && !mended))
        continue;
      Call *call = g_new0 (Call, 1);
      call->cancellable = g_object_ref (round->cancellable);
      call->round = round;
      call->id = engine_account_get_id (account);
      turn->due = G_MAXINT64; /* until it has ended */
      engine_fetcher_fetch_async (round->fetcher, account, round->cancellable, on_fetched, call);
    }
}

static gboolean
on_time (gpointer user_data)
{
  engine_round_look (user_data);
  return G_SOURCE_CONTINUE;
}

EngineRound *
engine_round_new (EngineAccounts *accounts, EngineFetcher *fetcher)
{
  EngineRound *round = g_new0 (EngineRound, 1);

  round->accounts = g_object_ref (accounts);
  round->fetcher = g_object_ref (fetcher);
  round->turns = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  round->cancellable = g_cancellable_new ();
  return round;
}

void
engine_round_free (EngineRound *round)
{
  engine_round_stop (round);
  g_object_unref (round->accounts);
  g_object_unref (round->fetcher);
  g_hash_table_unref (round->turns);
  g_object_unref (round->cancellable);
  g_free (round);
}

void
engine_round_start (EngineRound *round)
{
  round->look = engine_timer_new (LOOK_SECONDS * 1000, on_time, round);
  engine_round_look (round);
}

void
engine_round_stop (EngineRound *round)
{
  engine_timer_clear (&round->look);
  g_cancellable_cancel (round->cancellable);
}

void
engine_round_now (EngineRound *round)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, round->turns);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Turn *turn = value;
      if (turn->due != G_MAXINT64)
        turn->due = 0;
    }
  if (round->look != NULL)
    engine_round_look (round);
}
