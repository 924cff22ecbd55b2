/* SPDX-License-Identifier: MIT */
#include "cli-help.h"
#include "cli-output.h"
#include "cli-shell.h"

#include <postroom-config.h>

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* clang-format off: one to a line, however short */
static const CliVerb *const verbs[] = {
  &cli_demo_verb,           &cli_serve_verb,
  &cli_server_stats_verb,   &cli_server_sessions_verb,
  &cli_server_trace_verb,   &cli_server_reload_verb,
  &cli_server_faults_verb,  &cli_server_expire_verb,
  &cli_server_backup_verb,  &cli_server_restore_verb,
  &cli_user_add_verb,       &cli_user_list_verb,
  &cli_user_passwd_verb,    &cli_user_disable_verb,
  &cli_user_enable_verb,    &cli_user_quota_verb,
  &cli_user_remove_verb,    &cli_alias_add_verb,
  &cli_alias_list_verb,     &cli_alias_remove_verb,
  &cli_domain_add_verb,     &cli_domain_list_verb,
  &cli_domain_remove_verb,  &cli_recall_verb,
  &cli_account_add_verb,    &cli_account_list_verb,
  &cli_account_remove_verb, &cli_account_login_verb,
  &cli_providers_verb,      &cli_send_verb,
  &cli_fetch_verb,          &cli_list_verb,
  &cli_search_verb,         &cli_show_verb,
  &cli_store_check_verb,    &cli_store_rebuild_verb,
  &cli_tag_add_verb,        &cli_tag_list_verb,
  &cli_tag_remove_verb,     &cli_reply_verb,
  &cli_forward_verb,        &cli_move_verb,
  &cli_mark_verb,           &cli_delete_verb,
  &cli_junk_mark_verb,      &cli_junk_explain_verb,
  &cli_junk_status_verb,    &cli_junk_allow_verb,
  &cli_junk_block_verb,     &cli_junk_unlist_verb,
  &cli_junk_train_verb,     &cli_junk_forget_verb,
  &cli_junk_rules_verb,     &cli_import_verb,
  &cli_export_verb,
};
/* clang-format on */

void
cli_run_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  CliRun *run = data;

  g_set_object (&run->result, result);
  g_main_loop_quit (run->loop);
}

GAsyncResult *
cli_run_wait (CliRun *run)
{
  while (run->result == NULL)
    g_main_loop_run (run->loop);
  return g_steal_pointer (&run->result);
}

void
cli_run_wait_for_signal (CliRun *run)
{
  while (!g_cancellable_is_cancelled (run->cancellable))
    g_main_loop_run (run->loop);
}

static gboolean
on_signal (gpointer data)
{
  CliRun *run = data;

  g_cancellable_cancel (run->cancellable);
  g_main_loop_quit (run->loop);
  return G_SOURCE_CONTINUE;
}

static void
on_shut_down (GObject *source, GAsyncResult *result, gpointer run)
{
  cli_run_ready (source, result, run);
}

const CliVerb *const *
cli_verbs_get (gsize *n_verbs)
{
  *n_verbs = G_N_ELEMENTS (verbs);
  return verbs;
}

static CliExit
run_verb (const CliVerb *verb, CliRun *run, char **arguments)
{
  g_autoptr (GError) error = NULL;

  if (!verb->private_office)
    {
      run->office = engine_office_open (run->directory, &error);
      if (run->office == NULL)
        {
          cli_fail (error);
          return CLI_EXIT_STORE;
        }
    }

  guint handlers[] = {
    g_unix_signal_add (SIGINT, on_signal, run),
    g_unix_signal_add (SIGTERM, on_signal, run),
  };
  CliExit code = verb->run (run, arguments);

  if (run->office != NULL)
    {
      engine_office_shut_down_async (run->office, on_shut_down, run);
      g_autoptr (GAsyncResult) result = cli_run_wait (run);
      engine_office_shut_down_finish (run->office, result);
      g_clear_object (&run->office);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_source_remove (handlers[i]);
  return code;
}

static void
set_directory (CliRun *run, const char *directory)
{
  g_free (run->directory);
  run->directory = g_strdup (directory);
}

/* Options before the verb belong to the program, those after it to the verb. */
static CliExit
take_common_options (CliRun *run, char ***arguments, gboolean *finished)
{
  char **words = *arguments;

  *finished = TRUE;
  for (; *words != NULL && **words == '-'; words++)
    {
      if (g_str_equal (*words, "--help") || g_str_equal (*words, "-h"))
        {
          cli_help_print ();
          return CLI_EXIT_OK;
        }
      if (g_str_equal (*words, "--version"))
        {
          g_print ("Postroom %s\n", POSTROOM_VERSION);
          return CLI_EXIT_OK;
        }
      if (g_str_equal (*words, "--json"))
        run->json = TRUE;
      else if (g_str_has_prefix (*words, "--data-dir="))
        set_directory (run, *words + strlen ("--data-dir="));
      else if (g_str_equal (*words, "--data-dir") && words[1] != NULL)
        set_directory (run, *++words);
      else
        return cli_fail_usage (_ ("Unknown option “%s”"), *words);
    }
  *arguments = words;
  *finished = FALSE;
  return CLI_EXIT_OK;
}

static CliExit
dispatch (CliRun *run, char **words)
{
  gboolean finished = FALSE;
  CliExit code = take_common_options (run, &words, &finished);
  if (finished)
    return code;
  if (*words == NULL && isatty (STDIN_FILENO) && isatty (STDOUT_FILENO))
    return cli_shell_run (run);
  if (*words == NULL)
    {
      cli_help_print ();
      return CLI_EXIT_USAGE;
    }
  if (g_str_equal (*words, "help") && words[1] == NULL)
    {
      if (run->json)
        cli_help_print_json ();
      else
        cli_help_print ();
      return CLI_EXIT_OK;
    }

  guint length = 0;
  const CliVerb *verb = cli_verbs_find (words, &length);
  if (verb == NULL)
    return cli_fail_usage (_ ("Unknown verb “%s”"), *words);
  words += length;

  const GOptionEntry common[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &run->json, N_ ("Print JSON, for scripts"), NULL },
    { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, &run->directory,
      N_ ("Keep letters, accounts and users in DIR"), "DIR" },
    G_OPTION_ENTRY_NULL,
  };
  g_autofree char *usage
      = g_strdup_printf ("%s%s%s", verb->arguments, *verb->arguments != '\0' ? " — " : "— ",
                         _ (verb->summary));
  g_autoptr (GOptionContext) context = g_option_context_new (usage);
  g_autoptr (GPtrArray) line = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  if (verb->details != NULL)
    g_option_context_set_description (context, _ (verb->details));
  if (verb->options != NULL)
    g_option_context_add_main_entries (context, verb->options, POSTROOM_GETTEXT_PACKAGE);
  g_option_context_add_main_entries (context, common, POSTROOM_GETTEXT_PACKAGE);

  g_ptr_array_add (line, g_strdup_printf ("postroom-cli %s", verb->name));
  g_set_prgname (line->pdata[0]);
  for (; *words != NULL; words++)
    g_ptr_array_add (line, g_strdup (*words));
  g_ptr_array_add (line, NULL);
  g_auto (GStrv) parsed = g_strdupv ((char **) line->pdata);
  if (!g_option_context_parse_strv (context, &parsed, &error))
    return cli_fail_usage ("%s", error->message);
  /* "--" parts options from arguments and is no argument itself. */
  char **rest = parsed + 1;
  if (*rest != NULL && g_str_equal (*rest, "--"))
    rest++;
  return run_verb (verb, run, rest);
}

int
main (int argc, char **argv)
{
  const char *texts = g_getenv ("POSTROOM_LOCALE_DIR");

  setlocale (LC_ALL, "");
  /* In a build tree the translations are not where they will be installed. */
  bindtextdomain (POSTROOM_GETTEXT_PACKAGE, texts != NULL ? texts : POSTROOM_LOCALE_DIR);
  bind_textdomain_codeset (POSTROOM_GETTEXT_PACKAGE, "UTF-8");
  textdomain (POSTROOM_GETTEXT_PACKAGE);
  /* A reader of our output that goes away is an error of writing, no death. */
  signal (SIGPIPE, SIG_IGN);

  engine_prepare ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  CliRun run = { .loop = loop, .cancellable = cancellable };
  CliExit code = dispatch (&run, argc > 0 ? argv + 1 : argv);

  g_clear_object (&run.result);
  g_free (run.directory);
  return code;
}
