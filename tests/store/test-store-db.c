/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <store-cabinet-private.h>
#include <store-db-private.h>

#include <glib/gstdio.h>

#define MIGRATIONS "/io/github/postroom/Postroom/migrations/cabinet"

static gint64
ask (StoreDb *db, const char *sql)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, &error);

  g_assert_no_error (error);
  g_assert_true (store_statement_step (statement, &error));
  return store_statement_get_int (statement, 0);
}

static StoreDb *
open_db (const char *path)
{
  g_autoptr (GError) error = NULL;
  StoreDb *db = store_db_open (path, MIGRATIONS, &error);

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

static void
test_migrate (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *path = g_build_filename (root, "cabinet.db", NULL);
  g_auto (GStrv) migrations
      = g_resources_enumerate_children (MIGRATIONS, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  GStatBuf status;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (StoreDb) db = open_db (path);
      g_autoptr (StoreStatement) mode = store_db_prepare (db, "PRAGMA journal_mode", NULL);
      g_assert_cmpint (ask (db, "PRAGMA user_version"), ==, g_strv_length (migrations));
      g_assert_cmpint (ask (db, "PRAGMA synchronous"), ==, 2);
      g_assert_cmpint (ask (db, "PRAGMA foreign_keys"), ==, 1);
      g_assert_true (store_statement_step (mode, NULL));
      g_assert_cmpstr (store_statement_get_text (mode, 0), ==, "wal");
      g_assert_cmpint (ask (db, "SELECT count (*) FROM letters"), ==, 0);
    }
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  shelf_remove (root);
}

static void
test_newer (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *path = g_build_filename (root, "cabinet.db", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize length, length_after;
  StoreDb *db = open_db (path);

  execute (db, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 99");
  store_db_free (db);
  g_assert_true (g_file_get_contents (path, &before, &length, NULL));
  g_assert_null (store_db_open (path, MIGRATIONS, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NEWER);
  g_assert_true (g_file_get_contents (path, &after, &length_after, NULL));
  g_assert_cmpmem (before, length, after, length_after);
  shelf_remove (root);
}

static void
test_corrupt (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *path = g_build_filename (root, "cabinet.db", NULL);
  g_autofree char *noise = g_strnfill (8192, 'x');
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, noise, -1, NULL));
  g_assert_null (store_db_open (path, MIGRATIONS, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_CORRUPT);
  g_autofree char *after = shelf_read_file (path);
  g_assert_cmpstr (after, ==, noise);
  g_assert_cmpuint (shelf_count_files (root, ""), ==, 1);
  shelf_remove (root);
}

static void
test_transactions (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *path = g_build_filename (root, "cabinet.db", NULL);
  g_autoptr (StoreDb) db = open_db (path);
  g_autoptr (GError) error = NULL;

  execute (db, "CREATE TABLE t (n INTEGER)");
  StoreTransaction *outer = store_transaction_begin (db, &error);
  execute (db, "INSERT INTO t VALUES (1)");
  StoreTransaction *inner = store_transaction_begin (db, &error);
  execute (db, "INSERT INTO t VALUES (2)");
  store_transaction_free (inner);
  inner = store_transaction_begin (db, &error);
  execute (db, "INSERT INTO t VALUES (4)");
  g_assert_true (store_transaction_commit (inner, &error));
  g_assert_true (store_transaction_commit (outer, &error));
  g_assert_cmpint (ask (db, "SELECT sum (n) FROM t"), ==, 5);

  outer = store_transaction_begin (db, &error);
  execute (db, "INSERT INTO t VALUES (8)");
  store_transaction_free (outer);
  g_assert_cmpint (ask (db, "SELECT sum (n) FROM t"), ==, 5);
  shelf_remove (root);
}

/* A cached statement keeps neither its place nor its parameters. */
static void
test_statements (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *path = g_build_filename (root, "cabinet.db", NULL);
  g_autoptr (StoreDb) db = open_db (path);
  const char *sql = "SELECT :a IS NULL";

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (StoreStatement) first = store_db_prepare (db, sql, NULL);
      g_autoptr (StoreStatement) second = store_db_prepare (db, sql, NULL);
      g_assert_true (store_statement_step (second, NULL));
      g_assert_cmpint (store_statement_get_int (second, 0), ==, 1);
      store_statement_bind_int (first, ":a", 7);
      g_assert_true (store_statement_step (first, NULL));
      g_assert_cmpint (store_statement_get_int (first, 0), ==, 0);
      g_assert_false (store_statement_step (first, NULL));
    }
  g_autoptr (GError) error = NULL;
  g_assert_null (store_db_prepare (db, "SELECT nothing FROM nowhere", &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_IO);
  shelf_remove (root);
}

static void
check_plan (StoreDb *db, const char *sql)
{
  g_autofree char *explain = g_strconcat ("EXPLAIN QUERY PLAN ", sql, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreStatement) plan = store_db_prepare (db, explain, &error);

  g_assert_no_error (error);
  while (store_statement_step (plan, &error))
    {
      const char *step = store_statement_get_text (plan, 3);
      if ((strstr (step, "SCAN") != NULL && strstr (step, "COVERING INDEX") == NULL)
          || strstr (step, "TEMP B-TREE") != NULL)
        g_error ("“%s”: %s", sql, step);
    }
  g_assert_no_error (error);
}

static void
use_all_lists (StoreCabinet *cabinet)
{
  g_autoptr (GAsyncResult) counted = NULL;
  g_autoptr (GAsyncResult) known = NULL;
  StoreCounts counts;
  gint64 id = shelf_add (cabinet, STORE_FOLDER_INBOX, "Subject: a\r\n\r\nb\r\n");
  g_autofree char *text = shelf_read (cabinet, id);
  g_autoptr (StoreLetter) letter = shelf_load (cabinet, id);

  shelf_count (cabinet, STORE_FOLDER_INBOX);
  store_cabinet_count_async (cabinet, NULL, shelf_got, &counted);
  g_assert_true (store_cabinet_count_finish (cabinet, shelf_wait (&counted), &counts, NULL));
  store_cabinet_known_uids_async (cabinet, 1, NULL, shelf_got, &known);
  g_hash_table_unref (store_cabinet_known_uids_finish (cabinet, shelf_wait (&known), NULL));
}

/* The statements that the cabinet itself has run, asked how SQLite goes about them. */
static void
test_plans (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  guint checked = 0;

  use_all_lists (cabinet);
  g_mutex_lock (&cabinet->lock);
  while (cabinet->busy > 0)
    g_cond_wait (&cabinet->idle, &cabinet->lock);
  g_mutex_unlock (&cabinet->lock);
  for (GList *at = cabinet->readers.head; at != NULL; at = at->next)
    {
      StoreDb *db = at->data;
      g_autoptr (GList) texts = g_hash_table_get_keys (db->statements);
      for (GList *text = texts; text != NULL; text = text->next, checked++)
        check_plan (db, text->data);
    }
  g_assert_cmpuint (checked, >=, 6);
  store_cabinet_close (cabinet);
  shelf_remove (root);
}

/* Each opens the new cabinet as the first or beside the first, adds a letter and says so. */
static int
open_at_once (char **argv)
{
  g_autoptr (StoreCabinet) cabinet = shelf_open (argv[0]);

  shelf_add (cabinet, STORE_FOLDER_INBOX, "Subject: a\r\n\r\nb\r\n");
  store_cabinet_close (cabinet);
  return 0;
}

static void
test_at_once (void)
{
  g_autofree char *root = shelf_make_folder ();
  ShelfProcess *processes[6];

  for (guint i = 0; i < G_N_ELEMENTS (processes); i++)
    processes[i] = shelf_process_start (root, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (processes); i++)
    {
      g_assert_true (shelf_process_wait (processes[i]));
      shelf_process_free (processes[i]);
    }
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_INBOX), ==, G_N_ELEMENTS (processes));
  g_assert_cmpuint (shelf_count_spools (root), ==, 0);
  store_cabinet_close (cabinet);
  shelf_remove (root);
}

int
main (int argc, char **argv)
{
  shelf_init (&argc, &argv, open_at_once);
  g_test_add_func ("/store/db/migrate", test_migrate);
  g_test_add_func ("/store/db/newer", test_newer);
  g_test_add_func ("/store/db/corrupt", test_corrupt);
  g_test_add_func ("/store/db/transactions", test_transactions);
  g_test_add_func ("/store/db/statements", test_statements);
  g_test_add_func ("/store/db/plans", test_plans);
  g_test_add_func ("/store/db/at-once", test_at_once);
  return g_test_run ();
}
