/* SPDX-License-Identifier: MIT */
#include "engine-search.h"

#include "engine-error-private.h"
#include "engine-letters-private.h"

#include <store-search-index.h>
#include <store-search.h>

typedef struct
{
  char *query;
  StoreSearchOptions options;
} Search;

static void
search_free (gpointer data)
{
  Search *search = data;

  g_free (search->query);
  g_free (search);
}

static void
on_searched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  StoreFindings *findings = store_cabinet_search_finish (STORE_CABINET (source), result, &error);

  if (findings != NULL)
    g_task_return_pointer (task, findings, (GDestroyNotify) store_findings_free);
  else
    engine_error_return (task, error, NULL);
}

/* Takes @task. */
static void
search (GTask *task)
{
  EngineLetters *letters = g_task_get_source_object (task);
  const Search *search = g_task_get_task_data (task);

  store_cabinet_search_async (engine_letters_get_cabinet (letters), search->query, &search->options,
                              g_task_get_cancellable (task), on_searched, task);
}

static void
on_indexed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;

  if (store_cabinet_finish_index_finish (STORE_CABINET (source), result, &error))
    {
      search (task);
      return;
    }
  engine_error_return (task, error, NULL);
  g_object_unref (task);
}

void
engine_search_async (EngineLetters *letters,
                     const char *query,
                     const EngineSearchOptions *options,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  GTask *task = g_task_new (letters, cancellable, callback, user_data);
  Search *own = g_new0 (Search, 1);

  own->query = g_strdup (query);
  own->options = (StoreSearchOptions){
    .sort = options->sort,
    .folder = options->folder,
    .limit = options->limit,
    .typing = options->typing,
    .snippets = options->snippets,
  };
  g_task_set_task_data (task, own, search_free);
  if (options->complete)
    store_cabinet_finish_index_async (engine_letters_get_cabinet (letters), cancellable, on_indexed,
                                      task);
  else
    search (task);
}

StoreFindings *
engine_search_finish (EngineLetters *letters, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_renewed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (store_cabinet_finish_index_finish (STORE_CABINET (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    engine_error_return (task, error, NULL);
}

void
engine_search_renew_async (EngineLetters *letters,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  store_cabinet_renew_index_async (engine_letters_get_cabinet (letters), cancellable, on_renewed,
                                   g_task_new (letters, cancellable, callback, user_data));
}

gboolean
engine_search_renew_finish (EngineLetters *letters, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
