/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <engine-server-mailboxes.h>

#include <glib/gi18n.h>

static char *sender;

static const GOptionEntry options[] = {
  { "from", 0, 0, G_OPTION_ARG_STRING, &sender, N_ ("The user who has sent the letter"), "USER" },
  G_OPTION_ENTRY_NULL,
};

static const char *
say (StoreRecallOutcome outcome)
{
  switch (outcome)
    {
    case STORE_RECALL_RECALLED:
      return _ ("recalled");
    case STORE_RECALL_FETCHED:
      return _ ("too late, already fetched");
    case STORE_RECALL_NOT_FOUND:
    default:
      return _ ("not there, removed unread");
    }
}

static void
print_json (GPtrArray *recalls)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < recalls->len; i++)
    {
      const StoreRecall *recall = g_ptr_array_index (recalls, i);
      json_builder_begin_object (builder);
      cli_json_string (builder, "user", recall->user);
      cli_json_string (builder, "outcome", store_recall_outcome_get_name (recall->outcome));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  cli_print_json (builder);
}

static CliExit
recall (CliRun *run, char **arguments)
{
  EngineServer *server = engine_office_get_server (run->office);
  g_autoptr (GError) error = NULL;

  if (g_strv_length (arguments) != 1 || sender == NULL)
    return cli_fail_usage (_ ("Give one Message-ID, and --from=USER"));
  engine_server_recall_async (server, sender, arguments[0], run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  g_autoptr (GPtrArray) recalls = engine_server_recall_finish (server, result, &error);
  if (recalls == NULL)
    return cli_fail (error);
  if (recalls->len == 0)
    {
      g_set_error (&error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
                   "%s has sent no letter %s to anybody here", sender, arguments[0]);
      return cli_fail (error);
    }
  if (run->json)
    {
      print_json (recalls);
      return CLI_EXIT_OK;
    }
  for (guint i = 0; i < recalls->len; i++)
    {
      const StoreRecall *one = g_ptr_array_index (recalls, i);
      cli_print ("%s: %s", one->user, say (one->outcome));
    }
  return CLI_EXIT_OK;
}

const CliVerb cli_recall_verb = {
  .name = "recall",
  .arguments = "MESSAGE-ID",
  .summary = N_ ("Take a letter back where nobody has fetched it"),
  .details
  = N_ ("The letter must have been sent by a user of the local server who had logged in, to\n"
        "users of the same server. It works whether the server runs or not. What a session that\n"
        "is still open has fetched counts only once that session has ended."),
  .options = options,
  .run = recall,
};
