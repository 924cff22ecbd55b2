/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-backup.h"

#include "engine-error-private.h"
#include "engine-error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <store-site.h>
#include <string.h>
#include <unistd.h>

#define SITE     "server"
#define SETTINGS "server.ini"
#define IDENTITY "identity"

typedef struct
{
  char *from;
  char *to;
  guint letters;
} Copy;

static void
copy_free (gpointer data)
{
  Copy *copy = data;

  g_free (copy->from);
  g_free (copy->to);
  g_free (copy);
}

/* ---- files ---- */

static gboolean
fail (GError **error, const char *doing, const char *path)
{
  g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE, "“%s” could not be %s: %s", path, doing,
               g_strerror (errno));
  return FALSE;
}

static gboolean
sync_folder (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean synced = fd >= 0 && fsync (fd) == 0;

  if (!synced)
    fail (error, "synced", path);
  if (fd >= 0)
    close (fd);
  return synced;
}

/* What is small; a file that is not there is not copied, one that is there already stays. */
static gboolean
copy_small (const char *from, const char *to, const char *name, GError **error)
{
  g_autofree char *source = g_build_filename (from, name, NULL);
  g_autofree char *target = g_build_filename (to, name, NULL);
  g_autofree char *data = NULL;
  g_autoptr (GError) failed = NULL;
  gsize length;

  if (g_file_test (target, G_FILE_TEST_EXISTS) || !g_file_test (source, G_FILE_TEST_EXISTS))
    return TRUE;
  if (g_file_get_contents (source, &data, &length, &failed)
      && g_file_set_contents_full (target, data, (gssize) length,
                                   G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                   0600, &failed))
    return TRUE;
  g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_STORE, failed->message);
  return FALSE;
}

static gboolean
copy_identity (const char *from, const char *to, GError **error)
{
  g_autofree char *source = g_build_filename (from, IDENTITY, NULL);
  g_autofree char *target = g_build_filename (to, IDENTITY, NULL);
  g_autoptr (GDir) folder = g_dir_open (source, 0, NULL);
  const char *name;

  /* A certificate and its key belong together: all of them or none. */
  if (folder == NULL || g_file_test (target, G_FILE_TEST_EXISTS))
    return TRUE;
  if (g_mkdir (target, 0700) != 0)
    return fail (error, "made", target);
  while ((name = g_dir_read_name (folder)) != NULL)
    if (!copy_small (source, target, name, error))
      return FALSE;
  return sync_folder (target, error);
}

/* A folder of our own making that is not wanted any more. */
static void
discard (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        discard (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

/* ---- the work ---- */

static gboolean
copy_site (Copy *copy, const char *to, GCancellable *cancellable, GError **error)
{
  g_autofree char *source = g_build_filename (copy->from, SITE, NULL);

  return store_site_copy (source, to, &copy->letters, cancellable, error);
}

/* The name that the copy has until it is whole. */
static char *
name_part (const char *path)
{
  return g_strdup_printf ("%s.part-%08x", path, g_random_int ());
}

static gboolean
fill_backup (Copy *copy, const char *part, GCancellable *cancellable, GError **error)
{
  g_autofree char *site = g_build_filename (part, SITE, NULL);

  return copy_site (copy, site, cancellable, error)
         && copy_small (copy->from, part, SETTINGS, error)
         && copy_identity (copy->from, part, error) && sync_folder (part, error);
}

static gboolean
back_up (Copy *copy, GCancellable *cancellable, GError **error)
{
  g_autofree char *part = name_part (copy->to);
  g_autofree char *parent = g_path_get_dirname (copy->to);

  if (g_file_test (copy->to, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_EXISTS,
                   "“%s” exists already: nothing is overwritten", copy->to);
      return FALSE;
    }
  if (g_mkdir (part, 0700) != 0)
    return fail (error, "made", part);
  if (fill_backup (copy, part, cancellable, error)
      && (g_rename (part, copy->to) == 0 || fail (error, "written", copy->to)))
    return sync_folder (parent, error);
  discard (part);
  return FALSE;
}

static gboolean
restore (Copy *copy, GCancellable *cancellable, GError **error)
{
  g_autofree char *site = g_build_filename (copy->to, SITE, NULL);
  g_autofree char *part = name_part (site);

  if (g_file_test (site, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_EXISTS,
                   "There is a local server in “%s” already: nothing is overwritten", copy->to);
      return FALSE;
    }
  if (g_mkdir_with_parents (copy->to, 0700) != 0)
    return fail (error, "made", copy->to);
  /* The site comes last: with it there is a server. */
  if (copy_site (copy, part, cancellable, error)
      && copy_small (copy->from, copy->to, SETTINGS, error)
      && copy_identity (copy->from, copy->to, error)
      && (g_rename (part, site) == 0 || fail (error, "written", site)))
    return sync_folder (copy->to, error);
  discard (part);
  return FALSE;
}

static void
end (GTask *task, gboolean done, GError *error)
{
  if (done)
    g_task_return_boolean (task, TRUE);
  else
    engine_error_return (task, error, NULL);
}

static void
backup_thread (GTask *task, gpointer source, gpointer copy, GCancellable *cancellable)
{
  GError *error = NULL;
  gboolean done = back_up (copy, cancellable, &error);

  end (task, done, error);
}

static void
restore_thread (GTask *task, gpointer source, gpointer copy, GCancellable *cancellable)
{
  GError *error = NULL;
  gboolean done = restore (copy, cancellable, &error);

  end (task, done, error);
}

static void
run (const char *from,
     const char *to,
     GTaskThreadFunc function,
     GCancellable *cancellable,
     GAsyncReadyCallback callback,
     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Copy *copy = g_new0 (Copy, 1);

  copy->from = g_canonicalize_filename (from, NULL);
  copy->to = g_canonicalize_filename (to, NULL);
  g_task_set_task_data (task, copy, copy_free);
  g_task_set_check_cancellable (task, FALSE);
  g_task_run_in_thread (task, function);
}

void
engine_backup_async (const char *directory,
                     const char *target,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  run (directory, target, backup_thread, cancellable, callback, user_data);
}

void
engine_restore_async (const char *directory,
                      const char *source,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  run (source, directory, restore_thread, cancellable, callback, user_data);
}

gboolean
engine_backup_finish (GAsyncResult *result, guint *letters, GError **error)
{
  const Copy *copy = g_task_get_task_data (G_TASK (result));

  *letters = copy->letters;
  return g_task_propagate_boolean (G_TASK (result), error);
}
