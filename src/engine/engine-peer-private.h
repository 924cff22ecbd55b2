/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where a session of an account goes: the server, how its wire is encrypted, whose word is trusted
 * about it, and the name and password, or token, to say. Main thread.
 */

#include "engine-accounts.h"
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

  /* Of tokens that can be renewed, else NULL: */
  EngineAccounts *accounts;
  StoreAccount *account;
  gboolean stale;   /* the token is over: there must be another before the next connection */
  gboolean renewed; /* once is enough */
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
/* That the tokens of @account are kept, and can be renewed there. */
void
engine_peer_set_renewal (EnginePeer *peer, EngineAccounts *accounts, const StoreAccount *account);

/* "mail.example.org" */
const char *engine_peer_get_host (const EnginePeer *peer);

/* Reaches the peer, with a token that is not over. */
void engine_peer_connect_async (EnginePeer *peer,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
GSocketConnection *engine_peer_connect_finish (GAsyncResult *result, GError **error);

/* Whether a session that failed with @error before it was logged in is worth another connection:
 * its token was refused, and can be renewed, which was not done before. */
gboolean engine_peer_retries (EnginePeer *peer, const GError *error);

/* A link that pumps @engine, which it takes, over @connection; every line goes to @journal. Not
 * started yet. */
NetLink *engine_peer_link (const EnginePeer *peer,
                           GSocketConnection *connection,
                           ProtoEngine *engine,
                           EngineJournal *journal);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EnginePeer, engine_peer_free)
