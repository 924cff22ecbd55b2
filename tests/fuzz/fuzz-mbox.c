/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <message-mbox.h>
#include <string.h>

typedef struct
{
  GPtrArray *letters; /* of GString */
  gboolean open;
  uint64_t size; /* of the file */
  unsigned body;
} Seen;

static void
on_begin (gpointer data)
{
  Seen *seen = data;

  g_assert_false (seen->open);
  seen->open = TRUE;
  g_ptr_array_add (seen->letters, g_string_new (NULL));
}

static void
on_text (const char *text, gsize length, gpointer data)
{
  Seen *seen = data;

  g_assert_true (seen->open);
  g_assert_cmpuint (length, >, 0);
  g_string_append_len (seen->letters->pdata[seen->letters->len - 1], text, (gssize) length);
}

static void
on_end (const MessageMboxStatus *status, gpointer data)
{
  Seen *seen = data;

  g_assert_true (seen->open);
  seen->open = FALSE;
}

static MessageMboxBody
on_measure (guint64 offset, guint64 length, gpointer data)
{
  Seen *seen = data;

  g_assert_cmpuint (offset, <=, seen->size);
  return (MessageMboxBody) (seen->body++ % 3);
}

static void
string_free (gpointer string)
{
  g_string_free (string, TRUE);
}

static GPtrArray *
read_all (MessageMboxDialect dialect, const char *text, gsize length, gsize piece)
{
  static const MessageMboxSink sink = { on_begin, on_text, on_end, on_measure };
  Seen seen = { .letters = g_ptr_array_new_with_free_func (string_free), .size = length };
  g_autoptr (MessageMboxReader) reader = message_mbox_reader_new (dialect, &sink, &seen);

  for (gsize at = 0; at < length; at += piece)
    message_mbox_reader_feed (reader, text + at, MIN (piece, length - at));
  message_mbox_reader_end (reader);
  g_assert_false (seen.open);
  return seen.letters;
}

/* However the file comes, the letters are the same; and what is written is read again. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *text = (const char *) data;
  MessageMboxDialect dialect = size > 0 ? (MessageMboxDialect) (data[0] % 5) : MESSAGE_MBOX_AUTO;
  static const MessageMboxStatus status = { FALSE };
  g_autoptr (GPtrArray) whole = read_all (dialect, text, size, MAX (size, 1));
  g_autoptr (GPtrArray) pieces = read_all (dialect, text, size, 3);

  g_assert_cmpuint (whole->len, ==, pieces->len);
  for (guint i = 0; i < whole->len; i++)
    g_assert_true (g_string_equal (whole->pdata[i], pieces->pdata[i]));

  g_autoptr (GString) written
      = message_mbox_format (MESSAGE_MBOX_RD, text, size, "a@b", 0, &status);
  g_autoptr (GPtrArray) again = read_all (MESSAGE_MBOX_RD, written->str, written->len, 100);
  g_assert_cmpuint (again->len, ==, 1);
  return 0;
}
