/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-retrieval-private.h"

#include "engine-error-private.h"

#include <base-clock.h>
#include <net-connector.h>
#include <proto-pop3-client.h>

#include <string.h>

#define SECONDS_IN_DAY (24 * 60 * 60)
/* Letters asked for, or on their way to the disk, at one time. */
#define MAX_IN_FLIGHT 128
/* Headers asked for ahead where the server has no UIDL. */
#define MAX_TOPS 16

/* A letter of the maildrop as this session sees it. */
typedef struct
{
  guint number;
  char *uid;
} Item;

typedef struct
{
  GTask *task; /* borrowed: this is its data */
  StoreCabinet *cabinet;
  StoreAccount *account;
  EnginePeer *peer;
  EngineJournal *journal;

  NetLink *link;
  ProtoPop3Client *client; /* the link's engine */
  GHashTable *known;       /* uids fetched already -> StoreUid */
  GHashTable *fresh;       /* uids of @items, borrowed */

  GPtrArray *listed; /* uids (char *) of the whole maildrop */
  GPtrArray *items;  /* of Item, to be retrieved */
  guint next_item;
  guint count;    /* letters in the maildrop, where there is no UIDL */
  guint next_top; /* number */
  guint tops;     /* asked for, not answered */
  GChecksum *headers;

  GQueue asked; /* of Item, borrowed: RETR was said, in order */
  StoreSpool *spool;
  guint storing;  /* letters on their way to the disk, and other work of the cabinet */
  guint deleting; /* DELE said, not answered */

  EngineFetchResult counts;
  GError *error;
  gboolean planned; /* what to retrieve is known */
  gboolean quitting;
  gboolean over; /* the wire is done with */
  gboolean returned;
} Retrieval;

/* A letter on its way to the disk. */
typedef struct
{
  Retrieval *retrieval;
  GTask *task; /* counted */
  guint number;
  guint64 size;
} Storing;

static void advance (Retrieval *retrieval);

static void
item_free (Item *item)
{
  g_free (item->uid);
  g_free (item);
}

static void
retrieval_free (Retrieval *retrieval)
{
  g_clear_object (&retrieval->cabinet);
  g_clear_pointer (&retrieval->account, store_account_free);
  g_clear_pointer (&retrieval->peer, engine_peer_free);
  g_clear_object (&retrieval->journal);
  g_clear_object (&retrieval->link);
  g_clear_pointer (&retrieval->known, g_hash_table_unref);
  g_clear_pointer (&retrieval->fresh, g_hash_table_unref);
  g_clear_pointer (&retrieval->listed, g_ptr_array_unref);
  g_clear_pointer (&retrieval->items, g_ptr_array_unref);
  g_clear_pointer (&retrieval->headers, g_checksum_free);
  g_queue_clear (&retrieval->asked);
  g_clear_pointer (&retrieval->spool, store_spool_free);
  g_clear_error (&retrieval->error);
  g_free (retrieval);
}

/* ---- the end ---- */

/* Returns the task when the wire and the disk are both done. */
static void
return_when_done (Retrieval *retrieval)
{
  if (!retrieval->over || retrieval->storing > 0 || retrieval->returned)
    return;
  retrieval->returned = TRUE;
  if (retrieval->error != NULL)
    engine_error_return (retrieval->task, g_steal_pointer (&retrieval->error),
                         engine_peer_get_host (retrieval->peer));
  else
    g_task_return_boolean (retrieval->task, TRUE);
}

/* The session is over; takes @error, NULL when all went well. The first error counts. */
static void
end (Retrieval *retrieval, GError *error)
{
  if (retrieval->error == NULL)
    retrieval->error = error;
  else
    g_clear_error (&error);
  if (!retrieval->over)
    {
      g_autoptr (GTask) alive = g_object_ref (retrieval->task);
      g_autoptr (NetLink) link = g_steal_pointer (&retrieval->link);

      retrieval->over = TRUE;
      retrieval->client = NULL;
      /* What has come of a letter in part is not a letter. */
      g_clear_pointer (&retrieval->spool, store_spool_free);
      /* A link whose engine is done says what is left and closes by itself. */
      if (link != NULL && !proto_engine_is_done (net_link_get_engine (link)))
        net_link_abort (link);
      return_when_done (retrieval);
    }
}

/* ---- keeping what came ---- */

static void
storing_free (Storing *storing)
{
  g_object_unref (storing->task);
  g_free (storing);
}

static void
say_delete (Retrieval *retrieval, guint number)
{
  retrieval->deleting++;
  proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_DELE, number, 0);
}

static void
on_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Storing *storing = user_data;
  Retrieval *retrieval = storing->retrieval;
  g_autoptr (GError) error = NULL;
  gboolean kept = TRUE;

  retrieval->storing--;
  store_cabinet_add_finish (retrieval->cabinet, result, &error);
  if (error == NULL)
    {
      retrieval->counts.letters++;
      retrieval->counts.octets += storing->size;
    }
  else if (g_error_matches (error, STORE_ERROR, STORE_ERROR_INVALID))
    {
      kept = FALSE;
      retrieval->counts.failed++;
    }
  else if (!g_error_matches (error, STORE_ERROR, STORE_ERROR_EXISTS))
    {
      /* The disk: what else comes would not fit either. */
      kept = FALSE;
      retrieval->counts.failed++;
      end (retrieval, g_steal_pointer (&error));
    }

  if (!retrieval->over)
    {
      if (kept && retrieval->account->keep == STORE_KEEP_NOT)
        say_delete (retrieval, storing->number);
      advance (retrieval);
      if (retrieval->link != NULL)
        net_link_kick (retrieval->link);
    }
  return_when_done (retrieval);
  storing_free (storing);
}

/* The whole letter has come. */
static void
keep_letter (Retrieval *retrieval, const Item *item)
{
  g_autoptr (StoreSpool) spool = g_steal_pointer (&retrieval->spool);
  StoreAdd add
      = { .account = retrieval->account->id, .folder = STORE_FOLDER_INBOX, .uid = item->uid };

  if (spool == NULL)
    {
      retrieval->counts.failed++;
      return;
    }
  Storing *storing = g_new0 (Storing, 1);
  storing->retrieval = retrieval;
  storing->task = g_object_ref (retrieval->task);
  storing->number = item->number;
  storing->size = store_spool_get_size (spool);
  retrieval->storing++;
  /* Not to be cancelled half-way: what has come whole is kept. */
  store_cabinet_add_async (retrieval->cabinet, g_steal_pointer (&spool), &add, NULL, on_added,
                           storing);
}

static void
write_chunk (Retrieval *retrieval, GBytes *chunk)
{
  GError *error = NULL;
  gsize length;
  const guint8 *data = g_bytes_get_data (chunk, &length);

  if (retrieval->spool == NULL)
    retrieval->spool = store_spool_new (store_cabinet_get_files (retrieval->cabinet), &error);
  if (retrieval->spool == NULL || !store_spool_write (retrieval->spool, data, length, &error))
    {
      retrieval->counts.failed++;
      end (retrieval, error);
    }
}

/* ---- what to retrieve ---- */

static void
on_forgotten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Retrieval *retrieval = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  retrieval->storing--;
  if (!store_cabinet_finish (retrieval->cabinet, result, &error))
    g_warning ("Old marks of fetched letters stay: %s", error->message);
  if (!retrieval->over)
    {
      advance (retrieval);
      if (retrieval->link != NULL)
        net_link_kick (retrieval->link);
    }
  return_when_done (retrieval);
}

/* Whether a letter that has been durable here since an earlier fetch is to go at the server. */
static gboolean
has_had_its_time (const Retrieval *retrieval, const StoreUid *uid)
{
  const StoreAccount *account = retrieval->account;
  gint64 now = base_clock_real () / G_USEC_PER_SEC;

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
list_letter (Retrieval *retrieval, guint number, const char *uid)
{
  g_ptr_array_add (retrieval->listed, g_strdup (uid));
  /* Two letters with one uid (a server's fault): the second waits for the next fetch. */
  if (g_hash_table_contains (retrieval->fresh, uid))
    return;
  if (!g_hash_table_contains (retrieval->known, uid))
    {
      Item *item = g_new0 (Item, 1);
      item->number = number;
      item->uid = g_strdup (uid);
      g_ptr_array_add (retrieval->items, item);
      g_hash_table_add (retrieval->fresh, item->uid);
    }
  else if (has_had_its_time (retrieval, g_hash_table_lookup (retrieval->known, uid)))
    say_delete (retrieval, number);
}

/* The maildrop is known: the marks of what is no longer in it go. */
static void
plan (Retrieval *retrieval)
{
  retrieval->planned = TRUE;
  retrieval->storing++;
  store_cabinet_forget_uids_async (retrieval->cabinet, retrieval->account->id, retrieval->listed,
                                   NULL, on_forgotten, g_object_ref (retrieval->task));
}

/* ---- a server without UIDL: letters are known by their headers ---- */

static void
ask_tops (Retrieval *retrieval)
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
take_headers (Retrieval *retrieval, guint number)
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
hash_chunk (Retrieval *retrieval, GBytes *chunk)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (chunk, &length);

  if (retrieval->headers == NULL)
    retrieval->headers = g_checksum_new (G_CHECKSUM_SHA256);
  g_checksum_update (retrieval->headers, data, length);
}

/* ---- the session ---- */

/* Says what can be said now: the next letters, and QUIT when everything is done. */
static void
advance (Retrieval *retrieval)
{
  if (retrieval->over || !retrieval->planned || retrieval->quitting)
    return;

  while (retrieval->next_item < retrieval->items->len
         && retrieval->asked.length + retrieval->storing < MAX_IN_FLIGHT)
    {
      Item *item = g_ptr_array_index (retrieval->items, retrieval->next_item++);
      g_queue_push_tail (&retrieval->asked, item);
      proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_RETR, item->number, 0);
    }
  if (retrieval->asked.length == 0 && retrieval->storing == 0 && retrieval->deleting == 0)
    {
      retrieval->quitting = TRUE;
      proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_QUIT, 0, 0);
    }
}

static void
on_ready (Retrieval *retrieval)
{
  if (retrieval->cabinet != NULL)
    {
      proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_UIDL, 0, 0);
      return;
    }
  retrieval->quitting = TRUE;
  proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_QUIT, 0, 0);
}

static void
on_done (Retrieval *retrieval, const ProtoPop3ClientEvent *event)
{
  switch (event->command)
    {
    case PROTO_POP3_COMMAND_UIDL:
      plan (retrieval);
      break;
    case PROTO_POP3_COMMAND_STAT:
      retrieval->next_top = 1;
      ask_tops (retrieval);
      break;
    case PROTO_POP3_COMMAND_TOP:
      take_headers (retrieval, event->number);
      ask_tops (retrieval);
      break;
    case PROTO_POP3_COMMAND_RETR:
      keep_letter (retrieval, g_queue_pop_head (&retrieval->asked));
      break;
    case PROTO_POP3_COMMAND_DELE:
      retrieval->deleting--;
      break;
    case PROTO_POP3_COMMAND_QUIT:
    case PROTO_POP3_COMMAND_LIST:
    case PROTO_POP3_COMMAND_NOOP:
    case PROTO_POP3_COMMAND_RSET:
      break;
    }
}

static void
on_err (Retrieval *retrieval, const ProtoPop3ClientEvent *event)
{
  switch (event->command)
    {
    case PROTO_POP3_COMMAND_UIDL:
      proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_STAT, 0, 0);
      break;
    case PROTO_POP3_COMMAND_TOP:
      end (retrieval,
           g_error_new (ENGINE_ERROR, ENGINE_ERROR_PROTOCOL,
                        "%s offers neither UIDL nor TOP, so letters that were fetched already "
                        "cannot be told from new ones. Nothing was fetched.",
                        engine_peer_get_host (retrieval->peer)));
      break;
    case PROTO_POP3_COMMAND_RETR:
      g_queue_pop_head (&retrieval->asked);
      g_clear_pointer (&retrieval->spool, store_spool_free);
      retrieval->counts.failed++;
      break;
    case PROTO_POP3_COMMAND_DELE:
      retrieval->deleting--;
      break;
    case PROTO_POP3_COMMAND_QUIT:
      /* Deletions that failed are tried again by the next fetch. */
      break;
    case PROTO_POP3_COMMAND_STAT:
    case PROTO_POP3_COMMAND_LIST:
    case PROTO_POP3_COMMAND_NOOP:
    case PROTO_POP3_COMMAND_RSET:
      end (retrieval, g_error_new (ENGINE_ERROR, ENGINE_ERROR_REFUSED, "%s said: %s",
                                   engine_peer_get_host (retrieval->peer),
                                   event->text != NULL ? event->text : "-ERR"));
      break;
    }
}

static void
on_event (Retrieval *retrieval, const ProtoPop3ClientEvent *event)
{
  switch (event->type)
    {
    case PROTO_POP3_CLIENT_READY:
      on_ready (retrieval);
      break;
    case PROTO_POP3_CLIENT_ITEM:
      if (event->command == PROTO_POP3_COMMAND_UIDL)
        list_letter (retrieval, event->number, event->uid);
      else if (event->command == PROTO_POP3_COMMAND_STAT)
        retrieval->count = event->number;
      break;
    case PROTO_POP3_CLIENT_CHUNK:
      if (retrieval->planned)
        write_chunk (retrieval, event->chunk);
      else
        hash_chunk (retrieval, event->chunk);
      break;
    case PROTO_POP3_CLIENT_DONE:
      on_done (retrieval, event);
      break;
    case PROTO_POP3_CLIENT_ERR:
      on_err (retrieval, event);
      break;
    case PROTO_POP3_CLIENT_FAILED:
      /* The link may know better why; it is asked in on_progress(). */
      if (retrieval->error != NULL)
        break;
      /* RFC 2449 section 8.1.1 */
      if (g_strcmp0 (event->code, "IN-USE") == 0)
        retrieval->error
            = g_error_new (ENGINE_ERROR, ENGINE_ERROR_BUSY,
                           "Another program is reading this mailbox at %s. Try again in a moment.",
                           engine_peer_get_host (retrieval->peer));
      else
        retrieval->error = g_error_copy (event->error);
      break;
    case PROTO_POP3_CLIENT_CLOSED:
      end (retrieval, NULL);
      break;
    }
}

static void
on_progress (NetLink *link, gboolean ended, const GError *error, gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);
  Retrieval *retrieval = g_task_get_task_data (task);
  ProtoPop3ClientEvent event;

  while (!retrieval->over && proto_pop3_client_next (retrieval->client, &event))
    on_event (retrieval, &event);
  if (retrieval->over)
    return;
  if (ended && error != NULL)
    {
      g_clear_error (&retrieval->error);
      end (retrieval, g_error_copy (error));
    }
  else if (retrieval->error != NULL)
    end (retrieval, NULL);
  else if (ended)
    end (retrieval, retrieval->quitting ? NULL
                                        : g_error_new (PROTO_ERROR, PROTO_ERROR_CLOSED,
                                                       "The connection to %s ended in the middle",
                                                       engine_peer_get_host (retrieval->peer)));
  else
    advance (retrieval);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Retrieval *retrieval = g_task_get_task_data (task);
  const EnginePeer *peer = retrieval->peer;
  GError *error = NULL;
  g_autoptr (GSocketConnection) connection = net_connector_connect_finish (result, &error);
  ProtoPop3ClientConfig config;

  if (connection == NULL)
    {
      end (retrieval, error);
      return;
    }
  proto_pop3_client_config_init (&config);
  config.stls
      = peer->security == STORE_SECURITY_STARTTLS ? PROTO_STARTTLS_REQUIRED : PROTO_STARTTLS_NEVER;
  config.credentials = peer->credentials;
  config.auth_in_clear = peer->security == STORE_SECURITY_NONE;
  config.try_apop = peer->security == STORE_SECURITY_NONE;
  retrieval->client = proto_pop3_client_new (&config, peer->security == STORE_SECURITY_TLS);
  retrieval->link
      = engine_peer_link (peer, connection, proto_pop3_client_get_engine (retrieval->client),
                          retrieval->journal);
  net_link_start (retrieval->link, g_task_get_cancellable (task), on_progress, g_object_ref (task),
                  g_object_unref);
}

static void
on_known (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Retrieval *retrieval = g_task_get_task_data (task);
  GError *error = NULL;

  retrieval->known = store_cabinet_known_uids_finish (retrieval->cabinet, result, &error);
  if (retrieval->known == NULL)
    {
      end (retrieval, error);
      g_object_unref (task);
      return;
    }
  engine_peer_connect_async (retrieval->peer, g_task_get_cancellable (task), on_connected, task);
}

void
engine_retrieval_run_async (StoreCabinet *cabinet,
                            const StoreAccount *account,
                            EnginePeer *peer,
                            EngineJournal *journal,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Retrieval *retrieval = g_new0 (Retrieval, 1);

  /* What came before a cancellation counts, so the outcome is always the session's own. */
  g_task_set_check_cancellable (task, FALSE);
  retrieval->task = task;
  retrieval->cabinet = cabinet != NULL ? g_object_ref (cabinet) : NULL;
  retrieval->account = store_account_copy (account);
  retrieval->peer = peer;
  retrieval->journal = g_object_ref (journal);
  retrieval->listed = g_ptr_array_new_with_free_func (g_free);
  retrieval->items = g_ptr_array_new_with_free_func ((GDestroyNotify) item_free);
  retrieval->fresh = g_hash_table_new (g_str_hash, g_str_equal);
  g_queue_init (&retrieval->asked);
  g_task_set_task_data (task, retrieval, (GDestroyNotify) retrieval_free);

  if (cabinet != NULL)
    store_cabinet_known_uids_async (cabinet, account->id, cancellable, on_known, task);
  else
    engine_peer_connect_async (peer, cancellable, on_connected, task);
}

gboolean
engine_retrieval_run_finish (GAsyncResult *result, EngineFetchResult *counts, GError **error)
{
  Retrieval *retrieval = g_task_get_task_data (G_TASK (result));

  if (counts != NULL)
    *counts = retrieval->counts;
  return g_task_propagate_boolean (G_TASK (result), error);
}
