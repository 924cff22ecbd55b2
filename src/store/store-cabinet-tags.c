/* SPDX-License-Identifier: MIT */
#include "store-cabinet-private.h"
#include "store-tags.h"

#include <string.h>

#define MAX_TAG 100 /* octets */

typedef struct
{
  gint64 *ids;
  gsize count;
  char *tag;
  gboolean value;
} Tagging;

static void
tagging_free (gpointer data)
{
  Tagging *tagging = data;

  g_free (tagging->ids);
  g_free (tagging->tag);
  g_free (tagging);
}

/* FALSE without an error when there is no such letter. */
static gboolean
tag_one (StoreWrite *write, StoreDb *db, gint64 id, const Tagging *tagging, GError **error)
{
  g_autoptr (StoreLetter) letter = store_cabinet_load_row (write->cabinet, db, id, error);
  g_autoptr (StoreStatement) statement = NULL;

  if (letter == NULL)
    return FALSE;
  statement = store_db_prepare (db,
                                tagging->value
                                    ? "INSERT OR IGNORE INTO tags (tag, letter) VALUES (:tag, :id)"
                                    : "DELETE FROM tags WHERE tag = :tag AND letter = :id",
                                error);
  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":tag", tagging->tag);
  store_statement_bind_int (statement, ":id", id);
  if (!store_statement_run (statement, error))
    return FALSE;
  if (store_db_get_changes (db) > 0)
    write->changed |= 1u << letter->folder;
  return TRUE;
}

static gboolean
tag_all (StoreWrite *write, StoreDb *db, GError **error)
{
  const Tagging *tagging = write->data;

  for (gsize i = 0; i < tagging->count; i++)
    {
      GError *failed = NULL;
      if (tag_one (write, db, tagging->ids[i], tagging, &failed))
        continue;
      if (failed == NULL)
        g_set_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND,
                     "There is no letter %" G_GINT64_FORMAT, tagging->ids[i]);
      else
        g_propagate_error (error, failed);
      return FALSE;
    }
  return TRUE;
}

void
store_cabinet_set_tag_async (StoreCabinet *cabinet,
                             const gint64 *ids,
                             gsize n_ids,
                             const char *tag,
                             gboolean value,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task = g_task_new (cabinet, cancellable, callback, user_data);
  Tagging *tagging;

  if (*tag == '\0' || strlen (tag) > MAX_TAG || strpbrk (tag, "\"\r\n") != NULL
      || !g_utf8_validate (tag, -1, NULL))
    {
      g_task_return_new_error (task, STORE_ERROR, STORE_ERROR_INVALID,
                               "A tag is a word or a few, of at most %d octets and without a "
                               "quotation mark",
                               MAX_TAG);
      g_object_unref (task);
      return;
    }
  tagging = g_new0 (Tagging, 1);
  tagging->ids = g_memdup2 (ids, n_ids * sizeof *ids);
  tagging->count = n_ids;
  tagging->tag = g_strdup (tag);
  tagging->value = value;
  store_cabinet_write (cabinet, tag_all, NULL, tagging, tagging_free, task);
}

/* ---- reading ---- */

static void
list_tags (GTask *task, StoreCabinet *cabinet, StoreDb *db, gpointer data)
{
  gint64 id = *(gint64 *) data;
  GError *error = NULL;
  g_autoptr (GStrvBuilder) tags = g_strv_builder_new ();
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db, "SELECT DISTINCT tag FROM tags WHERE :id = 0 OR letter = :id ORDER BY tag", &error);

  if (statement != NULL)
    {
      store_statement_bind_int (statement, ":id", id);
      while (store_statement_step (statement, &error))
        g_strv_builder_add (tags, store_statement_get_text (statement, 0));
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_strv_builder_end (tags), (GDestroyNotify) g_strfreev);
}

void
store_cabinet_list_tags_async (StoreCabinet *cabinet,
                               gint64 letter,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  store_cabinet_read (cabinet, list_tags, g_memdup2 (&letter, sizeof letter), g_free, cancellable,
                      callback, user_data);
}

char **
store_cabinet_list_tags_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
