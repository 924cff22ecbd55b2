/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

#include "app-letter-window.h"

#include "app-open.h"
#include "app-reader.h"
#include "app-source-dialog.h"

#include <glib/gi18n.h>

#define APP_TYPE_LETTER_WINDOW (app_letter_window_get_type ())
G_DECLARE_FINAL_TYPE (AppLetterWindow, app_letter_window, APP, LETTER_WINDOW, AdwApplicationWindow)

struct _AppLetterWindow
{
  AdwApplicationWindow parent_instance;

  GCancellable *cancellable;

  AdwToastOverlay *toasts;
  AppReader *reader;
};

G_DEFINE_FINAL_TYPE (AppLetterWindow, app_letter_window, ADW_TYPE_APPLICATION_WINDOW)

static void
on_said (AppReader *reader, const char *words, AppLetterWindow *self)
{
  g_autofree char *title = g_markup_escape_text (words, -1);

  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (title));
}

static void
on_link (AppReader *reader, const char *uri, AppLetterWindow *self)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));
  g_autoptr (GFile) file = g_file_new_for_uri (uri);

  if (g_file_has_uri_scheme (file, "mailto"))
    app_open (APP_APPLICATION (application), file);
  else
    gtk_show_uri (GTK_WINDOW (self), uri, GDK_CURRENT_TIME);
}

static void
set_enabled (AppLetterWindow *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

static void
on_letter_changed (AppReader *reader, AppLetterWindow *self)
{
  gboolean letter = app_reader_get_letter (reader) != NULL;
  gboolean attached = letter && app_attachments_get_count (app_reader_get_attachments (reader)) > 0;

  set_enabled (self, "show-source", letter);
  set_enabled (self, "show-images", letter);
  set_enabled (self, "open-attachment", attached);
  set_enabled (self, "save-attachment", attached);
  set_enabled (self, "save-all-attachments", attached);
}

/* ---- actions ---- */

static void
on_show_source (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppLetterWindow *self = user_data;

  app_source_dialog_present (GTK_WINDOW (self), app_reader_get_letter (self->reader));
}

static void
on_show_images (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_reader_load_images (APP_LETTER_WINDOW (user_data)->reader);
}

static void
on_open_attachment (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_attachments_open (app_reader_get_attachments (APP_LETTER_WINDOW (user_data)->reader),
                        g_variant_get_uint32 (parameter));
}

static void
on_save_attachment (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_attachments_save (app_reader_get_attachments (APP_LETTER_WINDOW (user_data)->reader),
                        g_variant_get_uint32 (parameter));
}

static void
on_save_all_attachments (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_attachments_save_all (app_reader_get_attachments (APP_LETTER_WINDOW (user_data)->reader));
}

static const GActionEntry actions[] = {
  { .name = "show-source", .activate = on_show_source },
  { .name = "show-images", .activate = on_show_images },
  { .name = "open-attachment", .activate = on_open_attachment, .parameter_type = "u" },
  { .name = "save-attachment", .activate = on_save_attachment, .parameter_type = "u" },
  { .name = "save-all-attachments", .activate = on_save_all_attachments },
};

/* ---- the file ---- */

/* A long letter must not hold the window: it is read and parsed on a worker. */
static void
read_thread (GTask *task, gpointer source, gpointer file, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_file_load_bytes (file, cancellable, NULL, &error);
  MessageLetter *letter = bytes ? message_letter_parse (bytes, &error) : NULL;

  if (letter)
    g_task_return_pointer (task, letter, (GDestroyNotify) message_letter_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  AppLetterWindow *self = APP_LETTER_WINDOW (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (MessageLetter) letter = g_task_propagate_pointer (G_TASK (result), &error);

  if (letter)
    {
      const char *subject = message_letter_get_subject (letter);

      app_reader_show_letter (self->reader, letter);
      if (*subject)
        gtk_window_set_title (GTK_WINDOW (self), subject);
    }
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    app_reader_show_problem (self->reader, error->message);
}

static void
app_letter_window_dispose (GObject *object)
{
  AppLetterWindow *self = APP_LETTER_WINDOW (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  G_OBJECT_CLASS (app_letter_window_parent_class)->dispose (object);
}

static void
app_letter_window_class_init (AppLetterWindowClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = app_letter_window_dispose;
  g_type_ensure (APP_TYPE_READER);
  gtk_widget_class_set_template_from_resource (widget,
                                               "/io/github/postroom/Postroom/app-letter-window.ui");
  gtk_widget_class_bind_template_child (widget, AppLetterWindow, toasts);
  gtk_widget_class_bind_template_child (widget, AppLetterWindow, reader);
  gtk_widget_class_bind_template_callback (widget, on_said);
  gtk_widget_class_bind_template_callback (widget, on_link);
  gtk_widget_class_bind_template_callback (widget, on_letter_changed);
}

static void
app_letter_window_init (AppLetterWindow *self)
{
  self->cancellable = g_cancellable_new ();
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  gtk_widget_init_template (GTK_WIDGET (self));
  on_letter_changed (self->reader, self);
}

void
app_letter_window_open (AppApplication *application, GFile *file)
{
  AppLetterWindow *self = g_object_new (APP_TYPE_LETTER_WINDOW, "application", application, NULL);
  g_autoptr (GTask) task = g_task_new (self, self->cancellable, on_read, NULL);
  g_autofree char *name = g_file_get_basename (file);
  g_autofree char *shown = name ? g_filename_display_name (name) : NULL;

  if (shown)
    gtk_window_set_title (GTK_WINDOW (self), shown);
  g_task_set_task_data (task, g_object_ref (file), g_object_unref);
  g_task_run_in_thread (task, read_thread);
  gtk_window_present (GTK_WINDOW (self));
}
