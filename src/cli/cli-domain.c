/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <base-text.h>
#include <engine-server-mailboxes.h>

#include <glib/gi18n.h>

typedef void (*DomainCall) (EngineServer *server,
                            const char *domain,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);

static CliExit
with_domain (CliRun *run, char **arguments, DomainCall call, const char *done)
{
  EngineServer *server = engine_office_get_server (run->office);
  g_autoptr (GError) error = NULL;

  if (g_strv_length (arguments) != 1)
    return cli_fail_usage (_ ("Name one domain"));
  call (server, arguments[0], run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  if (!engine_server_finish (server, result, &error))
    return cli_fail (error);
  g_autofree char *shown = base_text_escape (arguments[0], -1);
  if (!run->json)
    cli_print ("%s: %s", shown, done);
  return CLI_EXIT_OK;
}

static CliExit
domain_add (CliRun *run, char **arguments)
{
  return with_domain (run, arguments, engine_server_add_domain_async, _ ("added"));
}

static CliExit
domain_remove (CliRun *run, char **arguments)
{
  return with_domain (run, arguments, engine_server_remove_domain_async,
                      _ ("removed, with the aliases in it"));
}

static CliExit
domain_list (CliRun *run, char **arguments)
{
  g_autoptr (GError) error = NULL;

  if (*arguments != NULL)
    return cli_fail_usage (_ ("“domain list” takes no argument"));
  g_auto (GStrv) domains
      = engine_server_dup_domains (engine_office_get_server (run->office), &error);
  if (domains == NULL)
    return cli_fail (error);

  g_autoptr (JsonBuilder) builder = json_builder_new ();
  json_builder_begin_array (builder);
  for (guint i = 0; domains[i] != NULL; i++)
    {
      json_builder_begin_object (builder);
      cli_json_string (builder, "name", domains[i]);
      cli_json_boolean (builder, "first", i == 0);
      json_builder_end_object (builder);
      if (!run->json)
        cli_print ("%s", domains[i]);
    }
  json_builder_end_array (builder);
  if (run->json)
    cli_print_json (builder);
  return CLI_EXIT_OK;
}

const CliVerb cli_domain_add_verb = {
  .name = "domain add",
  .arguments = "DOMAIN",
  .summary = N_ ("Serve another domain too"),
  .details = N_ ("The users are the same in all domains. The first domain is a setting of the\n"
                 "server: “postroom-cli serve --domain=DOMAIN”."),
  .run = domain_add,
};

const CliVerb cli_domain_list_verb = {
  .name = "domain list",
  .arguments = "",
  .summary = N_ ("List the local server's domains"),
  .run = domain_list,
};

const CliVerb cli_domain_remove_verb = {
  .name = "domain remove",
  .arguments = "DOMAIN",
  .summary = N_ ("Serve a domain no more; its aliases go"),
  .run = domain_remove,
};
