/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One letter on its way from a session to the maildrops: the trace lines on top (RFC 5321 section
 * 4.4), the spool, and the reply when it is durable. One thread at a time: the session's worker.
 */

#include "engine-envelope-private.h"
#include "engine-service-private.h"

#include <proto-reply.h>

/* What the trace lines and the row say; borrowed for the call. */
typedef struct
{
  const EngineEnvelope *envelope;
  const char *helo;
  const char *remote; /* "127.0.0.1:40312" */
  gboolean extended;
  gboolean tls;
  const char *user; /* who logged in; NULL: nobody */
} EngineTrace;

typedef struct _EngineDelivery EngineDelivery;

/* NULL with *@refusal when nothing can be stored. */
EngineDelivery *
engine_delivery_new (EngineService *service, const EngineTrace *trace, ProtoReply **refusal);
void engine_delivery_free (EngineDelivery *delivery);

/* What goes wrong is kept for the end. */
void engine_delivery_write (EngineDelivery *delivery, GBytes *chunk);

/* Takes @delivery; @envelope is borrowed for the call. @service must live until the callback, which comes to the caller's
 * thread-default context; the reply is 250 only when the letter would survive a power cut. */
void engine_delivery_store_async (EngineDelivery *delivery,
                                  const EngineEnvelope *envelope,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
ProtoReply *engine_delivery_store_finish (GAsyncResult *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineDelivery, engine_delivery_free)
