/* SPDX-License-Identifier: MIT */
#include "app-server-dialog.h"

#include "app-compat.h"
#include "app-server-users.h"
#include "app-text.h"

#include <adwaita.h>
#include <engine-password.h>
#include <glib/gi18n.h>

#define APP_TYPE_SERVER_DIALOG (app_server_dialog_get_type ())
G_DECLARE_FINAL_TYPE (AppServerDialog, app_server_dialog, APP, SERVER_DIALOG, AdwWindow)

struct _AppServerDialog
{
  AdwWindow parent_instance;

  EngineServer *server;
  GCancellable *cancellable;
  GtkWidget *port_rows[ENGINE_N_PORTS];
  AppServerUsers *users;
  char *changing;   /* the user whose password the row changes, or NULL: it adds one */
  gboolean filling; /* the switches show what is, nobody moved them */
  gboolean restart; /* start again when stopped */

  AdwToastOverlay *toasts;
  AdwWindowTitle *heading;
  AdwActionRow *power_row;
  GtkSwitch *power;
  GtkSpinner *spinner;
  AdwActionRow *problem_row;
  AdwPreferencesGroup *users_group;
  AdwExpanderRow *user_row;
  AdwEntryRow *user_name;
  AdwEntryRow *user_password;
  GtkButton *user_done;
  AdwPreferencesGroup *ports_group;
  AdwPreferencesGroup *certificate_group;
  AdwActionRow *authority_row;
  AdwActionRow *fingerprint_row;
  GtkSwitch *in_clear;
  GtkSwitch *judge;
};

G_DEFINE_FINAL_TYPE (AppServerDialog, app_server_dialog, ADW_TYPE_WINDOW)

static void start (AppServerDialog *self, const EngineServerConfig *config);

/* ---- small things ---- */

static void
say (AppServerDialog *self, const char *words)
{
  g_autofree char *escaped = g_markup_escape_text (words, -1);

  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (escaped));
}

static void
say_failure (AppServerDialog *self, const GError *error)
{
  g_autofree char *words = NULL;

  if (app_text_is_cancelled (error))
    return;
  words = app_text_failure (error);
  say (self, words);
}

static void
on_copy (GtkButton *button, gpointer user_data)
{
  AppServerDialog *self = user_data;
  const char *text = g_object_get_data (G_OBJECT (button), "text");

  if (!text)
    return;
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
  say (self, _ ("Copied"));
}

static GtkWidget *
add_copy_button (AppServerDialog *self, AdwActionRow *row)
{
  GtkWidget *button = gtk_button_new_from_icon_name ("edit-copy-symbolic");

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (button, _ ("Copy"));
  gtk_widget_add_css_class (button, "flat");
  g_signal_connect (button, "clicked", G_CALLBACK (on_copy), self);
  adw_action_row_add_suffix (row, button);
  g_object_set_data (G_OBJECT (row), "copy", button);
  return button;
}

static void
set_copied (AdwActionRow *row, const char *text)
{
  GtkWidget *button = g_object_get_data (G_OBJECT (row), "copy");

  g_object_set_data_full (G_OBJECT (button), "text", g_strdup (text), g_free);
}

/* ---- what is ---- */

static void
make_port_rows (AppServerDialog *self)
{
  static const struct
  {
    const char *title;
    const char *subtitle;
  } kinds[ENGINE_N_PORTS] = {
    [ENGINE_PORT_SMTP] = { "SMTP", N_ ("Encrypted after STARTTLS") },
    [ENGINE_PORT_SMTPS] = { "SMTPS", N_ ("Encrypted from the start") },
    [ENGINE_PORT_SUBMISSION] = { N_ ("Submission"), N_ ("For users alone, after STARTTLS") },
    [ENGINE_PORT_POP3] = { "POP3", N_ ("Encrypted after STLS") },
    [ENGINE_PORT_POP3S] = { "POP3S", N_ ("Encrypted from the start") },
  };

  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    {
      GtkWidget *row = adw_action_row_new ();
      GtkWidget *number = gtk_label_new ("");

      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _ (kinds[i].title));
      adw_action_row_set_subtitle (ADW_ACTION_ROW (row), _ (kinds[i].subtitle));
      gtk_label_set_selectable (GTK_LABEL (number), TRUE);
      gtk_widget_add_css_class (number, "numeric");
      adw_action_row_add_suffix (ADW_ACTION_ROW (row), number);
      g_object_set_data (G_OBJECT (row), "number", number);
      add_copy_button (self, ADW_ACTION_ROW (row));
      adw_preferences_group_add (self->ports_group, row);
      self->port_rows[i] = row;
    }
}

static void
show_ports (AppServerDialog *self)
{
  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    {
      AdwActionRow *row = ADW_ACTION_ROW (self->port_rows[i]);
      g_autofree char *number
          = g_strdup_printf ("%u", engine_server_get_port (self->server, (EnginePort) i));

      gtk_label_set_label (g_object_get_data (G_OBJECT (row), "number"), number);
      set_copied (row, number);
    }
}

static void
show_certificate (AppServerDialog *self)
{
  const char *authority = engine_server_get_authority_file (self->server);
  g_autofree char *fingerprint = engine_server_dup_fingerprint (self->server);

  gtk_widget_set_visible (GTK_WIDGET (self->authority_row), authority != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->fingerprint_row), fingerprint != NULL);
  adw_action_row_set_subtitle (self->authority_row, authority ? authority : "");
  adw_action_row_set_subtitle (self->fingerprint_row, fingerprint ? fingerprint : "");
  set_copied (self->authority_row, authority);
  set_copied (self->fingerprint_row, fingerprint);
}

static void
show_state (AppServerDialog *self)
{
  gboolean running = engine_server_is_running (self->server);
  guint sessions = engine_server_get_sessions (self->server);
  g_autofree char *subtitle = NULL;
  g_autofree char *problem = NULL;
  g_autofree char *escaped = NULL;

  g_object_get (self->server, "problem", &problem, NULL);
  if (running)
    subtitle = g_strdup_printf (ngettext ("Running, %u session open", "Running, %u sessions open",
                                          sessions),
                                sessions);
  else
    subtitle = g_strdup (_ ("Sends and receives mail on this machine, and nowhere else"));

  self->filling = TRUE;
  gtk_switch_set_active (self->power, running);
  gtk_switch_set_state (self->power, running);
  gtk_switch_set_active (self->in_clear, engine_server_get_config (self->server)->auth_in_clear);
  gtk_switch_set_active (self->judge, engine_server_get_config (self->server)->judge);
  self->filling = FALSE;
  adw_action_row_set_subtitle (self->power_row, subtitle);
  adw_window_title_set_subtitle (self->heading,
                                 running ? engine_server_get_domain (self->server) : "");
  escaped = problem ? g_markup_escape_text (problem, -1) : NULL;
  gtk_widget_set_visible (GTK_WIDGET (self->problem_row), problem != NULL);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->problem_row), escaped ? escaped : "");
  gtk_widget_set_visible (GTK_WIDGET (self->ports_group), running);
  gtk_widget_set_visible (GTK_WIDGET (self->certificate_group), running);
  if (running)
    {
      show_ports (self);
      show_certificate (self);
    }
}

static void
set_busy (AppServerDialog *self, gboolean busy)
{
  gtk_spinner_set_spinning (self->spinner, busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->power), !busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->in_clear), !busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->judge), !busy);
}

/* ---- on and off ---- */

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppServerDialog) self = user_data;
  g_autoptr (GError) error = NULL;

  set_busy (self, FALSE);
  if (!engine_server_start_finish (ENGINE_SERVER (source), result, &error))
    say_failure (self, error);
  show_state (self);
}

static void
start (AppServerDialog *self, const EngineServerConfig *config)
{
  set_busy (self, TRUE);
  engine_server_start_async (self->server, config, self->cancellable, on_started,
                             g_object_ref (self));
}

/* What it ran with, but for the switches. */
static void
start_changed (AppServerDialog *self)
{
  g_autoptr (EngineServerConfig) config
      = engine_server_config_copy (engine_server_get_config (self->server));

  config->auth_in_clear = gtk_switch_get_active (self->in_clear);
  config->judge = gtk_switch_get_active (self->judge);
  start (self, config);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppServerDialog) self = user_data;
  g_autoptr (GError) error = NULL;

  set_busy (self, FALSE);
  if (!engine_server_stop_finish (ENGINE_SERVER (source), result, &error))
    say_failure (self, error);
  else if (self->restart)
    {
      self->restart = FALSE;
      start_changed (self);
      return;
    }
  show_state (self);
}

static void
stop (AppServerDialog *self)
{
  set_busy (self, TRUE);
  engine_server_stop_async (self->server, on_stopped, g_object_ref (self));
}

static gboolean
on_power (GtkSwitch *power, gboolean on, AppServerDialog *self)
{
  if (self->filling)
    return FALSE;
  if (on)
    start (self, NULL);
  else
    stop (self);
  /* The switch follows when it is so. */
  return TRUE;
}

static gboolean
on_setting (GtkSwitch *widget, gboolean on, AppServerDialog *self)
{
  if (self->filling)
    return FALSE;
  self->restart = engine_server_is_running (self->server);
  if (self->restart)
    stop (self);
  else
    start_changed (self);
  return FALSE;
}

/* ---- users ---- */

static void
fill_random (AppServerDialog *self)
{
  g_autoptr (BaseSecret) password = engine_password_make ();

  gtk_editable_set_text (GTK_EDITABLE (self->user_password), base_secret_get_text (password));
}

static void
on_random (AppServerDialog *self)
{
  fill_random (self);
}

static void
begin_user (AppServerDialog *self, const char *changing)
{
  g_free (self->changing);
  self->changing = g_strdup (changing);
  g_autofree char *title = changing ? g_strdup_printf (_ ("New Password for %s"), changing)
                                    : g_strdup (_ ("Add a User"));

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->user_row), title);
  gtk_editable_set_text (GTK_EDITABLE (self->user_name), changing ? changing : "");
  gtk_widget_set_visible (GTK_WIDGET (self->user_name), changing == NULL);
  gtk_button_set_label (self->user_done, changing ? _ ("_Change") : _ ("_Add"));
  fill_random (self);
}

static void
on_user_changed (AppServerDialog *self)
{
  const char *name = gtk_editable_get_text (GTK_EDITABLE (self->user_name));
  const char *password = gtk_editable_get_text (GTK_EDITABLE (self->user_password));

  gtk_widget_set_sensitive (GTK_WIDGET (self->user_done), *name != '\0' && *password != '\0');
}

static void
on_user_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppServerDialog) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!engine_server_finish (ENGINE_SERVER (source), result, &error))
    {
      say_failure (self, error);
      on_user_changed (self);
      return;
    }
  say (self, self->changing ? _ ("Password changed") : _ ("User added"));
  adw_expander_row_set_expanded (self->user_row, FALSE);
  begin_user (self, NULL);
}

static void
on_user_done (AppServerDialog *self)
{
  const char *name = gtk_editable_get_text (GTK_EDITABLE (self->user_name));
  const char *password = gtk_editable_get_text (GTK_EDITABLE (self->user_password));

  if (!gtk_widget_get_sensitive (GTK_WIDGET (self->user_done)))
    return;
  gtk_widget_set_sensitive (GTK_WIDGET (self->user_done), FALSE);
  if (self->changing)
    engine_server_set_password_async (self->server, name, password, self->cancellable,
                                      on_user_saved, g_object_ref (self));
  else
    engine_server_add_user_async (self->server, name, password, self->cancellable, on_user_saved,
                                  g_object_ref (self));
}

static void
on_change_password (const char *name, gpointer user_data)
{
  AppServerDialog *self = user_data;

  begin_user (self, name);
  adw_expander_row_set_expanded (self->user_row, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->user_password));
}

static void
on_say (const char *words, gpointer user_data)
{
  say (user_data, words);
}

/* ---- class ---- */

static void
app_server_dialog_dispose (GObject *object)
{
  AppServerDialog *self = APP_SERVER_DIALOG (object);

  g_clear_pointer (&self->users, app_server_users_free);
  if (self->cancellable)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->server);
  g_clear_pointer (&self->changing, g_free);
  G_OBJECT_CLASS (app_server_dialog_parent_class)->dispose (object);
}

static void
app_server_dialog_class_init (AppServerDialogClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = app_server_dialog_dispose;
  gtk_widget_class_set_template_from_resource (widget,
                                               "/io/github/postroom/Postroom/app-server-dialog.ui");
  gtk_widget_class_bind_template_child (widget, AppServerDialog, toasts);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, heading);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, power_row);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, power);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, spinner);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, problem_row);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, users_group);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, user_row);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, user_name);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, user_password);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, user_done);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, ports_group);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, certificate_group);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, authority_row);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, fingerprint_row);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, in_clear);
  gtk_widget_class_bind_template_child (widget, AppServerDialog, judge);
  gtk_widget_class_bind_template_callback (widget, on_power);
  gtk_widget_class_bind_template_callback (widget, on_setting);
  gtk_widget_class_bind_template_callback (widget, on_random);
  gtk_widget_class_bind_template_callback (widget, on_user_changed);
  gtk_widget_class_bind_template_callback (widget, on_user_done);
  gtk_widget_class_add_binding_action (widget, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
app_server_dialog_init (AppServerDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->cancellable = g_cancellable_new ();
  add_copy_button (self, self->authority_row);
  add_copy_button (self, self->fingerprint_row);
  make_port_rows (self);
}

void
app_server_dialog_present (GtkWindow *parent, EngineOffice *office)
{
  AppServerDialog *self = g_object_new (APP_TYPE_SERVER_DIALOG, "transient-for", parent, NULL);

  self->server = g_object_ref (engine_office_get_server (office));
  g_signal_connect_object (self->server, "notify::running", G_CALLBACK (show_state), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->server, "notify::sessions", G_CALLBACK (show_state), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->server, "notify::problem", G_CALLBACK (show_state), self,
                           G_CONNECT_SWAPPED);
  self->users = app_server_users_new (GTK_WINDOW (self), self->users_group, self->server,
                                      on_change_password, on_say, self);
  begin_user (self, NULL);
  show_state (self);
  gtk_window_present (GTK_WINDOW (self));
}
