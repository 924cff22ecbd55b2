/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <base-text.h>

#include <glib/gi18n.h>

static char *move;
static char **trust;
static char **distrust;

/* ---- lists ---- */

typedef enum
{
  ALLOW,
  BLOCK,
  UNLIST,
} Change;

static CliExit
change_lists (CliRun *run, char **arguments, Change change)
{
  EngineJunk *junk = engine_office_get_junk (run->office);

  if (*arguments == NULL)
    return cli_fail_usage (_ ("Name addresses, or domains"));
  for (char **address = arguments; *address != NULL; address++)
    {
      g_autoptr (GError) error = NULL;
      if (change == UNLIST)
        engine_junk_unlist_sender_async (junk, *address, run->cancellable, cli_run_ready, run);
      else
        engine_junk_list_sender_async (junk, *address, change == ALLOW, run->cancellable,
                                       cli_run_ready, run);
      g_autoptr (GAsyncResult) result = cli_run_wait (run);
      if (!engine_junk_finish (junk, result, &error))
        return cli_fail (error);
    }
  return CLI_EXIT_OK;
}

static CliExit
junk_allow (CliRun *run, char **arguments)
{
  return change_lists (run, arguments, ALLOW);
}

static CliExit
junk_block (CliRun *run, char **arguments)
{
  return change_lists (run, arguments, BLOCK);
}

static CliExit
junk_unlist (CliRun *run, char **arguments)
{
  return change_lists (run, arguments, UNLIST);
}

/* ---- settings ---- */

static CliExit
change_settings (EngineJunk *junk)
{
  g_autoptr (GError) error = NULL;

  if (move != NULL && !g_str_equal (move, "yes") && !g_str_equal (move, "no"))
    return cli_fail_usage (_ ("--move is “yes” or “no”, not “%s”"), move);
  if (move != NULL && !engine_junk_set_moves (junk, g_str_equal (move, "yes"), &error))
    return cli_fail (error);
  for (char **account = trust; account != NULL && *account != NULL; account++)
    if (!engine_junk_set_trusts (junk, *account, TRUE, &error))
      return cli_fail (error);
  for (char **account = distrust; account != NULL && *account != NULL; account++)
    if (!engine_junk_set_trusts (junk, *account, FALSE, &error))
      return cli_fail (error);
  return CLI_EXIT_OK;
}

static void
print_status_json (EngineJunk *junk, guint junk_letters, guint good, GPtrArray *senders)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  cli_json_boolean (builder, "move", engine_junk_get_moves (junk));
  cli_json_int (builder, "junk", junk_letters);
  cli_json_int (builder, "good", good);
  json_builder_set_member_name (builder, "senders");
  json_builder_begin_array (builder);
  for (guint i = 0; i < senders->len; i++)
    {
      const EngineJunkSender *sender = g_ptr_array_index (senders, i);
      json_builder_begin_object (builder);
      cli_json_string (builder, "address", sender->address);
      cli_json_boolean (builder, "allowed", sender->allowed);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  cli_print_json (builder);
}

static void
print_status (CliRun *run, EngineJunk *junk, guint junk_letters, guint good, GPtrArray *senders)
{
  GListModel *accounts = G_LIST_MODEL (engine_office_get_accounts (run->office));

  cli_print (engine_junk_get_moves (junk) ? _ ("Fetched junk goes to Junk.")
                                          : _ ("Fetched junk stays in the inbox."));
  cli_print (_ ("Learned: %u junk, %u good"), junk_letters, good);
  for (guint i = 0; i < g_list_model_get_n_items (accounts); i++)
    {
      g_autoptr (EngineAccount) account = g_list_model_get_item (accounts, i);
      const char *address = engine_account_get_values (account)->address;
      if (engine_junk_get_trusts (junk, address))
        cli_print (_ ("%s: X-Spam-Flag of its server is believed"), address);
    }
  for (guint i = 0; i < senders->len; i++)
    {
      const EngineJunkSender *sender = g_ptr_array_index (senders, i);
      g_autofree char *shown = base_text_escape (sender->address, -1);
      cli_print (sender->allowed ? _ ("%s: allowed") : _ ("%s: blocked"), shown);
    }
}

static CliExit
junk_status (CliRun *run, char **arguments)
{
  EngineJunk *junk = engine_office_get_junk (run->office);
  guint junk_letters = 0, good = 0;
  g_autoptr (GError) error = NULL;

  if (*arguments != NULL)
    return cli_fail_usage (_ ("“junk status” takes no argument but its options"));
  CliExit code = change_settings (junk);
  if (code != CLI_EXIT_OK)
    return code;
  g_autoptr (GPtrArray) senders = engine_junk_dup_senders (junk, &error);
  if (senders == NULL || !engine_junk_count (junk, &junk_letters, &good, &error))
    return cli_fail (error);
  if (run->json)
    print_status_json (junk, junk_letters, good, senders);
  else
    print_status (run, junk, junk_letters, good, senders);
  return CLI_EXIT_OK;
}

static const GOptionEntry status_options[] = {
  { "move", 0, 0, G_OPTION_ARG_STRING, &move, N_ ("Whether fetched junk goes to Junk"), "yes|no" },
  { "trust", 0, 0, G_OPTION_ARG_STRING_ARRAY, &trust,
    N_ ("Believe X-Spam-Flag in letters that this account fetches"), "ACCOUNT" },
  { "distrust", 0, 0, G_OPTION_ARG_STRING_ARRAY, &distrust, N_ ("Do not"), "ACCOUNT" },
  G_OPTION_ENTRY_NULL,
};

const CliVerb cli_junk_allow_verb = {
  .name = "junk allow",
  .arguments = "ADDRESS…",
  .summary = N_ ("Take letters of these senders, or domains, for good"),
  .run = junk_allow,
};

const CliVerb cli_junk_block_verb = {
  .name = "junk block",
  .arguments = "ADDRESS…",
  .summary = N_ ("Take letters of these senders, or domains, for junk"),
  .run = junk_block,
};

const CliVerb cli_junk_unlist_verb = {
  .name = "junk unlist",
  .arguments = "ADDRESS…",
  .summary = N_ ("Judge letters of these senders again"),
  .run = junk_unlist,
};

const CliVerb cli_junk_status_verb = {
  .name = "junk status",
  .arguments = "",
  .summary = N_ ("Show what was learned, the lists and the settings, and change these"),
  .options = status_options,
  .run = junk_status,
};
