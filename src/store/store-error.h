/* SPDX-License-Identifier: MIT */
#pragma once

/* What can go wrong with files and rows, in words for a person. Any thread. */

#include <glib.h>

#define STORE_ERROR (store_error_quark ())
GQuark store_error_quark (void);

typedef enum
{
  STORE_ERROR_NEWER,     /* a database of a newer Postroom: refused, untouched */
  STORE_ERROR_CORRUPT,   /* no database, or a damaged one */
  STORE_ERROR_IO,        /* reading, writing or syncing failed */
  STORE_ERROR_FULL,      /* no room on the disk */
  STORE_ERROR_BUSY,      /* another program holds it */
  STORE_ERROR_NOT_FOUND, /* no such letter, account, user */
  STORE_ERROR_EXISTS,    /* there is one already */
  STORE_ERROR_INVALID,   /* a name or value that cannot be stored */
  STORE_ERROR_QUOTA,     /* the maildrop is full */
  STORE_ERROR_TOO_LARGE, /* the letter would not fit into the maildrop if that were empty */
  STORE_ERROR_DISABLED,  /* the user is disabled */
  STORE_ERROR_RECALLED,  /* the sender took the letter back */
} StoreError;
