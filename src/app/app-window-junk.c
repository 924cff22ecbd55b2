/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

/* What a person says about junk, and asks about it. */

#include "app-window-private.h"

#include "app-junk-dialog.h"
#include "app-text.h"

#include <glib/gi18n.h>

typedef struct
{
  AppWindow *window;
  GArray *ids;
  StoreFolder from;
  gboolean is_junk;
} Mark;

static void
on_marked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Mark *mark = user_data;
  g_autoptr (AppWindow) self = mark->window;
  g_autoptr (GArray) ids = mark->ids;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;

  engine_junk_learn_finish (ENGINE_JUNK (source), result, &error);
  if (error)
    {
      app_window_say_failure (self, error);
      return;
    }
  words = mark->is_junk ? g_strdup_printf (ngettext ("%u letter marked as junk",
                                                     "%u letters marked as junk", ids->len),
                                           ids->len)
                        : g_strdup_printf (ngettext ("%u letter marked as no junk",
                                                     "%u letters marked as no junk", ids->len),
                                           ids->len);
  g_clear_pointer (&self->undo_ids, g_array_unref);
  self->undo_ids = g_steal_pointer (&ids);
  self->undo_folder = mark->from;
  self->undo_junk = TRUE;
  app_window_say_with_button (self, words, _ ("_Undo"), "win.undo", NULL);
  app_window_update_actions (self);
}

static void
mark_selected (AppWindow *self, gboolean is_junk)
{
  g_autoptr (GArray) ids = app_letter_list_dup_selected (self->list);
  gboolean leaves = is_junk ? self->folder != STORE_FOLDER_JUNK : self->folder == STORE_FOLDER_JUNK;
  Mark *mark;

  if (ids->len == 0)
    return;
  mark = g_new0 (Mark, 1);
  mark->window = g_object_ref (self);
  mark->ids = g_array_ref (ids);
  mark->from = self->folder;
  mark->is_junk = is_junk;
  if (leaves && adw_leaflet_get_folded (self->outer))
    app_window_show_list (self);
  else if (leaves)
    app_letter_list_select_neighbour (self->list);
  engine_junk_mark_async (engine_office_get_junk (self->office),
                          (const gint64 *) (gpointer) ids->data, ids->len, is_junk, NULL, on_marked,
                          mark);
}

static void
on_junk (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  mark_selected (user_data, TRUE);
}

static void
on_not_junk (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  mark_selected (user_data, FALSE);
}

static void
on_unmarked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  engine_junk_learn_finish (ENGINE_JUNK (source), result, &error);
  if (error)
    app_window_say_failure (self, error);
  else
    app_window_say (self, _ ("Undone"));
}

void
app_window_unmark_junk (AppWindow *window, GArray *ids)
{
  engine_junk_unmark_async (engine_office_get_junk (window->office),
                            (const gint64 *) (gpointer) ids->data, ids->len, window->undo_folder,
                            NULL, on_unmarked, g_object_ref (window));
}

static void
on_explained (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (EngineJunkReport) report
      = engine_junk_explain_finish (ENGINE_JUNK (source), result, &error);
  MessageLetter *letter = app_window_is_gone (self) ? NULL : app_reader_get_letter (self->reader);
  GPtrArray *from = letter ? message_letter_get_from (letter) : NULL;

  if (!report)
    app_window_say_failure (self, error);
  else if (letter)
    app_junk_dialog_present (GTK_WINDOW (self), ENGINE_JUNK (source), report,
                             from && from->len > 0
                                 ? ((const MessageMailbox *) g_ptr_array_index (from, 0))->address
                                 : NULL);
}

static void
on_explain_junk (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppWindow *self = user_data;

  engine_junk_explain_async (engine_office_get_junk (self->office),
                             app_reader_get_id (self->reader), self->cancellable, on_explained,
                             g_object_ref (self));
}

/* Whether junk that is fetched goes to Junk by itself. */
static void
on_sort_junk (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  AppWindow *self = user_data;
  g_autoptr (GError) error = NULL;

  if (engine_junk_set_moves (engine_office_get_junk (self->office), g_variant_get_boolean (state),
                             &error))
    g_simple_action_set_state (action, state);
  else
    app_window_say_failure (self, error);
}

static void
show_settings (AppWindow *self)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), "sort-junk");
  gboolean moves = engine_junk_get_moves (engine_office_get_junk (self->office));

  g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_boolean (moves));
}

void
app_window_follow_junk (AppWindow *window)
{
  g_signal_connect_object (engine_office_get_junk (window->office), "settings-changed",
                           G_CALLBACK (show_settings), window, G_CONNECT_SWAPPED);
  show_settings (window);
}

static const GActionEntry entries[] = {
  { .name = "junk", .activate = on_junk },
  { .name = "not-junk", .activate = on_not_junk },
  { .name = "explain-junk", .activate = on_explain_junk },
  { .name = "sort-junk", .state = "true", .change_state = on_sort_junk },
};

void
app_window_init_junk_actions (AppWindow *window)
{
  g_action_map_add_action_entries (G_ACTION_MAP (window), entries, G_N_ELEMENTS (entries), window);
}
