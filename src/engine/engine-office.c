/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-office.h"

#include "engine-accounts-private.h"
#include "engine-error-private.h"
#include "engine-fetcher-private.h"
#include "engine-junk-private.h"
#include "engine-letters-private.h"
#include "engine-outbox-private.h"
#include "engine-round-private.h"
#include "engine-server-private.h"
#include "engine-timer-private.h"

#include <message-address.h>
#include <net-tls.h>
#include <store-search-index.h>

#include <errno.h>
#include <glib/gstdio.h>

/* Letters for one user often come together. */
#define DELIVERED_MSEC 200

struct _EngineOffice
{
  GObject parent_instance;

  char *directory;
  StoreCabinet *cabinet;
  StoreSite *site;
  EngineJournal *journal;
  EngineServer *server;
  EngineAccounts *accounts;
  EngineLetters *letters;
  EngineOutbox *outbox;
  EngineFetcher *fetcher;
  EngineJunk *junk;

  GNetworkMonitor *monitor;
  gboolean network; /* as the monitor said last */
  EngineRound *round;
  GSource *delivered;
  GHashTable *to_fetch; /* set of user names whose maildrop got something */
  GCancellable *cancellable;
  GTask *shutting_down; /* or NULL */
  guint ending;         /* parts that have not ended yet */
  gboolean started;
};

G_DEFINE_FINAL_TYPE (EngineOffice, engine_office, G_TYPE_OBJECT)

/* ---- work that goes on by itself ---- */

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  /* The account shows the problem. */
  if (!engine_fetcher_fetch_finish (ENGINE_FETCHER (source), result, NULL, &error))
    g_debug ("A fetch failed: %s", error->message);
}

static gboolean
on_delivered_time (gpointer user_data)
{
  EngineOffice *office = user_data;
  GListModel *model = G_LIST_MODEL (office->accounts);

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (EngineAccount) account = g_list_model_get_item (model, i);
      const StoreAccount *values = engine_account_get_values (account);

      if (!values->local || !g_hash_table_contains (office->to_fetch, values->pop3.user)
          || engine_account_is_fetching (account))
        continue;
      g_hash_table_remove (office->to_fetch, values->pop3.user);
      engine_fetcher_fetch_async (office->fetcher, account, office->cancellable, on_fetched, NULL);
    }
  /* A fetch under way has seen the maildrop as it was: its account has another turn. */
  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (EngineAccount) account = g_list_model_get_item (model, i);
      const StoreAccount *values = engine_account_get_values (account);

      if (values->local && g_hash_table_contains (office->to_fetch, values->pop3.user))
        return G_SOURCE_CONTINUE;
    }
  g_hash_table_remove_all (office->to_fetch);
  engine_timer_clear (&office->delivered);
  return G_SOURCE_REMOVE;
}

static void
on_delivered (EngineOffice *office, const char *user)
{
  if (!office->started)
    return;
  g_hash_table_add (office->to_fetch, g_strdup (user));
  if (office->delivered == NULL)
    office->delivered = engine_timer_new (DELIVERED_MSEC, on_delivered_time, office);
}

static void
on_network_changed (EngineOffice *office, gboolean available)
{
  gboolean came_back = available && !office->network;

  office->network = available;
  if (!came_back || !office->started)
    return;
  engine_outbox_retry (office->outbox);
  engine_round_now (office->round);
}

void
engine_office_start (EngineOffice *office)
{
  if (office->started)
    return;
  office->started = TRUE;
  engine_accounts_prepare (office->accounts);
  net_tls_load_authorities ();
  office->monitor = g_object_ref (g_network_monitor_get_default ());
  office->network = g_network_monitor_get_network_available (office->monitor);
  g_signal_connect_object (office->monitor, "network-changed", G_CALLBACK (on_network_changed),
                           office, G_CONNECT_SWAPPED);
  store_cabinet_start_index (office->cabinet);
  engine_outbox_start (office->outbox);
  engine_round_start (office->round);
}

/* ---- opening ---- */

static void
engine_office_dispose (GObject *object)
{
  EngineOffice *office = ENGINE_OFFICE (object);

  g_clear_pointer (&office->round, engine_round_free);
  engine_timer_clear (&office->delivered);
  g_cancellable_cancel (office->cancellable);
  G_OBJECT_CLASS (engine_office_parent_class)->dispose (object);
}

static void
engine_office_finalize (GObject *object)
{
  EngineOffice *office = ENGINE_OFFICE (object);

  g_clear_object (&office->fetcher);
  g_clear_object (&office->outbox);
  g_clear_object (&office->letters);
  g_clear_object (&office->junk);
  g_clear_object (&office->accounts);
  g_clear_object (&office->server);
  g_clear_object (&office->journal);
  g_clear_object (&office->monitor);
  g_clear_object (&office->cancellable);
  g_clear_pointer (&office->site, store_site_free);
  if (office->cabinet != NULL)
    store_cabinet_close (office->cabinet);
  g_clear_object (&office->cabinet);
  g_clear_pointer (&office->to_fetch, g_hash_table_unref);
  g_free (office->directory);
  G_OBJECT_CLASS (engine_office_parent_class)->finalize (object);
}

static void
engine_office_class_init (EngineOfficeClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = engine_office_dispose;
  G_OBJECT_CLASS (klass)->finalize = engine_office_finalize;
}

static void
engine_office_init (EngineOffice *office)
{
  office->cancellable = g_cancellable_new ();
  office->to_fetch = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static gboolean
make_directory (const char *path, GError **error)
{
  if (g_mkdir_with_parents (path, 0700) == 0)
    return TRUE;
  g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE,
               "The folder “%s” cannot be made: %s. Check its permissions, or choose another one.",
               path, g_strerror (errno));
  return FALSE;
}

/* Takes @error. */
static gboolean
refuse (GError *error, GError **dest)
{
  g_propagate_error (dest, engine_error_translate (error, NULL));
  g_error_free (error);
  return FALSE;
}

static gboolean
open_rooms (EngineOffice *office, GError **error)
{
  g_autofree char *site = g_build_filename (office->directory, "server", NULL);
  g_autofree char *identity = g_build_filename (office->directory, "identity", NULL);
  g_autofree char *junk = g_build_filename (office->directory, "junk.ini", NULL);
  g_autofree char *rules
      = g_build_filename (g_get_user_config_dir (), "postroom", "junk.rules", NULL);
  GError *local = NULL;

  if (!make_directory (office->directory, error) || !make_directory (site, error))
    return FALSE;
  office->cabinet = store_cabinet_open (office->directory, &local);
  if (office->cabinet == NULL)
    return refuse (local, error);
  office->site = store_site_open (site, &local);
  if (office->site == NULL)
    return refuse (local, error);

  office->journal = engine_journal_new ();
  office->junk = engine_junk_new (office->cabinet, junk, rules);
  office->server = engine_server_new (office->site, office->journal, identity);
  engine_server_set_judge (office->server, engine_junk_get_judge (office->junk));
  office->accounts = engine_accounts_new (office->cabinet, engine_secrets_new (office->directory),
                                          office->journal, office->server, identity, &local);
  if (office->accounts == NULL)
    return refuse (local, error);
  office->letters = engine_letters_new (office->cabinet);
  office->fetcher = engine_fetcher_new (office->cabinet, office->accounts, office->junk);
  office->round = engine_round_new (office->accounts, office->fetcher);
  office->outbox = engine_outbox_new (office->cabinet, office->accounts, &local);
  if (office->outbox == NULL)
    return refuse (local, error);
  g_signal_connect_object (office->server, "delivered", G_CALLBACK (on_delivered), office,
                           G_CONNECT_SWAPPED);
  return TRUE;
}

EngineOffice *
engine_office_open (const char *directory, GError **error)
{
  g_autoptr (EngineOffice) office = g_object_new (ENGINE_TYPE_OFFICE, NULL);

  message_init ();
  office->directory = directory != NULL
                          ? g_canonicalize_filename (directory, NULL)
                          : g_build_filename (g_get_user_data_dir (), "postroom", NULL);
  return open_rooms (office, error) ? g_steal_pointer (&office) : NULL;
}

/* ---- shutting down ---- */

static void
part_ended (EngineOffice *office)
{
  if (--office->ending > 0)
    return;
  g_autoptr (GTask) task = g_steal_pointer (&office->shutting_down);
  store_cabinet_close (office->cabinet);
  g_task_return_boolean (task, TRUE);
}

static void
on_outbox_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (EngineOffice) office = user_data;

  engine_outbox_shut_down_finish (ENGINE_OUTBOX (source), result);
  part_ended (office);
}

static void
on_fetcher_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (EngineOffice) office = user_data;

  engine_fetcher_shut_down_finish (ENGINE_FETCHER (source), result);
  part_ended (office);
}

static void
on_server_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (EngineOffice) office = user_data;
  g_autoptr (GError) error = NULL;

  if (!engine_server_stop_finish (ENGINE_SERVER (source), result, &error))
    g_debug ("The server did not stop well: %s", error->message);
  part_ended (office);
}

void
engine_office_shut_down_async (EngineOffice *office,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  office->shutting_down = g_task_new (office, NULL, callback, user_data);
  office->started = FALSE;
  engine_round_stop (office->round);
  engine_timer_clear (&office->delivered);
  g_cancellable_cancel (office->cancellable);

  office->ending = 3;
  engine_outbox_shut_down_async (office->outbox, on_outbox_ended, g_object_ref (office));
  engine_fetcher_shut_down_async (office->fetcher, on_fetcher_ended, g_object_ref (office));
  engine_server_stop_async (office->server, on_server_ended, g_object_ref (office));
}

void
engine_office_shut_down_finish (EngineOffice *office, GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}

/* ---- what it owns ---- */

const char *
engine_office_get_directory (EngineOffice *office)
{
  return office->directory;
}

EngineAccounts *
engine_office_get_accounts (EngineOffice *office)
{
  return office->accounts;
}

EngineLetters *
engine_office_get_letters (EngineOffice *office)
{
  return office->letters;
}

EngineOutbox *
engine_office_get_outbox (EngineOffice *office)
{
  return office->outbox;
}

EngineFetcher *
engine_office_get_fetcher (EngineOffice *office)
{
  return office->fetcher;
}

EngineServer *
engine_office_get_server (EngineOffice *office)
{
  return office->server;
}

EngineJunk *
engine_office_get_junk (EngineOffice *office)
{
  return office->junk;
}

EngineJournal *
engine_office_get_journal (EngineOffice *office)
{
  return office->journal;
}

void
engine_prepare (void)
{
  net_tls_prepare ();
}
