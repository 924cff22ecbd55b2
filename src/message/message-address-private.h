/* SPDX-License-Identifier: MIT */
#pragma once

/* How letters read their addresses. */

#include "message-address.h"
#include "message-gmime-private.h"

/* All of @list (may be NULL), groups flattened; a letter that came may name a mailbox without a
 * domain, and that is shown as it is. */
GPtrArray *message_mailboxes_from_list (InternetAddressList *list);
