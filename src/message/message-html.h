/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * HTML of letters, through libxml2's forgiving parser. Any thread.
 */

#include <glib.h>

/* A text alternative: paragraphs, lists ("- ", "1. "), quotes ("> "), links ("words <URL>"),
 * tables as lines, styles and scripts left out; lines end in \n and are not wrapped. */
char *message_html_to_text (const char *html);

/* What may be shown: a whole document with a head of ours; no script, style sheet by link, frame,
 * object, form, meta, base, event handler or javascript: URL is left; "cid:" and "data:image/"
 * images stay. Other image addresses stay only with @remote; *@blocked (may be NULL) counts the
 * remote ones that were taken out. */
char *message_html_make_safe (const char *html, gboolean remote, guint *blocked);

/* What the composer sends: only the elements and styles a letter needs (p, br, b, i, u, s, a, ul,
 * ol, li, h1-h3, blockquote, pre, div, span, img, font colour turned into style), a minimal
 * document. */
char *message_html_clean (const char *html);

/* Plain text as HTML: escaped, links made, quotes by "> " as blockquote. */
char *message_html_from_text (const char *text);
