/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Rules with weights, from files that a person can edit. Later files add rules, replace those of
 * the same name, and change weights. Filled on one thread; then immutable, any thread.
 *
 * One rule a line; "#" begins a comment; what follows a lone ":" tells a person what was found.
 *
 *   phrase NAME WEIGHT FIELD "words" "words"… : explanation
 *   regex  NAME WEIGHT FIELD /pattern/i       : explanation
 *   header NAME WEIGHT missing|present NAME   : explanation
 *   check  NAME WEIGHT CHECK [NUMBER]         : explanation
 *   weight NAME WEIGHT
 *   off    NAME
 *   required NUMBER
 *
 * FIELD is subject, from, text, html, links, headers, or the name of one header.
 */

#include "spam-material.h"

typedef struct _SpamRules SpamRules;

/* A rule that fits a letter. */
typedef struct
{
  char *name;
  double weight;
  char *explanation;
} SpamHit;

#define SPAM_ERROR (spam_error_quark ())
GQuark spam_error_quark (void);

typedef enum
{
  SPAM_ERROR_RULES, /* a line of a rules file makes no sense */
  SPAM_ERROR_STOCK, /* the counts cannot be read */
} SpamError;

/* Without any rule. */
SpamRules *spam_rules_new (void);
/* The rules that come with Postroom. */
SpamRules *spam_rules_new_default (void);
void spam_rules_free (SpamRules *rules);

/* Adds the rules of @text. @origin names it in an error, which tells the line and the word; after
 * one the rules are as they were. */
gboolean spam_rules_add (SpamRules *rules,
                         const char *text,
                         gssize length,
                         const char *origin,
                         GError **error);
guint spam_rules_get_count (const SpamRules *rules);
double spam_rules_get_required (const SpamRules *rules); /* points that make a letter junk */
/* The text of the rules that come with Postroom; borrowed for good. */
const char *spam_rules_get_default_text (void);

/* Of SpamHit, in the order of the files. */
GPtrArray *spam_rules_run (const SpamRules *rules, const SpamMaterial *material);

void spam_hit_free (SpamHit *hit);
SpamHit *spam_hit_new (const char *name, double weight, const char *explanation);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpamRules, spam_rules_free)
