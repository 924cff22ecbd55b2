/* SPDX-License-Identifier: MIT */
#pragma once

/* What the site's files share. */

#include "store-db.h"
#include "store-files-private.h"
#include "store-site.h"
#include "store-sync-private.h"
#include "store-writer.h"

struct _StoreSite
{
  StoreFiles *files;
  StoreWriter *writer;
  int lock_fd;

  GMutex lock;
  StoreDb *reader; /* under the lock */
  char *mark;
  char *key;
  GHashTable *open; /* of char *: users whose maildrop a session holds; under the lock */

  GHashTable *expiring; /* of char *: users whose maildrops nobody may open; under the lock */
  GCond expired;        /* some are no more among them */

  /* Of gint64: letters. Under the lock. */
  GHashTable *taken;     /* on their way out of a maildrop, or out and not marked so yet */
  GHashTable *recalling; /* a commit will say that they are gone */

  /* Writer's thread only: letters that have their places while the rows name their spools. */
  GArray *answers;     /* of Answer: to be given when some more are done */
  GPtrArray *placed;   /* of char *: spool names, in the order in which they got them */
  GHashTable *folders; /* a path in each folder that has to be synced first */
  guint64 cleared;     /* how many have left @placed */

  /* A lock of their own: readers hold the other for as long as a query takes. */
  GMutex group_lock;
  GCond idle;
  GPtrArray *waiting;   /* letters for the next group */
  gint64 waiting_since; /* monotonic: the first of them */
  GCond gathered;       /* no more are arriving */
  gboolean grouping;    /* a thread syncs groups */
  StoreSync *sync;      /* that thread's */
  guint64 placings;     /* so many letters have got their places ever… */
  guint64 settled;      /* …and these of them, the first ones, have durable ones */
};

typedef struct _StoreSiteWrite StoreSiteWrite;

struct _StoreSiteWrite
{
  StoreSite *site;
  GTask *task; /* NULL: nobody waits */
  gboolean (*work) (StoreSiteWrite *write, StoreDb *db, GError **error);
  void (*after) (StoreSiteWrite *write); /* after the commit; may be NULL */
  gpointer data;
  GDestroyNotify destroy;
  GPtrArray *gone; /* of char *: files to be removed after the commit */
};

/* Takes @task (may be NULL). @destroy is called when all is done, well or not. */
StoreSiteWrite *
store_site_write_new (StoreSite *site,
                      gboolean (*work) (StoreSiteWrite *write, StoreDb *db, GError **error),
                      void (*after) (StoreSiteWrite *write),
                      gpointer data,
                      GDestroyNotify destroy,
                      GTask *task);
/* Takes @writes (of StoreSiteWrite): they share a commit. */
void store_site_write_all (StoreSite *site, GPtrArray *writes);
/* One alone. */
void store_site_write (StoreSite *site,
                       gboolean (*work) (StoreSiteWrite *write, StoreDb *db, GError **error),
                       void (*after) (StoreSiteWrite *write),
                       gpointer data,
                       GDestroyNotify destroy,
                       GTask *task);

/* The columns of a user, as store_site_read_user() expects them. */
#define STORE_SITE_USER         "name, created, letters, octets, quota_octets, quota_letters, disabled"
#define STORE_SITE_USER_COLUMNS 7
StoreUser *store_site_read_user (StoreStatement *statement);

/* What the path of a letter begins with: when it came, in UTC. */
#define STORE_SITE_TIME "%Y%m%dT%H%M%SZ"
char *store_site_file (const char *user, const char *path);
/* Writer's thread: a letter has the place @file. */
void store_site_note_folder (StoreSite *site, const char *file);
/* Writer's thread: the letter of @spool has all its places. */
void store_site_note_placed (StoreSite *site, const char *spool);
/* Writer's thread: ends the spools of letters that have their places, and syncs these first. */
gboolean store_site_clear_placed (StoreSite *site, StoreDb *db, GError **error);
/* Those only whose places need no sync of their own; the others when they have become many. */
gboolean store_site_clear_settled (StoreSite *site, StoreDb *db, GError **error);

gboolean store_site_delete_letter (StoreDb *db, gint64 id, GError **error);
/* Writer's thread: remembers what becomes of the letter @id, for recalls to come: @fate, unless it
 * was retrieved. */
gboolean
store_site_note_departure (StoreDb *db, gint64 id, StoreRecallOutcome fate, GError **error);
/* Forgets what is too old for a recall. */
gboolean store_site_forget_departures (StoreDb *db, GError **error);
