/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <engine-providers.h>

#include <glib/gi18n.h>

/* How a person proves to be themselves there: "browser", "browser-unregistered", "app-password",
 * "password". */
static const char *
name_sign_in (const EngineProvider *provider)
{
  if (engine_provider_has_sign_in (provider))
    return *provider->client_id != '\0' ? "browser" : "browser-unregistered";
  return provider->app_password ? "app-password" : "password";
}

static const char *
describe_sign_in (const EngineProvider *provider)
{
  if (engine_provider_has_sign_in (provider))
    return *provider->client_id != '\0'
               ? _ ("signs in with a browser")
               : _ ("could sign in with a browser, but has no client-id in providers.ini");
  return provider->app_password ? _ ("wants a password made for programs") : _ ("has passwords");
}

static void
json_server (JsonBuilder *builder, const char *member, const StoreServer *server)
{
  json_builder_set_member_name (builder, member);
  json_builder_begin_object (builder);
  cli_json_string (builder, "host", server->host);
  cli_json_int (builder, "port", server->port);
  cli_json_string (builder, "security", store_security_get_name (server->security));
  json_builder_end_object (builder);
}

static void
json_provider (JsonBuilder *builder, const EngineProvider *provider)
{
  json_builder_begin_object (builder);
  cli_json_string (builder, "id", provider->id);
  cli_json_string (builder, "name", provider->name);
  json_builder_set_member_name (builder, "domains");
  json_builder_begin_array (builder);
  for (guint i = 0; provider->domains[i] != NULL; i++)
    json_builder_add_string_value (builder, provider->domains[i]);
  json_builder_end_array (builder);
  json_server (builder, "smtp", &provider->smtp);
  json_server (builder, "pop3", &provider->pop3);
  cli_json_string (builder, "sign_in", name_sign_in (provider));
  json_builder_end_object (builder);
}

static void
print_provider (const EngineProvider *provider)
{
  g_autofree char *domains = g_strjoinv (", ", provider->domains);

  cli_print ("%s: %s (%s)", provider->id, provider->name, domains);
  cli_print ("  SMTP %s:%u %s, POP3 %s:%u %s", provider->smtp.host, provider->smtp.port,
             store_security_get_name (provider->smtp.security), provider->pop3.host,
             provider->pop3.port, store_security_get_name (provider->pop3.security));
  cli_print ("  %s", describe_sign_in (provider));
}

static CliExit
providers (CliRun *run, char **arguments)
{
  GPtrArray *list = engine_providers_get ();
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (*arguments != NULL)
    return cli_fail_usage (_ ("“providers” takes no argument"));
  json_builder_begin_array (builder);
  for (guint i = 0; i < list->len; i++)
    if (run->json)
      json_provider (builder, g_ptr_array_index (list, i));
    else
      print_provider (g_ptr_array_index (list, i));
  json_builder_end_array (builder);
  if (run->json)
    cli_print_json (builder);
  if (engine_providers_get_problem () == NULL)
    return CLI_EXIT_OK;
  g_printerr ("postroom-cli: %s\n", engine_providers_get_problem ());
  return CLI_EXIT_DATA;
}

const CliVerb cli_providers_verb = {
  .name = "providers",
  .arguments = "",
  .summary = N_ ("List the mail providers that are known"),
  .details = N_ ("Their servers, and how a person signs in there. Your own file\n"
                 "~/.config/postroom/providers.ini lies on top of the one that is installed."),
  .private_office = TRUE,
  .run = providers,
};
