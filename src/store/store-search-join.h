/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Threads and contacts: what the index learns of a letter beside its words. A thread is made of the
 * letters that name one another; a reply that names none belongs to letters of its subject within a
 * month. Both rules look at pairs of letters, so that the threads are the same in whatever order
 * letters come. Writer's thread.
 */

#include "store-db.h"
#include "store-search-text.h"
#include "store-values.h"

/* Finds or makes the thread of letter @id, joins the threads that it connects. */
gboolean store_search_join_thread (StoreDb *db,
                                   gint64 id,
                                   gint64 date,
                                   const StoreSearchText *text,
                                   GError **error);
gboolean store_search_note_contacts (StoreDb *db,
                                     StoreFolder folder,
                                     gint64 date,
                                     const StoreSearchText *text,
                                     GError **error);
