/* SPDX-License-Identifier: MIT */
#pragma once

/* How the cabinet and the site put letters in their place. Any thread. */

#include "store-error.h"
#include "store-files.h"

/* Sets a STORE_ERROR for errno @code; returns FALSE. @doing: "written", "read". */
gboolean store_files_fail (GError **error, int code, const char *doing, const char *path);

/* "<process>/<number>": what a row calls the file until it has its place. */
const char *store_spool_get_name (StoreSpool *spool);
/* The letter is whole: it is no longer among those that arrive. */
void store_spool_end (StoreSpool *spool);
/* What is held in memory goes into the file. */
gboolean store_spool_write_out (StoreSpool *spool, GError **error);
/* What was written out is durable; its name in the folder need not be yet. */
gboolean store_spool_sync_file (StoreSpool *spool, GError **error);
/* Writes out and syncs the file and its folder. */
gboolean store_spool_sync (StoreSpool *spool, GError **error);
/* The octets, mapped; after the sync. */
GBytes *store_spool_map (StoreSpool *spool, GError **error);
/* A row speaks for the file: it stays when @spool is freed. */
void store_spool_keep (StoreSpool *spool);

/* Where spools are, for the life of @files. */
const char *store_files_get_spool_folder (StoreFiles *files);
/* Letters that are being written now. */
guint store_files_count_arriving (StoreFiles *files);
/* Gives the spooled file @name its place @path, relative to the root; folders are made. With
 * @last the name under tmp/ ends, else the file has both. Fine when it has its place already. */
gboolean store_files_place (StoreFiles *files,
                            const char *name,
                            const char *path,
                            gboolean last,
                            GError **error);
void store_files_drop_spool (StoreFiles *files, const char *name);
/* Syncs the folder of @path. */
gboolean store_files_sync_folder (StoreFiles *files, const char *path, GError **error);
/* The octets of @path, or of the spooled file @name (may be NULL) while it has no place yet;
 * STORE_ERROR_NOT_FOUND. */
GBytes *store_files_read (StoreFiles *files, const char *path, const char *name, GError **error);
gboolean store_files_rename (StoreFiles *files, const char *from, const char *to, GError **error);
/* A file that is gone already is fine. */
void store_files_remove (StoreFiles *files, const char *path);
gboolean store_files_exists (StoreFiles *files, const char *path);

/* A set of the owners (char *) that live no more but left a folder under tmp/. Asked for before the
 * rows are read: then every row that such an owner made is among them. */
GHashTable *store_files_list_dead (StoreFiles *files);
/* Removes what @dead left under tmp/, but for the spools (char *) in the set @kept: those are
 * letters that have a row and no place yet. */
void store_files_sweep (StoreFiles *files, GHashTable *dead, GHashTable *kept);
