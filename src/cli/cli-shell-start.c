/* SPDX-License-Identifier: MIT */
#include "cli-output.h"
#include "cli-shell.h"

#include <glib/gi18n.h>
#include <string.h>

static const char *const paged_verbs[]
    = { "list",      "show",       "search",      "server sessions", "server stats",
        "user list", "alias list", "domain list", "account list",    NULL };

gboolean
cli_shell_is_paged (const CliVerb *verb, char **words)
{
  /* An attachment's octets, or a file's name, are not read on a screen. */
  for (char **word = words; *word != NULL; word++)
    if (g_str_has_prefix (*word, "--save"))
      return FALSE;
  return g_strv_contains (paged_verbs, verb->name)
         || g_strv_contains ((const char *const *) words, "--help");
}

/* "less" leaves at once when everything fits on the screen. */
static GSubprocess *
start_pager (void)
{
  const char *named = g_getenv ("PAGER");
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE);
  const char *const shell[] = { "sh", "-c", named, NULL };
  const char *const less[] = { "less", NULL };

  g_subprocess_launcher_setenv (launcher, "LESS", "FRX", FALSE);
  return g_subprocess_launcher_spawnv (launcher, named != NULL && *named != '\0' ? shell : less,
                                       NULL);
}

/* Lets @child's output run into @pager until both have ended. */
static void
page (GSubprocess *child, GSubprocess *pager)
{
  /* A pager that was left ends the pipe, and with it the verb. */
  g_output_stream_splice (g_subprocess_get_stdin_pipe (pager), g_subprocess_get_stdout_pipe (child),
                          G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                          NULL, NULL);
  g_subprocess_wait (pager, NULL, NULL);
}

CliExit
cli_shell_start (CliShell *shell, const char *const *words, gboolean paged)
{
  g_autoptr (GStrvBuilder) line = g_strv_builder_new ();
  g_autoptr (GSubprocess) pager = paged && !shell->run->json ? start_pager () : NULL;
  GSubprocessFlags flags = G_SUBPROCESS_FLAGS_STDIN_INHERIT;
  g_autoptr (GError) error = NULL;

  g_strv_builder_add (line, shell->program);
  if (shell->run->directory != NULL)
    g_strv_builder_add_many (line, "--data-dir", shell->run->directory, NULL);
  if (shell->run->json)
    g_strv_builder_add (line, "--json");
  g_strv_builder_addv (line, (const char **) words);
  if (pager != NULL)
    flags |= G_SUBPROCESS_FLAGS_STDOUT_PIPE;

  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (flags);
  g_auto (GStrv) arguments = g_strv_builder_end (line);
  /* The pager is on the terminal even though the verb is not. */
  if (pager != NULL && shell->colour)
    g_subprocess_launcher_setenv (launcher, "CLICOLOR_FORCE", "1", TRUE);
  g_autoptr (GSubprocess) child
      = g_subprocess_launcher_spawnv (launcher, (const char *const *) arguments, &error);
  if (child == NULL)
    return cli_fail (error);
  if (pager != NULL)
    page (child, pager);
  g_subprocess_wait (child, NULL, NULL);
  return g_subprocess_get_if_exited (child) ? (CliExit) g_subprocess_get_exit_status (child)
                                            : CLI_EXIT_FAILURE;
}
