/* SPDX-License-Identifier: MIT */
#include "cli-input.h"
#include "cli-output.h"

#include <base-secret.h>
#include <base-text.h>
#include <engine-server-mailboxes.h>

#include <glib/gi18n.h>
#include <string.h>

static char *password_file;

static const GOptionEntry password_options[] = {
  { "password-file", 0, 0, G_OPTION_ARG_FILENAME, &password_file,
    N_ ("Read the password from the first line of FILE (-: standard input)"), "FILE" },
  G_OPTION_ENTRY_NULL,
};

static gint64 quota_octets = -1;
static gint64 quota_letters = -1;

static const GOptionEntry quota_options[] = {
  { "octets", 0, 0, G_OPTION_ARG_INT64, &quota_octets,
    N_ ("The maildrop may hold N octets (0: any)"), "N" },
  { "letters", 0, 0, G_OPTION_ARG_INT64, &quota_letters,
    N_ ("The maildrop may hold N letters (0: any)"), "N" },
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

static CliExit
set_disabled (CliRun *run, char **arguments, gboolean disabled, const char *done)
{
  if (g_strv_length (arguments) != 1)
    return cli_fail_usage (_ ("Name one user"));
  engine_server_set_disabled_async (engine_office_get_server (run->office), arguments[0], disabled,
                                    run->cancellable, cli_run_ready, run);
  return finish (run, done, arguments[0]);
}

static CliExit
user_disable (CliRun *run, char **arguments)
{
  return set_disabled (run, arguments, TRUE, _ ("disabled; what waits in the maildrop stays"));
}

static CliExit
user_enable (CliRun *run, char **arguments)
{
  return set_disabled (run, arguments, FALSE, _ ("enabled"));
}

/* ---- quotas ---- */

static const StoreUser *
find_user (GPtrArray *users, const char *name)
{
  for (guint i = 0; i < users->len; i++)
    {
      const StoreUser *user = g_ptr_array_index (users, i);
      if (g_ascii_strcasecmp (user->name, name) == 0)
        return user;
    }
  return NULL;
}

static void
print_quota (CliRun *run, const StoreUser *user)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  cli_json_string (builder, "name", user->name);
  cli_json_int (builder, "octets", (gint64) user->octets);
  cli_json_int (builder, "letters", user->letters);
  cli_json_int (builder, "quota_octets", (gint64) user->quota_octets);
  cli_json_int (builder, "quota_letters", user->quota_letters);
  json_builder_end_object (builder);
  if (run->json)
    {
      cli_print_json (builder);
      return;
    }

  g_autofree char *size = base_text_size (user->octets);
  g_autofree char *limit = base_text_size (user->quota_octets);
  if (user->quota_octets > 0)
    cli_print (_ ("%s of %s"), size, limit);
  else
    cli_print (_ ("%s, no limit"), size);
  if (user->quota_letters > 0)
    cli_print (_ ("%u of %u letters"), user->letters, user->quota_letters);
  else
    cli_print (_ ("%u letters, no limit"), user->letters);
}

static CliExit
user_quota (CliRun *run, char **arguments)
{
  EngineServer *server = engine_office_get_server (run->office);
  g_autoptr (GError) error = NULL;

  if (g_strv_length (arguments) != 1)
    return cli_fail_usage (_ ("Name one user"));
  if (quota_octets < -1 || quota_letters < -1 || quota_letters > G_MAXUINT32)
    return cli_fail_usage (_ ("A quota is a number, 0 for none"));
  g_autoptr (GPtrArray) users = engine_server_dup_users (server, &error);
  if (users == NULL)
    return cli_fail (error);
  const StoreUser *user = find_user (users, arguments[0]);
  if (user != NULL && quota_octets < 0 && quota_letters < 0)
    {
      print_quota (run, user);
      return CLI_EXIT_OK;
    }
  /* One that is not there is refused with the right words. */
  engine_server_set_quota_async (server, arguments[0],
                                 quota_octets >= 0 || user == NULL ? (guint64) MAX (quota_octets, 0)
                                                                   : user->quota_octets,
                                 quota_letters >= 0 || user == NULL ? (guint) MAX (quota_letters, 0)
                                                                    : user->quota_letters,
                                 run->cancellable, cli_run_ready, run);
  return finish (run, _ ("quota changed"), arguments[0]);
}

/* ---- the list ---- */

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
      cli_json_int (builder, "quota_octets", (gint64) user->quota_octets);
      cli_json_int (builder, "quota_letters", user->quota_letters);
      cli_json_boolean (builder, "disabled", user->disabled);
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
      cli_print (_ ("%s@%s  %u waiting, %s%s"), user->name, engine_server_get_domain (server),
                 user->letters, size, user->disabled ? _ (", disabled") : "");
    }
  return CLI_EXIT_OK;
}

const CliVerb cli_user_add_verb = {
  .name = "user add",
  .arguments = "NAME",
  .summary = N_ ("Add a user of the local server"),
  .details = N_ ("SCRAM keys are kept of the password, from which it does not come back; beside\n"
                 "them the password itself, if the server runs with --demonstration-auth."),
  .options = password_options,
  .run = user_add,
};

const CliVerb cli_user_disable_verb = {
  .name = "user disable",
  .arguments = "NAME",
  .summary = N_ ("Let a user neither log in nor get letters"),
  .run = user_disable,
};

const CliVerb cli_user_enable_verb = {
  .name = "user enable",
  .arguments = "NAME",
  .summary = N_ ("Undo “user disable”"),
  .run = user_enable,
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
  .details = N_ ("SCRAM keys are kept of the password, from which it does not come back; beside\n"
                 "them the password itself, if the server runs with --demonstration-auth."),
  .options = password_options,
  .run = user_passwd,
};

const CliVerb cli_user_quota_verb = {
  .name = "user quota",
  .arguments = "NAME",
  .summary = N_ ("Show or set what a user's maildrop may hold"),
  .details = N_ ("Letters for a full maildrop are refused for the time being (452), one that is\n"
                 "larger than the quota for good (552)."),
  .options = quota_options,
  .run = user_quota,
};

const CliVerb cli_user_remove_verb = {
  .name = "user remove",
  .arguments = "NAME",
  .summary = N_ ("Remove a user and the letters waiting for it"),
  .run = user_remove,
};
