/* SPDX-License-Identifier: MIT */
#include "cli-input.h"
#include "cli-output.h"
#include "cli-sign-in.h"

#include <base-secret.h>
#include <engine-providers.h>

#include <glib/gi18n.h>
#include <string.h>

static char *name;
static char *smtp;
static char *smtp_security;
static char *smtp_user;
static char *pop3;
static char *pop3_security;
static char *pop3_user;
static char *password_file;
static gboolean local;
static gboolean keep;
static int keep_days;
static gboolean keep_until_deleted;
static gint64 max_octets;
static char *proxy;
static gboolean oauth;
static char *provider;
static gboolean no_browser;
static gboolean no_check;

static const GOptionEntry add_options[] = {
  { "name", 0, 0, G_OPTION_ARG_STRING, &name, N_ ("Your name in From:"), "NAME" },
  { "smtp", 0, 0, G_OPTION_ARG_STRING, &smtp, N_ ("Server for sending"), "HOST[:PORT]" },
  { "smtp-security", 0, 0, G_OPTION_ARG_STRING, &smtp_security,
    N_ ("tls, starttls or none (clear text)"), "HOW" },
  { "smtp-user", 0, 0, G_OPTION_ARG_STRING, &smtp_user,
    N_ ("User name for sending; empty for none"), "USER" },
  { "pop3", 0, 0, G_OPTION_ARG_STRING, &pop3, N_ ("Server for fetching"), "HOST[:PORT]" },
  { "pop3-security", 0, 0, G_OPTION_ARG_STRING, &pop3_security,
    N_ ("tls, starttls or none (clear text)"), "HOW" },
  { "pop3-user", 0, 0, G_OPTION_ARG_STRING, &pop3_user, N_ ("User name for fetching"), "USER" },
  { "local", 0, 0, G_OPTION_ARG_NONE, &local, N_ ("An account at the local server of this program"),
    NULL },
  { "keep-on-server", 0, 0, G_OPTION_ARG_NONE, &keep, N_ ("Leave fetched letters on the server"),
    NULL },
  { "keep-days", 0, 0, G_OPTION_ARG_INT, &keep_days,
    N_ ("Leave them there for N days after they were fetched"), "N" },
  { "keep-until-deleted", 0, 0, G_OPTION_ARG_NONE, &keep_until_deleted,
    N_ ("Leave them there until they are deleted here"), NULL },
  { "max-octets", 0, 0, G_OPTION_ARG_INT64, &max_octets,
    N_ ("Of letters over N octets fetch only the beginning"), "N" },
  { "oauth", 0, 0, G_OPTION_ARG_NONE, &oauth,
    N_ ("Sign in at the provider with a browser, without a password"), NULL },
  { "provider", 0, 0, G_OPTION_ARG_STRING, &provider,
    N_ ("The provider's name in “providers”, where the address does not tell"), "NAME" },
  { "no-browser", 0, 0, G_OPTION_ARG_NONE, &no_browser,
    N_ ("Only show the address to sign in at; open no browser"), NULL },
  { "proxy", 0, 0, G_OPTION_ARG_STRING, &proxy,
    N_ ("Reach the servers through socks5://HOST:PORT or http://HOST:PORT"), "URI" },
  { "password-file", 0, 0, G_OPTION_ARG_FILENAME, &password_file,
    N_ ("Read the password from the first line of FILE (-: standard input)"), "FILE" },
  { "no-check", 0, 0, G_OPTION_ARG_NONE, &no_check,
    N_ ("Do not log in at the servers to see whether they answer"), NULL },
  G_OPTION_ENTRY_NULL,
};

/* "host", "host:port", "[::1]:port". */
static gboolean
set_server (StoreServer *server, const char *text, guint16 default_port, GError **error)
{
  g_autoptr (GSocketConnectable) place = g_network_address_parse (text, default_port, error);
  if (place == NULL)
    return FALSE;

  g_free (server->host);
  server->host = g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (place)));
  server->port = g_network_address_get_port (G_NETWORK_ADDRESS (place));
  return TRUE;
}

static gboolean
set_security (StoreServer *server, const char *text, GError **error)
{
  if (text == NULL || store_security_from_name (text, &server->security))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               _ ("Security is tls, starttls or none, not “%s”"), text);
  return FALSE;
}

static void
set_text (char **field, const char *value)
{
  if (value == NULL)
    return;
  g_free (*field);
  *field = g_strdup (value);
}

static guint16
default_port (StoreSecurity security, guint16 tls, guint16 open)
{
  return security == STORE_SECURITY_TLS ? tls : open;
}

static void
make_local (StoreAccount *account, EngineServer *server)
{
  g_autofree char *user = g_strdup (account->address);
  char *at = strchr (user, '@');

  if (at != NULL)
    *at = '\0';
  account->local = TRUE;
  set_text (&account->smtp.host, "localhost");
  set_text (&account->pop3.host, "localhost");
  set_text (&account->smtp.user, user);
  set_text (&account->pop3.user, user);
  account->smtp.security = account->pop3.security = STORE_SECURITY_TLS;
  account->smtp.port = 2465;
  account->pop3.port = 2995;
}

static gboolean
set_keep (StoreAccount *account, GError **error)
{
  if (keep + (keep_days != 0) + keep_until_deleted > 1 || keep_days < 0)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           keep_days < 0 ? _ ("--keep-days takes a number from 1")
                                         : _ ("Only one of --keep-on-server, --keep-days and "
                                              "--keep-until-deleted can be true"));
      return FALSE;
    }
  account->keep = keep                 ? STORE_KEEP_FOREVER
                  : keep_days > 0      ? STORE_KEEP_DAYS
                  : keep_until_deleted ? STORE_KEEP_UNTIL_DELETED
                                       : STORE_KEEP_NOT;
  account->keep_days = (guint) keep_days;
  if (max_octets < 0)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           _ ("--max-octets takes a number from 0"));
      return FALSE;
    }
  account->max_octets = (guint64) max_octets;
  return TRUE;
}

static gboolean
set_provider (StoreAccount *account, const char *address, GError **error)
{
  const EngineProvider *chosen = provider != NULL ? engine_providers_find (provider)
                                                  : engine_providers_find_address (address);

  if (provider == NULL && !oauth)
    return TRUE;
  if (chosen == NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           _ ("There is no such provider: “postroom-cli providers” lists them"));
      return FALSE;
    }
  set_text (&account->sign_in, oauth ? chosen->id : "");
  engine_provider_apply (chosen, account);
  return TRUE;
}

static StoreAccount *
make_account (CliRun *run, const char *address, GError **error)
{
  g_autoptr (StoreAccount) account = engine_accounts_guess (name, address);

  if (!set_provider (account, address, error))
    return NULL;
  if (local)
    make_local (account, engine_office_get_server (run->office));
  if (!set_security (&account->smtp, smtp_security, error)
      || !set_security (&account->pop3, pop3_security, error))
    return NULL;
  if (smtp != NULL
      && !set_server (&account->smtp, smtp, default_port (account->smtp.security, 465, 587), error))
    return NULL;
  if (pop3 != NULL
      && !set_server (&account->pop3, pop3, default_port (account->pop3.security, 995, 110), error))
    return NULL;
  set_text (&account->smtp.user, smtp_user);
  set_text (&account->pop3.user, pop3_user);
  set_text (&account->proxy, proxy);
  if (!set_keep (account, error))
    return NULL;
  return g_steal_pointer (&account);
}

static CliExit
store_account (CliRun *run, const StoreAccount *account, const char *password)
{
  EngineAccounts *accounts = engine_office_get_accounts (run->office);
  g_autoptr (GError) error = NULL;

  if (!no_check)
    {
      engine_accounts_check_async (accounts, account, password, run->cancellable, cli_run_ready,
                                   run);
      g_autoptr (GAsyncResult) result = cli_run_wait (run);
      if (!engine_accounts_check_finish (accounts, result, &error))
        return cli_fail (error);
    }
  engine_accounts_save_async (accounts, account, password, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  EngineAccount *saved = engine_accounts_save_finish (accounts, result, &error);
  if (saved == NULL)
    return cli_fail (error);

  const char *notice = engine_accounts_get_secrets_notice (accounts);
  if (notice != NULL)
    g_printerr ("postroom-cli: %s\n", notice);
  if (!run->json)
    cli_print (_ ("Added %s"), engine_account_get_title (saved));
  return CLI_EXIT_OK;
}

static CliExit
account_add (CliRun *run, char **arguments)
{
  EngineAccounts *accounts = engine_office_get_accounts (run->office);
  g_autoptr (GError) error = NULL;

  if (g_strv_length (arguments) != 1)
    return cli_fail_usage (_ ("Name one address"));
  if (engine_accounts_find_address (accounts, arguments[0]) != NULL)
    {
      g_printerr ("postroom-cli: %s\n", _ ("There is an account of that address already"));
      return CLI_EXIT_DATA;
    }
  g_autoptr (StoreAccount) account = make_account (run, arguments[0], &error);
  if (account == NULL)
    return cli_fail_usage ("%s", error->message);
  g_autofree char *wrong = engine_accounts_validate (account);
  if (wrong != NULL)
    {
      g_printerr ("postroom-cli: %s\n", wrong);
      return CLI_EXIT_DATA;
    }

  char *password = oauth ? cli_sign_in (run, account, !no_browser, &error)
                         : cli_read_password (password_file, _ ("Password:"), FALSE, &error);
  if (password == NULL)
    {
      CliExit refused = cli_fail (error);
      return oauth ? refused : CLI_EXIT_DATA;
    }
  CliExit code = store_account (run, account, password);
  base_secret_wipe (password, strlen (password));
  g_free (password);
  return code;
}

static void
json_server (JsonBuilder *builder, const char *member, const StoreServer *server)
{
  json_builder_set_member_name (builder, member);
  json_builder_begin_object (builder);
  cli_json_string (builder, "host", server->host);
  cli_json_int (builder, "port", server->port);
  cli_json_string (builder, "security", store_security_get_name (server->security));
  cli_json_string (builder, "user", server->user);
  json_builder_end_object (builder);
}

/* Its password is not for the screen. */
static void
json_proxy (JsonBuilder *builder, const char *uri)
{
  g_autoptr (GUri) parsed = g_uri_parse (uri, G_URI_FLAGS_HAS_PASSWORD, NULL);
  g_autofree char *shown
      = parsed != NULL ? g_uri_to_string_partial (parsed, G_URI_HIDE_PASSWORD) : NULL;

  cli_json_string (builder, "proxy", shown != NULL ? shown : "");
}

static CliExit
account_list (CliRun *run, char **arguments)
{
  GListModel *model = G_LIST_MODEL (engine_office_get_accounts (run->office));
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  guint count = g_list_model_get_n_items (model);

  if (*arguments != NULL)
    return cli_fail_usage (_ ("“account list” takes no argument"));
  json_builder_begin_array (builder);
  for (guint i = 0; i < count; i++)
    {
      g_autoptr (EngineAccount) account = g_list_model_get_item (model, i);
      const StoreAccount *values = engine_account_get_values (account);
      if (!run->json)
        {
          cli_print ("%s", engine_account_get_title (account));
          cli_print ("  SMTP %s:%u %s, POP3 %s:%u %s", values->smtp.host, values->smtp.port,
                     store_security_get_name (values->smtp.security), values->pop3.host,
                     values->pop3.port, store_security_get_name (values->pop3.security));
          continue;
        }
      json_builder_begin_object (builder);
      cli_json_int (builder, "id", values->id);
      cli_json_string (builder, "name", values->name);
      cli_json_string (builder, "address", values->address);
      cli_json_boolean (builder, "local", values->local);
      cli_json_string (builder, "keep", store_keep_get_name (values->keep));
      cli_json_int (builder, "max_octets", (gint64) values->max_octets);
      if (values->keep == STORE_KEEP_DAYS)
        cli_json_int (builder, "keep_days", values->keep_days);
      cli_json_string (builder, "sign_in", values->sign_in);
      json_proxy (builder, values->proxy);
      json_server (builder, "smtp", &values->smtp);
      json_server (builder, "pop3", &values->pop3);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  if (run->json)
    cli_print_json (builder);
  else if (count == 0)
    cli_print (_ ("No accounts yet: “postroom-cli account add ADDRESS” makes one."));
  return CLI_EXIT_OK;
}

static CliExit
account_remove (CliRun *run, char **arguments)
{
  EngineAccounts *accounts = engine_office_get_accounts (run->office);
  g_autoptr (GError) error = NULL;

  if (g_strv_length (arguments) != 1)
    return cli_fail_usage (_ ("Name one address"));
  EngineAccount *account = engine_accounts_find_address (accounts, arguments[0]);
  if (account == NULL)
    {
      g_printerr ("postroom-cli: %s\n", _ ("There is no account of that address"));
      return CLI_EXIT_NOT_FOUND;
    }
  engine_accounts_remove_async (accounts, account, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  if (!engine_accounts_remove_finish (accounts, result, &error))
    return cli_fail (error);
  if (!run->json)
    cli_print (_ ("Removed %s; its letters stay"), arguments[0]);
  return CLI_EXIT_OK;
}

const CliVerb cli_account_add_verb = {
  .name = "account add",
  .arguments = "ADDRESS",
  .summary = N_ ("Add a mail account"),
  .details = N_ ("Without options the usual servers of the address's domain are used, over TLS.\n"
                 "The password goes to the system's keyring."),
  .options = add_options,
  .run = account_add,
};

const CliVerb cli_account_list_verb = {
  .name = "account list",
  .arguments = "",
  .summary = N_ ("List the accounts"),
  .run = account_list,
};

const CliVerb cli_account_remove_verb = {
  .name = "account remove",
  .arguments = "ADDRESS",
  .summary = N_ ("Remove an account; its letters stay"),
  .run = account_remove,
};
