/* SPDX-License-Identifier: MIT */
#pragma once

/* A local server in a folder of its own, and a client that says what a test tells it to. */

#include <engine-server-private.h>

#include <gnutls/gnutls.h>

/* Of "secret", with fewer iterations than a made one: tests log in often. */
#define SECRET_VERIFIER                                                                            \
  "pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg==$tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT/p1aaNl8="

typedef struct
{
  char *directory;
  char *identity_directory;
  StoreSite *site;
  EngineJournal *journal;
  EngineServer *server;
  EngineServerConfig *config;
  char *authority;
  char *last_greeting;  /* of client_connect_from() */
  const char *priority; /* of the clients' TLS; NULL: as GnuTLS has it */
  guint16 ports[ENGINE_N_PORTS];
} Fixture;

/* Opens what is in @directory; NULL: a new folder. Not started. */
Fixture *fixture_open (const char *directory);
/* Stops, closes; the folder stays with @keep. */
void fixture_close (Fixture *fixture, gboolean keep);
/* On free ports. */
void fixture_start (Fixture *fixture);
void fixture_stop (Fixture *fixture);
/* With the password "secret". */
void fixture_add_user (Fixture *fixture, const char *name);
guint fixture_count_letters (Fixture *fixture, const char *name);
/* Runs @function on a thread of its own while the main context turns. */
void
fixture_run (Fixture *fixture, void (*function) (Fixture *fixture, gpointer data), gpointer data);

typedef struct
{
  GSocketConnection *connection;
  int fd;
  gnutls_session_t tls; /* GnuTLS itself: another hand than GIO's, and no thread of it */
  gnutls_certificate_credentials_t credentials;
  GString *in; /* what was read */
  gsize taken; /* of it */
  gboolean pop3;
  char *greeting;
} Client;

/* Connects, with TLS where the port wants it, and reads the greeting. NULL when refused. */
Client *client_connect (Fixture *fixture, EnginePort port);
/* From another address of this machine, by one thread at a time; what came for a greeting is kept.
 */
Client *client_connect_from (Fixture *fixture, const char *source, EnginePort port);
Client *client_connect_to (Fixture *fixture, const char *address, EnginePort port);
void client_free (Client *client);
void client_shake (Client *client, Fixture *fixture);
gboolean client_write (Client *client, const char *data, gssize length);
void client_say (Client *client, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Without CRLF; NULL at the end. */
char *client_line (Client *client);
/* A whole reply, its lines joined by \n; NULL at the end. */
char *client_reply (Client *client);
/* Reads a reply, which must begin with @prefix. */
void client_expect (Client *client, const char *prefix);
/* Says a line, and expects. */
void client_do (Client *client, const char *line, const char *prefix);
/* A multi-line body, un-stuffed, CRLF kept. */
char *client_body (Client *client);
/* MAIL to the reply after the dot; TRUE for 250. @body must end with CRLF and need no stuffing. */
gboolean client_send (Client *client, const char *to, const char *body);
void client_login (Client *client, const char *user);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)
