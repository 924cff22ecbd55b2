/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The local server's site: its users and their maildrops, as maildrops/<user>/<date id>.eml with
 * rows in site.db. Any thread; callbacks come to the caller's thread-default main context.
 */

#include "store-error.h"
#include "store-files.h"
#include "store-values.h"

typedef struct _StoreSite StoreSite;

/* Opens or makes the site in @directory and sweeps. */
StoreSite *store_site_open (const char *directory, GError **error);
/* Waits for what is being written. Maildrops must be closed. */
void store_site_free (StoreSite *site);
StoreFiles *store_site_get_files (StoreSite *site);

/* One process may serve a site at a time: STORE_ERROR_BUSY. Released by store_site_free() too. */
gboolean store_site_lock (StoreSite *site, GError **error);
void store_site_unlock (StoreSite *site);

/* ---- users ---- */

/* A user name is 1-64 of a-z 0-9 . _ - in lower case (others are lowered first), and begins with a
 * letter or digit; else STORE_ERROR_INVALID. */
char *store_site_normalise_user (const char *name, GError **error);

GPtrArray *store_site_dup_users (StoreSite *site, GError **error); /* of StoreUser, by name */
gboolean store_site_has_user (StoreSite *site, const char *name);
StoreUser *store_site_dup_user (StoreSite *site, const char *name); /* NULL: there is none */
/* What store_site_add_user_async() was given; NULL when there is no such user, or it is disabled.
 */
char *store_site_dup_verifier (StoreSite *site, const char *name);

/* Random digits that nobody else knows, for as long as the site is; borrowed. */
const char *store_site_get_key (StoreSite *site);

/* @verifier: a salted hash in a form of the caller's; never a password. STORE_ERROR_EXISTS,
 * STORE_ERROR_INVALID. */
void store_site_add_user_async (StoreSite *site,
                                const char *name,
                                const char *verifier,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
/* Forgets the secret, too. */
void store_site_set_verifier_async (StoreSite *site,
                                    const char *name,
                                    const char *verifier,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
/* Another form of the same password: nothing happens where @old is no longer the verifier. */
void store_site_replace_verifier (StoreSite *site,
                                  const char *name,
                                  const char *old,
                                  const char *verifier);
/* A password that is kept as it is beside its verifier, for log-ins that need it; NULL for none,
 * and for a disabled user. */
char *store_site_dup_secret (StoreSite *site, const char *name);
void store_site_set_secret_async (StoreSite *site,
                                  const char *name,
                                  const char *secret,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
/* Everybody's. */
void store_site_forget_secrets (StoreSite *site);
/* A disabled user has no verifier, and gets no letters (STORE_ERROR_DISABLED). What is in the
 * maildrop stays. */
void store_site_set_disabled_async (StoreSite *site,
                                    const char *name,
                                    gboolean disabled,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
/* What the maildrop may hold; 0: any. */
void store_site_set_quota_async (StoreSite *site,
                                 const char *name,
                                 guint64 octets,
                                 guint letters,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
/* With the maildrop and its letters. STORE_ERROR_BUSY while the maildrop is open. */
void store_site_remove_user_async (StoreSite *site,
                                   const char *name,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);

/* All operations whose only result is success end with this. */
gboolean store_site_finish (StoreSite *site, GAsyncResult *result, GError **error);

/* ---- addresses ---- */

/* In lower case; STORE_ERROR_INVALID for what is no domain of letters, digits and hyphens. */
char *store_site_normalise_domain (const char *domain, GError **error);

/* The domains beside the first, which the site does not know; by name. */
char **store_site_dup_domains (StoreSite *site, GError **error);
gboolean store_site_has_domain (StoreSite *site, const char *domain);
/* STORE_ERROR_EXISTS, STORE_ERROR_INVALID. */
void store_site_add_domain_async (StoreSite *site,
                                  const char *domain,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
/* With its aliases. STORE_ERROR_NOT_FOUND. */
void store_site_remove_domain_async (StoreSite *site,
                                     const char *domain,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);

/* An alias is a local part, formed as a user's name, in one domain or (@domain NULL) in all, that
 * stands for users; never for another alias. */
GPtrArray *store_site_dup_aliases (StoreSite *site, GError **error); /* of StoreAlias, by name */
/* Also to add users to one that there is. STORE_ERROR_NOT_FOUND: one of @users is none. */
void store_site_add_alias_async (StoreSite *site,
                                 const char *local_part,
                                 const char *domain,
                                 const char *const *users,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
/* Takes @users from it, all of them with NULL: one without users is none. STORE_ERROR_NOT_FOUND. */
void store_site_remove_alias_async (StoreSite *site,
                                    const char *local_part,
                                    const char *domain,
                                    const char *const *users,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);

/* Whom @local_part at @domain stands for, of StoreUser by name: the users of its alias in @domain,
 * else of its alias in all domains, else the user of that name, else none. An alias before a user:
 * "ann" may stand for ann and bob. */
GPtrArray *store_site_find_users (StoreSite *site, const char *local_part, const char *domain);

/* ---- delivery ---- */

/* Who gets a letter, and what a recall finds it by; borrowed for the call. */
typedef struct
{
  const char *const *users;
  const char *sender;     /* the user who proved to be the sender; NULL: nobody did */
  const char *message_id; /* as the field has it, or NULL */
  guint64 size;           /* octets as POP3 will tell and send them; 0: those of the spool */
} StoreDelivery;

/* Takes @spool, the letter as it will be retrieved. One file (hard links, so that a line in it is
 * for all of them) and one row for each of the users, all or nothing. STORE_ERROR_NOT_FOUND,
 * STORE_ERROR_DISABLED, STORE_ERROR_QUOTA, STORE_ERROR_TOO_LARGE: for one of the users, now. The
 * callback comes when they would survive a power cut. */
void store_site_deliver_async (StoreSite *site,
                               StoreSpool *spool,
                               const StoreDelivery *delivery,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);

/* Whether a letter of @octets (0: of any size) may be delivered to @user as it is now: errors as
 * above. */
gboolean store_site_check_room (const StoreUser *user, guint64 octets, GError **error);

/* What stands between the angle brackets of a Message-ID field (RFC 5322 section 3.6.4); NULL when
 * there is nothing. */
char *store_site_normalise_message_id (const char *message_id);

/* ---- maildrops ---- */

/* A maildrop that one session holds (RFC 1939 section 3); what is in it is fixed while it is held.
 * One thread at a time. */
typedef struct _StoreMaildrop StoreMaildrop;

/* STORE_ERROR_BUSY: another session holds it. Waits for an expiry under way, so it may block. */
StoreMaildrop *store_maildrop_open (StoreSite *site, const char *user, GError **error);
void store_maildrop_free (StoreMaildrop *maildrop);
guint store_maildrop_get_count (StoreMaildrop *maildrop);
guint64 store_maildrop_get_size (StoreMaildrop *maildrop, guint index); /* octets */
gint64 store_maildrop_get_id (StoreMaildrop *maildrop, guint index);    /* never used again */
/* The same for every letter of the site, and unlike any other site's: 8 hexadecimal digits. A uid
 * is "id.mark". */
const char *store_maildrop_get_mark (StoreMaildrop *maildrop);
char *store_maildrop_dup_uid (StoreMaildrop *maildrop, guint index);
/* The file's bytes, mapped, for a look (TOP). STORE_ERROR_RECALLED: the sender took it back;
 * number, size and uid stay. */
GBytes *store_maildrop_read (StoreMaildrop *maildrop, guint index, GError **error);
/* The same to give it away whole (RETR): while the maildrop is held, this site recalls it no more.
 */
GBytes *store_maildrop_take (StoreMaildrop *maildrop, guint index, GError **error);
/* What was taken was given away whole: it can never be recalled. Written when the maildrop is
 * freed, or before letters are removed; until then another process can still recall it. */
void store_maildrop_set_retrieved (StoreMaildrop *maildrop, guint index);
/* Removes the letters of @indices (guint), recalled ones too; durable when the callback comes.
 * @maildrop must stay until then. */
void store_maildrop_remove_async (StoreMaildrop *maildrop,
                                  const GArray *indices,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean
store_maildrop_remove_finish (StoreMaildrop *maildrop, GAsyncResult *result, GError **error);

/* ---- retention ---- */

/* Removes letters that came more than @max_days days ago, and of each maildrop the oldest beyond
 * @max_letters (0: no such rule), a few hundred at a time. A maildrop that a session holds is left
 * alone. */
void store_site_expire_async (StoreSite *site,
                              guint max_days,
                              guint max_letters,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
/* *@removed letters are gone; when it is not 0 there may be more to remove. */
gboolean
store_site_expire_finish (StoreSite *site, GAsyncResult *result, guint *removed, GError **error);

/* ---- recall ---- */

/* Takes the letters of @message_id (with or without angle brackets) that @sender has sent, having
 * proved to be it, out of all maildrops where they were not retrieved: all of them in one commit,
 * and also where a session holds the maildrop. STORE_ERROR_INVALID. */
void store_site_recall_async (StoreSite *site,
                              const char *sender,
                              const char *message_id,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
/* Of StoreRecall, one for each user who had such a letter in the last 7 days, by name; empty when
 * @sender has sent none to anybody here. A recall that is asked for again is answered as the first
 * one was. */
GPtrArray *store_site_recall_finish (StoreSite *site, GAsyncResult *result, GError **error);

/* ---- backup ---- */

/* Copies the site in the folder @from, which may be in use by any process, to the folder @to, which
 * must not exist; blocks. Every letter that was acknowledged before is in it, whole, unless it is
 * removed meanwhile; where both folders are in one file system the letters' files are shared. The
 * copy is checked and durable. What is left after an error is no site. STORE_ERROR_NOT_FOUND,
 * STORE_ERROR_CORRUPT, STORE_ERROR_NEWER, STORE_ERROR_FULL. */
gboolean store_site_copy (const char *from,
                          const char *to,
                          guint *letters,
                          GCancellable *cancellable,
                          GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreSite, store_site_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StoreMaildrop, store_maildrop_free)
