/* SPDX-License-Identifier: MIT */
#include "net-link.h"

#include "net-error-private.h"
#include "net-tls-private.h"

#include <base-clock.h>
#include <base-secret.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

/* One TLS record; a smaller piece could leave octets inside GnuTLS, where no poll sees them. */
#define READ_SIZE   16384
#define INPUT_MOST  (256 * 1024)
#define OUTPUT_MOST (1024 * 1024)
#define OUTPUT_FEW  (64 * 1024)
/* Pieces of progress in one go, before other links have their turn. */
#define TURNS_MOST        16
#define HANDSHAKE_SECONDS 30
#define CLOSE_SECONDS     5
/* How long an engine may still be busy when the peer has said its last, and how long a peer may
 * take to read the engine's last words. */
#define AFTERMATH_SECONDS 60
/* Octets passed over before closing, lest unread ones make a reset that eats our last words. */
#define LAST_MOST (1024 * 1024)

typedef enum
{
  PHASE_NEW,
  PHASE_OPEN,
  PHASE_SHAKING,
  PHASE_CLOSING,
  PHASE_ENDED,
} Phase;

struct _NetLink
{
  GObject parent_instance;

  ProtoEngine *engine;
  GIOStream *base;
  GIOStream *stream; /* base, or the TLS over it */
  NetTls *tls;
  gboolean implicit;

  Phase phase;
  GError *error; /* why it ended */
  NetLinkProgress progress;
  gpointer user_data;
  GDestroyNotify destroy;

  GSource *clock; /* time, kicks and the end all wake it; holds the link's reference to itself */
  GSource *readable;
  GSource *writable;
  GSource *cancelled;
  GCancellable *patience; /* of the handshake and the closing */
  gint64 limit;           /* of the phase; monotonic microseconds */
  gint64 deadline;        /* the engine's, when last asked */

  GBytes *sending;
  gsize sent;
  gboolean pumping;
  gboolean news;     /* something the maker has not been told of */
  gboolean try_read; /* there may be octets */
  gboolean eof;

  char *remote;
  char *local;
  char *tls_description;
};

G_DEFINE_FINAL_TYPE (NetLink, net_link, G_TYPE_OBJECT)

static void pump (NetLink *link);

static void
drop_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
wake (NetLink *link)
{
  if (link->clock != NULL)
    g_source_set_ready_time (link->clock, 0);
}

static void
set_limit (NetLink *link, gint64 seconds)
{
  link->limit = base_clock_monotonic () + seconds * G_USEC_PER_SEC;
}

static gsize
get_pending (NetLink *link)
{
  gsize sending = link->sending != NULL ? g_bytes_get_size (link->sending) - link->sent : 0;

  return sending + proto_engine_get_output_length (link->engine);
}

/* Takes @error. The maker hears of it from the clock, never from within a call of its own. */
static void
end (NetLink *link, GError *error)
{
  Phase phase = link->phase;

  if (phase == PHASE_ENDED)
    {
      g_clear_error (&error);
      return;
    }
  link->phase = PHASE_ENDED;
  link->error = error;
  drop_source (&link->readable);
  drop_source (&link->writable);
  drop_source (&link->cancelled);
  g_clear_pointer (&link->sending, g_bytes_unref);
  /* While TLS works in its own thread the file descriptor is not ours to close: see
   * on_shaken() and on_closed(). */
  if (phase == PHASE_SHAKING || phase == PHASE_CLOSING)
    g_cancellable_cancel (link->patience);
  else
    g_io_stream_close (link->base, NULL, NULL);
  wake (link);
}

/* ---- writing ---- */

static gboolean
take_block (NetLink *link)
{
  if (link->sending == NULL)
    {
      link->sending = proto_engine_take_output (link->engine);
      link->sent = 0;
    }
  return link->sending != NULL;
}

/* The peer takes no more, but its last words ("421 too busy") may be waiting to be read. */
static void
end_after_last_words (NetLink *link, GError *error)
{
  g_autofree guint8 *buffer = g_malloc (READ_SIZE);
  GPollableInputStream *input
      = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (link->stream));
  gssize length = 0;
  gsize total = 0;

  while (
      !link->eof && total < LAST_MOST
      && (length = g_pollable_input_stream_read_nonblocking (input, buffer, READ_SIZE, NULL, NULL))
             > 0)
    {
      total += (gsize) length;
      proto_engine_feed (link->engine, buffer, (gsize) length);
      base_secret_wipe (buffer, (gsize) length);
      link->news = TRUE;
    }
  end (link, net_error_from_wire (error));
}

static void
write_out (NetLink *link)
{
  GPollableOutputStream *output
      = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (link->stream));
  gsize before = get_pending (link);

  while (take_block (link))
    {
      gsize size = 0;
      const guint8 *data = g_bytes_get_data (link->sending, &size);
      GError *error = NULL;
      gssize length = g_pollable_output_stream_write_nonblocking (output, data + link->sent,
                                                                  size - link->sent, NULL, &error);

      if (length < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          g_error_free (error);
          break;
        }
      if (length < 0)
        {
          end_after_last_words (link, error);
          return;
        }
      link->sent += (gsize) length;
      if (link->sent == size)
        g_clear_pointer (&link->sending, g_bytes_unref);
    }

  gsize after = get_pending (link);
  if ((before > 0 && after == 0) || (before >= OUTPUT_FEW && after < OUTPUT_FEW))
    link->news = TRUE;
}

/* ---- reading ---- */

static gboolean
may_read (NetLink *link)
{
  return link->phase == PHASE_OPEN && !link->eof && !proto_engine_wants_tls (link->engine)
         && !proto_engine_is_done (link->engine)
         && proto_engine_get_input_length (link->engine) <= INPUT_MOST
         && get_pending (link) <= OUTPUT_MOST;
}

static void
hear_eof (NetLink *link)
{
  link->eof = TRUE;
  link->news = TRUE;
  set_limit (link, AFTERMATH_SECONDS);
  proto_engine_feed_eof (link->engine);
}

static void
read_failed (NetLink *link, GError *error)
{
  link->try_read = FALSE;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    {
      g_error_free (error);
      return;
    }
  /* Many peers leave without TLS's goodbye; that matters only if there was more to be said. */
  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_EOF))
    {
      hear_eof (link);
      if (proto_engine_is_done (link->engine))
        {
          g_error_free (error);
          return;
        }
    }
  end (link, net_error_from_wire (error));
}

static void
read_in (NetLink *link)
{
  static _Thread_local guint8 buffer[READ_SIZE]; /* one for all links of a thread */

  if (!may_read (link))
    {
      link->try_read = TRUE; /* when it may again */
      return;
    }
  if (!link->try_read)
    return;

  GPollableInputStream *input
      = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (link->stream));
  GError *error = NULL;
  gssize length = g_pollable_input_stream_read_nonblocking (input, buffer, READ_SIZE, NULL, &error);

  if (length < 0)
    read_failed (link, error);
  else if (length == 0)
    hear_eof (link);
  else
    {
      proto_engine_feed (link->engine, buffer, (gsize) length);
      base_secret_wipe (buffer, (gsize) length);
      link->news = TRUE;
      /* A short piece was all there was; TLS may hold more records. */
      link->try_read = length == READ_SIZE || link->stream != link->base;
    }
}

/* ---- handshake ---- */

static void
on_shaken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (NetLink) link = user_data;
  GError *error = NULL;
  gboolean ok = g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, &error);

  if (link->phase == PHASE_ENDED)
    {
      g_clear_error (&error);
      g_io_stream_close (link->base, NULL, NULL);
      return;
    }
  link->phase = PHASE_OPEN;
  link->limit = G_MAXINT64;
  if (!ok)
    {
      end (link, net_tls_explain (link->tls, error));
      return;
    }
  link->tls_description = net_tls_describe (G_TLS_CONNECTION (source), &error);
  if (link->tls_description == NULL)
    {
      end (link, error);
      return;
    }
  net_tls_bind (G_TLS_CONNECTION (source), link->engine);
  proto_engine_tls_started (link->engine, link->tls_description);
  link->news = TRUE;
  link->try_read = TRUE;
  pump (link);
}

static void
start_handshake (NetLink *link)
{
  GError *error = NULL;
  GTlsConnection *connection = NULL;

  if (link->tls == NULL || link->stream != link->base)
    {
      end (link, g_error_new_literal (NET_ERROR, NET_ERROR_TLS, "TLS was not prepared here"));
      return;
    }
  connection = net_tls_wrap (link->tls, link->base, &error);
  if (connection == NULL)
    {
      end (link, error);
      return;
    }
  drop_source (&link->readable);
  drop_source (&link->writable);
  link->phase = PHASE_SHAKING;
  set_limit (link, HANDSHAKE_SECONDS);
  g_set_object (&link->stream, G_IO_STREAM (connection));
  g_clear_object (&link->patience);
  link->patience = g_cancellable_new ();
  g_tls_connection_handshake_async (connection, G_PRIORITY_DEFAULT, link->patience, on_shaken,
                                    g_object_ref (link));
  g_object_unref (connection);
}

/* ---- closing ---- */

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (NetLink) link = user_data;

  /* The engine was done and everything is written: whether the goodbye arrives is the peer's
   * affair. */
  g_io_stream_close_finish (G_IO_STREAM (source), result, NULL);
  g_io_stream_close (link->base, NULL, NULL);
  if (link->phase == PHASE_ENDED)
    return;
  link->phase = PHASE_OPEN;
  end (link, NULL);
}

static void
pass_over_unread (NetLink *link)
{
  if (!G_IS_SOCKET_CONNECTION (link->base))
    return;

  GSocket *socket = g_socket_connection_get_socket (G_SOCKET_CONNECTION (link->base));
  char buffer[4096];
  gsize total = 0;
  gssize length = 0;

  do
    {
      length = g_socket_receive_with_blocking (socket, buffer, sizeof buffer, FALSE, NULL, NULL);
      total += length > 0 ? (gsize) length : 0;
    }
  while (length > 0 && total < LAST_MOST);
}

static void
start_closing (NetLink *link)
{
  drop_source (&link->readable);
  drop_source (&link->writable);
  link->phase = PHASE_CLOSING;
  set_limit (link, CLOSE_SECONDS);
  pass_over_unread (link);
  g_clear_object (&link->patience);
  link->patience = g_cancellable_new ();
  g_io_stream_close_async (link->stream, G_PRIORITY_DEFAULT, link->patience, on_closed,
                           g_object_ref (link));
}

/* ---- the pump ---- */

static gboolean
on_readable (GObject *stream, gpointer user_data)
{
  NetLink *link = user_data;

  link->try_read = TRUE;
  pump (link);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_writable (GObject *stream, gpointer user_data)
{
  pump (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_socket_readable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  return on_readable (NULL, user_data);
}

static gboolean
on_socket_writable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  return on_writable (NULL, user_data);
}

/* Without TLS it is the socket's own source: a stream's has that as its child, and GLib takes a
 * child out of the poll and back, with a write to the thread's wake-up each time, whenever it is
 * dispatched. Neither is taken out itself: nothing here turns the context again. */
static GSource *
watch (NetLink *link, GIOCondition condition)
{
  gboolean reads = condition == G_IO_IN;
  GSource *source;

  if (G_IS_SOCKET_CONNECTION (link->stream))
    {
      GSocket *socket = g_socket_connection_get_socket (G_SOCKET_CONNECTION (link->stream));
      source = g_socket_create_source (socket, condition, NULL);
      g_source_set_callback (source,
                             G_SOURCE_FUNC (reads ? on_socket_readable : on_socket_writable), link,
                             NULL);
    }
  else if (reads)
    {
      GInputStream *input = g_io_stream_get_input_stream (link->stream);
      source = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (input), NULL);
      g_source_set_callback (source, G_SOURCE_FUNC (on_readable), link, NULL);
    }
  else
    {
      GOutputStream *output = g_io_stream_get_output_stream (link->stream);
      source = g_pollable_output_stream_create_source (G_POLLABLE_OUTPUT_STREAM (output), NULL);
      g_source_set_callback (source, G_SOURCE_FUNC (on_writable), link, NULL);
    }
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, g_source_get_context (link->clock));
  return source;
}

static void
watch_wire (NetLink *link)
{
  gboolean read = may_read (link);
  gboolean write = link->phase == PHASE_OPEN && get_pending (link) > 0;

  if (!read)
    drop_source (&link->readable);
  else if (link->readable == NULL)
    link->readable = watch (link, G_IO_IN);
  if (!write)
    drop_source (&link->writable);
  else if (link->writable == NULL)
    link->writable = watch (link, G_IO_OUT);
}

static void
let_time_pass (NetLink *link)
{
  gint64 deadline = G_MAXINT64;

  if (!proto_engine_is_done (link->engine))
    deadline = proto_engine_tick (link->engine, base_clock_monotonic ());
  else if (link->limit == G_MAXINT64)
    set_limit (link, AFTERMATH_SECONDS);
  /* A deadline that is gone was reached. */
  if (deadline == G_MAXINT64 && link->deadline != G_MAXINT64)
    link->news = TRUE;
  link->deadline = deadline;
}

static void
set_clock (NetLink *link)
{
  gint64 next = link->limit;

  if (link->clock == NULL || link->phase == PHASE_ENDED)
    return;
  if (link->phase == PHASE_OPEN)
    next = MIN (next, link->deadline);
  gint64 armed = g_source_get_ready_time (link->clock);
  gint64 wanted
      = next == G_MAXINT64 ? -1 : MAX (g_get_monotonic_time () + next - base_clock_monotonic (), 0);
  /* Each line moves the deadline on, and each setting costs a system call: one that comes early
   * finds nothing to do, and sets the next. */
  if (armed < 0 || wanted < armed)
    g_source_set_ready_time (link->clock, wanted);
}

/* One round: out, then what follows when all is out, then in. */
static void
turn (NetLink *link)
{
  write_out (link);
  if (link->phase == PHASE_OPEN && get_pending (link) == 0 && !link->news)
    {
      if (proto_engine_is_done (link->engine))
        start_closing (link);
      else if (proto_engine_wants_tls (link->engine))
        start_handshake (link);
    }
  if (link->phase == PHASE_OPEN)
    read_in (link);
  if (link->phase == PHASE_OPEN)
    let_time_pass (link);
}

static void
pump (NetLink *link)
{
  if (link->pumping || link->phase != PHASE_OPEN)
    return;

  g_autoptr (NetLink) alive = g_object_ref (link);
  guint turns = 0;

  link->pumping = TRUE;
  for (turns = 0; turns < TURNS_MOST && link->phase == PHASE_OPEN; turns++)
    {
      turn (link);
      if (!link->news)
        break;
      link->news = FALSE;
      link->progress (link, FALSE, NULL, link->user_data);
    }
  link->pumping = FALSE;
  if (link->phase == PHASE_OPEN)
    watch_wire (link);
  set_clock (link);
  if (turns == TURNS_MOST)
    wake (link);
}

/* Tells the end, once, and lets go. */
static void
conclude (NetLink *link)
{
  g_autoptr (NetLink) alive = g_object_ref (link);
  NetLinkProgress progress = g_steal_pointer (&link->progress);

  drop_source (&link->clock);
  progress (link, TRUE, link->error, link->user_data);
  if (link->destroy != NULL)
    link->destroy (g_steal_pointer (&link->user_data));
  link->destroy = NULL;
}

static void
reach_limit (NetLink *link)
{
  link->limit = G_MAXINT64;
  if (link->phase == PHASE_SHAKING)
    end (link, g_error_new_literal (NET_ERROR, NET_ERROR_TIMEOUT,
                                    "The other side did not finish the TLS handshake in time"));
  else if (link->phase == PHASE_CLOSING)
    g_cancellable_cancel (link->patience);
  else if (link->eof)
    end (link, NULL);
  else
    end (link, g_error_new_literal (NET_ERROR, NET_ERROR_TIMEOUT,
                                    "The other side does not read what is said to it"));
}

static gboolean
on_clock (gpointer user_data)
{
  NetLink *link = user_data;

  if (link->phase == PHASE_ENDED)
    conclude (link);
  else if (base_clock_monotonic () >= link->limit)
    reach_limit (link);
  else if (link->phase == PHASE_OPEN)
    pump (link);
  else
    set_clock (link);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_clock (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return callback (user_data);
}

static GSourceFuncs clock_funcs = { NULL, NULL, dispatch_clock, NULL };

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  NetLink *link = user_data;

  end (link, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled"));
  return G_SOURCE_REMOVE;
}

/* ---- the object ---- */

static void
net_link_finalize (GObject *object)
{
  NetLink *link = NET_LINK (object);

  drop_source (&link->readable);
  drop_source (&link->writable);
  drop_source (&link->cancelled);
  if (link->destroy != NULL)
    link->destroy (link->user_data);
  g_clear_object (&link->patience);
  g_clear_pointer (&link->sending, g_bytes_unref);
  g_clear_pointer (&link->engine, proto_engine_free);
  g_clear_pointer (&link->tls, net_tls_free);
  g_clear_object (&link->stream);
  g_clear_object (&link->base);
  g_clear_error (&link->error);
  g_free (link->remote);
  g_free (link->local);
  g_free (link->tls_description);
  G_OBJECT_CLASS (net_link_parent_class)->finalize (object);
}

static void
net_link_class_init (NetLinkClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = net_link_finalize;
}

static void
net_link_init (NetLink *link)
{
  link->limit = G_MAXINT64;
  link->deadline = G_MAXINT64;
}

static char *
dup_address (GSocketAddress *address)
{
  g_autoptr (GSocketAddress) owned = address;

  return owned != NULL ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (owned))
                       : g_strdup ("an unknown address");
}

NetLink *
net_link_new (GIOStream *connection, ProtoEngine *engine)
{
  NetLink *link = g_object_new (NET_TYPE_LINK, NULL);

  link->base = g_object_ref (connection);
  link->stream = g_object_ref (connection);
  link->engine = engine;
  if (G_IS_SOCKET_CONNECTION (connection))
    {
      GSocketConnection *socket = G_SOCKET_CONNECTION (connection);

      link->remote = dup_address (g_socket_connection_get_remote_address (socket, NULL));
      link->local = dup_address (g_socket_connection_get_local_address (socket, NULL));
      /* Lines are short and each is waited for. */
      g_socket_set_option (g_socket_connection_get_socket (socket), IPPROTO_TCP, TCP_NODELAY, 1,
                           NULL);
    }
  else
    {
      link->remote = dup_address (NULL);
      link->local = dup_address (NULL);
    }
  return link;
}

void
net_link_set_server_tls (NetLink *link, GTlsCertificate *certificate, gboolean implicit)
{
  g_return_if_fail (link->phase == PHASE_NEW && link->tls == NULL);
  link->tls = net_tls_new_server (certificate);
  link->implicit = implicit;
}

void
net_link_set_client_tls (NetLink *link,
                         GSocketConnectable *peer,
                         GTlsDatabase *trust,
                         gboolean implicit)
{
  g_return_if_fail (link->phase == PHASE_NEW && link->tls == NULL);
  link->tls = net_tls_new_client (peer, trust);
  link->implicit = implicit;
}

void
net_link_start (NetLink *link,
                GCancellable *cancellable,
                NetLinkProgress progress,
                gpointer user_data,
                GDestroyNotify destroy)
{
  g_return_if_fail (link->phase == PHASE_NEW);
  link->progress = progress;
  link->user_data = user_data;
  link->destroy = destroy;
  link->phase = PHASE_OPEN;
  link->news = TRUE;
  link->try_read = TRUE;

  link->clock = g_source_new (&clock_funcs, sizeof (GSource));
  g_source_set_static_name (link->clock, "[postroom] link");
  g_source_set_callback (link->clock, on_clock, g_object_ref (link), g_object_unref);
  g_source_attach (link->clock, g_main_context_get_thread_default ());
  wake (link);
  if (cancellable != NULL)
    {
      link->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_callback (link->cancelled, G_SOURCE_FUNC (on_cancelled), link, NULL);
      g_source_attach (link->cancelled, g_source_get_context (link->clock));
    }
  if (link->implicit)
    {
      link->news = FALSE;
      start_handshake (link);
    }
}

void
net_link_kick (NetLink *link)
{
  /* From within progress nothing needs to be done: the pump looks again anyway. */
  if (link->pumping)
    return;
  if (link->phase == PHASE_OPEN)
    link->news = TRUE;
  wake (link);
}

void
net_link_abort (NetLink *link)
{
  g_return_if_fail (link->phase != PHASE_NEW);
  end (link, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled"));
}

ProtoEngine *
net_link_get_engine (NetLink *link)
{
  return link->engine;
}

const char *
net_link_get_remote (NetLink *link)
{
  return link->remote;
}

const char *
net_link_get_local (NetLink *link)
{
  return link->local;
}

const char *
net_link_get_tls_description (NetLink *link)
{
  return link->tls_description;
}
