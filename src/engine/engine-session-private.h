/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What an SMTP and a POP3 session of the local server share: the link, the journal, the way to an
 * end. Made on its worker's thread, and everything about it happens there. Counted: whoever waits
 * for an answer (a password, the disk) holds it, so that it outlives a wire that breaks meanwhile.
 */

#include "engine-service-private.h"

#include <net-link.h>

typedef struct
{
  const char *protocol;
  /* Pulls and handles the protocol engine's events until there are none. */
  void (*pull) (EngineSession *session);
  /* Whether something is under way that the peer should see the end of. */
  gboolean (*is_busy) (EngineSession *session);
  /* Whether a letter is being made durable, or removed, right now. */
  gboolean (*is_committing) (EngineSession *session);
  void (*shut_down) (EngineSession *session, const char *text);
  /* The wire is gone, and the protocol engine with it. */
  void (*ended) (EngineSession *session);
  void (*free) (EngineSession *session);
} EngineSessionClass;

/* The first member of each kind. */
struct _EngineSession
{
  const EngineSessionClass *klass;
  gatomicrefcount references;
  EngineService *service;
  guint worker;
  NetLink *link; /* NULL once the wire is gone */
  EngineJournalSession *journal;
  gint64 since;    /* microseconds since 1970 UTC */
  EnginePort port; /* by which it came */
  char *user;      /* who has proved to be that; or NULL */
  char *address;   /* whence it came, without its port */
  GSource *timer;
  void (*delayed) (EngineSession *session);
  gboolean locked; /* the last password was not even looked at */
  EngineServiceState state;
  gboolean pulling;
  gboolean shut; /* the protocol engine was told to close: it needs no answers */
};

/* A port's words for the listener. */
typedef struct
{
  EngineService *service;
  EnginePort port;
} EngineDoor;

/* A NetListenerAccepted; @user_data is an EngineDoor. */
void engine_session_accepted (GSocketConnection *connection, guint worker, gpointer user_data);

EngineSession *engine_session_ref (EngineSession *session);
void engine_session_unref (EngineSession *session);

/* Begins; takes @engine. */
void engine_session_start (EngineSession *session,
                           GSocketConnection *connection,
                           ProtoEngine *engine,
                           gboolean implicit_tls);
void engine_session_end (EngineSession *session, EngineServiceState state);

/* Takes @user, who has given the right password. FALSE: @user has too many sessions already. */
gboolean engine_session_take_user (EngineSession *session, char *user);
ProtoSaslMechanisms engine_session_get_mechanisms (const EngineServerConfig *config);
/* Floating a{sv}. */
GVariant *engine_session_describe (EngineSession *session);

/* Whether an answer can still be given. */
gboolean engine_session_is_open (EngineSession *session);
/* To be called after an answer that was given outside of pull: goes on. */
void engine_session_resume (EngineSession *session);
/* Calls @callback after a wrong password, when its time has come, unless the wire is gone first;
 * nobody else waits. */
void engine_session_delay (EngineSession *session,
                           const EngineRefusal *refusal,
                           void (*callback) (EngineSession *session));

/* ---- the kinds ---- */

EngineSession *
engine_smtp_session_new (EngineService *service, EnginePort port, ProtoEngine **engine);
EngineSession *
engine_pop3_session_new (EngineService *service, EnginePort port, ProtoEngine **engine);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineSession, engine_session_unref)
