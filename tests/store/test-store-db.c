/* SPDX-License-Identifier: MIT */
#include "store-fixture.h"

#include <store-cabinet-private.h>
#include <store-db-private.h>
#include <store-writer.h>

#include <glib/gstdio.h>
#include <string.h>

#define MIGRATIONS "/io/github/postroom/Postroom/migrations/cabinet"

typedef struct
{
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = store_fixture_make_folder ();
  fixture->path = g_build_filename (fixture->folder, "test.db", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  store_fixture_remove_folder (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
}

static StoreDb *
open_db (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  StoreDb *db = store_db_open (fixture->path, MIGRATIONS, &error);

  g_assert_no_error (error);
  return db;
}

static void
execute (StoreDb *db, const char *sql)
{
  g_autoptr (GError) error = NULL;

  store_db_execute (db, sql, &error);
  g_assert_no_error (error);
}

static gint64
query (StoreDb *db, const char *sql)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, &error);

  g_assert_no_error (error);
  g_assert_true (store_statement_step (statement, &error));
  return store_statement_get_int (statement, 0);
}

static void
test_migrations (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StoreDb) db = open_db (fixture);
  gint64 version = query (db, "PRAGMA user_version");

  g_assert_cmpint (version, >=, 1);
  g_assert_cmpint (query (db, "SELECT count (*) FROM letters"), ==, 0);
  g_assert_cmpint (query (db, "PRAGMA foreign_keys"), ==, 1);
  g_assert_cmpint (query (db, "PRAGMA synchronous"), ==, 2);
  g_clear_pointer (&db, store_db_free);
  db = open_db (fixture);
  g_assert_cmpint (query (db, "PRAGMA user_version"), ==, version);
}

static void
check_refused (Fixture *fixture, StoreError code)
{
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize length, length_after;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_get_contents (fixture->path, &before, &length, NULL));
  g_assert_null (store_db_open (fixture->path, MIGRATIONS, &error));
  g_assert_error (error, STORE_ERROR, (gint) code);
  g_assert_nonnull (strstr (error->message, "left as it is"));
  g_assert_true (g_file_get_contents (fixture->path, &after, &length_after, NULL));
  g_assert_cmpmem (before, length, after, length_after);
}

static void
test_newer (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StoreDb) db = open_db (fixture);

  execute (db, "PRAGMA user_version = 9999");
  g_clear_pointer (&db, store_db_free);
  check_refused (fixture, STORE_ERROR_NEWER);
}

static void
test_corrupt (Fixture *fixture, gconstpointer data)
{
  g_autofree char *noise = g_strnfill (10000, 'x');

  g_assert_true (g_file_set_contents (fixture->path, noise, -1, NULL));
  check_refused (fixture, STORE_ERROR_CORRUPT);
}

static void
test_no_folder (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "none", "test.db", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (store_db_open (path, MIGRATIONS, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_IO);
  g_clear_error (&error);
  g_assert_null (store_db_open_reader (path, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_IO);
}

static void
test_transactions (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StoreDb) db = open_db (fixture);
  g_autoptr (GError) error = NULL;

  execute (db, "CREATE TABLE t (x)");
  {
    g_autoptr (StoreTransaction) lost = store_transaction_begin (db, &error);
    execute (db, "INSERT INTO t VALUES (1)");
  }
  g_assert_cmpint (query (db, "SELECT count (*) FROM t"), ==, 0);

  StoreTransaction *outer = store_transaction_begin (db, &error);
  execute (db, "INSERT INTO t VALUES (1)");
  {
    g_autoptr (StoreTransaction) inner = store_transaction_begin (db, &error);
    execute (db, "INSERT INTO t VALUES (2)");
    StoreTransaction *innermost = store_transaction_begin (db, &error);
    execute (db, "INSERT INTO t VALUES (3)");
    g_assert_true (store_transaction_commit (innermost, &error));
  }
  StoreTransaction *kept = store_transaction_begin (db, &error);
  execute (db, "INSERT INTO t VALUES (4)");
  g_assert_true (store_transaction_commit (kept, &error));
  g_assert_true (store_transaction_commit (outer, &error));
  g_assert_no_error (error);
  g_assert_cmpint (query (db, "SELECT sum (x) FROM t"), ==, 5);
}

static void
test_reader (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StoreDb) db = open_db (fixture);
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreDb) reader = store_db_open_reader (fixture->path, &error);

  g_assert_no_error (error);
  execute (db, "CREATE TABLE t (x)");
  execute (db, "INSERT INTO t VALUES (7)");
  g_assert_cmpint (query (reader, "SELECT x FROM t"), ==, 7);
  g_assert_false (store_db_execute (reader, "DELETE FROM t", &error));
  g_assert_nonnull (error);
  /* It sees a letter that comes while the writer is at work only after the commit. */
  StoreTransaction *transaction = store_transaction_begin (db, NULL);
  execute (db, "INSERT INTO t VALUES (8)");
  g_assert_cmpint (query (reader, "SELECT count (*) FROM t"), ==, 1);
  g_assert_true (store_transaction_commit (transaction, NULL));
  g_assert_cmpint (query (reader, "SELECT count (*) FROM t"), ==, 2);
}

static void
test_statements (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StoreDb) db = open_db (fixture);
  const char *sql = "SELECT :a + 1, :text";

  for (gint64 i = 0; i < 3; i++)
    {
      g_autoptr (StoreStatement) one = store_db_prepare (db, sql, NULL);
      g_autoptr (StoreStatement) two = store_db_prepare (db, sql, NULL);
      store_statement_bind_int (one, ":a", i);
      store_statement_bind_text (one, ":text", "你好'; DROP TABLE letters");
      store_statement_bind_int (two, ":a", 10);
      g_assert_true (store_statement_step (one, NULL));
      g_assert_true (store_statement_step (two, NULL));
      g_assert_cmpint (store_statement_get_int (one, 0), ==, i + 1);
      g_assert_cmpstr (store_statement_get_text (one, 1), ==, "你好'; DROP TABLE letters");
      g_assert_cmpint (store_statement_get_int (two, 0), ==, 11);
      g_assert_null (store_statement_get_text (two, 1));
    }
  g_autoptr (GError) error = NULL;
  g_assert_null (store_db_prepare (db, "SELECT nonsense FROM nowhere", &error));
  g_assert_nonnull (error);
}

/* ---- the writer ---- */

typedef struct
{
  const char *sql;
  gint done; /* atomic: 1 well, 2 with an error */
} Job;

static gboolean
job_work (StoreDb *db, gpointer data, GError **error)
{
  const Job *job = data;

  return store_db_execute (db, job->sql, error);
}

static void
job_done (gpointer data, const GError *error)
{
  Job *job = data;

  g_atomic_int_set (&job->done, error == NULL ? 1 : 2);
}

/* Keeps the writer busy, so that the jobs behind it share a batch. */
static gboolean
slow_work (StoreDb *db, gpointer data, GError **error)
{
  g_usleep (50000);
  return TRUE;
}

static void
push_jobs (Fixture *fixture, Job *jobs, guint n)
{
  g_autoptr (StoreDb) db = open_db (fixture);
  Job first = { 0 };

  execute (db, "CREATE TABLE t (x UNIQUE)");
  g_autoptr (StoreWriter) writer = store_writer_new (g_steal_pointer (&db));
  store_writer_push (writer, slow_work, job_done, &first);
  for (guint i = 0; i < n; i++)
    store_writer_push (writer, job_work, job_done, &jobs[i]);
  g_clear_pointer (&writer, store_writer_free);
  g_assert_cmpint (first.done, !=, 0);
}

static void
test_writer (Fixture *fixture, gconstpointer data)
{
  Job jobs[] = {
    { "INSERT INTO t VALUES (1)" },
    { "INSERT INTO t VALUES (2); INSERT INTO t VALUES (1)" },
    { "nonsense" },
    { "INSERT INTO t VALUES (3)" },
  };

  push_jobs (fixture, jobs, G_N_ELEMENTS (jobs));
  g_assert_cmpint (jobs[0].done, ==, 1);
  g_assert_cmpint (jobs[1].done, ==, 2);
  g_assert_cmpint (jobs[2].done, ==, 2);
  g_assert_cmpint (jobs[3].done, ==, 1);
  g_autoptr (StoreDb) db = open_db (fixture);
  g_assert_cmpint (query (db, "SELECT sum (x) FROM t"), ==, 4);
}

/* SQLite may roll the whole transaction back by itself, as on a full disk: then no job of the batch
 * was done, and none may say so, before or behind. */
static void
test_rolled_back (Fixture *fixture, gconstpointer data)
{
  Job jobs[] = {
    { "INSERT INTO t VALUES (1)" },
    { "INSERT OR ROLLBACK INTO t VALUES (1)" },
    { "INSERT INTO t VALUES (3)" },
  };

  push_jobs (fixture, jobs, G_N_ELEMENTS (jobs));
  g_autoptr (StoreDb) db = open_db (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    {
      g_autofree char *sql
          = g_strdup_printf ("SELECT count (*) FROM t WHERE x = %u AND %u <> 1", i + 1, i);
      g_assert_cmpint (query (db, sql), ==, jobs[i].done == 1 ? 1 : 0);
    }
  g_assert_cmpint (jobs[1].done, ==, 2);
}

/* ---- plans ---- */

static void
check_plan (StoreDb *db, const char *sql)
{
  g_autofree char *explain = g_strconcat ("EXPLAIN QUERY PLAN ", sql, NULL);
  g_autoptr (StoreStatement) statement = store_db_prepare (db, explain, NULL);

  while (store_statement_step (statement, NULL))
    {
      const char *detail = store_statement_get_text (statement, 3);

      g_test_message ("%s: %s", sql, detail);
      /* All of an index that holds what is asked for, or the unseen alone, is no full scan. */
      if (g_str_has_prefix (detail, "SCAN"))
        g_assert_true (strstr (detail, "COVERING INDEX") != NULL
                       || strstr (detail, "letters_unseen") != NULL);
      g_assert_null (strstr (detail, "TEMP B-TREE"));
    }
}

/* Whatever the cabinet itself has asked: its connections remember it. */
static void
test_plans (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StoreCabinet) cabinet = store_cabinet_open (fixture->folder, NULL);
  g_autoptr (GArray) list = store_fixture_list (cabinet, STORE_FOLDER_INBOX);
  g_autofree char *none = store_fixture_read (cabinet, 1, NULL);
  gint64 id = 1;
  StoreWait *waits[3];
  guint checked = 0;

  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    waits[i] = store_wait_new ();
  store_cabinet_load_async (cabinet, &id, 1, NULL, store_wait_ready, waits[0]);
  store_wait_get (waits[0]);
  store_cabinet_count_async (cabinet, NULL, store_wait_ready, waits[1]);
  store_wait_get (waits[1]);
  store_cabinet_known_uids_async (cabinet, 1, NULL, store_wait_ready, waits[2]);
  store_wait_get (waits[2]);
  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    store_wait_free (waits[i]);

  StoreDb *db;
  while ((db = g_queue_pop_head (&cabinet->readers)) != NULL)
    {
      g_autofree gpointer *statements = g_hash_table_get_keys_as_array (db->statements, NULL);
      for (guint i = 0; statements[i] != NULL; i++)
        if (g_str_has_prefix (statements[i], "SELECT"))
          {
            g_autofree char *sql = g_strdup (statements[i]);
            check_plan (db, sql);
            checked++;
          }
      store_db_free (db);
    }
  g_assert_cmpuint (checked, >=, 6);
  store_cabinet_close (cabinet);
}

int
main (int argc, char *argv[])
{
  static const struct
  {
    const char *name;
    void (*run) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "/store/db/migrations", test_migrations },
    { "/store/db/newer", test_newer },
    { "/store/db/corrupt", test_corrupt },
    { "/store/db/no-folder", test_no_folder },
    { "/store/db/transactions", test_transactions },
    { "/store/db/reader", test_reader },
    { "/store/db/statements", test_statements },
    { "/store/writer/batch", test_writer },
    { "/store/writer/rolled-back", test_rolled_back },
    { "/store/plans", test_plans },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);
  return g_test_run ();
}
