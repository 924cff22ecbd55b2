/* SPDX-License-Identifier: MIT */
#include "cli-post.h"

#include "cli-output.h"

#include <glib/gi18n.h>

EngineAccount *
cli_post_find_account (CliRun *run, const char *from, GError **error)
{
  EngineAccounts *accounts = engine_office_get_accounts (run->office);
  EngineAccount *account = NULL;

  if (from != NULL)
    account = engine_accounts_find_address (accounts, from);
  else
    {
      g_autoptr (EngineAccount) first = g_list_model_get_item (G_LIST_MODEL (accounts), 0);
      account = first; /* the model keeps it */
    }
  if (account == NULL)
    g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
                 from != NULL ? _ ("There is no account %s; see “postroom-cli account list”")
                              : _ ("There is no account yet%s; see “postroom-cli account add”"),
                 from != NULL ? from : "");
  return account;
}

gboolean
cli_post_attach (MessageBuilder *builder, char **files, GError **error)
{
  for (char **name = files; name != NULL && *name != NULL; name++)
    {
      g_autoptr (GFile) file = g_file_new_for_commandline_arg (*name);
      if (!message_builder_attach_file (builder, file, error))
        return FALSE;
    }
  return TRUE;
}

gint64
cli_post_queue (CliRun *run, EngineAccount *account, MessageBuilder *builder, GError **error)
{
  EngineOutbox *outbox = engine_office_get_outbox (run->office);

  engine_outbox_add_async (outbox, account, builder, 0, FALSE, run->cancellable, cli_run_ready,
                           run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  return engine_outbox_add_finish (outbox, result, error);
}

void
cli_post_report (CliRun *run, gint64 letter, const char *state, const char *words)
{
  if (run->json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();
      json_builder_begin_object (builder);
      cli_json_int (builder, "id", letter);
      cli_json_string (builder, "state", state);
      cli_json_string (builder, "problem", words);
      json_builder_end_object (builder);
      cli_print_json (builder);
    }
  else if (words == NULL)
    {
      g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, letter);
      cli_print (_ ("Letter %s: %s"), number, state);
    }
}

CliExit
cli_post_deliver (CliRun *run, gint64 letter)
{
  EngineOutbox *outbox = engine_office_get_outbox (run->office);
  g_autoptr (GError) error = NULL;

  engine_outbox_deliver_async (outbox, letter, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  if (engine_outbox_deliver_finish (outbox, result, &error))
    {
      cli_post_report (run, letter, "sent", NULL);
      return CLI_EXIT_OK;
    }

  g_autoptr (StoreOutboxEntry) entry = engine_outbox_dup_entry (outbox, letter);
  cli_post_report (run, letter, entry != NULL ? store_outbox_state_get_name (entry->state) : "gone",
                   error->message);
  CliExit code = cli_fail (error);
  if (entry == NULL)
    return code;
  g_autofree char *state = engine_outbox_describe (entry);
  g_printerr ("postroom-cli: %s\n", state);
  return entry->state == STORE_OUTBOX_WAITING && code != CLI_EXIT_PERMISSION ? CLI_EXIT_TEMPORARY
                                                                             : code;
}
