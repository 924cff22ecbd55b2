/* SPDX-License-Identifier: MIT */
#pragma once

/* What can go wrong between here and a peer, in words for a person. Any thread. */

#include <glib.h>

#define NET_ERROR (net_error_quark ())
GQuark net_error_quark (void);

typedef enum
{
  NET_ERROR_CONNECT,     /* unknown host, refused, unreachable */
  NET_ERROR_CERTIFICATE, /* the certificate is not to be trusted: the words say why */
  NET_ERROR_TLS,         /* the handshake failed otherwise */
  NET_ERROR_CLOSED,      /* the peer went away */
  NET_ERROR_TIMEOUT,
  NET_ERROR_LISTEN,   /* a port that is taken or not allowed */
  NET_ERROR_IDENTITY, /* the certificate files cannot be made or read */
} NetError;
