/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-export.h"

#include "engine-error-private.h"
#include "engine-letters-private.h"
#include "engine-transfer-private.h"

#include <message-address.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 256 /* rows that are read at once */

typedef struct
{
  EngineExport options;
  StoreCabinet *cabinet;
  StoreFolder folder;
  GArray *ids; /* of gint64, newest first */
  char *target;
  char *making; /* what becomes the target */
  int fd;       /* of an mbox */
  GTask *task;  /* borrowed */
  GMainContext *context;
  EngineTransferCounts counts;
  gint64 told;
} Export;

static void
export_free (Export *export)
{
  g_clear_pointer (&export->ids, g_array_unref);
  g_object_unref (export->cabinet);
  g_free (export->target);
  g_free (export->making);
  g_free (export);
}

static void
tell (Export *export)
{
  export->counts.percent = (guint) ((guint64) export->counts.letters * 100 / export->ids->len);
  engine_transfer_tell (export->task, export->options.progress, export->options.progress_data,
                        &export->counts, &export->told);
}

/* ---- the store, waited for ---- */

static void
on_ready (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **waited = user_data;

  *waited = g_object_ref (result);
}

static GAsyncResult *
wait_for (Export *export, GAsyncResult **waited)
{
  while (*waited == NULL)
    g_main_context_iteration (export->context, TRUE);
  return *waited;
}

static gboolean
list_letters (Export *export, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  if (export->ids != NULL)
    return TRUE;
  store_cabinet_list_async (export->cabinet, export->folder, NULL, on_ready, &result);
  export->ids = store_cabinet_list_finish (export->cabinet, wait_for (export, &result), error);
  return export->ids != NULL;
}

static GPtrArray *
load_rows (Export *export, guint from, guint to, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  store_cabinet_load_async (export->cabinet, &g_array_index (export->ids, gint64, from), to - from,
                            NULL, on_ready, &result);
  return store_cabinet_load_finish (export->cabinet, wait_for (export, &result), error);
}

/* NULL without @error: it is gone. */
static GBytes *
read_letter (Export *export, gint64 id, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) failed = NULL;

  store_cabinet_read_async (export->cabinet, id, NULL, on_ready, &result);
  GBytes *bytes = store_cabinet_read_finish (export->cabinet, wait_for (export, &result), &failed);
  if (bytes == NULL && !g_error_matches (failed, STORE_ERROR, STORE_ERROR_NOT_FOUND))
    g_propagate_error (error, g_steal_pointer (&failed));
  return bytes;
}

/* ---- files ---- */

static gboolean
fail (GError **error, int code, const char *path)
{
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE, "“%s” could not be written: %s", shown,
               code == ENOSPC ? "there is no room on the disk" : g_strerror (code));
  return FALSE;
}

static gboolean
write_whole (int fd, const char *path, const char *text, gsize length, GError **error)
{
  while (length > 0)
    {
      gssize written = write (fd, text, length);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return fail (error, errno, path);
      text += written;
      length -= (gsize) written;
    }
  return TRUE;
}

static gboolean
write_file (const char *path, const char *text, gsize length, GError **error)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  gboolean done = fd >= 0 ? write_whole (fd, path, text, length, error) : fail (error, errno, path);

  if (done && fsync (fd) != 0)
    done = fail (error, errno, path);
  if (fd >= 0)
    close (fd);
  return done;
}

static gboolean
sync_folder (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean done = fd >= 0 && fsync (fd) == 0;
  int code = errno;

  if (fd >= 0)
    close (fd);
  return done || fail (error, code, path);
}

/* ---- letters ---- */

static gboolean
write_to_mbox (Export *export, const StoreLetter *row, GBytes *bytes, GError **error)
{
  const MessageMboxStatus status
      = { .seen = row->seen, .answered = row->answered, .flagged = row->flagged };
  g_autoptr (GPtrArray) senders = message_mailboxes_parse (row->from, NULL);
  const char *sender = senders != NULL && senders->len > 0
                           ? ((MessageMailbox *) senders->pdata[0])->address
                           : NULL;
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);
  g_autoptr (GString) out
      = message_mbox_format (export->options.dialect, text, length, sender, row->date, &status);

  return write_whole (export->fd, export->making, out->str, out->len, error);
}

static gboolean
write_to_maildir (Export *export, const StoreLetter *row, GBytes *bytes, GError **error)
{
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);
  g_autoptr (GString) lines = g_string_new_len (text, (gssize) length);
  g_autofree char *name
      = g_strdup_printf ("%" G_GINT64_FORMAT ".P%" G_GINT64_FORMAT ".postroom:2,%s%s%s", row->date,
                         row->id, row->flagged ? "F" : "", row->answered ? "R" : "",
                         row->seen ? "S" : "");
  g_autofree char *path = g_build_filename (export->making, "cur", name, NULL);

  g_string_replace (lines, "\r\n", "\n", 0);
  return write_file (path, lines->str, lines->len, error);
}

static gboolean
write_to_folder (Export *export, const StoreLetter *row, GBytes *bytes, GError **error)
{
  g_autofree char *name = g_path_get_basename (row->path);
  g_autofree char *path = g_build_filename (export->making, name, NULL);
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);

  return write_file (path, text, length, error);
}

static gboolean
write_letter (Export *export, const StoreLetter *row, GError **error)
{
  GError *failed = NULL;
  g_autoptr (GBytes) bytes = read_letter (export, row->id, &failed);
  gboolean done;

  if (bytes == NULL)
    {
      if (failed != NULL)
        g_propagate_error (error, failed);
      return failed == NULL;
    }
  done = export->options.form == ENGINE_EXPORT_MBOX ? write_to_mbox (export, row, bytes, error)
         : export->options.form == ENGINE_EXPORT_MAILDIR
             ? write_to_maildir (export, row, bytes, error)
             : write_to_folder (export, row, bytes, error);
  export->counts.letters += done ? 1 : 0;
  tell (export);
  return done;
}

/* Newest first, as the ids stand. */
static GPtrArray *
sort_rows (GPtrArray *rows, GArray *ids, guint from, guint to)
{
  GPtrArray *sorted = g_ptr_array_new ();

  for (guint i = from; i < to; i++)
    for (guint j = 0; j < rows->len; j++)
      if (((StoreLetter *) rows->pdata[j])->id == g_array_index (ids, gint64, i))
        g_ptr_array_add (sorted, rows->pdata[j]);
  return sorted;
}

/* The oldest first, as they came. */
static gboolean
write_letters (Export *export, GError **error)
{
  GCancellable *cancellable = g_task_get_cancellable (export->task);

  for (guint to = export->ids->len; to > 0; to -= MIN (to, BLOCK))
    {
      guint from = to - MIN (to, BLOCK);
      g_autoptr (GPtrArray) rows = load_rows (export, from, to, error);
      g_autoptr (GPtrArray) sorted = rows != NULL ? sort_rows (rows, export->ids, from, to) : NULL;

      if (rows == NULL)
        return FALSE;
      for (guint i = sorted->len; i > 0; i--)
        if (g_cancellable_set_error_if_cancelled (cancellable, error)
            || !write_letter (export, sorted->pdata[i - 1], error))
          return FALSE;
    }
  return TRUE;
}

/* ---- the target ---- */

static gboolean
make (Export *export, GError **error)
{
  static const char *const parts[] = { "cur", "new", "tmp" };

  if (export->options.form == ENGINE_EXPORT_MBOX)
    {
      export->fd = open (export->making, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      return export->fd >= 0 || fail (error, errno, export->making);
    }
  if (g_mkdir (export->making, 0700) != 0)
    return fail (error, errno, export->making);
  for (guint i = 0; export->options.form == ENGINE_EXPORT_MAILDIR && i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *part = g_build_filename (export->making, parts[i], NULL);
      if (g_mkdir (part, 0700) != 0)
        return fail (error, errno, part);
    }
  return TRUE;
}

static gboolean
finish (Export *export, GError **error)
{
  g_autofree char *cur = g_build_filename (export->making, "cur", NULL);
  g_autofree char *parent = g_path_get_dirname (export->target);
  gboolean synced = export->options.form == ENGINE_EXPORT_MBOX
                        ? fsync (export->fd) == 0 || fail (error, errno, export->making)
                    : export->options.form == ENGINE_EXPORT_MAILDIR ? sync_folder (cur, error)
                                                                    : TRUE;

  if (!synced
      || (export->options.form != ENGINE_EXPORT_MBOX && !sync_folder (export->making, error)))
    return FALSE;
  if (g_rename (export->making, export->target) != 0)
    return fail (error, errno, export->target);
  return sync_folder (parent, error);
}

static void
remove_made (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);

  for (const char *name; folder != NULL && (name = g_dir_read_name (folder)) != NULL;)
    {
      g_autofree char *inside = g_build_filename (path, name, NULL);
      remove_made (inside);
    }
  g_remove (path);
}

static void
export_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Export *export = data;
  GError *error = NULL;
  gboolean made = FALSE;

  export->task = task;
  export->context = g_main_context_new ();
  g_main_context_push_thread_default (export->context);
  if (g_file_test (export->target, G_FILE_TEST_EXISTS)
      && !(export->options.replace && g_file_test (export->target, G_FILE_TEST_IS_REGULAR)))
    {
      g_autofree char *shown = g_filename_display_name (export->target);
      g_set_error (&error, ENGINE_ERROR, ENGINE_ERROR_EXISTS,
                   "“%s” is there already. Choose another name", shown);
    }
  else if (list_letters (export, &error) && (made = make (export, &error))
           && write_letters (export, &error))
    finish (export, &error);
  if (export->fd >= 0)
    close (export->fd);
  if (error != NULL && made)
    remove_made (export->making);
  g_main_context_pop_thread_default (export->context);
  g_clear_pointer (&export->context, g_main_context_unref);
  if (error != NULL)
    engine_error_return (task, error, NULL);
  else
    g_task_return_boolean (task, TRUE);
}

/* ---- public ---- */

void
engine_export_async (EngineLetters *letters,
                     StoreFolder folder,
                     const gint64 *ids,
                     gsize n_ids,
                     const char *target,
                     const EngineExport *options,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (letters, cancellable, callback, user_data);
  Export *export = g_new0 (Export, 1);

  export->options = *options;
  export->cabinet = g_object_ref (engine_letters_get_cabinet (letters));
  export->folder = folder;
  if (n_ids > 0)
    {
      export->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
      g_array_append_vals (export->ids, ids, (guint) n_ids);
    }
  export->target = g_canonicalize_filename (target, NULL);
  export->making = g_strdup_printf ("%s.%08x.part", export->target, g_random_int ());
  export->fd = -1;
  g_task_set_task_data (task, export, (GDestroyNotify) export_free);
  g_task_set_check_cancellable (task, FALSE);
  g_task_run_in_thread (task, export_thread);
}

gboolean
engine_export_finish (GAsyncResult *result, EngineTransferCounts *counts, GError **error)
{
  Export *export = g_task_get_task_data (G_TASK (result));

  *counts = export->counts;
  return g_task_propagate_boolean (G_TASK (result), error);
}
