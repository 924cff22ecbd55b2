/* SPDX-License-Identifier: MIT */
#pragma once

/* How the cabinet and the site put letters in their place. Any thread. */

#include "store-db.h"
#include "store-error.h"
#include "store-files.h"

/* Sets a STORE_ERROR for errno @code; returns FALSE. @doing: "written", "read". */
gboolean store_files_fail (GError **error, int code, const char *doing, const char *path);

/* "<process>/<number>": what a row calls the file until it has its place. */
const char *store_spool_get_name (StoreSpool *spool);
/* Writes out and syncs the file and its folder. */
gboolean store_spool_sync (StoreSpool *spool, GError **error);
/* The octets, mapped; after the sync. */
GBytes *store_spool_map (StoreSpool *spool, GError **error);
/* A row speaks for the file: it stays when @spool is freed. */
void store_spool_keep (StoreSpool *spool);

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

/* Removes what dead processes left under tmp/, but for the spools whose names are in @kept. */
void store_files_sweep (StoreFiles *files, GHashTable *kept);

/* ---- store-sweep.c ---- */

/* The same, keeping what rows still name. Inside the transaction that has mended them: a process
 * that adds a row and dies meanwhile would lose its letter. */
gboolean store_sweep (StoreDb *db, StoreFiles *files, GError **error);
