/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Local server mode: an SMTP and POP3 site for one machine, in this process, on loopback. It takes
 * mail for its own users and relays nothing. Main thread; its sessions run on worker threads.
 */

#include "engine-log.h"

#include <gio/gio.h>
#include <store-values.h>

#define ENGINE_TYPE_SERVER (engine_server_get_type ())
G_DECLARE_FINAL_TYPE (EngineServer, engine_server, ENGINE, SERVER, GObject)

/* Properties with notify: "running" (boolean), "sessions" (uint, open now), "problem" (string or
 * NULL: why it could not start or stopped). Signals: "delivered" (string user;
 * one or more letters), "users-changed" ().
 */

typedef enum
{
  ENGINE_PORT_SMTP,       /* STARTTLS offered */
  ENGINE_PORT_SMTPS,      /* TLS from the first byte */
  ENGINE_PORT_SUBMISSION, /* RFC 6409: STARTTLS, AUTH required, users send as themselves alone */
  ENGINE_PORT_POP3,       /* STLS offered */
  ENGINE_PORT_POP3S,
} EnginePort;

#define ENGINE_N_PORTS 5

/* What a peer may do; 0 for any number, unless said otherwise. */
typedef struct
{
  guint sessions;             /* open at once; at least 1 */
  guint sessions_per_address; /* of another machine */
  guint sessions_from_here;   /* per address of this machine */
  guint sessions_per_user;    /* logged in */
  guint session_seconds;      /* from the first octet to the last */
  guint session_commands;
  guint errors; /* bad commands before the session is closed; at least 1 */
  /* Wrong passwords for one user from one address, and from one address for all users, before
   * lock_seconds (at least 1) without a log-in; they are forgotten after as long. */
  guint wrong_passwords;
  guint wrong_passwords_per_address;
  guint lock_seconds;
  guint delay_seconds; /* the longest before a wrong password is answered; 0: at once */
} EngineServerLimits;

void engine_server_limits_init (EngineServerLimits *limits);
/* Sets the one called @name, "lock-seconds"; ENGINE_ERROR_INVALID in words for a person. */
gboolean engine_server_limits_set (EngineServerLimits *limits,
                                   const char *name,
                                   const char *value,
                                   GError **error);
/* The names, by number from 0; NULL behind the last. And the values. */
const char *engine_server_limits_get_name (guint index);
guint engine_server_limits_get (const EngineServerLimits *limits, guint index);

typedef struct
{
  guint16 ports[ENGINE_N_PORTS]; /* 0: a free one. By default 2525, 2465, 2587, 2110, 2995 */
  char *domain;                  /* "postroom.test" by default (RFC 6761) */
  char *address;                 /* NULL: loopback, both families */
  gboolean auth_in_clear;        /* passwords on an open wire: to show a class what goes wrong */
  gboolean demonstration_auth;   /* CRAM-MD5 and APOP, to show them: the passwords of users that are
                           set from now on are kept as they are, until it is off again */
  EngineServerLimits limits;
  gboolean offer_expn;      /* EXPN, which tells who has a mailbox here */
  gboolean lenient_endings; /* a bare LF ends a line: to show a class what smuggling is */
  gboolean judge;           /* puts X-Spam-Flag, -Score and -Status on top of letters */
  guint64 max_size;         /* octets of a letter, 50 MiB */
  char *certificate_file;   /* NULL: the identity made on first use */
  char *key_file;
  guint keep_days;    /* letters that came longer ago are removed; 0: they stay */
  guint keep_letters; /* of each maildrop the newest stay; 0: all */
  char *catch_all;    /* the user who gets what nobody else does; NULL: such letters are refused */
} EngineServerConfig;

EngineServerConfig *engine_server_config_new (void);
EngineServerConfig *engine_server_config_copy (const EngineServerConfig *config);
void engine_server_config_free (EngineServerConfig *config);

/* @config NULL: as last time, or the defaults; where a default port is taken by another program a
 * free one is used. A port that was asked for by @config and is taken is an error. */
void engine_server_start_async (EngineServer *server,
                                const EngineServerConfig *config,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean engine_server_start_finish (EngineServer *server, GAsyncResult *result, GError **error);

/* Faults on demand, now and for the next start: @text has one rule a line ("postroom-cli server
 * faults --help" explains them), "" for none; ENGINE_ERROR_INVALID names the line and the word, and
 * the rules stay as they were. @seed is that of chance=: the same one and the same traffic give the
 * same faults. */
gboolean
engine_server_set_faults (EngineServer *server, const char *text, guint64 seed, GError **error);

/* A socket that listens already, from systemd: for the next start, in the place of the port's own.
 * FALSE: there is no port of that @name ("smtp", "smtps", "submission", "pop3", "pop3s"). */
gboolean engine_server_add_socket (EngineServer *server, const char *name, GSocket *socket);

/* For the starts from now on; @sink and @user_data outlive the server's run. */
void engine_server_set_log (EngineServer *server, EngineLogSink sink, gpointer user_data);

/* What "reload" reads: the settings as they stand now, and what else @user_data may take up; NULL
 * with an error leaves everything as it is. */
typedef EngineServerConfig *(*EngineServerReader) (gpointer user_data, GError **error);
void engine_server_set_reader (EngineServer *server, EngineServerReader reader, gpointer user_data);
/* Reads the settings again, where somebody gave a reader, and the certificate's files. Sessions
 * that began keep what they have. Returns what happened, and what of it needs a restart: address,
 * ports and domain. */
char *engine_server_reload (EngineServer *server, GError **error);

/* Says 421 (-ERR [SYS/TEMP]) to the idle sessions, lets the busy ones end for at most 5 seconds. */
void
engine_server_stop_async (EngineServer *server, GAsyncReadyCallback callback, gpointer user_data);
gboolean engine_server_stop_finish (EngineServer *server, GAsyncResult *result, GError **error);

/* What it runs with, or would start with; borrowed until the next start. */
const EngineServerConfig *engine_server_get_config (EngineServer *server);
gboolean engine_server_is_running (EngineServer *server);
/* Before it starts: whether the passwords of users that are set now are kept for CRAM-MD5 and APOP,
 * as they are when the configuration of the last run says so. */
void engine_server_set_demonstration_auth (EngineServer *server, gboolean on);
guint16 engine_server_get_port (EngineServer *server, EnginePort port); /* 0 when not running */
const char *engine_server_get_domain (EngineServer *server);
guint engine_server_get_sessions (EngineServer *server);
const char *engine_server_get_authority_file (EngineServer *server); /* ca.pem to trust, or NULL */
char *engine_server_dup_fingerprint (EngineServer *server);          /* or NULL */

/* Users; whether it runs or not. */
GPtrArray *engine_server_dup_users (EngineServer *server, GError **error); /* of StoreUser */
void engine_server_add_user_async (EngineServer *server,
                                   const char *name,
                                   const char *password,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
void engine_server_set_password_async (EngineServer *server,
                                       const char *name,
                                       const char *password,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
/* With the maildrop. */
void engine_server_remove_user_async (EngineServer *server,
                                      const char *name,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
/* For the three above. */
gboolean engine_server_finish (EngineServer *server, GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineServerConfig, engine_server_config_free)
