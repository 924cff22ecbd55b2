/* SPDX-License-Identifier: MIT */
#pragma once

/* One end of a connection in a test: a link, its echo engine, and what its maker heard of it. */

#include "echo.h"

#include <net-certificate.h>
#include <net-error.h>
#include <net-link.h>

typedef struct _End End;

struct _End
{
  NetLink *link;
  Echo *echo;
  guint progress;
  guint ended;
  GError *error;
  gboolean kicks;          /* from within progress */
  gboolean drops;          /* the last reference, from within progress */
  void (*more) (End *end); /* called on progress */
  gsize left;              /* for @more */
  gsize peak;              /* the most output that was waiting */
};

/* Two connected sockets. */
void socket_pair (GSocketConnection *pair[2]);

void end_init (End *end, GIOStream *stream, gboolean server);
void end_start (End *end, GCancellable *cancellable);
void end_clear (End *end);

/* Runs the default context until both have ended. */
void run_until_ended (End *a, End *b);
void run_until_lines (End *end, guint lines);

/* A directory that goes away at the end. */
char *make_directory (void);
void remove_directory (const char *directory);

/* A certificate for @name valid from @start to @finish (seconds from now), signed by itself. */
GTlsCertificate *make_certificate (const char *name, gint64 start, gint64 finish, char **pem);
