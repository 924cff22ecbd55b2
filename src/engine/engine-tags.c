/* SPDX-License-Identifier: MIT */
#include "engine-tags.h"

#include "engine-error-private.h"
#include "engine-letters-private.h"

#include <store-tags.h>

static void
on_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (store_cabinet_finish (STORE_CABINET (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    engine_error_return (task, error, NULL);
}

void
engine_tags_set_async (EngineLetters *letters,
                       const gint64 *ids,
                       gsize n_ids,
                       const char *tag,
                       gboolean value,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  store_cabinet_set_tag_async (engine_letters_get_cabinet (letters), ids, n_ids, tag, value,
                               cancellable, on_set,
                               g_task_new (letters, cancellable, callback, user_data));
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  char **tags = store_cabinet_list_tags_finish (STORE_CABINET (source), result, &error);

  if (tags != NULL)
    g_task_return_pointer (task, tags, (GDestroyNotify) g_strfreev);
  else
    engine_error_return (task, error, NULL);
}

void
engine_tags_list_async (EngineLetters *letters,
                        gint64 letter,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  store_cabinet_list_tags_async (engine_letters_get_cabinet (letters), letter, cancellable,
                                 on_listed, g_task_new (letters, cancellable, callback, user_data));
}

char **
engine_tags_list_finish (EngineLetters *letters, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
