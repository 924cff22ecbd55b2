/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <message-address.h>
#include <string.h>

/* What was parsed must mean the same when it is written and parsed again. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) mailboxes = message_mailboxes_parse (text, &error);

  g_assert_true ((mailboxes == NULL) == (error != NULL));
  if (mailboxes == NULL)
    {
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }
  for (guint i = 0; i < mailboxes->len; i++)
    {
      const MessageMailbox *mailbox = g_ptr_array_index (mailboxes, i);

      g_assert_true (g_utf8_validate (mailbox->name, -1, NULL));
      g_assert_true (g_utf8_validate (mailbox->address, -1, NULL));
      g_assert_nonnull (strchr (mailbox->address, '@'));
      g_assert_null (strpbrk (mailbox->name, "\r\n"));
      g_assert_null (strpbrk (mailbox->address, "\r\n"));
    }
  g_autofree char *again = message_mailboxes_to_string (mailboxes);
  g_autoptr (GPtrArray) twice = message_mailboxes_parse (again, NULL);
  if (twice != NULL)
    g_assert_cmpuint (twice->len, ==, mailboxes->len);
  return 0;
}
