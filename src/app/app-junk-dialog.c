/* SPDX-License-Identifier: MIT */
#include "app-junk-dialog.h"

#include "app-text.h"

#include <base-text.h>
#include <glib/gi18n.h>

#define APP_TYPE_JUNK_DIALOG (app_junk_dialog_get_type ())
G_DECLARE_FINAL_TYPE (AppJunkDialog, app_junk_dialog, APP, JUNK_DIALOG, AdwWindow)

struct _AppJunkDialog
{
  AdwWindow parent_instance;

  EngineJunk *junk;
  char *sender;

  AdwToastOverlay *toasts;
  AdwPreferencesGroup *reasons;
  AdwPreferencesGroup *words_group;
  AdwPreferencesGroup *sender_group;
  GtkLabel *words;
  AdwActionRow *sender_row;
  GtkWidget *allow;
  GtkWidget *block;
};

G_DEFINE_FINAL_TYPE (AppJunkDialog, app_junk_dialog, ADW_TYPE_WINDOW)

/* ---- the report ---- */

static void
add_reason (AppJunkDialog *self, const EngineJunkReason *reason)
{
  GtkWidget *row = adw_action_row_new ();
  g_autofree char *points = g_strdup_printf ("%+.1f", reason->points);
  g_autofree char *title = g_markup_escape_text (reason->words, -1);
  GtkWidget *label = gtk_label_new (points);

  gtk_widget_add_css_class (label, "numeric");
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), reason->name);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), label);
  adw_preferences_group_add (self->reasons, row);
}

static char *
dup_summary (const EngineJunkReport *report)
{
  const char *marked = report->marked_junk   ? _ ("You marked this letter as junk.")
                       : report->marked_good ? _ ("You marked this letter as no junk.")
                                             : NULL;
  g_autofree char *points
      /* Translators: how many points a letter has, and how many make it junk */
      = g_strdup_printf (_ ("%.1f points. From %.1f on a letter is junk."), report->score,
                         report->required);

  return marked ? g_strdup_printf ("%s %s", marked, points) : g_steal_pointer (&points);
}

static void
show_report (AppJunkDialog *self, const EngineJunkReport *report)
{
  g_autofree char *summary = dup_summary (report);
  GString *words = g_string_new (NULL);

  adw_preferences_group_set_description (self->reasons, summary);
  for (guint i = 0; i < report->reasons->len; i++)
    add_reason (self, g_ptr_array_index (report->reasons, i));
  for (guint i = 0; i < report->clues->len; i++)
    g_string_append_printf (words, "%s%s", i > 0 ? "\n" : "",
                            (const char *) g_ptr_array_index (report->clues, i));
  g_autofree char *all = g_string_free (words, FALSE);
  g_autofree char *shown = base_text_escape_lines (all, -1);
  gtk_label_set_label (self->words, shown);
  gtk_widget_set_visible (GTK_WIDGET (self->words_group), report->clues->len > 0);
}

/* ---- the sender ---- */

static void
say (AppJunkDialog *self, const char *words)
{
  g_autofree char *escaped = g_markup_escape_text (words, -1);

  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (escaped));
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppJunkDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;

  if (!engine_junk_finish (ENGINE_JUNK (source), result, &error))
    words = app_text_failure (error);
  else if (gtk_widget_get_sensitive (self->block))
    words = g_strdup (_ ("Letters of this sender are no junk from now on"));
  else
    words = g_strdup (_ ("Letters of this sender are junk from now on"));
  say (self, words);
}

static void
list_sender (AppJunkDialog *self, gboolean allowed)
{
  gtk_widget_set_sensitive (self->allow, !allowed);
  gtk_widget_set_sensitive (self->block, allowed);
  engine_junk_list_sender_async (self->junk, self->sender, allowed, NULL, on_listed,
                                 g_object_ref (self));
}

static void
on_allow (GtkButton *button, AppJunkDialog *self)
{
  list_sender (self, TRUE);
}

static void
on_block (GtkButton *button, AppJunkDialog *self)
{
  list_sender (self, FALSE);
}

/* ---- the window ---- */

static void
app_junk_dialog_finalize (GObject *object)
{
  g_clear_object (&APP_JUNK_DIALOG (object)->junk);
  g_free (APP_JUNK_DIALOG (object)->sender);
  G_OBJECT_CLASS (app_junk_dialog_parent_class)->finalize (object);
}

static void
app_junk_dialog_class_init (AppJunkDialogClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = app_junk_dialog_finalize;
  gtk_widget_class_set_template_from_resource (widget,
                                               "/io/github/postroom/Postroom/app-junk-dialog.ui");
  gtk_widget_class_bind_template_child (widget, AppJunkDialog, toasts);
  gtk_widget_class_bind_template_child (widget, AppJunkDialog, reasons);
  gtk_widget_class_bind_template_child (widget, AppJunkDialog, words_group);
  gtk_widget_class_bind_template_child (widget, AppJunkDialog, sender_group);
  gtk_widget_class_bind_template_child (widget, AppJunkDialog, words);
  gtk_widget_class_bind_template_child (widget, AppJunkDialog, sender_row);
  gtk_widget_class_bind_template_child (widget, AppJunkDialog, allow);
  gtk_widget_class_bind_template_child (widget, AppJunkDialog, block);
  gtk_widget_class_bind_template_callback (widget, on_allow);
  gtk_widget_class_bind_template_callback (widget, on_block);
  gtk_widget_class_add_binding_action (widget, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
app_junk_dialog_init (AppJunkDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
app_junk_dialog_present (GtkWindow *parent,
                         EngineJunk *junk,
                         const EngineJunkReport *report,
                         const char *sender)
{
  AppJunkDialog *self = g_object_new (APP_TYPE_JUNK_DIALOG, "transient-for", parent, NULL);
  g_autofree char *title = g_markup_escape_text (sender ? sender : "", -1);

  self->junk = g_object_ref (junk);
  self->sender = g_strdup (sender);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->sender_row), title);
  gtk_widget_set_visible (GTK_WIDGET (self->sender_group), sender && *sender);
  if (report->verdict != ENGINE_JUNK_JUNK)
    gtk_window_set_title (GTK_WINDOW (self), _ ("Is This Junk?"));
  show_report (self, report);
  gtk_window_present (GTK_WINDOW (self));
}
