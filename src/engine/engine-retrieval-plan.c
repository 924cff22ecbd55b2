/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-retrieval-session-private.h"

#include "engine-error-private.h"

#include <base-clock.h>

#define SECONDS_IN_DAY (24 * 60 * 60)
/* Headers asked for ahead where the server has no UIDL. */
#define MAX_TOPS 100
/* A maildrop may be listed with more letters than any server has. */
#define MAX_LETTERS 10000000

/* Whether a letter that has been durable here since an earlier fetch is to go at the server. */
static gboolean
has_had_its_time (const EngineRetrieval *retrieval, const StoreUid *uid)
{
  const StoreAccount *account = retrieval->account;
  gint64 now = base_clock_real () / G_USEC_PER_SEC;

  /* What is not here whole only goes when a person has thrown it away. */
  if (uid->partial && !(uid->deleted && account->keep != STORE_KEEP_FOREVER))
    return FALSE;
  switch (account->keep)
    {
    case STORE_KEEP_NOT:
      return TRUE;
    case STORE_KEEP_FOREVER:
      break;
    case STORE_KEEP_DAYS:
      return now - uid->fetched >= (gint64) account->keep_days * SECONDS_IN_DAY;
    case STORE_KEEP_UNTIL_DELETED:
      return uid->deleted;
    }
  return FALSE;
}

/* One letter of the maildrop has become known by its uid. */
static void
list_letter (EngineRetrieval *retrieval, guint number, const char *uid)
{
  const StoreUid *known = g_hash_table_lookup (retrieval->known, uid);

  g_ptr_array_add (retrieval->listed, g_strdup (uid));
  /* Two letters with one uid (a server's fault): the second waits for the next fetch. */
  if (g_hash_table_contains (retrieval->fresh, uid))
    return;
  if (known == NULL || known->wanted != 0)
    {
      EngineItem *item = g_new0 (EngineItem, 1);
      item->number = number;
      item->replaces = known != NULL ? known->wanted : 0;
      item->uid = g_strdup (uid);
      g_ptr_array_add (retrieval->items, item);
      g_hash_table_add (retrieval->fresh, item->uid);
    }
  else if (has_had_its_time (retrieval, known))
    engine_retrieval_say_delete (retrieval, number, uid);
}

static void
on_forgotten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineRetrieval *retrieval = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!store_cabinet_finish (retrieval->cabinet, result, &error))
    g_warning ("Old marks of fetched letters stay: %s", error->message);
  engine_retrieval_worked (retrieval);
}

/* The maildrop is known: the marks of what is no longer in it go. */
static void
plan (EngineRetrieval *retrieval)
{
  guint known = g_hash_table_size (retrieval->known);

  retrieval->planned = TRUE;
  /* Not one letter of those fetched before is there, and no fewer letters than those: a server that
   * has begun to count anew (RFC 1939 section 7 forbids it). They are told by what is in them. */
  retrieval->renumbered = known > 0 && retrieval->items->len >= known
                          && retrieval->items->len == retrieval->listed->len;
  for (guint i = 0; i < retrieval->items->len; i++)
    {
      EngineItem *item = g_ptr_array_index (retrieval->items, i);
      if (item->number < retrieval->sizes->len)
        item->size = g_array_index (retrieval->sizes, guint64, item->number);
      item->partial = item->replaces == 0 && retrieval->account->max_octets > 0
                      && item->size > retrieval->account->max_octets;
      if (!item->partial)
        retrieval->now.total_octets += item->size;
    }
  retrieval->now.total_letters = retrieval->items->len;
  retrieval->storing++;
  store_cabinet_forget_uids_async (retrieval->cabinet, retrieval->account->id, retrieval->listed,
                                   NULL, on_forgotten, g_object_ref (retrieval->task));
}

void
engine_retrieval_forget_gone (EngineRetrieval *retrieval)
{
  g_autoptr (GPtrArray) left = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < retrieval->listed->len; i++)
    {
      const char *uid = g_ptr_array_index (retrieval->listed, i);
      if (!g_hash_table_contains (retrieval->gone, uid))
        g_ptr_array_add (left, g_strdup (uid));
    }
  retrieval->storing++;
  store_cabinet_forget_uids_async (retrieval->cabinet, retrieval->account->id, left, NULL,
                                   on_forgotten, g_object_ref (retrieval->task));
}

/* ---- a server without UIDL: letters are known by their headers ---- */

static void
ask_tops (EngineRetrieval *retrieval)
{
  while (retrieval->tops < MAX_TOPS && retrieval->next_top <= retrieval->count)
    {
      retrieval->tops++;
      proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_TOP, retrieval->next_top++,
                                 0);
    }
  if (retrieval->tops == 0 && !retrieval->planned)
    plan (retrieval);
}

static void
take_headers (EngineRetrieval *retrieval, guint number)
{
  g_autofree char *uid = NULL;

  retrieval->tops--;
  if (retrieval->headers != NULL)
    {
      uid = g_strconcat ("top-", g_checksum_get_string (retrieval->headers), NULL);
      list_letter (retrieval, number, uid);
      g_clear_pointer (&retrieval->headers, g_checksum_free);
    }
  else
    retrieval->counts.failed++;
}

static void
hash_chunk (EngineRetrieval *retrieval, GBytes *chunk)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (chunk, &length);

  if (retrieval->headers == NULL)
    retrieval->headers = g_checksum_new (G_CHECKSUM_SHA256);
  g_checksum_update (retrieval->headers, data, length);
}

/* ---- events ---- */

static void
take_size (EngineRetrieval *retrieval, guint number, guint64 size)
{
  if (number == 0 || number > MAX_LETTERS)
    return;
  if (retrieval->sizes->len <= number)
    g_array_set_size (retrieval->sizes, number + 1);
  g_array_index (retrieval->sizes, guint64, number) = size;
}

static void
take_item (EngineRetrieval *retrieval, const ProtoPop3ClientEvent *event)
{
  if (event->command == PROTO_POP3_COMMAND_UIDL)
    list_letter (retrieval, event->number, event->uid);
  else if (event->command == PROTO_POP3_COMMAND_LIST)
    take_size (retrieval, event->number, event->size);
  else if (event->command == PROTO_POP3_COMMAND_STAT)
    retrieval->count = event->number;
}

static void
take_done (EngineRetrieval *retrieval, const ProtoPop3ClientEvent *event)
{
  if (event->command == PROTO_POP3_COMMAND_UIDL)
    plan (retrieval);
  else if (event->command == PROTO_POP3_COMMAND_STAT)
    {
      retrieval->next_top = 1;
      ask_tops (retrieval);
    }
  else if (event->command == PROTO_POP3_COMMAND_TOP)
    {
      take_headers (retrieval, event->number);
      ask_tops (retrieval);
    }
}

static void
take_err (EngineRetrieval *retrieval, const ProtoPop3ClientEvent *event)
{
  const char *host = engine_peer_get_host (retrieval->peer);

  if (event->command == PROTO_POP3_COMMAND_UIDL)
    proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_STAT, 0, 0);
  else if (event->command == PROTO_POP3_COMMAND_TOP)
    engine_retrieval_end (
        retrieval, g_error_new (ENGINE_ERROR, ENGINE_ERROR_PROTOCOL,
                                "%s offers neither UIDL nor TOP, so letters that were fetched "
                                "already cannot be told from new ones. Nothing was fetched.",
                                host));
  else if (event->command == PROTO_POP3_COMMAND_STAT)
    engine_retrieval_end (retrieval,
                          g_error_new (ENGINE_ERROR, ENGINE_ERROR_REFUSED, "%s said: %s", host,
                                       event->text != NULL ? event->text : "-ERR"));
  /* Without LIST the sizes are not known before the letters are there. */
}

void
engine_retrieval_ask_list (EngineRetrieval *retrieval)
{
  proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_LIST, 0, 0);
  proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_UIDL, 0, 0);
}

void
engine_retrieval_plan_event (EngineRetrieval *retrieval, const ProtoPop3ClientEvent *event)
{
  if (event->type == PROTO_POP3_CLIENT_ITEM)
    take_item (retrieval, event);
  else if (event->type == PROTO_POP3_CLIENT_CHUNK)
    hash_chunk (retrieval, event->chunk);
  else if (event->type == PROTO_POP3_CLIENT_DONE)
    take_done (retrieval, event);
  else if (event->type == PROTO_POP3_CLIENT_ERR)
    take_err (retrieval, event);
}
