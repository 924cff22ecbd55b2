/* SPDX-License-Identifier: MIT */
#include "cli-shell.h"

#include "cli-help.h"
#include "cli-letter.h"
#include "cli-output.h"

#include <glib/gi18n.h>
#include <postroom-config.h>
#include <string.h>

/* ---- the open folder ---- */

/* Ids of the open folder, newest first; another process may have changed it a moment ago. */
static GArray *
list_ids (CliShell *self)
{
  CliRun *run = self->run;
  g_autoptr (GError) error = NULL;

  run->office = engine_office_open (run->directory, &error);
  if (run->office == NULL)
    {
      cli_fail (error);
      return NULL;
    }
  EngineLetters *letters = engine_office_get_letters (run->office);
  engine_letters_list_async (letters, self->folder, NULL, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  GArray *ids = engine_letters_list_finish (letters, result, &error);

  engine_office_shut_down_async (run->office, cli_run_ready, run);
  g_autoptr (GAsyncResult) ended = cli_run_wait (run);
  engine_office_shut_down_finish (run->office, ended);
  g_clear_object (&run->office);
  if (ids == NULL)
    cli_fail (error);
  return ids;
}

static void
open_letter (CliShell *self, gint64 id)
{
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, id);
  const char *const show[] = { "show", number, NULL };
  const char *const mark[] = { "mark", "--quiet", number, NULL };

  if (cli_shell_start (self, show, TRUE) != CLI_EXIT_OK)
    return;
  self->letter = id;
  cli_shell_start (self, mark, FALSE);
}

/* Opens the letter @by places after the open one; where that one is gone, another has its place. */
static void
step (CliShell *self, int by)
{
  g_autoptr (GArray) ids = list_ids (self);
  gint64 place = self->place;
  gboolean there = FALSE;

  if (ids == NULL)
    return;
  for (guint i = 0; i < ids->len && !there; i++)
    if (g_array_index (ids, gint64, i) == self->letter)
      {
        place = i;
        there = TRUE;
      }
  if (there)
    place += by;
  else if (by < 0)
    place--;
  if (place < 0 || place >= ids->len)
    {
      cli_print (_ ("There is no other letter in %s."), store_folder_get_name (self->folder));
      return;
    }
  self->place = (guint) place;
  open_letter (self, g_array_index (ids, gint64, place));
}

/* ---- words of the shell's own ---- */

static void
do_open (CliShell *self, char **words)
{
  StoreFolder folder = STORE_FOLDER_INBOX;

  if (words[1] != NULL && !store_folder_from_name (words[1], &folder))
    {
      cli_print (_ ("The folders are Inbox, Sent, Drafts, Outbox, Trash and Junk"));
      return;
    }
  self->folder = folder;
  self->letter = 0;
  self->place = 0;
  const char *const list[] = { "list", store_folder_get_name (folder), NULL };
  cli_shell_start (self, list, TRUE);
}

static void
do_read (CliShell *self, char **words)
{
  g_autoptr (GArray) ids = words[1] != NULL ? cli_letter_parse_ids (words + 1) : NULL;

  if (ids != NULL && ids->len == 1)
    open_letter (self, g_array_index (ids, gint64, 0));
  else if (words[1] == NULL && self->letter != 0)
    open_letter (self, self->letter);
  else if (words[1] == NULL)
    step (self, 1);
  else
    cli_print (_ ("Name one letter by the number that “list” prints"));
}

static void
do_next (CliShell *self, char **words)
{
  step (self, 1);
}

static void
do_previous (CliShell *self, char **words)
{
  step (self, -1);
}

static void
do_save (CliShell *self, char **words)
{
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, self->letter);
  g_autofree char *where = g_strconcat ("--save=", words[1] != NULL ? words[1] : ".", NULL);
  const char *const save[] = { "show", number, where, NULL };

  if (self->letter == 0)
    cli_print (_ ("No letter is open: “read” opens one"));
  else
    cli_shell_start (self, save, FALSE);
}

/* An answer to @question; NULL when the person gave up. */
static char *
ask (CliShell *self, const char *question)
{
  return cli_line_read (self->line, question, FALSE);
}

static gboolean
add_answer (CliShell *self, GStrvBuilder *line, const char *option, const char *question)
{
  g_autofree char *answer = ask (self, question);

  if (answer != NULL && *answer != '\0')
    {
      g_autofree char *word = g_strconcat (option, answer, NULL);
      g_strv_builder_add (line, word);
    }
  return answer != NULL;
}

static gboolean
add_attachments (CliShell *self, GStrvBuilder *line)
{
  for (;;)
    {
      g_autofree char *path = ask (self, _ ("Attach (nothing: no more):"));

      if (path == NULL || *path == '\0')
        return path != NULL;
      if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
        cli_print (_ ("There is no file “%s”"), path);
      else
        {
          g_autofree char *word = g_strconcat ("--attach=", path, NULL);
          g_strv_builder_add (line, word);
        }
    }
}

/* Asks for a letter piece by piece; its text is then read by "send" itself. */
static void
do_write (CliShell *self, char **words)
{
  g_autoptr (GStrvBuilder) line = g_strv_builder_new ();

  g_strv_builder_add (line, "send");
  if (words[1] != NULL)
    {
      g_autofree char *to = g_strjoinv (" ", words + 1);
      g_autofree char *word = g_strconcat ("--to=", to, NULL);
      g_strv_builder_add (line, word);
    }
  if ((words[1] == NULL && !add_answer (self, line, "--to=", _ ("To:")))
      || !add_answer (self, line, "--cc=", _ ("Copy to:"))
      || !add_answer (self, line, "--subject=", _ ("Subject:")) || !add_attachments (self, line))
    {
      cli_print (_ ("The letter was not sent."));
      return;
    }
  g_auto (GStrv) arguments = g_strv_builder_end (line);
  cli_shell_start (self, (const char *const *) arguments, FALSE);
}

static void
do_quit (CliShell *self, char **words)
{
  self->leaving = TRUE;
}

static void
do_help (CliShell *self, char **words)
{
  const char *const all[] = { "help", NULL };

  if (words[1] != NULL)
    {
      g_autoptr (GStrvBuilder) line = g_strv_builder_new ();
      g_strv_builder_addv (line, (const char **) words + 1);
      g_strv_builder_add (line, "--help");
      g_auto (GStrv) arguments = g_strv_builder_end (line);
      cli_shell_start (self, (const char *const *) arguments, TRUE);
      return;
    }
  cli_print ("%s", _ ("Words of this shell:"));
  for (const CliShellWord *word = cli_shell_get_words (); word->name != NULL; word++)
    {
      g_autofree char *call = g_strdup_printf ("%s %s", word->name, word->arguments);
      cli_print ("  %-28s %s", call, _ (word->summary));
    }
  cli_print ("\n%s\n",
             _ ("“reply”, “forward”, “show”, “mark”, “move” and “delete” without a number "
                "are about\nthe letter that is open. Every verb works as it is:"));
  cli_shell_start (self, all, FALSE);
}

static const CliShellWord own_words[] = {
  { "open", "[FOLDER]", N_ ("Open a folder, and list it"), do_open },
  { "read", "[ID]", N_ ("Open a letter: it is shown, and marked as read"), do_read },
  { "next", "", N_ ("Open the next letter of the folder"), do_next },
  { "previous", "", N_ ("Open the letter before it"), do_previous },
  { "save", "[DIR]", N_ ("Save the open letter's attachments"), do_save },
  { "write", "[ADDRESS]", N_ ("Write a letter, asked piece by piece"), do_write },
  { "help", "[VERB]", N_ ("Print this, or a verb's own help"), do_help },
  { "quit", "", N_ ("Leave; Ctrl+D does it too"), do_quit },
  { NULL, NULL, NULL, NULL },
};

const CliShellWord *
cli_shell_get_words (void)
{
  return own_words;
}

/* ---- lines ---- */

/* Adds the open letter, or folder, where a verb names none. */
static char **
complete_line (CliShell *self, const CliVerb *verb, char **words)
{
  static const char *const about_letters[]
      = { "reply", "forward", "show", "mark", "move", "delete", NULL };
  g_autoptr (GStrvBuilder) line = g_strv_builder_new ();
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, self->letter);
  guint named = 0;

  for (char **word = words + 1; *word != NULL; word++)
    if (**word != '-')
      named++;
  g_strv_builder_addv (line, (const char **) words);
  if (g_strv_contains ((const char *const *) words, "--help"))
    return g_strv_builder_end (line);
  if (g_strv_contains (about_letters, verb->name) && self->letter != 0
      && named == (g_str_equal (verb->name, "move") ? 1 : 0))
    g_strv_builder_add (line, number);
  if (g_str_equal (verb->name, "list") && named == 0)
    g_strv_builder_add (line, store_folder_get_name (self->folder));
  return g_strv_builder_end (line);
}

static void
do_verb (CliShell *self, char **words)
{
  guint length = 0;
  const CliVerb *verb = cli_verbs_find (words, &length);

  if (verb == NULL)
    {
      cli_print (_ ("Unknown word “%s”; “help” tells all"), words[0]);
      return;
    }
  g_auto (GStrv) line = complete_line (self, verb, words);
  cli_shell_start (self, (const char *const *) line, cli_shell_is_paged (verb, line));
}

static void
do_line (CliShell *self, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) words = NULL;
  int n_words;

  if (!g_shell_parse_argv (text, &n_words, &words, &error))
    {
      if (!g_error_matches (error, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING))
        cli_fail (error);
      return;
    }
  for (const CliShellWord *word = own_words; word->name != NULL; word++)
    if (g_str_equal (word->name, words[0])
        || (g_str_equal (words[0], "exit") && word->run == do_quit))
      {
        word->run (self, words);
        return;
      }
  do_verb (self, words);
}

/* A password on the line is not for the file, nor is what begins with a space. */
static gboolean
is_remembered (const char *text)
{
  return *text != '\0' && *text != ' ' && strstr (text, "--user=") == NULL;
}

static char *
dup_prompt (CliShell *self)
{
  const char *folder = store_folder_get_name (self->folder);

  return self->letter != 0 ? g_strdup_printf ("%s %" G_GINT64_FORMAT ">", folder, self->letter)
                           : g_strdup_printf ("%s>", folder);
}

CliExit
cli_shell_run (CliRun *run)
{
  CliShell self = { .run = run, .folder = STORE_FOLDER_INBOX, .colour = cli_may_colour () };
  g_autofree char *path = g_build_filename (g_get_user_state_dir (), "postroom", "history", NULL);
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (CliLine) line = cli_line_new (path, cli_shell_complete, &self);

  self.program = program != NULL ? program : (char *) "postroom-cli";
  self.line = line;
  cli_print (_ ("Postroom %s. “help” tells what there is to say, Ctrl+D leaves."),
             POSTROOM_VERSION);
  while (!self.leaving)
    {
      g_autofree char *prompt = dup_prompt (&self);
      g_autofree char *text = cli_line_read (line, prompt, self.colour);

      if (text == NULL)
        break;
      if (is_remembered (text))
        cli_line_remember (line, text);
      do_line (&self, text);
    }
  return CLI_EXIT_OK;
}
