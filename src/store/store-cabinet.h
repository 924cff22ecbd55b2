/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The cabinet: the person's letters, as mail/<Folder>/<YYYY>/<MM>/<date subject id>.eml with an
 * index beside them, and their accounts and outbox. Made and closed on one thread; all functions
 * may be called on any thread, and callbacks come to the caller's thread-default main context.
 * Several processes may have the same cabinet open.
 */

#include "store-error.h"
#include "store-files.h"
#include "store-values.h"

#include <message-letter.h>

#define STORE_TYPE_CABINET (store_cabinet_get_type ())
G_DECLARE_FINAL_TYPE (StoreCabinet, store_cabinet, STORE, CABINET, GObject)

/* Signals, in the main context of the opener's thread:
 * "folder-changed" (StoreFolder as int): letters came, went or changed, by this or by another
 * process;
 * "accounts-changed"; "outbox-changed". */

/* Opens or makes the cabinet in @directory (cabinet.db, mail/, tmp/) and sweeps. Outbox entries
 * that a dead process had in SENDING wait again; those IN_DOUBT stay so. */
StoreCabinet *store_cabinet_open (const char *directory, GError **error);
/* Waits for what is being read and written; what begins later fails with STORE_ERROR_IO. Comes
 * before the last reference goes. */
void store_cabinet_close (StoreCabinet *cabinet);
StoreFiles *store_cabinet_get_files (StoreCabinet *cabinet);

/* ---- accounts ---- */

GPtrArray *store_cabinet_dup_accounts (StoreCabinet *cabinet, GError **error); /* StoreAccount */
/* Inserts (id 0) or updates. The result is the id. STORE_ERROR_EXISTS: the address is taken. */
void store_cabinet_save_account_async (StoreCabinet *cabinet,
                                       const StoreAccount *account,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gint64
store_cabinet_save_account_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error);
/* Its letters stay; its letters in the outbox go to Drafts. */
void store_cabinet_remove_account_async (StoreCabinet *cabinet,
                                         gint64 id,
                                         GCancellable *cancellable,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);

/* All operations whose only result is success end with this. */
gboolean store_cabinet_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error);

/* ---- letters ---- */

typedef struct
{
  gint64 account;
  StoreFolder folder;
  gboolean seen;
  const char *uid; /* of POP3: remembered with the letter, in the same transaction, or NULL */
  const StoreOutboxEntry *envelope; /* with STORE_FOLDER_OUTBOX; .letter is filled in */
  /* A letter that goes when this one is durable, or 0: a draft, or, with @uid, the beginning of
   * this one, whose id, folder and flags it takes. */
  gint64 replaces;
  guint64 partial;      /* it is only the beginning of so many octets, or 0 */
  gboolean unless_same; /* with @uid: a letter of the account that is the same, octet for octet,
                           takes the uid, and nothing is added */
  gboolean once; /* nothing is added if the cabinet has the letter, octet for octet, whosever it is;
                    the id is that one's */
  /* Where the letter goes after all and whether as seen; called when it is parsed (NULL: it is no
   * letter), on a thread of its own, before the callback. May be NULL. */
  void (*sort) (MessageLetter *letter, StoreFolder *folder, gboolean *seen, gpointer data);
  gpointer sort_data;
} StoreAdd;

/* Takes @spool. The callback comes when file and row would survive a power cut; the result is the
 * id. STORE_ERROR_EXISTS: the account has fetched @uid already. */
void store_cabinet_add_async (StoreCabinet *cabinet,
                              StoreSpool *spool,
                              const StoreAdd *add,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gint64 store_cabinet_add_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error);
/* Whether nothing was added, as the letter was there under another uid: the id is that one's. */
gboolean store_cabinet_add_found_same (GAsyncResult *result);

/* Ids (gint64) of a folder, newest first. */
void store_cabinet_list_async (StoreCabinet *cabinet,
                               StoreFolder folder,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
GArray *store_cabinet_list_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error);

/* StoreLetter for each id that still exists. */
void store_cabinet_load_async (StoreCabinet *cabinet,
                               const gint64 *ids,
                               gsize n_ids,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
GPtrArray *store_cabinet_load_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error);

/* The file's bytes, mapped. */
void store_cabinet_read_async (StoreCabinet *cabinet,
                               gint64 id,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
GBytes *store_cabinet_read_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error);

void store_cabinet_count_async (StoreCabinet *cabinet,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean store_cabinet_count_finish (StoreCabinet *cabinet,
                                     GAsyncResult *result,
                                     StoreCounts *counts,
                                     GError **error);

typedef enum
{
  STORE_FLAG_SEEN,
  STORE_FLAG_ANSWERED,
  STORE_FLAG_FLAGGED,
} StoreFlag;

void store_cabinet_set_flag_async (StoreCabinet *cabinet,
                                   const gint64 *ids,
                                   gsize n_ids,
                                   StoreFlag flag,
                                   gboolean value,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
/* A letter moved out of the outbox loses its envelope; one in SENDING is not moved
 * (STORE_ERROR_BUSY). */
void store_cabinet_move_async (StoreCabinet *cabinet,
                               const gint64 *ids,
                               gsize n_ids,
                               StoreFolder folder,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
/* For good: row and file. */
void store_cabinet_delete_async (StoreCabinet *cabinet,
                                 const gint64 *ids,
                                 gsize n_ids,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);

/* ---- POP3 uids ---- */

/* A letter that was fetched and that the server may still have. */
typedef struct
{
  gint64 fetched;   /* seconds since 1970 UTC */
  gboolean deleted; /* it is in Trash, or gone for good */
  gboolean partial; /* only its beginning is here */
  gint64 wanted;    /* its id, when a person wants the rest; or 0 */
} StoreUid;

/* What the account has fetched: uid (char *) -> StoreUid. */
void store_cabinet_known_uids_async (StoreCabinet *cabinet,
                                     gint64 account,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
GHashTable *
store_cabinet_known_uids_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error);
/* The next fetch is to bring the rest of a letter. STORE_ERROR_NOT_FOUND when it is all there. */
void store_cabinet_want_rest_async (StoreCabinet *cabinet,
                                    gint64 letter,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
/* Forgets the account's uids that are not in @listed (a GPtrArray of char *, of which it takes a
 * reference): those that the server no longer has. */
void store_cabinet_forget_uids_async (StoreCabinet *cabinet,
                                      gint64 account,
                                      GPtrArray *listed,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);

/* ---- outbox ---- */

void store_cabinet_outbox_async (StoreCabinet *cabinet,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
GPtrArray *store_cabinet_outbox_finish (StoreCabinet *cabinet,
                                        GAsyncResult *result,
                                        GError **error); /* of StoreOutboxEntry */
/* WAITING -> SENDING by this process; STORE_ERROR_BUSY when another has it or it is not waiting.
 */
void store_cabinet_claim_async (StoreCabinet *cabinet,
                                gint64 letter,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
/* Writes state, attempts, next_try, last_error and recipients; durable when it returns. */
void store_cabinet_update_outbox_async (StoreCabinet *cabinet,
                                        const StoreOutboxEntry *entry,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
/* The letter goes to Sent, its envelope ends; in one transaction. */
void store_cabinet_sent_async (StoreCabinet *cabinet,
                               gint64 letter,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
