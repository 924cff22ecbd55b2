/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a running server shares with its sessions on the worker threads: everything in it is
 * immutable, or may be used from any thread. Made and freed on the main thread, freed after the
 * last session.
 */

#include "engine-faults-private.h"
#include "engine-journal-private.h"
#include "engine-login-private.h"
#include "engine-server.h"

#include <net-certificate.h>
#include <net-workers.h>
#include <store-site.h>

#define ENGINE_SERVICE_MAX_SESSIONS 10000u

typedef struct _EngineJudge EngineJudge;
typedef struct _EngineService EngineService;
typedef struct _EngineSession EngineSession;

/* How sessions are told to end; each is harder than the one before. */
typedef enum
{
  ENGINE_SERVICE_OPEN,
  ENGINE_SERVICE_CLOSING, /* a word to the idle ones; the busy ones finish first */
  ENGINE_SERVICE_FORCED,  /* a word to all but those with a letter on its way to the disk */
  ENGINE_SERVICE_ABORTED, /* without a word */
} EngineServiceState;

/* What is counted from the start of a service to its end. */
typedef enum
{
  ENGINE_COUNT_SESSIONS,
  ENGINE_COUNT_TURNED_AWAY, /* too many sessions, or too late */
  ENGINE_COUNT_TLS,         /* sessions that were encrypted at their end */
  ENGINE_COUNT_LOGINS,
  ENGINE_COUNT_WRONG_PASSWORDS,
  ENGINE_COUNT_LOCKED,    /* not even looked at */
  ENGINE_COUNT_LETTERS,   /* taken, whatever the number of recipients */
  ENGINE_COUNT_OCTETS,    /* of these */
  ENGINE_COUNT_REFUSED,   /* recipients, and letters after their end */
  ENGINE_COUNT_RETRIEVED, /* RETR */
  ENGINE_COUNT_REMOVED,   /* by DELE and QUIT */
  ENGINE_COUNT_FAULTS,    /* injected on demand */
  ENGINE_N_COUNTS,
} EngineCount;

/* Called on the thread-default context in which the service was made. */
typedef struct
{
  void (*sessions_changed) (gpointer user_data);
  void (*delivered) (const char *user, gpointer user_data);
  /* Once, after engine_service_close(): no session and no callback is left. */
  void (*drained) (gpointer user_data);
} EngineServiceEvents;

/* @site and @workers are borrowed; @config is copied. */
EngineService *engine_service_new (StoreSite *site,
                                   EngineJournal *journal,
                                   const EngineServerConfig *config,
                                   NetIdentity *identity,
                                   NetWorkers *workers,
                                   EngineFaults *faults,
                                   const EngineServiceEvents *events,
                                   gpointer user_data);
void engine_service_free (EngineService *service);

/* ---- main thread ---- */

/* Before the first session; @judge may be NULL. */
void engine_service_set_judge (EngineService *service, EngineJudge *judge);
/* Before the first session. */
void engine_service_set_log (EngineService *service, EngineLogSink sink, gpointer user_data);
/* Tells all sessions; sessions that arrive later are turned away. May be called again, harder. */
void engine_service_close (EngineService *service, EngineServiceState state);
/* Blocks until no session is left; after engine_service_close(). */
void engine_service_wait (EngineService *service);
/* For the sessions that begin from now on. */
void engine_service_set_identity (EngineService *service, NetIdentity *identity);
/* Copies @config, likewise. */
void engine_service_set_config (EngineService *service, const EngineServerConfig *config);
/* One a{sv} for each open session, as aa{sv}: asked for on their own threads. */
void engine_service_describe_async (EngineService *service,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
GVariant *engine_service_describe_finish (GAsyncResult *result);
/* No event comes any more. */
void engine_service_mute (EngineService *service);

/* ---- any thread ---- */

/* Who judges letters, or NULL: nobody does. */
EngineJudge *engine_service_get_judge (EngineService *service);
StoreSite *engine_service_get_site (EngineService *service);
EngineJournal *engine_service_get_journal (EngineService *service);
EngineLogin *engine_service_get_login (EngineService *service);
const EngineServerConfig *engine_service_get_config (EngineService *service);
NetIdentity *engine_service_dup_identity (EngineService *service);
/* NULL: nothing is logged. */
EngineLogSink engine_service_get_log (EngineService *service, gpointer *user_data);
EngineFaults *engine_service_get_faults (EngineService *service);
gint64 engine_service_get_since (EngineService *service); /* seconds since 1970 UTC */
EngineServiceState engine_service_get_state (EngineService *service);
guint engine_service_get_sessions (EngineService *service);

/* A place for a session from @address; FALSE when there is none, or the server is closing. What has
 * a place is waited for. @here: the address is one of this machine. */
gboolean engine_service_enter (EngineService *service, const char *address, gboolean here);
void engine_service_leave (EngineService *service);

/* One more session of @user; FALSE: there are too many. Each is ended by
 * engine_service_drop_user().
 */
gboolean engine_service_add_user (EngineService *service, const char *user);
void engine_service_drop_user (EngineService *service, const char *user);

void engine_service_count (EngineService *service, EngineCount count, guint64 by);
guint64 engine_service_get_count (EngineService *service, EngineCount count);

/* Many letters that come before it is heard make one announcement. */
void engine_service_announce_delivery (EngineService *service, const char *user);

/* ---- the worker's thread ---- */

void engine_service_add (EngineService *service, guint worker, EngineSession *session);
void engine_service_remove (EngineService *service, guint worker, EngineSession *session);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineService, engine_service_free)
