/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-import.h"

#include "engine-error-private.h"
#include "engine-letters-private.h"
#include "engine-transfer-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define IN_FLIGHT 64 /* letters that are being made durable together */
#define PIECE     65536
#define MAX_DEPTH 32 /* folders within folders */

typedef struct
{
  EngineImport options;
  StoreCabinet *cabinet;
  GStrv paths;
  GMainContext *context; /* of the thread that works */
  GTask *task;           /* borrowed */
  GError *error;         /* nothing more is taken after it */
  EngineTransferCounts counts;
  GPtrArray *notes;
  guint in_flight;
  guint64 done, total; /* octets */
  gint64 told;

  StoreSpool *spool; /* of the letter under way, or NULL */
  gboolean adds_cr;
  gboolean after_cr;
  int fd; /* of the mbox under way */
} Import;

/* One letter on its way into the cabinet. */
typedef struct
{
  Import *import;
  MessageMboxStatus status;
} Adding;

static void
import_free (Import *import)
{
  g_strfreev (import->paths);
  g_ptr_array_unref (import->notes);
  g_clear_error (&import->error);
  g_object_unref (import->cabinet);
  g_free (import);
}

static gboolean
is_over (Import *import)
{
  return import->error != NULL
         || g_cancellable_is_cancelled (g_task_get_cancellable (import->task));
}

static void
note (Import *import, const char *path, const char *words)
{
  g_autofree char *shown = g_filename_display_name (path);

  g_ptr_array_add (import->notes, g_strdup_printf ("“%s”: %s", shown, words));
}

static void
tell (Import *import)
{
  import->counts.percent
      = import->total > 0 ? (guint) MIN (99, import->done * 100 / import->total) : 0;
  engine_transfer_tell (import->task, import->options.progress, import->options.progress_data,
                        &import->counts, &import->told);
}

/* ---- into the cabinet ---- */

static void
on_flagged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Import *import = user_data;

  import->in_flight--;
  store_cabinet_finish (import->cabinet, result, import->error == NULL ? &import->error : NULL);
}

static void
set_flag (Import *import, gint64 id, StoreFlag flag)
{
  import->in_flight++;
  store_cabinet_set_flag_async (import->cabinet, &id, 1, flag, TRUE, NULL, on_flagged, import);
}

static void
on_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Adding *adding = user_data;
  Import *import = adding->import;
  g_autoptr (GError) error = NULL;
  gint64 id = store_cabinet_add_finish (import->cabinet, result, &error);

  import->in_flight--;
  if (error != NULL)
    {
      if (import->error == NULL)
        import->error = g_steal_pointer (&error);
      return;
    }
  if (store_cabinet_add_found_same (result))
    {
      import->counts.same++;
      return;
    }
  import->counts.letters++;
  if (adding->status.answered)
    set_flag (import, id, STORE_FLAG_ANSWERED);
  if (adding->status.flagged)
    set_flag (import, id, STORE_FLAG_FLAGGED);
}

static void
wait_until (Import *import, guint in_flight)
{
  while (import->in_flight > in_flight)
    g_main_context_iteration (import->context, TRUE);
}

static void
begin_letter (Import *import)
{
  import->after_cr = FALSE;
  import->spool = import->error == NULL
                      ? store_spool_new (store_cabinet_get_files (import->cabinet), &import->error)
                      : NULL;
}

static void
write_octets (Import *import, const char *text, gsize length)
{
  if (import->spool != NULL && length > 0
      && !store_spool_write (import->spool, (const guint8 *) text, length, &import->error))
    g_clear_pointer (&import->spool, store_spool_free);
}

/* The cabinet keeps lines as they cross the wire. */
static void
write_text (Import *import, const char *text, gsize length)
{
  const char *end = text + length;

  while (text < end)
    {
      const char *lf = import->adds_cr ? memchr (text, '\n', (gsize) (end - text)) : NULL;
      gboolean bare = lf != NULL && (lf > text ? lf[-1] != '\r' : !import->after_cr);
      gsize piece = lf == NULL ? (gsize) (end - text) : (gsize) (lf - text) + (bare ? 0 : 1);

      write_octets (import, text, piece);
      if (bare)
        write_octets (import, "\r\n", 2);
      text += bare ? piece + 1 : piece;
      import->after_cr = text[-1] == '\r';
    }
}

static void
end_letter (Import *import, const MessageMboxStatus *status)
{
  Adding *adding;
  StoreAdd add = { .folder = import->options.folder,
                   .seen = status->known ? status->seen : !import->options.unread,
                   .once = TRUE };

  if (import->spool == NULL)
    return;
  if (store_spool_get_size (import->spool) == 0 || is_over (import))
    {
      g_clear_pointer (&import->spool, store_spool_free);
      return;
    }
  wait_until (import, IN_FLIGHT - 1);
  adding = g_new0 (Adding, 1);
  adding->import = import;
  adding->status = *status;
  import->in_flight++;
  store_cabinet_add_async (import->cabinet, g_steal_pointer (&import->spool), &add, NULL, on_added,
                           adding);
  tell (import);
}

/* ---- files ---- */

static int
open_file (Import *import, const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    note (import, path, g_strerror (errno));
  return fd;
}

/* 0: the end, or an error that was noted. */
static gsize
read_piece (Import *import, const char *path, int fd, char *piece)
{
  gssize length;

  do
    length = read (fd, piece, PIECE);
  while (length < 0 && errno == EINTR);
  if (length < 0)
    note (import, path, g_strerror (errno));
  import->done += length > 0 ? (guint64) length : 0;
  return length > 0 ? (gsize) length : 0;
}

static gboolean
has_bare_lf (const char *text, gsize length)
{
  const char *lf = memchr (text, '\n', length);

  return lf != NULL && (lf == text || lf[-1] != '\r');
}

/* @piece: its first @length octets. */
static void
import_letter (Import *import,
               const char *path,
               int fd,
               char *piece,
               gsize length,
               const MessageMboxStatus *status)
{
  import->adds_cr = has_bare_lf (piece, length);
  begin_letter (import);
  for (; length > 0 && !is_over (import); length = read_piece (import, path, fd, piece))
    write_text (import, piece, length);
  end_letter (import, status);
}

/* ---- mbox ---- */

static void
on_begin (gpointer data)
{
  begin_letter (data);
}

static void
on_text (const char *text, gsize length, gpointer data)
{
  write_text (data, text, length);
}

static void
on_end (const MessageMboxStatus *status, gpointer data)
{
  end_letter (data, status);
}

static gboolean
is_end_of_letter (int fd, guint64 offset)
{
  char text[9] = "";
  gssize length = pread (fd, text, sizeof text - 1, (off_t) offset);
  const char *at = text;
  struct stat status;

  /* Behind the file's end there is nothing to read, either. */
  if (length <= 0)
    return fstat (fd, &status) == 0 && offset == (guint64) status.st_size;
  at += *at == '\r' ? 1 : 0;
  at += *at == '\n' ? 1 : 0;
  return *at == '\0' || g_str_has_prefix (at, "From ");
}

static MessageMboxBody
on_measure (guint64 offset, guint64 length, gpointer data)
{
  Import *import = data;
  g_autofree char *piece = g_malloc (PIECE + 1);
  guint64 end = offset + length;

  if (end < offset || !is_end_of_letter (import->fd, end))
    return MESSAGE_MBOX_BODY_LINES;
  /* Pieces overlap by what is looked for. */
  for (guint64 at = offset; at < end; at += PIECE - 6)
    {
      gssize got = pread (import->fd, piece, (gsize) MIN (PIECE, end - at), (off_t) at);

      if (got <= 0)
        return MESSAGE_MBOX_BODY_LINES;
      if ((at == offset && got >= 5 && memcmp (piece, "From ", 5) == 0)
          || memmem (piece, (gsize) got, "\nFrom ", 6) != NULL)
        return MESSAGE_MBOX_BODY_LITERAL;
    }
  return MESSAGE_MBOX_BODY_QUOTED;
}

static void
import_mbox (Import *import, const char *path, int fd, char *piece, gsize length)
{
  static const MessageMboxSink sink = { on_begin, on_text, on_end, on_measure };
  g_autoptr (MessageMboxReader) reader
      = message_mbox_reader_new (import->options.dialect, &sink, import);
  guint64 stray;

  import->fd = fd;
  import->adds_cr = TRUE;
  for (; length > 0 && !is_over (import); length = read_piece (import, path, fd, piece))
    message_mbox_reader_feed (reader, piece, length);
  if (is_over (import))
    {
      g_clear_pointer (&import->spool, store_spool_free);
      return;
    }
  message_mbox_reader_end (reader);
  stray = message_mbox_reader_get_stray (reader);
  if (stray > 0)
    {
      g_autofree char *words
          = g_strdup_printf ("%" G_GUINT64_FORMAT " octets stood in no letter and were left out",
                             stray);
      note (import, path, words);
    }
}

/* ---- what is found ---- */

static void
import_file (Import *import, const char *path, const MessageMboxStatus *status)
{
  g_autofree char *piece = g_malloc (PIECE);
  int fd = open_file (import, path);
  gsize length = fd >= 0 ? read_piece (import, path, fd, piece) : 0;

  if (length > 0 && message_mbox_is_start (piece, length))
    import_mbox (import, path, fd, piece, length);
  else if (length > 0)
    import_letter (import, path, fd, piece, length, status);
  if (fd >= 0)
    close (fd);
}

/* "1234.M5P6.host:2,RS" */
static MessageMboxStatus
read_maildir_flags (const char *name, gboolean is_new)
{
  const char *flags = strstr (name, ":2,");
  MessageMboxStatus status = { .known = TRUE };

  if (flags == NULL || is_new)
    return status;
  flags += strlen (":2,");
  status.seen = strchr (flags, 'S') != NULL;
  status.answered = strchr (flags, 'R') != NULL;
  status.flagged = strchr (flags, 'F') != NULL;
  return status;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_folder (Import *import, const char *path)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) folder = g_dir_open (path, 0, &error);

  if (folder == NULL)
    note (import, path, error->message);
  for (const char *name; folder != NULL && (name = g_dir_read_name (folder)) != NULL;)
    if (name[0] != '.')
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

static void
import_maildir (Import *import, const char *path)
{
  static const char *const parts[] = { "cur", "new" };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *part = g_build_filename (path, parts[i], NULL);
      g_autoptr (GPtrArray) names = list_folder (import, part);

      for (guint j = 0; j < names->len && !is_over (import); j++)
        {
          g_autofree char *file = g_build_filename (part, names->pdata[j], NULL);
          MessageMboxStatus status = read_maildir_flags (names->pdata[j], i == 1);

          import_file (import, file, &status);
        }
    }
}

static void import_path (Import *import, const char *path, guint depth);

static void
import_folder (Import *import, const char *path, guint depth)
{
  g_autofree char *cur = g_build_filename (path, "cur", NULL);
  g_autoptr (GPtrArray) names = NULL;

  if (g_file_test (cur, G_FILE_TEST_IS_DIR))
    {
      import_maildir (import, path);
      return;
    }
  names = list_folder (import, path);
  for (guint i = 0; i < names->len && !is_over (import); i++)
    {
      g_autofree char *inside = g_build_filename (path, names->pdata[i], NULL);

      if (g_file_test (inside, G_FILE_TEST_IS_DIR) || g_str_has_suffix (inside, ".eml")
          || g_str_has_suffix (inside, ".mbox"))
        import_path (import, inside, depth + 1);
    }
}

static void
import_path (Import *import, const char *path, guint depth)
{
  const MessageMboxStatus unknown = { FALSE };

  if (depth > MAX_DEPTH)
    note (import, path, "too deep");
  else if (g_file_test (path, G_FILE_TEST_IS_DIR))
    import_folder (import, path, depth);
  else
    import_file (import, path, &unknown);
}

static void
import_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Import *import = data;
  struct stat status;

  import->task = task;
  import->context = g_main_context_new ();
  g_main_context_push_thread_default (import->context);
  for (char **path = import->paths; *path != NULL; path++)
    import->total
        += stat (*path, &status) == 0 && S_ISREG (status.st_mode) ? (guint64) status.st_size : 0;
  for (char **path = import->paths; *path != NULL && !is_over (import); path++)
    import_path (import, *path, 0);
  wait_until (import, 0);
  g_main_context_pop_thread_default (import->context);
  g_clear_pointer (&import->context, g_main_context_unref);
  if (import->error != NULL)
    engine_error_return (task, g_steal_pointer (&import->error), NULL);
  else if (!g_task_return_error_if_cancelled (task))
    g_task_return_boolean (task, TRUE);
}

/* ---- public ---- */

void
engine_import_async (EngineLetters *letters,
                     const char *const *paths,
                     const EngineImport *options,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (letters, cancellable, callback, user_data);
  Import *import = g_new0 (Import, 1);

  import->options = *options;
  import->paths = g_strdupv ((char **) paths);
  import->cabinet = g_object_ref (engine_letters_get_cabinet (letters));
  import->notes = g_ptr_array_new_with_free_func (g_free);
  g_task_set_task_data (task, import, (GDestroyNotify) import_free);
  g_task_set_check_cancellable (task, FALSE);
  g_task_run_in_thread (task, import_thread);
}

gboolean
engine_import_finish (GAsyncResult *result,
                      EngineTransferCounts *counts,
                      GPtrArray **notes,
                      GError **error)
{
  Import *import = g_task_get_task_data (G_TASK (result));

  *counts = import->counts;
  *notes = g_ptr_array_ref (import->notes);
  return g_task_propagate_boolean (G_TASK (result), error);
}
