/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a letter is judged by, taken out of it once: folded texts, links, structure. Bounded, so
 * that a large letter costs no more than a middling one. Immutable; any thread.
 */

#include "spam-markup.h"

#include <message-letter.h>

/* Octets of a letter that are worth parsing for a verdict. */
#define SPAM_MAX_OCTETS (512 * 1024)

typedef struct
{
  MessageLetter *letter;
  char *subject; /* as it is */
  char *folded_subject;
  char *from_name; /* folded */
  char *from;      /* address, lower case, or "" */
  char *reply_to;  /* likewise */
  char *headers;   /* "Name: value" lines */
  char *text;      /* what a person reads, at most 64 KiB, as it is */
  char *folded_text;
  const char *html; /* or NULL */
  SpamMarkup *markup;
  GPtrArray *urls; /* of char *: in links and in the text, each once */
  gboolean has_text_part;
} SpamMaterial;

/* Takes a reference of @letter. */
SpamMaterial *spam_material_new (MessageLetter *letter);
void spam_material_free (SpamMaterial *material);

/* Lower case, compatibility forms made one, what has no width left out, all on one line. */
char *spam_fold (const char *text);
/* Characters without width that are no part of a script. */
gboolean spam_is_zero_width (gunichar c);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpamMaterial, spam_material_free)
