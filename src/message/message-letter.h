/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A letter that was parsed: headers decoded (RFC 2047), body texts, parts. Parsing forgives: broken
 * MIME shows what can be shown. Immutable; counted; any thread.
 */

#include "message-address.h"
#include "message-part.h"

typedef struct _MessageLetter MessageLetter;

/* @source is the whole letter with any line ends; kept by reference. Fails only on an empty one. */
MessageLetter *message_letter_parse (GBytes *source, GError **error);
MessageLetter *message_letter_ref (MessageLetter *letter);
void message_letter_unref (MessageLetter *letter);

const char *message_letter_get_subject (const MessageLetter *letter); /* "" when none; one line */
const char *message_letter_get_message_id (const MessageLetter *letter); /* without <>, or NULL */
const char *message_letter_get_in_reply_to (const MessageLetter *letter);
const char *const *
message_letter_get_references (const MessageLetter *letter);  /* NULL-terminated */
gint64 message_letter_get_date (const MessageLetter *letter); /* seconds since 1970 UTC, 0: none */
GPtrArray *message_letter_get_from (const MessageLetter *letter); /* of MessageMailbox */
GPtrArray *message_letter_get_reply_to (const MessageLetter *letter);
GPtrArray *message_letter_get_to (const MessageLetter *letter);
GPtrArray *message_letter_get_cc (const MessageLetter *letter);
GPtrArray *message_letter_get_bcc (const MessageLetter *letter);

/* The first header of that name, decoded, or NULL. */
const char *message_letter_get_header (const MessageLetter *letter, const char *name);
/* All headers in order as "Name: decoded value" lines. */
char *message_letter_dup_headers (const MessageLetter *letter);

/* The body's text alternative, or text made of its HTML; "" when it has neither. */
char *message_letter_dup_text (MessageLetter *letter);
/* The HTML as sent, UTF-8, or NULL. Not safe to show: see message_html_make_safe(). */
const char *message_letter_get_html (MessageLetter *letter);

/* The first words of the text on one line, at most @characters; for a list. */
char *message_letter_dup_snippet (MessageLetter *letter, guint characters);

/* Leaves in order; borrowed arrays of MessagePart. Attachments leave out the body and the inline
 * images that the HTML shows. */
GPtrArray *message_letter_get_parts (MessageLetter *letter);
GPtrArray *message_letter_get_attachments (MessageLetter *letter);
MessagePart *message_letter_find_content_id (MessageLetter *letter, const char *content_id);

GBytes *message_letter_get_source (const MessageLetter *letter);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MessageLetter, message_letter_unref)
