/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-retrieval-session-private.h"

#include "engine-error-private.h"
#include "engine-junk-private.h"

/* Letters asked for, or on their way to the disk, at one time: those have a file open each. */
#define MAX_IN_FLIGHT 128
/* Of the text of a letter that is too large to be fetched at once. */
#define PREVIEW_LINES 40

static void
item_free (EngineItem *item)
{
  g_free (item->uid);
  g_free (item);
}

static void
retrieval_free (EngineRetrieval *retrieval)
{
  g_clear_object (&retrieval->cabinet);
  g_clear_pointer (&retrieval->account, store_account_free);
  g_clear_pointer (&retrieval->sorter, engine_sorter_free);
  g_clear_pointer (&retrieval->peer, engine_peer_free);
  g_clear_object (&retrieval->journal);
  g_clear_object (&retrieval->link);
  g_clear_pointer (&retrieval->known, g_hash_table_unref);
  g_clear_pointer (&retrieval->fresh, g_hash_table_unref);
  g_clear_pointer (&retrieval->listed, g_ptr_array_unref);
  g_clear_pointer (&retrieval->sizes, g_array_unref);
  g_clear_pointer (&retrieval->items, g_ptr_array_unref);
  g_clear_pointer (&retrieval->headers, g_checksum_free);
  g_queue_clear (&retrieval->asked);
  g_queue_clear_full (&retrieval->deleting, g_free);
  g_clear_pointer (&retrieval->gone, g_hash_table_unref);
  g_clear_pointer (&retrieval->spool, store_spool_free);
  g_clear_error (&retrieval->error);
  g_free (retrieval);
}

/* ---- the end ---- */

/* Returns the task when the wire and the disk are both done. */
static void
return_when_done (EngineRetrieval *retrieval)
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

void
engine_retrieval_end (EngineRetrieval *retrieval, GError *error)
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

/* ---- the session ---- */

void
engine_retrieval_say_delete (EngineRetrieval *retrieval, guint number, const char *uid)
{
  g_queue_push_tail (&retrieval->deleting, g_strdup (uid));
  proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_DELE, number, 0);
}

void
engine_retrieval_worked (EngineRetrieval *retrieval)
{
  retrieval->storing--;
  if (!retrieval->over)
    {
      engine_retrieval_advance (retrieval);
      if (retrieval->link != NULL)
        net_link_kick (retrieval->link);
    }
  return_when_done (retrieval);
}

static void
say_retrieve (EngineRetrieval *retrieval, const EngineItem *item)
{
  if (item->partial)
    proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_TOP, item->number,
                               PREVIEW_LINES);
  else
    proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_RETR, item->number, 0);
}

void
engine_retrieval_advance (EngineRetrieval *retrieval)
{
  if (retrieval->over || !retrieval->planned || retrieval->quitting)
    return;

  while (retrieval->next_item < retrieval->items->len
         && retrieval->asked.length + retrieval->storing < MAX_IN_FLIGHT)
    {
      EngineItem *item = g_ptr_array_index (retrieval->items, retrieval->next_item++);
      g_queue_push_tail (&retrieval->asked, item);
      say_retrieve (retrieval, item);
    }
  if (retrieval->asked.length == 0 && retrieval->storing == 0 && retrieval->deleting.length == 0)
    {
      retrieval->quitting = TRUE;
      proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_QUIT, 0, 0);
    }
}

static void
on_ready (EngineRetrieval *retrieval)
{
  if (retrieval->cabinet != NULL)
    {
      engine_retrieval_ask_list (retrieval);
      return;
    }
  retrieval->quitting = TRUE;
  proto_pop3_client_command (retrieval->client, PROTO_POP3_COMMAND_QUIT, 0, 0);
}

static void
on_done (EngineRetrieval *retrieval, const ProtoPop3ClientEvent *event)
{
  if (event->command == PROTO_POP3_COMMAND_RETR || event->command == PROTO_POP3_COMMAND_TOP)
    engine_retrieval_keep_letter (retrieval, g_queue_pop_head (&retrieval->asked));
  else if (event->command == PROTO_POP3_COMMAND_DELE)
    g_hash_table_add (retrieval->gone, g_queue_pop_head (&retrieval->deleting));
  else if (event->command == PROTO_POP3_COMMAND_QUIT && g_hash_table_size (retrieval->gone) > 0)
    engine_retrieval_forget_gone (retrieval);
}

static void
on_err (EngineRetrieval *retrieval, const ProtoPop3ClientEvent *event)
{
  /* Letters and deletions that are refused are tried again by the next fetch. */
  if (event->command == PROTO_POP3_COMMAND_RETR || event->command == PROTO_POP3_COMMAND_TOP)
    {
      EngineItem *item = g_queue_pop_head (&retrieval->asked);

      g_clear_pointer (&retrieval->spool, store_spool_free);
      /* TOP may be missing (RFC 1939 section 7): then there is only the whole letter. */
      if (item->partial)
        {
          item->partial = FALSE;
          g_queue_push_tail (&retrieval->asked, item);
          say_retrieve (retrieval, item);
        }
      else
        retrieval->counts.failed++;
    }
  else if (event->command == PROTO_POP3_COMMAND_DELE)
    g_free (g_queue_pop_head (&retrieval->deleting));
}

/* RFC 2449 section 8.1: what a server says instead of a session. */
static GError *
make_refusal (const EngineRetrieval *retrieval, const ProtoPop3ClientEvent *event)
{
  const char *host = engine_peer_get_host (retrieval->peer);

  if (g_strcmp0 (event->code, "IN-USE") == 0)
    return g_error_new (ENGINE_ERROR, ENGINE_ERROR_BUSY,
                        "Another program is reading this mailbox at %s. Try again in a moment.",
                        host);
  if (g_strcmp0 (event->code, "LOGIN-DELAY") == 0)
    return g_error_new (ENGINE_ERROR, ENGINE_ERROR_BUSY,
                        "%s wants more time between two fetches. Try again in a few minutes.",
                        host);
  if (g_strcmp0 (event->code, "SYS/TEMP") == 0)
    return g_error_new (ENGINE_ERROR, ENGINE_ERROR_REFUSED,
                        "%s has a trouble of its own that should go away (%s). Try again later.",
                        host, event->error->message);
  if (g_strcmp0 (event->code, "SYS/PERM") == 0)
    return g_error_new (ENGINE_ERROR, ENGINE_ERROR_REFUSED,
                        "%s has a trouble that its administrator must mend (%s).", host,
                        event->error->message);
  return g_error_copy (event->error);
}

/* Whether it tells what is in the maildrop. */
static gboolean
is_planning (const EngineRetrieval *retrieval, const ProtoPop3ClientEvent *event)
{
  if (event->type == PROTO_POP3_CLIENT_READY || event->type == PROTO_POP3_CLIENT_FAILED
      || event->type == PROTO_POP3_CLIENT_CLOSED)
    return FALSE;
  switch (event->command)
    {
    case PROTO_POP3_COMMAND_STAT:
    case PROTO_POP3_COMMAND_LIST:
    case PROTO_POP3_COMMAND_UIDL:
      return TRUE;
    case PROTO_POP3_COMMAND_TOP:
      return !retrieval->planned;
    default:
      return FALSE;
    }
}

static void
on_event (EngineRetrieval *retrieval, const ProtoPop3ClientEvent *event)
{
  if (is_planning (retrieval, event))
    {
      engine_retrieval_plan_event (retrieval, event);
      return;
    }
  switch (event->type)
    {
    case PROTO_POP3_CLIENT_READY:
      on_ready (retrieval);
      break;
    case PROTO_POP3_CLIENT_CHUNK:
      engine_retrieval_keep_chunk (retrieval, event->chunk);
      break;
    case PROTO_POP3_CLIENT_DONE:
      on_done (retrieval, event);
      break;
    case PROTO_POP3_CLIENT_ERR:
      on_err (retrieval, event);
      break;
    case PROTO_POP3_CLIENT_FAILED:
      /* The link may know better why; it is asked in on_progress(). */
      if (retrieval->error == NULL)
        retrieval->error = make_refusal (retrieval, event);
      break;
    case PROTO_POP3_CLIENT_CLOSED:
      engine_retrieval_end (retrieval, NULL);
      break;
    case PROTO_POP3_CLIENT_ITEM:
      break;
    }
}

static void on_connected (GObject *source, GAsyncResult *result, gpointer user_data);

/* Once more, with another token. */
static void
begin_again (EngineRetrieval *retrieval)
{
  g_autoptr (NetLink) link = g_steal_pointer (&retrieval->link);

  retrieval->client = NULL;
  g_clear_error (&retrieval->error);
  if (!proto_engine_is_done (net_link_get_engine (link)))
    net_link_abort (link);
  engine_peer_connect_async (retrieval->peer, g_task_get_cancellable (retrieval->task),
                             on_connected, g_object_ref (retrieval->task));
}

static void
on_progress (NetLink *link, gboolean ended, const GError *error, gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);
  EngineRetrieval *retrieval = g_task_get_task_data (task);
  ProtoPop3ClientEvent event;

  if (retrieval->link != link)
    return;
  while (!retrieval->over && proto_pop3_client_next (retrieval->client, &event))
    on_event (retrieval, &event);
  if (retrieval->over)
    return;
  if (ended && error != NULL)
    {
      g_clear_error (&retrieval->error);
      engine_retrieval_end (retrieval, g_error_copy (error));
    }
  else if (retrieval->error != NULL && engine_peer_retries (retrieval->peer, retrieval->error))
    begin_again (retrieval);
  else if (retrieval->error != NULL)
    engine_retrieval_end (retrieval, NULL);
  else if (ended)
    engine_retrieval_end (retrieval, retrieval->quitting
                                         ? NULL
                                         : g_error_new (PROTO_ERROR, PROTO_ERROR_CLOSED,
                                                        "The connection to %s ended in the middle",
                                                        engine_peer_get_host (retrieval->peer)));
  else
    engine_retrieval_advance (retrieval);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineRetrieval *retrieval = g_task_get_task_data (task);
  const EnginePeer *peer = retrieval->peer;
  GError *error = NULL;
  g_autoptr (GSocketConnection) connection = engine_peer_connect_finish (result, &error);
  ProtoPop3ClientConfig config;

  if (connection == NULL)
    {
      engine_retrieval_end (retrieval, error);
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
  EngineRetrieval *retrieval = g_task_get_task_data (task);
  GError *error = NULL;

  retrieval->known = store_cabinet_known_uids_finish (retrieval->cabinet, result, &error);
  if (retrieval->known == NULL)
    {
      engine_retrieval_end (retrieval, error);
      g_object_unref (task);
      return;
    }
  engine_peer_connect_async (retrieval->peer, g_task_get_cancellable (task), on_connected, task);
}

void
engine_retrieval_run_async (StoreCabinet *cabinet,
                            const StoreAccount *account,
                            EngineSorter *sorter,
                            EnginePeer *peer,
                            EngineJournal *journal,
                            EngineFetchProgressFunc progress,
                            gpointer progress_data,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  EngineRetrieval *retrieval = g_new0 (EngineRetrieval, 1);

  /* What came before a cancellation counts, so the outcome is always the session's own. */
  g_task_set_check_cancellable (task, FALSE);
  retrieval->task = task;
  retrieval->cabinet = cabinet != NULL ? g_object_ref (cabinet) : NULL;
  retrieval->account = store_account_copy (account);
  retrieval->sorter = sorter;
  retrieval->peer = peer;
  retrieval->journal = g_object_ref (journal);
  retrieval->progress = progress;
  retrieval->progress_data = progress_data;
  retrieval->listed = g_ptr_array_new_with_free_func (g_free);
  retrieval->sizes = g_array_new (FALSE, TRUE, sizeof (guint64));
  retrieval->items = g_ptr_array_new_with_free_func ((GDestroyNotify) item_free);
  retrieval->fresh = g_hash_table_new (g_str_hash, g_str_equal);
  retrieval->gone = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&retrieval->asked);
  g_queue_init (&retrieval->deleting);
  g_task_set_task_data (task, retrieval, (GDestroyNotify) retrieval_free);

  if (cabinet != NULL)
    store_cabinet_known_uids_async (cabinet, account->id, cancellable, on_known, task);
  else
    engine_peer_connect_async (peer, cancellable, on_connected, task);
}

gboolean
engine_retrieval_run_finish (GAsyncResult *result, EngineFetchResult *counts, GError **error)
{
  EngineRetrieval *retrieval = g_task_get_task_data (G_TASK (result));

  if (counts != NULL)
    *counts = retrieval->counts;
  return g_task_propagate_boolean (G_TASK (result), error);
}
