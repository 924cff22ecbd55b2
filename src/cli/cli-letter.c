/* SPDX-License-Identifier: MIT */
#include "cli-letter.h"

#include <glib/gi18n.h>

GArray *
cli_letter_parse_ids (char **words)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (; *words != NULL; words++)
    {
      guint64 number;

      if (!g_ascii_string_to_unsigned (*words, 10, 1, G_MAXINT64, &number, NULL))
        return NULL;
      gint64 id = (gint64) number;
      g_array_append_val (ids, id);
    }
  return ids->len > 0 ? g_steal_pointer (&ids) : NULL;
}

static gboolean
has_id (GPtrArray *rows, gint64 id)
{
  for (guint i = 0; i < rows->len; i++)
    if (((const StoreLetter *) g_ptr_array_index (rows, i))->id == id)
      return TRUE;
  return FALSE;
}

GPtrArray *
cli_letter_load (CliRun *run, GArray *ids, GError **error)
{
  EngineLetters *letters = engine_office_get_letters (run->office);

  engine_letters_load_async (letters, (const gint64 *) (gpointer) ids->data, ids->len,
                             run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  g_autoptr (GPtrArray) rows = engine_letters_load_finish (letters, result, error);
  for (guint i = 0; rows != NULL && i < ids->len; i++)
    {
      gint64 id = g_array_index (ids, gint64, i);

      if (has_id (rows, id))
        continue;
      g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, id);
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND, _ ("There is no letter %s"),
                   number);
      return NULL;
    }
  return g_steal_pointer (&rows);
}

MessageLetter *
cli_letter_read (CliRun *run, gint64 id, StoreLetter **row, GError **error)
{
  EngineLetters *letters = engine_office_get_letters (run->office);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  g_array_append_val (ids, id);
  g_autoptr (GPtrArray) rows = cli_letter_load (run, ids, error);
  if (rows == NULL)
    return NULL;
  engine_letters_read_async (letters, id, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  MessageLetter *letter = engine_letters_read_finish (letters, result, error);
  if (letter != NULL)
    *row = store_letter_copy (g_ptr_array_index (rows, 0));
  return letter;
}
