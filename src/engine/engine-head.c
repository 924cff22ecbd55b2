/* SPDX-License-Identifier: MIT */
#include "engine-head-private.h"

#include <string.h>

#define MAX_MESSAGE_ID 1024 /* no line of a letter is longer */

enum
{
  RECEIVED,
  MESSAGE_ID,
  N_FIELDS,
  NO_FIELD = -1,
};

static const char *const fields[N_FIELDS] = {
  [RECEIVED] = "received:",
  [MESSAGE_ID] = "message-id:",
};

void
engine_head_init (EngineHead *head)
{
  *head = (EngineHead){ .field = NO_FIELD };
}

void
engine_head_clear (EngineHead *head)
{
  if (head->message_id != NULL)
    g_string_free (head->message_id, TRUE);
  head->message_id = NULL;
}

static void
begin_field (EngineHead *head, int field)
{
  head->field = field;
  if (field == RECEIVED)
    head->hops++;
  else if (head->message_id == NULL)
    head->message_id = g_string_new (NULL);
  else
    head->field = NO_FIELD;
}

static void
take_octet (EngineHead *head, guint8 c)
{
  /* A line that begins with white space goes on with the field before (RFC 5322 section 2.2.3). */
  if (head->column == 0 && c != ' ' && c != '\t')
    {
      head->field = NO_FIELD;
      head->candidates = (1 << N_FIELDS) - 1;
    }
  else if (head->column == 0)
    head->candidates = 0;
  if (head->field == MESSAGE_ID && head->message_id->len < MAX_MESSAGE_ID && c != '\0' && c != '\r')
    g_string_append_c (head->message_id, (char) c);
  for (int i = 0; i < N_FIELDS && head->candidates != 0; i++)
    {
      if ((head->candidates & (1u << i)) == 0)
        continue;
      if (g_ascii_tolower ((char) c) != fields[i][head->column])
        head->candidates &= ~(1u << i);
      else if (fields[i][head->column + 1] == '\0')
        {
          head->candidates = 0;
          begin_field (head, i);
        }
    }
  head->column++;
}

void
engine_head_feed (EngineHead *head, const guint8 *data, gsize length)
{
  for (gsize i = 0; i < length && !head->over; i++)
    {
      guint8 c = data[i];

      if (c == '\n' && head->last == '\r')
        {
          /* The line held nothing but its CR: the head is over. */
          head->over = head->column <= 1;
          head->column = 0;
        }
      else
        take_octet (head, c);
      head->last = c;
    }
}
