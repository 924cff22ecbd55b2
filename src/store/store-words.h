/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Texts as the words that a search compares: without case and accents. Scripts that write no space
 * between words (Chinese, Japanese, Korean, Thai …) give every two neighbouring characters instead,
 * so that a word is found inside a sentence; the last character of such a run stands for itself
 * too, so that every single character begins some word. Index, query and snippet use the same.
 * Any thread.
 */

#include <glib.h>

typedef struct
{
  const char *text; /* folded, @length octets */
  gsize length;
  gsize start; /* where it stands in the text, in octets */
  gsize end;
  gboolean same_place; /* at the position of the word before it */
} StoreWord;

/* Not 0: an error, or enough. */
typedef int (*StoreWordFunc) (const StoreWord *word, gpointer data);

/* Calls @func for each word; returns what stopped it, or 0. @query: the words to look for, which
 * leave out the single last characters. */
int store_words_each (const char *text,
                      gsize length,
                      gboolean query,
                      StoreWordFunc func,
                      gpointer data);
/* Whether a word of one character is to be looked for as the beginning of a longer one. */
gboolean store_words_is_joined (gunichar character);
