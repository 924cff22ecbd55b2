/* SPDX-License-Identifier: MIT */
#pragma once

/* How a folder is called and drawn. Main thread. */

#include <store-values.h>

/* The order of the sidebar. */
extern const StoreFolder app_folder_order[STORE_N_FOLDERS];

const char *app_folder_get_title (StoreFolder folder); /* translated */
const char *app_folder_get_icon (StoreFolder folder);
/* What an empty folder says, and why it is empty; translated. */
const char *app_folder_get_empty_title (StoreFolder folder);
const char *app_folder_get_empty_words (StoreFolder folder);
/* Rows show whom the letter is to, not whom it is from. */
gboolean app_folder_shows_recipients (StoreFolder folder);
/* The number beside the folder: what waits for the person. */
guint app_folder_pick_count (StoreFolder folder, const StoreCounts *counts);
