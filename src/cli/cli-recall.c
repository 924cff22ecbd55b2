/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <engine-ask.h>
#include <engine-server-mailboxes.h>

#include <glib/gi18n.h>
#include <string.h>

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

/* A server that runs knows what open sessions have fetched: it is asked. NULL without an error when
 * there is none. */
static GPtrArray *
recall_by_server (CliRun *run, const char *message_id, GError **error)
{
  g_autofree char *question = g_strdup_printf ("recall %s %s", sender, message_id);
  g_autoptr (GError) failed = NULL;

  engine_ask_async (run->directory, question, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) asked = cli_run_wait (run);
  g_autoptr (EngineAsk) ask = engine_ask_finish (asked, &failed);
  if (ask == NULL)
    {
      if (!g_error_matches (failed, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND))
        g_propagate_error (error, g_steal_pointer (&failed));
      return NULL;
    }
  engine_ask_next_async (ask, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) answered = cli_run_wait (run);
  g_autoptr (GVariant) answer = engine_ask_next_finish (ask, answered, &failed);
  if (failed != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failed));
      return NULL;
    }
  /* It ended without a word: what it did is in the store. */
  return answer != NULL ? engine_ask_to_recalls (answer) : NULL;
}

static GPtrArray *
recall_directly (CliRun *run, const char *message_id, GError **error)
{
  EngineServer *server = engine_office_get_server (run->office);

  engine_server_recall_async (server, sender, message_id, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  return engine_server_recall_finish (server, result, error);
}

static CliExit
recall (CliRun *run, char **arguments)
{
  g_autoptr (GError) error = NULL;

  if (g_strv_length (arguments) != 1 || sender == NULL)
    return cli_fail_usage (_ ("Give one Message-ID, and --from=USER"));
  if (strpbrk (arguments[0], "\r\n") != NULL || strpbrk (sender, " \r\n") != NULL)
    return cli_fail_usage (_ ("A Message-ID and a user's name are one word each"));
  g_autoptr (GPtrArray) recalls = recall_by_server (run, arguments[0], &error);
  if (recalls == NULL && error == NULL)
    recalls = recall_directly (run, arguments[0], &error);
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
        "users of the same server. It works whether the server runs or not."),
  .options = options,
  .run = recall,
};
