/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where a session of an account goes: the server, how its wire is encrypted, whose word is trusted
 * about it, and the name and password to say. Main thread.
 */

#include "engine-journal-private.h"
#include "engine-server-private.h"

#include <base-secret.h>
#include <net-link.h>
#include <proto-sasl.h>
#include <store-values.h>

typedef enum
{
  ENGINE_PEER_SMTP,
  ENGINE_PEER_POP3,
} EnginePeerKind;

typedef struct
{
  EnginePeerKind kind;
  char *host;
  guint16 port;
  StoreSecurity security;
  char *proxy;                   /* "": none; NULL: as the system says */
  GTlsDatabase *trust;           /* NULL: the system's authorities */
  ProtoCredentials *credentials; /* NULL: none are said */
} EnginePeer;

/* A local account's ports and authority are those of @server while it runs in this process; else
 * the account's ports, and the authority that a server in another process left in
 * @identity_directory. @password NULL: only where none is needed, else ENGINE_ERROR_AUTH. */
EnginePeer *engine_peer_new (const StoreAccount *account,
                             EnginePeerKind kind,
                             BaseSecret *password,
                             EngineServer *server,
                             const char *identity_directory,
                             GError **error);
void engine_peer_free (EnginePeer *peer);

/* "mail.example.org" */
const char *engine_peer_get_host (const EnginePeer *peer);

/* Reaches the peer; the result is the connection. */
void engine_peer_connect_async (const EnginePeer *peer,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);

/* A link that pumps @engine, which it takes, over @connection; every line goes to @journal. Not
 * started yet. */
NetLink *engine_peer_link (const EnginePeer *peer,
                           GSocketConnection *connection,
                           ProtoEngine *engine,
                           EngineJournal *journal);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnginePeer, engine_peer_free)
