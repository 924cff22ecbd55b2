/* SPDX-License-Identifier: MIT */
#include "engine-check.h"

#include "engine-error-private.h"
#include "engine-letters-private.h"

#include <store-check.h>
#include <store-search-index.h>

#include <errno.h>
#include <glib/gstdio.h>

typedef struct
{
  gboolean mend;
  StoreCheckup checkup;
} Check;

static void
on_indexed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (store_cabinet_finish_index_finish (STORE_CABINET (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    engine_error_return (task, error, NULL);
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  Check *check = g_task_get_task_data (task);
  GError *error = NULL;

  if (!store_cabinet_check_finish (STORE_CABINET (source), result, &check->checkup, &error))
    engine_error_return (task, error, NULL);
  else if (check->mend)
    store_cabinet_finish_index_async (STORE_CABINET (source), cancellable, on_indexed,
                                      g_steal_pointer (&task));
  else
    g_task_return_boolean (task, TRUE);
}

void
engine_check_async (EngineLetters *letters,
                    gboolean mend,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  GTask *task = g_task_new (letters, cancellable, callback, user_data);
  Check *check = g_new0 (Check, 1);

  check->mend = mend;
  g_task_set_task_data (task, check, g_free);
  store_cabinet_check_async (engine_letters_get_cabinet (letters), mend, cancellable, on_checked,
                             task);
}

gboolean
engine_check_finish (EngineLetters *letters,
                     GAsyncResult *result,
                     StoreCheckup *checkup,
                     GError **error)
{
  const Check *check = g_task_get_task_data (G_TASK (result));

  *checkup = check->checkup;
  return g_task_propagate_boolean (G_TASK (result), error);
}

gboolean
engine_check_set_aside (const char *directory, char **aside, GError **error)
{
  static const char *const parts[] = { "-wal", "-shm", "" };
  g_autofree char *root = directory != NULL
                              ? g_strdup (directory)
                              : g_build_filename (g_get_user_data_dir (), "postroom", NULL);
  g_autofree char *path = g_build_filename (root, "cabinet.db", NULL);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format (now, "%Y%m%d-%H%M%S");
  g_autofree char *target = g_strdup_printf ("%s.damaged-%s", path, time);

  *aside = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *from = g_strconcat (path, parts[i], NULL);
      g_autofree char *to = g_strconcat (target, parts[i], NULL);
      if (g_rename (from, to) == 0 || errno == ENOENT)
        continue;
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "“%s” could not be moved: %s",
                   from, g_strerror (errno));
      return FALSE;
    }
  if (g_file_test (target, G_FILE_TEST_EXISTS))
    *aside = g_steal_pointer (&target);
  return TRUE;
}
