/* SPDX-License-Identifier: MIT */
#pragma once

/* The right pane: one letter with its header, its text and its attachments. Main thread. */

#include "app-application.h"
#include "app-attachments.h"

#define APP_TYPE_READER (app_reader_get_type ())
G_DECLARE_FINAL_TYPE (AppReader, app_reader, APP, READER, AdwBin)

/* Signals: "letter-changed" () when another letter, or none, is there to be used; "link" (string);
 * "said" (string). */

void app_reader_set_office (AppReader *reader, EngineOffice *office);

/* Reads and shows the letter; the one shown already stays. */
void app_reader_show (AppReader *reader, gint64 id, StoreFolder folder);
/* The letter shown has changed. */
void app_reader_reload (AppReader *reader);
/* One that is in no folder; needs no office. */
void app_reader_show_letter (AppReader *reader, MessageLetter *letter);
/* Why there is no letter to show. */
void app_reader_show_problem (AppReader *reader, const char *words);
/* No letter: none is selected (0), or several are. */
void app_reader_show_none (AppReader *reader, guint n_selected);

MessageLetter *app_reader_get_letter (AppReader *reader); /* borrowed; NULL until it was read */
gint64 app_reader_get_id (AppReader *reader);             /* 0: none */
gboolean app_reader_is_partial (AppReader *reader);       /* only its beginning is here */
AppAttachments *app_reader_get_attachments (AppReader *reader);

void app_reader_set_plain_text (AppReader *reader, gboolean plain);
/* Of this letter, this time. */
void app_reader_load_images (AppReader *reader);
