/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <base-text.h>
#include <engine-server-mailboxes.h>

#include <glib/gi18n.h>

static CliExit
finish (CliRun *run, const char *alias, const char *done)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) result = cli_run_wait (run);

  if (!engine_server_finish (engine_office_get_server (run->office), result, &error))
    return cli_fail (error);
  g_autofree char *shown = base_text_escape (alias, -1);
  if (!run->json)
    cli_print ("%s: %s", shown, done);
  return CLI_EXIT_OK;
}

static CliExit
alias_add (CliRun *run, char **arguments)
{
  if (g_strv_length (arguments) < 2)
    return cli_fail_usage (_ ("Name an alias and the users it stands for"));
  engine_server_add_alias_async (engine_office_get_server (run->office), arguments[0],
                                 (const char *const *) arguments + 1, run->cancellable,
                                 cli_run_ready, run);
  return finish (run, arguments[0], _ ("added"));
}

static CliExit
alias_remove (CliRun *run, char **arguments)
{
  if (g_strv_length (arguments) < 1)
    return cli_fail_usage (_ ("Name an alias"));
  engine_server_remove_alias_async (engine_office_get_server (run->office), arguments[0],
                                    arguments[1] != NULL ? (const char *const *) arguments + 1
                                                         : NULL,
                                    run->cancellable, cli_run_ready, run);
  return finish (run, arguments[0], _ ("removed"));
}

static void
print_aliases_json (GPtrArray *aliases)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < aliases->len; i++)
    {
      const StoreAlias *alias = g_ptr_array_index (aliases, i);
      json_builder_begin_object (builder);
      cli_json_string (builder, "name", alias->local_part);
      cli_json_string (builder, "domain", alias->domain);
      json_builder_set_member_name (builder, "users");
      json_builder_begin_array (builder);
      for (char **user = alias->users; *user != NULL; user++)
        json_builder_add_string_value (builder, *user);
      json_builder_end_array (builder);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  cli_print_json (builder);
}

static CliExit
alias_list (CliRun *run, char **arguments)
{
  g_autoptr (GError) error = NULL;

  if (*arguments != NULL)
    return cli_fail_usage (_ ("“alias list” takes no argument"));
  g_autoptr (GPtrArray) aliases
      = engine_server_dup_aliases (engine_office_get_server (run->office), &error);
  if (aliases == NULL)
    return cli_fail (error);
  if (run->json)
    {
      print_aliases_json (aliases);
      return CLI_EXIT_OK;
    }
  if (aliases->len == 0)
    cli_print (_ ("No aliases yet: “postroom-cli alias add ALIAS USER…” makes one."));
  for (guint i = 0; i < aliases->len; i++)
    {
      const StoreAlias *alias = g_ptr_array_index (aliases, i);
      g_autofree char *users = g_strjoinv (", ", alias->users);
      cli_print ("%s%s%s  %s", alias->local_part, alias->domain != NULL ? "@" : "",
                 alias->domain != NULL ? alias->domain : "", users);
    }
  return CLI_EXIT_OK;
}

const CliVerb cli_alias_add_verb = {
  .name = "alias add",
  .arguments = "ALIAS USER…",
  .summary = N_ ("Give an address to one or several users"),
  .details = N_ ("ALIAS is “sales” for that address in all domains of the server, or\n"
                 "“sales@domain” for one. It goes before a user of the same name. “postmaster” is\n"
                 "the first user unless it is an alias."),
  .run = alias_add,
};

const CliVerb cli_alias_list_verb = {
  .name = "alias list",
  .arguments = "",
  .summary = N_ ("List the local server's aliases"),
  .run = alias_list,
};

const CliVerb cli_alias_remove_verb = {
  .name = "alias remove",
  .arguments = "ALIAS [USER…]",
  .summary = N_ ("Remove an alias, or some of its users"),
  .run = alias_remove,
};
