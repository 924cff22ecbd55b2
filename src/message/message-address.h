/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Mailboxes of RFC 5322 section 3.4, as a person types and reads them. Any thread.
 */

#include <glib.h>

/* Call once before anything of this room: sets GMime up. Any number of times, any thread. */
void message_init (void);

typedef struct
{
  char *name;    /* display name as UTF-8, or "" */
  char *address; /* "user@host", never empty; in a letter that came, whatever stood there */
} MessageMailbox;

MessageMailbox *message_mailbox_new (const char *name, const char *address);
MessageMailbox *message_mailbox_copy (const MessageMailbox *mailbox);
void message_mailbox_free (MessageMailbox *mailbox);

/* For a person: "Ann Lee <ann@example.org>", unencoded UTF-8. */
char *message_mailbox_to_string (const MessageMailbox *mailbox);

/* Parses a list ("Ann <a@b>, c@d", groups flattened; semicolons part addresses as commas do). An
 * array of MessageMailbox with its free function, possibly empty; with @error set
 * (MESSAGE_ERROR_ADDRESS) NULL and the words name the piece that is no address. */
GPtrArray *message_mailboxes_parse (const char *text, GError **error);
char *message_mailboxes_to_string (GPtrArray *mailboxes);

#define MESSAGE_ERROR (message_error_quark ())
GQuark message_error_quark (void);

typedef enum
{
  MESSAGE_ERROR_ADDRESS,    /* no valid address */
  MESSAGE_ERROR_ATTACHMENT, /* a file that cannot be read */
  MESSAGE_ERROR_PARSE,      /* no letter at all (parsing is otherwise forgiving) */
  MESSAGE_ERROR_IO,         /* the destination cannot be written */
} MessageError;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MessageMailbox, message_mailbox_free)
