/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

#include "app-window-private.h"

#include "app-account-dialog.h"
#include "app-compat.h"
#include "app-composer.h"
#include "app-folder.h"
#include "app-server-dialog.h"
#include "app-source-dialog.h"
#include "app-text.h"

#include <glib/gi18n.h>

static void
say_failure (AppWindow *self, const GError *error)
{
  g_autofree char *words = NULL;

  if (app_text_is_cancelled (error))
    return;
  words = app_text_failure (error);
  app_window_say (self, words);
}

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
on_compose (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  const AppComposerStart start = { .kind = APP_COMPOSER_NEW };

  app_composer_open (app_window_get_application (user_data), &start);
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
    app_composer_open (app_window_get_application (self), &start);
  else
    say_failure (self, error);
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
    say_failure (self, error);
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
    say_failure (self, error);
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

  if (!engine_letters_finish (ENGINE_LETTERS (source), result, &error))
    say_failure (self, error);
}

static void
on_undo (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppWindow *self = user_data;
  g_autoptr (GArray) ids = g_steal_pointer (&self->undo_ids);

  if (!ids)
    return;
  app_window_hush (self);
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
    say_failure (self, error);
}

static void
on_delete_answered (const char *id, gpointer user_data)
{
  g_autoptr (AppWindow) self = user_data;
  g_autoptr (GArray) ids = NULL;

  if (!g_str_equal (id, "delete") || self->folder != STORE_FOLDER_TRASH)
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
    say_failure (self, error);
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

/* One press of the button: every account is asked, and the answers are told together. */
typedef struct
{
  AppWindow *window;
  guint letters;
  char *failure; /* of the first account that failed */
  gint64 failed; /* and its id */
} Round;

typedef struct
{
  Round *round;
  EngineAccount *account;
} Turn;

static void
end_round (Round *round)
{
  AppWindow *self = round->window;
  g_autofree char *words = NULL;

  gtk_stack_set_visible_child_name (self->fetch_face, "idle");
  app_window_update_actions (self);
  if (round->failure)
    app_window_say_with_button (self, round->failure, _ ("_Account"), "win.edit-account",
                                g_variant_new_int64 (round->failed));
  else if (round->letters == 0)
    app_window_say (self, _ ("No new letters"));
  else
    {
      words = g_strdup_printf (ngettext ("%u new letter", "%u new letters", round->letters),
                               round->letters);
      app_window_say (self, words);
    }
  g_object_unref (self);
  g_free (round->failure);
  g_free (round);
}

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Turn *turn = user_data;
  Round *round = turn->round;
  g_autoptr (EngineAccount) account = turn->account;
  g_autoptr (GError) error = NULL;
  EngineFetchResult counts = { 0 };

  g_free (turn);
  if (engine_fetcher_fetch_finish (ENGINE_FETCHER (source), result, &counts, &error))
    round->letters += counts.letters;
  else if (!round->failure && !app_text_is_cancelled (error))
    {
      g_autofree char *words = app_text_failure (error);

      /* Translators: the address of an account, and what failed */
      round->failure
          = g_strdup_printf (_ ("%s: %s"), engine_account_get_values (account)->address, words);
      round->failed = engine_account_get_id (account);
    }
  if (--round->window->fetching == 0)
    end_round (round);
}

static void
on_fetch (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppWindow *self = user_data;
  GListModel *accounts = G_LIST_MODEL (engine_office_get_accounts (self->office));
  guint n_accounts = g_list_model_get_n_items (accounts);
  Round *round;

  if (self->fetching > 0 || n_accounts == 0)
    return;
  round = g_new0 (Round, 1);
  round->window = g_object_ref (self);
  self->fetching = n_accounts;
  gtk_stack_set_visible_child_name (self->fetch_face, "busy");
  app_window_update_actions (self);
  for (guint i = 0; i < n_accounts; i++)
    {
      Turn *turn = g_new0 (Turn, 1);

      turn->round = round;
      turn->account = g_list_model_get_item (accounts, i);
      engine_fetcher_fetch_async (engine_office_get_fetcher (self->office), turn->account,
                                  self->cancellable, on_fetched, turn);
    }
}

static void
on_open_folder (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  StoreFolder folder;

  if (store_folder_from_name (g_variant_get_string (parameter, NULL), &folder))
    app_window_open_folder (user_data, folder);
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

static void
on_add_account (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_account_dialog_present (user_data, APP_WINDOW (user_data)->office, NULL);
}

static void
on_edit_account (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppWindow *self = user_data;
  EngineAccount *account = engine_accounts_find (engine_office_get_accounts (self->office),
                                                 g_variant_get_int64 (parameter));

  if (account)
    app_account_dialog_present (GTK_WINDOW (self), self->office, account);
}

static void
on_local_server (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_server_dialog_present (user_data, APP_WINDOW (user_data)->office);
}

/* The first letter is there already: one press on Send shows the whole way. */
static void
open_first_letter (AppWindow *self)
{
  GListModel *accounts = G_LIST_MODEL (engine_office_get_accounts (self->office));
  AppComposerStart start = { .kind = APP_COMPOSER_NEW };
  g_autofree char *to = NULL;

  for (guint i = 0; i < g_list_model_get_n_items (accounts); i++)
    {
      g_autoptr (EngineAccount) account = g_list_model_get_item (accounts, i);
      const StoreAccount *values = engine_account_get_values (account);

      if (!values->local)
        continue;
      if (start.account == 0)
        start.account = values->id;
      else if (!to)
        to = g_strdup (engine_account_get_title (account));
    }
  start.to = to;
  start.subject = _ ("My first letter");
  start.html = _ ("<p>Hello!</p><p>This letter goes to my own mail server and comes back "
                  "from it, <b>encrypted</b> both ways.</p><p>Press <i>Send</i>, then fetch.</p>");
  app_composer_open (app_window_get_application (self), &start);
}

static void
on_tried (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  gtk_stack_set_visible_child_name (self->try_face, "idle");
  app_window_update_actions (self);
  if (engine_office_try_local_finish (ENGINE_OFFICE (source), result, &error))
    open_first_letter (self);
  else if (!app_text_is_cancelled (error))
    app_compat_tell (GTK_WINDOW (self), _ ("The Local Server Could Not Be Started"),
                     error->message);
}

static void
on_try_local (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppWindow *self = user_data;

  g_simple_action_set_enabled (action, FALSE);
  gtk_stack_set_visible_child_name (self->try_face, "busy");
  engine_office_try_local_async (self->office, self->cancellable, on_tried, g_object_ref (self));
}

static void
on_next (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_letter_list_step (APP_WINDOW (user_data)->list, 1);
}

static void
on_previous (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_letter_list_step (APP_WINDOW (user_data)->list, -1);
}

static void
on_back (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AppWindow *self = user_data;

  if (!adw_leaflet_navigate (self->outer, ADW_NAVIGATION_DIRECTION_BACK))
    adw_leaflet_navigate (self->inner, ADW_NAVIGATION_DIRECTION_BACK);
}

/* Moves the focus to the pane @by steps after the one that has it. */
static void
step_pane (AppWindow *self, int by)
{
  GtkWidget *panes[] = { self->sidebar_pane, self->list_pane, self->reader_pane };
  GtkWidget *inside[]
      = { GTK_WIDGET (self->sidebar), GTK_WIDGET (self->list), GTK_WIDGET (self->reader) };
  const int n_panes = (int) G_N_ELEMENTS (panes);
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));
  int at = by > 0 ? -1 : n_panes;

  for (int i = 0; i < n_panes; i++)
    if (focus && gtk_widget_is_ancestor (focus, panes[i]))
      at = i;
  for (int i = 1; i <= n_panes; i++)
    {
      int next = ((at + by * i) % n_panes + n_panes) % n_panes;

      if (gtk_widget_get_child_visible (panes[next]) && gtk_widget_get_mapped (panes[next])
          && gtk_widget_child_focus (inside[next], GTK_DIR_TAB_FORWARD))
        return;
    }
}

static void
on_next_pane (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  step_pane (user_data, 1);
}

static void
on_previous_pane (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  step_pane (user_data, -1);
}

static const GActionEntry entries[] = {
  { .name = "compose", .activate = on_compose },
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
  { .name = "fetch", .activate = on_fetch },
  { .name = "open-folder", .activate = on_open_folder, .parameter_type = "s", .state = "'Inbox'" },
  { .name = "show-source", .activate = on_show_source },
  { .name = "plain-text", .state = "false", .change_state = on_plain_text },
  { .name = "show-images", .activate = on_show_images },
  { .name = "open-attachment", .activate = on_open_attachment, .parameter_type = "u" },
  { .name = "save-attachment", .activate = on_save_attachment, .parameter_type = "u" },
  { .name = "save-all-attachments", .activate = on_save_all_attachments },
  { .name = "add-account", .activate = on_add_account },
  { .name = "edit-account", .activate = on_edit_account, .parameter_type = "x" },
  { .name = "local-server", .activate = on_local_server },
  { .name = "try-local", .activate = on_try_local },
  { .name = "next", .activate = on_next },
  { .name = "previous", .activate = on_previous },
  { .name = "back", .activate = on_back },
  { .name = "next-pane", .activate = on_next_pane },
  { .name = "previous-pane", .activate = on_previous_pane },
};

void
app_window_init_actions (AppWindow *window)
{
  g_action_map_add_action_entries (G_ACTION_MAP (window), entries, G_N_ELEMENTS (entries), window);
}

static void
set_enabled (AppWindow *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

void
app_window_update_actions (AppWindow *window)
{
  GListModel *accounts = G_LIST_MODEL (engine_office_get_accounts (window->office));
  gboolean any_account = g_list_model_get_n_items (accounts) > 0;
  g_autoptr (GArray) ids = app_letter_list_dup_selected (window->list);
  gboolean letter = app_reader_get_letter (window->reader) != NULL;
  gboolean outbox = window->folder == STORE_FOLDER_OUTBOX;
  gboolean unsent = outbox || window->folder == STORE_FOLDER_DRAFTS;
  gboolean attached
      = letter && app_attachments_get_count (app_reader_get_attachments (window->reader)) > 0;

  set_enabled (window, "compose", any_account);
  set_enabled (window, "fetch", any_account && window->fetching == 0);
  set_enabled (window, "reply", letter && !unsent);
  set_enabled (window, "reply-all", letter && !unsent);
  set_enabled (window, "forward", letter && !unsent);
  set_enabled (window, "edit", letter && unsent);
  set_enabled (window, "send-now", ids->len > 0 && outbox);
  set_enabled (window, "delete", ids->len > 0);
  set_enabled (window, "move", ids->len > 0 && !unsent);
  set_enabled (window, "undo", window->undo_ids != NULL);
  set_enabled (window, "mark-read", ids->len > 0 && !unsent);
  set_enabled (window, "mark-unread", ids->len > 0 && !unsent);
  set_enabled (window, "show-source", letter);
  set_enabled (window, "show-images", letter);
  set_enabled (window, "open-attachment", attached);
  set_enabled (window, "save-attachment", attached);
  set_enabled (window, "save-all-attachments", attached);
  set_enabled (window, "try-local", TRUE);
}
