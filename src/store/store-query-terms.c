/* SPDX-License-Identifier: MIT */
#include "store-query-private.h"

#include "store-search-text.h"

#include <string.h>

/* ---- words ---- */

static const struct
{
  const char *name;
  guint columns;
} word_operators[] = {
  { "from", 1u << STORE_COLUMN_SENDER },
  { "to", 1u << STORE_COLUMN_RECIPIENTS | 1u << STORE_COLUMN_COPIES },
  { "cc", 1u << STORE_COLUMN_COPIES },
  { "subject", 1u << STORE_COLUMN_SUBJECT },
  { "body", 1u << STORE_COLUMN_BODY | 1u << STORE_COLUMN_ATTACHED },
  { "filename", 1u << STORE_COLUMN_NAMES },
};

guint
store_query_columns (const char *operator)
{
  for (gsize i = 0; i < G_N_ELEMENTS (word_operators); i++)
    if (g_str_equal (word_operators[i].name, operator))
      return word_operators[i].columns;
  return 0;
}

/* ---- dates ---- */

/* The first moment of the day, month or year; moves @until to that of the next. */
static gboolean
read_calendar (const char *text, gint64 *from, gint64 *until)
{
  int fields[3] = { 0, 1, 1 };
  guint count = 0;

  for (const char *at = text; count < 3; at++)
    {
      char *end;
      if (!g_ascii_isdigit (*at))
        return FALSE;
      guint64 number = g_ascii_strtoull (at, &end, 10);
      if (number > 9999 || (count == 0 && number < 1000))
        return FALSE;
      fields[count++] = (int) number;
      at = end;
      if (*at == '\0')
        break;
      if ((*at != '-' && *at != '/' && *at != '.') || count == 3)
        return FALSE;
    }
  g_autoptr (GDateTime) start = g_date_time_new_local (fields[0], fields[1], fields[2], 0, 0, 0);
  if (start == NULL)
    return FALSE;
  g_autoptr (GDateTime) end = count == 1   ? g_date_time_add_years (start, 1)
                              : count == 2 ? g_date_time_add_months (start, 1)
                                           : g_date_time_add_days (start, 1);
  if (end == NULL)
    return FALSE;
  *from = g_date_time_to_unix (start);
  *until = g_date_time_to_unix (end);
  return TRUE;
}

static GDateTime *
go_back (GDateTime *from, int count, char unit)
{
  return unit == 'd'   ? g_date_time_add_days (from, -count)
         : unit == 'w' ? g_date_time_add_weeks (from, -count)
         : unit == 'm' ? g_date_time_add_months (from, -count)
         : unit == 'y' ? g_date_time_add_years (from, -count)
                       : NULL;
}

/* "today", "yesterday", "7d", "2w", "3m", "1y": the last so many days and today. */
static gboolean
read_relative (const char *text, gint64 now, gint64 *from, gint64 *until)
{
  g_autoptr (GDateTime) moment = g_date_time_new_from_unix_local (now);
  g_autoptr (GDateTime) today
      = moment != NULL
            ? g_date_time_new_local (g_date_time_get_year (moment), g_date_time_get_month (moment),
                                     g_date_time_get_day_of_month (moment), 0, 0, 0)
            : NULL;
  g_autoptr (GDateTime) tomorrow = today != NULL ? g_date_time_add_days (today, 1) : NULL;
  g_autoptr (GDateTime) start = NULL;
  char *end;

  if (tomorrow == NULL)
    return FALSE;
  *until = g_date_time_to_unix (tomorrow);
  if (g_str_equal (text, "today"))
    start = g_date_time_ref (today);
  else if (g_str_equal (text, "yesterday"))
    {
      start = g_date_time_add_days (today, -1);
      *until = g_date_time_to_unix (today);
    }
  else if (g_ascii_isdigit (*text))
    {
      guint64 count = g_ascii_strtoull (text, &end, 10);
      if (count <= 9999 && *end != '\0' && end[1] == '\0')
        start = go_back (today, (int) count, *end);
    }
  if (start == NULL)
    return FALSE;
  *from = g_date_time_to_unix (start);
  return TRUE;
}

static gboolean
read_time (const char *text, gint64 now, gint64 *from, gint64 *until)
{
  g_autofree char *lower = g_ascii_strdown (text, -1);

  return read_calendar (lower, from, until) || read_relative (lower, now, from, until);
}

/* "2026-03", or "2026-03..2026-05" with either end left out. */
static gboolean
read_span (const char *text, gint64 now, gint64 *from, gint64 *until)
{
  const char *dots = strstr (text, "..");
  gint64 ignored;

  if (dots == NULL)
    return read_time (text, now, from, until);
  g_autofree char *first = g_strndup (text, (gsize) (dots - text));
  *from = G_MININT64;
  *until = G_MAXINT64;
  return (*first != '\0' || dots[2] != '\0')
         && (*first == '\0' || read_time (first, now, from, &ignored))
         && (dots[2] == '\0' || read_time (dots + 2, now, &ignored, until));
}

static StoreQueryNode *
make_date (const char *operator, const char * value, gint64 now, char **problem)
{
  g_autoptr (StoreQueryNode) node = store_query_node_new (STORE_QUERY_DATE);
  gint64 from, until;

  if (!(g_str_equal (operator, "during") ? read_span (value, now, &from, &until)
                                         : read_time (value, now, &from, &until)))
    {
      *problem = g_strdup_printf ("“%s” is no date: write 2026-03-25, 2026-03, 2026, today, "
                                  "yesterday or 7d",
                                  value);
      return NULL;
    }
  node->first = g_str_equal (operator, "before") ? G_MININT64 : from;
  node->last = g_str_equal (operator, "before")  ? from
               : g_str_equal (operator, "after") ? G_MAXINT64
                                                 : until;
  return g_steal_pointer (&node);
}

/* ---- the rest ---- */

static StoreQueryNode *
make_size (const char *operator, const char * value, char **problem)
{
  char *end;
  double number = g_ascii_strtod (value, &end);
  double unit = 1;

  if (g_ascii_toupper (*end) == 'K')
    unit = 1024;
  else if (g_ascii_toupper (*end) == 'M')
    unit = 1024 * 1024;
  else if (g_ascii_toupper (*end) == 'G')
    unit = 1024 * 1024 * 1024;
  if (unit > 1)
    end++;
  if (g_ascii_toupper (*end) == 'B')
    end++;
  if (!g_ascii_isdigit (*value) || *end != '\0' || !(number * unit < 1e15))
    {
      *problem = g_strdup_printf ("“%s” is no size: write 500K or 10M", value);
      return NULL;
    }
  StoreQueryNode *node = store_query_node_new (STORE_QUERY_SIZE);
  gboolean larger = g_str_equal (operator, "larger");
  node->first = larger ? (gint64) (number * unit) : -1;
  node->last = larger ? G_MAXINT64 : (gint64) (number * unit);
  return node;
}

static const struct
{
  const char *word;
  const char *column;
  gint64 value;
} states[] = {
  { "unread", "seen", 0 },      { "read", "seen", 1 },           { "flagged", "flagged", 1 },
  { "starred", "flagged", 1 },  { "unflagged", "flagged", 0 },   { "answered", "answered", 1 },
  { "replied", "answered", 1 }, { "unanswered", "answered", 0 },
};

static StoreQueryNode *
make_state (const char *value, char **problem)
{
  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    if (g_ascii_strcasecmp (states[i].word, value) == 0)
      {
        StoreQueryNode *node = store_query_node_new (STORE_QUERY_IS);
        node->text = g_strdup (states[i].column);
        node->number = states[i].value;
        return node;
      }
  *problem = g_strdup_printf ("A letter is not “%s”: write is:unread, read, flagged, unflagged, "
                              "answered or unanswered",
                              value);
  return NULL;
}

static StoreQueryNode *
make_attachment (const char *value, char **problem)
{
  if (g_ascii_strcasecmp (value, "attachment") != 0
      && g_ascii_strcasecmp (value, "attachments") != 0)
    {
      *problem = g_strdup_printf ("A letter has no “%s”: write has:attachment", value);
      return NULL;
    }
  StoreQueryNode *node = store_query_node_new (STORE_QUERY_IS);
  node->text = g_strdup ("attachments");
  node->number = 1;
  return node;
}

static StoreQueryNode *
make_folder (const char *value, char **problem)
{
  gboolean any
      = g_ascii_strcasecmp (value, "any") == 0 || g_ascii_strcasecmp (value, "anywhere") == 0;
  StoreFolder folder = STORE_FOLDER_INBOX;

  if (!any && !store_folder_from_name (value, &folder))
    {
      *problem = g_strdup_printf ("There is no folder “%s”: write in:inbox, sent, drafts, outbox, "
                                  "trash, junk or any",
                                  value);
      return NULL;
    }
  StoreQueryNode *node = store_query_node_new (STORE_QUERY_IN);
  node->number = any ? -1 : (gint64) folder;
  return node;
}

static StoreQueryNode *
make_id (const char *value)
{
  StoreQueryNode *node = store_query_node_new (STORE_QUERY_ID);
  gsize length = strlen (value);

  if (strspn (value, "0123456789") == length && length < 19)
    node->number = g_ascii_strtoll (value, NULL, 10);
  else if (*value == '<' && value[length - 1] == '>')
    node->text = g_strndup (value + 1, length - 2);
  else
    node->text = g_strdup (value);
  return node;
}

StoreQueryNode *
store_query_term (const char *operator, const char * value, gint64 now, char **problem)
{
  if (g_str_equal (operator, "tag"))
    {
      StoreQueryNode *node = store_query_node_new (STORE_QUERY_TAG);
      node->text = g_strdup (value);
      return node;
    }
  if (g_str_equal (operator, "in"))
    return make_folder (value, problem);
  if (g_str_equal (operator, "is"))
    return make_state (value, problem);
  if (g_str_equal (operator, "has"))
    return make_attachment (value, problem);
  if (g_str_equal (operator, "before") || g_str_equal (operator, "after")
      || g_str_equal (operator, "during"))
    return make_date (operator, value, now, problem);
  if (g_str_equal (operator, "larger") || g_str_equal (operator, "smaller"))
    return make_size (operator, value, problem);
  return g_str_equal (operator, "id") ? make_id (value) : NULL;
}
