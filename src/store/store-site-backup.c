/* SPDX-License-Identifier: MIT */
#include "store-site-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIGRATIONS "/io/github/postroom/Postroom/migrations/site"

/* Letters that come to the original after the copy was made, and to the copy when it is served
 * instead, must not have the same uids (RFC 1939 section 7). */
#define FURTHER_IDS "4294967296"

typedef struct
{
  const char *from;
  const char *to;
  StoreDb *source;
  StoreDb *copy;
  GHashTable *folders; /* of char *: those that have been made */
  guint letters;
} Copy;

/* ---- files ---- */

static gboolean
sync_file (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gboolean synced = fd >= 0 && fsync (fd) == 0;

  if (!synced)
    store_files_fail (error, errno, "synced", path);
  if (fd >= 0)
    close (fd);
  return synced;
}

/* Letters never change: a second name is a copy, where the file system has both. */
static gboolean
copy_file (const char *from, const char *to, GError **error)
{
  if (link (from, to) == 0)
    return TRUE;
  if (errno == ENOENT)
    return store_files_fail (error, errno, "read", from);

  g_autoptr (GFile) source = g_file_new_for_path (from);
  g_autoptr (GFile) target = g_file_new_for_path (to);
  g_autoptr (GError) failed = NULL;
  if (!g_file_copy (source, target, G_FILE_COPY_TARGET_DEFAULT_PERMS, NULL, NULL, NULL, &failed))
    {
      gboolean gone = g_error_matches (failed, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
      gboolean full = g_error_matches (failed, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      g_set_error (error, STORE_ERROR,
                   gone   ? STORE_ERROR_NOT_FOUND
                   : full ? STORE_ERROR_FULL
                          : STORE_ERROR_IO,
                   "“%s” could not be copied: %s", from, failed->message);
      return FALSE;
    }
  g_chmod (to, 0600);
  return sync_file (to, error);
}

/* From its place, or from tmp/ while it has none; it may get its place between two looks. */
static gboolean
find_letter (Copy *copy, const char *file, const char *spool, const char *target, GError **error)
{
  g_autofree char *place = g_build_filename (copy->from, file, NULL);
  g_autofree char *arriving
      = spool != NULL ? g_build_filename (copy->from, "tmp", spool, NULL) : NULL;
  g_autoptr (GError) failed = NULL;

  if (copy_file (place, target, &failed))
    return TRUE;
  if (arriving != NULL && g_error_matches (failed, STORE_ERROR, STORE_ERROR_NOT_FOUND)
      && copy_file (arriving, target, NULL))
    return TRUE;
  return arriving != NULL ? copy_file (place, target, error)
                          : (g_propagate_error (error, g_steal_pointer (&failed)), FALSE);
}

static gboolean
make_folder (Copy *copy, const char *target, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (target);

  if (g_hash_table_contains (copy->folders, folder))
    return TRUE;
  if (g_mkdir_with_parents (folder, 0700) != 0)
    return store_files_fail (error, errno, "made", folder);
  g_hash_table_add (copy->folders, g_steal_pointer (&folder));
  return TRUE;
}

/* ---- rows ---- */

static gboolean
run_for (StoreDb *db, const char *sql, gint64 id, GError **error)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id", id);
  return store_statement_run (statement, error);
}

/* -1: an error. */
static int
has_row (StoreDb *db, gint64 id, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT 1 FROM letters WHERE id = :id", error);
  GError *failed = NULL;

  if (statement == NULL)
    return -1;
  store_statement_bind_int (statement, ":id", id);
  gboolean row = store_statement_step (statement, &failed);
  if (failed == NULL)
    return row;
  g_propagate_error (error, failed);
  return -1;
}

/* RETR would send as many octets as the row says, or some less when line ends are missing. */
static gboolean
check_letter (const char *target, gint64 size, GError **error)
{
  struct stat status;

  if (stat (target, &status) != 0)
    return store_files_fail (error, errno, "read", target);
  if (status.st_size <= size && (status.st_size > 0 || size == 0))
    return TRUE;
  g_set_error (error, STORE_ERROR, STORE_ERROR_CORRUPT, "The letter “%s” is not whole", target);
  return FALSE;
}

/* A letter that was removed since the rows were copied has no row in the copy either. */
static gboolean
copy_letter (Copy *copy, StoreStatement *row, GError **error)
{
  gint64 id = store_statement_get_int (row, 0);
  g_autofree char *file
      = store_site_file (store_statement_get_text (row, 1), store_statement_get_text (row, 2));
  g_autofree char *target = g_build_filename (copy->to, file, NULL);
  g_autoptr (GError) failed = NULL;

  if (!make_folder (copy, target, error))
    return FALSE;
  if (find_letter (copy, file, store_statement_get_text (row, 3), target, &failed))
    {
      copy->letters++;
      return check_letter (target, store_statement_get_int (row, 4), error);
    }
  if (g_error_matches (failed, STORE_ERROR, STORE_ERROR_NOT_FOUND))
    {
      int there = has_row (copy->source, id, error);
      if (there < 0)
        return FALSE;
      if (there == 0)
        return run_for (copy->copy, "DELETE FROM letters WHERE id = :id", id, error);
      g_set_error (error, STORE_ERROR, STORE_ERROR_CORRUPT, "The letter “%s/%s” is missing",
                   copy->from, file);
      return FALSE;
    }
  g_propagate_error (error, g_steal_pointer (&failed));
  return FALSE;
}

static gboolean
copy_letters (Copy *copy, GCancellable *cancellable, GError **error)
{
  g_autoptr (StoreTransaction) transaction = store_transaction_begin (copy->copy, error);
  g_autoptr (StoreStatement) rows = NULL;
  GError *failed = NULL;

  if (transaction == NULL)
    return FALSE;
  rows = store_db_prepare (copy->copy,
                           "SELECT id, user, path, spool, size FROM letters ORDER BY id", error);
  while (rows != NULL && store_statement_step (rows, &failed))
    if (g_cancellable_set_error_if_cancelled (cancellable, error)
        || !copy_letter (copy, rows, error))
      return FALSE;
  if (failed != NULL)
    g_propagate_error (error, failed);
  if (rows == NULL || failed != NULL)
    return FALSE;
  g_clear_pointer (&rows, store_statement_free);
  return store_db_execute (copy->copy,
                           "UPDATE letters SET spool = NULL WHERE spool IS NOT NULL;"
                           "INSERT INTO sqlite_sequence (name, seq) SELECT 'letters', 0 WHERE NOT "
                           "EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'letters');"
                           "UPDATE sqlite_sequence SET seq = seq + " FURTHER_IDS
                           " WHERE name = 'letters'",
                           error)
         && store_transaction_commit (g_steal_pointer (&transaction), error);
}

/* ---- the whole ---- */

/* One moment's rows, whatever is written meanwhile. */
static gboolean
copy_rows (Copy *copy, const char *target, GError **error)
{
  g_autoptr (StoreStatement) statement = NULL;

  /* That would forbid the copy too; the file is opened for reading alone. */
  if (!store_db_execute (copy->source, "PRAGMA query_only = OFF", error))
    return FALSE;
  statement = store_db_prepare (copy->source, "VACUUM INTO :path", error);
  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":path", target);
  return store_statement_run (statement, error);
}

static gboolean
check_rows (StoreDb *db, const char *path, GError **error)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (db, "PRAGMA integrity_check", error);
  GError *failed = NULL;

  if (statement == NULL)
    return FALSE;
  if (store_statement_step (statement, &failed)
      && g_strcmp0 (store_statement_get_text (statement, 0), "ok") == 0)
    return TRUE;
  if (failed != NULL)
    g_propagate_error (error, failed);
  else
    g_set_error (error, STORE_ERROR, STORE_ERROR_CORRUPT, "The copy “%s” is damaged", path);
  return FALSE;
}

static gboolean
sync_folders (Copy *copy, GError **error)
{
  g_autofree char *maildrops = g_build_filename (copy->to, "maildrops", NULL);
  GHashTableIter folders;
  gpointer folder;

  g_hash_table_iter_init (&folders, copy->folders);
  while (g_hash_table_iter_next (&folders, &folder, NULL))
    if (!sync_file (folder, error))
      return FALSE;
  return (g_hash_table_size (copy->folders) == 0 || sync_file (maildrops, error))
         && sync_file (copy->to, error);
}

static gboolean
copy_site (Copy *copy, GCancellable *cancellable, GError **error)
{
  g_autofree char *source = g_build_filename (copy->from, "site.db", NULL);
  g_autofree char *target = g_build_filename (copy->to, "site.db", NULL);

  if (!g_file_test (source, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND, "There is no local server in “%s”",
                   copy->from);
      return FALSE;
    }
  if (g_mkdir (copy->to, 0700) != 0)
    return store_files_fail (error, errno, "made", copy->to);
  copy->source = store_db_open_reader (source, error);
  if (copy->source == NULL || !copy_rows (copy, target, error))
    return FALSE;
  g_chmod (target, 0600);
  copy->copy = store_db_open (target, MIGRATIONS, error);
  if (copy->copy == NULL || !check_rows (copy->copy, target, error)
      || !copy_letters (copy, cancellable, error))
    return FALSE;
  /* The last connection to close folds the log into the database. */
  g_clear_pointer (&copy->copy, store_db_free);
  return sync_file (target, error) && sync_folders (copy, error);
}

gboolean
store_site_copy (const char *from,
                 const char *to,
                 guint *letters,
                 GCancellable *cancellable,
                 GError **error)
{
  Copy copy = { .from = from, .to = to };

  copy.folders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean copied = copy_site (&copy, cancellable, error);
  g_clear_pointer (&copy.copy, store_db_free);
  g_clear_pointer (&copy.source, store_db_free);
  g_hash_table_unref (copy.folders);
  *letters = copy.letters;
  return copied;
}
