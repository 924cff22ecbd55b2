/* SPDX-License-Identifier: MIT */
#include "store-words.h"

#include <string.h>

/* What is longer is no word of a person's but encoded data; its beginning is enough to find it. */
#define MAX_WORD 64
#define MAX_FOLD 18 /* characters that one character can decompose into */

typedef struct
{
  StoreWordFunc func;
  gpointer data;
  gboolean query;

  char word[MAX_WORD + 8];
  gsize length;
  gsize start;

  /* The character before this one, of a script without spaces. */
  char last[8];
  gsize last_length; /* 0: none */
  gsize last_start;
  gboolean paired; /* it was the second of a pair */
} Splitter;

gboolean
store_words_is_joined (gunichar c)
{
  if (c < 0x0e00)
    return FALSE;
  if (c < 0x3000)
    return c < 0x0f00 || (c >= 0x1000 && c < 0x10a0) || (c >= 0x1780 && c < 0x1800)
           || (c >= 0x1100 && c < 0x1200);
  return (c >= 0x3005 && c <= 0x3007) || (c >= 0x3041 && c < 0x3097) || (c >= 0x30a1 && c < 0x3100)
         || (c >= 0x3105 && c < 0x3190) || (c >= 0x31f0 && c < 0x3200)
         || (c >= 0x3400 && c < 0x4dc0) || (c >= 0x4e00 && c < 0xa000)
         || (c >= 0xac00 && c < 0xd7a4) || (c >= 0xf900 && c < 0xfb00)
         || (c >= 0x20000 && c < 0x32000);
}

static int
give (Splitter *splitter, const char *text, gsize length, gsize start, gsize end, gboolean same)
{
  StoreWord word
      = { .text = text, .length = length, .start = start, .end = end, .same_place = same };

  return splitter->func (&word, splitter->data);
}

static int
end_word (Splitter *splitter, gsize end)
{
  gsize length = splitter->length;

  splitter->length = 0;
  return length > 0 ? give (splitter, splitter->word, length, splitter->start, end, FALSE) : 0;
}

static int
end_run (Splitter *splitter, gsize end)
{
  gsize length = splitter->last_length;

  splitter->last_length = 0;
  if (length == 0 || (splitter->paired && splitter->query))
    return 0;
  return give (splitter, splitter->last, length, splitter->last_start, end, splitter->paired);
}

static int
add_joined (Splitter *splitter, gunichar c, gsize start, gsize end)
{
  char pair[16];
  char own[8];
  gsize length = (gsize) g_unichar_to_utf8 (c, own);
  int stop = 0;

  splitter->paired = splitter->last_length > 0;
  if (splitter->paired)
    {
      memcpy (pair, splitter->last, splitter->last_length);
      memcpy (pair + splitter->last_length, own, length);
      stop
          = give (splitter, pair, splitter->last_length + length, splitter->last_start, end, FALSE);
    }
  memcpy (splitter->last, own, length);
  splitter->last_length = length;
  splitter->last_start = start;
  return stop;
}

static void
add_folded (Splitter *splitter, gunichar c)
{
  if (c == 0xdf || c == 0x1e9e)
    {
      add_folded (splitter, 's');
      c = 's';
    }
  if (splitter->length < MAX_WORD)
    splitter->length
        += (gsize) g_unichar_to_utf8 (g_unichar_tolower (c), splitter->word + splitter->length);
}

static int
end_both (Splitter *splitter, gsize end)
{
  int stop = end_word (splitter, end);

  return stop != 0 ? stop : end_run (splitter, end);
}

/* A character beyond ASCII, taken apart so that its accents can be left out. */
static int
add_character (Splitter *splitter, gunichar c, gsize start, gsize end)
{
  gunichar parts[MAX_FOLD];
  gsize count;
  int stop = 0;

  if (store_words_is_joined (c))
    {
      stop = end_word (splitter, start);
      return stop != 0 ? stop : add_joined (splitter, c, start, end);
    }
  count = g_unichar_fully_decompose (c, TRUE, parts, MAX_FOLD);
  if (count > 0 && store_words_is_joined (parts[0]))
    {
      stop = end_word (splitter, start);
      return stop != 0 ? stop : add_joined (splitter, parts[0], start, end);
    }
  if (g_unichar_ismark (c) || c == 0xad || (c >= 0x200b && c <= 0x200d))
    return 0;
  if (!g_unichar_isalnum (c))
    return end_both (splitter, start);
  stop = end_run (splitter, start);
  if (splitter->length == 0)
    splitter->start = start;
  for (gsize i = 0; i < count && i < MAX_FOLD; i++)
    if (g_unichar_isalnum (parts[i]))
      add_folded (splitter, parts[i]);
  return stop;
}

static int
add_ascii (Splitter *splitter, char c, gsize start)
{
  if (!g_ascii_isalnum (c))
    return splitter->length > 0 || splitter->last_length > 0 ? end_both (splitter, start) : 0;
  if (splitter->last_length > 0)
    {
      int stop = end_run (splitter, start);
      if (stop != 0)
        return stop;
    }
  if (splitter->length == 0)
    splitter->start = start;
  if (splitter->length < MAX_WORD)
    splitter->word[splitter->length++] = g_ascii_tolower (c);
  return 0;
}

int
store_words_each (const char *text, gsize length, gboolean query, StoreWordFunc func, gpointer data)
{
  Splitter splitter = { .func = func, .data = data, .query = query };
  int stop = 0;

  for (gsize i = 0; i < length && stop == 0;)
    {
      if ((guchar) text[i] < 0x80)
        {
          stop = add_ascii (&splitter, text[i], i);
          i++;
          continue;
        }
      gunichar c = g_utf8_get_char_validated (text + i, (gssize) (length - i));
      gsize next = i + 1;
      if (c == (gunichar) -1 || c == (gunichar) -2)
        c = 0xfffd;
      else
        next = i + (gsize) g_unichar_to_utf8 (c, NULL);
      stop = add_character (&splitter, c, i, next);
      i = next;
    }
  return stop != 0 ? stop : end_both (&splitter, length);
}
