/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-secrets-file-private.h"

#include "engine-error.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define GROUP "passwords"

/* -1 with an error. Closing it lets go. */
static int
lock (const char *directory, GError **error)
{
  g_autofree char *path = g_build_filename (directory, "secrets.lock", NULL);
  int fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  if (fd >= 0)
    {
      int result;
      do
        result = flock (fd, LOCK_EX);
      while (result < 0 && errno == EINTR);
      if (result == 0)
        return fd;
    }
  int code = errno;
  if (fd >= 0)
    close (fd);
  g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE, "The passwords cannot be kept in “%s”: %s.",
               directory, g_strerror (code));
  return -1;
}

/* An absent file is an empty one. */
static GKeyFile *
load (const char *path, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) local = NULL;
  g_autofree char *contents = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &contents, &length, &local))
    {
      if (g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return g_steal_pointer (&file);
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE, "The passwords cannot be read: %s.",
                   local->message);
      return NULL;
    }
  gboolean loaded
      = length == 0 || g_key_file_load_from_data (file, contents, length, G_KEY_FILE_NONE, &local);
  base_secret_wipe (contents, length);
  if (!loaded)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE,
                   "“%s” is damaged: %s. Delete it and enter the passwords again.", path,
                   local->message);
      return NULL;
    }
  return g_steal_pointer (&file);
}

BaseSecret *
engine_secrets_file_lookup (const char *directory, gint64 account, GError **error)
{
  g_autofree char *path = g_build_filename (directory, "secrets.ini", NULL);
  g_autofree char *key = g_strdup_printf ("%" G_GINT64_FORMAT, account);
  g_autoptr (GKeyFile) file = load (path, error);

  if (file == NULL)
    return NULL;
  g_autofree char *text = g_key_file_get_string (file, GROUP, key, NULL);
  if (text == NULL)
    return NULL;

  gsize length = 0;
  g_autofree guchar *bytes = g_base64_decode (text, &length);
  base_secret_wipe (text, strlen (text));
  BaseSecret *password = base_secret_new ((const char *) bytes, length);
  base_secret_wipe (bytes, length);
  return password;
}

gboolean
engine_secrets_file_store (const char *directory,
                           gint64 account,
                           const BaseSecret *password,
                           GError **error)
{
  g_autofree char *path = g_build_filename (directory, "secrets.ini", NULL);
  g_autofree char *key = g_strdup_printf ("%" G_GINT64_FORMAT, account);

  /* Nothing to forget in a file that is not there. */
  if (password == NULL && !g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;

  int fd = lock (directory, error);
  if (fd < 0)
    return FALSE;

  gboolean kept = FALSE;
  g_autoptr (GKeyFile) file = load (path, error);
  if (file != NULL)
    {
      if (password != NULL)
        {
          g_autofree char *text = g_base64_encode ((const guchar *) base_secret_get_text (password),
                                                   base_secret_get_length (password));
          g_key_file_set_string (file, GROUP, key, text);
          base_secret_wipe (text, strlen (text));
        }
      else
        g_key_file_remove_key (file, GROUP, key, NULL);

      gsize length = 0;
      g_autofree char *contents = g_key_file_to_data (file, &length, NULL);
      g_autoptr (GError) local = NULL;
      kept = g_file_set_contents_full (path, contents, length,
                                       G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                       0600, &local);
      base_secret_wipe (contents, length);
      if (!kept)
        g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE, "The password cannot be kept: %s.",
                     local->message);
    }
  close (fd);
  return kept;
}
