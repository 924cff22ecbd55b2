/* SPDX-License-Identifier: MIT */
#include "proto-engine.h"

#include <base-clock.h>

#include <string.h>

G_DEFINE_QUARK (proto - error - quark, proto_error)

const char *
proto_binding_get_name (ProtoBinding binding)
{
  static const char *const names[PROTO_N_BINDINGS] = {
    [PROTO_BINDING_EXPORTER] = "tls-exporter",
    [PROTO_BINDING_UNIQUE] = "tls-unique",
    [PROTO_BINDING_SERVER_END_POINT] = "tls-server-end-point",
  };

  return names[binding];
}

static void
touch (ProtoEngine *engine)
{
  engine->deadline = engine->timeout > 0 ? base_clock_monotonic () + engine->timeout : G_MAXINT64;
  if (engine->end > 0)
    engine->deadline = MIN (engine->deadline, engine->end);
}

void
proto_engine_feed (ProtoEngine *engine, const guint8 *data, gsize length)
{
  if (length == 0 || engine->done)
    return;
  touch (engine);
  base_line_buffer_append (engine->in, data, length);
  engine->klass->received (engine);
}

void
proto_engine_feed_eof (ProtoEngine *engine)
{
  if (engine->eof)
    return;
  engine->eof = TRUE;
  engine->klass->received (engine);
}

GBytes *
proto_engine_take_output (ProtoEngine *engine)
{
  if (engine->out->len == 0)
    return NULL;

  GBytes *bytes = g_byte_array_free_to_bytes (engine->out);
  engine->out = g_byte_array_new ();
  return bytes;
}

gsize
proto_engine_get_output_length (const ProtoEngine *engine)
{
  return engine->out->len;
}

gboolean
proto_engine_wants_tls (const ProtoEngine *engine)
{
  return engine->wants_tls;
}

void
proto_engine_tls_started (ProtoEngine *engine, const char *description)
{
  engine->tls = TRUE;
  engine->wants_tls = FALSE;
  touch (engine);
  proto_engine_note (engine, "%s", description != NULL ? description : "TLS started");
  engine->klass->tls_started (engine);
}

void
proto_engine_set_binding (ProtoEngine *engine, ProtoBinding binding, GBytes *data)
{
  g_clear_pointer (&engine->bindings[binding], g_bytes_unref);
  engine->bindings[binding] = g_bytes_ref (data);
}

gsize
proto_engine_get_input_length (const ProtoEngine *engine)
{
  return base_line_buffer_get_length (engine->in);
}

gint64
proto_engine_tick (ProtoEngine *engine, gint64 now)
{
  if (!engine->done && now >= engine->deadline)
    {
      engine->deadline = G_MAXINT64;
      engine->klass->timed_out (engine);
    }
  return engine->deadline;
}

gboolean
proto_engine_is_done (const ProtoEngine *engine)
{
  return engine->done;
}

gboolean
proto_engine_is_encrypted (const ProtoEngine *engine)
{
  return engine->tls;
}

/* A greeting is said before anybody can listen: the tap hears it when it comes. */
static void
tap_what_waits (ProtoEngine *engine)
{
  const char *text = (const char *) engine->out->data;
  gsize left = engine->out->len;
  const char *end;

  while (left > 0 && (end = memmem (text, left, "\r\n", 2)) != NULL)
    {
      engine->tap (PROTO_TAP_SENT, PROTO_TAP_LINE, text, (gsize) (end - text), engine->tap_data);
      left -= (gsize) (end + 2 - text);
      text = end + 2;
    }
}

void
proto_engine_set_tap (ProtoEngine *engine, ProtoTap tap, gpointer user_data)
{
  gboolean first = engine->tap == NULL && tap != NULL;

  engine->tap = tap;
  engine->tap_data = user_data;
  if (first)
    tap_what_waits (engine);
}

void
proto_engine_free (ProtoEngine *engine)
{
  engine->klass->free (engine);
}

void
proto_engine_init (ProtoEngine *engine, const ProtoEngineClass *klass)
{
  engine->klass = klass;
  engine->in = base_line_buffer_new ();
  engine->out = g_byte_array_new ();
  engine->deadline = G_MAXINT64;
}

void
proto_engine_clear (ProtoEngine *engine)
{
  for (guint i = 0; i < PROTO_N_BINDINGS; i++)
    g_clear_pointer (&engine->bindings[i], g_bytes_unref);
  g_clear_pointer (&engine->in, base_line_buffer_free);
  g_clear_pointer (&engine->out, g_byte_array_unref);
}

void
proto_engine_set_timeout (ProtoEngine *engine, gint64 microseconds)
{
  engine->timeout = microseconds;
  touch (engine);
}

gboolean
proto_engine_can_bind (const ProtoEngine *engine)
{
  for (guint i = 0; i < PROTO_N_BINDINGS; i++)
    if (engine->bindings[i] != NULL)
      return TRUE;
  return FALSE;
}

void
proto_engine_set_end (ProtoEngine *engine, gint64 microseconds)
{
  engine->end = microseconds > 0 ? base_clock_monotonic () + microseconds : 0;
  touch (engine);
}

gboolean
proto_engine_is_over (const ProtoEngine *engine)
{
  return engine->end > 0 && base_clock_monotonic () >= engine->end;
}

void
proto_engine_postpone (ProtoEngine *engine)
{
  touch (engine);
  if (proto_engine_is_over (engine))
    engine->deadline = base_clock_monotonic () + G_USEC_PER_SEC;
}

void
proto_engine_say (ProtoEngine *engine, const char *text, const char *shown)
{
  const char *seen = shown != NULL ? shown : text;

  g_byte_array_append (engine->out, (const guint8 *) text, strlen (text));
  g_byte_array_append (engine->out, (const guint8 *) "\r\n", 2);
  if (engine->tap != NULL)
    engine->tap (PROTO_TAP_SENT, PROTO_TAP_LINE, seen, strlen (seen), engine->tap_data);
}

void
proto_engine_write (ProtoEngine *engine, const guint8 *data, gsize length)
{
  g_byte_array_append (engine->out, data, length);
}

void
proto_engine_heard (ProtoEngine *engine, const char *line, gssize length)
{
  if (engine->tap != NULL)
    engine->tap (PROTO_TAP_RECEIVED, PROTO_TAP_LINE, line,
                 length < 0 ? strlen (line) : (gsize) length, engine->tap_data);
}

void
proto_engine_note (ProtoEngine *engine, const char *format, ...)
{
  if (engine->tap == NULL)
    return;

  va_list arguments;
  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  engine->tap (PROTO_TAP_RECEIVED, PROTO_TAP_NOTE, text, strlen (text), engine->tap_data);
}

void
proto_engine_tap_body (ProtoEngine *engine,
                       ProtoTapDirection direction,
                       const guint8 *data,
                       gsize length)
{
  if (engine->tap != NULL && length > 0)
    engine->tap (direction, PROTO_TAP_BODY, (const char *) data, length, engine->tap_data);
}
