/* SPDX-License-Identifier: MIT */
#pragma once

/* Reaches a peer (names, all its addresses, proxies by GIO's resolver). Thread: the caller's
 * thread-default main context. */

#include <gio/gio.h>

/* @timeout in seconds for connecting. @proxy: "socks5://host:port", "http://…", the name to be
 * looked up there; "": none; NULL: what the system says. Errors in the NET_ERROR domain or
 * G_IO_ERROR_CANCELLED. */
void net_connector_connect_async (const char *host,
                                  guint16 port,
                                  guint timeout,
                                  const char *proxy,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
GSocketConnection *net_connector_connect_finish (GAsyncResult *result, GError **error);
