/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

/* What is done with letters: answered, moved, deleted, marked, taken apart. */

#include "app-window-private.h"

#include "app-compat.h"
#include "app-composer.h"
#include "app-folder.h"
#include "app-source-dialog.h"

#include <glib/gi18n.h>

static void
compose_from_letter (AppWindow *self, AppComposerKind kind)
{
  g_autoptr (AppLetterItem) item = app_letter_list_dup_item (self->list);
  const StoreLetter *values = item ? app_letter_item_get_letter (item) : NULL;
  const AppComposerStart start = {
    .kind = kind,
    .account = values ? values->account : 0,
    .letter_id = app_reader_get_id (self->reader),
    .letter = app_reader_get_letter (self->reader),
  };

  if (start.letter)
    app_composer_open (app_window_get_application (self), &start);
}

static void
on_reply (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  compose_from_letter (user_data, APP_COMPOSER_REPLY);
}

static void
on_reply_all (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  compose_from_letter (user_data, APP_COMPOSER_REPLY_ALL);
}

static void
on_forward (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  compose_from_letter (user_data, APP_COMPOSER_FORWARD);
}

/* A letter taken out of the outbox to be written on. */
typedef struct
{
  AppWindow *window;
  MessageLetter *letter;
  gint64 id;
  gint64 account;
} Edit;

static void
on_taken_out (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Edit *edit = user_data;
  g_autoptr (AppWindow) self = edit->window;
  g_autoptr (MessageLetter) letter = edit->letter;
  g_autoptr (GError) error = NULL;
  const AppComposerStart start = {
    .kind = APP_COMPOSER_DRAFT,
    .account = edit->account,
    .letter_id = edit->id,
    .letter = letter,
  };

  if (engine_letters_finish (ENGINE_LETTERS (source), result, &error))
    {
      /* With the window closed meanwhile it waits among the drafts. */
      if (!app_window_is_gone (self))
        app_composer_open (app_window_get_application (self), &start);
    }
  else
    app_window_say_failure (self, error);
  g_free (edit);
}

static void
on_edit (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppWindow *self = user_data;
  MessageLetter *letter = app_reader_get_letter (self->reader);
  g_autoptr (AppLetterItem) item = app_letter_list_dup_item (self->list);
  const StoreLetter *values = item ? app_letter_item_get_letter (item) : NULL;
  Edit *edit;

  if (!letter || self->folder != STORE_FOLDER_OUTBOX)
    {
      compose_from_letter (self, APP_COMPOSER_DRAFT);
      return;
    }
  edit = g_new0 (Edit, 1);
  edit->window = g_object_ref (self);
  edit->letter = message_letter_ref (letter);
  edit->id = app_reader_get_id (self->reader);
  edit->account = values ? values->account : 0;
  engine_letters_move_async (app_window_get_letters (self), &edit->id, 1, STORE_FOLDER_DRAFTS, NULL,
                             on_taken_out, edit);
}

typedef struct
{
  AppWindow *window;
  gint64 letter;
} Delivery;

static void
on_delivered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Delivery *delivery = user_data;
  g_autoptr (AppWindow) self = delivery->window;
  g_autoptr (GError) error = NULL;

  g_autoptr (StoreOutboxEntry) entry = NULL;

  if (engine_outbox_deliver_finish (ENGINE_OUTBOX (source), result, &error))
    return;
  /* Success and failure for good are told by the outbox's own signals, as for letters that go by
   * themselves. */
  entry = engine_outbox_dup_entry (ENGINE_OUTBOX (source), delivery->letter);
  if (!entry || (entry->state != STORE_OUTBOX_FAILED && entry->state != STORE_OUTBOX_IN_DOUBT))
    app_window_say_failure (self, error);
}

static void
on_send_now (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppWindow *self = user_data;
  g_autoptr (GArray) ids = app_letter_list_dup_selected (self->list);

  for (guint i = 0; i < ids->len; i++)
    engine_outbox_deliver_async (engine_office_get_outbox (self->office),
                                 g_array_index (ids, gint64, i), NULL, on_delivered,
                                 g_object_ref (self));
}

/* Letters on their way to another folder. */
typedef struct
{
  AppWindow *window;
  GArray *ids;
  StoreFolder from;
  StoreFolder to;
} Move;

static void
on_moved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Move *move = user_data;
  g_autoptr (AppWindow) self = move->window;
  g_autoptr (GArray) ids = move->ids;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;

  if (!engine_letters_finish (ENGINE_LETTERS (source), result, &error))
    app_window_say_failure (self, error);
  else
    {
      if (move->to == STORE_FOLDER_TRASH)
        words = g_strdup_printf (ngettext ("%u letter deleted", "%u letters deleted", ids->len),
                                 ids->len);
      else
        words = g_strdup_printf (
            /* Translators: how many letters, and the folder */
            ngettext ("%u letter moved to %s", "%u letters moved to %s", ids->len), ids->len,
            app_folder_get_title (move->to));
      g_clear_pointer (&self->undo_ids, g_array_unref);
      /* What was taken out of the outbox has lost its envelope. */
      if (move->from != STORE_FOLDER_OUTBOX)
        {
          self->undo_ids = g_steal_pointer (&ids);
          self->undo_folder = move->from;
        }
      app_window_say_with_button (self, words, self->undo_ids ? _ ("_Undo") : NULL, "win.undo",
                                  NULL);
      app_window_update_actions (self);
    }
  g_free (move);
}

static void
move_selected (AppWindow *self, StoreFolder to)
{
  Move *move;
  g_autoptr (GArray) ids = app_letter_list_dup_selected (self->list);

  if (ids->len == 0 || to == self->folder)
    return;
  move = g_new0 (Move, 1);
  move->window = g_object_ref (self);
  move->from = self->folder;
  move->to = to;
  move->ids = g_array_ref (ids);
  if (adw_leaflet_get_folded (self->outer))
    app_window_show_list (self);
  else
    app_letter_list_select_neighbour (self->list);
  engine_letters_move_async (app_window_get_letters (self), (const gint64 *) (gpointer) ids->data,
                             ids->len, to, NULL, on_moved, move);
}

static void
on_move (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  StoreFolder folder;

  if (store_folder_from_name (g_variant_get_string (parameter, NULL), &folder)
      && folder != STORE_FOLDER_OUTBOX)
    move_selected (user_data, folder);
}

static void
on_undone (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (engine_letters_finish (ENGINE_LETTERS (source), result, &error))
    app_window_say (self, _ ("Undone"));
  else
    app_window_say_failure (self, error);
}

static void
on_undo (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppWindow *self = user_data;
  g_autoptr (GArray) ids = g_steal_pointer (&self->undo_ids);

  if (!ids)
    return;
  app_window_update_actions (self);
  engine_letters_move_async (app_window_get_letters (self), (const gint64 *) (gpointer) ids->data,
                             ids->len, self->undo_folder, NULL, on_undone, g_object_ref (self));
}

static void
on_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (engine_letters_finish (ENGINE_LETTERS (source), result, &error))
    app_window_say (self, _ ("Deleted for good"));
  else
    app_window_say_failure (self, error);
}

static void
on_delete_answered (const char *id, gpointer user_data)
{
  g_autoptr (AppWindow) self = user_data;
  g_autoptr (GArray) ids = NULL;

  if (!g_str_equal (id, "delete") || self->folder != STORE_FOLDER_TRASH
      || app_window_is_gone (self))
    return;
  ids = app_letter_list_dup_selected (self->list);
  if (ids->len == 0)
    return;
  app_letter_list_select_neighbour (self->list);
  engine_letters_delete_async (app_window_get_letters (self), (const gint64 *) (gpointer) ids->data,
                               ids->len, NULL, on_deleted, g_object_ref (self));
}

static void
on_delete (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppWindow *self = user_data;
  g_autoptr (GArray) ids = app_letter_list_dup_selected (self->list);
  g_autofree char *heading = NULL;
  const AppAnswer answers[] = {
    { "cancel", _ ("_Cancel"), APP_ANSWER_PLAIN },
    { "delete", _ ("_Delete"), APP_ANSWER_DESTRUCTIVE },
    { NULL },
  };

  if (self->folder != STORE_FOLDER_TRASH)
    {
      move_selected (self, STORE_FOLDER_TRASH);
      return;
    }
  if (ids->len == 0)
    return;
  heading = g_strdup_printf (ngettext ("Delete %u Letter for Good?", "Delete %u Letters for Good?",
                                       ids->len),
                             ids->len);
  app_compat_ask (GTK_WINDOW (self), heading, _ ("This cannot be undone."), answers,
                  on_delete_answered, g_object_ref (self));
}

static void
on_flag_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!engine_letters_finish (ENGINE_LETTERS (source), result, &error))
    app_window_say_failure (self, error);
}

static void
set_seen (AppWindow *self, gboolean seen)
{
  g_autoptr (GArray) ids = app_letter_list_dup_selected (self->list);

  if (ids->len == 0)
    return;
  engine_letters_set_flag_async (app_window_get_letters (self),
                                 (const gint64 *) (gpointer) ids->data, ids->len, ENGINE_FLAG_SEEN,
                                 seen, NULL, on_flag_set, g_object_ref (self));
}

static void
on_mark_read (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  set_seen (user_data, TRUE);
}

static void
on_mark_unread (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  set_seen (user_data, FALSE);
}

static void
on_show_source (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppWindow *self = user_data;
  MessageLetter *letter = app_reader_get_letter (self->reader);

  if (letter)
    app_source_dialog_present (GTK_WINDOW (self), letter);
}

static void
on_plain_text (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  AppWindow *self = user_data;

  g_simple_action_set_state (action, state);
  app_reader_set_plain_text (self->reader, g_variant_get_boolean (state));
}

static void
on_show_images (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_reader_load_images (APP_WINDOW (user_data)->reader);
}

static void
on_rest (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppWindow) self = user_data;
  gint64 id = self->rest_wanted;
  g_autoptr (GError) error = NULL;

  self->rest_wanted = 0;
  if (!engine_fetcher_fetch_rest_finish (ENGINE_FETCHER (source), result, &error))
    app_window_say_failure (self, error);
  else if (!app_window_is_gone (self) && app_reader_get_id (self->reader) == id)
    app_reader_reload (self->reader);
  app_window_update_actions (self);
}

static void
on_fetch_rest (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppWindow *self = user_data;
  g_autoptr (AppLetterItem) item = app_letter_list_dup_item (self->list);
  const StoreLetter *values = item ? app_letter_item_get_letter (item) : NULL;
  EngineAccount *account
      = values ? engine_accounts_find (engine_office_get_accounts (self->office), values->account)
               : NULL;

  if (!account)
    {
      app_window_say (self, _ ("The account that fetched this letter is gone"));
      return;
    }
  self->rest_wanted = values->id;
  app_window_update_actions (self);
  engine_fetcher_fetch_rest_async (engine_office_get_fetcher (self->office), account, values->id,
                                   self->cancellable, on_rest, g_object_ref (self));
}

static void
on_open_attachment (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_attachments_open (app_reader_get_attachments (APP_WINDOW (user_data)->reader),
                        g_variant_get_uint32 (parameter));
}

static void
on_save_attachment (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_attachments_save (app_reader_get_attachments (APP_WINDOW (user_data)->reader),
                        g_variant_get_uint32 (parameter));
}

static void
on_save_all_attachments (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_attachments_save_all (app_reader_get_attachments (APP_WINDOW (user_data)->reader));
}

static const GActionEntry entries[] = {
  { .name = "reply", .activate = on_reply },
  { .name = "reply-all", .activate = on_reply_all },
  { .name = "forward", .activate = on_forward },
  { .name = "edit", .activate = on_edit },
  { .name = "send-now", .activate = on_send_now },
  { .name = "delete", .activate = on_delete },
  { .name = "move", .activate = on_move, .parameter_type = "s" },
  { .name = "undo", .activate = on_undo },
  { .name = "mark-read", .activate = on_mark_read },
  { .name = "mark-unread", .activate = on_mark_unread },
  { .name = "show-source", .activate = on_show_source },
  { .name = "plain-text", .state = "false", .change_state = on_plain_text },
  { .name = "show-images", .activate = on_show_images },
  { .name = "fetch-rest", .activate = on_fetch_rest },
  { .name = "open-attachment", .activate = on_open_attachment, .parameter_type = "u" },
  { .name = "save-attachment", .activate = on_save_attachment, .parameter_type = "u" },
  { .name = "save-all-attachments", .activate = on_save_all_attachments },
};

void
app_window_init_letter_actions (AppWindow *window)
{
  g_action_map_add_action_entries (G_ACTION_MAP (window), entries, G_N_ELEMENTS (entries), window);
}
