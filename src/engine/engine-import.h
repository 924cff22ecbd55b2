/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Letters from other programs, and for them: .eml files, mbox files of all dialects, and Maildirs.
 * Main thread; the work is done on another.
 */

#include "engine-letters.h"

#include <message-mbox.h>

typedef struct
{
  guint letters; /* that came or went */
  guint same;    /* that the cabinet had already, octet for octet */
  guint percent; /* of the work, as far as it is known */
} EngineTransferCounts;

/* Now and then, on the main thread. */
typedef void (*EngineTransferProgress) (const EngineTransferCounts *counts, gpointer user_data);

typedef struct
{
  StoreFolder folder;
  MessageMboxDialect dialect;
  gboolean unread;                 /* letters that do not tell are new; else they are read */
  EngineTransferProgress progress; /* or NULL */
  gpointer progress_data;
} EngineImport;

/* Takes what is in @paths (borrowed until the callback): a file that begins with a From line is an
 * mbox, any other a letter; a folder with "cur" in it is a Maildir, any other is looked through for
 * files whose names end in .eml or .mbox. What was imported stays when it is cancelled or fails. */
void engine_import_async (EngineLetters *letters,
                          const char *const *paths,
                          const EngineImport *import,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
/* *@counts is set in any case, and *@notes too: what was left out, and why (of char *). */
gboolean engine_import_finish (GAsyncResult *result,
                               EngineTransferCounts *counts,
                               GPtrArray **notes,
                               GError **error);
