/* SPDX-License-Identifier: MIT */
#include "store-db-private.h"
#include "store-resources.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#define BUSY_TIMEOUT 10000 /* milliseconds */

/* ---- errors ---- */

static StoreError
kind_of (int code)
{
  switch (code & 0xff)
    {
    case SQLITE_FULL:
      return STORE_ERROR_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return STORE_ERROR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return STORE_ERROR_CORRUPT;
    case SQLITE_CONSTRAINT:
      return (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
                 ? STORE_ERROR_EXISTS
             : code == SQLITE_CONSTRAINT_FOREIGNKEY ? STORE_ERROR_NOT_FOUND
                                                    : STORE_ERROR_INVALID;
    default:
      return STORE_ERROR_IO;
    }
}

gboolean
store_db_fail (StoreDb *db, GError **error)
{
  int code = db->handle != NULL ? sqlite3_extended_errcode (db->handle) : SQLITE_NOMEM;
  StoreError kind = kind_of (code);
  const char *words = sqlite3_errmsg (db->handle);

  if (kind == STORE_ERROR_FULL)
    g_set_error (error, STORE_ERROR, kind, "There is no room on the disk for “%s”", db->path);
  else if (kind == STORE_ERROR_CORRUPT)
    g_set_error (error, STORE_ERROR, kind,
                 "The database “%s” is damaged, or is none (%s). It was left as it is", db->path,
                 words);
  else if (kind == STORE_ERROR_BUSY)
    g_set_error (error, STORE_ERROR, kind, "The database “%s” is in use by another program",
                 db->path);
  else
    g_set_error (error, STORE_ERROR, kind, "The database “%s” could not be used: %s", db->path,
                 words);
  return FALSE;
}

/* ---- opening ---- */

static void
finalize (gpointer statement)
{
  sqlite3_finalize (statement);
}

static StoreDb *
open_file (const char *path, int flags, GError **error)
{
  g_autoptr (StoreDb) db = g_new0 (StoreDb, 1);

  db->path = g_strdup (path);
  db->statements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, finalize);
  if (sqlite3_open_v2 (path, &db->handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL)
      != SQLITE_OK)
    {
      store_db_fail (db, error);
      return NULL;
    }
  sqlite3_busy_timeout (db->handle, BUSY_TIMEOUT);
  store_db_add_words (db);
  store_db_add_collect (db);
  return g_steal_pointer (&db);
}

static gboolean
read_version (StoreDb *db, gint64 *version, GError **error)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (db, "PRAGMA user_version", error);
  GError *failed = NULL;

  if (statement == NULL)
    return FALSE;
  if (store_statement_step (statement, &failed))
    *version = store_statement_get_int (statement, 0);
  if (failed == NULL)
    return TRUE;
  g_propagate_error (error, failed);
  return FALSE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static gboolean
apply (StoreDb *db, const char *resource, gint64 version, GError **error)
{
  g_autoptr (GBytes) sql = g_resources_lookup_data (resource, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  if (sql == NULL)
    return FALSE;

  g_autoptr (StoreTransaction) transaction = store_transaction_begin (db, error);
  if (transaction == NULL)
    return FALSE;
  /* Two programs may have opened a new cabinet at once: the second finds the work done. */
  gint64 now = 0;
  if (!read_version (db, &now, error))
    return FALSE;
  g_autofree char *pragma = g_strdup_printf ("PRAGMA user_version = %" G_GINT64_FORMAT, version);
  if (now < version
      && (!store_db_execute (db, g_bytes_get_data (sql, NULL), error)
          || !store_db_execute (db, pragma, error)))
    return FALSE;
  return store_transaction_commit (g_steal_pointer (&transaction), error);
}

/* Migrations are named 0001-….sql, 0002-….sql …: their place in the order is their version. */
static gboolean
migrate (StoreDb *db, const char *migrations, GError **error)
{
  /* Named here, lest the linker leave the static library's resources out. */
  (void) store_get_resource ();
  g_auto (GStrv) names
      = g_resources_enumerate_children (migrations, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  gint64 version = 0;

  if (names == NULL || !read_version (db, &version, error))
    return FALSE;
  gint64 newest = g_strv_length (names);
  if (version > newest)
    {
      g_set_error (error, STORE_ERROR, STORE_ERROR_NEWER,
                   "“%s” was written by a newer Postroom (version %" G_GINT64_FORMAT
                   "; this one knows %" G_GINT64_FORMAT "). It was left as it is",
                   db->path, version, newest);
      return FALSE;
    }
  qsort (names, (gsize) newest, sizeof *names, compare_names);
  for (gint64 i = version; i < newest; i++)
    {
      g_autofree char *resource = g_build_path ("/", migrations, names[i], NULL);
      if (!apply (db, resource, i + 1, error))
        return FALSE;
    }
  return TRUE;
}

/* SQLite would make it readable by all; its other files take after this one. One that exists is not
 * opened: closing it would end the locks that this process has on it. */
static void
make_private (const char *path)
{
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  if (fd >= 0)
    close (fd);
}

StoreDb *
store_db_open (const char *path, const char *migrations, GError **error)
{
  make_private (path);
  g_autoptr (StoreDb) db = open_file (path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error);

  if (db == NULL)
    return NULL;
  /* The version is read first: a newer or a foreign file is not even switched to WAL. */
  gint64 version = 0;
  if (!read_version (db, &version, error) || !migrate (db, migrations, error)
      || !store_db_execute (db,
                            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                            "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;",
                            error))
    return NULL;
  return g_steal_pointer (&db);
}

StoreDb *
store_db_open_reader (const char *path, GError **error)
{
  g_autoptr (StoreDb) db = open_file (path, SQLITE_OPEN_READONLY, error);

  /* The index of a hundred thousand letters has room in 8 MB. */
  if (db == NULL
      || !store_db_execute (db, "PRAGMA query_only = ON; PRAGMA cache_size = -8000", error))
    return NULL;
  return g_steal_pointer (&db);
}

void
store_db_free (StoreDb *db)
{
  g_hash_table_unref (db->statements);
  sqlite3_close (db->handle);
  g_free (db->path);
  g_free (db);
}

gboolean
store_db_execute (StoreDb *db, const char *sql, GError **error)
{
  if (sqlite3_exec (db->handle, sql, NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  return store_db_fail (db, error);
}

gint64
store_db_get_last_id (StoreDb *db)
{
  return sqlite3_last_insert_rowid (db->handle);
}

guint
store_db_get_changes (StoreDb *db)
{
  return (guint) sqlite3_changes (db->handle);
}

/* ---- transactions ---- */

struct _StoreTransaction
{
  StoreDb *db;
  guint depth; /* 0: the outer one, else a savepoint of that number */
};

static gboolean
execute_at (StoreDb *db, const char *format, guint depth, GError **error)
{
  g_autofree char *sql = g_strdup_printf ("%s%u", format, depth);
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, error);

  return statement != NULL && store_statement_run (statement, error);
}

StoreTransaction *
store_transaction_begin (StoreDb *db, GError **error)
{
  /* A savepoint outside of the transaction that it was meant for would commit by itself. */
  if (db->depth > 0 && sqlite3_get_autocommit (db->handle))
    {
      g_set_error (error, STORE_ERROR, STORE_ERROR_IO, "“%s” undid what was being written",
                   db->path);
      return NULL;
    }
  if (!(db->depth == 0 ? store_db_execute (db, "BEGIN IMMEDIATE", error)
                       : execute_at (db, "SAVEPOINT s", db->depth, error)))
    return NULL;

  StoreTransaction *transaction = g_new0 (StoreTransaction, 1);
  transaction->db = db;
  transaction->depth = db->depth++;
  return transaction;
}

gboolean
store_transaction_is_open (StoreTransaction *transaction)
{
  return !sqlite3_get_autocommit (transaction->db->handle);
}

gboolean
store_transaction_commit (StoreTransaction *transaction, GError **error)
{
  StoreDb *db = transaction->db;
  gboolean done = transaction->depth == 0 ? store_db_execute (db, "COMMIT", error)
                                          : execute_at (db, "RELEASE s", transaction->depth, error);

  if (!done)
    {
      store_transaction_free (transaction);
      return FALSE;
    }
  db->depth--;
  g_free (transaction);
  return TRUE;
}

void
store_transaction_free (StoreTransaction *transaction)
{
  StoreDb *db = transaction->db;

  /* After a failed COMMIT or a full disk SQLite may have rolled back by itself. */
  if (transaction->depth > 0)
    {
      execute_at (db, "ROLLBACK TO s", transaction->depth, NULL);
      execute_at (db, "RELEASE s", transaction->depth, NULL);
    }
  else if (!sqlite3_get_autocommit (db->handle))
    store_db_execute (db, "ROLLBACK", NULL);
  db->depth--;
  g_free (transaction);
}
