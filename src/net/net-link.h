/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A link pumps one engine over one GIO stream: reads into it, writes what it says, shakes hands
 * when it wants TLS, lets its clock tick, closes when it is done. A link belongs to the
 * thread-default main context of the thread that made it, and everything about it happens there.
 */

#include <gio/gio.h>
#include <proto-engine.h>

#define NET_TYPE_LINK (net_link_get_type ())
G_DECLARE_FINAL_TYPE (NetLink, net_link, NET, LINK, GObject)

/* Called after every piece of progress (bytes fed, output drained, time passed, TLS started, the
 * end): pull the engine's events here. After the call with @ended TRUE no other comes; @error says
 * why when the wire broke (NULL when the engine was done, or the peer closed cleanly: the engine
 * has had proto_engine_feed_eof() before). */
typedef void (*NetLinkProgress) (NetLink *link,
                                 gboolean ended,
                                 const GError *error,
                                 gpointer user_data);

/* Takes @engine; keeps a reference to @connection, which is a GSocketConnection. */
NetLink *net_link_new (GIOStream *connection, ProtoEngine *engine);

/* What TLS is made with when the engine wants it, or from the start with @implicit. Exactly one of
 * the two is called before net_link_start() if TLS may come. */
void net_link_set_server_tls (NetLink *link, GTlsCertificate *certificate, gboolean implicit);
/* @peer: the name the certificate must be for. @trust NULL: the system's authorities. There is no
 * way to switch verification off. */
void net_link_set_client_tls (NetLink *link,
                              GSocketConnectable *peer,
                              GTlsDatabase *trust,
                              gboolean implicit);

/* Starts pumping. The link keeps itself alive until it has ended. */
void net_link_start (NetLink *link,
                     GCancellable *cancellable,
                     NetLinkProgress progress,
                     gpointer user_data,
                     GDestroyNotify destroy);

/* To be called after answering an engine outside of @progress: writes what it has to say, and goes
 * on reading. */
void net_link_kick (NetLink *link);

/* Ends at once, without a word to the peer. @progress hears of the end soon after, from the main
 * loop and not from within this call, with G_IO_ERROR_CANCELLED. */
void net_link_abort (NetLink *link);

/* For faults on demand; from within progress, or before the start. */
gboolean net_link_is_started (NetLink *link);
/* Says and reads nothing for @microseconds. */
void net_link_hold (NetLink *link, gint64 microseconds);
/* At most @octets a second, each way, from now on. */
void net_link_throttle (NetLink *link, guint64 octets);
/* Ends the way out when all that waits is written, and reads on. */
void net_link_half_close (NetLink *link);

ProtoEngine *net_link_get_engine (NetLink *link);
/* "127.0.0.1:40312"; borrowed. */
const char *net_link_get_remote (NetLink *link);
const char *net_link_get_local (NetLink *link);
/* "TLSv1.3 ECDHE-…" or NULL in clear; borrowed. */
const char *net_link_get_tls_description (NetLink *link);
