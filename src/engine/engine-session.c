/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-session-private.h"

#include "engine-guard-private.h"
#include "engine-server-config-private.h"

#include <base-clock.h>

#include <string.h>

/* ---- the way to an end ---- */

static void
end_if_told (EngineSession *session)
{
  gboolean stays;

  if (session->state == ENGINE_SERVICE_OPEN || session->shut || session->link == NULL)
    return;
  if (session->state == ENGINE_SERVICE_CLOSING)
    stays = session->klass->is_busy (session);
  else
    stays = session->klass->is_committing (session);
  if (stays)
    return;

  g_autofree char *text = g_strdup_printf ("%s is shutting down",
                                           engine_service_get_config (session->service)->domain);
  session->shut = TRUE;
  session->klass->shut_down (session, text);
}

static void
pull (EngineSession *session)
{
  /* The answer to one event may be what brings the next. */
  if (session->pulling || session->link == NULL)
    return;
  session->pulling = TRUE;
  end_if_told (session);
  session->klass->pull (session);
  end_if_told (session);
  session->pulling = FALSE;
}

static void
clear_timer (EngineSession *session)
{
  if (session->timer != NULL)
    {
      g_source_destroy (session->timer);
      g_clear_pointer (&session->timer, g_source_unref);
    }
}

static void
drop_user (EngineSession *session)
{
  if (session->user != NULL)
    engine_service_drop_user (session->service, session->user);
  g_clear_pointer (&session->user, g_free);
}

static void
on_ended (EngineSession *session, const GError *error)
{
  if (error != NULL && session->journal != NULL)
    engine_journal_session_note (session->journal, error->message);
  clear_timer (session);
  proto_engine_set_tap (net_link_get_engine (session->link), NULL, NULL);
  g_clear_pointer (&session->journal, engine_journal_session_free);
  if (net_link_get_tls_description (session->link) != NULL)
    engine_service_count (session->service, ENGINE_COUNT_TLS, 1);
  session->klass->ended (session);
  g_clear_object (&session->link);
  engine_service_remove (session->service, session->worker, session);
}

static void
on_progress (NetLink *link, gboolean ended, const GError *error, gpointer user_data)
{
  g_autoptr (EngineSession) session = engine_session_ref (user_data);

  pull (session);
  if (ended)
    on_ended (session, error);
}

static gboolean
on_timer (gpointer user_data)
{
  g_autoptr (EngineSession) session = engine_session_ref (user_data);

  g_clear_pointer (&session->timer, g_source_unref);
  session->delayed (session);
  return G_SOURCE_REMOVE;
}

/* ---- arriving ---- */

/* Too many, or too late: a word where it can be said in clear, and the door. */
static void
turn_away (GSocketConnection *connection, EngineDoor *door)
{
  const EngineServerConfig *config = engine_service_get_config (door->service);
  g_autofree char *text = NULL;

  if (door->port == ENGINE_PORT_SMTP || door->port == ENGINE_PORT_SUBMISSION)
    text = g_strdup_printf ("421 %s Too many sessions, try again later\r\n", config->domain);
  else if (door->port == ENGINE_PORT_POP3)
    text = g_strdup ("-ERR [SYS/TEMP] Too many sessions, try again later\r\n");
  if (text != NULL)
    {
      /* The buffer of a new socket has room for a line. */
      GSocket *socket = g_socket_connection_get_socket (connection);
      g_socket_set_blocking (socket, FALSE);
      g_socket_send (socket, text, strlen (text), NULL, NULL);
    }
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
}

/* *@here: it is of this machine. */
static char *
name_peer (GSocketConnection *connection, gboolean *here)
{
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);

  *here = TRUE;
  if (G_IS_INET_SOCKET_ADDRESS (remote) && G_IS_INET_SOCKET_ADDRESS (local))
    {
      GInetAddress *peer = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote));
      GInetAddress *own = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local));
      *here = g_inet_address_get_is_loopback (peer) || g_inet_address_equal (peer, own);
    }
  return engine_guard_name_address (remote);
}

void
engine_session_accepted (GSocketConnection *connection, guint worker, gpointer user_data)
{
  EngineDoor *door = user_data;
  gboolean smtp = door->port != ENGINE_PORT_POP3 && door->port != ENGINE_PORT_POP3S;
  gboolean implicit = door->port == ENGINE_PORT_SMTPS || door->port == ENGINE_PORT_POP3S;
  g_autoptr (EngineSession) session = NULL;
  ProtoEngine *engine = NULL;

  gboolean here = FALSE;
  g_autofree char *address = name_peer (connection, &here);
  if (!engine_service_enter (door->service, address, here))
    {
      turn_away (connection, door);
      return;
    }
  session = smtp ? engine_smtp_session_new (door->service, door->port, &engine)
                 : engine_pop3_session_new (door->service, door->port, &engine);
  session->address = g_steal_pointer (&address);
  session->worker = worker;
  session->port = door->port;
  engine_session_start (session, connection, engine, implicit);
}

EngineSession *
engine_session_ref (EngineSession *session)
{
  g_atomic_ref_count_inc (&session->references);
  return session;
}

void
engine_session_unref (EngineSession *session)
{
  if (g_atomic_ref_count_dec (&session->references))
    {
      EngineService *service = session->service;

      drop_user (session);
      g_free (session->address);
      session->klass->free (session);
      engine_service_leave (service);
    }
}

void
engine_session_start (EngineSession *session,
                      GSocketConnection *connection,
                      ProtoEngine *engine,
                      gboolean implicit_tls)
{
  g_autoptr (NetIdentity) identity = engine_service_dup_identity (session->service);

  session->since = base_clock_real ();
  session->link = net_link_new (G_IO_STREAM (connection), engine);
  net_link_set_server_tls (session->link, net_identity_get_certificate (identity), implicit_tls);
  session->journal = engine_journal_session_new (engine_service_get_journal (session->service),
                                                 session->klass->protocol, ENGINE_JOURNAL_SERVER,
                                                 net_link_get_remote (session->link));
  engine_journal_session_tap (session->journal, engine);
  engine_service_add (session->service, session->worker, session);
  net_link_start (session->link, NULL, on_progress, engine_session_ref (session),
                  (GDestroyNotify) engine_session_unref);
}

void
engine_session_end (EngineSession *session, EngineServiceState state)
{
  if (session->link == NULL)
    return;
  session->state = MAX (session->state, state);
  if (state == ENGINE_SERVICE_ABORTED)
    net_link_abort (session->link);
  else
    engine_session_resume (session);
}

gboolean
engine_session_take_user (EngineSession *session, char *user)
{
  if (!engine_service_add_user (session->service, user))
    {
      g_free (user);
      return FALSE;
    }
  drop_user (session);
  session->user = user;
  engine_service_count (session->service, ENGINE_COUNT_LOGINS, 1);
  return TRUE;
}

ProtoSaslMechanisms
engine_session_get_mechanisms (const EngineServerConfig *config)
{
  return PROTO_SASL_SCRAM_SHA_256_PLUS | PROTO_SASL_SCRAM_SHA_256 | PROTO_SASL_PLAIN
         | PROTO_SASL_LOGIN | (config->demonstration_auth ? PROTO_SASL_CRAM_MD5 : 0);
}

GVariant *
engine_session_describe (EngineSession *session)
{
  const char *remote = net_link_get_remote (session->link);
  const char *tls = net_link_get_tls_description (session->link);
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "session",
                         g_variant_new ("u", engine_journal_session_get_number (session->journal)));
  g_variant_builder_add (&dict, "{sv}", "protocol", g_variant_new ("s", session->klass->protocol));
  g_variant_builder_add (&dict, "{sv}", "port",
                         g_variant_new ("s", engine_server_config_get_port_name (session->port)));
  g_variant_builder_add (&dict, "{sv}", "peer", g_variant_new ("s", remote != NULL ? remote : ""));
  g_variant_builder_add (&dict, "{sv}", "tls", g_variant_new ("s", tls != NULL ? tls : ""));
  g_variant_builder_add (&dict, "{sv}", "user",
                         g_variant_new ("s", session->user != NULL ? session->user : ""));
  g_variant_builder_add (&dict, "{sv}", "since",
                         g_variant_new ("x", session->since / G_USEC_PER_SEC));
  g_variant_builder_add (&dict, "{sv}", "busy",
                         g_variant_new ("b", session->klass->is_busy (session)));
  return g_variant_builder_end (&dict);
}

gboolean
engine_session_is_open (EngineSession *session)
{
  return session->link != NULL && !session->shut;
}

void
engine_session_resume (EngineSession *session)
{
  pull (session);
  /* Within pull the link writes by itself afterwards. */
  if (session->link != NULL && !session->pulling)
    net_link_kick (session->link);
}

void
engine_session_delay (EngineSession *session,
                      const EngineRefusal *refusal,
                      void (*callback) (EngineSession *session))
{
  engine_service_count (session->service,
                        refusal->locked ? ENGINE_COUNT_LOCKED : ENGINE_COUNT_WRONG_PASSWORDS, 1);
  session->locked = refusal->locked;
  session->delayed = callback;
  clear_timer (session);
  session->timer = g_timeout_source_new (1000 * refusal->delay);
  g_source_set_callback (session->timer, on_timer, session, NULL);
  g_source_attach (session->timer, g_main_context_get_thread_default ());
}
