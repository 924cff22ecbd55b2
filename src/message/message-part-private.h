/* SPDX-License-Identifier: MIT */
#pragma once

/* How letters make their parts. */

#include "message-part.h"

#include "message-gmime-private.h"

MessagePart *message_part_new (GMimeObject *object, guint depth);
/* A text that MIME did not mark as one: the body of a letter whose structure is broken. */
MessagePart *message_part_new_text (GBytes *bytes);
gboolean message_part_is_text (const MessagePart *part, const char *subtype);
void message_part_set_attachment (MessagePart *part, gboolean attachment);
/* GMime's streams have one position for all who read: decoding takes turns. */
void message_part_lock (void);
void message_part_unlock (void);
