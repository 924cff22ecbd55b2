/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Takes the Return-Path: fields of others out of the head of a letter (RFC 5321 section 4.4) as it
 * comes, at any split: only the last server may write one. Holds a few octets at most. One thread
 * at a time.
 */

#include <glib.h>

typedef struct
{
  gboolean over;     /* the empty line has come */
  gboolean dropping; /* in a field that is taken out */
  gboolean naming;   /* what is held, the line so far, may be a field's name */
  guint8 held[40];
  guint n_held;
} EngineReturnPath;

void engine_return_path_init (EngineReturnPath *filter);

/* Appends to @out the octets of @data that stay; returns how many it used. What follows the head is
 * not used. */
gsize engine_return_path_read (EngineReturnPath *filter,
                               const guint8 *data,
                               gsize length,
                               GByteArray *out);

/* The letter is over; appends what is held. */
void engine_return_path_end (EngineReturnPath *filter, GByteArray *out);
