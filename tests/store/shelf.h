/* SPDX-License-Identifier: MIT */
#pragma once

/* What the store's tests share: a folder of their own, waiting, letters, and children to be killed.
 */

#include <store-cabinet.h>
#include <store-site.h>

/* The test program starts itself again as "--child" for what only another process can show. */
typedef int (*ShelfChild) (char **argv);
void shelf_init (int *argc, char ***argv, ShelfChild child);

typedef struct _ShelfProcess ShelfProcess;

/* Runs the child with the arguments that follow, up to NULL. */
ShelfProcess *shelf_process_start (const char *first, ...) G_GNUC_NULL_TERMINATED;
/* A line that it printed, without its end; NULL at the end. */
char *shelf_process_read_line (ShelfProcess *process);
/* By SIGKILL; what it had printed can still be read. */
void shelf_process_kill (ShelfProcess *process);
/* Waits for its end; TRUE when it was a good one. */
gboolean shelf_process_wait (ShelfProcess *process);
void shelf_process_free (ShelfProcess *process);

char *shelf_make_folder (void);
void shelf_remove (const char *path);
/* Files below @path whose name ends in @suffix. */
guint shelf_count_files (const char *path, const char *suffix);
/* Letters in tmp/ of @root. */
guint shelf_count_spools (const char *root);
char *shelf_read_file (const char *path);

void shelf_got (GObject *source, GAsyncResult *result, gpointer user_data);
GAsyncResult *shelf_wait (GAsyncResult **result);

StoreCabinet *shelf_open (const char *root);
StoreSpool *shelf_spool (StoreFiles *files, const char *text);
char *shelf_letter (const char *subject, const char *date, const char *body);
/* -1 with an error. */
gint64 shelf_try_add (StoreCabinet *cabinet, const char *text, const StoreAdd *add, GError **error);
gint64 shelf_add (StoreCabinet *cabinet, StoreFolder folder, const char *text);
gint64 shelf_save_account (StoreCabinet *cabinet, const char *address, GError **error);
GArray *shelf_list (StoreCabinet *cabinet, StoreFolder folder);
guint shelf_count (StoreCabinet *cabinet, StoreFolder folder);
StoreLetter *shelf_load (StoreCabinet *cabinet, gint64 id); /* or NULL */
char *shelf_read (StoreCabinet *cabinet, gint64 id);
gboolean shelf_move (StoreCabinet *cabinet, gint64 id, StoreFolder folder, GError **error);
void shelf_delete (StoreCabinet *cabinet, gint64 id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ShelfProcess, shelf_process_free)
