/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a client said about a letter before the letter: from whom, to whom, and what each wants to
 * hear of it (RFC 3461). A plain value; one thread at a time.
 */

#include <proto-smtp-server.h>

typedef struct
{
  char *address; /* as it was said, "Postmaster" for <Postmaster> */
  char **users;  /* whose maildrops it stands for; ends with NULL */
  ProtoDsnNotify notify;
  char *original; /* ORCPT, "rfc822;ann@example.org"; or NULL */
} EngineRecipient;

typedef struct
{
  char *reverse_path; /* "" for the null path */
  guint64 size;       /* octets as declared; or 0 */
  gboolean utf8;      /* SMTPUTF8 */
  ProtoDsnReturn dsn_return;
  char *envelope_id;     /* ENVID; or NULL */
  GPtrArray *recipients; /* of EngineRecipient, in their order */
} EngineEnvelope;

/* From an event MAIL, and then from each event RCPT that was accepted. */
EngineEnvelope *engine_envelope_new (const ProtoSmtpServerEvent *event);
void engine_envelope_add (EngineEnvelope *envelope,
                          const ProtoSmtpServerEvent *event,
                          const char *const *users);
void engine_envelope_free (EngineEnvelope *envelope);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineEnvelope, engine_envelope_free)
