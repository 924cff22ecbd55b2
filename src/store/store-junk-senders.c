/* SPDX-License-Identifier: MIT */
#include "store-junk.h"

#include "store-cabinet-private.h"

#include <base-text.h>
#include <string.h>

typedef struct
{
  char *address;
  StoreSender sender;
} SetSender;

static void
set_sender_free (gpointer data)
{
  SetSender *set = data;

  g_free (set->address);
  g_free (set);
}

void
store_sender_rule_free (StoreSenderRule *rule)
{
  g_free (rule->address);
  g_free (rule);
}

/* ---- reading ---- */

static StoreSender
read_sender (StoreDb *db, const char *address)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT allowed FROM junk_senders WHERE address = :address", NULL);

  if (statement == NULL)
    return STORE_SENDER_UNKNOWN;
  store_statement_bind_text (statement, ":address", address);
  if (!store_statement_step (statement, NULL))
    return STORE_SENDER_UNKNOWN;
  return store_statement_get_int (statement, 0) != 0 ? STORE_SENDER_ALLOWED : STORE_SENDER_BLOCKED;
}

static StoreSender
search_sender (StoreDb *db, const char *address)
{
  StoreSender sender = read_sender (db, address);
  const char *at = strrchr (address, '@');

  for (const char *domain = at; domain != NULL && sender == STORE_SENDER_UNKNOWN;
       domain = strchr (domain + 1, '.'))
    sender = read_sender (db, domain + 1);
  return sender;
}

StoreSender
store_junk_find_sender (StoreCabinet *cabinet, const char *address)
{
  g_autofree char *lower = g_utf8_strdown (address, -1);
  StoreSender sender = STORE_SENDER_UNKNOWN;

  if (!store_cabinet_enter (cabinet, NULL))
    return sender;
  StoreDb *db = store_cabinet_take_reader (cabinet, NULL);
  if (db != NULL)
    {
      sender = search_sender (db, lower);
      store_cabinet_return_reader (cabinet, db);
    }
  store_cabinet_leave (cabinet);
  return sender;
}

static void
read_senders (StoreDb *db, GPtrArray *rules, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT address, allowed FROM junk_senders ORDER BY address", error);

  while (statement != NULL && store_statement_step (statement, error))
    {
      StoreSenderRule *rule = g_new0 (StoreSenderRule, 1);
      rule->address = g_strdup (store_statement_get_text (statement, 0));
      rule->sender = store_statement_get_int (statement, 1) != 0 ? STORE_SENDER_ALLOWED
                                                                 : STORE_SENDER_BLOCKED;
      g_ptr_array_add (rules, rule);
    }
}

GPtrArray *
store_junk_dup_senders (StoreCabinet *cabinet, GError **error)
{
  g_autoptr (GPtrArray) rules
      = g_ptr_array_new_with_free_func ((GDestroyNotify) store_sender_rule_free);
  GError *failed = NULL;

  if (!store_cabinet_enter (cabinet, error))
    return NULL;
  StoreDb *db = store_cabinet_take_reader (cabinet, &failed);
  if (db != NULL)
    {
      read_senders (db, rules, &failed);
      store_cabinet_return_reader (cabinet, db);
    }
  store_cabinet_leave (cabinet);
  if (failed == NULL)
    return g_steal_pointer (&rules);
  g_propagate_error (error, failed);
  return NULL;
}

/* ---- writing ---- */

static gboolean
set_sender_work (StoreWrite *write, StoreDb *db, GError **error)
{
  const SetSender *set = write->data;
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db,
                          set->sender == STORE_SENDER_UNKNOWN
                              ? "DELETE FROM junk_senders WHERE address = :address"
                              : "INSERT OR REPLACE INTO junk_senders VALUES (:address, :allowed)",
                          error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":address", set->address);
  if (set->sender != STORE_SENDER_UNKNOWN)
    store_statement_bind_int (statement, ":allowed", set->sender == STORE_SENDER_ALLOWED);
  return store_statement_run (statement, error);
}

/* "@host" means the host. */
static char *
normalise (const char *text)
{
  g_autofree char *lower = g_utf8_validate (text, -1, NULL) ? g_utf8_strdown (text, -1) : NULL;
  const char *start = lower;

  if (start == NULL)
    return NULL;
  if (*start == '@')
    start++;
  const char *at = strrchr (start, '@');
  const char *host = at != NULL ? at + 1 : start;
  if (at == start || *host == '\0' || *host == '.' || strpbrk (start, " \t\r\n<>,;\"") != NULL
      || strstr (host, "..") != NULL || g_str_has_suffix (host, "."))
    return NULL;
  return g_strdup (start);
}

void
store_junk_set_sender_async (StoreCabinet *cabinet,
                             const char *address,
                             StoreSender sender,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (cabinet, cancellable, callback, user_data);
  g_autofree char *normal = normalise (address);

  if (normal == NULL)
    {
      g_autofree char *shown = base_text_escape (address, -1);
      g_task_return_new_error (task, STORE_ERROR, STORE_ERROR_INVALID,
                               "“%s” is neither an address nor a domain", shown);
      return;
    }
  SetSender *set = g_new0 (SetSender, 1);
  set->address = g_steal_pointer (&normal);
  set->sender = sender;
  store_cabinet_write (cabinet, set_sender_work, NULL, set, set_sender_free,
                       g_steal_pointer (&task));
}
