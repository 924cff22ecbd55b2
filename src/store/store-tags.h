/* SPDX-License-Identifier: MIT */
#pragma once

/* Words that a person puts on letters; case does not matter. Any thread, as the cabinet. */

#include "store-cabinet.h"

/* Puts @tag on letters, or takes it off; STORE_ERROR_NOT_FOUND and STORE_ERROR_INVALID change
 * nothing. Ends with store_cabinet_finish(). */
void store_cabinet_set_tag_async (StoreCabinet *cabinet,
                                  const gint64 *ids,
                                  gsize n_ids,
                                  const char *tag,
                                  gboolean value,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);

/* Tags of @letter, or with 0 all that there are; NULL-terminated. */
void store_cabinet_list_tags_async (StoreCabinet *cabinet,
                                    gint64 letter,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
char **store_cabinet_list_tags_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error);
