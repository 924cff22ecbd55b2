/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-judge-private.h"

#include "engine-error.h"

#include <glib/gstdio.h>
#include <store-junk.h>

#define TESTS_WIDTH 200 /* columns of X-Spam-Status for the names of rules */

/* Rules in use; another thread may still judge by them when they were replaced. */
typedef struct
{
  gint references;
  SpamRules *rules;
} Rules;

struct _EngineJudge
{
  gint references;
  StoreCabinet *cabinet;
  char *rules_path;
  GMutex lock;
  Rules *rules;
  GStatBuf read; /* the file as it was when it was read */
};

static Rules *
rules_new (SpamRules *own)
{
  Rules *rules = g_new0 (Rules, 1);

  rules->references = 1;
  rules->rules = own;
  return rules;
}

static void
rules_unref (Rules *rules)
{
  if (!g_atomic_int_dec_and_test (&rules->references))
    return;
  spam_rules_free (rules->rules);
  g_free (rules);
}

/* ---- what the judge asks ---- */

G_STATIC_ASSERT (sizeof (SpamCount) == sizeof (StoreTokenCount));
G_STATIC_ASSERT (G_STRUCT_OFFSET (SpamCount, good) == G_STRUCT_OFFSET (StoreTokenCount, good));

static gboolean
look_up (gpointer data,
         const guint64 *keys,
         gsize n,
         SpamCount *counts,
         SpamCount *letters,
         GError **error)
{
  return store_junk_look_up (data, keys, n, (StoreTokenCount *) counts, (StoreTokenCount *) letters,
                             error);
}

static SpamSender
find_sender (gpointer data, const char *address)
{
  switch (store_junk_find_sender (data, address))
    {
    case STORE_SENDER_ALLOWED:
      return SPAM_SENDER_ALLOWED;
    case STORE_SENDER_BLOCKED:
      return SPAM_SENDER_BLOCKED;
    case STORE_SENDER_UNKNOWN:
    default:
      return SPAM_SENDER_UNKNOWN;
    }
}

/* ---- rules ---- */

SpamRules *
engine_judge_read_rules (EngineJudge *judge, GError **error)
{
  g_autoptr (SpamRules) rules = spam_rules_new_default ();
  g_autofree char *text = NULL;
  g_autoptr (GError) failed = NULL;
  gsize length = 0;

  if (!g_file_get_contents (judge->rules_path, &text, &length, &failed))
    {
      if (g_error_matches (failed, G_FILE_ERROR, G_FILE_ERROR_NOENT)
          || g_error_matches (failed, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
        return g_steal_pointer (&rules);
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_STORE, failed->message);
      return NULL;
    }
  if (!spam_rules_add (rules, text, (gssize) length, judge->rules_path, &failed))
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, failed->message);
      return NULL;
    }
  return g_steal_pointer (&rules);
}

static Rules *
take_rules (EngineJudge *judge)
{
  GStatBuf now = { 0 };
  g_autoptr (GError) error = NULL;

  g_mutex_lock (&judge->lock);
  if (g_stat (judge->rules_path, &now) != 0)
    now = (GStatBuf){ 0 };
  if (judge->rules == NULL || now.st_mtim.tv_sec != judge->read.st_mtim.tv_sec
      || now.st_mtim.tv_nsec != judge->read.st_mtim.tv_nsec || now.st_size != judge->read.st_size
      || now.st_ino != judge->read.st_ino)
    {
      SpamRules *read = engine_judge_read_rules (judge, &error);

      judge->read = now;
      /* A slip of the person's pen is no reason to judge by nothing. */
      if (read == NULL)
        g_warning ("%s", error->message);
      if (read != NULL || judge->rules == NULL)
        {
          g_clear_pointer (&judge->rules, rules_unref);
          judge->rules = rules_new (read != NULL ? read : spam_rules_new_default ());
        }
    }
  Rules *rules = judge->rules;
  g_atomic_int_inc (&rules->references);
  g_mutex_unlock (&judge->lock);
  return rules;
}

EngineJudge *
engine_judge_new (StoreCabinet *cabinet, const char *rules_path)
{
  EngineJudge *judge = g_new0 (EngineJudge, 1);

  judge->references = 1;
  judge->cabinet = g_object_ref (cabinet);
  judge->rules_path = g_strdup (rules_path);
  g_mutex_init (&judge->lock);
  return judge;
}

EngineJudge *
engine_judge_ref (EngineJudge *judge)
{
  g_atomic_int_inc (&judge->references);
  return judge;
}

void
engine_judge_unref (EngineJudge *judge)
{
  if (!g_atomic_int_dec_and_test (&judge->references))
    return;
  g_clear_pointer (&judge->rules, rules_unref);
  g_object_unref (judge->cabinet);
  g_free (judge->rules_path);
  g_mutex_clear (&judge->lock);
  g_free (judge);
}

const char *
engine_judge_get_rules_path (EngineJudge *judge)
{
  return judge->rules_path;
}

SpamVerdict *
engine_judge_letter (EngineJudge *judge, MessageLetter *letter)
{
  Rules *rules = take_rules (judge);
  const SpamStock stock = { look_up, judge->cabinet };
  const SpamJudge by = {
    .rules = rules->rules, .stock = &stock, .find_sender = find_sender, .data = judge->cabinet
  };
  SpamVerdict *verdict = spam_judge (&by, letter);

  rules_unref (rules);
  return verdict;
}

/* Padded by blanks at the ends of lines, where they mean nothing. */
char *
engine_judge_dup_headers (const SpamVerdict *verdict)
{
  gboolean junk = verdict != NULL && verdict->class == SPAM_CLASS_JUNK;
  double score = verdict != NULL ? CLAMP (verdict->score, -999, 999) : 0;
  g_autofree char *tests
      = verdict != NULL ? spam_verdict_dup_tests (verdict, TESTS_WIDTH) : g_strdup ("tests=none");
  g_autofree char *status = g_strdup_printf ("%s, score=%.1f required=%.1f%s", junk ? "Yes" : "No",
                                             score, verdict != NULL ? verdict->required : 0,
                                             verdict != NULL ? "" : " not judged");

  return g_strdup_printf ("X-Spam-Flag: %-3s\r\nX-Spam-Score: %-6.1f\r\n"
                          "X-Spam-Status: %-48.48s\r\n\t%-*s\r\n",
                          junk ? "YES" : "NO", score, status, TESTS_WIDTH, tests);
}
