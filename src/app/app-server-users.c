/* SPDX-License-Identifier: MIT */
#include "app-server-users.h"

#include "app-compat.h"
#include "app-text.h"

#include <base-text.h>
#include <glib/gi18n.h>

struct _AppServerUsers
{
  GtkWindow *parent;
  AdwPreferencesGroup *group;
  EngineServer *server;
  AppServerUsersNamed change;
  AppServerUsersNamed say;
  gpointer user_data;
  GPtrArray *rows; /* borrowed from the group */
  GCancellable *cancellable;
  gulong handlers[3];
};

static const char *
get_name (GtkWidget *row)
{
  return g_object_get_data (G_OBJECT (row), "name");
}

static void
on_copy (GtkButton *button, gpointer user_data)
{
  AppServerUsers *self = user_data;
  GtkWidget *row = g_object_get_data (G_OBJECT (button), "row");

  gdk_clipboard_set_text (gtk_widget_get_clipboard (row),
                          adw_preferences_row_get_title (ADW_PREFERENCES_ROW (row)));
  self->say (_ ("Address copied"), self->user_data);
}

static void
on_change (GtkButton *button, gpointer user_data)
{
  AppServerUsers *self = user_data;

  self->change (get_name (g_object_get_data (G_OBJECT (button), "row")), self->user_data);
}

/* ---- removing ---- */

typedef struct
{
  AppServerUsers *users;
  GCancellable *cancellable; /* cancelled when the rows are gone */
  char *name;
} Removal;

static void
removal_free (Removal *removal)
{
  g_object_unref (removal->cancellable);
  g_free (removal->name);
  g_free (removal);
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Removal *removal = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;

  if (engine_server_finish (ENGINE_SERVER (source), result, &error))
    words = g_strdup (_ ("User removed"));
  else
    words = app_text_failure (error);
  if (!g_cancellable_is_cancelled (removal->cancellable))
    removal->users->say (words, removal->users->user_data);
  removal_free (removal);
}

static void
on_answered (const char *id, gpointer user_data)
{
  Removal *removal = user_data;

  if (!g_str_equal (id, "remove") || g_cancellable_is_cancelled (removal->cancellable))
    {
      removal_free (removal);
      return;
    }
  engine_server_remove_user_async (removal->users->server, removal->name, NULL, on_removed,
                                   removal);
}

static void
on_remove (GtkButton *button, gpointer user_data)
{
  AppServerUsers *self = user_data;
  Removal *removal = g_new0 (Removal, 1);
  g_autofree char *heading = NULL;
  const AppAnswer answers[] = {
    { "cancel", _ ("_Cancel"), APP_ANSWER_PLAIN },
    { "remove", _ ("_Remove"), APP_ANSWER_DESTRUCTIVE },
    { NULL },
  };

  removal->users = self;
  removal->cancellable = g_object_ref (self->cancellable);
  removal->name = g_strdup (get_name (g_object_get_data (G_OBJECT (button), "row")));
  heading = g_strdup_printf (_ ("Remove %s?"), removal->name);
  app_compat_ask (self->parent, heading,
                  _ ("The letters that wait for this user on the server are removed too."), answers,
                  on_answered, removal);
}

/* ---- rows ---- */

static void
add_button (AppServerUsers *self,
            GtkWidget *row,
            const char *icon,
            const char *label,
            GCallback clicked)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (button, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
  gtk_widget_add_css_class (button, "flat");
  g_object_set_data (G_OBJECT (button), "row", row);
  g_signal_connect (button, "clicked", clicked, self);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
}

static void
add_row (AppServerUsers *self, const StoreUser *user)
{
  GtkWidget *row = adw_action_row_new ();
  g_autofree char *address
      = g_strdup_printf ("%s@%s", user->name, engine_server_get_domain (self->server));
  g_autofree char *size = base_text_size (user->octets);
  g_autofree char *subtitle = NULL;

  if (user->letters == 0)
    subtitle = g_strdup (_ ("No letters waiting"));
  else
    subtitle = g_strdup_printf (ngettext ("%u letter waiting, %s", "%u letters waiting, %s",
                                          user->letters),
                                user->letters, size);
  g_object_set_data_full (G_OBJECT (row), "name", g_strdup (user->name), g_free);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), address);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  add_button (self, row, "edit-copy-symbolic", _ ("Copy Address"), G_CALLBACK (on_copy));
  add_button (self, row, "dialog-password-symbolic", _ ("Change Password"), G_CALLBACK (on_change));
  add_button (self, row, "user-trash-symbolic", _ ("Remove User"), G_CALLBACK (on_remove));
  adw_preferences_group_add (self->group, row);
  g_ptr_array_add (self->rows, row);
}

static void
refill (AppServerUsers *self)
{
  g_autoptr (GPtrArray) users = engine_server_dup_users (self->server, NULL);

  for (guint i = 0; i < self->rows->len; i++)
    adw_preferences_group_remove (self->group, g_ptr_array_index (self->rows, i));
  g_ptr_array_set_size (self->rows, 0);
  for (guint i = 0; users && i < users->len; i++)
    add_row (self, g_ptr_array_index (users, i));
}

AppServerUsers *
app_server_users_new (GtkWindow *parent,
                      AdwPreferencesGroup *group,
                      EngineServer *server,
                      AppServerUsersNamed change,
                      AppServerUsersNamed say,
                      gpointer user_data)
{
  AppServerUsers *self = g_new0 (AppServerUsers, 1);

  self->parent = parent;
  self->group = group;
  self->server = g_object_ref (server);
  self->change = change;
  self->say = say;
  self->user_data = user_data;
  self->rows = g_ptr_array_new ();
  self->cancellable = g_cancellable_new ();
  self->handlers[0] = g_signal_connect_swapped (server, "users-changed", G_CALLBACK (refill), self);
  self->handlers[1] = g_signal_connect_swapped (server, "delivered", G_CALLBACK (refill), self);
  /* A session that ended may have fetched what was waiting. */
  self->handlers[2]
      = g_signal_connect_swapped (server, "notify::sessions", G_CALLBACK (refill), self);
  refill (self);
  return self;
}

void
app_server_users_free (AppServerUsers *self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  for (guint i = 0; i < G_N_ELEMENTS (self->handlers); i++)
    g_signal_handler_disconnect (self->server, self->handlers[i]);
  g_object_unref (self->server);
  g_ptr_array_unref (self->rows);
  g_free (self);
}
