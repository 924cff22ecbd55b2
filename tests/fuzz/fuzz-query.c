/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <store-query.h>
#include <store-search-private.h>

static char *folder;
static StoreDb *db;

static void
remove_db (void)
{
  g_autofree char *path = g_build_filename (folder, "cabinet.db", NULL);

  g_clear_pointer (&db, store_db_free);
  g_unlink (path);
  g_rmdir (folder);
  g_clear_pointer (&folder, g_free);
}

/* Any text is a query, and any query is good SQL and good FTS5. */
static StoreDb *
get_db (void)
{
  if (db != NULL)
    return db;
  folder = g_dir_make_tmp ("postroom-fuzz-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "cabinet.db", NULL);
  db = store_db_open (path, "/io/github/postroom/Postroom/migrations/cabinet", NULL);
  g_assert_nonnull (db);
  atexit (remove_db);
  return db;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_utf8_make_valid ((const char *) data, (gssize) MIN (size, 4096));
  gboolean typing = size % 2 == 1;
  g_autoptr (StoreQuery) query = store_query_parse (text, typing, 1774440000);
  g_autofree char *tree = store_query_to_string (query);
  StoreSearchOptions options
      = { .folder = -1, .sort = size % 3 == 0 ? STORE_SORT_RELEVANCE : STORE_SORT_DATE };
  g_autoptr (GError) error = NULL;
  glong characters = g_utf8_strlen (text, -1);

  for (guint i = 0; i < query->notices->len; i++)
    {
      const StoreNotice *notice = query->notices->pdata[i];
      g_assert_cmpint (notice->start + notice->length, <=, characters);
    }
  g_autoptr (GArray) ids = store_search_run (get_db (), query, &options, 10, &error);
  g_assert_no_error (error);
  return 0;
}
