/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-control-private.h"

#include "engine-error.h"
#include "engine-server-mailboxes.h"
#include "engine-server-shared-private.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#define MAX_QUESTION 2048
/* One who watches and does not read is let go before he costs more than this, in octets. */
#define MAX_BEHIND (4 * 1024 * 1024)

struct _EngineControl
{
  EngineServer *server;
  EngineJournal *journal;
  GSocketService *service;
  char *path;
  GPtrArray *talks; /* open conversations, held */
};

typedef struct
{
  EngineControl *control; /* NULL once that is gone */
  GSocketConnection *connection;
  GDataInputStream *in;
  GCancellable *cancellable;
  GString *out;   /* what is being written */
  GString *later; /* what comes after that */
  gboolean last;  /* nothing more will be said */
  gulong watching;
  guint64 next; /* line of the journal */
} Talk;

static void write_more (Talk *talk);

/* ---- one conversation ---- */

static void
talk_clear (gpointer data)
{
  Talk *talk = data;

  g_string_free (talk->out, TRUE);
  g_string_free (talk->later, TRUE);
  g_clear_object (&talk->in);
  g_clear_object (&talk->connection);
  g_clear_object (&talk->cancellable);
}

static void
talk_release (gpointer talk)
{
  g_rc_box_release_full (talk, talk_clear);
}

static void
leave (Talk *talk)
{
  if (talk->control == NULL)
    return;
  EngineControl *control = g_steal_pointer (&talk->control);
  g_clear_signal_handler (&talk->watching, control->journal);
  g_cancellable_cancel (talk->cancellable);
  g_ptr_array_remove_fast (control->talks, talk);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Talk *talk = user_data;

  g_string_truncate (talk->out, 0);
  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL)
      || (talk->last && talk->later->len == 0))
    leave (talk);
  else
    write_more (talk);
  talk_release (talk);
}

static void
write_more (Talk *talk)
{
  if (talk->control == NULL || talk->out->len > 0 || talk->later->len == 0)
    return;
  GString *next = talk->later;
  talk->later = talk->out;
  talk->out = next;
  g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (talk->connection)),
                                   talk->out->str, talk->out->len, G_PRIORITY_DEFAULT,
                                   talk->cancellable, on_written, g_rc_box_acquire (talk));
}

/* Takes a floating @value. */
static void
say (Talk *talk, gboolean good, GVariant *value)
{
  g_autoptr (GVariant) whole = g_variant_ref_sink (g_variant_new ("(bv)", good, value));

  g_variant_print_string (whole, talk->later, TRUE);
  g_string_append_c (talk->later, '\n');
  if (talk->later->len > MAX_BEHIND)
    leave (talk);
  else
    write_more (talk);
}

static void
say_last (Talk *talk, gboolean good, GVariant *value)
{
  talk->last = TRUE;
  say (talk, good, value);
}

static void
say_error (Talk *talk, const GError *error)
{
  if (error->domain == ENGINE_ERROR)
    say_last (talk, FALSE, g_variant_new ("(is)", error->code, error->message));
  else
    say_last (talk, FALSE, g_variant_new_string (error->message));
}

/* ---- questions ---- */

static void
ask_stats (Talk *talk, const char *argument)
{
  say_last (talk, TRUE, engine_server_describe (talk->control->server));
}

static void
on_sessions (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Talk *talk = user_data;
  g_autoptr (GVariant) sessions = engine_server_describe_sessions_finish (result);

  if (talk->control != NULL)
    say_last (talk, TRUE, sessions);
  talk_release (talk);
}

static void
ask_sessions (Talk *talk, const char *argument)
{
  engine_server_describe_sessions_async (talk->control->server, on_sessions,
                                         g_rc_box_acquire (talk));
}

static void
on_journal_added (EngineJournal *journal, gpointer user_data)
{
  Talk *talk = g_rc_box_acquire (user_data);
  g_autoptr (GPtrArray) lines = engine_journal_dup_lines (journal, talk->next);

  for (guint i = 0; i < lines->len && talk->control != NULL; i++)
    {
      const EngineJournalLine *line = lines->pdata[i];

      talk->next = line->number + 1;
      if (line->side == ENGINE_JOURNAL_SERVER)
        say (talk, TRUE, engine_journal_line_to_variant (line));
    }
  talk_release (talk);
}

static void
on_hung_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Talk *talk = user_data;

  g_free (g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, NULL));
  leave (talk);
  talk_release (talk);
}

static void
ask_trace (Talk *talk, const char *argument)
{
  EngineJournal *journal = talk->control->journal;

  talk->next = engine_journal_get_last_number (journal) + 1;
  talk->watching = g_signal_connect (journal, "added", G_CALLBACK (on_journal_added), talk);
  /* Nothing more is expected but the end. */
  g_data_input_stream_read_line_async (talk->in, G_PRIORITY_DEFAULT, talk->cancellable, on_hung_up,
                                       g_rc_box_acquire (talk));
}

static void
ask_reload (Talk *talk, const char *argument)
{
  g_autoptr (GError) error = NULL;

  if (engine_server_reload (talk->control->server, &error))
    say_last (talk, TRUE, g_variant_new_boolean (TRUE));
  else
    say_last (talk, FALSE, g_variant_new_string (error->message));
}

static void
on_recalled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Talk *talk = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) recalls
      = engine_server_recall_finish (ENGINE_SERVER (source), result, &error);
  GVariantBuilder answer;

  g_variant_builder_init (&answer, G_VARIANT_TYPE ("a(su)"));
  for (guint i = 0; recalls != NULL && i < recalls->len; i++)
    {
      const StoreRecall *recall = g_ptr_array_index (recalls, i);
      g_variant_builder_add (&answer, "(su)", recall->user, (guint32) recall->outcome);
    }
  g_autoptr (GVariant) outcomes = g_variant_ref_sink (g_variant_builder_end (&answer));
  if (talk->control != NULL && recalls == NULL)
    say_error (talk, error);
  else if (talk->control != NULL)
    say_last (talk, TRUE, outcomes);
  talk_release (talk);
}

static void
ask_recall (Talk *talk, const char *argument)
{
  g_auto (GStrv) words = g_strsplit (argument, " ", 2);

  if (g_strv_length (words) == 2)
    engine_server_recall_async (talk->control->server, words[0], words[1], talk->cancellable,
                                on_recalled, g_rc_box_acquire (talk));
  else
    say_last (talk, FALSE, g_variant_new_string ("Say who has sent which letter"));
}

static const struct
{
  const char *question;
  void (*answer) (Talk *talk, const char *argument);
  gboolean has_argument;
} questions[] = {
  { "stats", ask_stats, FALSE },  { "sessions", ask_sessions, FALSE },
  { "trace", ask_trace, FALSE },  { "reload", ask_reload, FALSE },
  { "recall", ask_recall, TRUE },
};

/* FALSE: nobody knows it. */
static gboolean
answer (Talk *talk, const char *line)
{
  const char *space = strchr (line, ' ');
  gsize length = space != NULL ? (gsize) (space - line) : strlen (line);

  for (gsize i = 0; i < G_N_ELEMENTS (questions); i++)
    if (strlen (questions[i].question) == length
        && strncmp (line, questions[i].question, length) == 0
        && questions[i].has_argument == (space != NULL))
      {
        questions[i].answer (talk, space != NULL ? space + 1 : NULL);
        return TRUE;
      }
  return FALSE;
}

static void
on_question (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Talk *talk = user_data;
  g_autofree char *line
      = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, NULL);

  if (talk->control == NULL || line == NULL)
    {
      leave (talk);
      talk_release (talk);
      return;
    }
  if (!answer (talk, line))
    say_last (talk, FALSE, g_variant_new_string ("The server does not know this question"));
  talk_release (talk);
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer user_data)
{
  EngineControl *control = user_data;
  Talk *talk = g_rc_box_new0 (Talk);

  talk->control = control;
  talk->connection = g_object_ref (connection);
  talk->in = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  g_buffered_input_stream_set_buffer_size (G_BUFFERED_INPUT_STREAM (talk->in), MAX_QUESTION);
  talk->cancellable = g_cancellable_new ();
  talk->out = g_string_new (NULL);
  talk->later = g_string_new (NULL);
  g_ptr_array_add (control->talks, talk);
  g_data_input_stream_read_line_async (talk->in, G_PRIORITY_DEFAULT, talk->cancellable, on_question,
                                       g_rc_box_acquire (talk));
  return TRUE;
}

/* ---- the socket ---- */

EngineControl *
engine_control_new (EngineServer *server,
                    EngineJournal *journal,
                    const char *directory,
                    GError **error)
{
  g_autofree char *path = g_build_filename (directory, ENGINE_CONTROL_SOCKET, NULL);
  g_autoptr (GSocketService) service = g_socket_service_new ();
  g_autoptr (GSocketAddress) address = NULL;

  if (strlen (path) >= sizeof ((struct sockaddr_un *) NULL)->sun_path)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE,
                   "The server cannot be asked about itself: “%s” is too long for a socket", path);
      return NULL;
    }
  /* What a killed program left; the site's lock says that no other one is alive. */
  g_unlink (path);
  address = g_unix_socket_address_new (path);
  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (service), address, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, error))
    return NULL;
  g_chmod (path, 0600);

  EngineControl *control = g_new0 (EngineControl, 1);
  control->server = server;
  control->journal = g_object_ref (journal);
  control->service = g_steal_pointer (&service);
  control->path = g_steal_pointer (&path);
  control->talks = g_ptr_array_new_with_free_func (talk_release);
  g_signal_connect (control->service, "incoming", G_CALLBACK (on_incoming), control);
  g_socket_service_start (control->service);
  return control;
}

void
engine_control_free (EngineControl *control)
{
  g_signal_handlers_disconnect_by_data (control->service, control);
  g_socket_service_stop (control->service);
  g_socket_listener_close (G_SOCKET_LISTENER (control->service));
  g_unlink (control->path);
  while (control->talks->len > 0)
    leave (control->talks->pdata[0]);
  g_ptr_array_unref (control->talks);
  g_object_unref (control->service);
  g_object_unref (control->journal);
  g_free (control->path);
  g_free (control);
}
