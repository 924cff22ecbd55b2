/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One leaf of a letter's MIME tree (RFC 2045, 2183): an attachment, an inline image, a text.
 * Immutable; counted; any thread.
 */

#include <gio/gio.h>
#include <glib.h>

typedef struct _MessagePart MessagePart;

MessagePart *message_part_ref (MessagePart *part);
void message_part_unref (MessagePart *part);

const char *message_part_get_content_type (const MessagePart *part); /* "image/png", lower case */
const char *
message_part_get_file_name (const MessagePart *part);              /* UTF-8, safe as a base name
                                                                      (no '/', no leading dot,
                                                                      no control character), or NULL */
const char *message_part_get_content_id (const MessagePart *part); /* without <>, or NULL */
gboolean message_part_is_attachment (const MessagePart *part);
guint message_part_get_depth (const MessagePart *part);  /* in the tree, 0 for the top */
guint64 message_part_get_size (const MessagePart *part); /* decoded octets */

/* The decoded content; for text parts not converted. */
GBytes *message_part_get_bytes (MessagePart *part); /* borrowed */

/* Text as UTF-8 with \n ends, wrong bytes replaced; for text parts. */
char *message_part_dup_text (MessagePart *part);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MessagePart, message_part_unref)
