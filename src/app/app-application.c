/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

#include "app-application.h"

#include "app-compat.h"
#include "app-open.h"
#include "app-state.h"
#include "app-window.h"

#include <glib/gi18n.h>
#include <postroom-config.h>

struct _AppApplication
{
  AdwApplication parent_instance;

  char *directory; /* --data-dir, or NULL */
  EngineOffice *office;
  GError *problem; /* why there is no office */
  gboolean closing;
  const char *begin; /* the action that the command line asks for, or NULL */
};

G_DEFINE_FINAL_TYPE (AppApplication, app_application, ADW_TYPE_APPLICATION)

static const GOptionEntry options[] = {
  { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Show the version and leave"), NULL },
  { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, NULL,
    N_ ("Keep letters, accounts and the local server in DIR"), N_ ("DIR") },
  { "compose", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Write a new letter"), NULL },
  { "check-mail", 0, 0, G_OPTION_ARG_NONE, NULL, N_ ("Fetch new letters for every account"), NULL },
  { NULL },
};

static GtkWindow *
find_main_window (AppApplication *self)
{
  for (GList *at = gtk_application_get_windows (GTK_APPLICATION (self)); at; at = at->next)
    if (APP_IS_WINDOW (at->data))
      return at->data;
  return NULL;
}

/* The person must not be left with a window over data that is not there. */
static void
tell_no_office (AppApplication *self)
{
  GtkWidget *window = adw_application_window_new (GTK_APPLICATION (self));
  GtkWidget *page = adw_status_page_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  adw_status_page_set_icon_name (ADW_STATUS_PAGE (page), "dialog-error-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (page), _ ("Your Letters Cannot Be Opened"));
  adw_status_page_set_description (ADW_STATUS_PAGE (page), self->problem->message);
  gtk_widget_set_vexpand (page, TRUE);
  gtk_box_append (GTK_BOX (box), adw_header_bar_new ());
  gtk_box_append (GTK_BOX (box), page);
  adw_application_window_set_content (ADW_APPLICATION_WINDOW (window), box);
  gtk_window_set_title (GTK_WINDOW (window), _ ("Postroom"));
  gtk_window_set_default_size (GTK_WINDOW (window), 560, 400);
  gtk_window_present (GTK_WINDOW (window));
}

static void
on_shut_down (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppApplication) self = user_data;

  engine_office_shut_down_finish (ENGINE_OFFICE (source), result);
  g_application_release (G_APPLICATION (self));
}

/* The loop goes on without a window until what is being written is written. */
static void
shut_down (AppApplication *self)
{
  if (self->closing || !self->office)
    return;
  self->closing = TRUE;
  g_application_hold (G_APPLICATION (self));
  engine_office_shut_down_async (self->office, on_shut_down, g_object_ref (self));
}

/* Closes every window as the person would, so that an unsaved letter can still say no. */
static void
on_quit (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  GList *windows = gtk_application_get_windows (GTK_APPLICATION (user_data));
  g_autoptr (GList) copy = g_list_copy_deep (windows, (GCopyFunc) (GCallback) g_object_ref, NULL);

  for (GList *at = copy; at; at = at->next)
    {
      gtk_window_close (at->data);
      g_object_unref (at->data);
    }
}

static void
on_new_window (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_application_present (user_data);
}

static void
on_about (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_compat_show_about (gtk_application_get_active_window (user_data));
}

/* "app.open-inbox": where a notification leads. */
static void
on_open_inbox (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  app_window_open_folder (APP_WINDOW (app_application_present (user_data)), STORE_FOLDER_INBOX);
}

/* Does what the main window does under that name; it says itself what is missing. */
static void
do_in_window (AppApplication *self, const char *name)
{
  GtkWindow *window = app_application_present (self);

  if (!window)
    return;
  if (g_action_group_get_action_enabled (G_ACTION_GROUP (window), name))
    g_action_group_activate_action (G_ACTION_GROUP (window), name, NULL);
  else if (g_list_model_get_n_items (G_LIST_MODEL (engine_office_get_accounts (self->office))) == 0)
    app_application_say (self, _ ("Add a mail account first"));
}

/* "app.compose", "app.check-mail": the desktop's menu, the command line. */
static void
on_compose (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  do_in_window (user_data, "compose");
}

static void
on_check_mail (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  do_in_window (user_data, "fetch");
}

static void
on_fetched (EngineFetcher *fetcher, EngineAccount *account, guint letters, gpointer user_data)
{
  AppApplication *self = user_data;
  /* Whoever is at work in any of the windows sees the Inbox's number grow. */
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (self));
  g_autoptr (GNotification) notification = NULL;
  g_autofree char *title = NULL;

  if (self->closing || !window || gtk_window_is_active (window))
    return;
  title = g_strdup_printf (ngettext ("%u new letter", "%u new letters", letters), letters);
  notification = g_notification_new (title);
  g_notification_set_body (notification, engine_account_get_title (account));
  g_notification_set_default_action (notification, "app.open-inbox");
  g_application_send_notification (G_APPLICATION (self), "fetched", notification);
}

/* Shutting down stops the server, too; that is not the person's choice. */
static void
on_server_changed (EngineServer *server, GParamSpec *pspec, AppApplication *self)
{
  if (!self->closing)
    app_state_keep_server (engine_office_get_directory (self->office),
                           engine_server_is_running (server));
}

static void
on_server_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppApplication) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!engine_server_start_finish (ENGINE_SERVER (source), result, &error))
    {
      g_autofree char *words = g_strdup_printf (_ ("The local server is off: %s"), error->message);

      app_application_say (self, words);
    }
  engine_office_start (self->office);
}

/* The local server is as it was left; local accounts are not asked before it is there. */
static void
start_work (AppApplication *self)
{
  EngineServer *server = engine_office_get_server (self->office);

  if (app_state_get_server (engine_office_get_directory (self->office)))
    engine_server_start_async (server, NULL, NULL, on_server_started, g_object_ref (self));
  else
    engine_office_start (self->office);
  g_signal_connect_object (server, "notify::running", G_CALLBACK (on_server_changed), self, 0);
}

static const GActionEntry actions[] = {
  { .name = "quit", .activate = on_quit },
  { .name = "about", .activate = on_about },
  { .name = "new-window", .activate = on_new_window },
  { .name = "open-inbox", .activate = on_open_inbox },
  { .name = "compose", .activate = on_compose },
  { .name = "check-mail", .activate = on_check_mail },
};

static const struct
{
  const char *action;
  const char *accels[3];
} shortcuts[] = {
  { "app.quit", { "<Control>q" } },
  { "win.compose", { "<Control>n" } },
  { "win.reply", { "<Control>r" } },
  { "win.reply-all", { "<Control><Shift>r" } },
  { "win.forward", { "<Control>l" } },
  { "win.delete", { "Delete" } },
  { "win.search", { "<Control>f" } },
  { "win.fetch", { "F5", "<Control><Shift>f" } },
  { "win.next", { "<Control>Page_Down", "<Alt>Down" } },
  { "win.previous", { "<Control>Page_Up", "<Alt>Up" } },
  { "win.next-pane", { "F6" } },
  { "win.previous-pane", { "<Shift>F6" } },
  { "win.back", { "<Alt>Left" } },
  { "win.mark-read", { "<Control>i" } },
  { "win.mark-unread", { "<Control>u" } },
  { "win.show-source", { "<Control><Shift>u" } },
  { "win.plain-text", { "<Control><Shift>p" } },
  { "win.junk", { "<Control>j" } },
  { "win.not-junk", { "<Control><Shift>j" } },
  { "win.undo", { "<Control>z" } },
  { "win.local-server", { "<Control><Shift>l" } },
  { "win.open-folder('Inbox')", { "<Alt>1" } },
  { "win.open-folder('Drafts')", { "<Alt>2" } },
  { "win.open-folder('Outbox')", { "<Alt>3" } },
  { "win.open-folder('Sent')", { "<Alt>4" } },
  { "win.open-folder('Junk')", { "<Alt>5" } },
  { "win.open-folder('Trash')", { "<Alt>6" } },
  { "window.close", { "<Control>w" } },
};

/* What the command line asks for is done by the program that runs already, if one does. */
static int
begin_with (AppApplication *self, const char *name)
{
  GApplication *application = G_APPLICATION (self);
  g_autoptr (GError) error = NULL;

  if (!g_application_register (application, NULL, &error))
    {
      g_printerr ("postroom: %s\n", error->message);
      return 1;
    }
  if (!g_application_get_is_remote (application))
    {
      self->begin = name;
      return -1;
    }
  g_action_group_activate_action (G_ACTION_GROUP (application), name, NULL);
  g_dbus_connection_flush_sync (g_application_get_dbus_connection (application), NULL, NULL);
  return 0;
}

static int
app_application_handle_local_options (GApplication *application, GVariantDict *dict)
{
  AppApplication *self = APP_APPLICATION (application);

  if (g_variant_dict_contains (dict, "version"))
    {
      g_print ("postroom %s\n", POSTROOM_VERSION);
      return 0;
    }
  if (g_variant_dict_lookup (dict, "data-dir", "^ay", &self->directory))
    {
      g_autofree char *given = g_steal_pointer (&self->directory);

      self->directory = g_canonicalize_filename (given, NULL);
    }
  if (g_variant_dict_contains (dict, "compose"))
    return begin_with (self, "compose");
  if (g_variant_dict_contains (dict, "check-mail"))
    return begin_with (self, "check-mail");
  return -1;
}

static void
app_application_startup (GApplication *application)
{
  AppApplication *self = APP_APPLICATION (application);

  G_APPLICATION_CLASS (app_application_parent_class)->startup (application);
  gtk_window_set_default_icon_name (POSTROOM_APP_ID);
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions),
                                   application);
  for (guint i = 0; i < G_N_ELEMENTS (shortcuts); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self), shortcuts[i].action,
                                           shortcuts[i].accels);

  self->office = engine_office_open (self->directory, &self->problem);
  if (!self->office)
    {
      g_printerr ("postroom: %s\n", self->problem->message);
      return;
    }
  g_signal_connect_object (engine_office_get_fetcher (self->office), "fetched",
                           G_CALLBACK (on_fetched), self, 0);
  start_work (self);
}

static void
app_application_activate (GApplication *application)
{
  AppApplication *self = APP_APPLICATION (application);
  const char *begin = g_steal_pointer (&self->begin);

  app_application_present (self);
  if (begin && self->office)
    g_action_group_activate_action (G_ACTION_GROUP (application), begin, NULL);
}

static void
app_application_open (GApplication *application, GFile **files, int n_files, const char *hint)
{
  AppApplication *self = APP_APPLICATION (application);

  for (int i = 0; i < n_files; i++)
    app_open (self, files[i]);
}

static void
app_application_window_removed (GtkApplication *application, GtkWindow *window)
{
  AppApplication *self = APP_APPLICATION (application);

  /* Held before the last window lets the program go. */
  if (!gtk_application_get_windows (application)
      || (gtk_application_get_windows (application)->data == window
          && !gtk_application_get_windows (application)->next))
    shut_down (self);
  GTK_APPLICATION_CLASS (app_application_parent_class)->window_removed (application, window);
}

static void
app_application_finalize (GObject *object)
{
  AppApplication *self = APP_APPLICATION (object);

  g_clear_object (&self->office);
  g_clear_error (&self->problem);
  g_free (self->directory);
  G_OBJECT_CLASS (app_application_parent_class)->finalize (object);
}

static void
app_application_class_init (AppApplicationClass *class)
{
  G_OBJECT_CLASS (class)->finalize = app_application_finalize;
  G_APPLICATION_CLASS (class)->handle_local_options = app_application_handle_local_options;
  G_APPLICATION_CLASS (class)->startup = app_application_startup;
  G_APPLICATION_CLASS (class)->activate = app_application_activate;
  G_APPLICATION_CLASS (class)->open = app_application_open;
  GTK_APPLICATION_CLASS (class)->window_removed = app_application_window_removed;
}

static void
app_application_init (AppApplication *self)
{
  GApplication *application = G_APPLICATION (self);

  g_application_add_main_option_entries (application, options);
  g_application_set_option_context_parameter_string (application,
                                                     _ ("[mailto:ADDRESS | LETTER.eml]…"));
}

AppApplication *
app_application_new (void)
{
  return g_object_new (APP_TYPE_APPLICATION, "application-id", POSTROOM_APP_ID, "flags",
                       G_APPLICATION_HANDLES_OPEN, "resource-base-path",
                       "/io/github/postroom/Postroom", NULL);
}

EngineOffice *
app_application_get_office (AppApplication *application)
{
  return application->office;
}

GtkWindow *
app_application_present (AppApplication *application)
{
  GtkWindow *window = find_main_window (application);

  if (!application->office)
    {
      if (!gtk_application_get_windows (GTK_APPLICATION (application)))
        tell_no_office (application);
      return NULL;
    }
  if (!window)
    window = GTK_WINDOW (app_window_new (application));
  gtk_window_present (window);
  return window;
}

void
app_application_say (AppApplication *application, const char *words)
{
  GtkWindow *window = find_main_window (application);

  if (window)
    app_window_say (APP_WINDOW (window), words);
}
