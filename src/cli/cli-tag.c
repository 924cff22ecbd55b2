/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <base-text.h>
#include <engine-tags.h>

#include <glib/gi18n.h>

static gboolean
read_ids (char **words, GArray *ids)
{
  for (; *words != NULL; words++)
    {
      gint64 id;
      if (!g_ascii_string_to_signed (*words, 10, 1, G_MAXINT64, &id, NULL))
        return FALSE;
      g_array_append_val (ids, id);
    }
  return ids->len > 0;
}

static CliExit
set_tag (CliRun *run, char **arguments, gboolean value)
{
  EngineLetters *letters = engine_office_get_letters (run->office);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GError) error = NULL;

  if (*arguments == NULL || !read_ids (arguments + 1, ids))
    return cli_fail_usage (_ ("Say a tag and the numbers of letters, as “postroom-cli list” shows "
                              "them"));
  engine_tags_set_async (letters, (const gint64 *) (gpointer) ids->data, ids->len, *arguments,
                         value, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  return engine_letters_finish (letters, result, &error) ? CLI_EXIT_OK : cli_fail (error);
}

static CliExit
add (CliRun *run, char **arguments)
{
  return set_tag (run, arguments, TRUE);
}

static CliExit
take_off (CliRun *run, char **arguments)
{
  return set_tag (run, arguments, FALSE);
}

static CliExit
list (CliRun *run, char **arguments)
{
  EngineLetters *letters = engine_office_get_letters (run->office);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GError) error = NULL;

  if (*arguments != NULL && (!read_ids (arguments, ids) || ids->len > 1))
    return cli_fail_usage (_ ("“tag list” takes the number of one letter, or nothing"));
  engine_tags_list_async (letters, ids->len > 0 ? g_array_index (ids, gint64, 0) : 0,
                          run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  g_auto (GStrv) tags = engine_tags_list_finish (letters, result, &error);
  if (tags == NULL)
    return cli_fail (error);
  json_builder_begin_array (builder);
  for (char **tag = tags; *tag != NULL; tag++)
    {
      g_autofree char *text = base_text_escape (*tag, -1);
      json_builder_add_string_value (builder, *tag);
      if (!run->json)
        cli_print ("%s", text);
    }
  json_builder_end_array (builder);
  if (run->json)
    cli_print_json (builder);
  return CLI_EXIT_OK;
}

const CliVerb cli_tag_add_verb = {
  .name = "tag add",
  .arguments = "TAG ID…",
  .summary = N_ ("Put a tag on letters"),
  .run = add,
};

const CliVerb cli_tag_remove_verb = {
  .name = "tag remove",
  .arguments = "TAG ID…",
  .summary = N_ ("Take a tag off letters"),
  .run = take_off,
};

const CliVerb cli_tag_list_verb = {
  .name = "tag list",
  .arguments = "[ID]",
  .summary = N_ ("List the tags of a letter, or all of them"),
  .run = list,
};
