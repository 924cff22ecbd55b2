/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

#include "app-sidebar.h"

#include "app-folder.h"
#include "app-text.h"

#include <glib/gi18n.h>

struct _AppSidebar
{
  AdwBin parent_instance;

  EngineOffice *office;
  GCancellable *cancellable;
  StoreCounts counts;
  gboolean counting;
  gboolean again;

  GtkListBox *folders;
  GtkListBox *accounts;
  GtkLabel *server_state;
  GtkImage *server_icon;
  GtkLabel *numbers[STORE_N_FOLDERS];
};

enum
{
  FOLDER_CHOSEN,
  ACCOUNT_CHOSEN,
  COUNTED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (AppSidebar, app_sidebar, ADW_TYPE_BIN)

static void count (AppSidebar *self);

static void
show_count (AppSidebar *self, StoreFolder folder)
{
  guint number = app_folder_pick_count (folder, &self->counts);
  g_autofree char *text = g_strdup_printf ("%u", number);
  g_autofree char *name = NULL;
  GtkWidget *row
      = gtk_widget_get_ancestor (GTK_WIDGET (self->numbers[folder]), GTK_TYPE_LIST_BOX_ROW);

  gtk_label_set_label (self->numbers[folder], text);
  gtk_widget_set_visible (GTK_WIDGET (self->numbers[folder]), number > 0);
  if (number == 0)
    name = g_strdup (app_folder_get_title (folder));
  else if (self->counts.unseen[folder] == number)
    /* Translators: a folder and its unread letters, read aloud */
    name = g_strdup_printf (ngettext ("%s, %u unread letter", "%s, %u unread letters", number),
                            app_folder_get_title (folder), number);
  else
    /* Translators: a folder and its letters, read aloud */
    name = g_strdup_printf (ngettext ("%s, %u letter", "%s, %u letters", number),
                            app_folder_get_title (folder), number);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void
on_counted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppSidebar) self = user_data;
  g_autoptr (GError) error = NULL;

  self->counting = FALSE;
  if (!engine_letters_count_finish (ENGINE_LETTERS (source), result, &self->counts, &error))
    {
      if (!app_text_is_cancelled (error))
        g_message ("The letters cannot be counted: %s", error->message);
      return;
    }
  for (guint i = 0; i < STORE_N_FOLDERS; i++)
    show_count (self, (StoreFolder) i);
  g_signal_emit (self, signals[COUNTED], 0);
  if (self->again)
    count (self);
}

static void
count (AppSidebar *self)
{
  self->again = self->counting;
  if (self->counting)
    return;
  self->counting = TRUE;
  engine_letters_count_async (engine_office_get_letters (self->office), self->cancellable,
                              on_counted, g_object_ref (self));
}

static void
show_server (AppSidebar *self)
{
  EngineServer *server = engine_office_get_server (self->office);
  gboolean running = engine_server_is_running (server);
  guint sessions = engine_server_get_sessions (server);
  g_autofree char *words = NULL;

  if (!running)
    words = g_strdup (_ ("Off"));
  else if (sessions > 0)
    words = g_strdup_printf (ngettext ("On, %u session", "On, %u sessions", sessions), sessions);
  else
    /* Translators: the local server runs */
    words = g_strdup (_ ("On"));
  gtk_label_set_label (self->server_state, words);
  if (running)
    gtk_widget_add_css_class (GTK_WIDGET (self->server_icon), "success");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->server_icon), "success");
}

static GtkWidget *
make_folder_row (AppSidebar *self, StoreFolder folder)
{
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *title = gtk_label_new (app_folder_get_title (folder));
  GtkWidget *number = gtk_label_new (NULL);

  gtk_box_append (GTK_BOX (box), gtk_image_new_from_icon_name (app_folder_get_icon (folder)));
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_ellipsize (GTK_LABEL (title), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (title, TRUE);
  gtk_box_append (GTK_BOX (box), title);
  gtk_widget_add_css_class (number, "count");
  gtk_widget_add_css_class (number, "caption");
  gtk_widget_add_css_class (number, "numeric");
  gtk_widget_set_valign (number, GTK_ALIGN_CENTER);
  gtk_widget_set_visible (number, FALSE);
  gtk_box_append (GTK_BOX (box), number);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  self->numbers[folder] = GTK_LABEL (number);
  return row;
}

static void
show_problem (EngineAccount *account, GParamSpec *pspec, GtkWidget *image)
{
  const char *problem = engine_account_get_problem (account);

  gtk_widget_set_visible (image, problem != NULL);
  gtk_widget_set_tooltip_text (image, problem);
}

static void
show_progress (EngineAccount *account, GParamSpec *pspec, GtkWidget *label)
{
  const EngineFetchProgress *progress = engine_account_get_progress (account);
  /* Translators: letters fetched, and letters to fetch. */
  g_autofree char *text
      = g_strdup_printf (_ ("%u of %u"), progress->letters, progress->total_letters);

  gtk_label_set_text (GTK_LABEL (label), text);
  gtk_widget_set_visible (label, progress->total_letters > 0);
}

static GtkWidget *
make_account_row (gpointer item, gpointer user_data)
{
  EngineAccount *account = item;
  const StoreAccount *values = engine_account_get_values (account);
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *icon = gtk_image_new_from_icon_name (values->local ? "network-server-symbolic"
                                                                : "avatar-default-symbolic");
  GtkWidget *title = gtk_label_new (NULL);
  GtkWidget *progress = gtk_label_new (NULL);
  GtkWidget *spinner = gtk_spinner_new ();
  GtkWidget *problem = gtk_image_new_from_icon_name ("dialog-warning-symbolic");

  gtk_box_append (GTK_BOX (box), icon);
  g_object_bind_property (account, "address", title, "label", G_BINDING_SYNC_CREATE);
  g_object_bind_property (account, "title", row, "tooltip-text", G_BINDING_SYNC_CREATE);
  gtk_label_set_xalign (GTK_LABEL (title), 0);
  gtk_label_set_ellipsize (GTK_LABEL (title), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (title), 1);
  gtk_widget_set_hexpand (title, TRUE);
  gtk_box_append (GTK_BOX (box), title);
  gtk_widget_add_css_class (progress, "caption");
  gtk_widget_add_css_class (progress, "dim-label");
  gtk_widget_add_css_class (progress, "numeric");
  g_signal_connect_object (account, "notify::progress", G_CALLBACK (show_progress), progress, 0);
  show_progress (account, NULL, progress);
  gtk_box_append (GTK_BOX (box), progress);
  g_object_bind_property (account, "fetching", spinner, "spinning", G_BINDING_SYNC_CREATE);
  g_object_bind_property (account, "fetching", spinner, "visible", G_BINDING_SYNC_CREATE);
  gtk_box_append (GTK_BOX (box), spinner);
  gtk_widget_add_css_class (problem, "warning");
  g_signal_connect_object (account, "notify::problem", G_CALLBACK (show_problem), problem, 0);
  show_problem (account, NULL, problem);
  gtk_box_append (GTK_BOX (box), problem);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);
  g_object_set_data_full (G_OBJECT (row), "account", g_object_ref (account), g_object_unref);
  return row;
}

static void
on_folder_activated (GtkListBox *list, GtkListBoxRow *row, AppSidebar *self)
{
  g_signal_emit (self, signals[FOLDER_CHOSEN], 0,
                 (int) app_folder_order[gtk_list_box_row_get_index (row)]);
}

static void
on_account_activated (GtkListBox *list, GtkListBoxRow *row, AppSidebar *self)
{
  g_signal_emit (self, signals[ACCOUNT_CHOSEN], 0, g_object_get_data (G_OBJECT (row), "account"));
}

static void
app_sidebar_dispose (GObject *object)
{
  g_cancellable_cancel (APP_SIDEBAR (object)->cancellable);
  G_OBJECT_CLASS (app_sidebar_parent_class)->dispose (object);
}

static void
app_sidebar_finalize (GObject *object)
{
  AppSidebar *self = APP_SIDEBAR (object);

  g_clear_object (&self->cancellable);
  g_clear_object (&self->office);
  G_OBJECT_CLASS (app_sidebar_parent_class)->finalize (object);
}

static void
app_sidebar_class_init (AppSidebarClass *class)
{
  GObjectClass *object = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);
  const GType type = APP_TYPE_SIDEBAR;

  object->dispose = app_sidebar_dispose;
  object->finalize = app_sidebar_finalize;
  signals[FOLDER_CHOSEN] = g_signal_new ("folder-chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                         NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  signals[ACCOUNT_CHOSEN] = g_signal_new ("account-chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 1, ENGINE_TYPE_ACCOUNT);
  signals[COUNTED]
      = g_signal_new ("counted", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget,
                                               "/io/github/postroom/Postroom/app-sidebar.ui");
  gtk_widget_class_bind_template_child (widget, AppSidebar, folders);
  gtk_widget_class_bind_template_child (widget, AppSidebar, accounts);
  gtk_widget_class_bind_template_child (widget, AppSidebar, server_state);
  gtk_widget_class_bind_template_child (widget, AppSidebar, server_icon);
  gtk_widget_class_bind_template_callback (widget, on_folder_activated);
  gtk_widget_class_bind_template_callback (widget, on_account_activated);
}

static void
app_sidebar_init (AppSidebar *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < STORE_N_FOLDERS; i++)
    gtk_list_box_append (self->folders, make_folder_row (self, app_folder_order[i]));
}

void
app_sidebar_set_office (AppSidebar *sidebar, EngineOffice *office)
{
  EngineServer *server = engine_office_get_server (office);

  g_set_object (&sidebar->office, office);
  gtk_list_box_bind_model (sidebar->accounts, G_LIST_MODEL (engine_office_get_accounts (office)),
                           make_account_row, NULL, NULL);
  g_signal_connect_object (engine_office_get_letters (office), "folder-changed", G_CALLBACK (count),
                           sidebar, G_CONNECT_SWAPPED);
  g_signal_connect_object (server, "notify::running", G_CALLBACK (show_server), sidebar,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (server, "notify::sessions", G_CALLBACK (show_server), sidebar,
                           G_CONNECT_SWAPPED);
  show_server (sidebar);
  count (sidebar);
}

void
app_sidebar_select (AppSidebar *sidebar, StoreFolder folder)
{
  for (int i = 0; i < STORE_N_FOLDERS; i++)
    if (app_folder_order[i] == folder)
      gtk_list_box_select_row (sidebar->folders,
                               gtk_list_box_get_row_at_index (sidebar->folders, i));
}

const StoreCounts *
app_sidebar_get_counts (AppSidebar *sidebar)
{
  return &sidebar->counts;
}
