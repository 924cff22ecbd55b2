/* SPDX-License-Identifier: MIT */
#include "app-composer-private.h"

#include "app-compat.h"

#include <base-text.h>
#include <glib/gi18n.h>

/* No server takes more; said before the person waits for the refusal. */
#define MUCH (25 * 1024 * 1024)

void
app_composer_file_free (gpointer data)
{
  AppComposerFile *file = data;

  g_free (file->name);
  g_free (file->content_type);
  g_bytes_unref (file->bytes);
  g_free (file);
}

/* ---- chips ---- */

static void
show_size (AppComposer *self)
{
  guint64 total = 0;

  for (guint i = 0; i < self->attached->len; i++)
    total += g_bytes_get_size (((AppComposerFile *) g_ptr_array_index (self->attached, i))->bytes);
  gtk_revealer_set_reveal_child (self->files_revealer, self->attached->len > 0);
  if (total > MUCH)
    {
      g_autofree char *size = base_text_size (total);
      g_autofree char *words = g_strdup_printf (
          _ ("The files are %s together; many mail servers refuse letters of that size"), size);
      app_composer_set_failure (self, words);
    }
}

static void
on_remove (GtkButton *button, gpointer user_data)
{
  AppComposer *self = user_data;
  GtkWidget *chip = g_object_get_data (G_OBJECT (button), "chip");

  g_ptr_array_remove (self->attached, g_object_get_data (G_OBJECT (chip), "file"));
  gtk_flow_box_remove (self->files, gtk_widget_get_parent (chip));
  show_size (self);
  app_composer_mark_edited (self);
}

static GtkWidget *
make_chip (AppComposer *self, AppComposerFile *file)
{
  GtkWidget *chip = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *name = gtk_label_new (file->name);
  GtkWidget *size = NULL;
  GtkWidget *remove = gtk_button_new_from_icon_name ("window-close-symbolic");
  g_autofree char *words = base_text_size (g_bytes_get_size (file->bytes));
  g_autofree char *label = g_strdup_printf (_ ("Remove %s"), file->name);

  size = gtk_label_new (words);
  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (name), 24);
  gtk_widget_set_tooltip_text (name, file->name);
  gtk_widget_add_css_class (size, "dim-label");
  gtk_widget_add_css_class (size, "caption");
  gtk_widget_add_css_class (remove, "flat");
  gtk_widget_add_css_class (remove, "circular");
  gtk_widget_set_tooltip_text (remove, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (remove), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
  gtk_box_append (GTK_BOX (chip), gtk_image_new_from_icon_name ("mail-attachment-symbolic"));
  gtk_box_append (GTK_BOX (chip), name);
  gtk_box_append (GTK_BOX (chip), size);
  gtk_box_append (GTK_BOX (chip), remove);
  gtk_widget_set_halign (chip, GTK_ALIGN_START);
  gtk_widget_add_css_class (chip, "card");
  gtk_widget_add_css_class (chip, "file-chip");
  g_object_set_data (G_OBJECT (chip), "file", file);
  g_object_set_data (G_OBJECT (remove), "chip", chip);
  g_signal_connect (remove, "clicked", G_CALLBACK (on_remove), self);
  return chip;
}

void
app_composer_add_file (AppComposer *self, const char *name, const char *content_type, GBytes *bytes)
{
  AppComposerFile *file = g_new0 (AppComposerFile, 1);

  file->name = g_strdup (name);
  file->content_type = g_strdup (content_type);
  file->bytes = g_bytes_ref (bytes);
  g_ptr_array_add (self->attached, file);
  gtk_flow_box_append (self->files, make_chip (self, file));
  show_size (self);
}

/* ---- reading files ---- */

typedef struct
{
  AppComposer *composer;
  gboolean in_text;
} Reading;

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Reading *reading = user_data;
  g_autoptr (AppComposer) self = reading->composer;
  g_autoptr (GError) error = NULL;
  g_autofree char *base = g_file_get_basename (G_FILE (source));
  g_autofree char *name = g_filename_display_name (base);
  g_autoptr (GBytes) bytes = g_file_load_bytes_finish (G_FILE (source), result, NULL, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (!bytes)
    {
      g_autofree char *words
          = g_strdup_printf (_ ("“%s” cannot be attached: %s"), name, error->message);
      app_composer_set_failure (self, words);
      return;
    }
  if (!reading->in_text)
    app_composer_add_file (self, name, NULL, bytes);
  else
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (bytes, &size);
      g_autofree char *type = g_content_type_guess (name, data, MIN (size, 4096), NULL);
      g_autofree char *mime = g_content_type_get_mime_type (type);
      if (mime && g_str_has_prefix (mime, "image/"))
        app_editor_insert_image (self->editor, name, mime, bytes);
      else
        app_composer_add_file (self, name, mime, bytes);
    }
  app_composer_mark_edited (self);
}

static void
read_file (AppComposer *self, GFile *file, gboolean in_text)
{
  Reading *reading = g_new0 (Reading, 1);

  reading->composer = g_object_ref (self);
  reading->in_text = in_text;
  g_file_load_bytes_async (file, self->cancellable, on_read, reading);
}

static void
read_files (AppComposer *self, GPtrArray *files, gboolean in_text)
{
  for (guint i = 0; files && i < files->len; i++)
    read_file (self, g_ptr_array_index (files, i), in_text);
}

static void
on_files_chosen (GPtrArray *files, gpointer user_data)
{
  g_autoptr (AppComposer) self = user_data;

  read_files (self, files, FALSE);
}

static void
on_image_chosen (GPtrArray *files, gpointer user_data)
{
  g_autoptr (AppComposer) self = user_data;

  read_files (self, files, TRUE);
}

void
app_composer_choose_files (AppComposer *self)
{
  app_compat_choose_files (GTK_WINDOW (self), _ ("Attach Files"), NULL, TRUE, on_files_chosen,
                           g_object_ref (self));
}

void
app_composer_choose_image (AppComposer *self)
{
  app_compat_choose_files (GTK_WINDOW (self), _ ("Image in the Text"), "image/", FALSE,
                           on_image_chosen, g_object_ref (self));
}

/* For those who name a file rather than choose it: other programs, and tests. */
static void
on_attach_file (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (g_variant_get_string (parameter, NULL));

  read_file (user_data, file, FALSE);
}

static void
on_insert_image_file (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (g_variant_get_string (parameter, NULL));

  read_file (user_data, file, TRUE);
}

static const GActionEntry entries[] = {
  { .name = "attach-file", .activate = on_attach_file, .parameter_type = "s" },
  { .name = "insert-image-file", .activate = on_insert_image_file, .parameter_type = "s" },
};

/* ---- dropping files ---- */

static gboolean
on_drop (GtkDropTarget *target, const GValue *value, double x, double y, AppComposer *self)
{
  g_autoptr (GSList) files = gdk_file_list_get_files (g_value_get_boxed (value));

  for (GSList *at = files; at; at = at->next)
    read_file (self, at->data, FALSE);
  return files != NULL;
}

void
app_composer_init_files (AppComposer *self)
{
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  self->attached = g_ptr_array_new_with_free_func (app_composer_file_free);
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  g_signal_connect (target, "drop", G_CALLBACK (on_drop), self);
  /* Before the text takes it for a link. */
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (target), GTK_PHASE_CAPTURE);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
}
