/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The check: finds every disagreement between the letters' files and their rows, and mends it in
 * favour of the files. A file is never removed. Any thread, as the cabinet; it may be in use.
 */

#include "store-cabinet.h"
#include "store-checkup.h"

/* With an empty database it makes all rows anew of the files. @mend FALSE: looks only. */
void store_cabinet_check_async (StoreCabinet *cabinet,
                                gboolean mend,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
/* What was found, and mended if that was wanted. */
gboolean store_cabinet_check_finish (StoreCabinet *cabinet,
                                     GAsyncResult *result,
                                     StoreCheckup *checkup,
                                     GError **error);
