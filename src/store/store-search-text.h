/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What of a letter can be searched, as texts, and what joins it to other letters. Any thread.
 */

#include <message-letter.h>

/* The columns of the table search, in its order. */
typedef enum
{
  STORE_COLUMN_SENDER,     /* From and Reply-To */
  STORE_COLUMN_RECIPIENTS, /* To */
  STORE_COLUMN_COPIES,     /* Cc and Bcc */
  STORE_COLUMN_SUBJECT,
  STORE_COLUMN_BODY,
  STORE_COLUMN_NAMES,    /* of attachments */
  STORE_COLUMN_ATTACHED, /* texts of text-like attachments */
} StoreColumn;

#define STORE_N_COLUMNS 7

typedef struct
{
  char *columns[STORE_N_COLUMNS];
  char **references; /* Message-IDs: its own, those it answers */
  char *root;        /* the subject without "Re:" and the like, folded; NULL: none */
  gboolean stray;    /* a reply by its subject that names nothing that it answers */
  GPtrArray *from;   /* of MessageMailbox */
  GPtrArray *to;     /* To, Cc and Bcc */
} StoreSearchText;

StoreSearchText *store_search_text_new (MessageLetter *letter);
void store_search_text_free (StoreSearchText *text);

/* @subject without "Re:", "Fwd:", "AW:", "回复：" …, folded; NULL: nothing is left. @reply: whether
 * there was such a word. */
char *store_search_text_root (const char *subject, gboolean *reply);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreSearchText, store_search_text_free)
