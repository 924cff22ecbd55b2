/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The letters of one folder, newest first: a GListModel of AppLetterItem. It holds the folder's
 * ids; items are made when a row asks for them, and filled in blocks, so a folder of a million
 * letters opens as fast as one of ten. Main thread.
 */

#include "app-letter-item.h"

#include <engine-office.h>

#define APP_TYPE_LETTER_MODEL (app_letter_model_get_type ())
G_DECLARE_FINAL_TYPE (AppLetterModel, app_letter_model, APP, LETTER_MODEL, GObject)

/* Properties with notify: "loaded" (boolean): the ids have come once; "settled"
 * (boolean): what is here answers the query, not the one before; "query" (string): only what
 * it finds is here, or NULL; "notice" (string): what in it could not be understood, or NULL. Signal
 * "failed" (string): the folder could not be read. */

AppLetterModel *app_letter_model_new (EngineOffice *office, StoreFolder folder);
/* NULL or "": the whole folder. The words being typed may end in the middle of one. */
void app_letter_model_set_query (AppLetterModel *model, const char *query);
const char *app_letter_model_get_query (AppLetterModel *model);  /* borrowed, or NULL */
const char *app_letter_model_get_notice (AppLetterModel *model); /* borrowed, or NULL */
gboolean app_letter_model_has_more (AppLetterModel *model);      /* than are here */
StoreFolder app_letter_model_get_folder (AppLetterModel *model);
gboolean app_letter_model_is_loaded (AppLetterModel *model);
gboolean app_letter_model_is_settled (AppLetterModel *model);

/* G_MAXUINT when @id is not in the folder. */
guint app_letter_model_find (AppLetterModel *model, gint64 id);
/* 0 beyond the end. Makes no item. */
gint64 app_letter_model_get_id (AppLetterModel *model, guint position);
