/* SPDX-License-Identifier: MIT */
#include "spam-rules-private.h"

#include "spam-resources.h"

#include <string.h>

#define DEFAULT_RULES    "/io/github/postroom/Postroom/spam/junk.rules"
#define DEFAULT_REQUIRED 5.0
#define MAX_SUBJECT      (64 * 1024) /* octets that a pattern is tried on */

G_DEFINE_QUARK (spam - error - quark, spam_error)

/* ---- making ---- */

SpamRules *
spam_rules_new (void)
{
  SpamRules *rules = g_new0 (SpamRules, 1);

  rules->rules = g_ptr_array_new_with_free_func ((GDestroyNotify) spam_rule_free);
  rules->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  rules->required = DEFAULT_REQUIRED;
  return rules;
}

const char *
spam_rules_get_default_text (void)
{
  /* Named here, lest the linker leave the static library's resources out. */
  GResource *resource = spam_get_resource ();
  static char *text;

  if (g_once_init_enter (&text))
    {
      g_autoptr (GBytes) bytes
          = g_resource_lookup_data (resource, DEFAULT_RULES, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
      gsize length;
      const char *data = g_bytes_get_data (bytes, &length);
      g_once_init_leave (&text, g_strndup (data, length));
    }
  return text;
}

SpamRules *
spam_rules_new_default (void)
{
  SpamRules *rules = spam_rules_new ();
  g_autoptr (GError) error = NULL;

  if (!spam_rules_add (rules, spam_rules_get_default_text (), -1, "junk.rules", &error))
    g_error ("The rules that come with Postroom: %s", error->message);
  return rules;
}

void
spam_rules_free (SpamRules *rules)
{
  g_hash_table_unref (rules->by_name);
  g_ptr_array_unref (rules->rules);
  g_free (rules);
}

static void
remove_rule (SpamRules *rules, const char *name)
{
  SpamRule *rule = g_hash_table_lookup (rules->by_name, name);

  if (rule == NULL)
    return;
  g_hash_table_remove (rules->by_name, name);
  g_ptr_array_remove (rules->rules, rule);
}

static void
obey (SpamRules *rules, SpamOrder *order)
{
  if (order->required > 0)
    rules->required = order->required;
  else if (order->rule != NULL)
    {
      SpamRule *rule = g_steal_pointer (&order->rule);
      remove_rule (rules, rule->name);
      g_ptr_array_add (rules->rules, rule);
      g_hash_table_insert (rules->by_name, rule->name, rule);
    }
  else if (order->off)
    remove_rule (rules, order->name);
  else
    {
      SpamRule *rule = g_hash_table_lookup (rules->by_name, order->name);
      if (rule != NULL)
        rule->weight = order->weight;
    }
}

gboolean
spam_rules_add (SpamRules *rules,
                const char *text,
                gssize length,
                const char *origin,
                GError **error)
{
  gsize octets = length < 0 ? strlen (text) : (gsize) length;
  const char *end;

  if (!g_utf8_validate_len (text, octets, &end))
    {
      guint line = 1;
      for (const char *p = text; p < end; p++)
        line += *p == '\n';
      g_set_error (error, SPAM_ERROR, SPAM_ERROR_RULES, "%s, line %u: The file is not in UTF-8",
                   origin, line);
      return FALSE;
    }
  g_autofree char *own = g_strndup (text, octets);
  g_autoptr (GPtrArray) orders = spam_rules_read (rules, own, origin, error);
  if (orders == NULL)
    return FALSE;
  for (guint i = 0; i < orders->len; i++)
    obey (rules, g_ptr_array_index (orders, i));
  return TRUE;
}

guint
spam_rules_get_count (const SpamRules *rules)
{
  return rules->rules->len;
}

double
spam_rules_get_required (const SpamRules *rules)
{
  return rules->required;
}

SpamHit *
spam_hit_new (const char *name, double weight, const char *explanation)
{
  SpamHit *hit = g_new0 (SpamHit, 1);

  hit->name = g_strdup (name);
  hit->weight = weight;
  hit->explanation = g_strdup (explanation);
  return hit;
}

void
spam_hit_free (SpamHit *hit)
{
  g_free (hit->name);
  g_free (hit->explanation);
  g_free (hit);
}

/* ---- running ---- */

typedef struct
{
  const SpamMaterial *material;
  char *raw[SPAM_N_FIELDS];    /* made when first asked for */
  char *folded[SPAM_N_FIELDS]; /* likewise */
} Run;

static char *
take_valid (const char *text)
{
  gsize length = strnlen (text, MAX_SUBJECT);
  const char *end;

  g_utf8_validate_len (text, length, &end);
  return g_strndup (text, (gsize) (end - text));
}

static char *
make_raw (const SpamMaterial *material, SpamField field)
{
  switch (field)
    {
    case SPAM_FIELD_SUBJECT:
      return take_valid (material->subject);
    case SPAM_FIELD_FROM:
      return g_strconcat (material->from_name, " ", material->from, NULL);
    case SPAM_FIELD_TEXT:
      return take_valid (material->text);
    case SPAM_FIELD_HTML:
      return take_valid (material->html != NULL ? material->html : "");
    case SPAM_FIELD_LINKS:
      {
        GString *all = g_string_new (NULL);
        for (guint i = 0; i < material->urls->len; i++)
          g_string_append_printf (all, "%s\n", (const char *) material->urls->pdata[i]);
        g_autofree char *lines = g_string_free (all, FALSE);
        return take_valid (lines);
      }
    case SPAM_FIELD_HEADERS:
    case SPAM_FIELD_HEADER:
    default:
      return take_valid (material->headers);
    }
}

static const char *
get_raw (Run *run, const SpamRule *rule)
{
  if (rule->field == SPAM_FIELD_HEADER)
    {
      const char *value = message_letter_get_header (run->material->letter, rule->header);
      return value != NULL ? value : "";
    }
  if (run->raw[rule->field] == NULL)
    run->raw[rule->field] = make_raw (run->material, rule->field);
  return run->raw[rule->field];
}

static const char *
get_folded (Run *run, const SpamRule *rule, char **owned)
{
  if (rule->field == SPAM_FIELD_HEADER)
    return *owned = spam_fold (get_raw (run, rule));
  if (rule->field == SPAM_FIELD_TEXT)
    return run->material->folded_text;
  if (run->folded[rule->field] == NULL)
    run->folded[rule->field] = spam_fold (get_raw (run, rule));
  return run->folded[rule->field];
}

/* Scripts without blanks between words have no word that a phrase could be cut out of. */
static gboolean
is_word_character (gunichar c)
{
  return c < 0x2e80 && (g_unichar_isalnum (c) || c == '_');
}

static gboolean
holds_phrase (const char *text, const char *phrase)
{
  gsize length = strlen (phrase);
  const char *last = g_utf8_find_prev_char (phrase, phrase + length);
  gboolean starts = is_word_character (g_utf8_get_char (phrase));
  gboolean ends = is_word_character (g_utf8_get_char (last));

  for (const char *at = text; (at = strstr (at, phrase)) != NULL; at++)
    {
      const char *before = at > text ? g_utf8_find_prev_char (text, at) : NULL;
      if ((!starts || before == NULL || !is_word_character (g_utf8_get_char (before)))
          && (!ends || !is_word_character (g_utf8_get_char (at + length))))
        return TRUE;
    }
  return FALSE;
}

static gboolean
fits (Run *run, const SpamRule *rule)
{
  g_autofree char *owned = NULL;

  switch (rule->kind)
    {
    case SPAM_RULE_PHRASE:
      {
        const char *text = get_folded (run, rule, &owned);
        for (guint i = 0; i < rule->phrases->len; i++)
          if (holds_phrase (text, rule->phrases->pdata[i]))
            return TRUE;
        return FALSE;
      }
    case SPAM_RULE_REGEX:
      /* One that reaches its limit counts as not found. */
      return g_regex_match (rule->regex, get_raw (run, rule), 0, NULL);
    case SPAM_RULE_HEADER:
      return (message_letter_get_header (run->material->letter, rule->header) == NULL)
             == rule->missing;
    case SPAM_RULE_CHECK:
    default:
      return rule->check (run->material, rule->number);
    }
}

GPtrArray *
spam_rules_run (const SpamRules *rules, const SpamMaterial *material)
{
  GPtrArray *hits = g_ptr_array_new_with_free_func ((GDestroyNotify) spam_hit_free);
  Run run = { .material = material };

  for (guint i = 0; i < rules->rules->len; i++)
    {
      const SpamRule *rule = g_ptr_array_index (rules->rules, i);
      if (rule->weight != 0 && fits (&run, rule))
        g_ptr_array_add (hits, spam_hit_new (rule->name, rule->weight, rule->explanation));
    }
  for (guint i = 0; i < SPAM_N_FIELDS; i++)
    {
      g_free (run.raw[i]);
      g_free (run.folded[i]);
    }
  return hits;
}
