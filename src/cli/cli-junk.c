/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <base-text.h>

#include <glib/gi18n.h>

static gboolean not_junk;
static gboolean good;
static char *test_file;
static gboolean print_default;

/* ---- why ---- */

static void
print_report_json (const EngineJunkReport *report)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  cli_json_string (builder, "verdict", engine_junk_verdict_get_name (report->verdict));
  json_builder_set_member_name (builder, "score");
  json_builder_add_double_value (builder, report->score);
  json_builder_set_member_name (builder, "required");
  json_builder_add_double_value (builder, report->required);
  json_builder_set_member_name (builder, "learned");
  if (report->learned >= 0)
    json_builder_add_double_value (builder, report->learned);
  else
    json_builder_add_null_value (builder);
  cli_json_string (builder, "marked",
                   report->marked_junk   ? "junk"
                   : report->marked_good ? "good"
                                         : NULL);
  cli_json_string (builder, "foreign", report->foreign);
  json_builder_set_member_name (builder, "reasons");
  json_builder_begin_array (builder);
  for (guint i = 0; i < report->reasons->len; i++)
    {
      const EngineJunkReason *reason = g_ptr_array_index (report->reasons, i);
      json_builder_begin_object (builder);
      cli_json_string (builder, "rule", reason->name);
      json_builder_set_member_name (builder, "points");
      json_builder_add_double_value (builder, reason->points);
      cli_json_string (builder, "words", reason->words);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "clues");
  json_builder_begin_array (builder);
  for (guint i = 0; i < report->clues->len; i++)
    json_builder_add_string_value (builder, g_ptr_array_index (report->clues, i));
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  cli_print_json (builder);
}

static void
print_report (const EngineJunkReport *report)
{
  static const char *const verdicts[] = {
    [ENGINE_JUNK_GOOD] = N_ ("Good"),
    [ENGINE_JUNK_UNSURE] = N_ ("Unsure"),
    [ENGINE_JUNK_JUNK] = N_ ("Junk"),
  };

  cli_print (_ ("%s: %.1f points; %.1f make junk"), _ (verdicts[report->verdict]), report->score,
             report->required);
  if (report->marked_junk)
    cli_print (_ ("You marked it as junk."));
  if (report->marked_good)
    cli_print (_ ("You marked it as no junk."));
  for (guint i = 0; i < report->reasons->len; i++)
    {
      const EngineJunkReason *reason = g_ptr_array_index (report->reasons, i);
      cli_print ("  %+6.1f  %-16s %s", reason->points, reason->name, reason->words);
    }
  for (guint i = 0; i < report->clues->len; i++)
    {
      g_autofree char *clue = base_text_escape (g_ptr_array_index (report->clues, i), -1);
      cli_print ("%s%s", i == 0 ? _ ("The words that told most: ") : "    ", clue);
    }
  if (report->foreign != NULL)
    {
      g_autofree char *foreign = base_text_escape (report->foreign, -1);
      cli_print (_ ("The letter says itself: %s"), foreign);
    }
}

static CliExit
finish_explain (CliRun *run)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  g_autoptr (EngineJunkReport) report
      = engine_junk_explain_finish (engine_office_get_junk (run->office), result, &error);

  if (report == NULL)
    return cli_fail (error);
  if (run->json)
    print_report_json (report);
  else
    print_report (report);
  return CLI_EXIT_OK;
}

static gboolean
parse_id (const char *text, gint64 *id)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (text, 10, 1, G_MAXINT64, &number, NULL))
    return FALSE;
  *id = (gint64) number;
  return TRUE;
}

static CliExit
junk_explain (CliRun *run, char **arguments)
{
  EngineJunk *junk = engine_office_get_junk (run->office);
  gint64 id;

  if (g_strv_length (arguments) != 1)
    return cli_fail_usage (_ ("Name one letter, by its number or its file"));
  if (parse_id (arguments[0], &id))
    engine_junk_explain_async (junk, id, run->cancellable, cli_run_ready, run);
  else
    engine_junk_explain_file_async (junk, arguments[0], run->cancellable, cli_run_ready, run);
  return finish_explain (run);
}

/* ---- learning ---- */

static CliExit
finish_learning (CliRun *run)
{
  EngineJunk *junk = engine_office_get_junk (run->office);
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  gssize count = engine_junk_learn_finish (junk, result, &error);

  if (error != NULL)
    return cli_fail (error);
  if (run->json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();
      json_builder_begin_object (builder);
      cli_json_int (builder, "letters", count);
      json_builder_end_object (builder);
      cli_print_json (builder);
    }
  else
    cli_print (ngettext ("%u letter learned", "%u letters learned", (gulong) count), (guint) count);
  return CLI_EXIT_OK;
}

static CliExit
junk_mark (CliRun *run, char **arguments)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (*arguments == NULL)
    return cli_fail_usage (_ ("Name letters by their numbers"));
  for (char **word = arguments; *word != NULL; word++)
    {
      gint64 id;
      if (!parse_id (*word, &id))
        return cli_fail_usage (_ ("“%s” is no number of a letter"), *word);
      g_array_append_val (ids, id);
    }
  engine_junk_mark_async (engine_office_get_junk (run->office), (const gint64 *) ids->data,
                          ids->len, !not_junk, run->cancellable, cli_run_ready, run);
  return finish_learning (run);
}

static CliExit
junk_train (CliRun *run, char **arguments)
{
  if (*arguments == NULL)
    return cli_fail_usage (_ ("Name .eml files"));
  engine_junk_train_async (engine_office_get_junk (run->office), (const char *const *) arguments,
                           !good, run->cancellable, cli_run_ready, run);
  return finish_learning (run);
}

static CliExit
junk_forget (CliRun *run, char **arguments)
{
  EngineJunk *junk = engine_office_get_junk (run->office);
  g_autoptr (GError) error = NULL;

  if (*arguments != NULL)
    return cli_fail_usage (_ ("“junk forget” takes no argument"));
  engine_junk_forget_async (junk, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  if (!engine_junk_finish (junk, result, &error))
    return cli_fail (error);
  if (!run->json)
    cli_print (_ ("What was learned about junk is forgotten."));
  return CLI_EXIT_OK;
}

/* ---- rules ---- */

static CliExit
junk_rules (CliRun *run, char **arguments)
{
  EngineJunk *junk = engine_office_get_junk (run->office);
  g_autoptr (GError) error = NULL;

  if (*arguments != NULL)
    return cli_fail_usage (_ ("“junk rules” takes no argument but its options"));
  if (print_default)
    {
      g_print ("%s", engine_junk_get_default_rules ());
      return CLI_EXIT_OK;
    }
  guint count = engine_junk_check_rules (junk, &error);
  if (error != NULL)
    return cli_fail (error);
  if (test_file != NULL)
    {
      engine_junk_explain_file_async (junk, test_file, run->cancellable, cli_run_ready, run);
      return finish_explain (run);
    }
  if (run->json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();
      json_builder_begin_object (builder);
      cli_json_int (builder, "rules", count);
      cli_json_string (builder, "file", engine_junk_get_rules_path (junk));
      json_builder_end_object (builder);
      cli_print_json (builder);
      return CLI_EXIT_OK;
    }
  cli_print (ngettext ("%u rule", "%u rules", count), count);
  cli_print (_ ("Your own belong into %s"), engine_junk_get_rules_path (junk));
  return CLI_EXIT_OK;
}

static const GOptionEntry mark_options[] = {
  { "not", 0, 0, G_OPTION_ARG_NONE, &not_junk, N_ ("They are no junk"), NULL },
  G_OPTION_ENTRY_NULL,
};

static const GOptionEntry train_options[] = {
  { "good", 0, 0, G_OPTION_ARG_NONE, &good, N_ ("They are no junk"), NULL },
  G_OPTION_ENTRY_NULL,
};

static const GOptionEntry rules_options[] = {
  { "test", 0, 0, G_OPTION_ARG_FILENAME, &test_file, N_ ("Say which of them fit FILE"), "FILE" },
  { "default", 0, 0, G_OPTION_ARG_NONE, &print_default, N_ ("Print those that come with Postroom"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

const CliVerb cli_junk_explain_verb = {
  .name = "junk explain",
  .arguments = "ID|FILE",
  .summary = N_ ("Say why a letter is junk, or is not"),
  .run = junk_explain,
};

const CliVerb cli_junk_mark_verb = {
  .name = "junk mark",
  .arguments = "ID…",
  .summary = N_ ("Say that letters are junk: they are learned and moved"),
  .options = mark_options,
  .run = junk_mark,
};

const CliVerb cli_junk_train_verb = {
  .name = "junk train",
  .arguments = "FILE…",
  .summary = N_ ("Learn .eml files as junk, or as good"),
  .options = train_options,
  .run = junk_train,
};

const CliVerb cli_junk_forget_verb = {
  .name = "junk forget",
  .arguments = "",
  .summary = N_ ("Forget all that was learned about junk"),
  .run = junk_forget,
};

const CliVerb cli_junk_rules_verb = {
  .name = "junk rules",
  .arguments = "",
  .summary = N_ ("Check the rules against junk, and try them"),
  .options = rules_options,
  .run = junk_rules,
};
