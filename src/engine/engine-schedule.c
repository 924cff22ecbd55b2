/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-schedule-private.h"

#include <base-clock.h>

/* Minutes until the attempt after the first, the second, the third; then an hour. */
static const guint pauses[] = { 1, 5, 15 };

/* Hourly for 5 days. Counted in attempts, so that a computer that sleeps does not use them up. */
#define MAX_ATTEMPTS (G_N_ELEMENTS (pauses) + 5 * 24)

void
engine_schedule_failed (StoreOutboxEntry *entry, const char *words, gboolean permanent)
{
  guint minutes = entry->attempts < G_N_ELEMENTS (pauses) ? pauses[entry->attempts] : 60;

  entry->attempts++;
  g_free (entry->last_error);
  if (permanent || entry->attempts > MAX_ATTEMPTS)
    {
      entry->state = STORE_OUTBOX_FAILED;
      entry->last_error
          = permanent ? g_strdup (words) : g_strdup_printf ("Given up after 5 days: %s", words);
      return;
    }
  entry->state = STORE_OUTBOX_WAITING;
  entry->next_try = base_clock_real () / G_USEC_PER_SEC + minutes * 60;
  entry->last_error = g_strdup (words);
}

static void
set_recipient (StoreRecipient *recipient, const ProtoReply *reply)
{
  g_free (recipient->reply);
  recipient->reply = proto_reply_to_string (reply);
  if (proto_reply_is_positive (reply))
    recipient->state = STORE_RECIPIENT_ACCEPTED;
  else if (proto_reply_is_permanent (reply))
    recipient->state = STORE_RECIPIENT_REFUSED;
  else
    recipient->state = STORE_RECIPIENT_PENDING;
}

/* "bob@example.org: 550 5.1.1 No such mailbox", one line for each that did not accept. */
static char *
describe_refusals (const StoreOutboxEntry *entry)
{
  g_autoptr (GString) words = g_string_new (NULL);

  for (guint i = 0; i < entry->recipients->len; i++)
    {
      const StoreRecipient *recipient = g_ptr_array_index (entry->recipients, i);
      if (recipient->state == STORE_RECIPIENT_ACCEPTED)
        continue;
      if (words->len > 0)
        g_string_append (words, "; ");
      g_string_append_printf (words, "%s: %s", recipient->address,
                              recipient->reply != NULL ? recipient->reply : "no answer");
    }
  return g_string_free (g_steal_pointer (&words), FALSE);
}

gboolean
engine_schedule_judge (StoreOutboxEntry *entry,
                       GArray *positions,
                       GPtrArray *replies,
                       const ProtoReply *final)
{
  guint pending = 0;
  guint refused = 0;

  for (guint i = 0; i < positions->len; i++)
    {
      StoreRecipient *recipient
          = g_ptr_array_index (entry->recipients, g_array_index (positions, guint, i));
      const ProtoReply *own = i < replies->len ? g_ptr_array_index (replies, i) : NULL;

      /* Who was refused at RCPT did not get it, whatever was said about the letter. */
      set_recipient (recipient, own != NULL && !proto_reply_is_positive (own) ? own : final);
    }
  for (guint i = 0; i < entry->recipients->len; i++)
    {
      const StoreRecipient *recipient = g_ptr_array_index (entry->recipients, i);
      pending += recipient->state == STORE_RECIPIENT_PENDING;
      refused += recipient->state == STORE_RECIPIENT_REFUSED;
    }
  if (pending == 0 && refused == 0)
    return TRUE;

  g_autofree char *words = describe_refusals (entry);
  engine_schedule_failed (entry, words, pending == 0);
  return FALSE;
}
