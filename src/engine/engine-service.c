/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-service-private.h"

#include "engine-judge-private.h"
#include "engine-session-private.h"

#include <base-clock.h>

#define DELIVERED_MSEC 20 /* in which letters for one user are told of together */

struct _EngineService
{
  StoreSite *site;
  EngineJournal *journal;
  EngineServerConfig *config; /* atomic */
  GPtrArray *configs;         /* all there were: sessions may still look at an older one */
  EngineJudge *judge;         /* or NULL */
  gint64 since;
  EngineLogin *login;
  NetWorkers *workers;
  EngineFaults *faults;
  EngineLogSink log; /* or NULL */
  gpointer log_data;
  GMainContext *context;
  GPtrArray **sessions; /* one array for each worker, used on its thread alone */
  int state;            /* EngineServiceState, atomic */

  GMutex mutex;
  GCond left;
  guint places; /* sessions whose wire is open; all these under the mutex */
  guint holds;  /* sessions and messages to workers that are alive */
  NetIdentity *identity;
  GHashTable *by_address; /* of guint: open sessions */
  GHashTable *by_user;
  guint64 counts[ENGINE_N_COUNTS];
  gboolean count_announced;
  GHashTable *delivered; /* users whose announcement is on its way */

  /* Main thread. */
  EngineServiceEvents events;
  gpointer user_data;
  GPtrArray *sources; /* on their way to the main thread; under the mutex */
};

/* ---- words to the main thread ---- */

typedef struct
{
  EngineService *service;
  GSource *source;
  char *user; /* NULL: the number of sessions */
} Announcement;

static void
announcement_free (Announcement *announcement)
{
  g_free (announcement->user);
  g_free (announcement);
}

static gboolean on_announcement (gpointer data);

/* Under the mutex. */
static void
announce (EngineService *service, const char *user)
{
  Announcement *announcement = g_new0 (Announcement, 1);

  announcement->service = service;
  announcement->user = g_strdup (user);
  announcement->source
      = user != NULL ? g_timeout_source_new (DELIVERED_MSEC) : g_idle_source_new ();
  g_source_set_priority (announcement->source, G_PRIORITY_DEFAULT);
  g_source_set_callback (announcement->source, on_announcement, announcement,
                         (GDestroyNotify) announcement_free);
  g_ptr_array_add (service->sources, announcement->source);
  g_source_attach (announcement->source, service->context);
}

/* Under the mutex: many changes make one announcement. */
static void
announce_count (EngineService *service)
{
  if (!service->count_announced)
    {
      service->count_announced = TRUE;
      announce (service, NULL);
    }
}

static gboolean
on_announcement (gpointer data)
{
  Announcement *announcement = data;
  EngineService *service = announcement->service;
  gboolean drained;

  g_mutex_lock (&service->mutex);
  g_ptr_array_remove_fast (service->sources, announcement->source);
  if (announcement->user == NULL)
    service->count_announced = FALSE;
  else
    g_hash_table_remove (service->delivered, announcement->user);
  drained = announcement->user == NULL && service->holds == 0
            && engine_service_get_state (service) != ENGINE_SERVICE_OPEN;
  if (drained && service->sources->len > 0)
    {
      /* The last deliveries are told first. */
      drained = FALSE;
      announce_count (service);
    }
  g_mutex_unlock (&service->mutex);

  if (announcement->user != NULL && service->events.delivered != NULL)
    service->events.delivered (announcement->user, service->user_data);
  else if (announcement->user == NULL && service->events.sessions_changed != NULL)
    service->events.sessions_changed (service->user_data);
  /* The service may be gone after this. */
  if (drained && service->events.drained != NULL)
    service->events.drained (service->user_data);
  return G_SOURCE_REMOVE;
}

/* ---- who is still there ---- */

static void
hold (EngineService *service)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&service->mutex);

  service->holds++;
}

static void
release (EngineService *service)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&service->mutex);

  service->holds--;
  if (service->holds == 0 && engine_service_get_state (service) != ENGINE_SERVICE_OPEN)
    {
      announce_count (service);
      g_cond_broadcast (&service->left);
    }
}

/* ---- words to the workers ---- */

typedef struct
{
  EngineService *service;
  guint worker;
  EngineServiceState state;
} Order;

static gboolean
on_order (gpointer data)
{
  Order *order = data;
  GPtrArray *sessions = order->service->sessions[order->worker];
  g_autoptr (GPtrArray) now
      = g_ptr_array_new_with_free_func ((GDestroyNotify) engine_session_unref);

  /* A session that ends leaves the list while it is walked. */
  for (guint i = 0; i < sessions->len; i++)
    g_ptr_array_add (now, engine_session_ref (sessions->pdata[i]));
  for (guint i = 0; i < now->len; i++)
    engine_session_end (now->pdata[i], order->state);
  return G_SOURCE_REMOVE;
}

static void
order_free (Order *order)
{
  release (order->service);
  g_free (order);
}

/* ---- asking the workers ---- */

/* One for all workers, on its way through each of them in turn. */
typedef struct
{
  GTask *task;
  EngineService *service;
  GVariantBuilder sessions;
  guint worker;
} Inquiry;

static gboolean on_inquiry (gpointer data);

static void
send_inquiry (Inquiry *inquiry)
{
  net_workers_invoke (inquiry->service->workers, inquiry->worker, on_inquiry, inquiry, NULL);
}

static gboolean
on_inquiry (gpointer data)
{
  Inquiry *inquiry = data;
  EngineService *service = inquiry->service;
  GPtrArray *sessions = service->sessions[inquiry->worker];

  for (guint i = 0; i < sessions->len; i++)
    g_variant_builder_add_value (&inquiry->sessions, engine_session_describe (sessions->pdata[i]));
  if (++inquiry->worker < net_workers_get_count (service->workers))
    {
      send_inquiry (inquiry);
      return G_SOURCE_REMOVE;
    }
  g_task_return_pointer (inquiry->task,
                         g_variant_ref_sink (g_variant_builder_end (&inquiry->sessions)),
                         (GDestroyNotify) g_variant_unref);
  g_object_unref (inquiry->task);
  g_free (inquiry);
  release (service);
  return G_SOURCE_REMOVE;
}

void
engine_service_describe_async (EngineService *service,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  Inquiry *inquiry = g_new0 (Inquiry, 1);

  inquiry->task = g_task_new (NULL, NULL, callback, user_data);
  inquiry->service = service;
  g_variant_builder_init (&inquiry->sessions, G_VARIANT_TYPE ("aa{sv}"));
  hold (service);
  send_inquiry (inquiry);
}

GVariant *
engine_service_describe_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}

EngineService *
engine_service_new (StoreSite *site,
                    EngineJournal *journal,
                    const EngineServerConfig *config,
                    NetIdentity *identity,
                    NetWorkers *workers,
                    EngineFaults *faults,
                    const EngineServiceEvents *events,
                    gpointer user_data)
{
  EngineService *service = g_new0 (EngineService, 1);
  guint count = net_workers_get_count (workers);

  service->site = site;
  service->journal = g_object_ref (journal);
  service->configs = g_ptr_array_new_with_free_func ((GDestroyNotify) engine_server_config_free);
  engine_service_set_config (service, config);
  service->identity = net_identity_ref (identity);
  service->since = base_clock_real () / G_USEC_PER_SEC;
  service->login = engine_login_new (site, config);
  service->workers = workers;
  service->faults = engine_faults_ref (faults);
  service->context = g_main_context_ref_thread_default ();
  service->sessions = g_new0 (GPtrArray *, count + 1);
  for (guint i = 0; i < count; i++)
    service->sessions[i] = g_ptr_array_new ();
  service->by_address = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  service->by_user = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_mutex_init (&service->mutex);
  g_cond_init (&service->left);
  service->events = *events;
  service->user_data = user_data;
  service->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
  service->delivered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return service;
}

void
engine_service_free (EngineService *service)
{
  engine_service_mute (service);
  for (guint i = 0; service->sessions[i] != NULL; i++)
    g_ptr_array_unref (service->sessions[i]);
  g_free (service->sessions);
  g_ptr_array_unref (service->sources);
  g_hash_table_unref (service->delivered);
  g_main_context_unref (service->context);
  g_hash_table_unref (service->by_address);
  g_hash_table_unref (service->by_user);
  g_mutex_clear (&service->mutex);
  g_cond_clear (&service->left);
  engine_login_free (service->login);
  engine_faults_unref (service->faults);
  net_identity_unref (service->identity);
  g_ptr_array_unref (service->configs);
  g_clear_pointer (&service->judge, engine_judge_unref);
  g_object_unref (service->journal);
  g_free (service);
}

void
engine_service_set_judge (EngineService *service, EngineJudge *judge)
{
  service->judge = judge != NULL && service->config->judge ? engine_judge_ref (judge) : NULL;
}

EngineJudge *
engine_service_get_judge (EngineService *service)
{
  return service->judge;
}

void
engine_service_close (EngineService *service, EngineServiceState state)
{
  guint count = net_workers_get_count (service->workers);

  g_mutex_lock (&service->mutex);
  g_atomic_int_set (&service->state, (int) state);
  g_mutex_unlock (&service->mutex);
  /* The order reaches a worker after every connection that was handed to it before. */
  for (guint i = 0; i < count; i++)
    {
      Order *order = g_new0 (Order, 1);
      order->service = service;
      order->worker = i;
      order->state = state;
      hold (service);
      net_workers_invoke (service->workers, i, on_order, order, (GDestroyNotify) order_free);
    }
}

void
engine_service_wait (EngineService *service)
{
  g_mutex_lock (&service->mutex);
  while (service->holds > 0)
    g_cond_wait (&service->left, &service->mutex);
  g_mutex_unlock (&service->mutex);
}

void
engine_service_mute (EngineService *service)
{
  g_autoptr (GPtrArray) sources = NULL;

  service->events = (EngineServiceEvents){ 0 };
  g_mutex_lock (&service->mutex);
  sources = g_steal_pointer (&service->sources);
  service->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
  g_mutex_unlock (&service->mutex);
  for (guint i = 0; i < sources->len; i++)
    g_source_destroy (sources->pdata[i]);
}

StoreSite *
engine_service_get_site (EngineService *service)
{
  return service->site;
}

EngineJournal *
engine_service_get_journal (EngineService *service)
{
  return service->journal;
}

EngineLogin *
engine_service_get_login (EngineService *service)
{
  return service->login;
}

const EngineServerConfig *
engine_service_get_config (EngineService *service)
{
  return g_atomic_pointer_get (&service->config);
}

void
engine_service_set_config (EngineService *service, const EngineServerConfig *config)
{
  EngineServerConfig *copy = engine_server_config_copy (config);

  g_ptr_array_add (service->configs, copy);
  g_atomic_pointer_set (&service->config, copy);
}

NetIdentity *
engine_service_dup_identity (EngineService *service)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&service->mutex);

  return net_identity_ref (service->identity);
}

void
engine_service_set_identity (EngineService *service, NetIdentity *identity)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&service->mutex);

  net_identity_ref (identity);
  net_identity_unref (service->identity);
  service->identity = identity;
}

void
engine_service_set_log (EngineService *service, EngineLogSink sink, gpointer user_data)
{
  service->log = sink;
  service->log_data = user_data;
}

EngineLogSink
engine_service_get_log (EngineService *service, gpointer *user_data)
{
  *user_data = service->log_data;
  return service->log;
}

EngineFaults *
engine_service_get_faults (EngineService *service)
{
  return service->faults;
}

gint64
engine_service_get_since (EngineService *service)
{
  return service->since;
}

EngineServiceState
engine_service_get_state (EngineService *service)
{
  return (EngineServiceState) g_atomic_int_get (&service->state);
}

guint
engine_service_get_sessions (EngineService *service)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&service->mutex);

  return service->places;
}

/* Under the mutex. @most: 0 for any number. */
static gboolean
add_one (GHashTable *table, const char *key, guint most)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (table, key));

  if (most > 0 && count >= most)
    return FALSE;
  g_hash_table_insert (table, g_strdup (key), GUINT_TO_POINTER (count + 1));
  return TRUE;
}

static void
drop_one (GHashTable *table, const char *key)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (table, key));

  if (count > 1)
    g_hash_table_insert (table, g_strdup (key), GUINT_TO_POINTER (count - 1));
  else
    g_hash_table_remove (table, key);
}

gboolean
engine_service_add_user (EngineService *service, const char *user)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&service->mutex);

  return add_one (service->by_user, user, service->config->limits.sessions_per_user);
}

void
engine_service_drop_user (EngineService *service, const char *user)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&service->mutex);

  drop_one (service->by_user, user);
}

gboolean
engine_service_enter (EngineService *service, const char *address, gboolean here)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&service->mutex);
  const EngineServerLimits *limits = &service->config->limits;
  guint most = here ? limits->sessions_from_here : limits->sessions_per_address;

  if (service->places >= limits->sessions
      || engine_service_get_state (service) != ENGINE_SERVICE_OPEN
      || !add_one (service->by_address, address, most))
    {
      service->counts[ENGINE_COUNT_TURNED_AWAY]++;
      return FALSE;
    }
  service->counts[ENGINE_COUNT_SESSIONS]++;
  service->places++;
  service->holds++;
  announce_count (service);
  return TRUE;
}

void
engine_service_leave (EngineService *service)
{
  release (service);
}

void
engine_service_count (EngineService *service, EngineCount count, guint64 by)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&service->mutex);

  service->counts[count] += by;
}

guint64
engine_service_get_count (EngineService *service, EngineCount count)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&service->mutex);

  return service->counts[count];
}

void
engine_service_announce_delivery (EngineService *service, const char *user)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&service->mutex);

  if (!g_hash_table_contains (service->delivered, user))
    {
      g_hash_table_add (service->delivered, g_strdup (user));
      announce (service, user);
    }
}

void
engine_service_add (EngineService *service, guint worker, EngineSession *session)
{
  g_ptr_array_add (service->sessions[worker], session);
}

void
engine_service_remove (EngineService *service, guint worker, EngineSession *session)
{
  g_ptr_array_remove_fast (service->sessions[worker], session);
  g_mutex_lock (&service->mutex);
  service->places--;
  drop_one (service->by_address, session->address);
  announce_count (service);
  g_mutex_unlock (&service->mutex);
}
