/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Servers that do what a test tells them: an SMTP and a POP3 peer in clear on a loopback port. They
 * accept in the main context and talk on threads of their own. What they were told is read under
 * the mutex.
 */

#include <gio/gio.h>

typedef struct
{
  GMutex mutex;
  GCond cond;
  GSocketService *service;
  GCancellable *cancellable;
  guint16 port;
  guint active;   /* connections open now */
  guint sessions; /* connections so far */

  /* SMTP: replies, NULL: yes. */
  char *auth_reply;
  char *mail_reply;
  GHashTable *rcpt_replies; /* address -> reply */
  char *final_reply;
  gboolean cut_in_body;   /* closes when the text begins */
  gboolean cut_after_dot; /* closes instead of the final reply */
  gboolean hold;          /* no final reply until fake_peer_release() */
  GPtrArray *letters;     /* char *: texts that were taken whole, dot-unstuffed */
  GPtrArray *recipients;  /* char *: "RCPT TO:<…>" arguments said, of all sessions */

  /* POP3 */
  GPtrArray *maildrop; /* of FakeLetter */
  char *pass_reply;
  guint wrong_sizes; /* LIST multiplies by this; 0: it tells the truth */
  gboolean no_list;
  gboolean no_dot; /* the wire breaks in the place of the last line of each letter */
  gboolean no_uidl;
  gboolean no_top;
  guint cut_in_retr; /* the number of the letter in whose middle the wire breaks, or 0 */
  guint refuse_retr; /* likewise, answered -ERR */
  guint retrieved;   /* RETR said */
} FakePeer;

typedef struct
{
  char *uid;
  char *text; /* CRLF ends */
} FakeLetter;

FakePeer *fake_smtp_new (void);
FakePeer *fake_pop3_new (void);
void fake_peer_free (FakePeer *peer);
void fake_pop3_put (FakePeer *peer, const char *uid, const char *text);
/* Gives every letter a new uid. */
void fake_pop3_renumber (FakePeer *peer);
/* Ends a hold. */
void fake_peer_release (FakePeer *peer);
/* Replaces a reply. */
void fake_peer_set (FakePeer *peer, char **reply, const char *text);
