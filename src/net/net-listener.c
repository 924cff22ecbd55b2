/* SPDX-License-Identifier: MIT */
#include "net-listener.h"

#include "net-error.h"
#include "net-workers-private.h"

#include <sys/socket.h>

/* With port 0 the port that is free on 127.0.0.1 may be taken on ::1: so often another is tried. */
#define FREE_PORT_ATTEMPTS 50
#define ACCEPTS_PER_TURN   64
/* How long accepting rests when it fails, for instance for want of file descriptors. */
#define REST_MILLISECONDS 200

struct _NetListener
{
  gatomicrefcount references;
  guint16 port;
  NetWorkers *workers;
  NetListenerAccepted accepted;
  gpointer user_data;
  GPtrArray *sockets;
  GPtrArray *sources; /* under the lock, as they are made anew after a rest */
  guint next;         /* atomic; the worker whose turn it is */
  /* Writers free the listener; readers are in the middle of accepting. */
  GRWLock lock;
  gboolean stopped;
  gboolean shared; /* the sockets are somebody else's too */
};

/* One accepted socket on its way to its worker, or one listening socket. */
typedef struct
{
  NetListener *listener;
  GSocket *socket;
  guint worker;
} Visit;

static void
source_drop (gpointer data)
{
  g_source_destroy (data);
  g_source_unref (data);
}

static void
listener_unref (NetListener *listener)
{
  if (!g_atomic_ref_count_dec (&listener->references))
    return;
  g_clear_pointer (&listener->sockets, g_ptr_array_unref);
  g_clear_pointer (&listener->sources, g_ptr_array_unref);
  g_rw_lock_clear (&listener->lock);
  g_free (listener);
}

static Visit *
visit_new (NetListener *listener, GSocket *socket, guint worker)
{
  Visit *visit = g_new0 (Visit, 1);

  g_atomic_ref_count_inc (&listener->references);
  visit->listener = listener;
  visit->socket = g_object_ref (socket);
  visit->worker = worker;
  return visit;
}

static void
visit_free (gpointer data)
{
  Visit *visit = data;

  g_object_unref (visit->socket);
  listener_unref (visit->listener);
  g_free (visit);
}

static gboolean
on_visit (gpointer user_data)
{
  Visit *visit = user_data;
  NetListener *listener = visit->listener;

  g_rw_lock_reader_lock (&listener->lock);
  if (!listener->stopped)
    {
      g_autoptr (GSocketConnection) connection
          = g_socket_connection_factory_create_connection (visit->socket);

      listener->accepted (connection, visit->worker, listener->user_data);
    }
  g_rw_lock_reader_unlock (&listener->lock);
  return G_SOURCE_REMOVE;
}

static void watch (NetListener *listener, GSocket *socket);

static gboolean
on_rested (gpointer user_data)
{
  Visit *visit = user_data;

  g_rw_lock_reader_lock (&visit->listener->lock);
  if (!visit->listener->stopped)
    watch (visit->listener, visit->socket);
  g_rw_lock_reader_unlock (&visit->listener->lock);
  return G_SOURCE_REMOVE;
}

static void
rest (NetListener *listener, GSocket *socket)
{
  g_autoptr (GSource) source = g_timeout_source_new (REST_MILLISECONDS);

  g_source_set_callback (source, on_rested, visit_new (listener, socket, 0), visit_free);
  g_source_attach (source, net_workers_get_context (listener->workers, 0));
}

/* Takes what waits; FALSE: something is wrong, and it is better to wait a little. */
static gboolean
accept_some (NetListener *listener, GSocket *socket)
{
  for (guint i = 0; i < ACCEPTS_PER_TURN; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GSocket) visitor = g_socket_accept (socket, NULL, &error);

      if (visitor == NULL)
        return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)
               || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);

      guint worker = (guint) g_atomic_int_add ((gint *) &listener->next, 1)
                     % net_workers_get_count (listener->workers);
      net_workers_invoke (listener->workers, worker, on_visit,
                          visit_new (listener, visitor, worker), visit_free);
    }
  return TRUE;
}

static gboolean
on_incoming (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  NetListener *listener = ((Visit *) user_data)->listener;
  gboolean go_on = FALSE;

  g_rw_lock_reader_lock (&listener->lock);
  if (!listener->stopped)
    {
      go_on = accept_some (listener, socket);
      if (!go_on)
        rest (listener, socket);
    }
  g_rw_lock_reader_unlock (&listener->lock);
  return go_on ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Accepting happens on the first worker: the maker's thread may be a window's, and busy. Under
 * the lock. */
static void
watch (NetListener *listener, GSocket *socket)
{
  GSource *source = g_socket_create_source (socket, G_IO_IN, NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (on_incoming), visit_new (listener, socket, 0),
                         visit_free);
  g_source_attach (source, net_workers_get_context (listener->workers, 0));
  g_ptr_array_add (listener->sources, source);
}

static void
say_failure (GError **error, const GError *cause, const char *address, guint16 port)
{
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    g_set_error (error, NET_ERROR, NET_ERROR_LISTEN, "Port %u is taken by another program", port);
  else if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    g_set_error (error, NET_ERROR, NET_ERROR_LISTEN, "Port %u needs an administrator", port);
  else
    g_set_error (error, NET_ERROR, NET_ERROR_LISTEN, "Nothing can listen on %s, port %u: %s",
                 address, port, cause->message);
}

static GSocket *
open_socket (const char *address, guint16 port, GError **error)
{
  g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (address);
  g_autoptr (GSocketAddress) where = g_inet_socket_address_new (inet, port);
  g_autoptr (GSocket) socket = g_socket_new (g_inet_address_get_family (inet), G_SOCKET_TYPE_STREAM,
                                             G_SOCKET_PROTOCOL_TCP, error);

  if (socket == NULL)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, 1024);
  if (!g_socket_bind (socket, where, TRUE, error) || !g_socket_listen (socket, error))
    return NULL;
  return g_steal_pointer (&socket);
}

static guint16
get_socket_port (GSocket *socket)
{
  g_autoptr (GSocketAddress) where = g_socket_get_local_address (socket, NULL);

  return where != NULL ? g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (where)) : 0;
}

/* Opens 127.0.0.1 and ::1, or @address alone; a machine without IPv6 does with the first. */
static gboolean
open_all (NetListener *listener, const char *address, guint16 port, GError **cause)
{
  g_autoptr (GSocket) first = open_socket (address != NULL ? address : "127.0.0.1", port, cause);

  if (first == NULL)
    return FALSE;
  listener->port = get_socket_port (first);
  if (address == NULL)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GSocket) second = open_socket ("::1", listener->port, &error);

      if (second == NULL
          && (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE)
              || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED)))
        {
          g_propagate_error (cause, g_steal_pointer (&error));
          return FALSE;
        }
      if (second != NULL)
        g_ptr_array_add (listener->sockets, g_steal_pointer (&second));
    }
  g_ptr_array_add (listener->sockets, g_steal_pointer (&first));
  return TRUE;
}

static NetListener *
make (NetWorkers *workers, NetListenerAccepted accepted, gpointer user_data)
{
  NetListener *listener = g_new0 (NetListener, 1);

  g_atomic_ref_count_init (&listener->references);
  g_rw_lock_init (&listener->lock);
  listener->workers = workers;
  listener->accepted = accepted;
  listener->user_data = user_data;
  listener->sockets = g_ptr_array_new_with_free_func (g_object_unref);
  listener->sources = g_ptr_array_new_with_free_func (source_drop);
  return listener;
}

static void
watch_all (NetListener *listener)
{
  g_rw_lock_writer_lock (&listener->lock);
  for (guint i = 0; i < listener->sockets->len; i++)
    watch (listener, listener->sockets->pdata[i]);
  g_rw_lock_writer_unlock (&listener->lock);
}

NetListener *
net_listener_new (const char *address,
                  guint16 port,
                  NetWorkers *workers,
                  NetListenerAccepted accepted,
                  gpointer user_data,
                  GError **error)
{
  if (g_strcmp0 (address, "localhost") == 0)
    address = NULL;
  if (address != NULL && !g_hostname_is_ip_address (address))
    {
      g_set_error (error, NET_ERROR, NET_ERROR_LISTEN,
                   "“%s” is not a numeric address of this computer", address);
      return NULL;
    }

  g_autoptr (NetListener) listener = make (workers, accepted, user_data);
  g_autoptr (GError) cause = NULL;
  guint attempts = port == 0 ? FREE_PORT_ATTEMPTS : 1;
  gboolean open = FALSE;

  for (guint i = 0; i < attempts && !open; i++)
    {
      g_clear_error (&cause);
      open = open_all (listener, address, port, &cause);
    }
  if (!open)
    {
      say_failure (error, cause, address != NULL ? address : "127.0.0.1 and ::1", port);
      return NULL;
    }
  watch_all (listener);
  return g_steal_pointer (&listener);
}

/* A listening TCP socket? */
static gboolean
check_socket (GSocket *socket, GError **error)
{
  GSocketFamily family = g_socket_get_family (socket);
  gint listening = 0;

  if ((family == G_SOCKET_FAMILY_IPV4 || family == G_SOCKET_FAMILY_IPV6)
      && g_socket_get_socket_type (socket) == G_SOCKET_TYPE_STREAM
      && g_socket_get_option (socket, SOL_SOCKET, SO_ACCEPTCONN, &listening, NULL) && listening)
    return TRUE;
  g_set_error_literal (error, NET_ERROR, NET_ERROR_LISTEN,
                       "A socket that was handed over is no listening TCP socket");
  return FALSE;
}

NetListener *
net_listener_new_from_sockets (GPtrArray *sockets,
                               NetWorkers *workers,
                               NetListenerAccepted accepted,
                               gpointer user_data,
                               GError **error)
{
  g_autoptr (NetListener) listener = make (workers, accepted, user_data);

  listener->shared = TRUE;
  for (guint i = 0; i < sockets->len; i++)
    {
      GSocket *socket = sockets->pdata[i];

      if (!check_socket (socket, error))
        return NULL;
      g_socket_set_blocking (socket, FALSE);
      g_ptr_array_add (listener->sockets, g_object_ref (socket));
    }
  listener->port = get_socket_port (sockets->pdata[0]);
  watch_all (listener);
  return g_steal_pointer (&listener);
}

guint16
net_listener_get_port (NetListener *listener)
{
  return listener->port;
}

void
net_listener_free (NetListener *listener)
{
  g_autoptr (GPtrArray) sources = NULL;

  g_rw_lock_writer_lock (&listener->lock);
  listener->stopped = TRUE;
  sources = g_steal_pointer (&listener->sources);
  for (guint i = 0; i < listener->sockets->len; i++)
    {
      int fd = g_socket_get_fd (listener->sockets->pdata[i]);

      /* Not by GSocket: workers look at it at the same time. It is closed by the last of them; a
       * poll under way would keep a closed one listening until it is woken. */
      if (!listener->shared)
        shutdown (fd, SHUT_RDWR);
    }
  g_rw_lock_writer_unlock (&listener->lock);
  g_clear_pointer (&sources, g_ptr_array_unref);
  listener_unref (listener);
}
