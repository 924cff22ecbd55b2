/* SPDX-License-Identifier: MIT */
#include "cli-help.h"

#include "cli-output.h"

#include <glib/gi18n.h>

const CliVerb *
cli_verbs_find (char **words, guint *length)
{
  gsize n_verbs;
  const CliVerb *const *verbs = cli_verbs_get (&n_verbs);

  for (gsize i = 0; i < n_verbs; i++)
    {
      g_auto (GStrv) name = g_strsplit (verbs[i]->name, " ", 2);
      gboolean same = TRUE;

      *length = g_strv_length (name);
      for (guint n = 0; n < *length && same; n++)
        same = g_strcmp0 (words[n], name[n]) == 0;
      if (same)
        return verbs[i];
    }
  return NULL;
}

void
cli_help_print (void)
{
  gsize n_verbs;
  const CliVerb *const *verbs = cli_verbs_get (&n_verbs);

  g_print ("%s\n  postroom-cli [--data-dir=DIR] [--json] VERB [OPTION…] [ARGUMENT…]\n"
           "  postroom-cli [--data-dir=DIR]\n\n%s\n\n%s\n",
           _ ("Usage:"), _ ("Without a verb, a terminal gets a shell that knows all of them."),
           _ ("Verbs:"));
  for (gsize i = 0; i < n_verbs; i++)
    {
      g_autofree char *call = g_strdup_printf ("%s %s", verbs[i]->name, verbs[i]->arguments);
      glong width = g_utf8_strlen (call, -1);
      g_print ("  %s%*s %s\n", call, (int) MAX (28 - width, 0), "", _ (verbs[i]->summary));
    }
  g_print ("\n%s\n  --data-dir=DIR               %s\n  --json                       %s\n"
           "  --version                    %s\n  --help                       %s\n\n%s\n",
           _ ("Options for all of them:"), _ ("Keep letters, accounts and users in DIR"),
           _ ("Print JSON, for scripts"), _ ("Print the version"),
           _ ("Print this, or after a verb the verb's own help"),
           _ ("Exit codes: 0 done, 64 usage, 65 bad data, 67 not found, 69 no connection or\n"
              "certificate not trusted, 74 files, 75 kept for later, 76 refused by the server,\n"
              "77 user name or password refused, 1 anything else."));
}

/* ---- for programs ---- */

static gboolean
takes_file (const GOptionEntry *option)
{
  return option->arg == G_OPTION_ARG_FILENAME || option->arg == G_OPTION_ARG_FILENAME_ARRAY;
}

static void
add_option (JsonBuilder *builder, const GOptionEntry *option)
{
  const char name[] = { option->short_name, '\0' };

  json_builder_begin_object (builder);
  cli_json_string (builder, "name", option->long_name);
  cli_json_string (builder, "short", option->short_name != '\0' ? name : NULL);
  cli_json_string (builder, "argument",
                   option->arg == G_OPTION_ARG_NONE ? NULL : option->arg_description);
  cli_json_boolean (builder, "file", takes_file (option));
  cli_json_string (builder, "summary", _ (option->description));
  json_builder_end_object (builder);
}

static void
add_verb (JsonBuilder *builder, const CliVerb *verb)
{
  json_builder_begin_object (builder);
  cli_json_string (builder, "name", verb->name);
  cli_json_string (builder, "arguments", verb->arguments);
  cli_json_string (builder, "summary", _ (verb->summary));
  cli_json_string (builder, "details", verb->details != NULL ? _ (verb->details) : NULL);
  json_builder_set_member_name (builder, "options");
  json_builder_begin_array (builder);
  for (const GOptionEntry *option = verb->options; option != NULL && option->long_name != NULL;
       option++)
    add_option (builder, option);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

void
cli_help_print_json (void)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  gsize n_verbs;
  const CliVerb *const *verbs = cli_verbs_get (&n_verbs);

  json_builder_begin_array (builder);
  for (gsize i = 0; i < n_verbs; i++)
    add_verb (builder, verbs[i]);
  json_builder_end_array (builder);
  cli_print_json (builder);
}
