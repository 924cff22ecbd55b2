/* SPDX-License-Identifier: MIT */
#include "store-db-private.h"

#define MAX_COLLECTED 2 /* columns */

struct _StoreStatement
{
  StoreDb *db;
  char *sql;
  sqlite3_stmt *handle;
};

static void
collect_row (sqlite3_context *context, int count, sqlite3_value **values)
{
  StoreDb *db = sqlite3_user_data (context);

  gint64 row[MAX_COLLECTED];

  for (int i = 0; i < count; i++)
    row[i] = sqlite3_value_int64 (values[i]);
  if (db->collected != NULL)
    g_array_append_vals (db->collected, row, (guint) count);
}

static void
collect_end (sqlite3_context *context)
{
}

void
store_db_add_collect (StoreDb *db)
{
  for (int count = 1; count <= MAX_COLLECTED; count++)
    sqlite3_create_function (db->handle, "collect", count, SQLITE_UTF8, db, NULL, collect_row,
                             collect_end);
}

StoreStatement *
store_db_prepare (StoreDb *db, const char *sql, GError **error)
{
  gpointer key = NULL, cached = NULL;
  StoreStatement *statement = g_new0 (StoreStatement, 1);

  statement->db = db;
  if (g_hash_table_steal_extended (db->statements, sql, &key, &cached))
    {
      statement->sql = key;
      statement->handle = cached;
      return statement;
    }
  statement->sql = g_strdup (sql);
  if (sqlite3_prepare_v3 (db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement->handle, NULL)
      != SQLITE_OK)
    {
      store_db_fail (db, error);
      g_free (statement->sql);
      g_free (statement);
      return NULL;
    }
  return statement;
}

void
store_statement_free (StoreStatement *statement)
{
  sqlite3_reset (statement->handle);
  sqlite3_clear_bindings (statement->handle);
  /* Of two of the same text in use at once, the one freed last is kept. */
  g_hash_table_replace (statement->db->statements, statement->sql, statement->handle);
  g_free (statement);
}

static int
find (StoreStatement *statement, const char *name)
{
  int index = sqlite3_bind_parameter_index (statement->handle, name);

  g_return_val_if_fail (index > 0, 0);
  return index;
}

void
store_statement_bind_int (StoreStatement *statement, const char *name, gint64 value)
{
  sqlite3_bind_int64 (statement->handle, find (statement, name), value);
}

void
store_statement_bind_text (StoreStatement *statement, const char *name, const char *value)
{
  sqlite3_bind_text (statement->handle, find (statement, name), value, -1, SQLITE_TRANSIENT);
}

gboolean
store_statement_step (StoreStatement *statement, GError **error)
{
  int code = sqlite3_step (statement->handle);

  if (code == SQLITE_ROW)
    return TRUE;
  if (code != SQLITE_DONE)
    store_db_fail (statement->db, error);
  return FALSE;
}

gboolean
store_statement_run (StoreStatement *statement, GError **error)
{
  GError *failed = NULL;

  while (store_statement_step (statement, &failed))
    ;
  if (failed == NULL)
    return TRUE;
  g_propagate_error (error, failed);
  return FALSE;
}

gboolean
store_statement_collect (StoreStatement *statement, GArray *numbers, GError **error)
{
  gboolean done;

  statement->db->collected = numbers;
  done = store_statement_run (statement, error);
  statement->db->collected = NULL;
  return done;
}

gint64
store_statement_get_int (StoreStatement *statement, guint column)
{
  return sqlite3_column_int64 (statement->handle, (int) column);
}

const char *
store_statement_get_text (StoreStatement *statement, guint column)
{
  return (const char *) sqlite3_column_text (statement->handle, (int) column);
}
