/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <base-text.h>
#include <engine-export.h>

#include <glib/gi18n.h>
#include <unistd.h>

static char *into;
static char *from;
static char *dialect;
static char *form;
static gboolean unread;

static const GOptionEntry import_options[] = {
  { "folder", 0, 0, G_OPTION_ARG_STRING, &into, N_ ("Put the letters into FOLDER (Inbox)"),
    "FOLDER" },
  { "dialect", 0, 0, G_OPTION_ARG_STRING, &dialect,
    N_ ("How an mbox was written: mboxo, mboxrd, mboxcl or mboxcl2, if what is in it should not "
        "tell"),
    "NAME" },
  { "unread", 0, 0, G_OPTION_ARG_NONE, &unread,
    N_ ("Letters that do not tell whether they were read are unread"), NULL },
  G_OPTION_ENTRY_NULL,
};

static const GOptionEntry export_options[] = {
  { "folder", 0, 0, G_OPTION_ARG_STRING, &from, N_ ("The letters of FOLDER (Inbox)"), "FOLDER" },
  { "format", 0, 0, G_OPTION_ARG_STRING, &form,
    N_ ("Write an mbox (as without this), a maildir, or a folder of .eml files: mbox, maildir, "
        "eml"),
    "NAME" },
  { "dialect", 0, 0, G_OPTION_ARG_STRING, &dialect,
    N_ ("Of the mbox: mboxo, mboxrd (as without this), mboxcl or mboxcl2"), "NAME" },
  G_OPTION_ENTRY_NULL,
};

/* One line on a terminal, written over and over. */
static void
on_progress (const EngineTransferCounts *counts, gpointer user_data)
{
  g_autofree char *line
      = g_strdup_printf (ngettext ("%u letter, %u %%", "%u letters, %u %%", counts->letters),
                         counts->letters, counts->percent);

  g_printerr ("\r%s\033[K", line);
}

static gboolean
shows_progress (CliRun *run)
{
  return !run->json && isatty (STDERR_FILENO);
}

static gboolean
read_folder (const char *name, StoreFolder *folder)
{
  return name == NULL || (store_folder_from_name (name, folder) && *folder != STORE_FOLDER_OUTBOX);
}

static void
print_notes (GPtrArray *notes)
{
  for (guint i = 0; i < notes->len; i++)
    {
      g_autofree char *text = base_text_escape (notes->pdata[i], -1);
      g_printerr ("postroom-cli: %s\n", text);
    }
}

static void
print_import (CliRun *run, const EngineTransferCounts *counts, GPtrArray *notes)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (!run->json)
    {
      cli_print (ngettext ("%u letter came.", "%u letters came.", counts->letters),
                 counts->letters);
      if (counts->same > 0)
        cli_print (ngettext ("%u was here already.", "%u were here already.", counts->same),
                   counts->same);
      return;
    }
  json_builder_begin_object (builder);
  cli_json_int (builder, "letters", counts->letters);
  cli_json_int (builder, "same", counts->same);
  cli_json_int (builder, "problems", notes->len);
  json_builder_end_object (builder);
  cli_print_json (builder);
}

static CliExit
import (CliRun *run, char **arguments)
{
  EngineLetters *letters = engine_office_get_letters (run->office);
  EngineImport options = { .folder = STORE_FOLDER_INBOX, .unread = unread };
  EngineTransferCounts counts;
  g_autoptr (GPtrArray) notes = NULL;
  g_autoptr (GError) error = NULL;

  if (*arguments == NULL)
    return cli_fail_usage (_ ("Name the files and folders to import"));
  if (!read_folder (into, &options.folder))
    return cli_fail_usage (_ ("Letters go into Inbox, Sent, Drafts, Trash or Junk"));
  if (dialect != NULL && !message_mbox_dialect_parse (dialect, &options.dialect))
    return cli_fail_usage (_ ("The dialects are mboxo, mboxrd, mboxcl and mboxcl2"));
  options.progress = shows_progress (run) ? on_progress : NULL;
  engine_import_async (letters, (const char *const *) arguments, &options, run->cancellable,
                       cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  gboolean done = engine_import_finish (result, &counts, &notes, &error);

  if (options.progress != NULL)
    g_printerr ("\r\033[K");
  print_import (run, &counts, notes);
  print_notes (notes);
  if (!done)
    return cli_fail (error);
  return notes->len > 0 ? CLI_EXIT_STORE : CLI_EXIT_OK;
}

static gboolean
read_form (EngineExport *options)
{
  static const char *const names[] = { "eml", "mbox", "maildir" };

  options->form = ENGINE_EXPORT_MBOX;
  options->dialect = MESSAGE_MBOX_RD;
  for (guint i = 0; form != NULL; i++)
    {
      if (i == G_N_ELEMENTS (names))
        return FALSE;
      if (g_ascii_strcasecmp (form, names[i]) == 0)
        {
          options->form = (EngineExportForm) i;
          break;
        }
    }
  return dialect == NULL
         || (options->form == ENGINE_EXPORT_MBOX
             && message_mbox_dialect_parse (dialect, &options->dialect));
}

static CliExit export(CliRun *run, char **arguments)
{
  EngineLetters *letters = engine_office_get_letters (run->office);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  StoreFolder folder = STORE_FOLDER_INBOX;
  EngineExport options = { 0 };
  EngineTransferCounts counts;
  g_autoptr (GError) error = NULL;

  if (*arguments == NULL)
    return cli_fail_usage (_ ("Name the file or folder to write"));
  if (from != NULL && !store_folder_from_name (from, &folder))
    return cli_fail_usage (_ ("There is no such folder"));
  if (!read_form (&options))
    return cli_fail_usage (_ ("The formats are mbox, maildir and eml; the dialects of mbox are "
                              "mboxo, mboxrd, mboxcl and mboxcl2"));
  for (char **word = arguments + 1; *word != NULL; word++)
    {
      gint64 id;
      if (!g_ascii_string_to_signed (*word, 10, 1, G_MAXINT64, &id, NULL))
        return cli_fail_usage (_ ("Letters have numbers, as “postroom-cli list” shows them"));
      g_array_prepend_val (ids, id);
    }
  options.progress = shows_progress (run) ? on_progress : NULL;
  engine_export_async (letters, folder, (const gint64 *) (gpointer) ids->data, ids->len,
                       arguments[0], &options, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  gboolean done = engine_export_finish (result, &counts, &error);

  if (options.progress != NULL)
    g_printerr ("\r\033[K");
  if (!done)
    return cli_fail (error);
  if (run->json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();
      json_builder_begin_object (builder);
      cli_json_int (builder, "letters", counts.letters);
      json_builder_end_object (builder);
      cli_print_json (builder);
    }
  else
    cli_print (ngettext ("%u letter is in “%s”.", "%u letters are in “%s”.", counts.letters),
               counts.letters, arguments[0]);
  return CLI_EXIT_OK;
}

const CliVerb cli_import_verb = {
  .name = "import",
  .arguments = "PATH…",
  .summary = N_ ("Take letters from mbox files, Maildirs and .eml files"),
  .options = import_options,
  .run = import,
};

const CliVerb cli_export_verb = {
  .name = "export",
  .arguments = "TARGET [NUMBER…]",
  .summary = N_ ("Write the letters of a folder, or those named, for other programs"),
  .options = export_options,
  .run = export,
};
