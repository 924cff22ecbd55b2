/* SPDX-License-Identifier: MIT */
#include "proto-pop3-client-private.h"

#include <string.h>

/* A status line is 512 octets (RFC 2449 section 4); servers go over that, and gain nothing by it.
 */
#define MAX_LINE 4096
/* Commands on the wire at once, where the server takes pipelining. A server that is busy saying
 * letters does not read: they must fit in the buffers between us, which a kilobyte does. */
#define MAX_PIPELINED 100
/* Events kept before the parser waits to be pulled. */
#define MAX_EVENTS 64

typedef struct
{
  ProtoPop3ClientEvent event;
  char *uid;
  char *code;
  char *text;
  GBytes *chunk;
  GError *error;
} Event;

static void
event_free (gpointer data)
{
  Event *event = data;

  if (event == NULL)
    return;
  g_free (event->uid);
  g_free (event->code);
  g_free (event->text);
  g_clear_pointer (&event->chunk, g_bytes_unref);
  g_clear_error (&event->error);
  g_free (event);
}

/* ---- events ---- */

static void
push (ProtoPop3Client *client, Event *event)
{
  event->event.uid = event->uid;
  event->event.code = event->code;
  event->event.text = event->text;
  event->event.chunk = event->chunk;
  event->event.error = event->error;
  g_queue_push_tail (&client->events, event);
}

void
proto_pop3_client_push (ProtoPop3Client *client,
                        ProtoPop3ClientEventType type,
                        ProtoPop3Command command,
                        guint number,
                        guint64 size,
                        const char *text,
                        const char *code,
                        GBytes *chunk)
{
  Event *event = g_new0 (Event, 1);

  event->event.type = type;
  event->event.command = command;
  event->event.number = number;
  event->event.size = size;
  event->text = g_strdup (text);
  event->code = g_strdup (code);
  event->chunk = chunk != NULL ? g_bytes_ref (chunk) : NULL;
  push (client, event);
}

static void
end (ProtoPop3Client *client)
{
  client->over = TRUE;
  client->engine.wants_tls = FALSE;
  client->engine.done = TRUE;
  base_line_buffer_clear (client->engine.in);
}

void
proto_pop3_client_fail (ProtoPop3Client *client,
                        const char *code,
                        ProtoError kind,
                        const char *format,
                        ...)
{
  Event *event = g_new0 (Event, 1);
  va_list arguments;

  if (client->over)
    {
      event_free (event);
      return;
    }
  event->event.type = PROTO_POP3_CLIENT_FAILED;
  event->code = g_strdup (code);
  va_start (arguments, format);
  event->error = g_error_new_valist (PROTO_ERROR, kind, format, arguments);
  va_end (arguments);
  push (client, event);
  end (client);
}

/* ---- replies ---- */

/* RFC 2449 section 8: "[" 1*rchar "]" behind -ERR. */
static const char *
take_code (const char *text, char **code)
{
  const char *close = *text == '[' ? strchr (text, ']') : NULL;

  if (close == NULL || close == text + 1)
    return text;
  *code = g_strndup (text + 1, (gsize) (close - text) - 1);
  for (text = close + 1; *text == ' '; text++)
    ;
  return text;
}

gboolean
proto_pop3_client_read_status (ProtoPop3Client *client,
                               const char *line,
                               gboolean *positive,
                               char **code,
                               const char **text)
{
  gsize length = g_str_has_prefix (line, "+OK") ? 3 : g_str_has_prefix (line, "-ERR") ? 4 : 0;

  if (length == 0 || (line[length] != '\0' && line[length] != ' '))
    {
      proto_pop3_client_fail (client, NULL, PROTO_ERROR_SYNTAX,
                              "The server does not speak POP3: it said “%.60s”", line);
      return FALSE;
    }
  *positive = length == 3;
  *text = line + length;
  while (**text == ' ')
    (*text)++;
  if (!*positive)
    *text = take_code (*text, code);
  return TRUE;
}

static gboolean
take_uint (const char **text, guint64 limit, guint64 *value)
{
  const char *at = *text;
  char *behind = NULL;

  if (!g_ascii_isdigit (*at))
    return FALSE;
  *value = g_ascii_strtoull (at, &behind, 10);
  if (*value > limit || behind - at > 19)
    return FALSE;
  for (*text = behind; **text == ' '; (*text)++)
    ;
  return *behind == ' ' || *behind == '\0';
}

/* "number size" of LIST and STAT, "number uid" of UIDL. */
static gboolean
push_item (ProtoPop3Client *client, const ProtoPop3Order *order, const char *text)
{
  guint64 number, size = 0;
  gboolean is_uidl = order->command == PROTO_POP3_COMMAND_UIDL;

  if (!take_uint (&text, G_MAXUINT, &number))
    return FALSE;
  Event *event = g_new0 (Event, 1);
  if (is_uidl)
    {
      /* Some servers put blanks behind it, or go over 70 characters. */
      event->uid = g_strchomp (g_strndup (text, strcspn (text, " ")));
      if (*event->uid == '\0' || strlen (event->uid) > 512)
        {
          event_free (event);
          return FALSE;
        }
    }
  else if (!take_uint (&text, G_MAXINT64, &size))
    {
      event_free (event);
      return FALSE;
    }
  event->event.type = PROTO_POP3_CLIENT_ITEM;
  event->event.command = order->command;
  event->event.number = (guint) number;
  event->event.size = size;
  push (client, event);
  return TRUE;
}

static void
fail_item (ProtoPop3Client *client, const char *line)
{
  proto_pop3_client_fail (client, NULL, PROTO_ERROR_SYNTAX,
                          "The server's list makes no sense: “%.60s”", line);
}

/* The order at the head of the queue has its answer. */
static void
finish (ProtoPop3Client *client, ProtoPop3ClientEventType type, const char *code, const char *text)
{
  g_autofree ProtoPop3Order *order = g_queue_pop_head (&client->said);

  client->in_list = FALSE;
  client->in_body = FALSE;
  proto_pop3_client_push (client, type, order->command, order->number, 0, text, code, NULL);
  if (order->command == PROTO_POP3_COMMAND_QUIT)
    {
      if (type == PROTO_POP3_CLIENT_DONE)
        {
          proto_pop3_client_push (client, PROTO_POP3_CLIENT_CLOSED, order->command, 0, 0, NULL,
                                  NULL, NULL);
          end (client);
        }
      else
        proto_pop3_client_fail (client, code, PROTO_ERROR_REFUSED,
                                "The server could not remove every message: %s", text);
      return;
    }
  proto_pop3_client_say_more (client);
}

static void
begin_multi_line (ProtoPop3Client *client, const ProtoPop3Order *order)
{
  if (order->command == PROTO_POP3_COMMAND_LIST || order->command == PROTO_POP3_COMMAND_UIDL)
    {
      client->in_list = TRUE;
      client->lines_seen = 0;
      return;
    }
  client->in_body = TRUE;
  proto_dot_decoder_init (&client->decoder);
}

static gboolean
is_multi_line (const ProtoPop3Order *order)
{
  switch (order->command)
    {
    case PROTO_POP3_COMMAND_LIST:
    case PROTO_POP3_COMMAND_UIDL:
      return order->number == 0;
    case PROTO_POP3_COMMAND_RETR:
    case PROTO_POP3_COMMAND_TOP:
      return TRUE;
    default:
      return FALSE;
    }
}

static void
take_status_line (ProtoPop3Client *client, const char *line)
{
  const ProtoPop3Order *order = g_queue_peek_head (&client->said);
  g_autofree char *code = NULL;
  const char *text = NULL;
  gboolean positive = FALSE;

  if (!proto_pop3_client_read_status (client, line, &positive, &code, &text))
    return;
  if (order == NULL)
    proto_pop3_client_fail (client, code, positive ? PROTO_ERROR_SYNTAX : PROTO_ERROR_CLOSED,
                            "The server said something that was not asked for: %s", text);
  else if (!positive)
    finish (client, PROTO_POP3_CLIENT_ERR, code, text);
  else if (is_multi_line (order))
    begin_multi_line (client, order);
  else if ((order->command == PROTO_POP3_COMMAND_STAT || order->command == PROTO_POP3_COMMAND_LIST
            || order->command == PROTO_POP3_COMMAND_UIDL)
           && !push_item (client, order, text))
    fail_item (client, line);
  else
    finish (client, PROTO_POP3_CLIENT_DONE, NULL, text);
}

static void
take_list_line (ProtoPop3Client *client, const char *line)
{
  if (strcmp (line, ".") == 0)
    finish (client, PROTO_POP3_CLIENT_DONE, NULL, "");
  else if (!push_item (client, g_queue_peek_head (&client->said), line))
    fail_item (client, line);
}

/* Reads what is there of a letter; FALSE when more bytes are needed. */
static gboolean
take_body (ProtoPop3Client *client)
{
  const ProtoPop3Order *order = g_queue_peek_head (&client->said);
  gsize length;
  const guint8 *data = base_line_buffer_peek (client->engine.in, &length);

  if (length == 0)
    return FALSE;
  g_autoptr (GByteArray) out = g_byte_array_new ();
  gboolean ended = FALSE;
  gsize used
      = proto_dot_decoder_read (&client->decoder, data, MIN (length, 64 * 1024), out, &ended);
  proto_engine_tap_body (&client->engine, PROTO_TAP_RECEIVED, data, used);
  base_line_buffer_skip (client->engine.in, used);
  if (out->len > 0)
    {
      g_autoptr (GBytes) chunk = g_byte_array_free_to_bytes (g_steal_pointer (&out));
      proto_pop3_client_push (client, PROTO_POP3_CLIENT_CHUNK, order->command, order->number, 0,
                              NULL, NULL, chunk);
    }
  if (ended)
    finish (client, PROTO_POP3_CLIENT_DONE, NULL, "");
  return TRUE;
}

static void
take_line (ProtoPop3Client *client, const char *line, gsize length)
{
  proto_engine_heard (&client->engine, line, (gssize) length);
  if (strlen (line) != length)
    proto_pop3_client_fail (client, NULL, PROTO_ERROR_SYNTAX, "The server sent a NUL in a reply");
  else if (client->wait != PROTO_POP3_WAIT_COMMANDS)
    proto_pop3_client_open_line (client, line);
  else if (client->in_list)
    take_list_line (client, line);
  else
    take_status_line (client, line);
}

static gboolean
step (ProtoPop3Client *client)
{
  const char *line = NULL;
  gsize length = 0;

  if (client->in_body)
    return take_body (client);
  switch (base_line_buffer_take_line (client->engine.in, MAX_LINE, &line, &length))
    {
    case BASE_LINE_NONE:
      return FALSE;
    case BASE_LINE_TOO_LONG:
      proto_pop3_client_fail (client, NULL, PROTO_ERROR_LIMIT,
                              "The server sent a line over %d octets", MAX_LINE);
      return TRUE;
    case BASE_LINE_WHOLE:
      break;
    }
  take_line (client, line, length);
  return TRUE;
}

/* ---- saying ---- */

static char *
format_order (const ProtoPop3Order *order)
{
  static const char *const verbs[] = {
    [PROTO_POP3_COMMAND_STAT] = "STAT", [PROTO_POP3_COMMAND_LIST] = "LIST",
    [PROTO_POP3_COMMAND_UIDL] = "UIDL", [PROTO_POP3_COMMAND_RETR] = "RETR",
    [PROTO_POP3_COMMAND_TOP] = "TOP",   [PROTO_POP3_COMMAND_DELE] = "DELE",
    [PROTO_POP3_COMMAND_NOOP] = "NOOP", [PROTO_POP3_COMMAND_RSET] = "RSET",
    [PROTO_POP3_COMMAND_QUIT] = "QUIT",
  };

  if (order->command == PROTO_POP3_COMMAND_TOP)
    return g_strdup_printf ("TOP %u %u", order->number, order->lines);
  if (order->number > 0)
    return g_strdup_printf ("%s %u", verbs[order->command], order->number);
  return g_strdup (verbs[order->command]);
}

void
proto_pop3_client_say_more (ProtoPop3Client *client)
{
  guint most = g_hash_table_contains (client->capabilities, "PIPELINING") ? MAX_PIPELINED : 1;

  while (client->wait == PROTO_POP3_WAIT_COMMANDS && !client->over && client->said.length < most
         && client->waiting.length > 0)
    {
      ProtoPop3Order *order = g_queue_pop_head (&client->waiting);
      g_autofree char *line = format_order (order);
      g_queue_push_tail (&client->said, order);
      proto_engine_say (&client->engine, line, NULL);
    }
}

/* ---- the engine's callbacks ---- */

static void
client_received (ProtoEngine *engine)
{
  if (engine->wants_tls && !engine->eof)
    proto_pop3_client_fail ((ProtoPop3Client *) engine, NULL, PROTO_ERROR_INJECTION,
                            "There was plaintext behind the answer to STLS: "
                            "somebody may be tampering with the connection");
}

static void
client_tls_started (ProtoEngine *engine)
{
  proto_pop3_client_open_tls_started ((ProtoPop3Client *) engine);
}

static void
client_timed_out (ProtoEngine *engine)
{
  ProtoPop3Client *client = (ProtoPop3Client *) engine;

  /* Nothing is awaited while the maker is at work. */
  if (client->wait == PROTO_POP3_WAIT_COMMANDS && client->said.length == 0)
    {
      proto_engine_set_timeout (engine, engine->timeout);
      return;
    }
  proto_pop3_client_fail (client, NULL, PROTO_ERROR_TIMEOUT, "The server has fallen silent");
}

static void
client_free (ProtoEngine *engine)
{
  proto_pop3_client_free ((ProtoPop3Client *) engine);
}

static void
client_worked (ProtoEngine *engine)
{
  proto_pop3_client_open_worked ((ProtoPop3Client *) engine);
}

static const ProtoEngineClass client_class = {
  .received = client_received,
  .tls_started = client_tls_started,
  .timed_out = client_timed_out,
  .worked = client_worked,
  .free = client_free,
};

/* ---- public ---- */

void
proto_pop3_client_config_init (ProtoPop3ClientConfig *config)
{
  *config = (ProtoPop3ClientConfig){
    .stls = PROTO_STARTTLS_REQUIRED,
    .timeout = 10 * 60 * G_USEC_PER_SEC,
  };
}

ProtoPop3Client *
proto_pop3_client_new (const ProtoPop3ClientConfig *config, gboolean implicit_tls)
{
  ProtoPop3Client *client = g_new0 (ProtoPop3Client, 1);

  proto_engine_init (&client->engine, &client_class);
  client->config = *config;
  client->config.credentials = NULL;
  if (config->credentials != NULL)
    client->credentials = proto_credentials_copy (config->credentials);
  client->capabilities = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  client->wait = PROTO_POP3_WAIT_GREETING;
  proto_engine_set_timeout (&client->engine, config->timeout);
  return client;
}

void
proto_pop3_client_free (ProtoPop3Client *client)
{
  g_clear_pointer (&client->credentials, proto_credentials_free);
  g_clear_pointer (&client->sasl, proto_sasl_client_free);
  g_free (client->challenge);
  g_clear_pointer (&client->capabilities, g_hash_table_unref);
  g_queue_clear_full (&client->said, g_free);
  g_queue_clear_full (&client->waiting, g_free);
  g_queue_clear_full (&client->events, event_free);
  event_free (client->current);
  g_free (client->timestamp);
  proto_engine_clear (&client->engine);
  g_free (client);
}

ProtoEngine *
proto_pop3_client_get_engine (ProtoPop3Client *client)
{
  return &client->engine;
}

gboolean
proto_pop3_client_next (ProtoPop3Client *client, ProtoPop3ClientEvent *event)
{
  while (!client->over && client->events.length < MAX_EVENTS && !client->engine.wants_tls
         && !client->engine.working && step (client))
    ;
  if (!client->over && client->engine.eof && client->events.length == 0)
    proto_pop3_client_fail (client, NULL, PROTO_ERROR_CLOSED,
                            "The server closed the connection in the middle");

  event_free (client->current);
  client->current = g_queue_pop_head (&client->events);
  if (client->current == NULL)
    return FALSE;
  *event = ((Event *) client->current)->event;
  return TRUE;
}

void
proto_pop3_client_command (ProtoPop3Client *client,
                           ProtoPop3Command command,
                           guint number,
                           guint lines)
{
  ProtoPop3Order *order;

  if (client->over || client->quitting)
    return;
  order = g_new0 (ProtoPop3Order, 1);
  order->command = command;
  order->number = number;
  order->lines = lines;
  client->quitting = command == PROTO_POP3_COMMAND_QUIT;
  if (client->said.length == 0)
    proto_engine_set_timeout (&client->engine, client->config.timeout);
  g_queue_push_tail (&client->waiting, order);
  proto_pop3_client_say_more (client);
}

const char *
proto_pop3_client_get_capability (const ProtoPop3Client *client, const char *keyword)
{
  g_autofree char *upper = g_ascii_strup (keyword, -1);

  return g_hash_table_lookup (client->capabilities, upper);
}
