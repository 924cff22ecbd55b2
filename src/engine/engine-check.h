/* SPDX-License-Identifier: MIT */
#pragma once

/* Whether files and index agree, for the front doors. Main thread. */

#include "engine-letters.h"

#include <store-checkup.h>

/* @mend FALSE: looks only. What was mended is in the index when it ends. */
void engine_check_async (EngineLetters *letters,
                         gboolean mend,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
gboolean engine_check_finish (EngineLetters *letters,
                              GAsyncResult *result,
                              StoreCheckup *checkup,
                              GError **error);

/* Puts a damaged index in @directory (NULL: $XDG_DATA_HOME/postroom) aside, so that the office can
 * be opened with an empty one and the check can fill it from the letters' files. What only the
 * index knew, as accounts and tags, is in the old file alone. *@aside: its new name, to be freed;
 * NULL: there was none. */
gboolean engine_check_set_aside (const char *directory, char **aside, GError **error);
