/* SPDX-License-Identifier: MIT */
#include "app-sign-in-row.h"

#include "app-text.h"

#include <base-secret.h>
#include <engine-sign-in.h>

#include <glib/gi18n.h>
#include <string.h>

struct _AppSignInRow
{
  AdwActionRow parent_instance;

  char *provider; /* or NULL */
  char *address;
  char *proxy;
  char *tokens;              /* or NULL */
  GCancellable *cancellable; /* of a sign-in under way */

  GtkButton *button;
};

G_DEFINE_FINAL_TYPE (AppSignInRow, app_sign_in_row, ADW_TYPE_ACTION_ROW)

static guint changed_signal;
static guint failed_signal;

static void
forget_tokens (AppSignInRow *row)
{
  if (row->tokens)
    base_secret_wipe (row->tokens, strlen (row->tokens));
  g_clear_pointer (&row->tokens, g_free);
}

static void
stop (AppSignInRow *row)
{
  if (row->cancellable)
    g_cancellable_cancel (row->cancellable);
  g_clear_object (&row->cancellable);
}

static void
set_words (AppSignInRow *row, const char *words)
{
  g_autofree char *escaped = g_markup_escape_text (words, -1);

  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), escaped);
}

static void
show_state (AppSignInRow *row)
{
  const EngineProvider *provider = row->provider ? engine_providers_find (row->provider) : NULL;
  gboolean offers = provider && engine_provider_has_sign_in (provider);
  gboolean registered = offers && *provider->client_id != '\0';
  g_autofree char *words = NULL;

  gtk_widget_set_visible (GTK_WIDGET (row), offers);
  if (!offers)
    return;
  if (row->cancellable)
    words = g_strdup (_ ("Waiting for the browser…"));
  else if (row->tokens)
    words = g_strdup (_ ("Signed in"));
  else if (registered)
    words = g_strdup_printf (_ ("At %s, without a password here"), provider->name);
  else
    words = g_strdup_printf (_ ("This program has no client-id for %s: see providers.ini"),
                             provider->name);
  set_words (row, words);
  gtk_widget_set_sensitive (GTK_WIDGET (row->button), registered);
  gtk_button_set_label (row->button, row->cancellable ? _ ("Stop") : _ ("_Sign In…"));
}

static void
on_signed_in (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppSignInRow) row = user_data;
  g_autoptr (GError) error = NULL;
  char *tokens = engine_sign_in_finish (result, &error);

  if (app_text_is_cancelled (error))
    return;
  g_clear_object (&row->cancellable);
  if (tokens)
    {
      forget_tokens (row);
      row->tokens = tokens;
    }
  show_state (row);
  if (tokens)
    g_signal_emit (row, changed_signal, 0);
  else
    g_signal_emit (row, failed_signal, 0, error);
}

static void
on_launched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppSignInRow) row = user_data;
  g_autoptr (GError) error = NULL;

  if (g_app_info_launch_default_for_uri_finish (result, &error) || !row->cancellable)
    return;
  stop (row);
  show_state (row);
  g_signal_emit (row, failed_signal, 0, error);
}

static void
open_browser (const char *uri, gpointer user_data)
{
  g_autoptr (GdkAppLaunchContext) context
      = gdk_display_get_app_launch_context (gtk_widget_get_display (user_data));

  g_app_info_launch_default_for_uri_async (uri, G_APP_LAUNCH_CONTEXT (context), NULL, on_launched,
                                           g_object_ref (user_data));
}

static void
on_clicked (AppSignInRow *row)
{
  const EngineSignIn sign_in = {
    .provider = row->provider,
    .address = row->address,
    .proxy = row->proxy,
    .done = _ ("You are signed in. This page can be closed."),
    .failed = _ ("You are not signed in. The program that asked for it says why."),
    .open = open_browser,
    .open_data = row,
  };

  if (row->cancellable)
    {
      stop (row);
      show_state (row);
      return;
    }
  row->cancellable = g_cancellable_new ();
  show_state (row);
  engine_sign_in_async (&sign_in, row->cancellable, on_signed_in, g_object_ref (row));
}

static void
app_sign_in_row_dispose (GObject *object)
{
  AppSignInRow *row = APP_SIGN_IN_ROW (object);

  stop (row);
  forget_tokens (row);
  g_clear_pointer (&row->provider, g_free);
  g_clear_pointer (&row->address, g_free);
  g_clear_pointer (&row->proxy, g_free);
  G_OBJECT_CLASS (app_sign_in_row_parent_class)->dispose (object);
}

static void
app_sign_in_row_class_init (AppSignInRowClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = app_sign_in_row_dispose;
  changed_signal = g_signal_new ("changed", APP_TYPE_SIGN_IN_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
  failed_signal = g_signal_new ("failed", APP_TYPE_SIGN_IN_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
  gtk_widget_class_set_template_from_resource (widget,
                                               "/io/github/postroom/Postroom/app-sign-in-row.ui");
  gtk_widget_class_bind_template_child (widget, AppSignInRow, button);
  gtk_widget_class_bind_template_callback (widget, on_clicked);
}

static void
app_sign_in_row_init (AppSignInRow *row)
{
  row->address = g_strdup ("");
  row->proxy = g_strdup ("");
  gtk_widget_init_template (GTK_WIDGET (row));
  show_state (row);
}

void
app_sign_in_row_set_provider (AppSignInRow *row, const char *provider)
{
  if (g_strcmp0 (row->provider, provider) == 0)
    return;
  stop (row);
  forget_tokens (row);
  g_free (row->provider);
  row->provider = g_strdup (provider);
  show_state (row);
  g_signal_emit (row, changed_signal, 0);
}

void
app_sign_in_row_set_place (AppSignInRow *row, const char *address, const char *proxy)
{
  g_free (row->address);
  g_free (row->proxy);
  row->address = g_strdup (address);
  row->proxy = g_strdup (proxy);
}

void
app_sign_in_row_set_account (AppSignInRow *row, EngineAccount *account)
{
  const StoreAccount *values = engine_account_get_values (account);
  const EngineProvider *provider = engine_providers_find_address (values->address);

  if (*values->sign_in == '\0')
    {
      app_sign_in_row_set_provider (row, provider && !values->local ? provider->id : NULL);
      return;
    }
  app_sign_in_row_set_provider (row, values->sign_in);
  set_words (row, engine_account_needs_sign_in (account) ? _ ("Expired or withdrawn: sign in again")
                                                         : _ ("Signed in"));
}

const char *
app_sign_in_row_get_tokens (AppSignInRow *row)
{
  return row->tokens;
}

GListModel *
app_sign_in_list_providers (void)
{
  GPtrArray *providers = engine_providers_get ();
  GtkStringList *names = gtk_string_list_new (NULL);

  gtk_string_list_append (names, _ ("Another"));
  for (guint i = 0; i < providers->len; i++)
    gtk_string_list_append (names, ((EngineProvider *) g_ptr_array_index (providers, i))->name);
  return G_LIST_MODEL (names);
}

const char *
app_sign_in_row_get_provider (AppSignInRow *row)
{
  return row->provider;
}
