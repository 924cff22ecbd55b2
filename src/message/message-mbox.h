/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Many letters in one file (RFC 4155 and its elder relatives): read as a stream, in pieces of any
 * size, and written letter by letter. What mbox programs add to a letter for themselves (Status,
 * X-Status, X-Mozilla-Status, and Content-Length, right or wrong) is taken off again. One
 * thread at a time.
 */

#include <glib.h>

typedef enum
{
  MESSAGE_MBOX_AUTO, /* reading only: by content; as mboxrd where nothing tells */
  MESSAGE_MBOX_O,    /* "From " at the start of a line is ">From " */
  MESSAGE_MBOX_RD,   /* and ">From " is ">>From ", so that it can be undone */
  MESSAGE_MBOX_CL,   /* as mboxo, with a Content-Length */
  MESSAGE_MBOX_CL2,  /* with a Content-Length alone */
} MessageMboxDialect;

/* FALSE: "mboxo", "mboxrd", "mboxcl" and "mboxcl2" are the names that are known. */
gboolean message_mbox_dialect_parse (const char *name, MessageMboxDialect *dialect);

typedef struct
{
  gboolean known; /* the letter told something of the rest */
  gboolean seen;
  gboolean answered;
  gboolean flagged;
} MessageMboxStatus;

/* How the text behind a head that tells its length is to be taken. */
typedef enum
{
  MESSAGE_MBOX_BODY_LINES,   /* the length is wrong: up to the next From line */
  MESSAGE_MBOX_BODY_QUOTED,  /* so many octets, ">From " in them is "From " */
  MESSAGE_MBOX_BODY_LITERAL, /* so many octets as they are */
} MessageMboxBody;

typedef struct
{
  void (*begin) (gpointer data);
  void (*text) (const char *text, gsize length, gpointer data); /* of the letter; lines as there */
  void (*end) (const MessageMboxStatus *status, gpointer data);
  /* Octets from @offset of the file on: whether a From line or the file's end follows @length of
   * them, and whether a line of them begins with "From ". NULL: no length is relied on. */
  MessageMboxBody (*measure) (guint64 offset, guint64 length, gpointer data);
} MessageMboxSink;

typedef struct _MessageMboxReader MessageMboxReader;

MessageMboxReader *
message_mbox_reader_new (MessageMboxDialect dialect, const MessageMboxSink *sink, gpointer data);
void message_mbox_reader_feed (MessageMboxReader *reader, const char *text, gsize length);
/* The file's end. */
void message_mbox_reader_end (MessageMboxReader *reader);
/* Octets that stood before the first From line, or between letters, and are in no letter. */
guint64 message_mbox_reader_get_stray (MessageMboxReader *reader);
void message_mbox_reader_free (MessageMboxReader *reader);

/* What @letter is in a file of @dialect, from its From line to the blank line behind it. CRLF
 * becomes LF. @sender NULL or "": MAILER-DAEMON. @date: seconds since 1970 UTC. */
GString *message_mbox_format (MessageMboxDialect dialect,
                              const char *letter,
                              gsize length,
                              const char *sender,
                              gint64 date,
                              const MessageMboxStatus *status);

/* Whether a file that begins with @text is a mailbox. */
gboolean message_mbox_is_start (const char *text, gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MessageMboxReader, message_mbox_reader_free)
