/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A listener accepts links on one port of the loopback addresses (or of a named address) and hands
 * each to a worker in turn. Made, stopped and freed on one thread; @accepted is called on the
 * worker's.
 */

#include "net-workers.h"

#include <gio/gio.h>

typedef struct _NetListener NetListener;

/* A new connection, on the worker's thread and context. */
typedef void (*NetListenerAccepted) (GSocketConnection *connection,
                                     guint worker,
                                     gpointer user_data);

/* @address NULL: 127.0.0.1 and, where there is one, ::1. @port 0: a free one, the same on both.
 * NET_ERROR_LISTEN in words: "Port 25 needs an administrator", "Port 2525 is taken by another
 * program". */
NetListener *net_listener_new (const char *address,
                               guint16 port,
                               NetWorkers *workers,
                               NetListenerAccepted accepted,
                               gpointer user_data,
                               GError **error);
/* On sockets that listen already, of GSocket, and that somebody else (systemd) keeps open too: they
 * are not shut down at the end. NET_ERROR_LISTEN when one is no listening TCP socket. */
NetListener *net_listener_new_from_sockets (GPtrArray *sockets,
                                            NetWorkers *workers,
                                            NetListenerAccepted accepted,
                                            gpointer user_data,
                                            GError **error);
guint16 net_listener_get_port (NetListener *listener);
/* Accepts no more; links live on. */
void net_listener_free (NetListener *listener);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NetListener, net_listener_free)
