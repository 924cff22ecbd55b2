/* SPDX-License-Identifier: MIT */
#pragma once

/* One row of a folder: an id at first, the rest when it has been loaded. Main thread. */

#include <store-values.h>

#define APP_TYPE_LETTER_ITEM (app_letter_item_get_type ())
G_DECLARE_FINAL_TYPE (AppLetterItem, app_letter_item, APP, LETTER_ITEM, GObject)

/* Properties, all with notify and for showing: "who", "subject", "snippet", "when" (strings, ""
 * while not loaded), "unread", "answered", "attachments", "problem" (booleans). */

AppLetterItem *app_letter_item_new (gint64 id);
gint64 app_letter_item_get_id (AppLetterItem *item);
/* NULL while not loaded; borrowed until the next set. */
const StoreLetter *app_letter_item_get_letter (AppLetterItem *item);

/* Copies @letter. @stamp grows with each request: an answer older than what is held is dropped. */
void app_letter_item_set_letter (AppLetterItem *item, const StoreLetter *letter, guint64 stamp);
/* Shown in place of the snippet (an outbox state); NULL for none. @problem draws it as a warning.
 */
void app_letter_item_set_note (AppLetterItem *item, const char *note, gboolean problem);
