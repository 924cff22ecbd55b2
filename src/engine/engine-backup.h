/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Copies of the local server: users, addresses, maildrops, settings and certificate, laid out as in
 * a data directory, so that a backup can also be served as it is. Whether the server runs or not,
 * in whatever program. Main thread; the work is done on another.
 */

#include <gio/gio.h>

/* Copies the server of the data directory @directory to @target, which must not exist: it appears
 * when it is whole, checked and durable. ENGINE_ERROR_EXISTS, ENGINE_ERROR_NOT_FOUND,
 * ENGINE_ERROR_STORE. */
void engine_backup_async (const char *directory,
                          const char *target,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
/* Makes the backup @source the server of the data directory @directory, which must have none; its
 * settings and its certificate stay if it has them. Errors as above. */
void engine_restore_async (const char *directory,
                           const char *source,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
/* For both; *@letters are in the copy. */
gboolean engine_backup_finish (GAsyncResult *result, guint *letters, GError **error);
