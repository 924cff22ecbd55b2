/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-peer-private.h"

#include "engine-accounts-private.h"
#include "engine-error.h"

#include <net-connector.h>

#define CONNECT_TIMEOUT 30 /* seconds */

/* The authority that signed the local server's certificate. */
static GTlsDatabase *
load_local_trust (EngineServer *server, const char *identity_directory, GError **error)
{
  GTlsDatabase *trust = server != NULL ? engine_server_get_trust (server) : NULL;
  if (trust != NULL)
    return g_object_ref (trust);

  g_autofree char *path = g_build_filename (identity_directory, "ca.pem", NULL);
  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_NETWORK,
                   "The local server has never run here. Start it first.");
      return NULL;
    }
  g_autoptr (GError) local = NULL;
  trust = g_tls_file_database_new (path, &local);
  if (trust == NULL)
    g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE,
                 "The local server's authority “%s” cannot be read: %s.", path, local->message);
  return trust;
}

static EnginePort
port_of (EnginePeerKind kind, StoreSecurity security)
{
  if (kind == ENGINE_PEER_SMTP)
    return security == STORE_SECURITY_TLS ? ENGINE_PORT_SMTPS : ENGINE_PORT_SMTP;
  return security == STORE_SECURITY_TLS ? ENGINE_PORT_POP3S : ENGINE_PORT_POP3;
}

static gboolean
set_local (EnginePeer *peer, EngineServer *server, const char *identity_directory, GError **error)
{
  guint16 port
      = server != NULL ? engine_server_get_port (server, port_of (peer->kind, peer->security)) : 0;

  if (port != 0)
    peer->port = port;
  if (peer->security == STORE_SECURITY_NONE)
    return TRUE;
  peer->trust = load_local_trust (server, identity_directory, error);
  return peer->trust != NULL;
}

static gboolean
set_credentials (EnginePeer *peer,
                 const StoreAccount *account,
                 const char *user,
                 BaseSecret *password,
                 GError **error)
{
  gboolean signs_in = *account->sign_in != '\0';
  g_autoptr (EngineTokens) tokens
      = signs_in && password != NULL ? engine_tokens_from_secret (password) : NULL;

  if (signs_in && tokens == NULL)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_SIGN_IN,
                   "Nobody is signed in for %s. Sign in with a browser.", account->address);
      return FALSE;
    }
  if (password == NULL)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_AUTH,
                   "No password is known for %s. Enter it in the account's settings.",
                   account->address);
      return FALSE;
    }
  peer->credentials = signs_in ? proto_credentials_new_token (user, tokens->access)
                               : proto_credentials_new (user, password);
  peer->stale = signs_in && engine_tokens_are_stale (tokens);
  return TRUE;
}

EnginePeer *
engine_peer_new (const StoreAccount *account,
                 EnginePeerKind kind,
                 BaseSecret *password,
                 EngineServer *server,
                 const char *identity_directory,
                 GError **error)
{
  const StoreServer *values = kind == ENGINE_PEER_SMTP ? &account->smtp : &account->pop3;
  g_autoptr (EnginePeer) peer = g_new0 (EnginePeer, 1);

  peer->kind = kind;
  peer->host = g_strdup (values->host);
  peer->port = values->port;
  peer->security = values->security;
  if (account->local || *account->proxy != '\0')
    peer->proxy = g_strdup (account->local ? "" : account->proxy);
  if (values->host == NULL || *values->host == '\0')
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                   kind == ENGINE_PEER_SMTP ? "%s has no server for sending. Enter one in the "
                                              "account's settings."
                                            : "%s has no server for fetching. Enter one in the "
                                              "account's settings.",
                   account->address);
      return NULL;
    }
  if (values->user != NULL && *values->user != '\0')
    {
      if (!set_credentials (peer, account, values->user, password, error))
        return NULL;
    }
  if (account->local && !set_local (peer, server, identity_directory, error))
    return NULL;
  return g_steal_pointer (&peer);
}

void
engine_peer_free (EnginePeer *peer)
{
  g_free (peer->host);
  g_free (peer->proxy);
  g_clear_object (&peer->trust);
  g_clear_pointer (&peer->credentials, proto_credentials_free);
  g_clear_object (&peer->accounts);
  g_clear_pointer (&peer->account, store_account_free);
  g_free (peer);
}

const char *
engine_peer_get_host (const EnginePeer *peer)
{
  return peer->host;
}

void
engine_peer_set_renewal (EnginePeer *peer, EngineAccounts *accounts, const StoreAccount *account)
{
  if (peer->credentials == NULL)
    return;
  peer->accounts = g_object_ref (accounts);
  peer->account = store_account_copy (account);
}

/* ---- connecting ---- */

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GSocketConnection *connection = net_connector_connect_finish (result, &error);

  if (connection != NULL)
    g_task_return_pointer (task, connection, g_object_unref);
  else
    g_task_return_error (task, error);
}

static void
connect_now (EnginePeer *peer, GTask *task)
{
  net_connector_connect_async (peer->host, peer->port, CONNECT_TIMEOUT, peer->proxy,
                               g_task_get_cancellable (task), on_connected, task);
}

static void
on_renewed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  EnginePeer *peer = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (BaseSecret) token
      = engine_accounts_renew_finish (ENGINE_ACCOUNTS (source), result, &error);

  if (token == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  g_autofree char *user = g_strdup (peer->credentials->user);
  proto_credentials_free (peer->credentials);
  peer->credentials = proto_credentials_new_token (user, token);
  peer->stale = FALSE;
  connect_now (peer, task);
}

void
engine_peer_connect_async (EnginePeer *peer,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  /* The session owns the peer, and waits for this. */
  g_task_set_task_data (task, peer, NULL);
  if (!peer->stale || peer->accounts == NULL)
    {
      connect_now (peer, task);
      return;
    }
  peer->renewed = TRUE;
  engine_accounts_renew_async (peer->accounts, peer->account, peer->credentials->password,
                               cancellable, on_renewed, task);
}

GSocketConnection *
engine_peer_connect_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

gboolean
engine_peer_retries (EnginePeer *peer, const GError *error)
{
  if (!g_error_matches (error, PROTO_ERROR, PROTO_ERROR_TOKEN) || peer->accounts == NULL
      || peer->renewed)
    return FALSE;
  peer->stale = TRUE;
  return TRUE;
}

NetLink *
engine_peer_link (const EnginePeer *peer,
                  GSocketConnection *connection,
                  ProtoEngine *engine,
                  EngineJournal *journal)
{
  g_autofree char *name = g_strdup_printf ("%s:%u", peer->host, peer->port);
  EngineJournalSession *session
      = engine_journal_session_new (journal, peer->kind == ENGINE_PEER_SMTP ? "SMTP" : "POP3",
                                    ENGINE_JOURNAL_CLIENT, name);

  engine_journal_session_tap (session, engine);
  NetLink *link = net_link_new (G_IO_STREAM (connection), engine);
  /* The link frees the engine in its finalize, and its data after that. */
  g_object_set_data_full (G_OBJECT (link), "engine-journal-session", session,
                          (GDestroyNotify) engine_journal_session_free);
  if (peer->security != STORE_SECURITY_NONE)
    {
      g_autoptr (GSocketConnectable) address = g_network_address_new (peer->host, peer->port);
      net_link_set_client_tls (link, address, peer->trust, peer->security == STORE_SECURITY_TLS);
    }
  return link;
}
