/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-error-private.h"
#include "engine-outbox-private.h"
#include "engine-source-private.h"

#include <base-clock.h>
#include <message-letter.h>

#include <string.h>

/* When a letter that was only put down is sent by itself, unless somebody delivers it before. */
#define PUT_DOWN_SECONDS 60

typedef struct
{
  StoreAccount *account;
  MessageBuilder *builder; /* borrowed, or NULL */
  GBytes *source;          /* or NULL */
  char **recipients;
  gint64 replaces;
  gboolean now;
  StoreFiles *files; /* borrowed: the cabinet's */
  StoreSpool *spool;
} Adding;

static void
adding_free (Adding *adding)
{
  store_account_free (adding->account);
  g_clear_pointer (&adding->source, g_bytes_unref);
  g_strfreev (adding->recipients);
  g_clear_pointer (&adding->spool, store_spool_free);
  g_free (adding);
}

/* ---- on the worker ---- */

static void
collect (GPtrArray *mailboxes, GHashTable *seen, GStrvBuilder *builder)
{
  for (guint i = 0; i < mailboxes->len; i++)
    {
      const MessageMailbox *mailbox = g_ptr_array_index (mailboxes, i);
      if (g_hash_table_add (seen, g_strdup (mailbox->address)))
        g_strv_builder_add (builder, mailbox->address);
    }
}

static char **
recipients_of (const MessageLetter *letter)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  collect (message_letter_get_to (letter), seen, builder);
  collect (message_letter_get_cc (letter), seen, builder);
  collect (message_letter_get_bcc (letter), seen, builder);
  return g_strv_builder_end (builder);
}

/* Fills in what goes on the wire and to whom. */
static gboolean
make_source (Adding *adding, GError **error)
{
  if (adding->builder != NULL)
    {
      adding->source = message_builder_build (adding->builder, MESSAGE_BUILD_WIRE, error);
      if (adding->source == NULL)
        return FALSE;
      adding->recipients = message_builder_dup_recipients (adding->builder);
    }
  else
    {
      if (adding->recipients == NULL)
        {
          g_autoptr (MessageLetter) letter = message_letter_parse (adding->source, error);
          if (letter == NULL)
            return FALSE;
          adding->recipients = recipients_of (letter);
        }
      GBytes *wire = engine_source_for_wire (adding->source);
      g_bytes_unref (adding->source);
      adding->source = wire;
    }
  if (adding->recipients == NULL || adding->recipients[0] == NULL)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                   "The letter is for nobody. Enter a recipient.");
      return FALSE;
    }
  return TRUE;
}

static void
prepare_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Adding *adding = data;
  GError *error = NULL;

  if (make_source (adding, &error))
    {
      gsize length;
      const guint8 *octets = g_bytes_get_data (adding->source, &length);

      adding->spool = store_spool_new (adding->files, &error);
      if (adding->spool != NULL && store_spool_write (adding->spool, octets, length, &error))
        {
          g_task_return_boolean (task, TRUE);
          return;
        }
    }
  g_task_return_error (task, engine_error_translate (error, NULL));
  g_error_free (error);
}

/* ---- on the main thread ---- */

static void
on_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineOutbox *outbox = g_task_get_source_object (task);
  Adding *adding = g_task_get_task_data (task);
  GError *error = NULL;
  gint64 id = store_cabinet_add_finish (engine_outbox_get_cabinet (outbox), result, &error);

  if (error != NULL)
    {
      engine_error_return (task, error, NULL);
      return;
    }
  engine_outbox_added (outbox, id, adding->account->id, adding->now);
  g_task_return_int (task, id);
}

static StoreOutboxEntry *
make_envelope (const Adding *adding)
{
  StoreOutboxEntry *entry = store_outbox_entry_new ();

  entry->account = adding->account->id;
  entry->state = STORE_OUTBOX_WAITING;
  entry->next_try = base_clock_real () / G_USEC_PER_SEC + (adding->now ? 0 : PUT_DOWN_SECONDS);
  g_free (entry->reverse_path);
  entry->reverse_path = g_strdup (adding->account->address);
  for (guint i = 0; adding->recipients[i] != NULL; i++)
    g_ptr_array_add (entry->recipients, store_recipient_new (adding->recipients[i]));
  return entry;
}

static void
on_prepared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  EngineOutbox *outbox = g_task_get_source_object (task);
  Adding *adding = g_task_get_task_data (task);
  GError *error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  g_autoptr (StoreOutboxEntry) envelope = make_envelope (adding);
  StoreAdd add = { .account = adding->account->id,
                   .folder = STORE_FOLDER_OUTBOX,
                   .seen = TRUE,
                   .envelope = envelope,
                   .replaces = adding->replaces };
  store_cabinet_add_async (engine_outbox_get_cabinet (outbox), g_steal_pointer (&adding->spool),
                           &add, g_task_get_cancellable (task), on_stored, task);
}

/* Takes @adding. */
static void
add (EngineOutbox *outbox,
     EngineAccount *account,
     Adding *adding,
     GCancellable *cancellable,
     GAsyncReadyCallback callback,
     gpointer user_data)
{
  GTask *task = g_task_new (outbox, cancellable, callback, user_data);

  adding->account = store_account_copy (engine_account_get_values (account));
  adding->files = store_cabinet_get_files (engine_outbox_get_cabinet (outbox));
  g_task_set_task_data (task, adding, (GDestroyNotify) adding_free);

  g_autoptr (GTask) worker = g_task_new (outbox, cancellable, on_prepared, task);
  g_task_set_task_data (worker, adding, NULL);
  g_task_run_in_thread (worker, prepare_thread);
}

void
engine_outbox_add_async (EngineOutbox *outbox,
                         EngineAccount *account,
                         MessageBuilder *builder,
                         gint64 replaces,
                         gboolean now,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  Adding *adding = g_new0 (Adding, 1);

  adding->builder = builder;
  adding->replaces = replaces;
  adding->now = now;
  add (outbox, account, adding, cancellable, callback, user_data);
}

void
engine_outbox_add_source_async (EngineOutbox *outbox,
                                EngineAccount *account,
                                GBytes *source,
                                const char *const *recipients,
                                gboolean now,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  Adding *adding = g_new0 (Adding, 1);

  adding->source = g_bytes_ref (source);
  adding->recipients = g_strdupv ((char **) recipients);
  adding->now = now;
  add (outbox, account, adding, cancellable, callback, user_data);
}

gint64
engine_outbox_add_finish (EngineOutbox *outbox, GAsyncResult *result, GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}
