/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-letters-private.h"

#include "engine-error-private.h"

struct _EngineLetters
{
  GObject parent_instance;

  StoreCabinet *cabinet;
};

G_DEFINE_FINAL_TYPE (EngineLetters, engine_letters, G_TYPE_OBJECT)

G_STATIC_ASSERT ((int) ENGINE_FLAG_SEEN == (int) STORE_FLAG_SEEN);
G_STATIC_ASSERT ((int) ENGINE_FLAG_ANSWERED == (int) STORE_FLAG_ANSWERED);
G_STATIC_ASSERT ((int) ENGINE_FLAG_FLAGGED == (int) STORE_FLAG_FLAGGED);

static guint folder_changed_signal;

static void
on_folder_changed (EngineLetters *letters, int folder)
{
  g_signal_emit (letters, folder_changed_signal, 0, folder);
}

static void
engine_letters_finalize (GObject *object)
{
  g_clear_object (&ENGINE_LETTERS (object)->cabinet);
  G_OBJECT_CLASS (engine_letters_parent_class)->finalize (object);
}

static void
engine_letters_class_init (EngineLettersClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = engine_letters_finalize;
  folder_changed_signal
      = g_signal_new ("folder-changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                      NULL, G_TYPE_NONE, 1, G_TYPE_INT);
}

static void
engine_letters_init (EngineLetters *letters)
{
}

EngineLetters *
engine_letters_new (StoreCabinet *cabinet)
{
  EngineLetters *letters = g_object_new (ENGINE_TYPE_LETTERS, NULL);

  letters->cabinet = g_object_ref (cabinet);
  g_signal_connect_object (cabinet, "folder-changed", G_CALLBACK (on_folder_changed), letters,
                           G_CONNECT_SWAPPED);
  return letters;
}

StoreCabinet *
engine_letters_get_cabinet (EngineLetters *letters)
{
  return letters->cabinet;
}

/* ---- lists, rows, counts ---- */

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GArray *ids = store_cabinet_list_finish (STORE_CABINET (source), result, &error);

  if (ids != NULL)
    g_task_return_pointer (task, ids, (GDestroyNotify) g_array_unref);
  else
    engine_error_return (task, error, NULL);
}

void
engine_letters_list_async (EngineLetters *letters,
                           StoreFolder folder,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  store_cabinet_list_async (letters->cabinet, folder, cancellable, on_listed,
                            g_task_new (letters, cancellable, callback, user_data));
}

GArray *
engine_letters_list_finish (EngineLetters *letters, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GPtrArray *rows = store_cabinet_load_finish (STORE_CABINET (source), result, &error);

  if (rows != NULL)
    g_task_return_pointer (task, rows, (GDestroyNotify) g_ptr_array_unref);
  else
    engine_error_return (task, error, NULL);
}

void
engine_letters_load_async (EngineLetters *letters,
                           const gint64 *ids,
                           gsize n_ids,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  store_cabinet_load_async (letters->cabinet, ids, n_ids, cancellable, on_loaded,
                            g_task_new (letters, cancellable, callback, user_data));
}

GPtrArray *
engine_letters_load_finish (EngineLetters *letters, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_counted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autofree StoreCounts *counts = g_new0 (StoreCounts, 1);
  GError *error = NULL;

  if (store_cabinet_count_finish (STORE_CABINET (source), result, counts, &error))
    g_task_return_pointer (task, g_steal_pointer (&counts), g_free);
  else
    engine_error_return (task, error, NULL);
}

void
engine_letters_count_async (EngineLetters *letters,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  store_cabinet_count_async (letters->cabinet, cancellable, on_counted,
                             g_task_new (letters, cancellable, callback, user_data));
}

gboolean
engine_letters_count_finish (EngineLetters *letters,
                             GAsyncResult *result,
                             StoreCounts *counts,
                             GError **error)
{
  g_autofree StoreCounts *counted = g_task_propagate_pointer (G_TASK (result), error);

  if (counted == NULL)
    return FALSE;
  *counts = *counted;
  return TRUE;
}

/* ---- the letter itself ---- */

static void
parse_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  MessageLetter *letter = message_letter_parse (data, &error);

  if (letter != NULL)
    g_task_return_pointer (task, letter, (GDestroyNotify) message_letter_unref);
  else
    engine_error_return (task, error, NULL);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GBytes *bytes = store_cabinet_read_finish (STORE_CABINET (source), result, &error);

  if (bytes == NULL)
    {
      engine_error_return (task, error, NULL);
      return;
    }
  g_task_set_task_data (task, bytes, (GDestroyNotify) g_bytes_unref);
  g_task_run_in_thread (task, parse_thread);
}

void
engine_letters_read_async (EngineLetters *letters,
                           gint64 id,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  store_cabinet_read_async (letters->cabinet, id, cancellable, on_read,
                            g_task_new (letters, cancellable, callback, user_data));
}

MessageLetter *
engine_letters_read_finish (EngineLetters *letters, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- changes ---- */

static void
on_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (store_cabinet_finish (STORE_CABINET (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    engine_error_return (task, error, NULL);
}

void
engine_letters_set_flag_async (EngineLetters *letters,
                               const gint64 *ids,
                               gsize n_ids,
                               EngineFlag flag,
                               gboolean value,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  store_cabinet_set_flag_async (letters->cabinet, ids, n_ids, (StoreFlag) flag, value, cancellable,
                                on_changed, g_task_new (letters, cancellable, callback, user_data));
}

void
engine_letters_move_async (EngineLetters *letters,
                           const gint64 *ids,
                           gsize n_ids,
                           StoreFolder folder,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (letters, cancellable, callback, user_data);

  if (folder == STORE_FOLDER_OUTBOX)
    {
      g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                               "A letter cannot be moved to the outbox. Send it instead.");
      return;
    }
  store_cabinet_move_async (letters->cabinet, ids, n_ids, folder, cancellable, on_changed,
                            g_steal_pointer (&task));
}

void
engine_letters_delete_async (EngineLetters *letters,
                             const gint64 *ids,
                             gsize n_ids,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  store_cabinet_delete_async (letters->cabinet, ids, n_ids, cancellable, on_changed,
                              g_task_new (letters, cancellable, callback, user_data));
}

gboolean
engine_letters_finish (EngineLetters *letters, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- drafts ---- */

typedef struct
{
  MessageBuilder *builder; /* borrowed */
  gint64 account;
  gint64 replaces;
  StoreFiles *files; /* borrowed: the cabinet's */
} Draft;

static void
draft_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Draft *draft = data;
  GError *error = NULL;
  g_autoptr (StoreSpool) spool = NULL;
  g_autoptr (GBytes) bytes = message_builder_build (draft->builder, MESSAGE_BUILD_DRAFT, &error);

  if (bytes != NULL)
    spool = store_spool_new (draft->files, &error);
  if (spool != NULL
      && store_spool_write (spool, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                            &error))
    g_task_return_pointer (task, g_steal_pointer (&spool), (GDestroyNotify) store_spool_free);
  else
    engine_error_return (task, error, NULL);
}

static void
on_draft_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  gint64 id = store_cabinet_add_finish (STORE_CABINET (source), result, &error);

  if (error != NULL)
    engine_error_return (task, error, NULL);
  else
    g_task_return_int (task, id);
}

static void
on_draft_built (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  EngineLetters *letters = ENGINE_LETTERS (source);
  Draft *draft = g_task_get_task_data (task);
  GError *error = NULL;
  StoreSpool *spool = g_task_propagate_pointer (G_TASK (result), &error);
  StoreAdd add = { .account = draft->account,
                   .folder = STORE_FOLDER_DRAFTS,
                   .seen = TRUE,
                   .replaces = draft->replaces };

  if (spool != NULL)
    {
      store_cabinet_add_async (letters->cabinet, spool, &add, g_task_get_cancellable (task),
                               on_draft_added, task);
      return;
    }
  g_task_return_error (task, error);
  g_object_unref (task);
}

void
engine_letters_save_draft_async (EngineLetters *letters,
                                 gint64 account,
                                 MessageBuilder *builder,
                                 gint64 replaces,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  GTask *task = g_task_new (letters, cancellable, callback, user_data);
  g_autoptr (GTask) worker = g_task_new (letters, cancellable, on_draft_built, task);
  Draft *draft = g_new0 (Draft, 1);

  draft->builder = builder;
  draft->account = account;
  draft->replaces = replaces;
  draft->files = store_cabinet_get_files (letters->cabinet);
  g_task_set_task_data (task, draft, g_free);
  g_task_set_task_data (worker, draft, NULL);
  g_task_run_in_thread (worker, draft_thread);
}

gint64
engine_letters_save_draft_finish (EngineLetters *letters, GAsyncResult *result, GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}
