/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-outbox-private.h"

#include "engine-account-private.h"
#include "engine-error-private.h"
#include "engine-submission-private.h"
#include "engine-timer-private.h"
#include "engine-waiters-private.h"

#include <base-clock.h>

/* The clock may jump, and a computer may sleep: look again at least this often. */
#define LOOK_SECONDS 30
/* When a letter could not be claimed: the other program needs a moment too. */
#define BUSY_MSEC 1000

struct _EngineOutbox
{
  GObject parent_instance;

  StoreCabinet *cabinet;
  EngineAccounts *accounts;
  GPtrArray *entries;   /* of StoreOutboxEntry, as the cabinet said last */
  GHashTable *sessions; /* set of Session */
  GHashTable *in_hand;  /* set of letters (gint64) that a session of ours has */
  GHashTable *waiters;  /* letter -> EngineWaiters */
  GSource *timer;
  GTask *shutting_down; /* or NULL */
  gboolean refreshing;
  gboolean stale; /* what is being read may be old already */
  gboolean started;
  gboolean shut;
};

typedef struct
{
  EngineOutbox *outbox; /* counted */
  gint64 account;
  EngineSubmission *submission;
} Session;

G_DEFINE_FINAL_TYPE (EngineOutbox, engine_outbox, G_TYPE_OBJECT)

static guint changed_signal;
static guint sent_signal;
static guint failed_signal;

static gboolean on_timer (gpointer user_data);
static void refresh (EngineOutbox *outbox);
static void push (EngineOutbox *outbox, gint64 letter, gint64 account);

static gint64
now_seconds (void)
{
  return base_clock_real () / G_USEC_PER_SEC;
}

static const StoreOutboxEntry *
find_entry (GPtrArray *entries, gint64 letter)
{
  for (guint i = 0; i < entries->len; i++)
    if (((StoreOutboxEntry *) g_ptr_array_index (entries, i))->letter == letter)
      return g_ptr_array_index (entries, i);
  return NULL;
}

/* Answers all who wait for @letter. */
static void
answer (EngineOutbox *outbox, gint64 letter, const GError *error)
{
  gpointer key = NULL;
  gpointer value = NULL;

  if (!g_hash_table_steal_extended (outbox->waiters, &letter, &key, &value))
    return;
  g_free (key);
  g_autoptr (EngineWaiters) waiters = value;
  engine_waiters_return (waiters, error, NULL, NULL);
}

static void
wait_for (EngineOutbox *outbox, gint64 letter, GTask *task)
{
  EngineWaiters *waiters = g_hash_table_lookup (outbox->waiters, &letter);

  if (waiters == NULL)
    {
      waiters = engine_waiters_new (NULL, NULL);
      g_hash_table_insert (outbox->waiters, g_memdup2 (&letter, sizeof letter), waiters);
    }
  engine_waiters_add (waiters, task);
}

/* ---- sessions ---- */

static void
session_free (Session *session)
{
  engine_submission_unref (session->submission);
  g_object_unref (session->outbox);
  g_free (session);
}

static void
return_shut_down (EngineOutbox *outbox)
{
  if (outbox->shutting_down == NULL || outbox->refreshing
      || g_hash_table_size (outbox->sessions) > 0)
    return;
  g_autoptr (GTask) task = g_steal_pointer (&outbox->shutting_down);
  g_task_return_boolean (task, TRUE);
}

/* What is known is known at once: whoever asks after the answer need not wait for the cabinet. */
static void
note_entry (EngineOutbox *outbox, const StoreOutboxEntry *entry)
{
  for (guint i = 0; i < outbox->entries->len; i++)
    if (((StoreOutboxEntry *) g_ptr_array_index (outbox->entries, i))->letter == entry->letter)
      {
        g_ptr_array_remove_index (outbox->entries, i);
        g_ptr_array_insert (outbox->entries, (int) i, store_outbox_entry_copy (entry));
        return;
      }
}

static void
on_outcome (gint64 letter, const StoreOutboxEntry *entry, const GError *error, gpointer user_data)
{
  EngineOutbox *outbox = ((Session *) user_data)->outbox;

  g_hash_table_remove (outbox->in_hand, &letter);
  if (entry != NULL)
    note_entry (outbox, entry);
  if (error == NULL)
    g_signal_emit (outbox, sent_signal, 0, letter);
  else if (entry != NULL
           && (entry->state == STORE_OUTBOX_FAILED || entry->state == STORE_OUTBOX_IN_DOUBT))
    g_signal_emit (outbox, failed_signal, 0, letter, error->message);
  /* Another program has it in hand: the cabinet will say how it ends. */
  if (!g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_BUSY))
    answer (outbox, letter, error);
  if (entry != NULL)
    refresh (outbox);
  else if (!outbox->shut)
    {
      engine_timer_clear (&outbox->timer);
      outbox->timer = engine_timer_new (BUSY_MSEC, on_timer, outbox);
    }
}

static void
on_session_over (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Session *session = user_data;
  EngineOutbox *outbox = session->outbox;
  EngineAccount *account = engine_accounts_find (outbox->accounts, session->account);
  g_autoptr (GError) error = NULL;

  engine_submission_run_finish (session->submission, result, &error);
  if (account != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    engine_account_set_problem (account, ENGINE_TASK_SENDING, error);
  g_hash_table_remove (outbox->sessions, session);
  return_shut_down (outbox);
  session_free (session);
}

static void
on_reached (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Session *session = user_data;
  g_autoptr (GError) error = NULL;
  EnginePeer *peer = engine_accounts_reach_finish (session->outbox->accounts, result, &error);

  engine_submission_run_async (session->submission, peer, error, on_session_over, session);
}

static Session *
begin_session (EngineOutbox *outbox, EngineAccount *account)
{
  Session *session = g_new0 (Session, 1);

  session->outbox = g_object_ref (outbox);
  session->account = engine_account_get_id (account);
  session->submission
      = engine_submission_new (outbox->cabinet, engine_accounts_get_journal (outbox->accounts),
                               on_outcome, session);
  g_hash_table_add (outbox->sessions, session);
  engine_accounts_reach_async (outbox->accounts, engine_account_get_values (account),
                               ENGINE_PEER_SMTP, NULL, on_reached, session);
  return session;
}

/* Gives @letter to a session of its account: one that is open, or a new one. */
static void
push (EngineOutbox *outbox, gint64 letter, gint64 account_id)
{
  GHashTableIter iter;
  gpointer key;
  EngineAccount *account = engine_accounts_find (outbox->accounts, account_id);

  if (outbox->shut || account == NULL || g_hash_table_contains (outbox->in_hand, &letter))
    return;
  g_hash_table_add (outbox->in_hand, g_memdup2 (&letter, sizeof letter));

  g_hash_table_iter_init (&iter, outbox->sessions);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      Session *session = key;
      if (session->account == account_id && engine_submission_push (session->submission, letter))
        return;
    }
  engine_submission_push (begin_session (outbox, account)->submission, letter);
}

/* ---- the time ---- */

static gboolean
on_timer (gpointer user_data)
{
  EngineOutbox *outbox = user_data;

  engine_timer_clear (&outbox->timer);
  refresh (outbox);
  return G_SOURCE_REMOVE;
}

/* Sends what is due, and sets the clock for what is not. */
static void
schedule (EngineOutbox *outbox)
{
  gint64 now = now_seconds ();
  gint64 next = G_MAXINT64;

  if (!outbox->started || outbox->shut)
    return;
  for (guint i = 0; i < outbox->entries->len; i++)
    {
      const StoreOutboxEntry *entry = g_ptr_array_index (outbox->entries, i);
      if (entry->state != STORE_OUTBOX_WAITING)
        continue;
      if (entry->next_try <= now)
        push (outbox, entry->letter, entry->account);
      else
        next = MIN (next, entry->next_try);
    }
  engine_timer_clear (&outbox->timer);
  if (next != G_MAXINT64)
    outbox->timer = engine_timer_new (MIN (next - now, LOOK_SECONDS) * 1000, on_timer, outbox);
}

/* ---- what the cabinet says ---- */

typedef struct
{
  EngineOutbox *outbox; /* counted */
  gint64 letter;
} Left;

static void
on_left_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Left *left = user_data;
  g_autoptr (EngineOutbox) outbox = left->outbox;
  g_autoptr (GError) failed = NULL;
  g_autoptr (GPtrArray) rows = store_cabinet_load_finish (outbox->cabinet, result, &failed);
  g_autoptr (GError) error = NULL;

  if (rows == NULL)
    error = engine_error_translate (failed, NULL);
  else if (rows->len == 0
           || ((StoreLetter *) g_ptr_array_index (rows, 0))->folder != STORE_FOLDER_SENT)
    error = g_error_new_literal (ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
                                 "The letter is no longer in the outbox, and was not sent.");
  answer (outbox, left->letter, error);
}

/* Letters that somebody waits for and no session of ours has: another program has them. */
static GArray *
dup_waited (EngineOutbox *outbox)
{
  GArray *waited = g_array_new (FALSE, FALSE, sizeof (gint64));
  GHashTableIter iter;
  gpointer letter;

  g_hash_table_iter_init (&iter, outbox->waiters);
  while (g_hash_table_iter_next (&iter, &letter, NULL))
    if (!g_hash_table_contains (outbox->in_hand, letter))
      g_array_append_val (waited, *(gint64 *) letter);
  return waited;
}

static void
answer_for_others (EngineOutbox *outbox)
{
  g_autoptr (GArray) waited = dup_waited (outbox);

  for (guint i = 0; i < waited->len; i++)
    {
      gint64 letter = g_array_index (waited, gint64, i);
      const StoreOutboxEntry *entry = find_entry (outbox->entries, letter);

      if (entry == NULL)
        {
          Left *left = g_new0 (Left, 1);
          left->outbox = g_object_ref (outbox);
          left->letter = letter;
          store_cabinet_load_async (outbox->cabinet, &letter, 1, NULL, on_left_loaded, left);
        }
      else if (entry->state != STORE_OUTBOX_SENDING)
        {
          g_autofree char *words = engine_outbox_describe (entry);
          g_autoptr (GError) error
              = g_error_new_literal (ENGINE_ERROR,
                                     entry->state == STORE_OUTBOX_IN_DOUBT ? ENGINE_ERROR_IN_DOUBT
                                                                           : ENGINE_ERROR_REFUSED,
                                     words);
          answer (outbox, letter, error);
        }
    }
}

static void
on_entries (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (EngineOutbox) outbox = user_data;
  g_autoptr (GError) error = NULL;
  GPtrArray *entries = store_cabinet_outbox_finish (outbox->cabinet, result, &error);

  outbox->refreshing = FALSE;
  return_shut_down (outbox);
  if (entries == NULL)
    {
      g_warning ("The outbox cannot be read: %s", error->message);
      return;
    }
  if (outbox->stale)
    {
      g_ptr_array_unref (entries);
      outbox->stale = FALSE;
      refresh (outbox);
      return;
    }
  g_ptr_array_unref (outbox->entries);
  outbox->entries = entries;
  /* What a session of ours has marked in doubt beforehand is on its way yet. */
  for (guint i = 0; i < entries->len; i++)
    {
      StoreOutboxEntry *entry = g_ptr_array_index (entries, i);
      if (entry->state == STORE_OUTBOX_IN_DOUBT
          && g_hash_table_contains (outbox->in_hand, &entry->letter))
        entry->state = STORE_OUTBOX_SENDING;
    }
  g_signal_emit (outbox, changed_signal, 0);
  answer_for_others (outbox);
  schedule (outbox);
}

static void
refresh (EngineOutbox *outbox)
{
  if (outbox->shut)
    return;
  if (outbox->refreshing)
    {
      outbox->stale = TRUE;
      return;
    }
  outbox->refreshing = TRUE;
  store_cabinet_outbox_async (outbox->cabinet, NULL, on_entries, g_object_ref (outbox));
}

/* ---- deliver ---- */

typedef struct
{
  gint64 letter;
  gint64 account;
} Deliver;

static void
on_made_waiting (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineOutbox *outbox = g_task_get_source_object (task);
  Deliver *deliver = g_task_get_task_data (task);
  GError *error = NULL;

  if (!store_cabinet_finish (outbox->cabinet, result, &error))
    {
      engine_error_return (task, error, NULL);
      return;
    }
  wait_for (outbox, deliver->letter, g_steal_pointer (&task));
  push (outbox, deliver->letter, deliver->account);
}

/* A person has decided to send @entry again: those who refused it are asked once more. */
static void
make_waiting (EngineOutbox *outbox, const StoreOutboxEntry *entry, GTask *task)
{
  g_autoptr (StoreOutboxEntry) again = store_outbox_entry_copy (entry);

  again->state = STORE_OUTBOX_WAITING;
  again->next_try = now_seconds ();
  for (guint i = 0; i < again->recipients->len; i++)
    {
      StoreRecipient *recipient = g_ptr_array_index (again->recipients, i);
      if (recipient->state == STORE_RECIPIENT_REFUSED)
        recipient->state = STORE_RECIPIENT_PENDING;
    }
  store_cabinet_update_outbox_async (outbox->cabinet, again, NULL, on_made_waiting, task);
}

static void
on_deliver_entries (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineOutbox *outbox = g_task_get_source_object (task);
  Deliver *deliver = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GPtrArray) entries = store_cabinet_outbox_finish (outbox->cabinet, result, &error);
  const StoreOutboxEntry *entry = NULL;

  if (entries == NULL)
    {
      engine_error_return (task, error, NULL);
      return;
    }
  entry = find_entry (entries, deliver->letter);
  if (entry == NULL)
    {
      g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
                               "The letter is not in the outbox.");
      return;
    }
  if (engine_accounts_find (outbox->accounts, entry->account) == NULL)
    {
      g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
                               "The letter's account was removed. Choose another one for it.");
      return;
    }
  deliver->account = entry->account;
  if ((entry->state == STORE_OUTBOX_FAILED || entry->state == STORE_OUTBOX_IN_DOUBT)
      && !g_hash_table_contains (outbox->in_hand, &deliver->letter))
    {
      make_waiting (outbox, entry, g_steal_pointer (&task));
      return;
    }
  gboolean waiting = entry->state == STORE_OUTBOX_WAITING;
  wait_for (outbox, deliver->letter, g_steal_pointer (&task));
  if (waiting)
    push (outbox, deliver->letter, deliver->account);
}

void
engine_outbox_deliver_async (EngineOutbox *outbox,
                             gint64 letter,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task = g_task_new (outbox, cancellable, callback, user_data);
  Deliver *deliver = g_new0 (Deliver, 1);

  deliver->letter = letter;
  g_task_set_task_data (task, deliver, g_free);
  if (outbox->shut)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The program is ending.");
      g_object_unref (task);
      return;
    }
  store_cabinet_outbox_async (outbox->cabinet, cancellable, on_deliver_entries, task);
}

gboolean
engine_outbox_deliver_finish (EngineOutbox *outbox, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- the object ---- */

static void
engine_outbox_finalize (GObject *object)
{
  EngineOutbox *outbox = ENGINE_OUTBOX (object);

  engine_timer_clear (&outbox->timer);
  g_ptr_array_unref (outbox->entries);
  g_hash_table_unref (outbox->sessions);
  g_hash_table_unref (outbox->in_hand);
  g_hash_table_unref (outbox->waiters);
  g_clear_object (&outbox->cabinet);
  g_clear_object (&outbox->accounts);
  G_OBJECT_CLASS (engine_outbox_parent_class)->finalize (object);
}

static void
engine_outbox_class_init (EngineOutboxClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = engine_outbox_finalize;
  changed_signal
      = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  sent_signal = g_signal_new ("sent", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                              G_TYPE_INT64);
  failed_signal = g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                2, G_TYPE_INT64, G_TYPE_STRING);
}

static void
engine_outbox_init (EngineOutbox *outbox)
{
  outbox->sessions = g_hash_table_new (NULL, NULL);
  outbox->in_hand = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  outbox->waiters = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                           (GDestroyNotify) engine_waiters_free);
}

static void
on_first_entries (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **first = user_data;

  *first = g_object_ref (result);
}

/* The entries at the start; in a context of its own, as opening is one step for the caller. */
static GPtrArray *
load_first (StoreCabinet *cabinet, GError **error)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GAsyncResult) result = NULL;

  g_main_context_push_thread_default (context);
  store_cabinet_outbox_async (cabinet, NULL, on_first_entries, &result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  return store_cabinet_outbox_finish (cabinet, result, error);
}

EngineOutbox *
engine_outbox_new (StoreCabinet *cabinet, EngineAccounts *accounts, GError **error)
{
  GPtrArray *entries = load_first (cabinet, error);
  if (entries == NULL)
    return NULL;

  EngineOutbox *outbox = g_object_new (ENGINE_TYPE_OUTBOX, NULL);
  outbox->cabinet = g_object_ref (cabinet);
  outbox->accounts = g_object_ref (accounts);
  outbox->entries = entries;
  g_signal_connect_object (cabinet, "outbox-changed", G_CALLBACK (refresh), outbox,
                           G_CONNECT_SWAPPED);
  return outbox;
}

StoreCabinet *
engine_outbox_get_cabinet (EngineOutbox *outbox)
{
  return outbox->cabinet;
}

void
engine_outbox_added (EngineOutbox *outbox, gint64 letter, gint64 account, gboolean now)
{
  if (now)
    push (outbox, letter, account);
  refresh (outbox);
}

void
engine_outbox_start (EngineOutbox *outbox)
{
  outbox->started = TRUE;
  refresh (outbox);
}

void
engine_outbox_retry (EngineOutbox *outbox)
{
  for (guint i = 0; i < outbox->entries->len; i++)
    {
      const StoreOutboxEntry *entry = g_ptr_array_index (outbox->entries, i);
      if (entry->state == STORE_OUTBOX_WAITING)
        push (outbox, entry->letter, entry->account);
    }
}

void
engine_outbox_shut_down_async (EngineOutbox *outbox,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GList) sessions = g_hash_table_get_keys (outbox->sessions);

  outbox->shut = TRUE;
  engine_timer_clear (&outbox->timer);
  outbox->shutting_down = g_task_new (outbox, NULL, callback, user_data);
  g_autoptr (GArray) waited = dup_waited (outbox);
  g_autoptr (GError) ending
      = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "The program ended meanwhile.");
  for (guint i = 0; i < waited->len; i++)
    answer (outbox, g_array_index (waited, gint64, i), ending);
  for (GList *link = sessions; link != NULL; link = link->next)
    engine_submission_stop (((Session *) link->data)->submission);
  return_shut_down (outbox);
}

void
engine_outbox_shut_down_finish (EngineOutbox *outbox, GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}

GPtrArray *
engine_outbox_dup_entries (EngineOutbox *outbox)
{
  GPtrArray *copies = g_ptr_array_new_with_free_func ((GDestroyNotify) store_outbox_entry_free);

  for (guint i = 0; i < outbox->entries->len; i++)
    g_ptr_array_add (copies, store_outbox_entry_copy (g_ptr_array_index (outbox->entries, i)));
  return copies;
}

StoreOutboxEntry *
engine_outbox_dup_entry (EngineOutbox *outbox, gint64 letter)
{
  const StoreOutboxEntry *entry = find_entry (outbox->entries, letter);

  return entry != NULL ? store_outbox_entry_copy (entry) : NULL;
}

char *
engine_outbox_describe (const StoreOutboxEntry *entry)
{
  const char *words = entry->last_error;

  switch (entry->state)
    {
    case STORE_OUTBOX_SENDING:
      return g_strdup ("Being sent");
    case STORE_OUTBOX_IN_DOUBT:
      return g_strdup (words != NULL ? words
                                     : "It may have been sent: no answer was heard. Send it again "
                                       "only if it did not arrive.");
    case STORE_OUTBOX_FAILED:
      return g_strdup_printf ("Not sent: %s", words != NULL ? words : "refused");
    case STORE_OUTBOX_WAITING:
      break;
    }
  if (words == NULL)
    return g_strdup ("Waiting to be sent");
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (entry->next_try);
  g_autofree char *clock = time != NULL ? g_date_time_format (time, "%H:%M") : g_strdup ("?");
  return g_strdup_printf ("Will try again at %s: %s", clock, words);
}
