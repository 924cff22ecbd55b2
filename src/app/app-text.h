/* SPDX-License-Identifier: MIT */
#pragma once

/* Dates, names and failures as people say them; translated. Main thread. */

#include <engine-error.h>
#include <message-address.h>

/* "14:05", "Yesterday", "Monday", "3 May", "3 May 2019"; "" for 0. */
char *app_text_short_date (gint64 seconds);
/* "Monday, 23 November 2026, 14:05" */
char *app_text_long_date (gint64 seconds);

/* "Ann, Bob" of "Ann Lee <ann@…>, bob@…"; for a list. */
char *app_text_names (const char *mailboxes);

/* What failed, for a toast or a message; the one place where the engine's errors get the person's
 * language. Falls back on the engine's own words. */
char *app_text_failure (const GError *error);
/* What no person needs to hear. */
gboolean app_text_is_cancelled (const GError *error);
