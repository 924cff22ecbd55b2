/* SPDX-License-Identifier: MIT */
#include "message-date.h"

#include "message-address.h"

#include "message-gmime-private.h"

/* Names are English whatever the locale. */
static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
static const char *const months[]
    = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

char *
message_date_format (gint64 seconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (seconds);

  if (time == NULL)
    return g_strdup ("");
  gint64 minutes = g_date_time_get_utc_offset (time) / G_TIME_SPAN_MINUTE;
  return g_strdup_printf ("%s, %d %s %d %02d:%02d:%02d %c%02d%02d",
                          days[g_date_time_get_day_of_week (time) - 1],
                          g_date_time_get_day_of_month (time),
                          months[g_date_time_get_month (time) - 1], g_date_time_get_year (time),
                          g_date_time_get_hour (time), g_date_time_get_minute (time),
                          g_date_time_get_second (time), minutes < 0 ? '-' : '+',
                          (int) (ABS (minutes) / 60), (int) (ABS (minutes) % 60));
}

gint64
message_date_parse (const char *text)
{
  if (text == NULL)
    return 0;
  message_init ();
  g_autoptr (GDateTime) time = g_mime_utils_header_decode_date (text);
  return time != NULL ? MAX (g_date_time_to_unix (time), 0) : 0;
}
