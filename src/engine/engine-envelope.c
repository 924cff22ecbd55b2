/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-envelope-private.h"

static void
recipient_free (gpointer data)
{
  EngineRecipient *recipient = data;

  g_free (recipient->address);
  g_strfreev (recipient->users);
  g_free (recipient->original);
  g_free (recipient);
}

EngineEnvelope *
engine_envelope_new (const ProtoSmtpServerEvent *event)
{
  EngineEnvelope *envelope = g_new0 (EngineEnvelope, 1);

  envelope->reverse_path = proto_path_to_address (event->path);
  envelope->size = event->size;
  envelope->utf8 = event->utf8;
  envelope->dsn_return = event->dsn_return;
  envelope->envelope_id = g_strdup (event->envelope_id);
  envelope->recipients = g_ptr_array_new_with_free_func (recipient_free);
  return envelope;
}

void
engine_envelope_add (EngineEnvelope *envelope,
                     const ProtoSmtpServerEvent *event,
                     const char *const *users)
{
  EngineRecipient *recipient = g_new0 (EngineRecipient, 1);

  recipient->address = proto_path_is_postmaster (event->path) ? g_strdup ("Postmaster")
                                                              : proto_path_to_address (event->path);
  recipient->users = g_strdupv ((char **) users);
  recipient->notify = event->notify;
  recipient->original = g_strdup (event->original_recipient);
  g_ptr_array_add (envelope->recipients, recipient);
}

void
engine_envelope_free (EngineEnvelope *envelope)
{
  g_free (envelope->reverse_path);
  g_free (envelope->envelope_id);
  g_ptr_array_unref (envelope->recipients);
  g_free (envelope);
}
