/* SPDX-License-Identifier: MIT */
#pragma once

/* How files and index agree. Any thread. */

#include <glib.h>

typedef struct
{
  guint letters;   /* rows that were looked at */
  guint misplaced; /* the file is in another folder: it goes where the row says */
  guint lost;      /* there is no file: the row goes */
  guint adopted;   /* a file without a row: it gets one */
  guint trashed;   /* likewise, of a letter that was deleted: it gets one in Trash */
  guint changed;   /* the file has another size: the letter is read again */
  guint unindexed; /* its words are not in the index, which the row says: it is read again */
  guint stale;     /* words of letters that are gone */
  guint stranded;  /* in the outbox without an envelope: it goes to Drafts */
} StoreCheckup;

/* Disagreements; stale words are none, as nobody sees them. */
guint store_checkup_count (const StoreCheckup *checkup);
