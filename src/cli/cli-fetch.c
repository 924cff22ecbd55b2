/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <base-text.h>

#include <glib/gi18n.h>
#include <unistd.h>

static gboolean trace;
static gint64 rest;

static const GOptionEntry options[] = {
  { "trace", 0, 0, G_OPTION_ARG_NONE, &trace, N_ ("Print every line that crosses the wire"), NULL },
  { "rest", 0, 0, G_OPTION_ARG_INT64, &rest,
    N_ ("Fetch the rest of letter ID, of which only the beginning is here"), "ID" },
  G_OPTION_ENTRY_NULL,
};

/* One line on a terminal, written over and over. */
static void
on_progress (EngineAccount *account, GParamSpec *pspec, gpointer user_data)
{
  const EngineFetchProgress *progress = engine_account_get_progress (account);
  g_autofree char *size = base_text_size (progress->octets);

  if (progress->total_letters > 0)
    {
      g_autofree char *line
          = g_strdup_printf (_ ("%s: %u of %u, %s"), engine_account_get_values (account)->address,
                             progress->letters, progress->total_letters, size);
      g_printerr ("\r%s\033[K", line);
    }
  else
    g_printerr ("\r\033[K");
}

static CliExit
fetch_account (CliRun *run, EngineAccount *account, JsonBuilder *builder)
{
  EngineFetcher *fetcher = engine_office_get_fetcher (run->office);
  const char *address = engine_account_get_values (account)->address;
  EngineFetchResult counts = { 0 };
  gulong handler = 0;
  g_autoptr (GError) error = NULL;

  if (!run->json && !trace && isatty (STDERR_FILENO))
    handler = g_signal_connect (account, "notify::progress", G_CALLBACK (on_progress), NULL);
  engine_fetcher_fetch_async (fetcher, account, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  gboolean done = engine_fetcher_fetch_finish (fetcher, result, &counts, &error);
  g_clear_signal_handler (&handler, account);

  json_builder_begin_object (builder);
  cli_json_string (builder, "account", address);
  cli_json_int (builder, "new", counts.letters);
  cli_json_int (builder, "octets", (gint64) counts.octets);
  cli_json_int (builder, "failed", counts.failed);
  cli_json_string (builder, "problem", done ? NULL : error->message);
  json_builder_end_object (builder);
  if (!done)
    return cli_fail (error);
  if (!run->json)
    {
      g_autofree char *size = base_text_size (counts.octets);
      cli_print (_ ("%s: %u new, %s"), address, counts.letters, size);
    }
  return counts.failed > 0 ? CLI_EXIT_STORE : CLI_EXIT_OK;
}

static EngineAccount *
find_account_of (CliRun *run, gint64 id)
{
  EngineLetters *letters = engine_office_get_letters (run->office);

  engine_letters_load_async (letters, &id, 1, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  g_autoptr (GPtrArray) rows = engine_letters_load_finish (letters, result, NULL);
  if (rows == NULL || rows->len == 0)
    return NULL;
  return engine_accounts_find (engine_office_get_accounts (run->office),
                               ((StoreLetter *) g_ptr_array_index (rows, 0))->account);
}

static CliExit
fetch_rest (CliRun *run)
{
  EngineFetcher *fetcher = engine_office_get_fetcher (run->office);
  EngineAccount *account = find_account_of (run, rest);
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, rest);
  g_autoptr (GError) error = NULL;

  if (account == NULL)
    {
      g_printerr (_ ("postroom-cli: There is no letter %s of an account that can fetch it\n"),
                  number);
      return CLI_EXIT_NOT_FOUND;
    }
  engine_fetcher_fetch_rest_async (fetcher, account, rest, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  if (!engine_fetcher_fetch_rest_finish (fetcher, result, &error))
    return cli_fail (error);
  if (!run->json)
    cli_print (_ ("Letter %s is whole"), number);
  return CLI_EXIT_OK;
}

static CliExit
fetch (CliRun *run, char **arguments)
{
  EngineAccounts *accounts = engine_office_get_accounts (run->office);
  g_autoptr (GPtrArray) chosen = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (CliTrace) tracer = NULL;
  CliExit code = CLI_EXIT_OK;

  for (char **address = arguments; *address != NULL; address++)
    {
      EngineAccount *account = engine_accounts_find_address (accounts, *address);
      if (account == NULL)
        {
          g_printerr (_ ("postroom-cli: There is no account %s\n"), *address);
          return CLI_EXIT_NOT_FOUND;
        }
      g_ptr_array_add (chosen, g_object_ref (account));
    }
  for (guint i = 0; *arguments == NULL && i < g_list_model_get_n_items (G_LIST_MODEL (accounts));
       i++)
    g_ptr_array_add (chosen, g_list_model_get_item (G_LIST_MODEL (accounts), i));

  if (trace)
    {
      const EngineJournalSide side = ENGINE_JOURNAL_CLIENT;
      tracer = cli_trace_new (engine_office_get_journal (run->office), &side, FALSE);
    }
  if (rest != 0)
    return fetch_rest (run);
  json_builder_begin_array (builder);
  for (guint i = 0; i < chosen->len; i++)
    {
      CliExit one = fetch_account (run, g_ptr_array_index (chosen, i), builder);
      if (code == CLI_EXIT_OK)
        code = one;
    }
  json_builder_end_array (builder);
  if (run->json)
    cli_print_json (builder);
  else if (chosen->len == 0)
    cli_print (_ ("No accounts yet: “postroom-cli account add ADDRESS” makes one."));
  return code;
}

const CliVerb cli_fetch_verb = {
  .name = "fetch",
  .arguments = "[ADDRESS…]",
  .summary = N_ ("Fetch new letters of all accounts, or of those named"),
  .options = options,
  .run = fetch,
};
