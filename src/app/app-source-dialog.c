/* SPDX-License-Identifier: MIT */
#include "app-source-dialog.h"

#include "app-compat.h"

#include <base-text.h>
#include <glib/gi18n.h>

/* A text view slows down long before a letter's attachments end. */
#define MAX_SHOWN (512 * 1024)

#define APP_TYPE_SOURCE_DIALOG (app_source_dialog_get_type ())
G_DECLARE_FINAL_TYPE (AppSourceDialog, app_source_dialog, APP, SOURCE_DIALOG, AdwWindow)

struct _AppSourceDialog
{
  AdwWindow parent_instance;

  GBytes *source;

  AdwToastOverlay *toasts;
  GtkTextView *text;
  GtkInfoBar *cut;
};

G_DEFINE_FINAL_TYPE (AppSourceDialog, app_source_dialog, ADW_TYPE_WINDOW)

static void
say (AppSourceDialog *self, const char *words)
{
  AdwToast *toast = adw_toast_new ("");
  g_autofree char *escaped = g_markup_escape_text (words, -1);

  adw_toast_set_title (toast, escaped);
  adw_toast_overlay_add_toast (self->toasts, toast);
}

static void
on_copy (GtkButton *button, AppSourceDialog *self)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (self->text);
  GtkTextIter start, end;
  g_autofree char *text = NULL;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  text = gtk_text_buffer_get_text (buffer, &start, &end, FALSE);
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
  say (self, _ ("Source copied"));
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppSourceDialog) self = user_data;
  g_autoptr (GError) error = NULL;

  if (g_file_replace_contents_finish (G_FILE (source), result, NULL, &error))
    say (self, _ ("Letter saved"));
  else
    say (self, error->message);
}

static void
on_file_chosen (GPtrArray *files, gpointer user_data)
{
  g_autoptr (AppSourceDialog) self = user_data;

  if (files)
    g_file_replace_contents_bytes_async (g_ptr_array_index (files, 0), self->source, NULL, FALSE,
                                         G_FILE_CREATE_NONE, NULL, on_saved, g_object_ref (self));
}

static void
on_save (GtkButton *button, AppSourceDialog *self)
{
  app_compat_choose_save (GTK_WINDOW (self), _ ("Save Letter"), _ ("Letter.eml"), on_file_chosen,
                          g_object_ref (self));
}

static void
app_source_dialog_finalize (GObject *object)
{
  g_clear_pointer (&APP_SOURCE_DIALOG (object)->source, g_bytes_unref);
  G_OBJECT_CLASS (app_source_dialog_parent_class)->finalize (object);
}

static void
app_source_dialog_class_init (AppSourceDialogClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = app_source_dialog_finalize;
  gtk_widget_class_set_template_from_resource (widget,
                                               "/io/github/postroom/Postroom/app-source-dialog.ui");
  gtk_widget_class_bind_template_child (widget, AppSourceDialog, toasts);
  gtk_widget_class_bind_template_child (widget, AppSourceDialog, text);
  gtk_widget_class_bind_template_child (widget, AppSourceDialog, cut);
  gtk_widget_class_bind_template_callback (widget, on_copy);
  gtk_widget_class_bind_template_callback (widget, on_save);
  gtk_widget_class_add_binding_action (widget, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
app_source_dialog_init (AppSourceDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
app_source_dialog_present (GtkWindow *parent, MessageLetter *letter)
{
  AppSourceDialog *self = g_object_new (APP_TYPE_SOURCE_DIALOG, "transient-for", parent, NULL);
  gsize size;
  const char *data;
  g_autofree char *text = NULL;

  self->source = g_bytes_ref (message_letter_get_source (letter));
  data = g_bytes_get_data (self->source, &size);
  text = base_text_escape_lines (data ? data : "", (gssize) MIN (size, MAX_SHOWN));
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (self->text), text, -1);
  gtk_info_bar_set_revealed (self->cut, size > MAX_SHOWN);
  gtk_window_present (GTK_WINDOW (self));
}
