/* SPDX-License-Identifier: MIT */
#include "net-connector.h"

#include "net-error.h"

typedef struct
{
  char *host;
  guint16 port;
  char *proxy; /* its host; NULL: none was named */
  GSource *timer;
  gboolean late;
  GCancellable *inner; /* cancelled by the caller, or by the timer */
  GCancellable *outer;
  gulong watch;
} Attempt;

static void
attempt_stop_watching (Attempt *attempt)
{
  if (attempt->timer != NULL)
    g_source_destroy (attempt->timer);
  g_clear_pointer (&attempt->timer, g_source_unref);
  g_cancellable_disconnect (attempt->outer, attempt->watch);
  attempt->watch = 0;
}

static void
attempt_free (gpointer data)
{
  Attempt *attempt = data;

  attempt_stop_watching (attempt);
  g_clear_object (&attempt->inner);
  g_clear_object (&attempt->outer);
  g_free (attempt->host);
  g_free (attempt->proxy);
  g_free (attempt);
}

static GError *
say_timeout (const Attempt *attempt)
{
  return g_error_new (NET_ERROR, NET_ERROR_TIMEOUT, "%s does not answer on port %u", attempt->host,
                      attempt->port);
}

static GError *
say_failure (const Attempt *attempt, const GError *error)
{
  /* Which of the two refused, or was not found, GIO does not tell apart by its codes. */
  if (attempt->proxy != NULL)
    return g_error_new (NET_ERROR, NET_ERROR_CONNECT,
                        "%s cannot be reached on port %u through the proxy %s: %s", attempt->host,
                        attempt->port, attempt->proxy, error->message);
  if (error->domain == G_RESOLVER_ERROR)
    return error->code == G_RESOLVER_ERROR_TEMPORARY_FAILURE
               ? g_error_new (NET_ERROR, NET_ERROR_CONNECT,
                              "The address of %s cannot be found just now: is there a network?",
                              attempt->host)
               : g_error_new (NET_ERROR, NET_ERROR_CONNECT, "There is no computer called %s",
                              attempt->host);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return say_timeout (attempt);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    return g_error_new (NET_ERROR, NET_ERROR_CONNECT,
                        "%s refuses connections on port %u: nothing listens there", attempt->host,
                        attempt->port);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE))
    return g_error_new (NET_ERROR, NET_ERROR_CONNECT, "%s cannot be reached from here",
                        attempt->host);
  return g_error_new (NET_ERROR, NET_ERROR_CONNECT, "%s cannot be reached on port %u: %s",
                      attempt->host, attempt->port, error->message);
}

/* The name and the password of a proxy are for nobody to read. */
static char *
dup_host (const char *uri)
{
  g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_NONE, NULL);
  const char *host = parsed != NULL ? g_uri_get_host (parsed) : NULL;

  return g_strdup (host != NULL ? host : "");
}

static gboolean
on_late (gpointer user_data)
{
  Attempt *attempt = user_data;

  attempt->late = TRUE;
  g_cancellable_cancel (attempt->inner);
  return G_SOURCE_REMOVE;
}

static void
on_outer_cancelled (GCancellable *outer, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection
      = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  Attempt *attempt = g_task_get_task_data (task);

  attempt_stop_watching (attempt);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (connection == NULL)
    {
      g_task_return_error (task,
                           attempt->late ? say_timeout (attempt) : say_failure (attempt, error));
      return;
    }
  /* The client's timeout would go on to count silence; that is the engine's to judge. */
  g_socket_set_timeout (g_socket_connection_get_socket (connection), 0);
  g_socket_set_keepalive (g_socket_connection_get_socket (connection), TRUE);
  g_task_return_pointer (task, g_steal_pointer (&connection), g_object_unref);
}

void
net_connector_connect_async (const char *host,
                             guint16 port,
                             guint timeout,
                             const char *proxy,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) address = g_network_address_new (host, port);
  Attempt *attempt = g_new0 (Attempt, 1);

  g_task_set_source_tag (task, net_connector_connect_async);
  g_task_set_task_data (task, attempt, attempt_free);
  attempt->host = g_strdup (host);
  attempt->port = port;
  attempt->inner = g_cancellable_new ();
  if (proxy != NULL)
    {
      const char *uri = *proxy != '\0' ? proxy : "direct://";
      g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new (uri, NULL);

      g_socket_client_set_proxy_resolver (client, resolver);
      attempt->proxy = *proxy != '\0' ? dup_host (proxy) : NULL;
    }
  if (g_task_return_error_if_cancelled (task))
    return;
  if (cancellable != NULL)
    {
      attempt->outer = g_object_ref (cancellable);
      attempt->watch = g_cancellable_connect (cancellable, G_CALLBACK (on_outer_cancelled),
                                              g_object_ref (attempt->inner), g_object_unref);
    }
  if (timeout > 0)
    {
      attempt->timer = g_timeout_source_new (timeout * 1000);
      g_source_set_callback (attempt->timer, on_late, attempt, NULL);
      g_source_attach (attempt->timer, g_main_context_get_thread_default ());
    }
  g_socket_client_connect_async (client, address, attempt->inner, on_connected,
                                 g_steal_pointer (&task));
}

GSocketConnection *
net_connector_connect_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
