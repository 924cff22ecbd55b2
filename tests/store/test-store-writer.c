/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <store-error.h>
#include <store-writer.h>

#define MIGRATIONS "/io/github/postroom/Postroom/migrations/site"

typedef struct
{
  GMutex lock;
  GCond changed;
  gboolean held; /* the first job waits for its end */
  guint worked;
  guint done;
  guint failed;
  guint batches; /* how often done came right behind work */
  gboolean working;
  char *words; /* of the last error */
} Bench;

typedef struct
{
  Bench *bench;
  const char *sql;
  gboolean fails;
  gboolean waits;
} Job;

static char *
make_writer (StoreWriter **writer)
{
  char *root = shelf_make_folder ();
  g_autofree char *path = g_build_filename (root, "site.db", NULL);
  g_autoptr (GError) error = NULL;
  StoreDb *db = store_db_open (path, MIGRATIONS, &error);

  g_assert_no_error (error);
  store_db_execute (db,
                    "CREATE TABLE t (n);"
                    "CREATE TABLE parent (n INTEGER PRIMARY KEY);"
                    "CREATE TABLE child (n REFERENCES parent (n) DEFERRABLE INITIALLY DEFERRED);",
                    &error);
  g_assert_no_error (error);
  *writer = store_writer_new (db);
  return root;
}

static gboolean
work (StoreDb *db, gpointer data, GError **error)
{
  Job *job = data;
  Bench *bench = job->bench;

  g_mutex_lock (&bench->lock);
  bench->worked++;
  bench->working = TRUE;
  while (job->waits && bench->held)
    g_cond_wait (&bench->changed, &bench->lock);
  g_mutex_unlock (&bench->lock);
  if (!store_db_execute (db, job->sql, error))
    return FALSE;
  if (job->fails)
    g_set_error_literal (error, STORE_ERROR, STORE_ERROR_INVALID, "on purpose");
  return !job->fails;
}

static void
done (gpointer data, const GError *error)
{
  Job *job = data;
  Bench *bench = job->bench;

  g_mutex_lock (&bench->lock);
  bench->batches += bench->working;
  bench->working = FALSE;
  bench->done++;
  bench->failed += error != NULL;
  if (error != NULL)
    {
      g_free (bench->words);
      bench->words = g_strdup (error->message);
    }
  g_cond_broadcast (&bench->changed);
  g_mutex_unlock (&bench->lock);
  g_free (job);
}

static void
push (StoreWriter *writer, Bench *bench, const char *sql, gboolean fails, gboolean waits)
{
  Job *job = g_new0 (Job, 1);

  job->bench = bench;
  job->sql = sql;
  job->fails = fails;
  job->waits = waits;
  store_writer_push (writer, work, done, job);
}

/* The writer is at a job of its own until release. */
static void
hold (StoreWriter *writer, Bench *bench)
{
  bench->held = TRUE;
  push (writer, bench, "SELECT 1", FALSE, TRUE);
  /* Until it has begun, else it would be of the same batch. */
  for (gboolean begun = FALSE; !begun;)
    {
      g_mutex_lock (&bench->lock);
      begun = bench->worked > 0;
      g_mutex_unlock (&bench->lock);
      g_thread_yield ();
    }
}

static void
release (Bench *bench, guint jobs)
{
  g_mutex_lock (&bench->lock);
  bench->held = FALSE;
  g_cond_broadcast (&bench->changed);
  while (bench->done < jobs + 1)
    g_cond_wait (&bench->changed, &bench->lock);
  g_mutex_unlock (&bench->lock);
}

static gint64
count (const char *root, const char *sql)
{
  g_autofree char *path = g_build_filename (root, "site.db", NULL);
  g_autoptr (StoreDb) db = store_db_open_reader (path, NULL);
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, NULL);

  g_assert_true (store_statement_step (statement, NULL));
  return store_statement_get_int (statement, 0);
}

static void
test_batches (void)
{
  g_autoptr (StoreWriter) writer = NULL;
  g_autofree char *root = make_writer (&writer);
  Bench bench = { 0 };

  hold (writer, &bench);
  for (guint i = 0; i < 200; i++)
    push (writer, &bench, "INSERT INTO t VALUES (1)", FALSE, FALSE);
  release (&bench, 200);
  g_assert_cmpuint (bench.failed, ==, 0);
  /* The one that was held, and all that waited behind it. */
  g_assert_cmpuint (bench.batches, ==, 2);
  g_assert_cmpint (count (root, "SELECT count (*) FROM t"), ==, 200);
  shelf_remove (root);
}

static void
test_one_fails (void)
{
  g_autoptr (StoreWriter) writer = NULL;
  g_autofree char *root = make_writer (&writer);
  Bench bench = { 0 };

  hold (writer, &bench);
  push (writer, &bench, "INSERT INTO t VALUES (1)", FALSE, FALSE);
  push (writer, &bench, "INSERT INTO t VALUES (2)", TRUE, FALSE);
  push (writer, &bench, "INSERT INTO t VALUES (4)", FALSE, FALSE);
  release (&bench, 3);
  g_assert_cmpuint (bench.failed, ==, 1);
  g_assert_cmpuint (bench.batches, ==, 2);
  g_assert_cmpint (count (root, "SELECT sum (n) FROM t"), ==, 5);
  g_free (bench.words);
  shelf_remove (root);
}

/* What only the commit finds out fails them all, and the next are not hurt by it. */
static void
test_commit_fails (void)
{
  g_autoptr (StoreWriter) writer = NULL;
  g_autofree char *root = make_writer (&writer);
  Bench bench = { 0 };

  hold (writer, &bench);
  push (writer, &bench, "INSERT INTO t VALUES (1)", FALSE, FALSE);
  push (writer, &bench, "INSERT INTO child VALUES (7)", FALSE, FALSE);
  release (&bench, 2);
  g_assert_cmpuint (bench.failed, ==, 2);
  g_assert_cmpint (count (root, "SELECT count (*) FROM t"), ==, 0);
  push (writer, &bench, "INSERT INTO t VALUES (1)", FALSE, FALSE);
  release (&bench, 3);
  g_assert_cmpuint (bench.failed, ==, 2);
  g_assert_cmpint (count (root, "SELECT count (*) FROM t"), ==, 1);
  g_free (bench.words);
  shelf_remove (root);
}

/* A full database makes SQLite undo the whole transaction: what came before is undone and says so,
 * what comes behind has a transaction of its own and stays. */
static void
test_full (void)
{
  g_autoptr (StoreWriter) writer = NULL;
  g_autofree char *root = make_writer (&writer);
  Bench bench = { 0 };

  hold (writer, &bench);
  push (writer, &bench, "INSERT INTO t VALUES (1)", FALSE, FALSE);
  push (writer, &bench, "PRAGMA max_page_count = 30; INSERT INTO t VALUES (zeroblob (1000000))",
        FALSE, FALSE);
  push (writer, &bench, "INSERT INTO t VALUES (3)", FALSE, FALSE);
  release (&bench, 3);
  g_assert_cmpuint (bench.failed, ==, 2);
  g_assert_nonnull (strstr (bench.words, "no room"));
  g_assert_cmpint (count (root, "SELECT sum (n) FROM t"), ==, 3);
  push (writer, &bench, "PRAGMA max_page_count = 100000; INSERT INTO t VALUES (4)", FALSE, FALSE);
  release (&bench, 4);
  g_assert_cmpuint (bench.failed, ==, 2);
  g_assert_cmpint (count (root, "SELECT sum (n) FROM t"), ==, 7);
  g_free (bench.words);
  shelf_remove (root);
}

/* Freeing waits for what was pushed. */
static void
test_free (void)
{
  StoreWriter *writer;
  g_autofree char *root = make_writer (&writer);
  Bench bench = { 0 };

  for (guint i = 0; i < 600; i++)
    push (writer, &bench, "INSERT INTO t VALUES (1)", FALSE, FALSE);
  store_writer_free (writer);
  g_assert_cmpuint (bench.done, ==, 600);
  g_assert_cmpint (count (root, "SELECT count (*) FROM t"), ==, 600);
  shelf_remove (root);
}

int
main (int argc, char **argv)
{
  shelf_init (&argc, &argv, NULL);
  g_test_add_func ("/store/writer/batches", test_batches);
  g_test_add_func ("/store/writer/one-fails", test_one_fails);
  g_test_add_func ("/store/writer/commit-fails", test_commit_fails);
  g_test_add_func ("/store/writer/full", test_full);
  g_test_add_func ("/store/writer/free", test_free);
  return g_test_run ();
}
