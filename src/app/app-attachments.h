/* SPDX-License-Identifier: MIT */
#pragma once

/* A letter's attachments as a flow of chips, each to be opened or saved. Main thread. */

#include <adwaita.h>
#include <message-letter.h>

#define APP_TYPE_ATTACHMENTS (app_attachments_get_type ())
G_DECLARE_FINAL_TYPE (AppAttachments, app_attachments, APP, ATTACHMENTS, AdwBin)

/* Signal "said" (string): a result, for a toast. */

/* NULL: none. */
void app_attachments_set_letter (AppAttachments *attachments, MessageLetter *letter);
guint app_attachments_get_count (AppAttachments *attachments);

/* @index from 0; one that does not exist is ignored. Open hands a copy to the desktop's program for
 * it; programs are never run. The others ask where to. */
void app_attachments_open (AppAttachments *attachments, guint index);
void app_attachments_save (AppAttachments *attachments, guint index);
void app_attachments_save_all (AppAttachments *attachments);
