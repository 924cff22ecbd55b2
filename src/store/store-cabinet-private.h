/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the cabinet's files share: how a task reads on a thread of its own, and how it writes on the
 * writer's thread.
 */

#include "store-cabinet.h"
#include "store-db.h"
#include "store-files-private.h"
#include "store-search-index.h"
#include "store-writer.h"

#include <message-letter.h>

/* Bits of what a write changed, beside 1 << folder. */
#define STORE_CHANGED_ACCOUNTS (1u << 30)
#define STORE_CHANGED_OUTBOX   (1u << 31)

struct _StoreCabinet
{
  GObject parent_instance;
  char *path; /* of the database */
  StoreFiles *files;
  StoreWriter *writer;

  GMutex lock;
  GCond idle;
  StoreIndexer *indexer; /* or NULL */
  GQueue readers;        /* of StoreDb: not in use */
  guint busy;            /* reads, and letters on their way to the writer */
  gboolean closed;       /* nothing more begins */
  guint changed;         /* to be told */
  GSource *telling;      /* or NULL */

  GMainContext *context; /* of the opener */
  StoreDb *watcher;
  GSource *watch;
  gint64 version;  /* PRAGMA data_version as the watcher last saw it */
  gint unanswered; /* atomic: the writer could not say whose change that was */

  /* Writer's thread only: PRAGMA data_version as the writer last saw it, letters that have their
   * place while their rows still name a spool. */
  gint64 others;
  GArray *placed;      /* of gint64 */
  GHashTable *folders; /* of char *: a path in each folder that has to be synced first */
};

/* Between the two the cabinet does not close. FALSE with an error when it is closed. */
gboolean store_cabinet_enter (StoreCabinet *cabinet, GError **error);
void store_cabinet_leave (StoreCabinet *cabinet);

/* ---- reading ---- */

/* Between enter and leave. */
StoreDb *store_cabinet_take_reader (StoreCabinet *cabinet, GError **error);
void store_cabinet_return_reader (StoreCabinet *cabinet, StoreDb *db);

/* Runs @read on a thread of its own; @data is the task's data. It returns the task itself. */
typedef void (*StoreCabinetRead) (GTask *task, StoreCabinet *cabinet, StoreDb *db, gpointer data);
void store_cabinet_read (StoreCabinet *cabinet,
                         StoreCabinetRead read,
                         gpointer data,
                         GDestroyNotify destroy,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);

/* NULL without an error when there is no such letter. */
StoreLetter *store_cabinet_load_row (StoreCabinet *cabinet, StoreDb *db, gint64 id, GError **error);

/* ---- writing ---- */

typedef struct _StoreWrite StoreWrite;

struct _StoreWrite
{
  StoreCabinet *cabinet;
  GTask *task;
  /* In a savepoint on the writer's thread. */
  gboolean (*work) (StoreWrite *write, StoreDb *db, GError **error);
  /* After the commit, on the writer's thread; may be NULL. */
  void (*after) (StoreWrite *write);
  gpointer data;
  GDestroyNotify destroy;
  gint64 id;     /* the result; 1 when there is nothing to tell */
  guint changed; /* bits */
  GArray *files; /* of StoreFileChange */
};

/* A file to be moved or, with @to < 0, removed after the commit. */
typedef struct
{
  StoreFolder from;
  int to;
  char *path;
} StoreFileChange;

/* Takes @task. */
void store_cabinet_write (StoreCabinet *cabinet,
                          gboolean (*work) (StoreWrite *write, StoreDb *db, GError **error),
                          void (*after) (StoreWrite *write),
                          gpointer data,
                          GDestroyNotify destroy,
                          GTask *task);
/* The same for one who has entered. */
void store_cabinet_push (StoreCabinet *cabinet,
                         gboolean (*work) (StoreWrite *write, StoreDb *db, GError **error),
                         void (*after) (StoreWrite *write),
                         gpointer data,
                         GDestroyNotify destroy,
                         GTask *task);
void store_write_move_file (StoreWrite *write, StoreFolder from, StoreFolder to, const char *path);
void store_write_remove_file (StoreWrite *write, StoreFolder folder, const char *path);

/* Runs a statement with one ":id". */
gboolean store_cabinet_run_for (StoreDb *db, const char *sql, gint64 id, GError **error);

/* Writer's thread: forgets the spools of letters that have their places, and syncs these first. */
gboolean store_cabinet_clear_placed (StoreCabinet *cabinet, StoreDb *db, GError **error);

/* A letter's bytes, mapped, wherever a move has brought it. */
GBytes *store_cabinet_read_file (StoreCabinet *cabinet,
                                 StoreFolder folder,
                                 const char *path,
                                 const char *spool,
                                 GError **error);

#define STORE_ANY_ACCOUNT (-1)
/* Writer's thread: a letter of the account with @row's Message-ID (or, where it has none, its date)
 * and these octets; 0: none. */
gint64 store_cabinet_find_same (StoreCabinet *cabinet,
                                StoreDb *db,
                                gint64 account,
                                const StoreLetter *row,
                                GBytes *bytes);

/* What @letter (NULL: it is none) says of itself. */
void store_cabinet_fill_row (StoreLetter *row, MessageLetter *letter);

/* "mail/Inbox/2026/11/….eml" */
char *store_cabinet_file (StoreFolder folder, const char *path);
