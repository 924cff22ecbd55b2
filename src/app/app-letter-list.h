/* SPDX-License-Identifier: MIT */
#pragma once

/* The middle pane: the letters of one folder, or why there are none. Main thread. */

#include "app-letter-model.h"

#include <adwaita.h>

#define APP_TYPE_LETTER_LIST (app_letter_list_get_type ())
G_DECLARE_FINAL_TYPE (AppLetterList, app_letter_list, APP, LETTER_LIST, AdwBin)

/* Signals: "selection-changed" () when other letters are selected than before; "activated"
 * (AppLetterItem) by double click or Enter. */

void app_letter_list_set_model (AppLetterList *list, AppLetterModel *model);
AppLetterModel *app_letter_list_get_model (AppLetterList *list); /* borrowed, or NULL */

/* The rows themselves; borrowed. */
GtkListView *app_letter_list_get_view (AppLetterList *list);

/* Ids (gint64) in the order of the list; possibly empty. */
GArray *app_letter_list_dup_selected (AppLetterList *list);
/* The one selected item (a new reference); NULL when none or several are. */
AppLetterItem *app_letter_list_dup_item (AppLetterList *list);

void app_letter_list_select (AppLetterList *list, guint position);
void app_letter_list_unselect_all (AppLetterList *list);
/* Selects the next (@by 1) or the previous (-1) letter. */
/* While the letters are still being looked for, done once they are there. */
void app_letter_list_step (AppLetterList *list, int by);
/* Selects the letter that is nearest to the selected ones, which are about to go. */
void app_letter_list_select_neighbour (AppLetterList *list);
