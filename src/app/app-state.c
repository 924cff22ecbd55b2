/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

#include "app-state.h"

#define GROUP "window"

#define SERVER "local-server"

static GKeyFile *
load (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, "window.ini", NULL);
  GKeyFile *file = g_key_file_new ();

  /* None, or one that cannot be read, is an empty one. */
  g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL);
  return file;
}

static void
save (GKeyFile *file, const char *directory)
{
  g_autofree char *path = g_build_filename (directory, "window.ini", NULL);
  g_autoptr (GError) error = NULL;

  if (!g_key_file_save_to_file (file, path, &error))
    g_message ("The window's state is not kept: %s", error->message);
}

void
app_state_restore (GtkWindow *window, const char *directory)
{
  g_autoptr (GKeyFile) file = load (directory);
  int width = g_key_file_get_integer (file, GROUP, "width", NULL);
  int height = g_key_file_get_integer (file, GROUP, "height", NULL);

  if (width >= 360 && width < 20000 && height >= 240 && height < 20000)
    gtk_window_set_default_size (window, width, height);
  if (g_key_file_get_boolean (file, GROUP, "maximized", NULL))
    gtk_window_maximize (window);
}

void
app_state_keep (GtkWindow *window, const char *directory)
{
  g_autoptr (GKeyFile) file = load (directory);
  int width, height;

  gtk_window_get_default_size (window, &width, &height);
  g_key_file_set_integer (file, GROUP, "width", width);
  g_key_file_set_integer (file, GROUP, "height", height);
  g_key_file_set_boolean (file, GROUP, "maximized", gtk_window_is_maximized (window));
  save (file, directory);
}

gboolean
app_state_get_server (const char *directory)
{
  g_autoptr (GKeyFile) file = load (directory);

  return g_key_file_get_boolean (file, GROUP, SERVER, NULL);
}

void
app_state_keep_server (const char *directory, gboolean running)
{
  g_autoptr (GKeyFile) file = load (directory);

  g_key_file_set_boolean (file, GROUP, SERVER, running);
  save (file, directory);
}
