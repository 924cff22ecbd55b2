/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <engine-check.h>
#include <engine-search.h>

#include <glib/gi18n.h>

static gboolean look_only;
static gboolean set_aside;

static const GOptionEntry check_options[] = {
  { "look-only", 0, 0, G_OPTION_ARG_NONE, &look_only, N_ ("Mend nothing"), NULL },
  G_OPTION_ENTRY_NULL,
};

static const GOptionEntry rebuild_options[] = {
  { "from-files", 0, 0, G_OPTION_ARG_NONE, &set_aside,
    N_ ("Put the old index aside and use the letters' files alone"), NULL },
  G_OPTION_ENTRY_NULL,
};

static void
print_count (guint count, const char *words)
{
  if (count > 0)
    cli_print ("%6u  %s", count, words);
}

static void
print_checkup (const StoreCheckup *checkup)
{
  cli_print ("%6u  %s", checkup->letters, _ ("letters in the index"));
  print_count (checkup->misplaced, _ ("files in another folder than the index says"));
  print_count (checkup->lost, _ ("letters whose files are gone"));
  print_count (checkup->adopted, _ ("files that the index did not know"));
  print_count (checkup->trashed, _ ("files of letters that were deleted"));
  print_count (checkup->changed, _ ("files that changed"));
  print_count (checkup->unindexed, _ ("letters without their words"));
  print_count (checkup->stranded, _ ("letters in the outbox without an envelope"));
  if (store_checkup_count (checkup) == 0)
    cli_print ("%s", _ ("Files and index agree."));
  else
    cli_print ("%s", look_only ? _ ("Nothing was mended.") : _ ("All of it was mended."));
}

static void
print_json (const StoreCheckup *checkup)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  cli_json_int (builder, "letters", checkup->letters);
  cli_json_int (builder, "misplaced", checkup->misplaced);
  cli_json_int (builder, "lost", checkup->lost);
  cli_json_int (builder, "adopted", checkup->adopted);
  cli_json_int (builder, "trashed", checkup->trashed);
  cli_json_int (builder, "changed", checkup->changed);
  cli_json_int (builder, "unindexed", checkup->unindexed);
  cli_json_int (builder, "stranded", checkup->stranded);
  cli_json_int (builder, "stale", checkup->stale);
  cli_json_boolean (builder, "mended", !look_only);
  json_builder_end_object (builder);
  cli_print_json (builder);
}

static CliExit
check_letters (CliRun *run, EngineOffice *office)
{
  EngineLetters *letters = engine_office_get_letters (office);
  g_autoptr (GError) error = NULL;
  StoreCheckup checkup;

  engine_check_async (letters, !look_only, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  if (!engine_check_finish (letters, result, &checkup, &error))
    return cli_fail (error);
  if (run->json)
    print_json (&checkup);
  else
    print_checkup (&checkup);
  return look_only && store_checkup_count (&checkup) > 0 ? CLI_EXIT_DATA : CLI_EXIT_OK;
}

static CliExit
check (CliRun *run, char **arguments)
{
  if (*arguments != NULL)
    return cli_fail_usage (_ ("“store check” takes no arguments"));
  return check_letters (run, run->office);
}

/* ---- rebuild ---- */

static CliExit
renew (CliRun *run)
{
  EngineLetters *letters = engine_office_get_letters (run->office);
  g_autoptr (GError) error = NULL;

  engine_search_renew_async (letters, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  return engine_search_renew_finish (letters, result, &error) ? CLI_EXIT_OK : cli_fail (error);
}

/* Run shuts the office down. */
static CliExit
rebuild (CliRun *run, char **arguments)
{
  g_autofree char *aside = NULL;
  g_autoptr (GError) error = NULL;

  if (*arguments != NULL)
    return cli_fail_usage (_ ("“store rebuild” takes no arguments"));
  if (set_aside && !engine_check_set_aside (run->directory, &aside, &error))
    return cli_fail (error);
  if (aside != NULL && !run->json)
    cli_print (_ ("The old index is “%s” now."), aside);
  run->office = engine_office_open (run->directory, &error);
  if (run->office == NULL)
    {
      cli_fail (error);
      return CLI_EXIT_STORE;
    }
  if (!set_aside)
    {
      CliExit code = renew (run);
      if (code != CLI_EXIT_OK)
        return code;
    }
  return check_letters (run, run->office);
}

const CliVerb cli_store_check_verb = {
  .name = "store check",
  .arguments = "",
  .summary = N_ ("Compare letters' files with the index, and mend what differs"),
  .details = N_ ("No file is ever removed. With “--look-only” the exit code is 65 when something\n"
                 "differs."),
  .options = check_options,
  .run = check,
};

const CliVerb cli_store_rebuild_verb = {
  .name = "store rebuild",
  .arguments = "",
  .summary = N_ ("Make the index anew of the letters' files"),
  .details
  = N_ ("With “--from-files” for an index that is damaged: accounts, tags and what was\n"
        "read or flagged are known to the old index alone, which is kept. Close the window\n"
        "before."),
  .options = rebuild_options,
  .private_office = TRUE,
  .run = rebuild,
};
