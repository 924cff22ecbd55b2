/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Letters as files. A letter is written under tmp/<process>/, synced, given its row, and only then
 * renamed to where a person finds it; a sweep at the start mends what a crash left between those
 * steps. Any thread; a StoreSpool belongs to one thread at a time.
 */

#include <gio/gio.h>

typedef struct _StoreFiles StoreFiles;
typedef struct _StoreSpool StoreSpool;

/* Makes @root and the process's own folder under @root/tmp, held by a lock while the process
 * lives. */
StoreFiles *store_files_new (const char *root, GError **error);
void store_files_free (StoreFiles *files);
const char *store_files_get_root (StoreFiles *files);
/* The name of the process's folder: a mark of ownership that ends with the process. */
const char *store_files_get_owner (StoreFiles *files);
/* Whether the process that left the mark @owner still lives (this one included). */
gboolean store_files_is_owner_alive (StoreFiles *files, const char *owner);

/* A letter in the course of arriving; nothing of it stays if it is freed before it is stored. */
StoreSpool *store_spool_new (StoreFiles *files, GError **error);
void store_spool_free (StoreSpool *spool);
gboolean store_spool_write (StoreSpool *spool, const guint8 *data, gsize length, GError **error);
guint64 store_spool_get_size (StoreSpool *spool);
/* Its first octets, @most at most. */
GBytes *store_spool_read (StoreSpool *spool, gsize most, GError **error);
/* Puts @data in the place of what was written at @offset; before it is stored. */
gboolean store_spool_patch (StoreSpool *spool,
                            guint64 offset,
                            const guint8 *data,
                            gsize length,
                            GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreFiles, store_files_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreSpool, store_spool_free)
