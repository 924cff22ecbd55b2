/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-submission-private.h"

#include "engine-error-private.h"
#include "engine-schedule-private.h"
#include "engine-timer-private.h"

#include <base-clock.h>
#include <proto-smtp-client.h>

/* Written at one time; more when the wire has taken it. */
#define PIECE 65536
/* How long a stopped session waits for the answer to a letter that is out. */
#define GRACE_MSEC 5000

typedef enum
{
  PHASE_QUEUED,   /* claimed */
  PHASE_READING,  /* the entry and the source come from the cabinet */
  PHASE_SENDING,  /* MAIL, RCPT, DATA and the text */
  PHASE_MARKING,  /* IN_DOUBT is being written; the end not said yet */
  PHASE_DOUBT,    /* the end is said, no answer yet */
  PHASE_SETTLING, /* the outcome is being written */
} Phase;

typedef struct
{
  EngineSubmission *submission; /* counted while the cabinet works for the letter */
  gint64 id;
  Phase phase;
  StoreOutboxEntry *entry;
  GBytes *source;
  gsize written;
  GArray *positions;  /* guint: which of entry->recipients are said on the wire */
  GPtrArray *replies; /* of ProtoReply or NULL, by position on the wire */
  GError *error;      /* the outcome */
} Letter;

struct _EngineSubmission
{
  StoreCabinet *cabinet;
  EngineJournal *journal;
  EnginePeer *peer;
  EngineSubmissionOutcome outcome;
  gpointer user_data;

  GTask *task; /* of the run */
  GCancellable *cancellable;
  NetLink *link;
  ProtoSmtpClient *client; /* the link's engine */
  GSource *grace;

  GQueue queue;       /* of Letter, claimed */
  Letter *current;    /* or NULL */
  guint busy;         /* claims and outcomes that the cabinet works on */
  GError *error;      /* why the session broke */
  gboolean permanent; /* @error will not go away by itself */
  gboolean ready;
  gboolean quitting;
  gboolean stopping;
  gboolean over; /* the wire is done with */
};

static void step (EngineSubmission *submission);
static void return_when_done (EngineSubmission *submission);

static void
letter_free (Letter *letter)
{
  g_clear_pointer (&letter->entry, store_outbox_entry_free);
  g_clear_pointer (&letter->source, g_bytes_unref);
  g_clear_pointer (&letter->positions, g_array_unref);
  g_clear_pointer (&letter->replies, g_ptr_array_unref);
  g_clear_error (&letter->error);
  g_free (letter);
}

static void
submission_clear (EngineSubmission *submission)
{
  g_clear_object (&submission->cabinet);
  g_clear_object (&submission->journal);
  g_clear_pointer (&submission->peer, engine_peer_free);
  g_clear_object (&submission->task);
  g_clear_object (&submission->cancellable);
  g_clear_object (&submission->link);
  engine_timer_clear (&submission->grace);
  g_queue_clear_full (&submission->queue, (GDestroyNotify) letter_free);
  g_clear_pointer (&submission->current, letter_free);
  g_clear_error (&submission->error);
}

void
engine_submission_unref (EngineSubmission *submission)
{
  g_rc_box_release_full (submission, (GDestroyNotify) submission_clear);
}

static void
reply_free (gpointer reply)
{
  if (reply != NULL)
    proto_reply_free (reply);
}

/* ---- the outcome of a letter ---- */

/* Tells what became of @letter, and goes on. Takes @letter. */
static void
settled (EngineSubmission *submission, Letter *letter)
{
  if (submission->current == letter)
    submission->current = NULL;
  submission->outcome (letter->id, letter->entry, letter->error, submission->user_data);
  letter_free (letter);
  step (submission);
  return_when_done (submission);
}

static void
on_settled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Letter *letter = user_data;
  g_autoptr (EngineSubmission) submission = g_steal_pointer (&letter->submission);
  g_autoptr (GError) error = NULL;

  submission->busy--;
  if (!store_cabinet_finish (submission->cabinet, result, &error) && letter->error == NULL)
    {
      /* It went, but Sent cannot hold it: the entry on the disk is still in doubt. */
      letter->error = engine_error_translate (error, NULL);
      g_prefix_error (&letter->error, "The letter was sent, but could not be moved to Sent: ");
      letter->entry->state = STORE_OUTBOX_IN_DOUBT;
    }
  else if (error != NULL)
    g_warning ("What became of a letter could not be written down: %s", error->message);
  settled (submission, letter);
}

/* Writes the outcome; @error (taken) NULL: the letter was sent. */
static void
settle (EngineSubmission *submission, Letter *letter, GError *error)
{
  letter->phase = PHASE_SETTLING;
  letter->error = error;
  if (letter->entry == NULL)
    {
      settled (submission, letter);
      return;
    }
  submission->busy++;
  letter->submission = g_rc_box_acquire (submission);
  if (error == NULL)
    store_cabinet_sent_async (submission->cabinet, letter->id, NULL, on_settled, letter);
  else
    store_cabinet_update_outbox_async (submission->cabinet, letter->entry, NULL, on_settled,
                                       letter);
}

/* The letter did not go, and it is known that it did not. */
static void
settle_unsent (EngineSubmission *submission,
               Letter *letter,
               const GError *error,
               gboolean permanent)
{
  StoreOutboxEntry *entry = letter->entry;

  if (entry != NULL && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      /* The program ends: no fault of the letter's. */
      entry->state = STORE_OUTBOX_WAITING;
      entry->next_try = base_clock_real () / G_USEC_PER_SEC;
    }
  else if (entry != NULL)
    engine_schedule_failed (entry, error->message, permanent);
  settle (submission, letter, g_error_copy (error));
}

static void
settle_in_doubt (EngineSubmission *submission, Letter *letter, const GError *error)
{
  GError *doubt = g_error_new (
      ENGINE_ERROR, ENGINE_ERROR_IN_DOUBT,
      "The letter was handed to %s, but the connection ended before the server's answer (%s). It "
      "may have arrived; send it again only if it has not.",
      engine_peer_get_host (submission->peer), error->message);

  letter->entry->state = STORE_OUTBOX_IN_DOUBT;
  letter->entry->attempts++;
  g_free (letter->entry->last_error);
  letter->entry->last_error = g_strdup (doubt->message);
  settle (submission, letter, doubt);
}

/* ---- the end of the session ---- */

static void
return_when_done (EngineSubmission *submission)
{
  if (!submission->over || submission->busy > 0 || submission->current != NULL
      || submission->queue.length > 0 || submission->task == NULL)
    return;

  g_autoptr (GTask) task = g_steal_pointer (&submission->task);
  if (submission->error != NULL)
    g_task_return_error (task, g_error_copy (submission->error));
  else
    g_task_return_boolean (task, TRUE);
}

/* The wire is done with. @error NULL: after QUIT. */
static void
end (EngineSubmission *submission, const GError *error, gboolean permanent)
{
  if (submission->over)
    return;

  EngineSubmission *alive = g_rc_box_acquire (submission);
  g_autoptr (NetLink) link = g_steal_pointer (&submission->link);
  submission->over = TRUE;
  submission->client = NULL;
  engine_timer_clear (&submission->grace);
  if (error != NULL)
    {
      submission->error
          = engine_error_translate (error, submission->peer != NULL
                                               ? engine_peer_get_host (submission->peer)
                                               : NULL);
      submission->permanent = permanent;
    }
  /* A link whose engine is done says what is left and closes by itself. */
  if (link != NULL && !proto_engine_is_done (net_link_get_engine (link)))
    net_link_abort (link);

  Letter *letter = submission->current;
  if (letter != NULL && submission->error != NULL)
    {
      if (letter->phase == PHASE_DOUBT)
        settle_in_doubt (submission, letter, submission->error);
      else if (letter->phase == PHASE_SENDING)
        settle_unsent (submission, letter, submission->error, permanent);
      /* READING and MARKING see submission->over when the cabinet answers. */
    }
  step (submission);
  return_when_done (submission);
  engine_submission_unref (alive);
}

static void
end_stopped (EngineSubmission *submission)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                  "The program ended before the letter was sent.");

  g_cancellable_cancel (submission->cancellable);
  end (submission, error, FALSE);
}

/* ---- one letter on the wire ---- */

static void
on_marked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Letter *letter = user_data;
  g_autoptr (EngineSubmission) submission = g_steal_pointer (&letter->submission);
  g_autoptr (GError) error = NULL;

  submission->busy--;
  if (submission->over)
    settle_unsent (submission, letter, submission->error, submission->permanent);
  else if (!store_cabinet_finish (submission->cabinet, result, &error))
    {
      /* Without the mark the end must not be said. Only closing takes a letter back now. */
      letter->phase = PHASE_SENDING;
      end (submission, error, FALSE);
    }
  else
    {
      letter->phase = PHASE_DOUBT;
      proto_smtp_client_end (submission->client);
      net_link_kick (submission->link);
    }
}

/* Makes it durable that the letter may be gone from now on. */
static void
mark_in_doubt (EngineSubmission *submission, Letter *letter)
{
  letter->phase = PHASE_MARKING;
  letter->submission = g_rc_box_acquire (submission);
  submission->busy++;

  g_autoptr (StoreOutboxEntry) entry = store_outbox_entry_copy (letter->entry);
  entry->state = STORE_OUTBOX_IN_DOUBT;
  g_free (entry->last_error);
  entry->last_error = g_strdup ("The program ended before the server's answer. The letter may have "
                                "arrived; send it again only if it has not.");
  /* Those that the server has refused are not in doubt. */
  for (guint i = 0; i < letter->replies->len; i++)
    {
      const ProtoReply *reply = g_ptr_array_index (letter->replies, i);
      StoreRecipient *recipient
          = g_ptr_array_index (entry->recipients, g_array_index (letter->positions, guint, i));
      if (reply == NULL || proto_reply_is_positive (reply))
        continue;
      g_free (recipient->reply);
      recipient->reply = proto_reply_to_string (reply);
      if (proto_reply_is_permanent (reply))
        recipient->state = STORE_RECIPIENT_REFUSED;
    }
  store_cabinet_update_outbox_async (submission->cabinet, entry, NULL, on_marked, letter);
}

static void
write_body (EngineSubmission *submission, Letter *letter)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (letter->source, &length);
  gsize piece = MIN (length - letter->written, (gsize) PIECE);

  if (letter->phase != PHASE_SENDING)
    return;
  proto_smtp_client_write (submission->client, data + letter->written, piece);
  letter->written += piece;
  if (letter->written == length)
    mark_in_doubt (submission, letter);
}

/* The server has judged the letter. */
static void
on_answer (EngineSubmission *submission, Letter *letter, const ProtoReply *reply)
{
  if (engine_schedule_judge (letter->entry, letter->positions, letter->replies, reply))
    {
      settle (submission, letter, NULL);
      return;
    }
  settle (submission, letter,
          g_error_new (ENGINE_ERROR, ENGINE_ERROR_REFUSED, "%s refused the letter: %s%s",
                       engine_peer_get_host (submission->peer), letter->entry->last_error,
                       letter->entry->state == STORE_OUTBOX_WAITING ? ". It will be tried again."
                                                                    : ""));
}

/* With @head in its head alone, where it needs SMTPUTF8 (RFC 6532). */
static gboolean
is_eight_bit (GBytes *source, gboolean head)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (source, &length);

  for (gsize i = 0; i < length; i++)
    {
      if (data[i] >= 0x80)
        return TRUE;
      if (head && data[i] == '\n' && i + 2 < length && data[i + 1] == '\r' && data[i + 2] == '\n')
        return FALSE;
    }
  return FALSE;
}

/* Says MAIL and RCPT for those who have not accepted the letter yet. */
static void
send_letter (EngineSubmission *submission, Letter *letter)
{
  const StoreOutboxEntry *entry = letter->entry;
  g_autoptr (GPtrArray) addresses = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  letter->phase = PHASE_SENDING;
  letter->positions = g_array_new (FALSE, FALSE, sizeof (guint));
  letter->replies = g_ptr_array_new_with_free_func (reply_free);
  for (guint i = 0; i < entry->recipients->len; i++)
    {
      StoreRecipient *recipient = g_ptr_array_index (entry->recipients, i);
      if (recipient->state != STORE_RECIPIENT_PENDING)
        continue;
      g_ptr_array_add (addresses, recipient->address);
      g_array_append_val (letter->positions, i);
    }
  g_ptr_array_set_size (letter->replies, addresses->len);
  if (addresses->len == 0)
    {
      GError *nobody = g_error_new (ENGINE_ERROR, ENGINE_ERROR_INVALID,
                                    "There is nobody left to send the letter to.");
      settle_unsent (submission, letter, nobody, TRUE);
      g_error_free (nobody);
      return;
    }
  g_ptr_array_add (addresses, NULL);

  const ProtoSmtpMessage message = {
    .reverse_path = entry->reverse_path,
    .recipients = (const char *const *) addresses->pdata,
    .size = g_bytes_get_size (letter->source),
    .eight_bit = is_eight_bit (letter->source, FALSE),
    .utf8 = is_eight_bit (letter->source, TRUE),
  };
  if (!proto_smtp_client_send (submission->client, &message, &error))
    {
      g_autoptr (GError) invalid = g_error_new (ENGINE_ERROR, ENGINE_ERROR_INVALID,
                                                "%s. Correct the address.", error->message);
      settle_unsent (submission, letter, invalid, TRUE);
      return;
    }
  net_link_kick (submission->link);
}

/* ---- a letter from the cabinet ---- */

static void
on_source (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Letter *letter = user_data;
  g_autoptr (EngineSubmission) submission = g_steal_pointer (&letter->submission);
  g_autoptr (GError) error = NULL;

  submission->busy--;
  letter->source = store_cabinet_read_finish (submission->cabinet, result, &error);
  if (letter->source == NULL)
    {
      g_autoptr (GError) words = engine_error_translate (error, NULL);
      settle_unsent (submission, letter, words, TRUE);
    }
  else if (submission->over)
    settle_unsent (submission, letter, submission->error, submission->permanent);
  else
    send_letter (submission, letter);
}

/* Takes the next letter, or quits when there is none. */
static void
step (EngineSubmission *submission)
{
  if (submission->current != NULL)
    return;
  if (submission->over)
    {
      /* Nothing more can be sent here. */
      Letter *left = g_queue_pop_head (&submission->queue);
      if (left == NULL)
        return;
      submission->current = left;
      if (submission->error == NULL)
        submission->error = g_error_new_literal (ENGINE_ERROR, ENGINE_ERROR_NETWORK,
                                                 "The server ended the session.");
      settle_unsent (submission, left, submission->error, submission->permanent);
      return;
    }
  if (submission->stopping)
    {
      end_stopped (submission);
      return;
    }
  if (!submission->ready || submission->quitting)
    return;

  Letter *letter = g_queue_pop_head (&submission->queue);
  if (letter == NULL)
    {
      if (submission->busy > 0)
        return;
      submission->quitting = TRUE;
      proto_smtp_client_quit (submission->client);
      net_link_kick (submission->link);
      return;
    }
  submission->current = letter;
  submission->busy++;
  letter->phase = PHASE_READING;
  letter->submission = g_rc_box_acquire (submission);
  store_cabinet_read_async (submission->cabinet, letter->id, NULL, on_source, letter);
}

static void
take_entry (EngineSubmission *submission, Letter *letter, GPtrArray *entries)
{
  for (guint i = 0; entries != NULL && i < entries->len && letter->entry == NULL; i++)
    {
      const StoreOutboxEntry *entry = g_ptr_array_index (entries, i);
      if (entry->letter == letter->id)
        letter->entry = store_outbox_entry_copy (entry);
    }
}

static void
on_entries (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Letter *letter = user_data;
  g_autoptr (EngineSubmission) submission = g_steal_pointer (&letter->submission);
  GError *error = NULL;
  g_autoptr (GPtrArray) entries = store_cabinet_outbox_finish (submission->cabinet, result, &error);

  submission->busy--;
  take_entry (submission, letter, entries);
  if (letter->entry != NULL)
    {
      g_queue_push_tail (&submission->queue, letter);
      step (submission);
      return;
    }
  if (error == NULL)
    error = g_error_new_literal (ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
                                 "The letter is no longer in the outbox.");
  GError *words = engine_error_translate (error, NULL);
  g_error_free (error);
  settle (submission, letter, words);
}

static void
on_claimed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Letter *letter = user_data;
  EngineSubmission *submission = letter->submission;
  g_autoptr (GError) error = NULL;

  if (store_cabinet_finish (submission->cabinet, result, &error))
    {
      store_cabinet_outbox_async (submission->cabinet, NULL, on_entries, letter);
      return;
    }
  submission->busy--;
  letter->submission = NULL;
  settle (submission, letter, engine_error_translate (error, NULL));
  engine_submission_unref (submission);
}

/* ---- the wire ---- */

static void
on_event (EngineSubmission *submission, const ProtoSmtpClientEvent *event)
{
  Letter *letter = submission->current;

  switch (event->type)
    {
    case PROTO_SMTP_CLIENT_READY:
      submission->ready = TRUE;
      step (submission);
      break;
    case PROTO_SMTP_CLIENT_RECIPIENT:
      if (letter != NULL && event->index < letter->replies->len)
        {
          reply_free (g_ptr_array_index (letter->replies, event->index));
          g_ptr_array_index (letter->replies, event->index) = proto_reply_copy (event->reply);
        }
      break;
    case PROTO_SMTP_CLIENT_WANT_BODY:
      if (letter != NULL)
        write_body (submission, letter);
      break;
    case PROTO_SMTP_CLIENT_SENT:
      if (letter != NULL)
        on_answer (submission, letter, event->reply);
      break;
    case PROTO_SMTP_CLIENT_FAILED:
      if (submission->error == NULL)
        submission->error = g_error_copy (event->error);
      submission->permanent = event->reply != NULL && proto_reply_is_permanent (event->reply);
      /* 421 instead of an answer is a no (RFC 5321 section 3.8). */
      if (letter != NULL && letter->phase == PHASE_DOUBT && event->reply != NULL
          && !proto_smtp_client_is_in_doubt (submission->client))
        letter->phase = PHASE_SENDING;
      break;
    case PROTO_SMTP_CLIENT_CLOSED:
      end (submission, NULL, FALSE);
      break;
    }
}

static void on_connected (GObject *source, GAsyncResult *result, gpointer user_data);

/* Once more, with another token. */
static void
begin_again (EngineSubmission *submission)
{
  g_autoptr (NetLink) link = g_steal_pointer (&submission->link);

  submission->client = NULL;
  submission->permanent = FALSE;
  if (!proto_engine_is_done (net_link_get_engine (link)))
    net_link_abort (link);
  engine_peer_connect_async (submission->peer, submission->cancellable, on_connected,
                             g_rc_box_acquire (submission));
}

static void
on_progress (NetLink *link, gboolean ended, const GError *error, gpointer user_data)
{
  EngineSubmission *submission = user_data;
  ProtoSmtpClientEvent event;

  if (submission->link != link)
    return;
  g_rc_box_acquire (submission);
  while (!submission->over && proto_smtp_client_next (submission->client, &event))
    on_event (submission, &event);

  if (!submission->over && (ended || submission->error != NULL))
    {
      g_autoptr (GError) failure = g_steal_pointer (&submission->error);

      if (ended && error != NULL)
        end (submission, error, FALSE);
      else if (failure != NULL && engine_peer_retries (submission->peer, failure))
        begin_again (submission);
      else if (failure != NULL)
        end (submission, failure, submission->permanent);
      else if (submission->quitting)
        end (submission, NULL, FALSE);
      else
        {
          g_autoptr (GError) closed = g_error_new_literal (PROTO_ERROR, PROTO_ERROR_CLOSED,
                                                           "The connection ended in the middle");
          end (submission, closed, FALSE);
        }
    }
  engine_submission_unref (submission);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (EngineSubmission) submission = user_data;
  const EnginePeer *peer = submission->peer;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = engine_peer_connect_finish (result, &error);
  ProtoSmtpClientConfig config;

  if (submission->over)
    return;
  if (connection == NULL)
    {
      end (submission, error, g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_SIGN_IN));
      return;
    }
  proto_smtp_client_config_init (&config);
  /* The machine's own name and address are nobody's business (RFC 5321 section 4.1.3). */
  config.helo_name = "[127.0.0.1]";
  config.starttls
      = peer->security == STORE_SECURITY_STARTTLS ? PROTO_STARTTLS_REQUIRED : PROTO_STARTTLS_NEVER;
  config.credentials = peer->credentials;
  config.auth_in_clear = peer->security == STORE_SECURITY_NONE;
  submission->client = proto_smtp_client_new (&config, peer->security == STORE_SECURITY_TLS);
  submission->link
      = engine_peer_link (peer, connection, proto_smtp_client_get_engine (submission->client),
                          submission->journal);
  net_link_start (submission->link, submission->cancellable, on_progress,
                  g_rc_box_acquire (submission), (GDestroyNotify) engine_submission_unref);
}

/* ---- public ---- */

EngineSubmission *
engine_submission_new (StoreCabinet *cabinet,
                       EngineJournal *journal,
                       EngineSubmissionOutcome outcome,
                       gpointer user_data)
{
  EngineSubmission *submission = g_rc_box_new0 (EngineSubmission);

  submission->cabinet = cabinet != NULL ? g_object_ref (cabinet) : NULL;
  submission->journal = g_object_ref (journal);
  submission->outcome = outcome;
  submission->user_data = user_data;
  submission->cancellable = g_cancellable_new ();
  g_queue_init (&submission->queue);
  return submission;
}

gboolean
engine_submission_push (EngineSubmission *submission, gint64 letter_id)
{
  if (submission->quitting || submission->over || submission->stopping)
    return FALSE;

  Letter *letter = g_new0 (Letter, 1);
  letter->id = letter_id;
  letter->submission = g_rc_box_acquire (submission);
  submission->busy++;
  store_cabinet_claim_async (submission->cabinet, letter_id, NULL, on_claimed, letter);
  return TRUE;
}

void
engine_submission_run_async (EngineSubmission *submission,
                             EnginePeer *peer,
                             const GError *error,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  submission->task = g_task_new (NULL, NULL, callback, user_data);
  submission->peer = peer;
  if (submission->over)
    return_when_done (submission);
  else if (peer == NULL)
    {
      /* Without a password or a server a person must act first. */
      end (submission, error,
           g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_AUTH)
               || g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_SIGN_IN)
               || g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_INVALID));
    }
  else
    engine_peer_connect_async (peer, submission->cancellable, on_connected,
                               g_rc_box_acquire (submission));
}

gboolean
engine_submission_run_finish (EngineSubmission *submission, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
on_grace_over (gpointer user_data)
{
  EngineSubmission *submission = user_data;

  engine_timer_clear (&submission->grace);
  g_cancellable_cancel (submission->cancellable);
  return G_SOURCE_REMOVE;
}

void
engine_submission_stop (EngineSubmission *submission)
{
  if (submission->over || submission->stopping)
    return;
  submission->stopping = TRUE;
  if (submission->current != NULL && submission->current->phase == PHASE_DOUBT)
    submission->grace = engine_timer_new (GRACE_MSEC, on_grace_over, submission);
  else
    end_stopped (submission);
}
