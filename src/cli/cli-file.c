/* SPDX-License-Identifier: MIT */
#include "cli-letter.h"
#include "cli-output.h"

#include <glib/gi18n.h>

static gboolean unread;
static gboolean starred;
static gboolean unstarred;
static gboolean for_good;
static gboolean quiet;

static const GOptionEntry mark_options[] = {
  { "unread", 0, 0, G_OPTION_ARG_NONE, &unread, N_ ("Mark as not read"), NULL },
  { "star", 0, 0, G_OPTION_ARG_NONE, &starred, N_ ("Put a star on them"), NULL },
  { "unstar", 0, 0, G_OPTION_ARG_NONE, &unstarred, N_ ("Take the star off"), NULL },
  { "quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, N_ ("Do not say how many were marked"), NULL },
  G_OPTION_ENTRY_NULL,
};

static const GOptionEntry delete_options[] = {
  { "for-good", 0, 0, G_OPTION_ARG_NONE, &for_good,
    N_ ("Delete them for good, from whichever folder"), NULL },
  G_OPTION_ENTRY_NULL,
};

static CliExit
finish (CliRun *run, const char *done)
{
  EngineLetters *letters = engine_office_get_letters (run->office);
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) result = cli_run_wait (run);

  if (!engine_letters_finish (letters, result, &error))
    return cli_fail (error);
  if (!run->json && !quiet)
    cli_print ("%s", done);
  return CLI_EXIT_OK;
}

/* The letters that @words name, all of which are there; otherwise says what is wrong. */
static GArray *
find_letters (CliRun *run, char **words, GPtrArray **rows, CliExit *code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) ids = cli_letter_parse_ids (words);

  if (ids == NULL)
    {
      *code = cli_fail_usage (_ ("Name letters by the numbers that “postroom-cli list” prints"));
      return NULL;
    }
  *rows = cli_letter_load (run, ids, &error);
  if (*rows != NULL)
    return g_steal_pointer (&ids);
  *code = cli_fail (error);
  return NULL;
}

/* A letter on its way out leaves the Outbox by being sent or deleted, not by being filed. */
static gboolean
is_unsent (GPtrArray *rows)
{
  for (guint i = 0; i < rows->len; i++)
    {
      const StoreLetter *row = g_ptr_array_index (rows, i);
      if (row->folder == STORE_FOLDER_OUTBOX || row->folder == STORE_FOLDER_DRAFTS)
        return TRUE;
    }
  return FALSE;
}

static CliExit
move (CliRun *run, char **arguments)
{
  StoreFolder folder;
  CliExit code = CLI_EXIT_OK;
  g_autoptr (GPtrArray) rows = NULL;

  if (*arguments == NULL || !store_folder_from_name (*arguments, &folder)
      || folder == STORE_FOLDER_OUTBOX || folder == STORE_FOLDER_DRAFTS)
    return cli_fail_usage (_ ("Name a folder first: Inbox, Sent, Junk or Trash"));
  g_autoptr (GArray) ids = find_letters (run, arguments + 1, &rows, &code);
  if (ids == NULL)
    return code;
  if (is_unsent (rows))
    {
      g_printerr ("postroom-cli: %s\n", _ ("A letter that is not sent cannot be moved"));
      return CLI_EXIT_DATA;
    }
  engine_letters_move_async (engine_office_get_letters (run->office),
                             (const gint64 *) (gpointer) ids->data, ids->len, folder,
                             run->cancellable, cli_run_ready, run);
  g_autofree char *done
      = g_strdup_printf (ngettext ("%u letter moved", "%u letters moved", ids->len), ids->len);
  return finish (run, done);
}

static CliExit
mark (CliRun *run, char **arguments)
{
  EngineFlag flag = starred || unstarred ? ENGINE_FLAG_FLAGGED : ENGINE_FLAG_SEEN;
  gboolean value = starred || (!unstarred && !unread);
  CliExit code = CLI_EXIT_OK;
  g_autoptr (GPtrArray) rows = NULL;

  if (unread + starred + unstarred > 1)
    return cli_fail_usage (_ ("Only one of --unread, --star and --unstar can be true"));
  g_autoptr (GArray) ids = find_letters (run, arguments, &rows, &code);
  if (ids == NULL)
    return code;
  engine_letters_set_flag_async (engine_office_get_letters (run->office),
                                 (const gint64 *) (gpointer) ids->data, ids->len, flag, value,
                                 run->cancellable, cli_run_ready, run);
  g_autofree char *done
      = g_strdup_printf (ngettext ("%u letter marked", "%u letters marked", ids->len), ids->len);
  return finish (run, done);
}

static CliExit delete (CliRun *run, char **arguments)
{
  EngineLetters *letters = engine_office_get_letters (run->office);
  CliExit code = CLI_EXIT_OK;
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GArray) ids = find_letters (run, arguments, &rows, &code);

  if (ids == NULL)
    return code;
  if (for_good)
    {
      engine_letters_delete_async (letters, (const gint64 *) (gpointer) ids->data, ids->len,
                                   run->cancellable, cli_run_ready, run);
      g_autofree char *done
          = g_strdup_printf (ngettext ("%u letter deleted", "%u letters deleted", ids->len),
                             ids->len);
      return finish (run, done);
    }
  if (is_unsent (rows))
    {
      g_printerr ("postroom-cli: %s\n",
                  _ ("A letter that is not sent is deleted with --for-good alone"));
      return CLI_EXIT_DATA;
    }
  engine_letters_move_async (letters, (const gint64 *) (gpointer) ids->data, ids->len,
                             STORE_FOLDER_TRASH, run->cancellable, cli_run_ready, run);
  g_autofree char *done = g_strdup_printf (ngettext ("%u letter moved to Trash",
                                                     "%u letters moved to Trash", ids->len),
                                           ids->len);
  return finish (run, done);
}

const CliVerb cli_move_verb = {
  .name = "move",
  .arguments = "FOLDER ID…",
  .summary = N_ ("Move letters to another folder"),
  .run = move,
};

const CliVerb cli_mark_verb = {
  .name = "mark",
  .arguments = "ID…",
  .summary = N_ ("Mark letters as read, or otherwise"),
  .options = mark_options,
  .run = mark,
};

const CliVerb cli_delete_verb = {
  .name = "delete",
  .arguments = "ID…",
  .summary = N_ ("Move letters to Trash, or delete them for good"),
  .options = delete_options,
  .run = delete,
};
