/* SPDX-License-Identifier: MIT */
#include "store-junk.h"

#include "store-junk-private.h"

#include <base-clock.h>

#define DAY         (G_GINT64_CONSTANT (24) * 60 * 60 * G_USEC_PER_SEC)
#define MAX_LESSONS 100000
/* Lessons between looks at how many tokens there are. */
#define LOOK_EVERY 50

static gint max_tokens = 500000; /* atomic */

typedef struct
{
  GPtrArray *lessons;
  StoreSorted sorted;
  int folder;
} Learn;

StoreLesson *
store_lesson_new (gint64 letter, gint64 digest)
{
  StoreLesson *lesson = g_new0 (StoreLesson, 1);

  lesson->letter = letter;
  lesson->digest = digest;
  lesson->tokens = g_array_new (FALSE, FALSE, sizeof (guint64));
  return lesson;
}

void
store_lesson_free (StoreLesson *lesson)
{
  g_array_unref (lesson->tokens);
  g_free (lesson);
}

static void
learn_free (gpointer data)
{
  Learn *learn = data;

  g_ptr_array_unref (learn->lessons);
  g_free (learn);
}

void
store_junk_set_max_tokens (guint tokens)
{
  g_atomic_int_set (&max_tokens, (gint) tokens);
}

/* ---- reading ---- */

static gboolean
read_counts (StoreDb *db, const guint64 *tokens, gsize n, StoreTokenCount *counts, GError **error)
{
  GError *failed = NULL;

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (StoreStatement) statement
          = store_db_prepare (db, "SELECT junk, good FROM junk_tokens WHERE token = :token", error);
      if (statement == NULL)
        return FALSE;
      store_statement_bind_int (statement, ":token", (gint64) tokens[i]);
      counts[i] = (StoreTokenCount){ 0, 0 };
      if (store_statement_step (statement, &failed))
        counts[i] = (StoreTokenCount){ (guint) store_statement_get_int (statement, 0),
                                       (guint) store_statement_get_int (statement, 1) };
      else if (failed != NULL)
        {
          g_propagate_error (error, failed);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
read_letters (StoreDb *db, StoreTokenCount *letters, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT junk, good FROM junk_letters", error);

  if (statement == NULL || !store_statement_step (statement, error))
    return FALSE;
  letters->junk = (guint) store_statement_get_int (statement, 0);
  letters->good = (guint) store_statement_get_int (statement, 1);
  return TRUE;
}

gboolean
store_junk_look_up (StoreCabinet *cabinet,
                    const guint64 *tokens,
                    gsize n,
                    StoreTokenCount *counts,
                    StoreTokenCount *letters,
                    GError **error)
{
  gboolean read = FALSE;

  if (!store_cabinet_enter (cabinet, error))
    return FALSE;
  StoreDb *db = store_cabinet_take_reader (cabinet, error);
  if (db != NULL)
    {
      /* One snapshot for all of them, and one lock of the file. */
      read = store_db_execute (db, "BEGIN", error);
      if (read)
        {
          read = read_letters (db, letters, error)
                 && (letters->junk + letters->good == 0
                     || read_counts (db, tokens, n, counts, error));
          store_db_execute (db, "COMMIT", NULL);
        }
      store_cabinet_return_reader (cabinet, db);
    }
  store_cabinet_leave (cabinet);
  return read;
}

static StoreSorted
read_lesson (StoreDb *db, gint64 digest)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT sorted FROM junk_lessons WHERE digest = :digest", NULL);

  if (statement == NULL)
    return STORE_SORTED_NOT;
  store_statement_bind_int (statement, ":digest", digest);
  return store_statement_step (statement, NULL)
             ? (StoreSorted) store_statement_get_int (statement, 0)
             : STORE_SORTED_NOT;
}

StoreSorted
store_junk_find_lesson (StoreCabinet *cabinet, gint64 digest)
{
  StoreSorted sorted = STORE_SORTED_NOT;

  if (!store_cabinet_enter (cabinet, NULL))
    return sorted;
  StoreDb *db = store_cabinet_take_reader (cabinet, NULL);
  if (db != NULL)
    {
      sorted = read_lesson (db, digest);
      store_cabinet_return_reader (cabinet, db);
    }
  store_cabinet_leave (cabinet);
  return sorted;
}

/* ---- learning ---- */

static gboolean
change_tokens (StoreDb *db,
               const GArray *tokens,
               gint64 junk,
               gint64 good,
               gint64 day,
               GError **error)
{
  for (guint i = 0; i < tokens->len; i++)
    {
      g_autoptr (StoreStatement) statement = store_db_prepare (
          db,
          "INSERT INTO junk_tokens VALUES (:token, max (:junk, 0), max (:good, 0), :day) "
          "ON CONFLICT DO UPDATE SET junk = max (junk + :junk, 0), good = max (good + :good, 0), "
          "seen = :day",
          error);
      if (statement == NULL)
        return FALSE;
      store_statement_bind_int (statement, ":token", (gint64) g_array_index (tokens, guint64, i));
      store_statement_bind_int (statement, ":junk", junk);
      store_statement_bind_int (statement, ":good", good);
      store_statement_bind_int (statement, ":day", day);
      if (!store_statement_run (statement, error))
        return FALSE;
    }
  g_autoptr (StoreStatement) letters = store_db_prepare (
      db, "UPDATE junk_letters SET junk = max (junk + :junk, 0), good = max (good + :good, 0)",
      error);
  if (letters == NULL)
    return FALSE;
  store_statement_bind_int (letters, ":junk", junk);
  store_statement_bind_int (letters, ":good", good);
  return store_statement_run (letters, error);
}

static gboolean
note_lesson (StoreDb *db, gint64 digest, StoreSorted sorted, gint64 day, GError **error)
{
  if (sorted == STORE_SORTED_NOT)
    return store_cabinet_run_for (db, "DELETE FROM junk_lessons WHERE digest = :id", digest, error);
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "INSERT OR REPLACE INTO junk_lessons VALUES (:digest, :sorted, :day)",
                          error);
  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":digest", digest);
  store_statement_bind_int (statement, ":sorted", sorted);
  store_statement_bind_int (statement, ":day", day);
  return store_statement_run (statement, error);
}

static gboolean
learn_one (StoreDb *db, const StoreLesson *lesson, StoreSorted sorted, GError **error)
{
  StoreSorted before = read_lesson (db, lesson->digest);
  gint64 day = base_clock_real () / DAY;
  gint64 junk = (sorted == STORE_SORTED_JUNK) - (before == STORE_SORTED_JUNK);
  gint64 good = (sorted == STORE_SORTED_GOOD) - (before == STORE_SORTED_GOOD);

  if (sorted == before)
    return TRUE;
  return change_tokens (db, lesson->tokens, junk, good, day, error)
         && note_lesson (db, lesson->digest, sorted, day, error);
}

static gint64
count_rows (StoreDb *db, const char *sql)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, NULL);

  return statement != NULL && store_statement_step (statement, NULL)
             ? store_statement_get_int (statement, 0)
             : 0;
}

/* The words that tell least go first: those of one letter alone, the oldest before others. A tenth
 * more than must go, so that this is rare. */
static gboolean
forget_some (StoreDb *db, GError **error)
{
  gint64 most = g_atomic_int_get (&max_tokens);
  gint64 tokens = count_rows (db, "SELECT count (*) FROM junk_tokens");
  gint64 lessons = count_rows (db, "SELECT count (*) FROM junk_lessons");

  if (!store_db_execute (db, "DELETE FROM junk_tokens WHERE junk + good = 0", error))
    return FALSE;
  if (tokens > most
      && !store_cabinet_run_for (db,
                                 "DELETE FROM junk_tokens WHERE token IN (SELECT token FROM "
                                 "junk_tokens ORDER BY junk + good > 1, seen, junk + good LIMIT "
                                 ":id)",
                                 tokens - most + most / 10, error))
    return FALSE;
  return lessons <= MAX_LESSONS
         || store_cabinet_run_for (db,
                                   "DELETE FROM junk_lessons WHERE digest IN (SELECT digest FROM "
                                   "junk_lessons ORDER BY seen LIMIT :id)",
                                   lessons - MAX_LESSONS, error);
}

/* What is good leaves Junk, and stays where it is otherwise. */
static gboolean
move_learned (StoreWrite *write, StoreDb *db, const Learn *learn, gint64 id, GError **error)
{
  if (learn->folder < 0 || id == 0)
    return TRUE;
  if (learn->sorted == STORE_SORTED_GOOD)
    {
      g_autoptr (StoreStatement) statement
          = store_db_prepare (db, "SELECT 1 FROM letters WHERE id = :id AND folder = :junk", error);
      if (statement == NULL)
        return FALSE;
      store_statement_bind_int (statement, ":id", id);
      store_statement_bind_int (statement, ":junk", STORE_FOLDER_JUNK);
      if (!store_statement_step (statement, NULL))
        return TRUE;
    }
  return store_cabinet_move_letter (write, db, id, (StoreFolder) learn->folder, error);
}

static gboolean
learn_work (StoreWrite *write, StoreDb *db, GError **error)
{
  const Learn *learn = write->data;
  StoreTokenCount before, after;

  if (!read_letters (db, &before, error))
    return FALSE;
  for (guint i = 0; i < learn->lessons->len; i++)
    {
      const StoreLesson *lesson = g_ptr_array_index (learn->lessons, i);
      if (!learn_one (db, lesson, learn->sorted, error)
          || !move_learned (write, db, learn, lesson->letter, error))
        return FALSE;
    }
  if (!read_letters (db, &after, error))
    return FALSE;
  return (before.junk + before.good) / LOOK_EVERY == (after.junk + after.good) / LOOK_EVERY
         || forget_some (db, error);
}

void
store_junk_learn_async (StoreCabinet *cabinet,
                        GPtrArray *lessons,
                        StoreSorted sorted,
                        int folder,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  Learn *learn = g_new0 (Learn, 1);

  learn->lessons = lessons;
  learn->sorted = sorted;
  learn->folder = folder;
  store_cabinet_write (cabinet, learn_work, NULL, learn, learn_free,
                       g_task_new (cabinet, cancellable, callback, user_data));
}

static gboolean
forget_work (StoreWrite *write, StoreDb *db, GError **error)
{
  return store_db_execute (db, "DELETE FROM junk_tokens", error)
         && store_db_execute (db, "DELETE FROM junk_lessons", error)
         && store_db_execute (db, "UPDATE junk_letters SET junk = 0, good = 0", error);
}

void
store_junk_forget_async (StoreCabinet *cabinet,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  store_cabinet_write (cabinet, forget_work, NULL, NULL, NULL,
                       g_task_new (cabinet, cancellable, callback, user_data));
}
