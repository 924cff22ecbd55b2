/* SPDX-License-Identifier: MIT */
#include "net-error.h"

#include "net-error-private.h"

#include <gio/gio.h>

G_DEFINE_QUARK (net - error - quark, net_error)

static GError *
from_tls (const GError *error)
{
  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_EOF))
    return g_error_new_literal (NET_ERROR, NET_ERROR_CLOSED,
                                "The other side broke the encrypted connection off in the middle");
  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_NOT_TLS))
    return g_error_new_literal (NET_ERROR, NET_ERROR_TLS, "The other side does not speak TLS here");
  return g_error_new (NET_ERROR, NET_ERROR_TLS, "The encrypted connection failed: %s",
                      error->message);
}

static GError *
from_io (const GError *error)
{
  switch (error->code)
    {
    case G_IO_ERROR_CONNECTION_CLOSED:
      return g_error_new_literal (NET_ERROR, NET_ERROR_CLOSED,
                                  "The other side broke the connection off");
    case G_IO_ERROR_TIMED_OUT:
      return g_error_new_literal (NET_ERROR, NET_ERROR_TIMEOUT,
                                  "The other side has not answered for too long");
    case G_IO_ERROR_HOST_UNREACHABLE:
    case G_IO_ERROR_NETWORK_UNREACHABLE:
      return g_error_new_literal (NET_ERROR, NET_ERROR_CLOSED,
                                  "The other side can no longer be reached");
    default:
      return g_error_new (NET_ERROR, NET_ERROR_CLOSED, "The connection broke: %s", error->message);
    }
}

GError *
net_error_from_wire (GError *error)
{
  if (error->domain == NET_ERROR || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return error;

  GError *said = NULL;
  if (error->domain == G_TLS_ERROR)
    said = from_tls (error);
  else if (error->domain == G_IO_ERROR)
    said = from_io (error);
  else
    said = g_error_new (NET_ERROR, NET_ERROR_CLOSED, "The connection broke: %s", error->message);
  g_error_free (error);
  return said;
}
