/* SPDX-License-Identifier: MIT */
#include "cli-input.h"
#include "cli-output.h"

#include <base-secret.h>
#include <base-text.h>

#include <glib/gi18n.h>
#include <string.h>

static char *password_file;

static const GOptionEntry password_options[] = {
  { "password-file", 0, 0, G_OPTION_ARG_FILENAME, &password_file,
    N_ ("Read the password from the first line of FILE (-: standard input)"), "FILE" },
  G_OPTION_ENTRY_NULL,
};

typedef void (*PasswordCall) (EngineServer *server,
                              const char *name,
                              const char *password,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);

static CliExit
finish (CliRun *run, const char *format, const char *name)
{
  EngineServer *server = engine_office_get_server (run->office);
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) result = cli_run_wait (run);

  if (!engine_server_finish (server, result, &error))
    return cli_fail (error);
  g_autofree char *shown = base_text_escape (name, -1);
  g_autofree char *address = g_strdup_printf ("%s@%s", shown, engine_server_get_domain (server));
  if (!run->json)
    cli_print ("%s: %s", address, format);
  return CLI_EXIT_OK;
}

static CliExit
with_password (CliRun *run, char **arguments, PasswordCall call, const char *done)
{
  g_autoptr (GError) error = NULL;

  if (g_strv_length (arguments) != 1)
    return cli_fail_usage (_ ("Name one user"));
  char *password = cli_read_password (password_file, _ ("Password:"), TRUE, &error);
  if (password == NULL)
    {
      cli_fail (error);
      return CLI_EXIT_DATA;
    }
  call (engine_office_get_server (run->office), arguments[0], password, run->cancellable,
        cli_run_ready, run);
  CliExit code = finish (run, done, arguments[0]);
  base_secret_wipe (password, strlen (password));
  g_free (password);
  return code;
}

static CliExit
user_add (CliRun *run, char **arguments)
{
  return with_password (run, arguments, engine_server_add_user_async, _ ("added"));
}

static CliExit
user_passwd (CliRun *run, char **arguments)
{
  return with_password (run, arguments, engine_server_set_password_async, _ ("password changed"));
}

static CliExit
user_remove (CliRun *run, char **arguments)
{
  if (g_strv_length (arguments) != 1)
    return cli_fail_usage (_ ("Name one user"));
  engine_server_remove_user_async (engine_office_get_server (run->office), arguments[0],
                                   run->cancellable, cli_run_ready, run);
  return finish (run, _ ("removed, with the letters waiting for it"), arguments[0]);
}

static void
print_users_json (GPtrArray *users, const char *domain)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < users->len; i++)
    {
      const StoreUser *user = g_ptr_array_index (users, i);
      g_autofree char *address = g_strdup_printf ("%s@%s", user->name, domain);
      json_builder_begin_object (builder);
      cli_json_string (builder, "name", user->name);
      cli_json_string (builder, "address", address);
      cli_json_time (builder, "created", user->created);
      cli_json_int (builder, "letters", user->letters);
      cli_json_int (builder, "octets", (gint64) user->octets);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  cli_print_json (builder);
}

static CliExit
user_list (CliRun *run, char **arguments)
{
  EngineServer *server = engine_office_get_server (run->office);
  g_autoptr (GError) error = NULL;

  if (*arguments != NULL)
    return cli_fail_usage (_ ("“user list” takes no argument"));
  g_autoptr (GPtrArray) users = engine_server_dup_users (server, &error);
  if (users == NULL)
    return cli_fail (error);
  if (run->json)
    {
      print_users_json (users, engine_server_get_domain (server));
      return CLI_EXIT_OK;
    }
  if (users->len == 0)
    cli_print (_ ("No users yet: “postroom-cli user add NAME” makes one."));
  for (guint i = 0; i < users->len; i++)
    {
      const StoreUser *user = g_ptr_array_index (users, i);
      g_autofree char *size = base_text_size (user->octets);
      cli_print (_ ("%s@%s  %u waiting, %s"), user->name, engine_server_get_domain (server),
                 user->letters, size);
    }
  return CLI_EXIT_OK;
}

const CliVerb cli_user_add_verb = {
  .name = "user add",
  .arguments = "NAME",
  .summary = N_ ("Add a user of the local server"),
  .options = password_options,
  .run = user_add,
};

const CliVerb cli_user_list_verb = {
  .name = "user list",
  .arguments = "",
  .summary = N_ ("List the local server's users"),
  .run = user_list,
};

const CliVerb cli_user_passwd_verb = {
  .name = "user passwd",
  .arguments = "NAME",
  .summary = N_ ("Change a user's password"),
  .options = password_options,
  .run = user_passwd,
};

const CliVerb cli_user_remove_verb = {
  .name = "user remove",
  .arguments = "NAME",
  .summary = N_ ("Remove a user and the letters waiting for it"),
  .run = user_remove,
};
