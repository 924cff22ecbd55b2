/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

/* Letters from other programs, and for them. */

#include "app-folder.h"
#include "app-window-private.h"

#include <app-compat.h>
#include <engine-export.h>

#include <glib/gi18n.h>

static void
set_transferring (AppWindow *self, gboolean transferring)
{
  self->transferring = transferring;
  app_window_update_actions (self);
}

/* ---- import ---- */

static char *
say_import (const EngineTransferCounts *counts)
{
  g_autofree char *came
      = g_strdup_printf (ngettext ("%u letter came", "%u letters came", counts->letters),
                         counts->letters);
  g_autofree char *same = NULL;

  if (counts->same == 0)
    return g_steal_pointer (&came);
  same = g_strdup_printf (ngettext ("%u was here already", "%u were here already", counts->same),
                          counts->same);
  /* Translators: two clauses, as in "3 letters came, 2 were here already" */
  return g_strdup_printf (_ ("%s, %s"), came, same);
}

static void
on_imported (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) notes = NULL;
  EngineTransferCounts counts;
  gboolean done = engine_import_finish (result, &counts, &notes, &error);
  g_autofree char *words = say_import (&counts);

  if (app_window_is_gone (self))
    return;
  set_transferring (self, FALSE);
  if (!done)
    app_window_say_failure (self, error);
  else if (notes->len > 0)
    {
      g_ptr_array_add (notes, NULL);
      g_autofree char *body = g_strjoinv ("\n", (char **) notes->pdata);
      app_compat_tell (GTK_WINDOW (self), words, body);
    }
  else
    app_window_say (self, words);
}

static void
import_files (AppWindow *self, GPtrArray *files)
{
  const EngineImport options = { .folder = self->folder };
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();
  g_auto (GStrv) names = NULL;

  for (guint i = 0; i < files->len; i++)
    {
      g_autofree char *path = g_file_get_path (files->pdata[i]);
      if (path != NULL)
        g_strv_builder_add (paths, path);
    }
  names = g_strv_builder_end (paths);
  set_transferring (self, TRUE);
  app_window_say (self, _ ("Importing letters…"));
  engine_import_async (app_window_get_letters (self), (const char *const *) names, &options,
                       self->cancellable, on_imported, g_object_ref (self));
}

static void
on_files_chosen (GPtrArray *files, gpointer user_data)
{
  g_autoptr (AppWindow) self = user_data;

  if (files != NULL && !app_window_is_gone (self))
    import_files (self, files);
}

static void
on_import (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_compat_choose_files (GTK_WINDOW (user_data), _ ("Import Letters"), NULL, TRUE,
                           on_files_chosen, g_object_ref (user_data));
}

/* For those who name a file rather than choose it: other programs, and tests. */
static void
on_import_file (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);

  g_ptr_array_add (files, g_file_new_for_commandline_arg (g_variant_get_string (parameter, NULL)));
  import_files (user_data, files);
}

/* ---- export ---- */

static void
on_exported (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  EngineTransferCounts counts;
  gboolean done = engine_export_finish (result, &counts, &error);
  g_autofree char *words
      = g_strdup_printf (ngettext ("%u letter exported", "%u letters exported", counts.letters),
                         counts.letters);

  if (app_window_is_gone (self))
    return;
  set_transferring (self, FALSE);
  if (done)
    app_window_say (self, words);
  else
    app_window_say_failure (self, error);
}

static void
export_to (AppWindow *self, GFile *file)
{
  const EngineExport options
      = { .form = ENGINE_EXPORT_MBOX, .dialect = MESSAGE_MBOX_RD, .replace = TRUE };
  g_autofree char *path = g_file_get_path (file);

  if (path == NULL)
    return;
  set_transferring (self, TRUE);
  engine_export_async (app_window_get_letters (self), self->folder, NULL, 0, path, &options,
                       self->cancellable, on_exported, g_object_ref (self));
}

static void
on_target_chosen (GPtrArray *files, gpointer user_data)
{
  g_autoptr (AppWindow) self = user_data;

  if (files != NULL && files->len > 0 && !app_window_is_gone (self))
    export_to (self, files->pdata[0]);
}

static void
on_export (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppWindow *self = user_data;
  g_autofree char *name = g_strconcat (app_folder_get_title (self->folder), ".mbox", NULL);

  app_compat_choose_save (GTK_WINDOW (self), _ ("Export Folder"), name, on_target_chosen,
                          g_object_ref (self));
}

static void
on_export_file (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (g_variant_get_string (parameter, NULL));

  export_to (user_data, file);
}

static const GActionEntry entries[] = {
  { .name = "import", .activate = on_import },
  { .name = "import-file", .activate = on_import_file, .parameter_type = "s" },
  { .name = "export", .activate = on_export },
  { .name = "export-file", .activate = on_export_file, .parameter_type = "s" },
};

void
app_window_init_transfer_actions (AppWindow *window)
{
  g_action_map_add_action_entries (G_ACTION_MAP (window), entries, G_N_ELEMENTS (entries), window);
}
