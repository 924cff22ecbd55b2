/* SPDX-License-Identifier: MIT */
#include "cli-sign-in.h"

#include "cli-output.h"

#include <engine-sign-in.h>

#include <base-secret.h>

#include <glib/gi18n.h>
#include <string.h>

static gboolean no_browser;

static const GOptionEntry options[] = {
  { "no-browser", 0, 0, G_OPTION_ARG_NONE, &no_browser,
    N_ ("Only show the address to sign in at; open no browser"), NULL },
  G_OPTION_ENTRY_NULL,
};

/* On standard error: what is asked of a person is no result. */
static void
show (const char *uri, gpointer user_data)
{
  const gboolean *browser = user_data;
  gboolean display = g_getenv ("DISPLAY") != NULL || g_getenv ("WAYLAND_DISPLAY") != NULL;

  g_printerr ("%s\n%s\n", _ ("Sign in with a browser, here:"), uri);
  /* Whoever sees no browser open has the address. */
  if (*browser && display)
    g_app_info_launch_default_for_uri (uri, NULL, NULL);
}

char *
cli_sign_in (CliRun *run, const StoreAccount *account, gboolean browser, GError **error)
{
  const EngineSignIn sign_in = {
    .provider = account->sign_in,
    .address = account->address,
    .proxy = account->proxy,
    .done = _ ("You are signed in. This page can be closed."),
    .failed = _ ("You are not signed in. The program that asked for it says why."),
    .open = show,
    .open_data = &browser,
  };

  engine_sign_in_async (&sign_in, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  return engine_sign_in_finish (result, error);
}

static CliExit
account_login (CliRun *run, char **arguments)
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
  const StoreAccount *values = engine_account_get_values (account);
  if (*values->sign_in == '\0')
    {
      g_printerr ("postroom-cli: %s\n", _ ("That account has a password, and no sign-in"));
      return CLI_EXIT_DATA;
    }
  char *tokens = cli_sign_in (run, values, !no_browser, &error);
  if (tokens == NULL)
    return cli_fail (error);
  engine_accounts_save_async (accounts, values, tokens, run->cancellable, cli_run_ready, run);
  base_secret_wipe (tokens, strlen (tokens));
  g_free (tokens);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  if (engine_accounts_save_finish (accounts, result, &error) == NULL)
    return cli_fail (error);
  if (!run->json)
    cli_print (_ ("Signed in: %s"), arguments[0]);
  return CLI_EXIT_OK;
}

const CliVerb cli_account_login_verb = {
  .name = "account login",
  .arguments = "ADDRESS",
  .summary = N_ ("Sign in again with a browser"),
  .details = N_ ("For an account that was added with --oauth, when its sign-in has expired or was\n"
                 "withdrawn."),
  .options = options,
  .run = account_login,
};
