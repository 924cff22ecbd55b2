/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <message-letter.h>

#include <string.h>

static void
check_text (const char *text, gboolean one_line)
{
  if (text == NULL)
    return;
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (const char *at = text; one_line && *at != '\0'; at++)
    g_assert_true ((guchar) *at >= 0x20 && *at != 0x7f);
}

static void
check_mailboxes (GPtrArray *mailboxes)
{
  for (guint i = 0; i < mailboxes->len; i++)
    {
      const MessageMailbox *mailbox = g_ptr_array_index (mailboxes, i);

      check_text (mailbox->name, TRUE);
      check_text (mailbox->address, TRUE);
      g_assert_true (*mailbox->address != '\0');
    }
}

static void
check_part (MessagePart *part)
{
  const char *name = message_part_get_file_name (part);
  g_autofree char *text = message_part_dup_text (part);

  check_text (name, TRUE);
  check_text (text, FALSE);
  check_text (message_part_get_content_type (part), FALSE);
  g_assert_cmpuint (message_part_get_size (part), ==,
                    g_bytes_get_size (message_part_get_bytes (part)));
  if (name == NULL)
    return;
  g_assert_true (*name != '\0' && *name != '.');
  g_assert_null (strpbrk (name, "/\\"));
}

static void
check_letter (MessageLetter *letter)
{
  g_autofree char *text = message_letter_dup_text (letter);
  g_autofree char *snippet = message_letter_dup_snippet (letter, 50);
  g_autofree char *headers = message_letter_dup_headers (letter);
  GPtrArray *parts = message_letter_get_parts (letter);

  check_text (message_letter_get_subject (letter), TRUE);
  check_text (text, FALSE);
  check_text (snippet, TRUE);
  check_text (headers, FALSE);
  check_text (message_letter_get_html (letter), FALSE);
  g_assert_cmpint (g_utf8_strlen (snippet, -1), <=, 50);
  g_assert_cmpint (message_letter_get_date (letter), >=, 0);
  check_mailboxes (message_letter_get_from (letter));
  check_mailboxes (message_letter_get_to (letter));
  check_mailboxes (message_letter_get_cc (letter));
  check_mailboxes (message_letter_get_reply_to (letter));
  g_assert_cmpuint (parts->len, <=, 1000);
  g_assert_cmpuint (message_letter_get_attachments (letter)->len, <=, parts->len);
  for (guint i = 0; i < parts->len; i++)
    check_part (g_ptr_array_index (parts, i));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) source = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (MessageLetter) letter = message_letter_parse (source, &error);

  /* Anything that is not empty is a letter. */
  g_assert_true ((letter != NULL) == (size > 0));
  g_assert_true ((letter == NULL) == (error != NULL));
  if (letter != NULL)
    check_letter (letter);
  return 0;
}
