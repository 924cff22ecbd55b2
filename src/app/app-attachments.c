/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

#include "app-attachments.h"

#include "app-compat.h"

#include <base-text.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

/* Pixels: two lines of chips, and a look at a third. */
#define MAX_HEIGHT 120

struct _AppAttachments
{
  AdwBin parent_instance;

  MessageLetter *letter;
  GPtrArray *parts; /* of MessagePart */

  GtkWidget *area;
  GtkFlowBox *flow;
  GtkLabel *summary;
  GtkWidget *save_all;
};

enum
{
  SAID,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (AppAttachments, app_attachments, ADW_TYPE_BIN)

/* Writing one or more parts into files. */
typedef struct
{
  AppAttachments *owner;
  GPtrArray *parts; /* of MessagePart */
  GFile *folder;    /* all go there under their own names, or */
  GFile *file;      /* the one goes here */
} Saving;

static void
saving_free (Saving *saving)
{
  g_clear_object (&saving->owner);
  g_clear_pointer (&saving->parts, g_ptr_array_unref);
  g_clear_object (&saving->folder);
  g_clear_object (&saving->file);
  g_free (saving);
}

static Saving *
saving_new (AppAttachments *self)
{
  Saving *saving = g_new0 (Saving, 1);

  saving->owner = g_object_ref (self);
  saving->parts = g_ptr_array_new_with_free_func ((GDestroyNotify) message_part_unref);
  return saving;
}

static void
say (AppAttachments *self, const char *words)
{
  g_signal_emit (self, signals[SAID], 0, words);
}

static GtkWindow *
window_of (AppAttachments *self)
{
  return GTK_WINDOW (gtk_widget_get_ancestor (GTK_WIDGET (self), GTK_TYPE_WINDOW));
}

static char *
dup_name (MessagePart *part)
{
  const char *name = message_part_get_file_name (part);

  if (name)
    return g_strdup (name);
  if (g_str_equal (message_part_get_content_type (part), "message/rfc822"))
    return g_strdup (_ ("Letter.eml"));
  return g_strdup (_ ("Attachment"));
}

/* What the file is, whatever the sender calls it. */
static char *
guess_type (MessagePart *part)
{
  g_autofree char *name = dup_name (part);
  gsize size;
  const guchar *data = g_bytes_get_data (message_part_get_bytes (part), &size);

  return g_content_type_guess (name, data, MIN (size, 4096), NULL);
}

static gboolean
write_all (GFileOutputStream *stream, GBytes *bytes, GCancellable *cancellable, GError **error)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  return g_output_stream_write_all (G_OUTPUT_STREAM (stream), data, size, NULL, cancellable, error)
         && g_output_stream_close (G_OUTPUT_STREAM (stream), cancellable, error);
}

/* A file of that name that did not exist before: "a.pdf", "a (2).pdf", … */
static GFileOutputStream *
create_unique (GFile *folder, const char *name, GFile **file, GError **error)
{
  const char *dot = strrchr (name, '.');
  int stem = dot && dot > name ? (int) (dot - name) : (int) strlen (name);

  for (guint i = 1; i < 10000; i++)
    {
      g_autofree char *numbered
          = i == 1 ? g_strdup (name) : g_strdup_printf ("%.*s (%u)%s", stem, name, i, name + stem);
      g_autoptr (GFile) child = g_file_get_child (folder, numbered);
      g_autoptr (GError) failure = NULL;
      GFileOutputStream *stream = g_file_create (child, G_FILE_CREATE_NONE, NULL, &failure);

      if (stream)
        {
          *file = g_steal_pointer (&child);
          return stream;
        }
      if (!g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_EXISTS))
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return NULL;
        }
    }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, _ ("“%s” exists already"), name);
  return NULL;
}

static void
save_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Saving *saving = data;
  GError *error = NULL;

  for (guint i = 0; i < saving->parts->len; i++)
    {
      MessagePart *part = g_ptr_array_index (saving->parts, i);
      g_autofree char *name = dup_name (part);
      g_autoptr (GFile) file = NULL;
      g_autoptr (GFileOutputStream) stream
          = saving->folder ? create_unique (saving->folder, name, &file, &error)
                           : g_file_replace (saving->file, NULL, FALSE, G_FILE_CREATE_NONE,
                                             cancellable, &error);

      if (!stream || !write_all (stream, message_part_get_bytes (part), cancellable, &error))
        {
          g_task_return_error (task, error);
          return;
        }
    }
  g_task_return_boolean (task, TRUE);
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Saving *saving = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    words = g_strdup_printf (ngettext ("%u attachment saved", "%u attachments saved",
                                       saving->parts->len),
                             saving->parts->len);
  else
    words = g_strdup_printf (_ ("Not saved: %s"), error->message);
  say (saving->owner, words);
}

static void
on_place_chosen (GPtrArray *files, gpointer user_data)
{
  Saving *saving = user_data;
  g_autoptr (GTask) task = NULL;

  if (!files)
    {
      saving_free (saving);
      return;
    }
  if (saving->parts->len == 1 && !saving->folder)
    saving->file = g_object_ref (g_ptr_array_index (files, 0));
  task = g_task_new (saving->owner, NULL, on_saved, NULL);
  g_task_set_task_data (task, saving, (GDestroyNotify) saving_free);
  g_task_run_in_thread (task, save_thread);
}

static void
on_folder_chosen (GPtrArray *files, gpointer user_data)
{
  Saving *saving = user_data;

  if (files)
    saving->folder = g_object_ref (g_ptr_array_index (files, 0));
  on_place_chosen (files, saving);
}

/* A private copy that only this person may read, and nobody change. */
static char *
write_copy (MessagePart *part, GError **error)
{
  g_autofree char *directory = g_dir_make_tmp ("postroom-XXXXXX", error);
  g_autofree char *name = dup_name (part);
  g_autofree char *path = NULL;
  gsize size;
  const char *data = g_bytes_get_data (message_part_get_bytes (part), &size);

  if (!directory)
    return NULL;
  path = g_build_filename (directory, name, NULL);
  if (!g_file_set_contents_full (path, data ? data : "", (gssize) size,
                                 G_FILE_SET_CONTENTS_CONSISTENT, 0400, error))
    return NULL;
  return g_steal_pointer (&path);
}

static void
copy_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  char *path = write_copy (data, &error);

  if (path)
    g_task_return_pointer (task, path, g_free);
  else
    g_task_return_error (task, error);
}

static void
on_launched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppAttachments) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!g_app_info_launch_default_for_uri_finish (result, &error))
    {
      g_autofree char *words = g_strdup_printf (_ ("Not opened: %s"), error->message);

      say (self, words);
    }
}

static void
on_copied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  AppAttachments *self = APP_ATTACHMENTS (source);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_task_propagate_pointer (G_TASK (result), &error);
  g_autoptr (GAppLaunchContext) context = NULL;
  g_autofree char *uri = NULL;

  if (!path)
    {
      g_autofree char *words = g_strdup_printf (_ ("Not opened: %s"), error->message);

      say (self, words);
      return;
    }
  uri = g_filename_to_uri (path, NULL, NULL);
  context = G_APP_LAUNCH_CONTEXT (
      gdk_display_get_app_launch_context (gtk_widget_get_display (GTK_WIDGET (self))));
  g_app_info_launch_default_for_uri_async (uri, context, NULL, on_launched, g_object_ref (self));
}

/* The theme may lack the type's own picture, or have none that follows the text's colour. */
static GtkWidget *
make_type_image (AppAttachments *self, MessagePart *part)
{
  GtkIconTheme *theme = gtk_icon_theme_get_for_display (gtk_widget_get_display (GTK_WIDGET (self)));
  g_autofree char *type = guess_type (part);
  g_autoptr (GIcon) icon = g_content_type_get_symbolic_icon (type);
  const char *const *names
      = G_IS_THEMED_ICON (icon) ? g_themed_icon_get_names (G_THEMED_ICON (icon)) : NULL;

  for (; names && *names; names++)
    if (g_str_has_suffix (*names, "-symbolic") && gtk_icon_theme_has_icon (theme, *names))
      return gtk_image_new_from_icon_name (*names);
  return gtk_image_new_from_icon_name ("text-x-generic-symbolic");
}

static GtkWidget *
make_chip (AppAttachments *self, MessagePart *part, guint index)
{
  g_autofree char *name = dup_name (part);
  g_autofree char *size = base_text_size (message_part_get_size (part));
  g_autofree char *open_words = g_strdup_printf (_ ("Open %s, %s"), name, size);
  g_autofree char *save_words = g_strdup_printf (_ ("Save %s"), name);
  GtkWidget *chip = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *open = gtk_button_new ();
  GtkWidget *save = gtk_button_new_from_icon_name ("document-save-symbolic");
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = gtk_label_new (name);
  GtkWidget *detail = gtk_label_new (size);

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  /* As wide at least as at most: a flow box measures its lines with the one and fills them with
   * the other. */
  gtk_label_set_width_chars (GTK_LABEL (label), 8);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 8);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_add_css_class (label, "chip-name");
  gtk_widget_add_css_class (detail, "caption");
  gtk_widget_add_css_class (detail, "dim-label");
  gtk_box_append (GTK_BOX (box), make_type_image (self, part));
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), detail);
  gtk_button_set_child (GTK_BUTTON (open), box);

  gtk_actionable_set_action_name (GTK_ACTIONABLE (open), "win.open-attachment");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (open), "u", index);
  gtk_widget_set_tooltip_text (open, name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (open), GTK_ACCESSIBLE_PROPERTY_LABEL, open_words,
                                  -1);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (save), "win.save-attachment");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (save), "u", index);
  gtk_widget_set_tooltip_text (save, save_words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (save), GTK_ACCESSIBLE_PROPERTY_LABEL, save_words,
                                  -1);

  gtk_widget_add_css_class (chip, "linked");
  gtk_widget_set_valign (chip, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (chip), open);
  gtk_box_append (GTK_BOX (chip), save);
  return chip;
}

/* A scrolled window does not ask how high its child is at the width there is, so the flow is asked
 * past it: as high as it needs, up to a limit, and then it scrolls. */
static void
measure_area (GtkWidget *area,
              GtkOrientation orientation,
              int for_size,
              int *minimum,
              int *natural,
              int *minimum_baseline,
              int *natural_baseline)
{
  AppAttachments *self = APP_ATTACHMENTS (gtk_widget_get_ancestor (area, APP_TYPE_ATTACHMENTS));
  int least, wanted;

  gtk_widget_measure (GTK_WIDGET (self->flow), orientation, for_size, &least, &wanted, NULL, NULL);
  *minimum = orientation == GTK_ORIENTATION_VERTICAL ? MIN (least, MAX_HEIGHT) : least;
  *natural = orientation == GTK_ORIENTATION_VERTICAL ? MIN (wanted, MAX_HEIGHT) : wanted;
}

static void
allocate_area (GtkWidget *area, int width, int height, int baseline)
{
  gtk_widget_allocate (gtk_widget_get_first_child (area), width, height, baseline, NULL);
}

static GtkSizeRequestMode
request_mode (GtkWidget *area)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
app_attachments_finalize (GObject *object)
{
  AppAttachments *self = APP_ATTACHMENTS (object);

  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_clear_pointer (&self->letter, message_letter_unref);
  G_OBJECT_CLASS (app_attachments_parent_class)->finalize (object);
}

static void
app_attachments_class_init (AppAttachmentsClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = app_attachments_finalize;
  signals[SAID] = g_signal_new ("said", APP_TYPE_ATTACHMENTS, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  gtk_widget_class_set_template_from_resource (widget,
                                               "/io/github/postroom/Postroom/app-attachments.ui");
  gtk_widget_class_bind_template_child (widget, AppAttachments, area);
  gtk_widget_class_bind_template_child (widget, AppAttachments, flow);
  gtk_widget_class_bind_template_child (widget, AppAttachments, summary);
  gtk_widget_class_bind_template_child (widget, AppAttachments, save_all);
}

static void
app_attachments_init (AppAttachments *self)
{
  self->parts = g_ptr_array_new_with_free_func ((GDestroyNotify) message_part_unref);
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_layout_manager (self->area,
                                 gtk_custom_layout_new (request_mode, measure_area, allocate_area));
}

void
app_attachments_set_letter (AppAttachments *attachments, MessageLetter *letter)
{
  GPtrArray *parts = letter ? message_letter_get_attachments (letter) : NULL;
  GtkWidget *child;
  guint64 total = 0;
  g_autofree char *size = NULL, *words = NULL;

  g_clear_pointer (&attachments->letter, message_letter_unref);
  attachments->letter = letter ? message_letter_ref (letter) : NULL;
  g_ptr_array_set_size (attachments->parts, 0);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (attachments->flow))))
    gtk_flow_box_remove (attachments->flow, child);

  for (guint i = 0; parts && i < parts->len; i++)
    {
      MessagePart *part = g_ptr_array_index (parts, i);

      g_ptr_array_add (attachments->parts, message_part_ref (part));
      total += message_part_get_size (part);
      gtk_flow_box_append (attachments->flow, make_chip (attachments, part, i));
      /* The chip's buttons take the focus, not the cell around them. */
      gtk_widget_set_focusable (GTK_WIDGET (
                                    gtk_flow_box_get_child_at_index (attachments->flow, (int) i)),
                                FALSE);
    }
  size = base_text_size (total);
  words = g_strdup_printf (ngettext ("%u attachment, %s", "%u attachments, %s",
                                     attachments->parts->len),
                           attachments->parts->len, size);
  gtk_label_set_label (attachments->summary, words);
  gtk_widget_set_visible (attachments->save_all, attachments->parts->len > 1);
  gtk_widget_set_visible (GTK_WIDGET (attachments), attachments->parts->len > 0);
}

guint
app_attachments_get_count (AppAttachments *attachments)
{
  return attachments->parts->len;
}

void
app_attachments_open (AppAttachments *attachments, guint index)
{
  MessagePart *part;
  g_autofree char *type = NULL;
  g_autoptr (GTask) task = NULL;

  if (index >= attachments->parts->len)
    return;
  part = g_ptr_array_index (attachments->parts, index);
  type = guess_type (part);
  if (g_content_type_can_be_executable (type) && !g_content_type_is_a (type, "text/plain"))
    {
      app_compat_tell (window_of (attachments), _ ("This Attachment Is a Program"),
                       _ ("Programs that come by mail are often harmful, so it is not opened. If "
                          "you trust the sender, save it."));
      return;
    }
  task = g_task_new (attachments, NULL, on_copied, NULL);
  g_task_set_task_data (task, message_part_ref (part),
                        (GDestroyNotify) (GCallback) message_part_unref);
  g_task_run_in_thread (task, copy_thread);
}

void
app_attachments_save (AppAttachments *attachments, guint index)
{
  Saving *saving;
  MessagePart *part;
  g_autofree char *name = NULL;

  if (index >= attachments->parts->len)
    return;
  part = g_ptr_array_index (attachments->parts, index);
  name = dup_name (part);
  saving = saving_new (attachments);
  g_ptr_array_add (saving->parts, message_part_ref (part));
  app_compat_choose_save (window_of (attachments), _ ("Save Attachment"), name, on_place_chosen,
                          saving);
}

void
app_attachments_save_all (AppAttachments *attachments)
{
  Saving *saving;

  if (attachments->parts->len == 0)
    return;
  saving = saving_new (attachments);
  for (guint i = 0; i < attachments->parts->len; i++)
    g_ptr_array_add (saving->parts, message_part_ref (g_ptr_array_index (attachments->parts, i)));
  app_compat_choose_folder (window_of (attachments), _ ("Save All Attachments"), on_folder_chosen,
                            saving);
}
