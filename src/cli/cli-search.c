/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <base-text.h>
#include <engine-search.h>

#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

static const char *const query_help
    = N_ ("Letters are found that have all of the words, in any of their headers, texts and\n"
          "attachments. Case and accents do not matter; Chinese, Japanese and Korean words are\n"
          "found inside sentences.\n\n"
          "  \"green tea\"         these words in this order\n"
          "  te*                 words that begin so\n"
          "  tea OR coffee       one of them\n"
          "  tea -milk           not that one; also: tea NOT milk\n"
          "  (tea OR coffee) -milk\n\n"
          "  from:ann            who wrote it\n"
          "  to:ann cc:ann       who got it; to: finds copies too\n"
          "  subject:tea body:tea filename:report\n"
          "                      only there; subject:(tea OR milk) for several words\n"
          "  tag:work            letters with that tag\n"
          "  in:sent             a folder: inbox, sent, drafts, outbox, trash, junk, or any;\n"
          "                      without it Trash and Junk are left out\n"
          "  is:unread           or read, flagged, unflagged, answered, unanswered\n"
          "  has:attachment      letters with a file\n"
          "  before:2026-03 after:2026-03-25 during:2026 during:2025-11..2026-02\n"
          "                      dates; also today, yesterday, 7d, 2w, 3m and 1y\n"
          "  larger:10M smaller:500K\n"
          "  id:17 id:<x@y>      one letter, by its number or its Message-ID");

static int limit = 50;
static char *sort;
static char *folder;
static gboolean help_query;

static const GOptionEntry options[] = {
  { "limit", 'n', 0, G_OPTION_ARG_INT, &limit, N_ ("At most N letters (50)"), "N" },
  { "sort", 's', 0, G_OPTION_ARG_STRING, &sort, N_ ("By “date” or by “relevance”"), "ORDER" },
  { "folder", 'f', 0, G_OPTION_ARG_STRING, &folder, N_ ("Only letters in FOLDER"), "FOLDER" },
  { "help-query", 0, 0, G_OPTION_ARG_NONE, &help_query, N_ ("Explain what a query can say"), NULL },
  G_OPTION_ENTRY_NULL,
};

/* ---- for a person ---- */

/* On a terminal the words that were looked for are in bold. */
static void
print_snippet (const StoreFound *found, gboolean terminal)
{
  g_autoptr (GString) line = g_string_new (NULL);
  guint at = 0;

  for (guint i = 0; i <= found->marks->len; i++)
    {
      guint length = (guint) strlen (found->snippet);
      const StoreMark *mark
          = i < found->marks->len ? &g_array_index (found->marks, StoreMark, i) : NULL;
      guint start = mark != NULL ? mark->start : length;
      guint end = mark != NULL ? mark->end : length;
      g_autofree char *plain = base_text_escape (found->snippet + at, (gssize) (start - at));
      g_autofree char *bold = base_text_escape (found->snippet + start, (gssize) (end - start));
      g_string_append (line, plain);
      if (*bold != '\0')
        g_string_append_printf (line, "%s%s%s", terminal ? "\033[1m" : "", bold,
                                terminal ? "\033[0m" : "");
      at = end;
    }
  if (line->len > 0)
    cli_print ("        %s", line->str);
}

static void
print_found (const StoreFound *found, gboolean terminal)
{
  const StoreLetter *letter = found->letter;
  g_autofree char *time = cli_format_time (letter->date);
  g_autofree char *from = base_text_escape (letter->from, -1);
  g_autofree char *subject = base_text_escape (letter->subject, -1);

  cli_print ("%6" G_GINT64_FORMAT " %s%s %s  %s  %s  [%s]", letter->id, letter->seen ? " " : "*",
             letter->has_attachments ? "@" : " ", time, from, subject,
             store_folder_get_name (letter->folder));
  print_snippet (found, terminal);
}

static void
print_notices (const StoreFindings *findings)
{
  for (guint i = 0; i < findings->notices->len; i++)
    {
      const StoreNotice *notice = findings->notices->pdata[i];
      g_autofree char *text = base_text_escape (notice->text, -1);
      g_printerr (_ ("postroom-cli: at character %u: %s.\n"), notice->start + 1, text);
    }
}

static void
print_findings (const StoreFindings *findings)
{
  gboolean terminal = isatty (STDOUT_FILENO) == 1;

  for (guint i = 0; i < findings->letters->len; i++)
    print_found (findings->letters->pdata[i], terminal);
  if (findings->letters->len == 0)
    cli_print ("%s", _ ("No letters found."));
  if (findings->more)
    cli_print (_ ("There are more; “--limit” shows more than %u."), findings->letters->len);
}

/* ---- for a script ---- */

static void
add_found (JsonBuilder *builder, const StoreFound *found)
{
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "letter");
  cli_json_letter (builder, found->letter);
  cli_json_string (builder, "snippet", found->snippet);
  json_builder_set_member_name (builder, "marks");
  json_builder_begin_array (builder);
  for (guint i = 0; i < found->marks->len; i++)
    {
      const StoreMark *mark = &g_array_index (found->marks, StoreMark, i);
      json_builder_begin_array (builder);
      json_builder_add_int_value (builder, g_utf8_strlen (found->snippet, mark->start));
      json_builder_add_int_value (builder, g_utf8_strlen (found->snippet, mark->end));
      json_builder_end_array (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

static void
print_json (const StoreFindings *findings)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "found");
  json_builder_begin_array (builder);
  for (guint i = 0; i < findings->letters->len; i++)
    add_found (builder, findings->letters->pdata[i]);
  json_builder_end_array (builder);
  cli_json_boolean (builder, "more", findings->more);
  json_builder_set_member_name (builder, "notices");
  json_builder_begin_array (builder);
  for (guint i = 0; i < findings->notices->len; i++)
    {
      const StoreNotice *notice = findings->notices->pdata[i];
      json_builder_begin_object (builder);
      cli_json_int (builder, "start", notice->start);
      cli_json_int (builder, "length", notice->length);
      cli_json_string (builder, "text", notice->text);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  cli_print_json (builder);
}

/* ---- the verb ---- */

static gboolean
read_options (EngineSearchOptions *search)
{
  StoreFolder where;

  if (folder != NULL && !store_folder_from_name (folder, &where))
    return FALSE;
  if (folder != NULL)
    search->folder = (int) where;
  if (sort != NULL && g_str_equal (sort, "relevance"))
    search->sort = STORE_SORT_RELEVANCE;
  else if (sort != NULL && !g_str_equal (sort, "date"))
    return FALSE;
  return limit > 0;
}

static CliExit
search (CliRun *run, char **arguments)
{
  EngineLetters *letters = engine_office_get_letters (run->office);
  EngineSearchOptions how = { .folder = -1, .snippets = TRUE, .complete = TRUE };
  g_autoptr (GError) error = NULL;

  if (help_query)
    {
      cli_print ("%s", _ (query_help));
      return CLI_EXIT_OK;
    }
  if (*arguments == NULL)
    return cli_fail_usage (_ ("Say what to look for; “--help-query” explains how"));
  if (!read_options (&how))
    return cli_fail_usage (_ ("Orders are “date” and “relevance”; the folders are Inbox, Sent, "
                              "Drafts, Outbox, Trash and Junk; a limit is at least 1"));
  how.limit = (guint) limit;
  g_autofree char *query = g_strjoinv (" ", arguments);
  engine_search_async (letters, query, &how, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  g_autoptr (StoreFindings) findings = engine_search_finish (letters, result, &error);
  if (findings == NULL)
    return cli_fail (error);
  print_notices (findings);
  if (run->json)
    print_json (findings);
  else
    print_findings (findings);
  return CLI_EXIT_OK;
}

const CliVerb cli_search_verb = {
  .name = "search",
  .arguments = "QUERY…",
  .summary = N_ ("Find letters by their words"),
  .details
  = N_ ("“postroom-cli search --help-query” explains what a query can say. Put “--” before\n"
        "a query that begins with a hyphen."),
  .options = options,
  .run = search,
};
