/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

/* The rest of a letter of which only the beginning was fetched. */

#include "engine-fetcher-private.h"

#include "engine-error-private.h"

/* A fetch under way when a person asks may have made its plan already: then there is another. */
#define MAX_FETCHES 2

typedef struct
{
  EngineAccount *account;
  gint64 letter;
  guint fetches;
} Rest;

static void fetch (GTask *task);

static void
rest_free (Rest *rest)
{
  g_object_unref (rest->account);
  g_free (rest);
}

/* Takes @error. */
static void
fail (GTask *task, GError *error)
{
  g_task_return_error (task, engine_error_translate (error, NULL));
  g_error_free (error);
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Rest *rest = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GPtrArray) letters
      = store_cabinet_load_finish (STORE_CABINET (source), result, &error);
  const StoreLetter *letter
      = letters != NULL && letters->len > 0 ? g_ptr_array_index (letters, 0) : NULL;

  if (letters == NULL)
    fail (task, error);
  else if (letter != NULL && letter->partial == 0)
    g_task_return_boolean (task, TRUE);
  else if (letter != NULL && rest->fetches < MAX_FETCHES)
    fetch (g_steal_pointer (&task));
  else
    g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
                             "The server no longer has this letter: what is here is all that is "
                             "left of it.");
}

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineFetcher *fetcher = ENGINE_FETCHER (source);
  Rest *rest = g_task_get_task_data (task);
  GError *error = NULL;

  if (!engine_fetcher_fetch_finish (fetcher, result, NULL, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  store_cabinet_load_async (engine_fetcher_get_cabinet (fetcher), &rest->letter, 1, NULL, on_loaded,
                            g_steal_pointer (&task));
}

/* Takes @task. */
static void
fetch (GTask *task)
{
  Rest *rest = g_task_get_task_data (task);

  rest->fetches++;
  engine_fetcher_fetch_async (g_task_get_source_object (task), rest->account,
                              g_task_get_cancellable (task), on_fetched, task);
}

static void
on_wanted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (store_cabinet_finish (STORE_CABINET (source), result, &error))
    fetch (g_steal_pointer (&task));
  else
    fail (task, error);
}

void
engine_fetcher_fetch_rest_async (EngineFetcher *fetcher,
                                 EngineAccount *account,
                                 gint64 letter,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  GTask *task = g_task_new (fetcher, cancellable, callback, user_data);
  Rest *rest = g_new0 (Rest, 1);

  rest->account = g_object_ref (account);
  rest->letter = letter;
  g_task_set_task_data (task, rest, (GDestroyNotify) rest_free);
  store_cabinet_want_rest_async (engine_fetcher_get_cabinet (fetcher), letter, cancellable,
                                 on_wanted, task);
}

gboolean
engine_fetcher_fetch_rest_finish (EngineFetcher *fetcher, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
