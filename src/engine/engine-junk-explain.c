/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-junk-private.h"

#include "engine-error-private.h"

#include <math.h>

struct _EngineSorter
{
  EngineJudge *judge;
  gboolean trusts;
};

const char *
engine_junk_verdict_get_name (EngineJunkVerdict verdict)
{
  static const char *const names[] = {
    [ENGINE_JUNK_GOOD] = "good", [ENGINE_JUNK_UNSURE] = "unsure", [ENGINE_JUNK_JUNK] = "junk"
  };

  return names[verdict];
}

/* ---- sorting what is fetched ---- */

EngineSorter *
engine_sorter_new (EngineJunk *junk, const char *account)
{
  EngineSorter *sorter;

  if (!junk->moves)
    return NULL;
  sorter = g_new0 (EngineSorter, 1);
  sorter->judge = engine_judge_ref (junk->judge);
  sorter->trusts = engine_junk_get_trusts (junk, account);
  return sorter;
}

void
engine_sorter_free (EngineSorter *sorter)
{
  engine_judge_unref (sorter->judge);
  g_free (sorter);
}

/* The first such header is the one that was put on top last: by the server that was trusted. */
static gboolean
is_flagged (MessageLetter *letter)
{
  const char *flag = message_letter_get_header (letter, "X-Spam-Flag");

  return flag != NULL && g_ascii_strncasecmp (flag, "yes", 3) == 0;
}

void
engine_sorter_sort (MessageLetter *letter, StoreFolder *folder, gboolean *seen, gpointer data)
{
  EngineSorter *sorter = data;

  if (letter == NULL)
    return;
  g_autoptr (SpamVerdict) verdict = engine_judge_letter (sorter->judge, letter);
  if (verdict->class == SPAM_CLASS_JUNK
      || (sorter->trusts && verdict->sender != SPAM_SENDER_ALLOWED && is_flagged (letter)))
    *folder = STORE_FOLDER_JUNK;
}

/* ---- why ---- */

typedef struct
{
  EngineJudge *judge;    /* counted */
  StoreCabinet *cabinet; /* borrowed: the task's source has it */
  char *path;            /* or */
  GBytes *bytes;
} Question;

static void
question_free (gpointer data)
{
  Question *question = data;

  engine_judge_unref (question->judge);
  g_free (question->path);
  g_clear_pointer (&question->bytes, g_bytes_unref);
  g_free (question);
}

static void
reason_free (gpointer data)
{
  EngineJunkReason *reason = data;

  g_free (reason->name);
  g_free (reason->words);
  g_free (reason);
}

void
engine_junk_report_free (EngineJunkReport *report)
{
  g_ptr_array_unref (report->reasons);
  g_ptr_array_unref (report->clues);
  g_free (report->foreign);
  g_free (report);
}

static int
compare_reasons (gconstpointer a, gconstpointer b)
{
  double first = fabs ((*(const EngineJunkReason *const *) a)->points);
  double second = fabs ((*(const EngineJunkReason *const *) b)->points);

  return (first < second) - (first > second);
}

static EngineJunkReport *
make_report (const SpamVerdict *verdict, MessageLetter *letter)
{
  EngineJunkReport *report = g_new0 (EngineJunkReport, 1);
  const char *foreign = message_letter_get_header (letter, "X-Spam-Status");

  if (foreign == NULL)
    foreign = message_letter_get_header (letter, "X-Spam-Flag");
  report->verdict = (EngineJunkVerdict) verdict->class;
  report->score = verdict->score;
  report->required = verdict->required;
  report->learned = verdict->belief;
  report->foreign = g_strdup (foreign);
  report->clues = g_ptr_array_ref (verdict->clues);
  report->reasons = g_ptr_array_new_with_free_func (reason_free);
  for (guint i = 0; i < verdict->hits->len; i++)
    {
      const SpamHit *hit = g_ptr_array_index (verdict->hits, i);
      EngineJunkReason *reason = g_new0 (EngineJunkReason, 1);
      reason->name = g_strdup (hit->name);
      reason->points = hit->weight;
      reason->words = g_strdup (hit->explanation);
      g_ptr_array_add (report->reasons, reason);
    }
  g_ptr_array_sort (report->reasons, compare_reasons);
  return report;
}

static void
answer (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Question *question = data;
  g_autoptr (MessageLetter) letter = NULL;
  GError *error = NULL;

  if (question->bytes == NULL)
    {
      g_autoptr (GMappedFile) file = g_mapped_file_new (question->path, FALSE, &error);
      if (file == NULL)
        {
          g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND, "%s",
                                   error->message);
          g_clear_error (&error);
          return;
        }
      question->bytes = g_mapped_file_get_bytes (file);
    }
  letter = message_letter_parse (question->bytes, &error);
  if (letter == NULL)
    {
      engine_error_return (task, error, NULL);
      return;
    }
  g_autoptr (SpamVerdict) verdict = engine_judge_letter (question->judge, letter);
  EngineJunkReport *report = make_report (verdict, letter);
  StoreSorted sorted
      = store_junk_find_lesson (question->cabinet, engine_junk_digest (question->bytes));
  report->marked_junk = sorted == STORE_SORTED_JUNK;
  report->marked_good = sorted == STORE_SORTED_GOOD;
  g_task_return_pointer (task, report, (GDestroyNotify) engine_junk_report_free);
}

static GTask *
ask (EngineJunk *junk,
     const char *path,
     GCancellable *cancellable,
     GAsyncReadyCallback callback,
     gpointer user_data)
{
  GTask *task = g_task_new (junk, cancellable, callback, user_data);
  Question *question = g_new0 (Question, 1);

  question->judge = engine_judge_ref (junk->judge);
  question->cabinet = junk->cabinet;
  question->path = g_strdup (path);
  g_task_set_task_data (task, question, question_free);
  return task;
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Question *question = g_task_get_task_data (task);
  GError *error = NULL;

  question->bytes = store_cabinet_read_finish (STORE_CABINET (source), result, &error);
  if (question->bytes != NULL)
    g_task_run_in_thread (task, answer);
  else
    engine_error_return (task, error, NULL);
}

void
engine_junk_explain_async (EngineJunk *junk,
                           gint64 id,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  store_cabinet_read_async (junk->cabinet, id, cancellable, on_read,
                            ask (junk, NULL, cancellable, callback, user_data));
}

void
engine_junk_explain_file_async (EngineJunk *junk,
                                const char *path,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = ask (junk, path, cancellable, callback, user_data);

  g_task_run_in_thread (task, answer);
}

EngineJunkReport *
engine_junk_explain_finish (EngineJunk *junk, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
