/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

/* Looking for letters in the folder that is open. */

#include "app-window-private.h"

static void
ask (AppWindow *self)
{
  AppLetterModel *model = app_letter_list_get_model (self->list);
  gboolean searching = gtk_search_bar_get_search_mode (self->search_bar);

  if (model)
    app_letter_model_set_query (model, searching ? gtk_editable_get_text (
                                           GTK_EDITABLE (self->search_entry))
                                                 : NULL);
}

static void
on_mode (AppWindow *self)
{
  gboolean searching = gtk_search_bar_get_search_mode (self->search_bar);

  g_simple_action_set_state (G_SIMPLE_ACTION (
                                 g_action_map_lookup_action (G_ACTION_MAP (self), "search")),
                             g_variant_new_boolean (searching));
  ask (self);
  if (!searching)
    gtk_widget_grab_focus (GTK_WIDGET (app_letter_list_get_view (self->list)));
}

/* From the words to the first letter that they find. */
static void
on_next (AppWindow *self)
{
  ask (self); /* what was typed last is not asked for before a pause */
  gtk_widget_grab_focus (GTK_WIDGET (app_letter_list_get_view (self->list)));
  app_letter_list_step (self->list, 1);
}

static void
on_search (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  AppWindow *self = user_data;
  gboolean on = g_variant_get_boolean (state);

  app_window_show_list (self);
  gtk_search_bar_set_search_mode (self->search_bar, on);
  if (on)
    gtk_widget_grab_focus (GTK_WIDGET (self->search_entry));
}

static void
on_set_query (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppWindow *self = user_data;

  gtk_search_bar_set_search_mode (self->search_bar, TRUE);
  gtk_editable_set_text (GTK_EDITABLE (self->search_entry), g_variant_get_string (parameter, NULL));
  ask (self);
}

static const GActionEntry entries[] = {
  { .name = "search", .state = "false", .change_state = on_search },
  { .name = "set-query", .activate = on_set_query, .parameter_type = "s" },
};

void
app_window_show_notice (AppWindow *window)
{
  AppLetterModel *model = app_letter_list_get_model (window->list);
  const char *notice = model ? app_letter_model_get_notice (model) : NULL;

  gtk_label_set_label (window->search_notice, notice ? notice : "");
  gtk_widget_set_visible (GTK_WIDGET (window->search_notice), notice != NULL);
}

void
app_window_init_search (AppWindow *window)
{
  gtk_search_bar_connect_entry (window->search_bar, GTK_EDITABLE (window->search_entry));
  g_action_map_add_action_entries (G_ACTION_MAP (window), entries, G_N_ELEMENTS (entries), window);
  g_signal_connect_object (window->search_bar, "notify::search-mode-enabled", G_CALLBACK (on_mode),
                           window, G_CONNECT_SWAPPED);
  g_signal_connect_object (window->search_entry, "search-changed", G_CALLBACK (ask), window,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (window->search_entry, "activate", G_CALLBACK (on_next), window,
                           G_CONNECT_SWAPPED);
}

void
app_window_search_again (AppWindow *window)
{
  app_window_show_notice (window);
  ask (window);
}
