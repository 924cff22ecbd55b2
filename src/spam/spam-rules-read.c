/* SPDX-License-Identifier: MIT */
#include "spam-rules-private.h"

#include <math.h>
#include <string.h>

#define MAX_WEIGHT 100
/* What a pattern may try before it counts as not found: a letter cannot make it run for ever. */
#define REGEX_LIMITS "(*LIMIT_MATCH=100000)(*LIMIT_DEPTH=1000)"

typedef struct
{
  const SpamRules *rules;
  const char *origin;
  GHashTable *names; /* set: rules of this file, borrowed */
  guint line;
  const char *at;
  GError **error;
} Reader;

void
spam_rule_free (SpamRule *rule)
{
  g_free (rule->name);
  g_free (rule->explanation);
  g_free (rule->header);
  g_clear_pointer (&rule->phrases, g_ptr_array_unref);
  g_clear_pointer (&rule->regex, g_regex_unref);
  g_free (rule);
}

void
spam_order_free (SpamOrder *order)
{
  g_clear_pointer (&order->rule, spam_rule_free);
  g_free (order->name);
  g_free (order);
}

/* ---- words ---- */

static gboolean G_GNUC_PRINTF (2, 3) fail (Reader *reader, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *words = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (reader->error, SPAM_ERROR, SPAM_ERROR_RULES, "%s, line %u: %s", reader->origin,
               reader->line, words);
  return FALSE;
}

static void
skip_blanks (Reader *reader)
{
  reader->at += strspn (reader->at, " \t\r");
}

/* At the end of the rule proper: of the line, at a comment, or at a lone ":". */
static gboolean
is_at_end (Reader *reader)
{
  skip_blanks (reader);
  return *reader->at == '\0' || *reader->at == '#'
         || (*reader->at == ':' && strchr (" \t\r", reader->at[1]) != NULL);
}

static char *
read_word (Reader *reader, const char *what)
{
  if (is_at_end (reader))
    {
      fail (reader, "%s is missing", what);
      return NULL;
    }
  gsize length = strcspn (reader->at, " \t\r");
  char *word = g_strndup (reader->at, length);
  reader->at += length;
  return word;
}

/* "words", with \" and \\ inside; or one word. */
static char *
read_quoted (Reader *reader)
{
  GString *out;

  if (*reader->at != '"')
    return read_word (reader, "A phrase");
  out = g_string_new (NULL);
  for (reader->at++; *reader->at != '"'; reader->at++)
    {
      if (*reader->at == '\\' && (reader->at[1] == '"' || reader->at[1] == '\\'))
        reader->at++;
      if (*reader->at == '\0')
        {
          fail (reader, "A quotation mark is never closed: \"%s", out->str);
          g_string_free (out, TRUE);
          return NULL;
        }
      g_string_append_c (out, *reader->at);
    }
  reader->at++;
  return g_string_free (out, FALSE);
}

static gboolean
read_number (Reader *reader, const char *what, double *number)
{
  g_autofree char *word = read_word (reader, what);
  char *end;

  if (word == NULL)
    return FALSE;
  *number = g_ascii_strtod (word, &end);
  if (end == word || *end != '\0' || !isfinite (*number) || fabs (*number) > MAX_WEIGHT)
    return fail (reader, "“%s” is no number between -%d and %d", word, MAX_WEIGHT, MAX_WEIGHT);
  return TRUE;
}

static char *
read_name (Reader *reader)
{
  g_autofree char *name = read_word (reader, "The rule's name");

  if (name == NULL)
    return NULL;
  for (const char *p = name; *p != '\0'; p++)
    if ((!g_ascii_isalnum (*p) && *p != '_') || p - name >= 40)
      {
        fail (reader, "“%s” is no name: letters, digits and _, at most 40 of them", name);
        return NULL;
      }
  return g_steal_pointer (&name);
}

static gboolean
is_header_name (const char *name)
{
  for (const char *p = name; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p) || *p == ':')
      return FALSE;
  return *name != '\0';
}

/* ---- the kinds of rules ---- */

static gboolean
read_field (Reader *reader, SpamRule *rule)
{
  static const char *const fields[SPAM_N_FIELDS] = {
    [SPAM_FIELD_SUBJECT] = "subject", [SPAM_FIELD_FROM] = "from",
    [SPAM_FIELD_TEXT] = "text",       [SPAM_FIELD_HTML] = "html",
    [SPAM_FIELD_LINKS] = "links",     [SPAM_FIELD_HEADERS] = "headers",
  };
  g_autofree char *word = read_word (reader, "Where to look");

  if (word == NULL)
    return FALSE;
  for (guint i = 0; i < SPAM_N_FIELDS; i++)
    if (g_str_equal (word, fields[i]))
      {
        rule->field = (SpamField) i;
        return TRUE;
      }
  if (!is_header_name (word) || !g_ascii_isupper (*word))
    return fail (reader,
                 "“%s” is no place to look: subject, from, text, html, links, headers, or a "
                 "header's name beginning with a capital",
                 word);
  rule->field = SPAM_FIELD_HEADER;
  rule->header = g_steal_pointer (&word);
  return TRUE;
}

static gboolean
read_phrases (Reader *reader, SpamRule *rule)
{
  rule->phrases = g_ptr_array_new_with_free_func (g_free);
  if (!read_field (reader, rule))
    return FALSE;
  while (!is_at_end (reader))
    {
      g_autofree char *phrase = read_quoted (reader);
      if (phrase == NULL)
        return FALSE;
      g_autofree char *folded = spam_fold (phrase);
      if (*folded == '\0')
        return fail (reader, "A phrase is empty");
      g_ptr_array_add (rule->phrases, g_steal_pointer (&folded));
    }
  return rule->phrases->len > 0 || fail (reader, "A phrase is missing");
}

static gboolean
read_regex (Reader *reader, SpamRule *rule)
{
  g_autoptr (GError) failed = NULL;
  GRegexCompileFlags flags = G_REGEX_OPTIMIZE | G_REGEX_MULTILINE;

  if (!read_field (reader, rule))
    return FALSE;
  skip_blanks (reader);
  if (*reader->at != '/')
    return fail (reader, "A pattern stands between slashes: /…/");
  const char *start = ++reader->at;
  while (*reader->at != '\0' && *reader->at != '/')
    reader->at += reader->at[0] == '\\' && reader->at[1] != '\0' ? 2 : 1;
  if (*reader->at != '/')
    return fail (reader, "A pattern is never closed: /%s", start);
  g_autofree char *inside = g_strndup (start, (gsize) (reader->at - start));
  g_autofree char *pattern = g_strconcat (REGEX_LIMITS, inside, NULL);
  for (reader->at++; *reader->at != '\0' && strchr (" \t\r", *reader->at) == NULL; reader->at++)
    {
      if (*reader->at != 'i')
        return fail (reader, "“%s” after a pattern: only i is known there", reader->at);
      flags |= G_REGEX_CASELESS;
    }
  rule->regex = g_regex_new (pattern, flags, 0, &failed);
  if (rule->regex == NULL)
    return fail (reader, "/%s/ is no pattern: %s", inside, failed->message);
  return TRUE;
}

static gboolean
read_header (Reader *reader, SpamRule *rule)
{
  g_autofree char *word = read_word (reader, "“missing” or “present”");

  if (word == NULL)
    return FALSE;
  rule->missing = g_str_equal (word, "missing");
  if (!rule->missing && !g_str_equal (word, "present"))
    return fail (reader, "“%s” is neither “missing” nor “present”", word);
  rule->header = read_word (reader, "The header's name");
  if (rule->header == NULL)
    return FALSE;
  return is_header_name (rule->header) || fail (reader, "“%s” is no header's name", rule->header);
}

static gboolean
read_check (Reader *reader, SpamRule *rule)
{
  g_autofree char *word = read_word (reader, "The check's name");
  const char *summary = NULL;

  if (word == NULL)
    return FALSE;
  rule->check = spam_check_find (word, &rule->number, &summary);
  if (rule->check == NULL)
    return fail (reader, "There is no check “%s”", word);
  rule->explanation = g_strdup (summary);
  return is_at_end (reader) || read_number (reader, "A number", &rule->number);
}

static const struct
{
  const char *word;
  gboolean (*read) (Reader *reader, SpamRule *rule);
} kinds[] = {
  [SPAM_RULE_PHRASE] = { "phrase", read_phrases },
  [SPAM_RULE_REGEX] = { "regex", read_regex },
  [SPAM_RULE_HEADER] = { "header", read_header },
  [SPAM_RULE_CHECK] = { "check", read_check },
};

static gboolean
read_rule (Reader *reader, SpamRuleKind kind, SpamOrder *order)
{
  SpamRule *rule = order->rule = g_new0 (SpamRule, 1);

  rule->kind = kind;
  rule->name = read_name (reader);
  return rule->name != NULL && read_number (reader, "The weight", &rule->weight)
         && kinds[kind].read (reader, rule);
}

static gboolean
read_known_name (Reader *reader, SpamOrder *order)
{
  order->name = read_name (reader);
  if (order->name == NULL)
    return FALSE;
  return g_hash_table_contains (reader->rules->by_name, order->name)
         || g_hash_table_contains (reader->names, order->name)
         || fail (reader, "There is no rule “%s”", order->name);
}

/* ---- lines ---- */

static gboolean
read_order (Reader *reader, SpamOrder *order)
{
  g_autofree char *word = read_word (reader, "A word");

  if (word == NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (word, kinds[i].word))
      return read_rule (reader, (SpamRuleKind) i, order);
  if (g_str_equal (word, "weight"))
    return read_known_name (reader, order) && read_number (reader, "The weight", &order->weight);
  order->off = g_str_equal (word, "off");
  if (order->off)
    return read_known_name (reader, order);
  if (!g_str_equal (word, "required"))
    return fail (reader,
                 "“%s” begins no rule: phrase, regex, header, check, weight, off and required do",
                 word);
  return read_number (reader, "The points", &order->required)
         && (order->required > 0 || fail (reader, "The points must be more than 0"));
}

/* What follows the ":". */
static gboolean
read_explanation (Reader *reader, SpamOrder *order)
{
  if (!is_at_end (reader))
    return fail (reader, "“%s” is too much", reader->at);
  if (*reader->at != ':')
    return TRUE;
  if (order->rule == NULL)
    return fail (reader, "Only a rule has an explanation");
  g_free (order->rule->explanation);
  order->rule->explanation = g_strstrip (g_strdup (reader->at + 1));
  return TRUE;
}

GPtrArray *
spam_rules_read (const SpamRules *rules, const char *text, const char *origin, GError **error)
{
  g_autoptr (GPtrArray) orders = g_ptr_array_new_with_free_func ((GDestroyNotify) spam_order_free);
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  Reader reader = { .rules = rules, .origin = origin, .names = names, .error = error };

  for (char **line = lines; *line != NULL; line++)
    {
      reader.line++;
      reader.at = *line;
      skip_blanks (&reader);
      if (*reader.at == '\0' || *reader.at == '#')
        continue;
      SpamOrder *order = g_new0 (SpamOrder, 1);
      g_ptr_array_add (orders, order);
      if (!read_order (&reader, order) || !read_explanation (&reader, order))
        return NULL;
      if (order->rule != NULL && order->rule->explanation == NULL)
        order->rule->explanation = g_strdup (order->rule->name);
      if (order->rule != NULL && !g_hash_table_add (names, order->rule->name))
        {
          fail (&reader, "There are two rules “%s” in this file", order->rule->name);
          return NULL;
        }
    }
  return g_steal_pointer (&orders);
}
