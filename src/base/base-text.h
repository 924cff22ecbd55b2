/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Text that came from outside, made fit to show. Any thread.
 */

#include <glib.h>

/* @length bytes (-1: up to the NUL) as one printable line of valid UTF-8: control characters
 * become \r, \n, \t or \xNN, bytes that are no UTF-8 become \xNN, a backslash stays itself.
 * So a peer can never forge a log line or move a terminal's cursor. */
char *base_text_escape (const char *text, gssize length);

/* As base_text_escape(), but lines stay lines (\n kept, \t kept, \r dropped before \n). */
char *base_text_escape_lines (const char *text, gssize length);

/* A person's words for a size: "1.2 MB". */
char *base_text_size (guint64 octets);
