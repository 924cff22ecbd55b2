/* SPDX-License-Identifier: MIT */
#pragma once

/* Dates of RFC 5322 section 3.3. Any thread. */

#include <glib.h>

/* "Mon, 23 Nov 2026 10:00:00 +0000" in the local time zone; @seconds since 1970 UTC. */
char *message_date_format (gint64 seconds);

/* Seconds since 1970 UTC, or 0 when it is no date. */
gint64 message_date_parse (const char *text);
