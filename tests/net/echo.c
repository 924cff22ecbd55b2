/* SPDX-License-Identifier: MIT */
#include "echo.h"

static void
hear (Echo *echo, const char *line)
{
  ProtoEngine *engine = &echo->engine;

  g_ptr_array_add (echo->lines, g_strdup (line));
  if (!echo->server)
    {
      if (g_str_equal (line, "GO"))
        engine->wants_tls = TRUE;
      if (g_str_equal (line, "BYE"))
        engine->done = TRUE;
      return;
    }
  if (g_str_equal (line, "HOLD"))
    echo->held = TRUE;
  else if (g_str_equal (line, "STARTTLS"))
    {
      proto_engine_say (engine, "GO", NULL);
      engine->wants_tls = TRUE;
    }
  else if (g_str_equal (line, "QUIT"))
    {
      proto_engine_say (engine, "BYE", NULL);
      engine->done = TRUE;
    }
  else
    proto_engine_say (engine, line, NULL);
}

static void
received (ProtoEngine *engine)
{
  Echo *echo = (Echo *) engine;
  const char *line = NULL;
  gsize length = 0;

  while (!echo->held && !engine->done && !engine->wants_tls
         && base_line_buffer_take_line (engine->in, 2000, &line, &length) == BASE_LINE_WHOLE)
    {
      echo->body += length + 2;
      hear (echo, line);
    }
  if (engine->eof && !echo->held)
    engine->done = TRUE;
}

static void
tls_started (ProtoEngine *engine)
{
  received (engine);
}

static void
timed_out (ProtoEngine *engine)
{
  ((Echo *) engine)->timed_out = TRUE;
  proto_engine_say (engine, "BYE", NULL);
  engine->done = TRUE;
}

static void
note (ProtoTapDirection direction,
      ProtoTapKind kind,
      const char *text,
      gsize length,
      gpointer user_data)
{
  Echo *echo = user_data;

  if (kind == PROTO_TAP_NOTE)
    {
      g_free (echo->tls);
      echo->tls = g_strndup (text, length);
    }
}

static void
echo_free (ProtoEngine *engine)
{
  Echo *echo = (Echo *) engine;

  proto_engine_clear (engine);
  g_ptr_array_unref (echo->lines);
  g_free (echo->tls);
  g_free (echo);
}

static const ProtoEngineClass echo_class = { received, tls_started, timed_out, echo_free };

Echo *
echo_new (gboolean server)
{
  Echo *echo = g_new0 (Echo, 1);

  proto_engine_init (&echo->engine, &echo_class);
  proto_engine_set_tap (&echo->engine, note, echo);
  echo->server = server;
  echo->lines = g_ptr_array_new_with_free_func (g_free);
  return echo;
}

void
echo_say (Echo *echo, const char *text)
{
  proto_engine_say (&echo->engine, text, NULL);
}

void
echo_resume (Echo *echo)
{
  echo->held = FALSE;
  received (&echo->engine);
}

const char *
echo_get_last (Echo *echo)
{
  return echo->lines->len > 0 ? echo->lines->pdata[echo->lines->len - 1] : "";
}
