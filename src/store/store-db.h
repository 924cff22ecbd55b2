/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One SQLite connection: opened with WAL and full synchronisation, brought up to date by numbered
 * migrations from the resource bundle, with a cache of statements. The only room's file, with
 * store-statement.c, that says sqlite3_. One thread at a time; the opener owns it.
 */

#include <gio/gio.h>

typedef struct _StoreDb StoreDb;
typedef struct _StoreStatement StoreStatement;

/* @migrations: a resource folder with 0001-….sql, 0002-….sql, each applied in one transaction with
 * user_version. A newer user_version is STORE_ERROR_NEWER, no database STORE_ERROR_CORRUPT. */
StoreDb *store_db_open (const char *path, const char *migrations, GError **error);
/* A connection that can only read; the database must exist and be up to date. */
StoreDb *store_db_open_reader (const char *path, GError **error);
void store_db_free (StoreDb *db);

gboolean store_db_execute (StoreDb *db, const char *sql, GError **error);
gint64 store_db_get_last_id (StoreDb *db);
guint store_db_get_changes (StoreDb *db);
/* Statements that run while @cancellable is cancelled fail; NULL: no longer. Borrowed. */
void store_db_set_cancellable (StoreDb *db, GCancellable *cancellable);

/* BEGIN IMMEDIATE; rolls back when freed unless committed. Inside another one a savepoint. */
typedef struct _StoreTransaction StoreTransaction;

StoreTransaction *store_transaction_begin (StoreDb *db, GError **error);
/* Frees @transaction in any case. */
gboolean store_transaction_commit (StoreTransaction *transaction, GError **error);
void store_transaction_free (StoreTransaction *transaction);
/* FALSE when SQLite rolled all of it back by itself, as it may on a full disk. */
gboolean store_transaction_is_open (StoreTransaction *transaction);

/* A prepared statement from the cache, reset when freed. Parameters by name (":id") only. */
StoreStatement *store_db_prepare (StoreDb *db, const char *sql, GError **error);
void store_statement_free (StoreStatement *statement);
void store_statement_bind_int (StoreStatement *statement, const char *name, gint64 value);
void store_statement_bind_text (StoreStatement *statement, const char *name, const char *value);
/* TRUE: there is a row. FALSE: no more rows, or *@error. */
gboolean store_statement_step (StoreStatement *statement, GError **error);
/* Runs to the end; FALSE with an error. */
gboolean store_statement_run (StoreStatement *statement, GError **error);
/* Of a statement whose one column is "collect (…)": appends the one or two integers in its
 * brackets, row by row, to @numbers (gint64), in no promised order. Saves the step for each row. */
gboolean store_statement_collect (StoreStatement *statement, GArray *numbers, GError **error);
gint64 store_statement_get_int (StoreStatement *statement, guint column);
const char *store_statement_get_text (StoreStatement *statement, guint column); /* or NULL */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreDb, store_db_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreStatement, store_statement_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreTransaction, store_transaction_free)
