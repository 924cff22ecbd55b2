/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A letter in the making: filled by a composer or a command line, written as MIME. The encodings
 * are chosen here and nowhere else. One thread at a time.
 */

#include "message-address.h"
#include "message-part.h"

typedef struct _MessageBuilder MessageBuilder;

MessageBuilder *message_builder_new (void);
void message_builder_free (MessageBuilder *builder);

void message_builder_set_from (MessageBuilder *builder, const MessageMailbox *from);
/* Takes the array (of MessageMailbox). */
void message_builder_take_to (MessageBuilder *builder, GPtrArray *to);
void message_builder_take_cc (MessageBuilder *builder, GPtrArray *cc);
void message_builder_take_bcc (MessageBuilder *builder, GPtrArray *bcc);
void message_builder_set_reply_to (MessageBuilder *builder, const MessageMailbox *reply_to);
void message_builder_set_subject (MessageBuilder *builder, const char *subject);
/* UTF-8, \n ends. With HTML and no text the text alternative is made of the HTML. */
void message_builder_set_text (MessageBuilder *builder, const char *text);
void message_builder_set_html (MessageBuilder *builder, const char *html);
void message_builder_set_in_reply_to (MessageBuilder *builder,
                                      const char *message_id,
                                      const char *const *references);
/* An extra header, for drafts' own notes ("X-Postroom-…"). */
void message_builder_set_header (MessageBuilder *builder, const char *name, const char *value);

/* @content_type NULL: guessed from name and content. */
void message_builder_attach_bytes (MessageBuilder *builder,
                                   const char *file_name,
                                   const char *content_type,
                                   GBytes *bytes);
/* Reads the whole file. MESSAGE_ERROR_ATTACHMENT. */
gboolean message_builder_attach_file (MessageBuilder *builder, GFile *file, GError **error);
/* An image the HTML names by "cid:@content_id". */
void message_builder_attach_inline (MessageBuilder *builder,
                                    const char *content_id,
                                    const char *file_name,
                                    const char *content_type,
                                    GBytes *bytes);

typedef enum
{
  MESSAGE_BUILD_WIRE,  /* as sent: no Bcc; MESSAGE_ERROR_ADDRESS without From or recipient */
  MESSAGE_BUILD_DRAFT, /* as kept: Bcc stays, anything may be missing */
} MessageBuildKind;

/* The letter with CRLF ends, lines under 998 octets, 7-bit clean: multipart/mixed, related and
 * alternative as needed; format=flowed or quoted-printable for text, base64 for the rest; Date,
 * Message-ID (kept over several builds), MIME-Version, User-Agent; RFC 2047 and 2231 names. */
GBytes *message_builder_build (MessageBuilder *builder, MessageBuildKind kind, GError **error);

/* Addresses of To, Cc and Bcc, each once, in order; NULL-terminated. */
char **message_builder_dup_recipients (MessageBuilder *builder);
const char *message_builder_get_message_id (MessageBuilder *builder); /* without <> */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MessageBuilder, message_builder_free)
