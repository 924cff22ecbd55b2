/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Waits for one socket and one moment, together with every other watch of the same main context:
 * they share one GSource over one epoll instance, so that ten thousand idle links cost a turn of
 * the context nothing. (GLib asks every source, and poll() every descriptor, at every turn.)
 * Made, used and freed on the context's thread.
 */

#include <glib.h>

typedef struct _NetWatch NetWatch;

/* @ready: G_IO_IN, G_IO_OUT or both when the socket can be used, with a broken one too; 0 when the
 * time has come. The watch may be freed within. */
typedef void (*NetWatchFunc) (GIOCondition ready, gpointer user_data);

/* On the thread-default context; waits for nothing yet. @fd: it must stay open as long as any
 * condition is waited for. */
NetWatch *net_watch_new (int fd, NetWatchFunc function, gpointer user_data);
void net_watch_free (NetWatch *watch);

/* What is waited for from now on: G_IO_IN and G_IO_OUT, in any combination. 0 lets go of the
 * descriptor at once, which may be closed then. */
void net_watch_set_conditions (NetWatch *watch, GIOCondition conditions);
/* In microseconds as by g_get_monotonic_time(): 0 for at once, G_MAXINT64 for never. It is called
 * for once, and no more until it is set anew. */
void net_watch_set_time (NetWatch *watch, gint64 time);
GMainContext *net_watch_get_context (NetWatch *watch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NetWatch, net_watch_free)
