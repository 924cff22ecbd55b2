/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

#include "app-window-private.h"

#include "app-account-dialog.h"
#include "app-compat.h"
#include "app-composer.h"
#include "app-server-dialog.h"
#include "app-text.h"

#include <glib/gi18n.h>

static void
on_compose (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  const AppComposerStart start = { .kind = APP_COMPOSER_NEW };

  app_composer_open (app_window_get_application (user_data), &start);
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

  if (!app_window_is_gone (self))
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
                  "from it, <b>encrypted</b> both ways.</p><p>Press <i>Send</i> and watch the "
                  "Inbox.</p>");
  app_composer_open (app_window_get_application (self), &start);
}

static void
on_tried (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (app_window_is_gone (self))
    return;
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
  { .name = "fetch", .activate = on_fetch },
  { .name = "open-folder", .activate = on_open_folder, .parameter_type = "s", .state = "'Inbox'" },
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
  app_window_init_letter_actions (window);
  app_window_init_junk_actions (window);
  app_window_init_transfer_actions (window);
}

static void
set_enabled (AppWindow *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

static void
update_actions (AppWindow *window)
{
  GListModel *accounts = G_LIST_MODEL (engine_office_get_accounts (window->office));
  gboolean any_account = g_list_model_get_n_items (accounts) > 0;
  g_autoptr (GArray) ids = app_letter_list_dup_selected (window->list);
  gboolean letter = app_reader_get_letter (window->reader) != NULL;
  gboolean outbox = window->folder == STORE_FOLDER_OUTBOX;
  gboolean unsent = outbox || window->folder == STORE_FOLDER_DRAFTS;
  gboolean got = !unsent && window->folder != STORE_FOLDER_SENT;
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
  set_enabled (window, "junk", ids->len > 0 && got && window->folder != STORE_FOLDER_JUNK);
  set_enabled (window, "not-junk", ids->len > 0 && window->folder == STORE_FOLDER_JUNK);
  set_enabled (window, "explain-junk", letter && got && app_reader_get_id (window->reader) != 0);
  set_enabled (window, "import", !outbox && !window->transferring);
  set_enabled (window, "import-file", !outbox && !window->transferring);
  set_enabled (window, "export", !window->transferring);
  set_enabled (window, "export-file", !window->transferring);
  set_enabled (window, "undo", window->undo_ids != NULL);
  set_enabled (window, "mark-read", ids->len > 0 && !unsent);
  set_enabled (window, "mark-unread", ids->len > 0 && !unsent);
  set_enabled (window, "show-source", letter);
  set_enabled (window, "show-images", letter);
  set_enabled (window, "fetch-rest",
               app_reader_is_partial (window->reader) && window->rest_wanted == 0);
  set_enabled (window, "open-attachment", attached);
  set_enabled (window, "save-attachment", attached);
  set_enabled (window, "save-all-attachments", attached);
  set_enabled (window, "try-local", TRUE);
}

/* There is no next letter in a folder without letters. */
void
app_window_update_steps (AppWindow *window)
{
  AppLetterModel *model = app_letter_list_get_model (window->list);
  gboolean any = model && g_list_model_get_n_items (G_LIST_MODEL (model)) > 0;

  set_enabled (window, "next", any);
  set_enabled (window, "previous", any);
}

void
app_window_update_actions (AppWindow *window)
{
  if (!app_window_is_gone (window))
    update_actions (window);
}
