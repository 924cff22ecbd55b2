/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The one thread that writes a database. Jobs that wait together share one commit; a job that
 * fails is rolled back alone. Freed by its maker, which waits for the jobs at hand.
 */

#include "store-db.h"

#include <gio/gio.h>

typedef struct _StoreWriter StoreWriter;

/* In the writer's thread, inside a savepoint. */
typedef gboolean (*StoreWriterWork) (StoreDb *db, gpointer data, GError **error);
/* In the writer's thread, after the commit is durable (or with the error of the work or of the
 * commit): renames files, and returns the task that waits. */
typedef void (*StoreWriterDone) (gpointer data, const GError *error);

/* Takes @db. */
StoreWriter *store_writer_new (StoreDb *db);
void store_writer_free (StoreWriter *writer);
/* @func is called in the writer's thread after some jobs, and after the last of each batch, are
 * done. To be set before the first push. */
void store_writer_set_after_some (StoreWriter *writer, void (*func) (gpointer), gpointer data);
/* Any thread. */
void
store_writer_push (StoreWriter *writer, StoreWriterWork work, StoreWriterDone done, gpointer data);
/* The same for each of @data: they share a commit. */
void store_writer_push_all (StoreWriter *writer,
                            StoreWriterWork work,
                            StoreWriterDone done,
                            GPtrArray *data);
/* Any thread but the writer's: until all that was pushed before is done. */
void store_writer_wait (StoreWriter *writer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreWriter, store_writer_free)
