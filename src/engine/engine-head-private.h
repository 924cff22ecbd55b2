/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the server wants to know of a letter's head, read as the letter streams by: how often it was
 * passed on, and its Message-ID. Part of its maker; one thread at a time.
 */

#include <glib.h>

typedef struct
{
  guint hops;          /* Received fields */
  GString *message_id; /* the first Message-ID field's body, unfolded; NULL: none */
  gboolean over;       /* private, from here on */
  gsize column;
  guint candidates;
  int field;
  guint8 last;
} EngineHead;

void engine_head_init (EngineHead *head);
void engine_head_clear (EngineHead *head);
/* The letter's next octets, in portions of any size. */
void engine_head_feed (EngineHead *head, const guint8 *data, gsize length);
