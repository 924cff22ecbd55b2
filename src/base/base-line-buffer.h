/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Bytes on their way from a peer to a parser: appended as they come, taken as CRLF lines or as
 * plain chunks. A bare CR or a bare LF is an ordinary byte here and never ends a line
 * (RFC 5321 section 2.3.8). One thread at a time.
 */

#include <glib.h>

typedef struct _BaseLineBuffer BaseLineBuffer;

typedef enum
{
  BASE_LINE_NONE,     /* no whole line yet */
  BASE_LINE_WHOLE,    /* a line, its CRLF taken off */
  BASE_LINE_TOO_LONG, /* a line over the limit was passed over, up to and with its CRLF */
} BaseLineResult;

BaseLineBuffer *base_line_buffer_new (void);
void base_line_buffer_free (BaseLineBuffer *buffer);

void base_line_buffer_append (BaseLineBuffer *buffer, const guint8 *data, gsize length);

/* The next line of at most @limit octets, its CRLF counted. *@line is borrowed, holds *@length
 * octets and a NUL after them, and is good until the next call. Of an over-long line nothing is
 * kept: memory stays bounded by @limit whatever the peer sends, and BASE_LINE_TOO_LONG comes
 * once, when its end has come. */
BaseLineResult
base_line_buffer_take_line (BaseLineBuffer *buffer, gsize limit, const char **line, gsize *length);

/* What is buffered, all of it; borrowed until the next call. */
const guint8 *base_line_buffer_peek (const BaseLineBuffer *buffer, gsize *length);

/* Drops @length octets from the front. */
void base_line_buffer_skip (BaseLineBuffer *buffer, gsize length);

gsize base_line_buffer_get_length (const BaseLineBuffer *buffer);

/* Forgets everything, and wipes it: there may have been a password in it. */
void base_line_buffer_clear (BaseLineBuffer *buffer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BaseLineBuffer, base_line_buffer_free)
