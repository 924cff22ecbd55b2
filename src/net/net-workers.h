/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A few threads, each with a main context of its own, on which many links run: the server's
 * concurrency. Made and freed on one thread; freeing waits for the threads to end.
 */

#include <glib.h>

typedef struct _NetWorkers NetWorkers;

NetWorkers *net_workers_new (guint threads);
void net_workers_free (NetWorkers *workers);
guint net_workers_get_count (NetWorkers *workers);

/* Runs @function on worker @index % count, with that worker's context as thread-default. */
void net_workers_invoke (NetWorkers *workers,
                         guint index,
                         GSourceFunc function,
                         gpointer data,
                         GDestroyNotify destroy);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NetWorkers, net_workers_free)
