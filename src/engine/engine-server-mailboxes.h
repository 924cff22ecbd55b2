/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The local server's mailboxes beyond users and passwords. All of it works whether the server runs
 * or not, in this program or in another, and holds from the next recipient on. Main thread.
 */

#include "engine-server.h"

/* What ends with engine_server_finish() emits "users-changed" when it was done. */

void engine_server_set_disabled_async (EngineServer *server,
                                       const char *name,
                                       gboolean disabled,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
/* What the maildrop may hold; 0: any. */
void engine_server_set_quota_async (EngineServer *server,
                                    const char *name,
                                    guint64 octets,
                                    guint letters,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);

/* The local domains, the first one first. */
char **engine_server_dup_domains (EngineServer *server, GError **error);
void engine_server_add_domain_async (EngineServer *server,
                                     const char *domain,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
/* With its aliases. Not the first, which is a setting: ENGINE_ERROR_INVALID. */
void engine_server_remove_domain_async (EngineServer *server,
                                        const char *domain,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);

GPtrArray *engine_server_dup_aliases (EngineServer *server, GError **error); /* of StoreAlias */
/* @address: "sales" in all local domains, or "sales@domain" in one. Also to add users to an alias.
 * ENGINE_ERROR_NOT_FOUND: one of @users is none. */
void engine_server_add_alias_async (EngineServer *server,
                                    const char *address,
                                    const char *const *users,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
/* @users NULL: all of it. */
void engine_server_remove_alias_async (EngineServer *server,
                                       const char *address,
                                       const char *const *users,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);

/* As store_site_recall_async(); @sender: "ann" or "ann@domain". ENGINE_ERROR_NOT_FOUND: no such
 * user.
 */
void engine_server_recall_async (EngineServer *server,
                                 const char *sender,
                                 const char *message_id,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
/* Of StoreRecall; empty when @sender has sent no such letter to anybody here. */
GPtrArray *engine_server_recall_finish (EngineServer *server, GAsyncResult *result, GError **error);
