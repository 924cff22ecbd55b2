/* SPDX-License-Identifier: MIT */
#include "app-text.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#define ZONE_SECONDS 5

static gint
days_between (GDateTime *earlier, GDateTime *later)
{
  GDate from, to;

  g_date_clear (&from, 1);
  g_date_clear (&to, 1);
  g_date_set_dmy (&from, (GDateDay) g_date_time_get_day_of_month (earlier),
                  (GDateMonth) g_date_time_get_month (earlier),
                  (GDateYear) g_date_time_get_year (earlier));
  g_date_set_dmy (&to, (GDateDay) g_date_time_get_day_of_month (later),
                  (GDateMonth) g_date_time_get_month (later),
                  (GDateYear) g_date_time_get_year (later));
  return g_date_days_between (&from, &to);
}

static char *
format (GDateTime *date, const char *pattern)
{
  char *text = g_date_time_format (date, pattern);

  /* A translation may hold what is no pattern. */
  return text ? text : g_strdup ("");
}

/* The zone is looked up on the disk at each asking: dates of some seconds share one. Borrowed. */
static GTimeZone *
get_zone (void)
{
  static GTimeZone *zone;
  static gint64 until;
  gint64 now = g_get_monotonic_time ();

  if (!zone || now > until)
    {
      g_clear_pointer (&zone, g_time_zone_unref);
      zone = g_time_zone_new_local ();
      until = now + ZONE_SECONDS * G_USEC_PER_SEC;
    }
  return zone;
}

char *
app_text_short_date (gint64 seconds)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (seconds);
  g_autoptr (GDateTime) now = g_date_time_new_now (get_zone ());
  g_autoptr (GDateTime) date = utc ? g_date_time_to_timezone (utc, get_zone ()) : NULL;
  gint days;

  if (seconds == 0 || !date)
    return g_strdup ("");
  days = days_between (date, now);
  if (days == 0)
    /* Translators: a time of today, as g_date_time_format() takes it */
    return format (date, _ ("%H:%M"));
  if (days == 1)
    return g_strdup (_ ("Yesterday"));
  if (days > 1 && days < 7)
    return format (date, "%A");
  if (g_date_time_get_year (date) == g_date_time_get_year (now))
    /* Translators: a day of this year, as g_date_time_format() takes it */
    return format (date, _ ("%-e %b"));
  /* Translators: a day of another year, as g_date_time_format() takes it */
  return format (date, _ ("%-e %b %Y"));
}

char *
app_text_long_date (gint64 seconds)
{
  g_autoptr (GDateTime) date = NULL;

  if (seconds == 0 || !(date = g_date_time_new_from_unix_local (seconds)))
    return g_strdup (_ ("No date"));
  /* Translators: a day and a time, as g_date_time_format() takes them */
  return format (date, _ ("%A, %-e %B %Y, %H:%M"));
}

char *
app_text_names (const char *mailboxes)
{
  g_autoptr (GPtrArray) parsed = mailboxes ? message_mailboxes_parse (mailboxes, NULL) : NULL;
  GString *names;

  if (!parsed || parsed->len == 0)
    return g_strdup (mailboxes ? mailboxes : "");
  if (parsed->len == 1)
    {
      const MessageMailbox *only = g_ptr_array_index (parsed, 0);

      return g_strdup (*only->name ? only->name : only->address);
    }
  names = g_string_new (NULL);
  for (guint i = 0; i < parsed->len; i++)
    {
      const MessageMailbox *mailbox = g_ptr_array_index (parsed, i);
      const char *end;

      if (i > 0)
        g_string_append (names, ", ");
      if (*mailbox->name)
        g_string_append (names, mailbox->name);
      else
        {
          end = strchr (mailbox->address, '@');
          g_string_append_len (names, mailbox->address, end ? end - mailbox->address : -1);
        }
    }
  return g_string_free (names, FALSE);
}

static const char *
name_failure (int code)
{
  switch ((EngineError) code)
    {
    case ENGINE_ERROR_NETWORK:
      return N_ ("No connection");
    case ENGINE_ERROR_CERTIFICATE:
      return N_ ("The server’s certificate is not to be trusted");
    case ENGINE_ERROR_AUTH:
      return N_ ("The server did not accept the user name or password");
    case ENGINE_ERROR_SIGN_IN:
      return N_ ("Sign in again");
    case ENGINE_ERROR_REFUSED:
      return N_ ("The server refused");
    case ENGINE_ERROR_PROTOCOL:
      return N_ ("The server could not be understood");
    case ENGINE_ERROR_STORE:
      return N_ ("Your letters could not be read or written");
    case ENGINE_ERROR_IN_DOUBT:
      return N_ ("Sent, but the server gave no answer");
    case ENGINE_ERROR_BUSY:
      return N_ ("Busy");
    case ENGINE_ERROR_NOT_FOUND:
    case ENGINE_ERROR_EXISTS:
    case ENGINE_ERROR_INVALID:
    default:
      return NULL;
    }
}

char *
app_text_failure (const GError *error)
{
  const char *name = error->domain == ENGINE_ERROR ? name_failure (error->code) : NULL;

  if (!name)
    return g_strdup (error->message);
  /* Translators: the kind of failure, then the details in English */
  return g_strdup_printf (_ ("%s: %s"), _ (name), error->message);
}

gboolean
app_text_is_cancelled (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}
