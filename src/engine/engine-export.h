/* SPDX-License-Identifier: MIT */
#pragma once

/* Letters for other programs. Main thread; the work is done on another. */

#include "engine-import.h"

typedef enum
{
  ENGINE_EXPORT_EML,     /* a folder of .eml files, octet for octet */
  ENGINE_EXPORT_MBOX,    /* one file */
  ENGINE_EXPORT_MAILDIR, /* cur/, new/ and tmp/, lines with LF, with the letters' flags */
} EngineExportForm;

typedef struct
{
  EngineExportForm form;
  MessageMboxDialect dialect;      /* of ENGINE_EXPORT_MBOX */
  gboolean replace;                /* a file that is there is replaced at the end; a folder never */
  EngineTransferProgress progress; /* or NULL */
  gpointer progress_data;
} EngineExport;

/* Writes the letters of @folder (with @n_ids 0: all of them, the oldest first) to @target, which
 * must not exist (but see .replace): it appears when it is whole and durable. ENGINE_ERROR_EXISTS,
 * ENGINE_ERROR_STORE. A letter that goes away meanwhile is left out. */
void engine_export_async (EngineLetters *letters,
                          StoreFolder folder,
                          const gint64 *ids,
                          gsize n_ids,
                          const char *target,
                          const EngineExport *options,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
gboolean engine_export_finish (GAsyncResult *result, EngineTransferCounts *counts, GError **error);
