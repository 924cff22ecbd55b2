/* SPDX-License-Identifier: MIT */
#include "store-db.h"
#include "store-files-private.h"

/* A letter whose place could not be given yet has no other file than its spool. */
static GHashTable *
read_spools (StoreDb *db, GError **error)
{
  g_autoptr (GHashTable) spools = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT spool FROM letters WHERE spool IS NOT NULL", error);
  GError *failed = NULL;

  if (statement == NULL)
    return NULL;
  while (store_statement_step (statement, &failed))
    g_hash_table_add (spools, g_strdup (store_statement_get_text (statement, 0)));
  if (failed == NULL)
    return g_steal_pointer (&spools);
  g_propagate_error (error, failed);
  return NULL;
}

gboolean
store_sweep (StoreDb *db, StoreFiles *files, GError **error)
{
  g_autoptr (GHashTable) spools = read_spools (db, error);

  if (spools == NULL)
    return FALSE;
  store_files_sweep (files, spools);
  return TRUE;
}
