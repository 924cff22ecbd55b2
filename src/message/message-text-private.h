/* SPDX-License-Identifier: MIT */
#pragma once

/* Texts of parts: character sets and format=flowed (RFC 3676). Any thread. */

#include <glib.h>

/* @length octets in @charset (NULL: not said) as valid UTF-8 with \n ends. */
char *message_text_decode (const char *data, gsize length, const char *charset);

/* Lines of @text, \n ends, made to flow: at most 72 characters, stuffed, ended with a blank where
 * the next line goes on. */
char *message_text_to_flowed (const char *text);
char *message_text_from_flowed (const char *text, gboolean delete_space);
