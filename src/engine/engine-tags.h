/* SPDX-License-Identifier: MIT */
#pragma once

/* Tags on letters, for the front doors. Main thread. */

#include "engine-letters.h"

/* Puts @tag on letters, or takes it off. Ends with engine_letters_finish(). */
void engine_tags_set_async (EngineLetters *letters,
                            const gint64 *ids,
                            gsize n_ids,
                            const char *tag,
                            gboolean value,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
/* Tags of @letter, or with 0 all that there are; NULL-terminated. */
void engine_tags_list_async (EngineLetters *letters,
                             gint64 letter,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
char **engine_tags_list_finish (EngineLetters *letters, GAsyncResult *result, GError **error);
