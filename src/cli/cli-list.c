/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <base-text.h>

#include <glib/gi18n.h>

static int limit = 50;
static gboolean unseen;

static const GOptionEntry options[] = {
  { "limit", 'n', 0, G_OPTION_ARG_INT, &limit, N_ ("At most N letters (50; 0: all)"), "N" },
  { "unread", 0, 0, G_OPTION_ARG_NONE, &unseen, N_ ("Only letters not read yet"), NULL },
  G_OPTION_ENTRY_NULL,
};

static GPtrArray *
load_letters (CliRun *run, StoreFolder folder, GError **error)
{
  EngineLetters *letters = engine_office_get_letters (run->office);

  engine_letters_list_async (letters, folder, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) listed = cli_run_wait (run);
  g_autoptr (GArray) ids = engine_letters_list_finish (letters, listed, error);
  if (ids == NULL)
    return NULL;
  gsize count = ids->len;
  if (limit > 0 && !unseen)
    count = MIN (count, (gsize) limit);
  engine_letters_load_async (letters, (const gint64 *) (gpointer) ids->data, count,
                             run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) loaded = cli_run_wait (run);
  return engine_letters_load_finish (letters, loaded, error);
}

static void
print_letter (const StoreLetter *letter)
{
  g_autofree char *time = cli_format_time (letter->date);
  const char *who = letter->folder == STORE_FOLDER_INBOX || letter->folder == STORE_FOLDER_JUNK
                            || letter->folder == STORE_FOLDER_TRASH
                        ? letter->from
                        : letter->to;
  g_autofree char *person = base_text_escape (who != NULL ? who : "", -1);
  g_autofree char *title = base_text_escape (letter->subject, -1);

  gboolean bold = !letter->seen && cli_may_colour ();

  g_print ("%s", bold ? "\033[1m" : "");
  cli_print ("%6" G_GINT64_FORMAT " %s%s%s %s  %s  %s", letter->id, letter->seen ? " " : "*",
             letter->has_attachments ? "@" : " ", letter->partial > 0 ? "+" : " ", time, person,
             title);
  g_print ("%s", bold ? "\033[0m" : "");
}

static CliExit
list (CliRun *run, char **arguments)
{
  StoreFolder folder = STORE_FOLDER_INBOX;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  guint shown = 0;

  if (g_strv_length (arguments) > 1
      || (*arguments != NULL && !store_folder_from_name (*arguments, &folder)))
    return cli_fail_usage (_ ("The folders are Inbox, Sent, Drafts, Outbox, Trash and Junk"));
  g_autoptr (GPtrArray) letters = load_letters (run, folder, &error);
  if (letters == NULL)
    return cli_fail (error);

  json_builder_begin_array (builder);
  for (guint i = 0; i < letters->len && (limit <= 0 || shown < (guint) limit); i++)
    {
      const StoreLetter *letter = g_ptr_array_index (letters, i);
      if (unseen && letter->seen)
        continue;
      if (run->json)
        cli_json_letter (builder, letter);
      else
        print_letter (letter);
      shown++;
    }
  json_builder_end_array (builder);
  if (run->json)
    cli_print_json (builder);
  else if (shown == 0)
    cli_print (_ ("Nothing in %s."), store_folder_get_name (folder));
  return CLI_EXIT_OK;
}

const CliVerb cli_list_verb = {
  .name = "list",
  .arguments = "[FOLDER]",
  .summary = N_ ("List the letters of a folder, newest first"),
  .details
  = N_ ("“*” marks a letter not read yet, “@” one with attachments, “+” one of which only\n"
        "the beginning is here (“postroom-cli fetch --rest”). The first column is the id that\n"
        "“postroom-cli show” takes."),
  .options = options,
  .run = list,
};
