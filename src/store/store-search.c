/* SPDX-License-Identifier: MIT */
#include "store-search-private.h"

#include "store-cabinet-private.h"
#include "store-search-snippet.h"

#include <base-clock.h>
#include <message-letter.h>

/* Octets of a letter that are read for its snippet. */
#define SNIPPET_OCTETS (256 * 1024)

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

/* The letter's body around the words; where they are not in it, its beginning. */
static void
fill_snippet (StoreSnippets *snippets, StoreFound *found)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (found->letter->path, FALSE, NULL);
  g_autoptr (GBytes) bytes = file != NULL ? g_mapped_file_get_bytes (file) : NULL;

  if (bytes == NULL || g_bytes_get_size (bytes) == 0)
    return;
  g_autoptr (GBytes) beginning
      = g_bytes_new_from_bytes (bytes, 0, MIN (g_bytes_get_size (bytes), SNIPPET_OCTETS));
  g_autoptr (MessageLetter) letter = message_letter_parse (beginning, NULL);
  g_autofree char *text = letter != NULL ? message_letter_dup_text (letter) : NULL;
  if (text != NULL)
    store_snippets_make (snippets, text, found);
}

static gboolean
add_letter (StoreCabinet *cabinet,
            StoreDb *db,
            gint64 id,
            StoreSnippets *snippets,
            StoreFindings *findings,
            GError **error)
{
  GError *failed = NULL;
  StoreLetter *letter = store_cabinet_load_row (cabinet, db, id, &failed);

  if (failed != NULL)
    {
      g_propagate_error (error, failed);
      return FALSE;
    }
  if (letter == NULL)
    return TRUE;
  StoreFound *found = g_new0 (StoreFound, 1);
  found->letter = letter;
  found->snippet = g_strdup (letter->snippet);
  found->marks = g_array_new (FALSE, FALSE, sizeof (StoreMark));
  if (snippets != NULL)
    fill_snippet (snippets, found);
  g_ptr_array_add (findings->letters, found);
  return TRUE;
}

static guint
count_waiting (StoreDb *db)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT count (*) FROM letters WHERE doc IS NULL", NULL);

  return statement != NULL && store_statement_step (statement, NULL)
             ? (guint) store_statement_get_int (statement, 0)
             : 0;
}

static StoreFindings *
find (StoreCabinet *cabinet,
      StoreDb *db,
      const Search *search,
      GCancellable *cancellable,
      GError **error)
{
  g_autoptr (StoreFindings) findings = store_findings_new ();
  g_autoptr (StoreQuery) query = store_query_parse (search->query, search->options.typing,
                                                    base_clock_real () / G_USEC_PER_SEC);
  g_autoptr (StoreSnippets) snippets = search->options.snippets ? store_snippets_new (query) : NULL;
  guint limit = search->options.limit;
  g_autoptr (GArray) ids = store_search_run (db, query, &search->options, limit + 1, error);

  if (ids == NULL)
    return NULL;
  for (guint i = 0; i < MIN (ids->len, limit); i++)
    if (g_cancellable_set_error_if_cancelled (cancellable, error)
        || !add_letter (cabinet, db, g_array_index (ids, gint64, i), snippets, findings, error))
      return NULL;
  findings->more = ids->len > limit;
  findings->waiting = count_waiting (db);
  g_ptr_array_extend_and_steal (findings->notices, g_steal_pointer (&query->notices));
  query->notices = g_ptr_array_new ();
  return g_steal_pointer (&findings);
}

static void
run_search (GTask *task, StoreCabinet *cabinet, StoreDb *db, gpointer data)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;

  store_db_set_cancellable (db, cancellable);
  StoreFindings *findings = find (cabinet, db, data, cancellable, &error);
  store_db_set_cancellable (db, NULL);
  /* A statement that was broken off says so in SQLite's words. */
  if (findings == NULL && g_cancellable_is_cancelled (cancellable))
    {
      g_clear_error (&error);
      g_cancellable_set_error_if_cancelled (cancellable, &error);
    }
  if (findings == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, findings, (GDestroyNotify) store_findings_free);
}

void
store_cabinet_search_async (StoreCabinet *cabinet,
                            const char *query,
                            const StoreSearchOptions *options,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  Search *search = g_new0 (Search, 1);

  search->query = g_utf8_make_valid (query, -1);
  search->options = *options;
  store_cabinet_read (cabinet, run_search, search, search_free, cancellable, callback, user_data);
}

StoreFindings *
store_cabinet_search_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
