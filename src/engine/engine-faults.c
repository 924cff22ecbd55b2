/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-faults-private.h"

#include "engine-error.h"

#include <base-clock.h>
#include <string.h>

#define MAX_RULES 1000
#define MAX_GREY  10000 /* triples that are remembered; then all are forgotten */
#define MAGIC     "magic-recipients"

struct _EngineFaults
{
  gatomicrefcount references;
  gint active; /* atomic: there is a rule */
  gint magic;  /* atomic */

  GMutex mutex;
  GPtrArray *rules;
  guint64 seed;
  GHashTable *grey; /* client, sender and recipient: gint64* of the first try, monotonic */
};

/* ---- the set ---- */

EngineFaults *
engine_faults_new (void)
{
  EngineFaults *faults = g_new0 (EngineFaults, 1);

  g_atomic_ref_count_init (&faults->references);
  g_mutex_init (&faults->mutex);
  faults->rules = g_ptr_array_new_with_free_func ((GDestroyNotify) engine_fault_rule_unref);
  faults->grey = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return faults;
}

EngineFaults *
engine_faults_ref (EngineFaults *faults)
{
  g_atomic_ref_count_inc (&faults->references);
  return faults;
}

void
engine_faults_unref (EngineFaults *faults)
{
  if (!g_atomic_ref_count_dec (&faults->references))
    return;
  g_ptr_array_unref (faults->rules);
  g_hash_table_unref (faults->grey);
  g_mutex_clear (&faults->mutex);
  g_free (faults);
}

/* Takes @rules. */
static void
replace (EngineFaults *faults, GPtrArray *rules, gboolean magic)
{
  g_autoptr (GPtrArray) old = NULL;

  g_mutex_lock (&faults->mutex);
  old = g_steal_pointer (&faults->rules);
  faults->rules = rules;
  g_hash_table_remove_all (faults->grey);
  g_atomic_int_set (&faults->active, rules->len > 0);
  g_atomic_int_set (&faults->magic, magic);
  g_mutex_unlock (&faults->mutex);
}

gboolean
engine_faults_set (EngineFaults *faults, const char *text, GError **error)
{
  g_autoptr (GPtrArray) rules
      = g_ptr_array_new_with_free_func ((GDestroyNotify) engine_fault_rule_unref);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean magic = FALSE;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strstrip (lines[i]);
      g_autoptr (EngineFaultRule) rule = NULL;

      if (*line == '\0' || *line == '#')
        continue;
      if (g_str_equal (line, MAGIC))
        {
          magic = TRUE;
          continue;
        }
      rule = engine_fault_rule_parse (line, error);
      if (rule != NULL && rules->len >= MAX_RULES)
        {
          g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, "There are more than %d rules",
                       MAX_RULES);
          g_clear_pointer (&rule, engine_fault_rule_unref);
        }
      if (rule == NULL)
        {
          g_prefix_error (error, "Line %u: ", i + 1);
          return FALSE;
        }
      g_ptr_array_add (rules, g_steal_pointer (&rule));
    }
  replace (faults, g_steal_pointer (&rules), magic);
  return TRUE;
}

gboolean
engine_faults_add (EngineFaults *faults, const char *line, GError **error)
{
  g_autofree char *word = g_strstrip (g_strdup (line));
  g_autoptr (EngineFaultRule) rule = NULL;

  if (g_str_equal (word, MAGIC))
    {
      g_atomic_int_set (&faults->magic, TRUE);
      return TRUE;
    }
  rule = engine_fault_rule_parse (line, error);
  if (rule == NULL)
    return FALSE;

  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&faults->mutex);
  if (faults->rules->len >= MAX_RULES)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, "There are %d rules already",
                   MAX_RULES);
      return FALSE;
    }
  g_ptr_array_add (faults->rules, g_steal_pointer (&rule));
  g_atomic_int_set (&faults->active, TRUE);
  return TRUE;
}

void
engine_faults_clear (EngineFaults *faults)
{
  replace (faults, g_ptr_array_new_with_free_func ((GDestroyNotify) engine_fault_rule_unref),
           FALSE);
}

void
engine_faults_set_seed (EngineFaults *faults, guint64 seed)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&faults->mutex);

  faults->seed = seed;
  g_hash_table_remove_all (faults->grey);
  for (guint i = 0; i < faults->rules->len; i++)
    {
      EngineFaultRule *rule = faults->rules->pdata[i];
      rule->matched = 0;
      rule->injected = 0;
    }
}

guint64
engine_faults_get_seed (EngineFaults *faults)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&faults->mutex);

  return faults->seed;
}

GVariant *
engine_faults_describe (EngineFaults *faults)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&faults->mutex);
  GVariantBuilder array;

  g_variant_builder_init (&array, G_VARIANT_TYPE ("a(stt)"));
  if (g_atomic_int_get (&faults->magic))
    g_variant_builder_add (&array, "(stt)", MAGIC, G_GUINT64_CONSTANT (0), G_GUINT64_CONSTANT (0));
  for (guint i = 0; i < faults->rules->len; i++)
    {
      const EngineFaultRule *rule = faults->rules->pdata[i];
      g_variant_builder_add (&array, "(stt)", rule->text, rule->matched, rule->injected);
    }
  return g_variant_builder_end (&array);
}

gboolean
engine_faults_is_active (EngineFaults *faults)
{
  return g_atomic_int_get (&faults->active);
}

gboolean
engine_faults_has_magic (EngineFaults *faults)
{
  return g_atomic_int_get (&faults->magic);
}

/* ---- whether a rule strikes; under the mutex ---- */

static gboolean
matches (GPatternSpec *pattern, const char *text)
{
  if (pattern == NULL)
    return TRUE;
  if (text == NULL || !g_utf8_validate (text, -1, NULL))
    return FALSE;
  g_autofree char *folded = g_utf8_strdown (text, -1);
  return g_pattern_spec_match_string (pattern, folded);
}

static gboolean
fits (const EngineFaultRule *rule, const EngineFaultMoment *moment)
{
  if (!(moment->smtp ? rule->smtp : rule->pop3)
      || (rule->command != NULL && !g_str_equal (rule->command, moment->command)))
    return FALSE;
  if ((rule->over > 0 && moment->size <= rule->over)
      || (rule->under > 0 && (moment->size == 0 || moment->size >= rule->under)))
    return FALSE;
  return matches (rule->user, moment->user) && matches (rule->client, moment->client)
         && matches (rule->from, moment->from) && matches (rule->to, moment->to);
}

/* From 0 up to 1, by the rule's place and how often it was asked, and by nothing else: so threads
 * and other rules cannot change a replay. The mixing is that of SplitMix64. */
static double
throw_die (const EngineFaults *faults, guint place, guint64 time)
{
  guint64 z = faults->seed + (place + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)
              + time * G_GUINT64_CONSTANT (0xd1b54a32d192ed03);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  z ^= z >> 31;
  return (double) (z >> 11) / (double) (G_GUINT64_CONSTANT (1) << 53);
}

static gboolean
is_grey (EngineFaults *faults, const EngineFaultRule *rule, const EngineFaultMoment *moment)
{
  g_autofree char *triple
      = g_strdup_printf ("%s\n%s\n%s", moment->client, moment->from, moment->to);
  gint64 now = base_clock_monotonic ();
  const gint64 *first = g_hash_table_lookup (faults->grey, triple);

  if (first != NULL)
    return now - *first < (gint64) rule->amount;
  if (g_hash_table_size (faults->grey) >= MAX_GREY)
    g_hash_table_remove_all (faults->grey);
  g_hash_table_insert (faults->grey, g_steal_pointer (&triple), g_memdup2 (&now, sizeof now));
  return TRUE;
}

static gboolean
strikes (EngineFaults *faults, guint place, const EngineFaultMoment *moment)
{
  EngineFaultRule *rule = faults->rules->pdata[place];

  if (!fits (rule, moment))
    return FALSE;
  rule->matched++;
  if ((rule->nth > 0 && rule->matched != rule->nth)
      || (rule->every > 0 && rule->matched % rule->every != 0)
      || (rule->chance >= 0 && throw_die (faults, place, rule->matched) >= rule->chance)
      || (rule->action == ENGINE_FAULT_GREYLIST && !is_grey (faults, rule, moment)))
    return FALSE;
  rule->injected++;
  return TRUE;
}

GPtrArray *
engine_faults_find (EngineFaults *faults, const EngineFaultMoment *moment)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&faults->mutex);
  GPtrArray *found = NULL;

  for (guint i = 0; i < faults->rules->len; i++)
    {
      EngineFaultRule *rule = faults->rules->pdata[i];

      if (!strikes (faults, i, moment))
        continue;
      if (found == NULL)
        found = g_ptr_array_new_with_free_func ((GDestroyNotify) engine_fault_rule_unref);
      g_ptr_array_add (found, engine_fault_rule_ref (rule));
      if (rule->action != ENGINE_FAULT_DELAY && rule->action != ENGINE_FAULT_THROTTLE)
        break;
    }
  return found;
}

ProtoReply *
engine_faults_read_magic (const ProtoPath *path)
{
  g_auto (GStrv) parts = NULL;

  if (path->local_part == NULL
      || !g_regex_match_simple ("^(4[0-5][0-9]-4|5[0-5][0-9]-5)\\.[0-9]{1,3}\\.[0-9]{1,3}(\\+.*)?$",
                                path->local_part, G_REGEX_DEFAULT, 0))
    return NULL;
  parts = g_strsplit_set (path->local_part, "-+", 3);
  return proto_reply_new ((guint) g_ascii_strtoull (parts[0], NULL, 10), parts[1],
                          "As this recipient's address asks for");
}
