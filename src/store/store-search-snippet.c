/* SPDX-License-Identifier: MIT */
#include "store-search-snippet.h"

#include "store-search-text.h"
#include "store-words.h"

#include <string.h>

#define BEFORE      40  /* octets, about, before the first word that is marked */
#define LENGTH      200 /* octets, about */
#define MAX_MATCHES 500
#define MAX_WORDS   30 /* bits of a guint32, less two */

typedef struct
{
  char *text;
  gboolean prefix;
} Wanted;

struct _StoreSnippets
{
  GArray *wanted; /* of Wanted */
};

typedef struct
{
  gsize start;
  gsize end;
  guint word;
} Match;

typedef struct
{
  StoreSnippets *snippets;
  GArray *matches;
} Search;

/* ---- the words ---- */

static void
wanted_clear (gpointer data)
{
  g_free (((Wanted *) data)->text);
}

static int
want_word (const StoreWord *word, gpointer data)
{
  StoreSnippets *snippets = data;
  Wanted wanted = { .text = g_strndup (word->text, word->length) };

  g_array_append_val (snippets->wanted, wanted);
  return snippets->wanted->len >= MAX_WORDS;
}

static void
collect (StoreSnippets *snippets, const StoreQueryNode *node)
{
  guint before = snippets->wanted->len;
  guint texts = 1u << STORE_COLUMN_BODY | 1u << STORE_COLUMN_ATTACHED;

  if (node->kind == STORE_QUERY_WORDS && before < MAX_WORDS
      && (node->columns == 0 || (node->columns & texts) != 0))
    {
      store_words_each (node->text, strlen (node->text), TRUE, want_word, snippets);
      if (node->prefix && snippets->wanted->len > before)
        g_array_index (snippets->wanted, Wanted, snippets->wanted->len - 1).prefix = TRUE;
    }
  if (node->kind != STORE_QUERY_ALL && node->kind != STORE_QUERY_ANY)
    return;
  for (guint i = 0; i < node->children->len; i++)
    collect (snippets, node->children->pdata[i]);
}

StoreSnippets *
store_snippets_new (const StoreQuery *query)
{
  StoreSnippets *snippets = g_new0 (StoreSnippets, 1);

  snippets->wanted = g_array_new (FALSE, FALSE, sizeof (Wanted));
  g_array_set_clear_func (snippets->wanted, wanted_clear);
  if (query->root != NULL)
    collect (snippets, query->root);
  return snippets;
}

void
store_snippets_free (StoreSnippets *snippets)
{
  g_array_unref (snippets->wanted);
  g_free (snippets);
}

/* ---- the line ---- */

static int
match_word (const StoreWord *word, gpointer data)
{
  Search *search = data;

  for (guint i = 0; i < search->snippets->wanted->len; i++)
    {
      const Wanted *wanted = &g_array_index (search->snippets->wanted, Wanted, i);
      gsize length = strlen (wanted->text);
      if ((wanted->prefix ? word->length < length : word->length != length)
          || memcmp (word->text, wanted->text, length) != 0)
        continue;
      Match match = { .start = word->start, .end = word->end, .word = i };
      g_array_append_val (search->matches, match);
      break;
    }
  return search->matches->len >= MAX_MATCHES;
}

/* Where most of the words stand near each other: the index of the first of them. */
static guint
find_best (GArray *matches)
{
  guint best = 0, most = 0;

  for (guint i = 0; i < matches->len; i++)
    {
      const Match *first = &g_array_index (matches, Match, i);
      guint32 seen = 0;
      for (guint n = i; n < matches->len; n++)
        {
          const Match *match = &g_array_index (matches, Match, n);
          if (match->end > first->start + LENGTH - BEFORE)
            break;
          seen |= 1u << match->word;
        }
      guint count = 0;
      for (; seen != 0; seen &= seen - 1)
        count++;
      if (count > most)
        {
          most = count;
          best = i;
        }
    }
  return best;
}

/* The start of a word, or at least of a character, a little before @at. */
static gsize
find_start (const char *text, gsize at)
{
  gsize start = at > BEFORE ? at - BEFORE : 0;

  while (start > 0 && ((guchar) text[start] & 0xc0) == 0x80)
    start--;
  for (gsize i = start; start > 0 && i < at; i++)
    if (g_ascii_isspace (text[i]))
      return i + 1;
  return start;
}

static void
add_mark (StoreFound *found, guint start, guint end)
{
  StoreMark *last = found->marks->len > 0
                        ? &g_array_index (found->marks, StoreMark, found->marks->len - 1)
                        : NULL;
  StoreMark mark = { start, end };

  /* Pairs of characters overlap. */
  if (last != NULL && start <= last->end)
    last->end = MAX (last->end, end);
  else
    g_array_append_val (found->marks, mark);
}

/* Copies one character, or one blank for many. */
static gsize
copy_character (GString *line, const char *text, gsize at)
{
  const char *next = g_utf8_next_char (text + at);
  gunichar c = g_utf8_get_char (text + at);

  if (g_unichar_isspace (c) || g_unichar_iscntrl (c))
    {
      if (line->len > 0 && line->str[line->len - 1] != ' ')
        g_string_append_c (line, ' ');
    }
  else
    g_string_append_len (line, text + at, next - (text + at));
  return (gsize) (next - text);
}

static void
write_line (const char *text, GArray *matches, guint best, StoreFound *found)
{
  gsize at = find_start (text, g_array_index (matches, Match, best).start);
  gsize end = at + LENGTH;
  GString *line = g_string_new (at > 0 ? "…" : NULL);

  for (guint next = best; text[at] != '\0' && at < end;)
    {
      while (next < matches->len && g_array_index (matches, Match, next).end <= at)
        next++;
      const Match *match = next < matches->len ? &g_array_index (matches, Match, next) : NULL;
      if (match == NULL || match->start > at)
        {
          at = copy_character (line, text, at);
          continue;
        }
      guint start = (guint) line->len;
      while (at < match->end)
        at = copy_character (line, text, at);
      add_mark (found, start, (guint) line->len);
    }
  if (text[at] != '\0')
    g_string_append (line, "…");
  g_free (found->snippet);
  found->snippet = g_string_free (line, FALSE);
}

gboolean
store_snippets_make (StoreSnippets *snippets, const char *text, StoreFound *found)
{
  g_autoptr (GArray) matches = g_array_new (FALSE, FALSE, sizeof (Match));
  Search search = { snippets, matches };

  if (snippets->wanted->len > 0)
    store_words_each (text, strlen (text), FALSE, match_word, &search);
  if (matches->len == 0)
    return FALSE;
  write_line (text, matches, find_best (matches), found);
  return TRUE;
}
