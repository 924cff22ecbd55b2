/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <message-address.h>

#include <glib/gstdio.h>
#include <signal.h>

/* ---- processes ---- */

struct _ShelfProcess
{
  GSubprocess *process;
  GDataInputStream *lines;
};

void
shelf_init (int *argc, char ***argv, ShelfChild child)
{
  message_init ();
  if (*argc > 1 && g_str_equal ((*argv)[1], "--child"))
    exit (child (*argv + 2));
  g_test_init (argc, argv, NULL);
}

ShelfProcess *
shelf_process_start (const char *first, ...)
{
  ShelfProcess *process = g_new0 (ShelfProcess, 1);
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GError) error = NULL;
  va_list rest;

  g_ptr_array_add (arguments, self);
  g_ptr_array_add (arguments, (char *) "--child");
  va_start (rest, first);
  for (const char *argument = first; argument != NULL; argument = va_arg (rest, const char *))
    g_ptr_array_add (arguments, (char *) argument);
  va_end (rest);
  g_ptr_array_add (arguments, NULL);
  process->process
      = g_subprocess_newv ((const char *const *) arguments->pdata,
                           G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_assert_no_error (error);
  process->lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process->process));
  return process;
}

char *
shelf_process_read_line (ShelfProcess *process)
{
  return g_data_input_stream_read_line (process->lines, NULL, NULL, NULL);
}

void
shelf_process_kill (ShelfProcess *process)
{
  g_subprocess_send_signal (process->process, SIGKILL);
  g_subprocess_wait (process->process, NULL, NULL);
}

gboolean
shelf_process_wait (ShelfProcess *process)
{
  return g_subprocess_wait_check (process->process, NULL, NULL);
}

void
shelf_process_free (ShelfProcess *process)
{
  g_object_unref (process->lines);
  g_object_unref (process->process);
  g_free (process);
}

/* ---- folders ---- */

char *
shelf_make_folder (void)
{
  g_autoptr (GError) error = NULL;
  char *path = g_dir_make_tmp ("postroom-store-XXXXXX", &error);

  g_assert_no_error (error);
  return path;
}

void
shelf_remove (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);

  for (const char *name; folder != NULL && (name = g_dir_read_name (folder)) != NULL;)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      shelf_remove (child);
    }
  g_remove (path);
}

guint
shelf_count_files (const char *path, const char *suffix)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint count = 0;

  for (const char *name; folder != NULL && (name = g_dir_read_name (folder)) != NULL;)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        count += shelf_count_files (child, suffix);
      else if (g_str_has_suffix (name, suffix))
        count++;
    }
  return count;
}

guint
shelf_count_spools (const char *root)
{
  g_autofree char *path = g_build_filename (root, "tmp", NULL);

  return shelf_count_files (path, "") - shelf_count_files (path, ".lock");
}

char *
shelf_read_file (const char *path)
{
  char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

/* ---- waiting ---- */

void
shelf_got (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **place = user_data;

  *place = g_object_ref (result);
}

GAsyncResult *
shelf_wait (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

/* ---- the cabinet ---- */

StoreCabinet *
shelf_open (const char *root)
{
  g_autoptr (GError) error = NULL;
  StoreCabinet *cabinet = store_cabinet_open (root, &error);

  g_assert_no_error (error);
  return cabinet;
}

StoreSpool *
shelf_spool (StoreFiles *files, const char *text)
{
  g_autoptr (GError) error = NULL;
  StoreSpool *spool = store_spool_new (files, &error);

  g_assert_no_error (error);
  store_spool_write (spool, (const guint8 *) text, strlen (text), &error);
  g_assert_no_error (error);
  return spool;
}

char *
shelf_letter (const char *subject, const char *date, const char *body)
{
  return g_strdup_printf ("From: Anna <anna@example.org>\r\nTo: Ben <ben@example.org>\r\n"
                          "Subject: %s\r\nDate: %s\r\n\r\n%s\r\n",
                          subject, date, body);
}

gint64
shelf_try_add (StoreCabinet *cabinet, const char *text, const StoreAdd *add, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GError *failed = NULL;

  store_cabinet_add_async (cabinet, shelf_spool (store_cabinet_get_files (cabinet), text), add,
                           NULL, shelf_got, &result);
  gint64 id = store_cabinet_add_finish (cabinet, shelf_wait (&result), &failed);
  if (failed == NULL)
    return id;
  g_propagate_error (error, failed);
  return -1;
}

gint64
shelf_add (StoreCabinet *cabinet, StoreFolder folder, const char *text)
{
  g_autoptr (GError) error = NULL;
  gint64 id = shelf_try_add (cabinet, text, &(StoreAdd){ .folder = folder }, &error);

  g_assert_no_error (error);
  g_assert_cmpint (id, >, 0);
  return id;
}

gint64
shelf_save_account (StoreCabinet *cabinet, const char *address, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (StoreAccount) account = store_account_new ();

  g_free (account->address);
  account->address = g_strdup (address);
  store_cabinet_save_account_async (cabinet, account, NULL, shelf_got, &result);
  return store_cabinet_save_account_finish (cabinet, shelf_wait (&result), error);
}

GArray *
shelf_list (StoreCabinet *cabinet, StoreFolder folder)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  store_cabinet_list_async (cabinet, folder, NULL, shelf_got, &result);
  GArray *ids = store_cabinet_list_finish (cabinet, shelf_wait (&result), &error);
  g_assert_no_error (error);
  return ids;
}

guint
shelf_count (StoreCabinet *cabinet, StoreFolder folder)
{
  g_autoptr (GArray) ids = shelf_list (cabinet, folder);

  return ids->len;
}

StoreLetter *
shelf_load (StoreCabinet *cabinet, gint64 id)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  store_cabinet_load_async (cabinet, &id, 1, NULL, shelf_got, &result);
  g_autoptr (GPtrArray) letters = store_cabinet_load_finish (cabinet, shelf_wait (&result), &error);
  g_assert_no_error (error);
  return letters->len > 0 ? store_letter_copy (g_ptr_array_index (letters, 0)) : NULL;
}

char *
shelf_read (StoreCabinet *cabinet, gint64 id)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  store_cabinet_read_async (cabinet, id, NULL, shelf_got, &result);
  g_autoptr (GBytes) bytes = store_cabinet_read_finish (cabinet, shelf_wait (&result), &error);
  g_assert_no_error (error);
  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

gboolean
shelf_move (StoreCabinet *cabinet, gint64 id, StoreFolder folder, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  store_cabinet_move_async (cabinet, &id, 1, folder, NULL, shelf_got, &result);
  return store_cabinet_finish (cabinet, shelf_wait (&result), error);
}

void
shelf_delete (StoreCabinet *cabinet, gint64 id)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  store_cabinet_delete_async (cabinet, &id, 1, NULL, shelf_got, &result);
  store_cabinet_finish (cabinet, shelf_wait (&result), &error);
  g_assert_no_error (error);
}
