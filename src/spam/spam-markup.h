/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the markup of an HTML letter gives away: its links and its tricks. A scan of the raw text,
 * not a parse: where the markup is broken, how it is broken counts. Nothing of it is ever shown.
 * Any thread.
 */

#include <glib.h>

typedef struct
{
  char *url;  /* as written, entities of the plain kind resolved */
  char *host; /* lower case, "" where there is none */
  char *text; /* the words that a person sees, one line */
} SpamLink;

typedef struct
{
  GPtrArray *links; /* of SpamLink, at most 200 */
  GPtrArray *tags;  /* of char *: names of the elements, each once */
  guint images;
  guint remote_images;
  guint hidden; /* elements that a person cannot see: no display, no size, colour of the ground */
  guint comments_in_words; /* comments or made-up elements in the middle of a word */
} SpamMarkup;

/* @html NULL: no markup. The first 256 KiB are read. */
SpamMarkup *spam_markup_scan (const char *html);
void spam_markup_free (SpamMarkup *markup);

/* "http://user@Example.ORG:80/x" as "example.org"; "" for what is no such URL. */
char *spam_url_dup_host (const char *url);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpamMarkup, spam_markup_free)
