/* SPDX-License-Identifier: MIT */
#pragma once

/* One row of the list of letters. Main thread. */

#include "app-letter-item.h"

#include <gtk/gtk.h>

#define APP_TYPE_LETTER_ROW (app_letter_row_get_type ())
G_DECLARE_FINAL_TYPE (AppLetterRow, app_letter_row, APP, LETTER_ROW, GtkWidget)

/* Properties: "item" (AppLetterItem), "position" (uint: in the list). */
guint app_letter_row_get_position (AppLetterRow *row);
