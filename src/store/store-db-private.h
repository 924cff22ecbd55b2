/* SPDX-License-Identifier: MIT */
#pragma once

/* What the wrapper's two files share, and how the room uses a database. */

#include "store-db.h"
#include "store-error.h"

#include <sqlite3.h>

struct _StoreDb
{
  sqlite3 *handle;
  char *path;
  GHashTable *statements; /* SQL -> sqlite3_stmt, reset and not in use */
  guint depth;            /* of transactions */
  GArray *collected;      /* of gint64, while a statement collects; borrowed */
};

/* Sets a STORE_ERROR of the connection's last error; returns FALSE. */
gboolean store_db_fail (StoreDb *db, GError **error);
/* Makes the function "collect" known, see store_statement_collect(). */
void store_db_add_collect (StoreDb *db);
/* Makes the tokenizer "words" known to FTS5. */
void store_db_add_words (StoreDb *db);
