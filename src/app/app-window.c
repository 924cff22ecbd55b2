/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

#include "app-window-private.h"

#include "app-folder.h"
#include "app-state.h"
#include "app-text.h"

#include <glib/gi18n.h>

G_DEFINE_FINAL_TYPE (AppWindow, app_window, ADW_TYPE_APPLICATION_WINDOW)

AppApplication *
app_window_get_application (AppWindow *window)
{
  return APP_APPLICATION (gtk_window_get_application (GTK_WINDOW (window)));
}

EngineLetters *
app_window_get_letters (AppWindow *window)
{
  return engine_office_get_letters (window->office);
}

gboolean
app_window_is_gone (AppWindow *window)
{
  return g_cancellable_is_cancelled (window->cancellable);
}

/* The doors stand open only while there is nothing at all to show. */
static void
update_page (AppWindow *self)
{
  GListModel *accounts = G_LIST_MODEL (engine_office_get_accounts (self->office));
  const StoreCounts *counts = app_sidebar_get_counts (self->sidebar);
  guint total = g_list_model_get_n_items (accounts);

  for (guint i = 0; i < STORE_N_FOLDERS; i++)
    total += counts->total[i];
  gtk_stack_set_visible_child_name (self->pages, total > 0 ? "mail" : "welcome");
}

/* What a query has found; nothing is said by the list itself. */
static char *
dup_found (AppLetterModel *model)
{
  guint number = g_list_model_get_n_items (G_LIST_MODEL (model));

  if (number == 0)
    return NULL;
  if (app_letter_model_has_more (model))
    return g_strdup_printf (ngettext ("More than %u letter found", "More than %u letters found",
                                      number),
                            number);
  return g_strdup_printf (ngettext ("%u letter found", "%u letters found", number), number);
}

static void
update_title (AppWindow *self)
{
  AppLetterModel *model = app_letter_list_get_model (self->list);
  const char *title = app_folder_get_title (self->folder);
  guint number = app_sidebar_get_counts (self->sidebar)->total[self->folder];
  g_autofree char *subtitle = NULL;
  /* Translators: the title of the window: folder, then program */
  g_autofree char *whole = g_strdup_printf (_ ("%s — Postroom"), title);

  if (model && app_letter_model_get_query (model))
    subtitle = dup_found (model);
  else if (number > 0)
    subtitle = g_strdup_printf (ngettext ("%u letter", "%u letters", number), number);
  adw_window_title_set_title (self->list_title, title);
  adw_window_title_set_subtitle (self->list_title, subtitle ? subtitle : "");
  gtk_window_set_title (GTK_WINDOW (self), whole);
}

static void
on_counted (AppSidebar *sidebar, AppWindow *self)
{
  update_page (self);
  update_title (self);
}

static void
on_accounts_changed (AppWindow *self)
{
  if (app_window_is_gone (self))
    return;
  update_page (self);
  app_window_update_actions (self);
}

static void
on_folder_chosen (AppSidebar *sidebar, int folder, AppWindow *self)
{
  app_window_open_folder (self, (StoreFolder) folder);
}

static void
on_account_chosen (AppSidebar *sidebar, EngineAccount *account, AppWindow *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.edit-account", "x",
                              engine_account_get_id (account));
}

static void
on_selection_changed (AppLetterList *list, AppWindow *self)
{
  g_autoptr (GArray) ids = app_letter_list_dup_selected (list);

  if (ids->len == 1)
    {
      app_reader_show (self->reader, g_array_index (ids, gint64, 0), self->folder);
      app_window_show_reader (self);
    }
  else
    app_reader_show_none (self->reader, ids->len);
}

static void
on_activated (AppLetterList *list, AppLetterItem *item, AppWindow *self)
{
  if (self->folder == STORE_FOLDER_DRAFTS)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.edit", NULL);
  else
    {
      app_window_show_reader (self);
      gtk_widget_child_focus (GTK_WIDGET (self->reader), GTK_DIR_TAB_FORWARD);
    }
}

/* A letter that is on the screen is read. */
static void
on_letter_changed (AppReader *reader, AppWindow *self)
{
  g_autoptr (AppLetterItem) item = app_letter_list_dup_item (self->list);
  const StoreLetter *values = item ? app_letter_item_get_letter (item) : NULL;

  if (item && (!values || !values->seen) && app_reader_get_letter (reader)
      && app_reader_get_id (reader) == app_letter_item_get_id (item))
    gtk_widget_activate_action (GTK_WIDGET (self), "win.mark-read", NULL);
  app_window_update_actions (self);
}

static void
on_link (AppReader *reader, const char *uri, AppWindow *self)
{
  if (g_str_has_prefix (uri, "mailto:"))
    {
      g_autoptr (GFile) file = g_file_new_for_uri (uri);

      g_application_open (G_APPLICATION (app_window_get_application (self)), &file, 1, "");
    }
  else
    gtk_show_uri (GTK_WINDOW (self), uri, GDK_CURRENT_TIME);
}

static void
on_said (AppReader *reader, const char *words, AppWindow *self)
{
  app_window_say (self, words);
}

static void
on_sent (EngineOutbox *outbox, gint64 letter, AppWindow *self)
{
  app_window_say (self, _ ("Letter sent"));
}

static void
on_failed (EngineOutbox *outbox, gint64 letter, const char *words, AppWindow *self)
{
  g_autofree char *line = g_strdup_printf (_ ("Not sent: %s"), words);

  app_window_say_with_button (self, line, _ ("_Show"), "win.open-folder",
                              g_variant_new_string ("Outbox"));
}

static void
on_list_failed (AppLetterModel *model, const char *words, AppWindow *self)
{
  app_window_say (self, words);
}

/* Back at the list of a narrow window, the same letter can be chosen again. */
static void
on_outer_moved (AppWindow *self)
{
  if (adw_leaflet_get_folded (self->outer)
      && adw_leaflet_get_visible_child (self->outer) == GTK_WIDGET (self->inner))
    app_letter_list_unselect_all (self->list);
}

static gboolean
app_window_close_request (GtkWindow *window)
{
  app_state_keep (window, engine_office_get_directory (APP_WINDOW (window)->office));
  return GTK_WINDOW_CLASS (app_window_parent_class)->close_request (window);
}

static void
app_window_dispose (GObject *object)
{
  AppWindow *self = APP_WINDOW (object);

  g_cancellable_cancel (self->cancellable);
  G_OBJECT_CLASS (app_window_parent_class)->dispose (object);
}

static void
app_window_finalize (GObject *object)
{
  AppWindow *self = APP_WINDOW (object);

  g_clear_weak_pointer (&self->toast);
  g_clear_pointer (&self->undo_ids, g_array_unref);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->office);
  G_OBJECT_CLASS (app_window_parent_class)->finalize (object);
}

static void
app_window_class_init (AppWindowClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = app_window_dispose;
  G_OBJECT_CLASS (class)->finalize = app_window_finalize;
  GTK_WINDOW_CLASS (class)->close_request = app_window_close_request;

  g_type_ensure (APP_TYPE_SIDEBAR);
  g_type_ensure (APP_TYPE_LETTER_LIST);
  g_type_ensure (APP_TYPE_READER);
  gtk_widget_class_set_template_from_resource (widget,
                                               "/io/github/postroom/Postroom/app-window.ui");
  gtk_widget_class_bind_template_child (widget, AppWindow, toasts);
  gtk_widget_class_bind_template_child (widget, AppWindow, pages);
  gtk_widget_class_bind_template_child (widget, AppWindow, try_face);
  gtk_widget_class_bind_template_child (widget, AppWindow, outer);
  gtk_widget_class_bind_template_child (widget, AppWindow, inner);
  gtk_widget_class_bind_template_child (widget, AppWindow, sidebar_pane);
  gtk_widget_class_bind_template_child (widget, AppWindow, list_pane);
  gtk_widget_class_bind_template_child (widget, AppWindow, reader_pane);
  gtk_widget_class_bind_template_child (widget, AppWindow, sidebar);
  gtk_widget_class_bind_template_child (widget, AppWindow, list);
  gtk_widget_class_bind_template_child (widget, AppWindow, reader);
  gtk_widget_class_bind_template_child (widget, AppWindow, list_title);
  gtk_widget_class_bind_template_child (widget, AppWindow, search_bar);
  gtk_widget_class_bind_template_child (widget, AppWindow, search_entry);
  gtk_widget_class_bind_template_child (widget, AppWindow, search_notice);
  gtk_widget_class_bind_template_child (widget, AppWindow, fetch_face);
  gtk_widget_class_bind_template_callback (widget, on_counted);
  gtk_widget_class_bind_template_callback (widget, on_folder_chosen);
  gtk_widget_class_bind_template_callback (widget, on_account_chosen);
  gtk_widget_class_bind_template_callback (widget, on_selection_changed);
  gtk_widget_class_bind_template_callback (widget, on_activated);
  gtk_widget_class_bind_template_callback (widget, on_letter_changed);
  gtk_widget_class_bind_template_callback (widget, on_link);
  gtk_widget_class_bind_template_callback (widget, on_said);
  gtk_widget_class_bind_template_callback (widget, on_outer_moved);
}

static void
app_window_init (AppWindow *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  app_window_init_actions (self);
  app_window_init_search (self);
}

AppWindow *
app_window_new (AppApplication *application)
{
  EngineOffice *office = app_application_get_office (application);
  EngineOutbox *outbox = engine_office_get_outbox (office);
  AppWindow *self = g_object_new (APP_TYPE_WINDOW, "application", application, NULL);

  self->office = g_object_ref (office);
  app_window_follow_junk (self);
  g_signal_connect_object (outbox, "sent", G_CALLBACK (on_sent), self, 0);
  g_signal_connect_object (outbox, "failed", G_CALLBACK (on_failed), self, 0);
  g_signal_connect_object (engine_office_get_accounts (office), "items-changed",
                           G_CALLBACK (on_accounts_changed), self, G_CONNECT_SWAPPED);
  app_reader_set_office (self->reader, office);
  app_sidebar_set_office (self->sidebar, office);
  app_window_open_folder (self, STORE_FOLDER_INBOX);
  update_page (self);
  app_state_restore (GTK_WINDOW (self), engine_office_get_directory (office));
  return self;
}

static void
on_dismissed (AdwToast *toast, AppWindow *self)
{
  if (self->toast == toast)
    g_clear_weak_pointer (&self->toast);
}

void
app_window_say_with_button (AppWindow *window,
                            const char *words,
                            const char *button,
                            const char *action,
                            GVariant *target)
{
  g_autofree char *title = g_markup_escape_text (words, -1);
  g_autoptr (GVariant) owned = target ? g_variant_ref_sink (target) : NULL;
  gint64 now = g_get_monotonic_time ();
  AdwToast *toast;

  if (app_window_is_gone (window))
    return;
  /* News does not wait behind older news: it takes its place, where that one will be seen for a
   * while yet. (A toast dismissed in the middle of its appearance is freed twice by
   * libadwaita 1.2.) */
  if (window->toast && now < window->toast_time + 3 * G_USEC_PER_SEC)
    toast = window->toast;
  else
    toast = adw_toast_new ("");
  adw_toast_set_title (toast, title);
  adw_toast_set_button_label (toast, button);
  adw_toast_set_action_name (toast, action);
  adw_toast_set_action_target_value (toast, owned);
  if (toast == window->toast)
    return;
  g_set_weak_pointer (&window->toast, toast);
  window->toast_time = now;
  g_signal_connect_object (toast, "dismissed", G_CALLBACK (on_dismissed), window, 0);
  adw_toast_overlay_add_toast (window->toasts, toast);
}

void
app_window_say (AppWindow *window, const char *words)
{
  app_window_say_with_button (window, words, NULL, NULL, NULL);
}

void
app_window_say_failure (AppWindow *window, const GError *error)
{
  g_autofree char *words = NULL;

  if (app_text_is_cancelled (error))
    return;
  words = app_text_failure (error);
  app_window_say (window, words);
}

void
app_window_show_list (AppWindow *window)
{
  adw_leaflet_set_visible_child (window->outer, GTK_WIDGET (window->inner));
  adw_leaflet_set_visible_child (window->inner, window->list_pane);
}

void
app_window_show_reader (AppWindow *window)
{
  adw_leaflet_set_visible_child (window->outer, window->reader_pane);
}

void
app_window_open_folder (AppWindow *window, StoreFolder folder)
{
  AppLetterModel *shown = app_letter_list_get_model (window->list);

  if (!shown || app_letter_model_get_folder (shown) != folder)
    {
      g_autoptr (AppLetterModel) model = app_letter_model_new (window->office, folder);

      g_signal_connect_object (model, "failed", G_CALLBACK (on_list_failed), window, 0);
      g_signal_connect_object (model, "items-changed", G_CALLBACK (update_title), window,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (model, "items-changed", G_CALLBACK (app_window_update_steps), window,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (model, "notify", G_CALLBACK (update_title), window,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (model, "notify::notice", G_CALLBACK (app_window_show_notice), window,
                               G_CONNECT_SWAPPED);
      window->folder = folder;
      app_letter_list_set_model (window->list, model);
      app_window_update_steps (window);
      app_window_search_again (window);
      app_reader_show_none (window->reader, 0);
    }
  app_sidebar_select (window->sidebar, folder);
  g_simple_action_set_state (G_SIMPLE_ACTION (
                                 g_action_map_lookup_action (G_ACTION_MAP (window), "open-folder")),
                             g_variant_new_string (store_folder_get_name (folder)));
  app_window_show_list (window);
  update_title (window);
  app_window_update_actions (window);
}
