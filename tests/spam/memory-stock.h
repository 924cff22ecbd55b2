/* SPDX-License-Identifier: MIT */
#pragma once

/* Counts in memory, for tests. */

#include <spam-verdict.h>
#include <string.h>

typedef struct
{
  GHashTable *counts; /* guint64 -> SpamCount */
  SpamCount letters;
  gboolean broken;
} MemoryStock;

static inline gboolean
memory_stock_look_up (gpointer data,
                      const guint64 *keys,
                      gsize n,
                      SpamCount *counts,
                      SpamCount *letters,
                      GError **error)
{
  MemoryStock *stock = data;

  if (stock->broken)
    {
      g_set_error_literal (error, SPAM_ERROR, SPAM_ERROR_STOCK, "The disk is gone");
      return FALSE;
    }
  *letters = stock->letters;
  for (gsize i = 0; i < n; i++)
    {
      const SpamCount *count = g_hash_table_lookup (stock->counts, &keys[i]);
      if (count != NULL)
        counts[i] = *count;
    }
  return TRUE;
}

static inline MessageLetter *
memory_parse (const char *text)
{
  g_autoptr (GBytes) source = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;
  MessageLetter *letter = message_letter_parse (source, &error);

  g_assert_no_error (error);
  return letter;
}

static inline void
memory_stock_learn (MemoryStock *stock, const char *text, gboolean junk)
{
  g_autoptr (MessageLetter) letter = memory_parse (text);
  g_autoptr (SpamWords) words = spam_words_of_letter (letter);

  if (stock->counts == NULL)
    stock->counts = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  *(junk ? &stock->letters.junk : &stock->letters.good) += 1;
  for (guint i = 0; i < words->words->len; i++)
    {
      guint64 key = g_array_index (words->words, SpamWord, i).key;
      SpamCount *count = g_hash_table_lookup (stock->counts, &key);
      if (count == NULL)
        {
          count = g_new0 (SpamCount, 1);
          g_hash_table_insert (stock->counts, g_memdup2 (&key, sizeof key), count);
        }
      *(junk ? &count->junk : &count->good) += 1;
    }
}
