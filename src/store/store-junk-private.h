/* SPDX-License-Identifier: MIT */
#pragma once

/* What a move of letters within a larger write needs. Writer's thread. */

#include "store-cabinet-private.h"

/* A letter that is gone is no trouble; one that is being sent is STORE_ERROR_BUSY. */
gboolean store_cabinet_move_letter (StoreWrite *write,
                                    StoreDb *db,
                                    gint64 id,
                                    StoreFolder folder,
                                    GError **error);
