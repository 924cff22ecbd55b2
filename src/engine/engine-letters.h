/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The letters of the folders, for the front doors. Main thread; slow work happens on others.
 */

#include <gio/gio.h>
#include <message-builder.h>
#include <message-letter.h>
#include <store-values.h>

#define ENGINE_TYPE_LETTERS (engine_letters_get_type ())
G_DECLARE_FINAL_TYPE (EngineLetters, engine_letters, ENGINE, LETTERS, GObject)

/* Signal "folder-changed" (int: StoreFolder): list or count again. */

/* Ids (gint64) of a folder, newest first. */
void engine_letters_list_async (EngineLetters *letters,
                                StoreFolder folder,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
GArray *engine_letters_list_finish (EngineLetters *letters, GAsyncResult *result, GError **error);

/* Rows (StoreLetter) for those of @ids that exist. */
void engine_letters_load_async (EngineLetters *letters,
                                const gint64 *ids,
                                gsize n_ids,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
GPtrArray *
engine_letters_load_finish (EngineLetters *letters, GAsyncResult *result, GError **error);

void engine_letters_count_async (EngineLetters *letters,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean engine_letters_count_finish (EngineLetters *letters,
                                      GAsyncResult *result,
                                      StoreCounts *counts,
                                      GError **error);

/* The letter itself, parsed on a worker. */
void engine_letters_read_async (EngineLetters *letters,
                                gint64 id,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
MessageLetter *
engine_letters_read_finish (EngineLetters *letters, GAsyncResult *result, GError **error);

typedef enum
{
  ENGINE_FLAG_SEEN,
  ENGINE_FLAG_ANSWERED,
  ENGINE_FLAG_FLAGGED,
} EngineFlag;

void engine_letters_set_flag_async (EngineLetters *letters,
                                    const gint64 *ids,
                                    gsize n_ids,
                                    EngineFlag flag,
                                    gboolean value,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
void engine_letters_move_async (EngineLetters *letters,
                                const gint64 *ids,
                                gsize n_ids,
                                StoreFolder folder,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
/* For good. */
void engine_letters_delete_async (EngineLetters *letters,
                                  const gint64 *ids,
                                  gsize n_ids,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
/* For the three above. */
gboolean engine_letters_finish (EngineLetters *letters, GAsyncResult *result, GError **error);

/* Keeps a draft (built on a worker; @builder must be left alone until the callback); @replaces is
 * the draft it takes the place of, or 0. The result is the new id. */
void engine_letters_save_draft_async (EngineLetters *letters,
                                      gint64 account,
                                      MessageBuilder *builder,
                                      gint64 replaces,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
gint64
engine_letters_save_draft_finish (EngineLetters *letters, GAsyncResult *result, GError **error);
