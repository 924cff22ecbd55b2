/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

#include "app-composer-private.h"

#include "app-compat.h"

#include <glib/gi18n.h>

#define AUTOSAVE_SECONDS 30

G_DEFINE_FINAL_TYPE (AppComposer, app_composer, ADW_TYPE_APPLICATION_WINDOW)

void
app_composer_set_failure (AppComposer *self, const char *words)
{
  gtk_label_set_label (self->failure_words, words ? words : "");
  gtk_info_bar_set_revealed (self->failure, words != NULL);
}

/* ---- edited ---- */

static gboolean
on_autosave (gpointer user_data)
{
  AppComposer *self = user_data;

  self->autosave = 0;
  if (self->dirty && !self->busy && !self->closing)
    app_composer_save (self, FALSE);
  return G_SOURCE_REMOVE;
}

void
app_composer_mark_edited (AppComposer *self)
{
  if (!self->ready)
    return;
  self->dirty = TRUE;
  self->asked = FALSE;
  if (self->autosave == 0)
    self->autosave = g_timeout_add_seconds (AUTOSAVE_SECONDS, on_autosave, self);
}

static void
on_edited (AppComposer *self)
{
  app_composer_mark_edited (self);
}

static void
on_subject_changed (AppComposer *self)
{
  const char *subject = gtk_editable_get_text (GTK_EDITABLE (self->subject));

  gtk_window_set_title (GTK_WINDOW (self), *subject ? subject : _ ("New Letter"));
  app_composer_mark_edited (self);
}

static void
on_editor_state (AppComposer *self)
{
  app_composer_show_format (self);
}

static void
on_link (AppComposer *self)
{
  app_composer_insert_link (self);
}

/* ---- whom from ---- */

EngineAccount *
app_composer_get_account (AppComposer *self)
{
  return gtk_drop_down_get_selected_item (self->from);
}

static void
fill_from (AppComposer *self, gint64 account)
{
  GListModel *accounts = G_LIST_MODEL (engine_office_get_accounts (self->office));
  g_autoptr (GtkExpression) title
      = gtk_property_expression_new (ENGINE_TYPE_ACCOUNT, NULL, "title");

  gtk_drop_down_set_expression (self->from, title);
  gtk_drop_down_set_model (self->from, accounts);
  for (guint i = 0; i < g_list_model_get_n_items (accounts); i++)
    {
      g_autoptr (EngineAccount) one = g_list_model_get_item (accounts, i);
      if (engine_account_get_id (one) == account)
        gtk_drop_down_set_selected (self->from, i);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->from), g_list_model_get_n_items (accounts) > 1);
}

/* ---- closing ---- */

static void
on_draft_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  engine_letters_finish (ENGINE_LETTERS (source), result, NULL);
}

static void
discard (AppComposer *self)
{
  self->closing = TRUE;
  if (self->own_draft && self->draft != 0)
    engine_letters_delete_async (engine_office_get_letters (self->office), &self->draft, 1, NULL,
                                 on_draft_deleted, NULL);
  gtk_window_destroy (GTK_WINDOW (self));
}

static void
on_answered (const char *id, gpointer user_data)
{
  g_autoptr (AppComposer) self = user_data;

  if (g_str_equal (id, "save"))
    app_composer_save (self, TRUE);
  else if (g_str_equal (id, "discard"))
    discard (self);
}

static gboolean
app_composer_close_request (GtkWindow *window)
{
  AppComposer *self = APP_COMPOSER (window);
  const AppAnswer answers[] = {
    { "cancel", _ ("_Cancel"), APP_ANSWER_PLAIN },
    { "discard", _ ("_Discard"), APP_ANSWER_DESTRUCTIVE },
    { "save", _ ("_Save Draft"), APP_ANSWER_SUGGESTED },
    { NULL },
  };

  if (self->closing || (!self->dirty && !self->busy))
    return FALSE;
  if (!self->busy)
    app_compat_ask (window, _ ("Keep This Letter?"),
                    _ ("It is not sent. A draft can be written on later."), answers, on_answered,
                    g_object_ref (self));
  return TRUE;
}

/* ---- actions ---- */

static void
on_send (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_composer_send (user_data);
}

static void
on_save (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_composer_save (user_data, FALSE);
}

static void
on_attach (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_composer_choose_files (user_data);
}

static void
on_discard_answered (const char *id, gpointer user_data)
{
  g_autoptr (AppComposer) self = user_data;

  if (g_str_equal (id, "discard"))
    discard (self);
}

static void
on_discard (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppComposer *self = user_data;
  const AppAnswer answers[] = {
    { "cancel", _ ("_Cancel"), APP_ANSWER_PLAIN },
    { "discard", _ ("_Discard"), APP_ANSWER_DESTRUCTIVE },
    { NULL },
  };

  if (!self->dirty && !self->own_draft)
    discard (self);
  else
    app_compat_ask (GTK_WINDOW (self), _ ("Discard This Letter?"),
                    _ ("It is not sent and not kept."), answers, on_discard_answered,
                    g_object_ref (self));
}

static void
set_entry (GtkEntry *entry, GVariant *parameter)
{
  gtk_editable_set_text (GTK_EDITABLE (entry), g_variant_get_string (parameter, NULL));
}

static void
on_set_to (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  set_entry (APP_COMPOSER (user_data)->to, parameter);
}

static void
on_set_subject (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  set_entry (APP_COMPOSER (user_data)->subject, parameter);
}

static void
on_write (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_editor_execute (APP_COMPOSER (user_data)->editor, "InsertText",
                      g_variant_get_string (parameter, NULL));
}

static void
on_focus_text (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  gtk_widget_grab_focus (GTK_WIDGET (APP_COMPOSER (user_data)->editor));
}

static const GActionEntry entries[] = {
  { .name = "send", .activate = on_send },
  { .name = "save", .activate = on_save },
  { .name = "attach", .activate = on_attach },
  { .name = "discard", .activate = on_discard },
  { .name = "set-to", .activate = on_set_to, .parameter_type = "s" },
  { .name = "set-subject", .activate = on_set_subject, .parameter_type = "s" },
  { .name = "write", .activate = on_write, .parameter_type = "s" },
  { .name = "focus-text", .activate = on_focus_text },
};

/* ---- class ---- */

static void
app_composer_dispose (GObject *object)
{
  AppComposer *self = APP_COMPOSER (object);

  self->closing = TRUE;
  if (self->cancellable)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->autosave, g_source_remove);
  g_clear_object (&self->office);
  G_OBJECT_CLASS (app_composer_parent_class)->dispose (object);
}

static void
app_composer_finalize (GObject *object)
{
  AppComposer *self = APP_COMPOSER (object);

  g_ptr_array_unref (self->attached);
  g_free (self->in_reply_to);
  g_strfreev (self->references);
  G_OBJECT_CLASS (app_composer_parent_class)->finalize (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget, AppComposer, name)

static void
app_composer_class_init (AppComposerClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = app_composer_dispose;
  G_OBJECT_CLASS (class)->finalize = app_composer_finalize;
  GTK_WINDOW_CLASS (class)->close_request = app_composer_close_request;
  g_type_ensure (APP_TYPE_EDITOR);
  gtk_widget_class_set_template_from_resource (widget,
                                               "/io/github/postroom/Postroom/app-composer.ui");
  BIND (failure);
  BIND (failure_words);
  BIND (from);
  BIND (to);
  BIND (cc);
  BIND (bcc);
  BIND (subject);
  BIND (more_recipients);
  BIND (colour_grid);
  BIND (colours);
  BIND (link_button);
  BIND (link_popover);
  BIND (link);
  BIND (editor);
  BIND (files_revealer);
  BIND (files);
  gtk_widget_class_bind_template_callback (widget, on_edited);
  gtk_widget_class_bind_template_callback (widget, on_subject_changed);
  gtk_widget_class_bind_template_callback (widget, on_editor_state);
  gtk_widget_class_bind_template_callback (widget, on_link);
  gtk_widget_class_add_binding_action (widget, GDK_KEY_Return, GDK_CONTROL_MASK, "win.send", NULL);
  gtk_widget_class_add_binding_action (widget, GDK_KEY_KP_Enter, GDK_CONTROL_MASK, "win.send",
                                       NULL);
  gtk_widget_class_add_binding_action (widget, GDK_KEY_s, GDK_CONTROL_MASK, "win.save", NULL);
  gtk_widget_class_add_binding_action (widget, GDK_KEY_k, GDK_CONTROL_MASK, "win.choose-link",
                                       NULL);
  gtk_widget_class_add_binding_action (widget, GDK_KEY_a, GDK_CONTROL_MASK | GDK_SHIFT_MASK,
                                       "win.attach", NULL);
  gtk_widget_class_add_binding_action (widget, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
app_composer_init (AppComposer *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->cancellable = g_cancellable_new ();
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  app_composer_init_format (self);
  app_composer_init_files (self);
}

void
app_composer_open (AppApplication *application, const AppComposerStart *start)
{
  EngineOffice *office = app_application_get_office (application);
  AppComposer *self;
  gboolean answer = start->letter
                    && (start->kind == APP_COMPOSER_REPLY || start->kind == APP_COMPOSER_REPLY_ALL);

  if (!office)
    return;
  self = g_object_new (APP_TYPE_COMPOSER, "application", application, NULL);
  self->office = g_object_ref (office);
  fill_from (self, start->account);
  app_composer_fill (self, start);
  self->ready = TRUE;
  gtk_window_present (GTK_WINDOW (self));
  if (answer || *gtk_editable_get_text (GTK_EDITABLE (self->to)))
    gtk_widget_grab_focus (GTK_WIDGET (self->editor));
  else
    gtk_widget_grab_focus (GTK_WIDGET (self->to));
}
