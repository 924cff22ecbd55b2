/* SPDX-License-Identifier: MIT */
#include "net-tls.h"

#include "net-tls-private.h"

#include "net-error-private.h"

#define PRIORITY_VARIABLE "G_TLS_GNUTLS_PRIORITY"
#define PRIORITY          "NORMAL:%COMPAT:-VERS-TLS1.0:-VERS-TLS1.1"

struct _NetTls
{
  GTlsCertificate *certificate; /* ours, as a server */
  GSocketConnectable *peer;     /* theirs, as a client */
  GTlsDatabase *trust;
  GTlsConnection *connection;
  gulong refusal;
  GTlsCertificate *refused;
  GTlsCertificateFlags faults;
};

/* As a host name GIO would offer a numeric address to the server in the handshake, which RFC 6066
 * section 3 forbids, and which servers refuse; as an address it only compares it. */
static GSocketConnectable *
dup_identity (GSocketConnectable *peer)
{
  g_autoptr (GInetAddress) address = NULL;
  guint16 port = 0;

  if (G_IS_NETWORK_ADDRESS (peer))
    {
      address = g_inet_address_new_from_string (
          g_network_address_get_hostname (G_NETWORK_ADDRESS (peer)));
      port = g_network_address_get_port (G_NETWORK_ADDRESS (peer));
    }
  return address != NULL ? G_SOCKET_CONNECTABLE (g_inet_socket_address_new (address, port))
                         : g_object_ref (peer);
}

static char *
dup_peer_name (GSocketConnectable *peer)
{
  if (G_IS_NETWORK_ADDRESS (peer))
    return g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (peer)));
  if (G_IS_NETWORK_SERVICE (peer))
    return g_strdup (g_network_service_get_domain (G_NETWORK_SERVICE (peer)));
  if (G_IS_INET_SOCKET_ADDRESS (peer))
    return g_inet_address_to_string (
        g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (peer)));
  return g_socket_connectable_to_string (peer);
}

/* "localhost, 127.0.0.1", or "no name at all". */
static char *
dup_certificate_names (GTlsCertificate *certificate)
{
  g_autoptr (GPtrArray) names = g_tls_certificate_get_dns_names (certificate);
  g_autoptr (GPtrArray) addresses = g_tls_certificate_get_ip_addresses (certificate);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      gsize length = 0;
      const char *name = g_bytes_get_data (names->pdata[i], &length);

      g_string_append_printf (text, "%s%.*s", text->len > 0 ? ", " : "", (int) length, name);
    }
  for (guint i = 0; addresses != NULL && i < addresses->len; i++)
    {
      g_autofree char *address = g_inet_address_to_string (addresses->pdata[i]);

      g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", address);
    }
  if (text->len == 0)
    g_string_append (text, "no name at all");
  /* The names are the peer's own bytes. */
  return g_utf8_make_valid (text->str, (gssize) text->len);
}

static char *
dup_day (GDateTime *when)
{
  g_autoptr (GDateTime) local = when != NULL ? g_date_time_to_local (when) : NULL;

  return local != NULL ? g_date_time_format (local, "%Y-%m-%d %H:%M") : g_strdup ("an unknown day");
}

static void
add_reason (GString *text, const char *reason)
{
  g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "", reason);
}

static char *
dup_reasons (NetTls *tls, const char *name)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (tls->faults & G_TLS_CERTIFICATE_BAD_IDENTITY)
    {
      g_autofree char *names = dup_certificate_names (tls->refused);
      g_autofree char *reason = g_strdup_printf ("it is for %s and not for %s", names, name);

      add_reason (text, reason);
    }
  if (tls->faults & G_TLS_CERTIFICATE_EXPIRED)
    {
      g_autoptr (GDateTime) when = g_tls_certificate_get_not_valid_after (tls->refused);
      g_autofree char *day = dup_day (when);
      g_autofree char *reason = g_strdup_printf ("it has been out of date since %s", day);

      add_reason (text, reason);
    }
  if (tls->faults & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    {
      g_autoptr (GDateTime) when = g_tls_certificate_get_not_valid_before (tls->refused);
      g_autofree char *day = dup_day (when);
      g_autofree char *reason = g_strdup_printf ("it is not valid before %s", day);

      add_reason (text, reason);
    }
  if (tls->faults & G_TLS_CERTIFICATE_REVOKED)
    add_reason (text, "it was revoked by its authority");
  if (tls->faults & G_TLS_CERTIFICATE_INSECURE)
    add_reason (text, "it was signed in a way that is no longer secure");
  if (tls->faults & G_TLS_CERTIFICATE_UNKNOWN_CA)
    add_reason (text, "it was not signed by an authority that is trusted here");
  if (text->len == 0)
    add_reason (text, "it could not be verified");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Only remembers what is wrong: the answer is always no. */
static gboolean
on_accept_certificate (GTlsConnection *connection,
                       GTlsCertificate *certificate,
                       GTlsCertificateFlags faults,
                       gpointer user_data)
{
  NetTls *tls = user_data;

  g_set_object (&tls->refused, certificate);
  tls->faults = faults;
  return FALSE;
}

void
net_tls_prepare (void)
{
  GTlsBackend *backend;

  if (g_getenv (PRIORITY_VARIABLE) != NULL)
    return;
  /* GIO looks at it once, when its first class is made; programs that are started from here need
   * not have it. */
  g_setenv (PRIORITY_VARIABLE, PRIORITY, TRUE);
  backend = g_tls_backend_get_default ();
  if (g_tls_backend_supports_tls (backend))
    {
      g_type_class_ref (g_tls_backend_get_server_connection_type (backend));
      g_type_class_ref (g_tls_backend_get_client_connection_type (backend));
    }
  g_unsetenv (PRIORITY_VARIABLE);
}

static gpointer
load_authorities (gpointer data)
{
  g_autoptr (GTlsDatabase) authorities
      = g_tls_backend_get_default_database (g_tls_backend_get_default ());

  return NULL;
}

void
net_tls_load_authorities (void)
{
  g_thread_unref (g_thread_new ("authorities", load_authorities, NULL));
}

NetTls *
net_tls_new_server (GTlsCertificate *certificate)
{
  NetTls *tls = g_new0 (NetTls, 1);

  tls->certificate = g_object_ref (certificate);
  return tls;
}

NetTls *
net_tls_new_client (GSocketConnectable *peer, GTlsDatabase *trust)
{
  NetTls *tls = g_new0 (NetTls, 1);

  tls->peer = dup_identity (peer);
  g_set_object (&tls->trust, trust);
  return tls;
}

void
net_tls_free (NetTls *tls)
{
  if (tls->refusal != 0)
    g_signal_handler_disconnect (tls->connection, tls->refusal);
  g_clear_object (&tls->connection);
  g_clear_object (&tls->certificate);
  g_clear_object (&tls->peer);
  g_clear_object (&tls->trust);
  g_clear_object (&tls->refused);
  g_free (tls);
}

GTlsConnection *
net_tls_wrap (NetTls *tls, GIOStream *base, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (GIOStream) stream = NULL;

  g_return_val_if_fail (tls->connection == NULL, NULL);
  /* No certificate is asked of clients: without this each connection would hold all of the system's
   * authorities, some megabytes of them. */
  if (tls->certificate != NULL)
    stream
        = g_initable_new (g_tls_backend_get_server_connection_type (g_tls_backend_get_default ()),
                          NULL, &cause, "base-io-stream", base, "certificate", tls->certificate,
                          "database", NULL, NULL);
  else
    stream = g_tls_client_connection_new (base, tls->peer, &cause);
  if (stream == NULL)
    {
      g_set_error (error, NET_ERROR, NET_ERROR_TLS, "TLS cannot be started: %s", cause->message);
      return NULL;
    }
  tls->connection = g_object_ref (G_TLS_CONNECTION (stream));
  if (tls->peer != NULL)
    {
      if (tls->trust != NULL)
        g_tls_connection_set_database (tls->connection, tls->trust);
      tls->refusal = g_signal_connect (tls->connection, "accept-certificate",
                                       G_CALLBACK (on_accept_certificate), tls);
    }
  return G_TLS_CONNECTION (g_steal_pointer (&stream));
}

char *
net_tls_describe (GTlsConnection *connection, GError **error)
{
  g_autofree char *suite = g_tls_connection_get_ciphersuite_name (connection);
  const char *version = NULL;

  switch (g_tls_connection_get_protocol_version (connection))
    {
    case G_TLS_PROTOCOL_VERSION_TLS_1_2:
      version = "TLSv1.2";
      break;
    case G_TLS_PROTOCOL_VERSION_TLS_1_3:
      version = "TLSv1.3";
      break;
    default:
      g_set_error_literal (error, NET_ERROR, NET_ERROR_TLS,
                           "The other side speaks only a version of TLS that is no longer secure");
      return NULL;
    }
  return g_strconcat (version, suite != NULL ? " " : NULL, suite, NULL);
}

void
net_tls_bind (GTlsConnection *connection, ProtoEngine *engine)
{
  static const GTlsChannelBindingType types[PROTO_N_BINDINGS] = {
    [PROTO_BINDING_EXPORTER] = G_TLS_CHANNEL_BINDING_TLS_EXPORTER,
    [PROTO_BINDING_UNIQUE] = G_TLS_CHANNEL_BINDING_TLS_UNIQUE,
    [PROTO_BINDING_SERVER_END_POINT] = G_TLS_CHANNEL_BINDING_TLS_SERVER_END_POINT,
  };

  for (guint i = 0; i < PROTO_N_BINDINGS; i++)
    {
      g_autoptr (GByteArray) data = g_byte_array_new ();

      /* Not every TLS has all of them: TLS 1.3 has no tls-unique. */
      if (g_tls_connection_get_channel_binding_data (connection, types[i], data, NULL)
          && data->len > 0)
        {
          g_autoptr (GBytes) bytes = g_bytes_new (data->data, data->len);
          proto_engine_set_binding (engine, (ProtoBinding) i, bytes);
        }
    }
}

GError *
net_tls_explain (NetTls *tls, GError *error)
{
  if (tls->refused == NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return net_error_from_wire (error);

  g_autofree char *name = dup_peer_name (tls->peer);
  g_autofree char *reasons = dup_reasons (tls, name);

  g_error_free (error);
  return g_error_new (NET_ERROR, NET_ERROR_CERTIFICATE,
                      "The certificate of %s is not to be trusted: %s", name, reasons);
}
