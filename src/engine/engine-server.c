/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-server-shared-private.h"

#include "engine-control-private.h"
#include "engine-error-private.h"
#include "engine-judge-private.h"
#include "engine-server-config-private.h"
#include "engine-session-private.h"

#include <net-listener.h>
#include <sys/resource.h>

#define WORKERS       4
#define BUSY_SECONDS  5 /* a session with a letter under way */
#define FINAL_SECONDS 6 /* a peer that does not even read its goodbye */

typedef enum
{
  STOPPED,
  STARTING,
  RUNNING,
  STOPPING,
} State;

struct _EngineServer
{
  GObject parent_instance;

  StoreSite *site;
  EngineJournal *journal;
  char *identity_directory;
  EngineJudge *judge; /* or NULL */
  char *config_file;
  char *directory;
  EngineControl *control; /* NULL when not running, or where there can be none */

  State state;
  EngineServerConfig *config; /* of this run, or of the next */
  char *problem;
  NetIdentity *identity; /* since the first start, of this program or another */

  NetWorkers *workers;
  EngineService *service;
  NetListener *listeners[ENGINE_N_PORTS];
  EngineDoor doors[ENGINE_N_PORTS];

  GPtrArray *stoppers;  /* tasks that wait for the stop */
  gboolean stop_wanted; /* asked for while starting */
  GSource *hurry;
  GSource *hurry_more;
};

enum
{
  PROP_RUNNING = 1,
  PROP_SESSIONS,
  PROP_PROBLEM,
  N_PROPS,
};

enum
{
  SIGNAL_DELIVERED,
  SIGNAL_USERS_CHANGED,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (EngineServer, engine_server, G_TYPE_OBJECT)

/* ---- small things ---- */

StoreSite *
engine_server_get_site (EngineServer *server)
{
  return server->site;
}

EngineService *
engine_server_get_service (EngineServer *server)
{
  return server->service;
}

static void
set_problem (EngineServer *self, const char *words)
{
  if (g_strcmp0 (self->problem, words) == 0)
    return;
  g_free (self->problem);
  self->problem = g_strdup (words);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROBLEM]);
}

static void
set_state (EngineServer *self, State state)
{
  gboolean was = engine_server_is_running (self);

  self->state = state;
  if (was != engine_server_is_running (self))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RUNNING]);
}

static void
close_listeners (EngineServer *self)
{
  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    g_clear_pointer (&self->listeners[i], net_listener_free);
}

static void
drop_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* After the last session. The workers end before what their sessions used. */
static void
dismantle (EngineServer *self)
{
  drop_source (&self->hurry);
  drop_source (&self->hurry_more);
  g_clear_pointer (&self->control, engine_control_free);
  close_listeners (self);
  g_clear_pointer (&self->workers, net_workers_free);
  g_clear_pointer (&self->service, engine_service_free);
  store_site_unlock (self->site);
}

/* ---- stopping ---- */

static void
answer_stoppers (EngineServer *self)
{
  g_autoptr (GPtrArray) stoppers = g_steal_pointer (&self->stoppers);

  self->stoppers = g_ptr_array_new_with_free_func (g_object_unref);
  self->stop_wanted = FALSE;
  for (guint i = 0; i < stoppers->len; i++)
    g_task_return_boolean (stoppers->pdata[i], TRUE);
}

static void
on_drained (gpointer user_data)
{
  g_autoptr (EngineServer) self = g_object_ref (user_data);

  dismantle (self);
  set_state (self, STOPPED);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SESSIONS]);
  answer_stoppers (self);
}

static gboolean
on_hurry (gpointer user_data)
{
  EngineServer *self = user_data;

  engine_service_close (self->service, ENGINE_SERVICE_FORCED);
  return G_SOURCE_REMOVE;
}

static gboolean
on_hurry_more (gpointer user_data)
{
  EngineServer *self = user_data;

  engine_service_close (self->service, ENGINE_SERVICE_ABORTED);
  return G_SOURCE_REMOVE;
}

static GSource *
add_timeout (guint seconds, GSourceFunc function, gpointer data)
{
  GSource *source = g_timeout_source_new_seconds (seconds);

  g_source_set_callback (source, function, data, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  return source;
}

static void
begin_to_stop (EngineServer *self)
{
  set_state (self, STOPPING);
  close_listeners (self);
  self->hurry = add_timeout (BUSY_SECONDS, on_hurry, self);
  self->hurry_more = add_timeout (FINAL_SECONDS, on_hurry_more, self);
  engine_service_close (self->service, ENGINE_SERVICE_CLOSING);
}

/* ---- what the sessions report ---- */

static void
on_sessions_changed (gpointer user_data)
{
  g_object_notify_by_pspec (user_data, properties[PROP_SESSIONS]);
}

static void
on_delivered (const char *user, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_DELIVERED], 0, user);
}

static const EngineServiceEvents service_events = {
  .sessions_changed = on_sessions_changed,
  .delivered = on_delivered,
  .drained = on_drained,
};

/* ---- starting ---- */

typedef struct
{
  EngineServerConfig *config;
  gboolean asked; /* the caller gave it */
  char *identity_directory;
} Start;

static void
start_free (Start *start)
{
  engine_server_config_free (start->config);
  g_free (start->identity_directory);
  g_free (start);
}

static void
identity_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Start *start = data;
  GError *error = NULL;
  NetIdentity *identity
      = start->config->certificate_file != NULL
            ? net_identity_load (start->config->certificate_file, start->config->key_file, &error)
            : net_identity_ensure (start->identity_directory, &error);

  if (identity != NULL)
    g_task_return_pointer (task, identity, (GDestroyNotify) net_identity_unref);
  else
    g_task_return_error (task, error);
}

/* A session holds a socket and perhaps a spool; many systems allow 1,024 files unless asked. */
static void
allow_many_files (guint sessions)
{
  struct rlimit limit;
  const rlim_t wanted = 4 * (rlim_t) sessions;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
    return;
  limit.rlim_cur = MIN (limit.rlim_max, wanted);
  setrlimit (RLIMIT_NOFILE, &limit);
}

/* A default port that another program has is replaced; one that a person named is not. */
static gboolean
open_port (EngineServer *self, const Start *start, EnginePort port, GError **error)
{
  EngineDoor *door = &self->doors[port];
  guint16 number = start->config->ports[port];
  gboolean may_change = !start->asked && number == engine_server_config_get_default_port (port);
  g_autoptr (GError) local = NULL;

  door->service = self->service;
  door->port = port;
  self->listeners[port] = net_listener_new (start->config->address, number, self->workers,
                                            engine_session_accepted, door, &local);
  if (self->listeners[port] == NULL && may_change)
    {
      g_clear_error (&local);
      self->listeners[port] = net_listener_new (start->config->address, 0, self->workers,
                                                engine_session_accepted, door, &local);
    }
  if (self->listeners[port] == NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return self->listeners[port] != NULL;
}

static gboolean
open_doors (EngineServer *self, const Start *start, NetIdentity *identity, GError **error)
{
  allow_many_files (start->config->limits.sessions);
  self->workers = net_workers_new (CLAMP (g_get_num_processors (), 2, WORKERS));
  self->service = engine_service_new (self->site, self->journal, start->config, identity,
                                      self->workers, &service_events, self);
  engine_service_set_judge (self->service, self->judge);
  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    if (!open_port (self, start, i, error))
      {
        /* Someone may have come in by the ports before. */
        close_listeners (self);
        engine_service_close (self->service, ENGINE_SERVICE_ABORTED);
        engine_service_wait (self->service);
        return FALSE;
      }
  return TRUE;
}

static void
fail_start (EngineServer *self, GTask *task, GError *error)
{
  g_autoptr (GError) words = engine_error_translate (error, NULL);

  g_error_free (error);
  dismantle (self);
  set_state (self, STOPPED);
  if (!g_error_matches (words, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    set_problem (self, words->message);
  g_task_return_error (task, g_steal_pointer (&words));
  answer_stoppers (self);
}

void
engine_server_set_identity (EngineServer *self, NetIdentity *identity)
{
  net_identity_ref (identity);
  g_clear_pointer (&self->identity, net_identity_unref);
  self->identity = identity;
}

/* A server that cannot be asked about itself serves all the same. */
static void
open_control (EngineServer *self)
{
  g_autoptr (GError) error = NULL;

  self->control = engine_control_new (self, self->journal, self->directory, &error);
  if (self->control == NULL)
    g_warning ("%s", error->message);
}

static void
on_identity (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineServer *self = g_task_get_source_object (task);
  Start *start = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  g_autoptr (NetIdentity) identity = g_task_propagate_pointer (G_TASK (result), &error);

  if (identity != NULL && self->stop_wanted)
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                         "The server was stopped before it had started");
  if (error != NULL || g_task_return_error_if_cancelled (task)
      || !open_doors (self, start, identity, &error)
      || (start->asked && !engine_server_config_save (start->config, self->config_file, &error)))
    {
      fail_start (self, task, g_steal_pointer (&error));
      return;
    }

  engine_server_set_identity (self, identity);
  /* What nobody can log in with any more is not kept either. */
  if (!start->config->demonstration_auth)
    store_site_forget_secrets (self->site);
  engine_server_config_free (self->config);
  self->config = engine_server_config_copy (start->config);
  set_problem (self, NULL);
  open_control (self);
  set_state (self, RUNNING);
  g_task_return_boolean (task, TRUE);
}

/* ---- the object ---- */

static void
engine_server_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  EngineServer *self = ENGINE_SERVER (object);

  switch (id)
    {
    case PROP_RUNNING:
      g_value_set_boolean (value, engine_server_is_running (self));
      break;
    case PROP_SESSIONS:
      g_value_set_uint (value, engine_server_get_sessions (self));
      break;
    case PROP_PROBLEM:
      g_value_set_string (value, self->problem);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
engine_server_finalize (GObject *object)
{
  EngineServer *self = ENGINE_SERVER (object);

  /* Nobody stopped it: without a word then. The sessions end on their own threads. */
  if (self->service != NULL)
    {
      engine_service_mute (self->service);
      close_listeners (self);
      engine_service_close (self->service, ENGINE_SERVICE_ABORTED);
      engine_service_wait (self->service);
      dismantle (self);
    }
  g_ptr_array_unref (self->stoppers);
  g_clear_pointer (&self->judge, engine_judge_unref);
  g_clear_pointer (&self->identity, net_identity_unref);
  engine_server_config_free (self->config);
  g_free (self->problem);
  g_free (self->identity_directory);
  g_free (self->config_file);
  g_free (self->directory);
  g_object_unref (self->journal);
  G_OBJECT_CLASS (engine_server_parent_class)->finalize (object);
}

static void
engine_server_class_init (EngineServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = engine_server_get_property;
  object_class->finalize = engine_server_finalize;

  properties[PROP_RUNNING] = g_param_spec_boolean ("running", NULL, NULL, FALSE, flags);
  properties[PROP_SESSIONS] = g_param_spec_uint ("sessions", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_PROBLEM] = g_param_spec_string ("problem", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  signals[SIGNAL_DELIVERED] = g_signal_new ("delivered", ENGINE_TYPE_SERVER, G_SIGNAL_RUN_LAST, 0,
                                            NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_USERS_CHANGED]
      = g_signal_new ("users-changed", ENGINE_TYPE_SERVER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                      G_TYPE_NONE, 0);
}

static void
engine_server_init (EngineServer *self)
{
  self->stoppers = g_ptr_array_new_with_free_func (g_object_unref);
}

/* ---- public ---- */

void
engine_server_set_judge (EngineServer *server, EngineJudge *judge)
{
  server->judge = engine_judge_ref (judge);
}

EngineServer *
engine_server_new (StoreSite *site, EngineJournal *journal, const char *identity_directory)
{
  EngineServer *self = g_object_new (ENGINE_TYPE_SERVER, NULL);

  self->site = site;
  self->journal = g_object_ref (journal);
  self->identity_directory = g_strdup (identity_directory);
  self->directory = g_path_get_dirname (identity_directory);
  self->config_file = g_build_filename (self->directory, "server.ini", NULL);
  self->config = engine_server_config_load (self->config_file);
  return self;
}

void
engine_server_start_async (EngineServer *self,
                           const EngineServerConfig *config,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) words = NULL;

  if (self->state == RUNNING && config == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  if (self->state != STOPPED)
    {
      g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_BUSY,
                               "The server is running, starting or stopping already");
      return;
    }
  if (config == NULL)
    config = self->config;
  /* The catch-all is asked about when it is new: one who was removed since is no reason not to
   * start.
   */
  if (!engine_server_config_check (config, &error)
      || (config != self->config && !engine_server_check_catch_all (self, config, &error))
      || !store_site_lock (self->site, &error))
    {
      if (g_error_matches (error, STORE_ERROR, STORE_ERROR_BUSY))
        {
          g_clear_error (&error);
          g_set_error_literal (&error, ENGINE_ERROR, ENGINE_ERROR_BUSY,
                               "Another Postroom serves these mailboxes already");
        }
      words = engine_error_translate (error, NULL);
      set_problem (self, words->message);
      g_task_return_error (task, g_steal_pointer (&words));
      return;
    }

  /* A thread's task does not hold the server: it must not be the last to let go. */
  g_autoptr (GTask) identity = g_task_new (NULL, NULL, on_identity, g_object_ref (task));
  Start *start = g_new0 (Start, 1);
  start->config = engine_server_config_copy (config);
  start->asked = config != self->config;
  start->identity_directory = g_strdup (self->identity_directory);
  g_task_set_task_data (identity, start, (GDestroyNotify) start_free);
  set_state (self, STARTING);
  g_task_run_in_thread (identity, identity_thread);
}

gboolean
engine_server_start_finish (EngineServer *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
engine_server_stop_async (EngineServer *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  if (self->state == STOPPED)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  g_ptr_array_add (self->stoppers, g_steal_pointer (&task));
  if (self->state == STARTING)
    self->stop_wanted = TRUE;
  else if (self->state == RUNNING)
    begin_to_stop (self);
}

gboolean
engine_server_stop_finish (EngineServer *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

const EngineServerConfig *
engine_server_get_config (EngineServer *self)
{
  return self->config;
}

gboolean
engine_server_is_running (EngineServer *self)
{
  return self->state == RUNNING;
}

void
engine_server_set_demonstration_auth (EngineServer *self, gboolean on)
{
  self->config->demonstration_auth = on;
}

guint16
engine_server_get_port (EngineServer *self, EnginePort port)
{
  return self->listeners[port] != NULL ? net_listener_get_port (self->listeners[port]) : 0;
}

const char *
engine_server_get_domain (EngineServer *self)
{
  return self->config->domain;
}

guint
engine_server_get_sessions (EngineServer *self)
{
  return self->service != NULL ? engine_service_get_sessions (self->service) : 0;
}

/* The identity, also while this program does not serve: another one may. Reads files, and makes
 * none the first time: that is slow, and belongs to the start. */
static NetIdentity *
peek_identity (EngineServer *self)
{
  g_autofree char *file = g_build_filename (self->identity_directory, "ca.pem", NULL);
  g_autoptr (GError) error = NULL;

  if (self->identity != NULL)
    return self->identity;
  if (self->config->certificate_file != NULL)
    self->identity
        = net_identity_load (self->config->certificate_file, self->config->key_file, &error);
  else if (g_file_test (file, G_FILE_TEST_EXISTS))
    self->identity = net_identity_ensure (self->identity_directory, &error);
  if (error != NULL)
    g_warning ("%s", error->message);
  return self->identity;
}

const char *
engine_server_get_authority_file (EngineServer *self)
{
  NetIdentity *identity = peek_identity (self);

  return identity != NULL ? net_identity_get_authority_file (identity) : NULL;
}

char *
engine_server_dup_fingerprint (EngineServer *self)
{
  NetIdentity *identity = peek_identity (self);

  return identity != NULL ? net_identity_dup_fingerprint (identity) : NULL;
}

GTlsDatabase *
engine_server_get_trust (EngineServer *self)
{
  NetIdentity *identity = peek_identity (self);

  return identity != NULL ? net_identity_get_trust (identity) : NULL;
}
