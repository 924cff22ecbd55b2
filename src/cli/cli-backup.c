/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <engine-backup.h>

#include <glib/gi18n.h>

typedef void (*Begin) (const char *directory,
                       const char *other,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data);

/* *@letters were copied. */
static CliExit
copy (CliRun *run, char **arguments, Begin begin, guint *letters)
{
  g_autofree char *usual = g_build_filename (g_get_user_data_dir (), "postroom", NULL);
  g_autoptr (GError) error = NULL;

  if (g_strv_length (arguments) != 1)
    return cli_fail_usage (_ ("Give one directory"));
  begin (run->directory != NULL ? run->directory : usual, arguments[0], run->cancellable,
         cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  return engine_backup_finish (result, letters, &error) ? CLI_EXIT_OK : cli_fail (error);
}

static void
print (CliRun *run, const char *directory, guint letters, const char *words)
{
  if (!run->json)
    {
      cli_print ("%s", words);
      return;
    }
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  json_builder_begin_object (builder);
  cli_json_string (builder, "directory", directory);
  cli_json_int (builder, "letters", letters);
  json_builder_end_object (builder);
  cli_print_json (builder);
}

static CliExit
backup (CliRun *run, char **arguments)
{
  guint letters = 0;
  CliExit code = copy (run, arguments, engine_backup_async, &letters);

  if (code == CLI_EXIT_OK)
    {
      g_autofree char *words
          = g_strdup_printf (ngettext ("%u letter is in “%s”.", "%u letters are in “%s”.", letters),
                             letters, arguments[0]);
      print (run, arguments[0], letters, words);
    }
  return code;
}

static CliExit
restore (CliRun *run, char **arguments)
{
  guint letters = 0;
  CliExit code = copy (run, arguments, engine_restore_async, &letters);

  if (code == CLI_EXIT_OK)
    {
      g_autofree char *words
          = g_strdup_printf (ngettext ("%u letter is back.", "%u letters are back.", letters),
                             letters);
      print (run, arguments[0], letters, words);
    }
  return code;
}

const CliVerb cli_server_backup_verb = {
  .name = "server backup",
  .arguments = "DIR",
  .summary = N_ ("Copy the local server, also while it runs"),
  .details
  = N_ ("Users, aliases, maildrops, settings and certificate as they are at one moment. DIR must\n"
        "not exist; it appears when the copy is whole and checked. It can be given to “server\n"
        "restore”, or as --data-dir to “serve”."),
  .private_office = TRUE,
  .run = backup,
};

const CliVerb cli_server_restore_verb = {
  .name = "server restore",
  .arguments = "DIR",
  .summary = N_ ("Make a backup the local server again"),
  .details
  = N_ ("There must be no local server in the data directory: nothing is overwritten. Move\n"
        "the folder “server” away first, or name another --data-dir."),
  .private_office = TRUE,
  .run = restore,
};
