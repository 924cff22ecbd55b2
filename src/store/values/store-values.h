/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the cabinet and the site speak in: plain structs, given away whole. Any thread.
 */

#include <glib-object.h>

typedef enum
{
  STORE_FOLDER_INBOX,
  STORE_FOLDER_SENT,
  STORE_FOLDER_DRAFTS,
  STORE_FOLDER_OUTBOX,
  STORE_FOLDER_TRASH,
  STORE_FOLDER_JUNK,
} StoreFolder;

#define STORE_N_FOLDERS 6

/* "Inbox", the name of the folder's directory and its plain English name; never translated. */
const char *store_folder_get_name (StoreFolder folder);
/* Any case; FALSE for an unknown name. */
gboolean store_folder_from_name (const char *name, StoreFolder *folder);

typedef enum
{
  STORE_SECURITY_TLS,      /* TLS from the first byte */
  STORE_SECURITY_STARTTLS, /* STARTTLS or STLS, required */
  STORE_SECURITY_NONE,     /* clear text, the password too: the person chose it */
} StoreSecurity;

const char *store_security_get_name (StoreSecurity security); /* "tls", "starttls", "none" */
gboolean store_security_from_name (const char *name, StoreSecurity *security);

typedef struct
{
  char *host;
  guint16 port;
  StoreSecurity security;
  char *user; /* "" for SMTP without AUTH */
} StoreServer;

/* What becomes of a letter at the server when it is durable here. The numbers are in the database.
 */
typedef enum
{
  STORE_KEEP_NOT, /* it is deleted at once */
  STORE_KEEP_FOREVER,
  STORE_KEEP_DAYS,          /* it is deleted so many days after it was fetched */
  STORE_KEEP_UNTIL_DELETED, /* it is deleted when it is in Trash or gone here */
} StoreKeep;

#define STORE_N_KEEPS 4

const char *store_keep_get_name (StoreKeep keep); /* "not", "forever", "days", "until-deleted" */

typedef struct
{
  gint64 id;     /* 0: not stored yet */
  char *name;    /* the person's name in From: */
  char *address; /* "user@host" */
  StoreServer smtp;
  StoreServer pop3;
  StoreKeep keep;
  guint keep_days;    /* with STORE_KEEP_DAYS, from 1 */
  guint64 max_octets; /* of larger letters only the beginning is fetched; 0: any size */
  gboolean
      local;     /* an account at the local server: its authority is trusted, its ports follow it */
  char *sign_in; /* the provider where the person signs in with a browser; "": with a password */
  char *proxy;   /* "socks5://host:port", "http://…"; "": as the system says */
} StoreAccount;

StoreAccount *store_account_new (void);
StoreAccount *store_account_copy (const StoreAccount *account);
void store_account_free (StoreAccount *account);

/* A row of the index: what a list shows without opening the file. */
typedef struct
{
  gint64 id;
  gint64 account; /* 0 when the account is gone */
  StoreFolder folder;
  char *message_id; /* or NULL */
  char *subject;
  char *from; /* as message_mailboxes_to_string() */
  char *to;
  gint64 date; /* seconds since 1970 UTC: the Date header, or when it came */
  guint64 size;
  gboolean seen;
  gboolean answered;
  gboolean flagged;
  gboolean has_attachments;
  char *snippet;
  char *path;      /* of the .eml, absolute */
  guint64 partial; /* only the beginning is here, of so many octets at the server; 0: all of it */
} StoreLetter;

StoreLetter *store_letter_copy (const StoreLetter *letter);
void store_letter_free (StoreLetter *letter);

typedef enum
{
  STORE_OUTBOX_WAITING,  /* for its time, or for a connection */
  STORE_OUTBOX_SENDING,  /* some process has it in hand */
  STORE_OUTBOX_IN_DOUBT, /* the end of the message was said and no answer was heard: it may have
                            gone; only a person may send it again */
  STORE_OUTBOX_FAILED,   /* refused for good, or for some recipients; a person decides */
} StoreOutboxState;

const char *store_outbox_state_get_name (StoreOutboxState state); /* "waiting" … */

typedef enum
{
  STORE_RECIPIENT_PENDING,
  STORE_RECIPIENT_ACCEPTED,
  STORE_RECIPIENT_REFUSED,
} StoreRecipientState;

typedef struct
{
  char *address;
  StoreRecipientState state;
  char *reply; /* what the server said last, or NULL */
} StoreRecipient;

/* A letter on its way out, with its envelope. */
typedef struct
{
  gint64 letter;
  gint64 account;
  StoreOutboxState state;
  guint attempts;
  gint64 next_try;       /* seconds since 1970 UTC */
  char *last_error;      /* in words, or NULL */
  char *reverse_path;    /* address */
  GPtrArray *recipients; /* of StoreRecipient */
} StoreOutboxEntry;

StoreRecipient *store_recipient_new (const char *address);
void store_recipient_free (StoreRecipient *recipient);
StoreOutboxEntry *store_outbox_entry_new (void);
StoreOutboxEntry *store_outbox_entry_copy (const StoreOutboxEntry *entry);
void store_outbox_entry_free (StoreOutboxEntry *entry);

/* A user of the local server. */
typedef struct
{
  char *name;
  gint64 created; /* seconds since 1970 UTC */
  guint letters;  /* waiting in the maildrop */
  guint64 octets;
  guint64 quota_octets; /* what the maildrop may hold; 0: any */
  guint quota_letters;
  gboolean disabled; /* neither logs in nor gets letters */
} StoreUser;

void store_user_free (StoreUser *user);

/* An address of the local server that stands for users. */
typedef struct
{
  char *local_part;
  char *domain; /* NULL: in all local domains */
  char **users;
} StoreAlias;

void store_alias_free (StoreAlias *alias);

typedef enum
{
  STORE_RECALL_FETCHED,   /* too late: the user's program has it */
  STORE_RECALL_RECALLED,  /* it is gone from the maildrop, unread */
  STORE_RECALL_NOT_FOUND, /* it is not there: the user removed it without fetching it */
} StoreRecallOutcome;

const char *store_recall_outcome_get_name (StoreRecallOutcome outcome); /* "fetched", ... */

/* What a recall did for one of the letter's users. */
typedef struct
{
  char *user;
  StoreRecallOutcome outcome;
} StoreRecall;

void store_recall_free (StoreRecall *recall);

typedef struct
{
  guint total[STORE_N_FOLDERS];
  guint unseen[STORE_N_FOLDERS];
} StoreCounts;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreAccount, store_account_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreLetter, store_letter_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreRecipient, store_recipient_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreOutboxEntry, store_outbox_entry_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreUser, store_user_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreAlias, store_alias_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreRecall, store_recall_free)
