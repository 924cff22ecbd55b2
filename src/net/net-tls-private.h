/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One side of TLS on one link: what it is made with, and what was wrong with the peer's
 * certificate. Belongs to the link and its thread.
 */

#include <gio/gio.h>
#include <proto-engine.h>

typedef struct _NetTls NetTls;

NetTls *net_tls_new_server (GTlsCertificate *certificate);
NetTls *net_tls_new_client (GSocketConnectable *peer, GTlsDatabase *trust);
void net_tls_free (NetTls *tls);

/* Puts TLS over @base; the handshake is still to come. NET_ERROR_TLS. */
GTlsConnection *net_tls_wrap (NetTls *tls, GIOStream *base, GError **error);

/* After a handshake: whether what was agreed on is good enough (TLS 1.2 or later), and its
 * description, "TLSv1.3 TLS_AES_256_GCM_SHA384". NULL with NET_ERROR_TLS. */
char *net_tls_describe (GTlsConnection *connection, GError **error);

/* After a handshake: gives @engine what a log-in can be bound to. */
void net_tls_bind (GTlsConnection *connection, ProtoEngine *engine);

/* Takes the @error of a failed handshake and says it in words for a person. */
GError *net_tls_explain (NetTls *tls, GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NetTls, net_tls_free)
