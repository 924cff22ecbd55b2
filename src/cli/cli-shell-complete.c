/* SPDX-License-Identifier: MIT */
#include "cli-help.h"
#include "cli-shell.h"

#include <string.h>

static void
add_if (GPtrArray *choices, const char *word, const char *typed)
{
  if (g_ascii_strncasecmp (word, typed, strlen (typed)) == 0
      && !g_ptr_array_find_with_equal_func (choices, word, g_str_equal, NULL))
    g_ptr_array_add (choices, g_strdup (word));
}

/* The first word of a line, or the second of a verb of two. */
static void
add_verbs (GPtrArray *choices, const char *first, const char *typed)
{
  gsize n_verbs;
  const CliVerb *const *verbs = cli_verbs_get (&n_verbs);

  for (gsize i = 0; i < n_verbs; i++)
    {
      g_auto (GStrv) name = g_strsplit (verbs[i]->name, " ", 2);
      if (first == NULL)
        add_if (choices, name[0], typed);
      else if (name[1] != NULL && g_str_equal (name[0], first))
        add_if (choices, name[1], typed);
    }
}

static void
add_options (GPtrArray *choices, const CliVerb *verb, const char *typed)
{
  for (const GOptionEntry *option = verb->options; option != NULL && option->long_name != NULL;
       option++)
    {
      g_autofree char *word = g_strdup_printf ("--%s%s", option->long_name,
                                               option->arg == G_OPTION_ARG_NONE ? "" : "=");
      add_if (choices, word, typed);
    }
  add_if (choices, "--help", typed);
}

/* Names of files after @prefix ("--attach="), which goes before each of them. */
static void
add_files (GPtrArray *choices, const char *prefix, const char *typed)
{
  const char *slash = strrchr (typed, '/');
  g_autofree char *shown = g_strndup (typed, slash != NULL ? (gsize) (slash - typed) + 1 : 0);
  const char *begin = slash != NULL ? slash + 1 : typed;
  g_autoptr (GDir) directory = g_dir_open (*shown != '\0' ? shown : ".", 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    if (g_str_has_prefix (name, begin) && (*name != '.' || *begin == '.')
        && strchr (name, ' ') == NULL)
      {
        g_autofree char *path = g_strconcat (shown, name, NULL);
        g_ptr_array_add (choices,
                         g_strconcat (prefix, path,
                                      g_file_test (path, G_FILE_TEST_IS_DIR) ? "/" : "", NULL));
      }
}

static gboolean
takes_file (const CliVerb *verb, const char *word)
{
  for (const GOptionEntry *option = verb->options; option != NULL && option->long_name != NULL;
       option++)
    {
      gsize length = strlen (option->long_name);
      if (strncmp (word, "--", 2) == 0 && strncmp (word + 2, option->long_name, length) == 0
          && word[2 + length] == '=')
        return option->arg == G_OPTION_ARG_FILENAME || option->arg == G_OPTION_ARG_FILENAME_ARRAY;
    }
  return FALSE;
}

static void
add_arguments (GPtrArray *choices, char **words, const char *typed)
{
  static const char *const with_folder[] = { "open", "list", "move", NULL };
  guint length = 0;
  const CliVerb *verb = cli_verbs_find (words, &length);

  if (words[1] == typed)
    add_verbs (choices, words[0], typed);
  if (verb != NULL && takes_file (verb, typed))
    {
      const char *value = strchr (typed, '=') + 1;
      g_autofree char *prefix = g_strndup (typed, (gsize) (value - typed));
      add_files (choices, prefix, value);
    }
  else if (verb != NULL && *typed == '-')
    add_options (choices, verb, typed);
  else if (g_strv_contains (with_folder, words[0]))
    for (guint i = 0; i < STORE_N_FOLDERS; i++)
      add_if (choices, store_folder_get_name ((StoreFolder) i), typed);
  else if (g_str_equal (words[0], "save"))
    add_files (choices, "", typed);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* What was typed is kept as it stands; only words that go on from it are offered. */
char **
cli_shell_complete (char **words, gpointer shell)
{
  g_autoptr (GPtrArray) choices = g_ptr_array_new_with_free_func (g_free);
  guint length = g_strv_length (words);
  const char *typed = words[length - 1];

  if (length == 1)
    {
      add_verbs (choices, NULL, typed);
      for (const CliShellWord *word = cli_shell_get_words (); word->name != NULL; word++)
        add_if (choices, word->name, typed);
    }
  else
    add_arguments (choices, words, typed);
  g_ptr_array_sort (choices, compare);
  g_ptr_array_add (choices, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&choices), FALSE);
}
