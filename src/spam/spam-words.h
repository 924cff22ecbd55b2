/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The tokens of a letter, for the classifier that learns: words of the body, headers under their
 * names, pieces of URLs, marks of structure; pairs of characters where a script has no blanks.
 * Each once. Immutable; any thread.
 */

#include "spam-material.h"

typedef struct
{
  guint64 key; /* what the counts are kept under: of a width that makes chance collisions rare */
  const char *text; /* for a person: "subject:free"; NULL among words that were not kept */
} SpamWord;

typedef struct
{
  GArray *words; /* of SpamWord, at most 5,000 */
  GHashTable *seen;
  GStringChunk *texts;
} SpamWords;

SpamWords *spam_words_new (const SpamMaterial *material);
void spam_words_free (SpamWords *words);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpamWords, spam_words_free)
