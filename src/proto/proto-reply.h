/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An SMTP reply as a value (RFC 5321 section 4.2, RFC 2034, RFC 3463): made by a server's
 * handler, heard by a client. A reply is never an error by itself. Any thread; immutable once made.
 */

#include <glib.h>

typedef struct
{
  guint code;     /* 200-599 */
  char *enhanced; /* "5.7.8", or NULL */
  char *text;     /* its lines joined by \n, without codes */
} ProtoReply;

/* @enhanced may be NULL. @text may have several lines parted by \n. Control characters in it are
 * replaced, so that nothing from outside can forge a line. */
ProtoReply *proto_reply_new (guint code, const char *enhanced, const char *text);
ProtoReply *proto_reply_new_printf (guint code, const char *enhanced, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
ProtoReply *proto_reply_copy (const ProtoReply *reply);
void proto_reply_free (ProtoReply *reply);

gboolean proto_reply_is_positive (const ProtoReply *reply);  /* 2xx */
gboolean proto_reply_is_temporary (const ProtoReply *reply); /* 4xx */
gboolean proto_reply_is_permanent (const ProtoReply *reply); /* 5xx */

/* The wire form without the last CRLF: every line with the code, a hyphen on all but the last, at
 * most 512 octets a line (section 4.5.3.1.5), longer texts folded at spaces. The enhanced code is
 * left out when @with_enhanced is FALSE. */
char *proto_reply_format (const ProtoReply *reply, gboolean with_enhanced);

/* One line for a person: "550 5.1.1 No such mailbox". */
char *proto_reply_to_string (const ProtoReply *reply);

/* A reply in the course of arriving. */
typedef struct _ProtoReplyParser ProtoReplyParser;

ProtoReplyParser *proto_reply_parser_new (void);
void proto_reply_parser_free (ProtoReplyParser *parser);

/* Takes one line without CRLF. Returns TRUE and sets *@reply when the reply is whole, TRUE and
 * *@reply = NULL when more lines must come; FALSE with PROTO_ERROR_SYNTAX (a line with no code,
 * codes that differ, over 1,000 lines) leaves the parser as it was before the reply. */
gboolean proto_reply_parser_take_line (ProtoReplyParser *parser,
                                       const char *line,
                                       gsize length,
                                       ProtoReply **reply,
                                       GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoReply, proto_reply_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoReplyParser, proto_reply_parser_free)
