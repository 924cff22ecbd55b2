/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-junk-private.h"

#include "engine-error-private.h"

/* Letters whose words are in memory at one time, and learned in one commit. */
#define BATCH 100

typedef struct
{
  EngineJunk *junk; /* borrowed: the task's source */
  GArray *ids;      /* of gint64, or */
  char **paths;
  guint count;
  guint next;
  gboolean is_junk;
  GPtrArray *lessons; /* of StoreLesson: read, not learned yet */
  GBytes *bytes;      /* of the letter being read, or NULL */
  guint learned;
  GError *error; /* why the reading ended */
} Learning;

static void
learning_free (gpointer data)
{
  Learning *learning = data;

  g_clear_pointer (&learning->ids, g_array_unref);
  g_strfreev (learning->paths);
  g_ptr_array_unref (learning->lessons);
  g_clear_pointer (&learning->bytes, g_bytes_unref);
  g_clear_error (&learning->error);
  g_free (learning);
}

gint64
engine_junk_digest (GBytes *bytes)
{
  g_autofree char *text = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);

  text[16] = '\0';
  return (gint64) g_ascii_strtoull (text, NULL, 16);
}

static GPtrArray *
new_lessons (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) store_lesson_free);
}

/* Any thread. What is no letter teaches nothing. */
static StoreLesson *
make_lesson (GBytes *bytes, gint64 id)
{
  StoreLesson *lesson = store_lesson_new (id, engine_junk_digest (bytes));
  g_autoptr (MessageLetter) letter = message_letter_parse (bytes, NULL);

  if (letter == NULL)
    return lesson;
  g_autoptr (SpamWords) words = spam_words_of_letter (letter);
  for (guint i = 0; i < words->words->len; i++)
    g_array_append_val (lesson->tokens, g_array_index (words->words, SpamWord, i).key);
  return lesson;
}

static GBytes *
read_file (const char *path, GError **error)
{
  g_autoptr (GError) failed = NULL;
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, &failed);

  if (file != NULL)
    return g_mapped_file_get_bytes (file);
  g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND, failed->message);
  return NULL;
}

/* ---- on a thread of its own ---- */

/* The letter that was read, or the next files. */
static void
read_words (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Learning *learning = data;

  if (learning->bytes != NULL)
    {
      gint64 id = g_array_index (learning->ids, gint64, learning->next - 1);
      g_ptr_array_add (learning->lessons, make_lesson (learning->bytes, id));
      g_clear_pointer (&learning->bytes, g_bytes_unref);
    }
  while (learning->paths != NULL && learning->next < learning->count
         && learning->lessons->len < BATCH && learning->error == NULL)
    {
      g_autoptr (GBytes) bytes = read_file (learning->paths[learning->next++], &learning->error);
      if (bytes != NULL)
        g_ptr_array_add (learning->lessons, make_lesson (bytes, 0));
    }
  g_task_return_boolean (task, TRUE);
}

/* ---- main thread ---- */

static void go_on (GTask *task);

static void
on_learned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;

  if (store_cabinet_finish (STORE_CABINET (source), result, &error))
    go_on (task);
  else
    {
      engine_error_return (task, error, NULL);
      g_object_unref (task);
    }
}

static void
on_words_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  go_on (user_data);
}

static void
run_reader (GTask *task)
{
  Learning *learning = g_task_get_task_data (task);
  g_autoptr (GTask) worker
      = g_task_new (learning->junk, g_task_get_cancellable (task), on_words_read, task);

  g_task_set_task_data (worker, learning, NULL);
  g_task_run_in_thread (worker, read_words);
}

static void
on_letter_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Learning *learning = g_task_get_task_data (task);
  GError *error = NULL;

  learning->bytes = store_cabinet_read_finish (STORE_CABINET (source), result, &error);
  if (learning->bytes != NULL)
    {
      run_reader (task);
      return;
    }
  /* Gone meanwhile: there is nothing to say about it. */
  if (g_error_matches (error, STORE_ERROR, STORE_ERROR_NOT_FOUND))
    g_clear_error (&error);
  else
    learning->error = error;
  go_on (task);
}

static void
learn_batch (GTask *task)
{
  Learning *learning = g_task_get_task_data (task);
  GPtrArray *lessons = g_steal_pointer (&learning->lessons);
  int folder = learning->is_junk ? STORE_FOLDER_JUNK : STORE_FOLDER_INBOX;

  learning->lessons = new_lessons ();
  learning->learned += lessons->len;
  store_junk_learn_async (learning->junk->cabinet, lessons,
                          learning->is_junk ? STORE_SORTED_JUNK : STORE_SORTED_GOOD,
                          learning->ids != NULL ? folder : -1, NULL, on_learned, task);
}

/* Reads on until a batch is full, learns that, and so on to the end. */
static void
go_on (GTask *task)
{
  Learning *learning = g_task_get_task_data (task);
  gboolean stopped
      = learning->error != NULL || g_cancellable_is_cancelled (g_task_get_cancellable (task));

  if (learning->lessons->len >= BATCH
      || (learning->lessons->len > 0 && (stopped || learning->next == learning->count)))
    learn_batch (task);
  else if (stopped || learning->next == learning->count)
    {
      if (learning->error != NULL)
        engine_error_return (task, g_steal_pointer (&learning->error), NULL);
      else if (!g_task_return_error_if_cancelled (task))
        g_task_return_int (task, learning->learned);
      g_object_unref (task);
    }
  else if (learning->ids != NULL)
    store_cabinet_read_async (learning->junk->cabinet,
                              g_array_index (learning->ids, gint64, learning->next++), NULL,
                              on_letter_read, task);
  else
    run_reader (task);
}

static Learning *
learning_new (EngineJunk *junk, gboolean is_junk, guint count)
{
  Learning *learning = g_new0 (Learning, 1);

  learning->junk = junk;
  learning->is_junk = is_junk;
  learning->count = count;
  learning->lessons = new_lessons ();
  return learning;
}

void
engine_junk_mark_async (EngineJunk *junk,
                        const gint64 *ids,
                        gsize n_ids,
                        gboolean is_junk,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  GTask *task = g_task_new (junk, cancellable, callback, user_data);
  Learning *learning = learning_new (junk, is_junk, (guint) n_ids);

  learning->ids = g_array_new (FALSE, FALSE, sizeof *ids);
  g_array_append_vals (learning->ids, ids, (guint) n_ids);
  g_task_set_task_data (task, learning, learning_free);
  go_on (task);
}

void
engine_junk_train_async (EngineJunk *junk,
                         const char *const *paths,
                         gboolean is_junk,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task = g_task_new (junk, cancellable, callback, user_data);
  Learning *learning = learning_new (junk, is_junk, g_strv_length ((char **) paths));

  learning->paths = g_strdupv ((char **) paths);
  g_task_set_task_data (task, learning, learning_free);
  go_on (task);
}

gssize
engine_junk_learn_finish (EngineJunk *junk, GAsyncResult *result, GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}
