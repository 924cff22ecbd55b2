/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Shows a letter's HTML and lets nothing out: no scripts, no storage, no request to any server
 * unless the person asked for remote images, links handed to "link". Main thread.
 */

#include <adwaita.h>
#include <message-letter.h>

#define APP_TYPE_LETTER_VIEW (app_letter_view_get_type ())
G_DECLARE_FINAL_TYPE (AppLetterView, app_letter_view, APP, LETTER_VIEW, AdwBin)

/* Signal "link" (string): the person clicked on that address. */

/* @html: out of message_html_make_safe() or message_html_from_text(). @letter answers "cid:".
 * @remote: images of other servers may be loaded. @own_colours: the letter brings its own, so it is
 * shown on white in the dark style too. */
void app_letter_view_show (AppLetterView *view,
                           const char *html,
                           MessageLetter *letter,
                           gboolean remote,
                           gboolean own_colours);
void app_letter_view_clear (AppLetterView *view);
