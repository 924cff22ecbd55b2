/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-ask.h"

#include "engine-control-private.h"
#include "engine-error.h"
#include "engine-journal-private.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

struct _EngineAsk
{
  GSocketConnection *connection;
  GDataInputStream *in;
  char *question;
};

void
engine_ask_free (EngineAsk *ask)
{
  g_clear_object (&ask->in);
  g_clear_object (&ask->connection);
  g_free (ask->question);
  g_free (ask);
}

static void
on_asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineAsk *ask = g_task_get_task_data (task);
  GError *error = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  EngineAsk *own = g_memdup2 (ask, sizeof *ask);
  memset (ask, 0, sizeof *ask);
  g_task_return_pointer (task, own, (GDestroyNotify) engine_ask_free);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineAsk *ask = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  ask->connection = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  if (ask->connection == NULL)
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_task_return_error (task, g_steal_pointer (&error));
      else
        g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
                                 "No local server runs here. Start one in the window, or with "
                                 "“postroom-cli serve”.");
      return;
    }
  ask->in = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (ask->connection)));
  g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (ask->connection)),
                                   ask->question, strlen (ask->question), G_PRIORITY_DEFAULT,
                                   g_task_get_cancellable (task), on_asked, g_object_ref (task));
}

void
engine_ask_async (const char *directory,
                  const char *question,
                  GCancellable *cancellable,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autofree char *path
      = directory != NULL
            ? g_build_filename (directory, ENGINE_CONTROL_SOCKET, NULL)
            : g_build_filename (g_get_user_data_dir (), "postroom", ENGINE_CONTROL_SOCKET, NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  EngineAsk *ask = g_new0 (EngineAsk, 1);

  ask->question = g_strconcat (question, "\n", NULL);
  g_task_set_task_data (task, ask, (GDestroyNotify) engine_ask_free);
  g_socket_client_connect_async (client, G_SOCKET_CONNECTABLE (address), cancellable, on_connected,
                                 task);
}

EngineAsk *
engine_ask_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_line (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autofree char *line
      = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, &error);
  gboolean good = FALSE;
  g_autoptr (GVariant) value = NULL;

  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (line == NULL)
    {
      g_task_return_pointer (task, NULL, NULL);
      return;
    }
  g_autoptr (GVariant) answer = g_variant_parse (G_VARIANT_TYPE ("(bv)"), line, NULL, NULL, NULL);
  if (answer == NULL)
    {
      g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_PROTOCOL,
                               "The server gave an answer that makes no sense");
      return;
    }
  g_variant_get (answer, "(bv)", &good, &value);
  if (good)
    g_task_return_pointer (task, g_steal_pointer (&value), (GDestroyNotify) g_variant_unref);
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE ("(is)")))
    {
      gint32 code;
      const char *words;
      g_variant_get (value, "(i&s)", &code, &words);
      g_task_return_new_error (task, ENGINE_ERROR, code, "%s", words);
    }
  else
    g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_REFUSED, "%s",
                             g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
                                 ? g_variant_get_string (value, NULL)
                                 : "The server refused");
}

void
engine_ask_next_async (EngineAsk *ask,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_data_input_stream_read_line_async (ask->in, G_PRIORITY_DEFAULT, cancellable, on_line,
                                       g_task_new (NULL, cancellable, callback, user_data));
}

GVariant *
engine_ask_next_finish (EngineAsk *ask, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

EngineJournalLine *
engine_ask_to_line (GVariant *answer)
{
  return engine_journal_line_from_variant (answer);
}

GPtrArray *
engine_ask_to_recalls (GVariant *answer)
{
  GPtrArray *recalls = g_ptr_array_new_with_free_func ((GDestroyNotify) store_recall_free);
  GVariantIter iter;
  const char *user;
  guint32 outcome;

  if (!g_variant_is_of_type (answer, G_VARIANT_TYPE ("a(su)")))
    return recalls;
  g_variant_iter_init (&iter, answer);
  while (g_variant_iter_next (&iter, "(&su)", &user, &outcome))
    {
      StoreRecall *recall = g_new0 (StoreRecall, 1);
      recall->user = g_strdup (user);
      recall->outcome = MIN (outcome, STORE_RECALL_NOT_FOUND);
      g_ptr_array_add (recalls, recall);
    }
  return recalls;
}
