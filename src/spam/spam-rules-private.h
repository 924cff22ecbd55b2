/* SPDX-License-Identifier: MIT */
#pragma once

/* What the rules' reader fills and their runner reads. */

#include "spam-checks.h"
#include "spam-rules.h"

typedef enum
{
  SPAM_RULE_PHRASE,
  SPAM_RULE_REGEX,
  SPAM_RULE_HEADER,
  SPAM_RULE_CHECK,
} SpamRuleKind;

typedef enum
{
  SPAM_FIELD_SUBJECT,
  SPAM_FIELD_FROM, /* name and address */
  SPAM_FIELD_TEXT,
  SPAM_FIELD_HTML,
  SPAM_FIELD_LINKS,
  SPAM_FIELD_HEADERS,
  SPAM_FIELD_HEADER, /* the one named */
} SpamField;

#define SPAM_N_FIELDS SPAM_FIELD_HEADER

typedef struct
{
  char *name;
  double weight;
  char *explanation;
  SpamRuleKind kind;
  SpamField field;
  char *header;       /* name */
  GPtrArray *phrases; /* of char *, folded */
  GRegex *regex;
  gboolean missing; /* SPAM_RULE_HEADER */
  SpamCheck check;
  double number;
} SpamRule;

struct _SpamRules
{
  GPtrArray *rules; /* of SpamRule */
  GHashTable *by_name;
  double required;
};

void spam_rule_free (SpamRule *rule);

/* One line of a file, as it was read. */
typedef struct
{
  SpamRule *rule; /* to be added, or NULL */
  char *name;     /* whose weight changes, or which goes */
  double weight;
  gboolean off;
  double required; /* or 0 */
} SpamOrder;

void spam_order_free (SpamOrder *order);
/* Of SpamOrder; NULL with an error. Names that "weight" and "off" say must be in @rules or above.
 */
GPtrArray *
spam_rules_read (const SpamRules *rules, const char *text, const char *origin, GError **error);
