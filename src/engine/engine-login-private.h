/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who knocks: user names, passwords, digests and proofs judged against the site's verifiers, on a
 * few threads of its own, under the eyes of a guard.
 * What was right once is remembered, as a keyed digest and for as long as the server runs, so that
 * a program which fetches every minute does not cost a tenth of a second of work each time. Any
 * thread.
 */

#include "engine-server.h"

#include <proto-sasl.h>
#include <store-site.h>

typedef struct _EngineLogin EngineLogin;

/* Why somebody does not come in. */
typedef struct
{
  gboolean locked; /* nothing was looked at: there were too many wrong ones before */
  guint delay;     /* seconds before that is to be said */
} EngineRefusal;

/* A user of @config's domain, or of another one of the site's, is known by "ann@domain" as well as
 * by "ann". @site is borrowed. */
EngineLogin *engine_login_new (StoreSite *site, const EngineServerConfig *config);
/* Waits for what is running. */
void engine_login_free (EngineLogin *login);

/* @address: as engine_guard_name_address() names it. @login must live until the callback, which
 * comes to the caller's thread-default context. */
void engine_login_verify_async (EngineLogin *login,
                                const ProtoCredentials *credentials,
                                const char *address,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
/* The user's name, or NULL with *@refusal. */
char *engine_login_verify_finish (GAsyncResult *result, EngineRefusal *refusal);

/* The keys of whom @name names, or ones that fit nobody; likewise. */
void engine_login_find_keys_async (EngineLogin *login,
                                   const char *name,
                                   const char *address,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean
engine_login_find_keys_finish (GAsyncResult *result, ProtoScramKeys *keys, EngineRefusal *refusal);

/* Runs @task there too, for what a login needs besides. Not on GTask's threads, of which each TLS
 * handshake holds one for as long as its peer likes. */
void engine_login_run (EngineLogin *login, GTask *task, GTaskThreadFunc function);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineLogin, engine_login_free)
