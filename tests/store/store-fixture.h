/* SPDX-License-Identifier: MIT */
#pragma once

/* What the store's tests share: a folder of their own, and asynchronous calls waited for. */

#include <store-cabinet.h>
#include <store-site.h>

/* A new folder under the system's temporary one; removed with all that is in it. */
char *store_fixture_make_folder (void);
void store_fixture_remove_folder (const char *path);
/* Files under @path, folders left out; @suffix may be NULL. */
guint store_fixture_count_files (const char *path, const char *suffix);

/* An asynchronous call's callback and its result, to be waited for:
 *   g_autoptr (StoreWait) wait = store_wait_new ();
 *   store_cabinet_…_async (…, store_wait_ready, wait);
 *   store_cabinet_…_finish (cabinet, store_wait_get (wait), &error); */
typedef struct _StoreWait StoreWait;

StoreWait *store_wait_new (void);
void store_wait_free (StoreWait *wait);
void store_wait_ready (GObject *source, GAsyncResult *result, gpointer wait);
/* Runs the default main context until the result is there. */
GAsyncResult *store_wait_get (StoreWait *wait);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreWait, store_wait_free)

/* A letter of some lines with @subject, CRLF. */
char *store_fixture_make_letter (const char *subject);
StoreSpool *store_fixture_make_spool (StoreFiles *files, const char *text);
/* Adds @text and waits; 0 with @error. */
gint64
store_fixture_add (StoreCabinet *cabinet, const char *text, const StoreAdd *add, GError **error);
GArray *store_fixture_list (StoreCabinet *cabinet, StoreFolder folder);
char *store_fixture_read (StoreCabinet *cabinet, gint64 id, GError **error);
/* The id of a new account. */
gint64 store_fixture_add_account (StoreCabinet *cabinet, const char *address);
gboolean
store_fixture_deliver (StoreSite *site, const char *text, const char *const *users, GError **error);
gboolean store_fixture_add_user (StoreSite *site, const char *name, GError **error);

/* Warnings do not end the program from here on. */
void store_fixture_allow_warnings (void);
