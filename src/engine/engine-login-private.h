/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who knocks: user names and passwords judged against the site's verifiers, on a few
 * threads of its own.
 * What was right once is remembered, as a keyed digest and for as long as the server runs, so that
 * a program which fetches every minute does not cost a tenth of a second of work each time. Any
 * thread.
 */

#include <proto-sasl.h>
#include <store-site.h>

typedef struct _EngineLogin EngineLogin;

/* @domain: "ann@domain" is taken as "ann". @site is borrowed. */
EngineLogin *engine_login_new (StoreSite *site, const char *domain);
/* Waits for what is running. */
void engine_login_free (EngineLogin *login);

/* @login must live until the callback, which comes to the caller's thread-default context. */
void engine_login_verify_async (EngineLogin *login,
                                const ProtoCredentials *credentials,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
/* The user's name, or NULL when the name or the password is wrong. */
char *engine_login_verify_finish (GAsyncResult *result);

/* Runs @task there too, for what a login needs besides. Not on GTask's threads, of which each TLS
 * handshake holds one for as long as its peer likes. */
void engine_login_run (EngineLogin *login, GTask *task, GTaskThreadFunc function);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineLogin, engine_login_free)
