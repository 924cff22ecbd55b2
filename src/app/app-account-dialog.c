/* SPDX-License-Identifier: MIT */
#include "app-account-dialog.h"

#include "app-compat.h"
#include "app-sign-in-row.h"
#include "app-text.h"

#include <adwaita.h>
#include <engine-providers.h>
#include <glib/gi18n.h>

#define APP_TYPE_ACCOUNT_DIALOG (app_account_dialog_get_type ())
G_DECLARE_FINAL_TYPE (AppAccountDialog, app_account_dialog, APP, ACCOUNT_DIALOG, AdwWindow)

/* The rows of one server. */
typedef struct
{
  AdwEntryRow *host;
  AdwEntryRow *port;
  AdwComboRow *security;
  AdwEntryRow *user;
} Rows;

#define MEGABYTE 1000000

struct _AppAccountDialog
{
  AdwWindow parent_instance;

  EngineOffice *office;
  EngineAccount *account; /* NULL: a new one */
  GCancellable *cancellable;
  gboolean filling;         /* the rows show what was guessed, nobody typed it */
  gboolean servers_touched; /* the person knows better than the guess */
  gboolean provider_chosen; /* and than the address */

  GtkButton *done;
  GtkSpinner *spinner;
  GtkRevealer *failure;
  GtkLabel *failure_words;
  AdwPreferencesPage *page;
  AdwEntryRow *name;
  AdwEntryRow *address;
  AdwComboRow *provider; /* the first one is none that is known */
  AppSignInRow *sign_in;
  AdwPasswordEntryRow *password;
  AdwPreferencesGroup *servers_group;
  AdwExpanderRow *servers;
  AdwEntryRow *pop3_host;
  AdwEntryRow *pop3_port;
  AdwComboRow *pop3_security;
  AdwEntryRow *pop3_user;
  AdwEntryRow *smtp_host;
  AdwEntryRow *smtp_port;
  AdwComboRow *smtp_security;
  AdwEntryRow *smtp_user;
  AdwEntryRow *proxy;
  AdwComboRow *keep;
  GtkSwitch *trust;
  GtkWidget *keep_days_row;
  GtkSpinButton *keep_days;
  GtkSpinButton *max_megabytes;
  AdwPreferencesGroup *notice;
  GtkButton *unchecked;
  GtkButton *remove;
};

G_DEFINE_FINAL_TYPE (AppAccountDialog, app_account_dialog, ADW_TYPE_WINDOW)

/* ---- rows and values ---- */

static const char *
get_text (gpointer row)
{
  return gtk_editable_get_text (GTK_EDITABLE (row));
}

static void
set_text (gpointer row, const char *text)
{
  gtk_editable_set_text (GTK_EDITABLE (row), text);
}

static Rows
pop3_rows (AppAccountDialog *self)
{
  return (Rows){ self->pop3_host, self->pop3_port, self->pop3_security, self->pop3_user };
}

static Rows
smtp_rows (AppAccountDialog *self)
{
  return (Rows){ self->smtp_host, self->smtp_port, self->smtp_security, self->smtp_user };
}

static void
fill_server (Rows rows, const StoreServer *server)
{
  g_autofree char *port = g_strdup_printf ("%u", server->port);

  set_text (rows.host, server->host);
  set_text (rows.port, port);
  adw_combo_row_set_selected (rows.security, server->security);
  set_text (rows.user, server->user);
}

static void
read_server (Rows rows, StoreServer *server)
{
  guint64 port = 0;

  g_free (server->host);
  g_free (server->user);
  server->host = g_strstrip (g_strdup (get_text (rows.host)));
  server->user = g_strstrip (g_strdup (get_text (rows.user)));
  server->security = (StoreSecurity) adw_combo_row_get_selected (rows.security);
  /* What is no port is 0, which engine_accounts_validate() has words for. */
  server->port = g_ascii_string_to_unsigned (get_text (rows.port), 10, 1, G_MAXUINT16, &port, NULL)
                     ? (guint16) port
                     : 0;
}

static StoreAccount *
read_account (AppAccountDialog *self)
{
  StoreAccount *values = self->account
                             ? store_account_copy (engine_account_get_values (self->account))
                             : store_account_new ();
  guint64 megabytes;

  g_free (values->name);
  g_free (values->address);
  values->name = g_strstrip (g_strdup (get_text (self->name)));
  values->address = g_strstrip (g_strdup (get_text (self->address)));
  if (!values->local)
    {
      read_server (pop3_rows (self), &values->pop3);
      read_server (smtp_rows (self), &values->smtp);
    }
  g_free (values->proxy);
  values->proxy = g_strstrip (g_strdup (get_text (self->proxy)));
  if (app_sign_in_row_get_tokens (self->sign_in) || *get_text (self->password) != '\0')
    {
      gboolean signed_in = app_sign_in_row_get_tokens (self->sign_in) != NULL;

      g_free (values->sign_in);
      values->sign_in = g_strdup (signed_in ? app_sign_in_row_get_provider (self->sign_in) : "");
    }
  values->keep = (StoreKeep) adw_combo_row_get_selected (self->keep);
  values->keep_days = (guint) gtk_spin_button_get_value_as_int (self->keep_days);
  /* What was said in octets elsewhere stays so until it is changed here. */
  megabytes = (guint64) gtk_spin_button_get_value_as_int (self->max_megabytes);
  if (megabytes != values->max_octets / MEGABYTE)
    values->max_octets = megabytes * MEGABYTE;
  return values;
}

static void
show_servers (AppAccountDialog *self)
{
  g_autofree char *subtitle = *get_text (self->pop3_host) != '\0'
                                  ? g_strdup_printf (_ ("%s and %s"), get_text (self->pop3_host),
                                                     get_text (self->smtp_host))
                                  : g_strdup (_ ("Found from your address"));
  g_autofree char *escaped = g_markup_escape_text (subtitle, -1);

  adw_expander_row_set_subtitle (self->servers, escaped);
}

static void
fill (AppAccountDialog *self, const StoreAccount *values)
{
  self->filling = TRUE;
  fill_server (pop3_rows (self), &values->pop3);
  fill_server (smtp_rows (self), &values->smtp);
  self->filling = FALSE;
  show_servers (self);
}

/* ---- words ---- */

static void
set_failure (AppAccountDialog *self, const char *words)
{
  gtk_label_set_label (self->failure_words, words ? words : "");
  gtk_revealer_set_reveal_child (self->failure, words != NULL);
}

static void
fail (AppAccountDialog *self, const GError *error)
{
  g_autofree char *words = NULL;

  if (app_text_is_cancelled (error))
    return;
  words = app_text_failure (error);
  set_failure (self, words);
  gtk_widget_set_visible (GTK_WIDGET (self->unchecked), TRUE);
}

static void
set_busy (AppAccountDialog *self, gboolean busy)
{
  gtk_spinner_set_spinning (self->spinner, busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->page), !busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->done), !busy);
}

/* ---- typing ---- */

static void
on_changed (AppAccountDialog *self)
{
  gboolean address = strchr (get_text (self->address), '@') != NULL;
  gboolean tokens = app_sign_in_row_get_tokens (self->sign_in) != NULL;
  gboolean password = *get_text (self->password) != '\0' || tokens || self->account;

  app_sign_in_row_set_place (self->sign_in, get_text (self->address), get_text (self->proxy));
  gtk_widget_set_visible (GTK_WIDGET (self->password), !tokens);

  gtk_widget_set_sensitive (GTK_WIDGET (self->done), address && password);
}

/* NULL: none that is known. */
static const EngineProvider *
get_provider (AppAccountDialog *self)
{
  guint selected = adw_combo_row_get_selected (self->provider);

  if (!self->provider_chosen)
    return engine_providers_find_address (get_text (self->address));
  return selected > 0 ? g_ptr_array_index (engine_providers_get (), selected - 1) : NULL;
}

static void
guess (AppAccountDialog *self)
{
  const EngineProvider *provider = get_provider (self);
  g_autoptr (StoreAccount) values
      = engine_accounts_guess (get_text (self->name), get_text (self->address));
  guint index = 0;

  if (provider)
    {
      engine_provider_apply (provider, values);
      g_ptr_array_find (engine_providers_get (), provider, &index);
      index++;
    }
  if (!self->servers_touched)
    fill (self, values);
  self->filling = TRUE;
  adw_combo_row_set_selected (self->provider, index);
  self->filling = FALSE;
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->password),
                                 provider && provider->app_password
                                     ? _ ("Password Made for Programs (Authorization Code)")
                                     : _ ("Password"));
  app_sign_in_row_set_provider (self->sign_in, provider ? provider->id : NULL);
}

static void
on_address_changed (AppAccountDialog *self)
{
  if (!self->account)
    guess (self);
  on_changed (self);
}

static void
on_provider (AppAccountDialog *self)
{
  if (self->filling)
    return;
  self->provider_chosen = TRUE;
  self->servers_touched = FALSE;
  guess (self);
}

static void
on_server_changed (AppAccountDialog *self)
{
  if (self->filling)
    return;
  self->servers_touched = TRUE;
  show_servers (self);
}

/* The usual port goes along with the encryption. */
static void
follow_security (AppAccountDialog *self, Rows rows, const char *tls, const char *open)
{
  if (self->filling)
    return;
  self->servers_touched = TRUE;
  set_text (rows.port,
            adw_combo_row_get_selected (rows.security) == STORE_SECURITY_TLS ? tls : open);
}

static void
on_pop3_security (AppAccountDialog *self)
{
  follow_security (self, pop3_rows (self), "995", "110");
}

static void
on_keep (AppAccountDialog *self)
{
  gtk_widget_set_visible (self->keep_days_row,
                          adw_combo_row_get_selected (self->keep) == STORE_KEEP_DAYS);
}

static void
on_smtp_security (AppAccountDialog *self)
{
  follow_security (self, smtp_rows (self), "465", "587");
}

/* ---- saving ---- */

static const char *
get_password (AppAccountDialog *self)
{
  const char *password = get_text (self->password);
  const char *tokens = app_sign_in_row_get_tokens (self->sign_in);

  if (tokens)
    return tokens;
  return *password != '\0' ? password : NULL;
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppAccountDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  EngineAccount *account = engine_accounts_save_finish (ENGINE_ACCOUNTS (source), result, &error);

  set_busy (self, FALSE);
  if (!account
      || !engine_junk_set_trusts (engine_office_get_junk (self->office),
                                  engine_account_get_values (account)->address,
                                  gtk_switch_get_active (self->trust), &error))
    {
      fail (self, error);
      return;
    }
  /* What waits for the new account comes without another click. */
  engine_fetcher_fetch_async (engine_office_get_fetcher (self->office), account, NULL, NULL, NULL);
  gtk_window_destroy (GTK_WINDOW (self));
}

static void
save (AppAccountDialog *self)
{
  g_autoptr (StoreAccount) values = read_account (self);

  set_busy (self, TRUE);
  engine_accounts_save_async (engine_office_get_accounts (self->office), values,
                              get_password (self), self->cancellable, on_saved,
                              g_object_ref (self));
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppAccountDialog) self = user_data;
  g_autoptr (GError) error = NULL;

  set_busy (self, FALSE);
  if (engine_accounts_check_finish (ENGINE_ACCOUNTS (source), result, &error))
    save (self);
  else
    {
      fail (self, error);
      adw_expander_row_set_expanded (self->servers, TRUE);
    }
}

static void
on_done (AppAccountDialog *self)
{
  g_autoptr (StoreAccount) values = NULL;
  g_autofree char *wrong = NULL;

  if (!gtk_widget_get_sensitive (GTK_WIDGET (self->done)))
    return;
  values = read_account (self);
  wrong = engine_accounts_validate (values);
  set_failure (self, wrong);
  if (wrong)
    return;
  /* Without a new password there is nothing to try that was not tried before. */
  if (values->local || !get_password (self))
    {
      save (self);
      return;
    }
  set_busy (self, TRUE);
  engine_accounts_check_async (engine_office_get_accounts (self->office), values,
                               get_password (self), self->cancellable, on_checked,
                               g_object_ref (self));
}

static void
on_unchecked (AppAccountDialog *self)
{
  save (self);
}

static void
on_sign_in_failed (AppAccountDialog *self, const GError *error)
{
  fail (self, error);
  gtk_widget_set_visible (GTK_WIDGET (self->unchecked), FALSE);
}

/* ---- removing ---- */

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppAccountDialog) self = user_data;
  g_autoptr (GError) error = NULL;

  set_busy (self, FALSE);
  if (engine_accounts_remove_finish (ENGINE_ACCOUNTS (source), result, &error))
    gtk_window_destroy (GTK_WINDOW (self));
  else
    fail (self, error);
}

static void
on_answered (const char *id, gpointer user_data)
{
  g_autoptr (AppAccountDialog) self = user_data;

  if (!g_str_equal (id, "remove"))
    return;
  set_busy (self, TRUE);
  engine_accounts_remove_async (engine_office_get_accounts (self->office), self->account,
                                self->cancellable, on_removed, g_object_ref (self));
}

static void
on_remove (AppAccountDialog *self)
{
  g_autofree char *heading
      = g_strdup_printf (_ ("Remove %s?"), engine_account_get_values (self->account)->address);
  const AppAnswer answers[] = {
    { "cancel", _ ("_Cancel"), APP_ANSWER_PLAIN },
    { "remove", _ ("_Remove"), APP_ANSWER_DESTRUCTIVE },
    { NULL },
  };

  app_compat_ask (GTK_WINDOW (self), heading,
                  _ ("Letters that came stay here. Letters that wait to be sent become drafts."),
                  answers, on_answered, g_object_ref (self));
}

/* ---- class ---- */

static void
app_account_dialog_dispose (GObject *object)
{
  AppAccountDialog *self = APP_ACCOUNT_DIALOG (object);

  if (self->cancellable)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->account);
  g_clear_object (&self->office);
  G_OBJECT_CLASS (app_account_dialog_parent_class)->dispose (object);
}

#define BIND(name) gtk_widget_class_bind_template_child (widget, AppAccountDialog, name)

static void
app_account_dialog_class_init (AppAccountDialogClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = app_account_dialog_dispose;
  gtk_widget_class_set_template_from_resource (
      widget, "/io/github/postroom/Postroom/app-account-dialog.ui");
  BIND (done);
  BIND (spinner);
  BIND (failure);
  BIND (failure_words);
  BIND (page);
  BIND (name);
  BIND (address);
  BIND (provider);
  BIND (sign_in);
  BIND (password);
  BIND (servers_group);
  BIND (servers);
  BIND (pop3_host);
  BIND (pop3_port);
  BIND (pop3_security);
  BIND (pop3_user);
  BIND (smtp_host);
  BIND (smtp_port);
  BIND (smtp_security);
  BIND (smtp_user);
  BIND (proxy);
  BIND (keep);
  BIND (trust);
  BIND (keep_days_row);
  BIND (keep_days);
  BIND (max_megabytes);
  BIND (notice);
  BIND (unchecked);
  BIND (remove);
  gtk_widget_class_bind_template_callback (widget, on_changed);
  gtk_widget_class_bind_template_callback (widget, on_provider);
  gtk_widget_class_bind_template_callback (widget, on_sign_in_failed);
  gtk_widget_class_bind_template_callback (widget, on_address_changed);
  gtk_widget_class_bind_template_callback (widget, on_server_changed);
  gtk_widget_class_bind_template_callback (widget, on_pop3_security);
  gtk_widget_class_bind_template_callback (widget, on_smtp_security);
  gtk_widget_class_bind_template_callback (widget, on_keep);
  gtk_widget_class_bind_template_callback (widget, on_done);
  gtk_widget_class_bind_template_callback (widget, on_unchecked);
  gtk_widget_class_bind_template_callback (widget, on_remove);
  gtk_widget_class_add_binding_action (widget, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
app_account_dialog_init (AppAccountDialog *self)
{
  g_type_ensure (APP_TYPE_SIGN_IN_ROW);
  gtk_widget_init_template (GTK_WIDGET (self));
  self->cancellable = g_cancellable_new ();
}

static void
show_account (AppAccountDialog *self)
{
  const StoreAccount *values = engine_account_get_values (self->account);

  set_text (self->name, values->name);
  set_text (self->address, values->address);
  fill (self, values);
  set_text (self->proxy, values->proxy);
  gtk_widget_set_visible (GTK_WIDGET (self->provider), FALSE);
  app_sign_in_row_set_account (self->sign_in, self->account);
  adw_combo_row_set_selected (self->keep, values->keep);
  gtk_switch_set_active (self->trust, engine_junk_get_trusts (engine_office_get_junk (self->office),
                                                              values->address));
  gtk_spin_button_set_value (self->max_megabytes, (double) (values->max_octets / MEGABYTE));
  if (values->keep_days > 0)
    gtk_spin_button_set_value (self->keep_days, values->keep_days);
  gtk_widget_set_visible (GTK_WIDGET (self->servers), !values->local);
  gtk_widget_set_visible (GTK_WIDGET (self->remove), TRUE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->password),
                                 _ ("New Password (empty: as before)"));
  gtk_button_set_label (self->done, _ ("_Save"));
  gtk_button_set_label (self->unchecked, _ ("Save _Without Checking"));
  on_changed (self);
}

void
app_account_dialog_present (GtkWindow *parent, EngineOffice *office, EngineAccount *account)
{
  AppAccountDialog *self = g_object_new (APP_TYPE_ACCOUNT_DIALOG, "transient-for", parent, NULL);
  const char *notice = engine_accounts_get_secrets_notice (engine_office_get_accounts (office));
  g_autoptr (GListModel) providers = app_sign_in_list_providers ();

  self->office = g_object_ref (office);
  self->filling = TRUE;
  adw_combo_row_set_model (self->provider, providers);
  self->filling = FALSE;
  if (account)
    {
      self->account = g_object_ref (account);
      show_account (self);
    }
  else
    {
      set_text (self->name, g_str_equal (g_get_real_name (), "Unknown") ? "" : g_get_real_name ());
      show_servers (self);
    }
  if (notice)
    {
      adw_preferences_group_set_description (
          self->notice, _ ("No keyring answers here: passwords are kept in the file secrets.ini, "
                           "readable by you alone."));
      gtk_widget_set_visible (GTK_WIDGET (self->notice), TRUE);
    }
  gtk_window_present (GTK_WINDOW (self));
  gtk_widget_grab_focus (GTK_WIDGET (*get_text (self->name) != '\0' ? self->address : self->name));
}
