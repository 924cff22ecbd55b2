/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-retrieval-session-private.h"

#include "engine-junk-private.h"

#include <base-clock.h>

/* The progress is told no more often than a person can see. */
#define TELL_EVERY (G_USEC_PER_SEC / 10)

/* A letter on its way to the disk. */
typedef struct
{
  EngineRetrieval *retrieval;
  GTask *task;            /* counted */
  const EngineItem *item; /* the retrieval's */
  guint64 size;
} Storing;

static void
storing_free (Storing *storing)
{
  g_object_unref (storing->task);
  g_free (storing);
}

static void
tell_progress (EngineRetrieval *retrieval)
{
  gint64 now = base_clock_monotonic ();

  if (retrieval->progress == NULL || now - retrieval->told < TELL_EVERY)
    return;
  retrieval->told = now;
  retrieval->progress (&retrieval->now, retrieval->progress_data);
}

static void
on_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Storing *storing = user_data;
  EngineRetrieval *retrieval = storing->retrieval;
  g_autoptr (GError) error = NULL;
  gboolean kept = TRUE;

  store_cabinet_add_finish (retrieval->cabinet, result, &error);
  if (error == NULL && !store_cabinet_add_found_same (result))
    {
      retrieval->counts.letters++;
      retrieval->counts.octets += storing->size;
    }
  else if (g_error_matches (error, STORE_ERROR, STORE_ERROR_INVALID))
    {
      kept = FALSE;
      retrieval->counts.failed++;
    }
  else if (error != NULL && !g_error_matches (error, STORE_ERROR, STORE_ERROR_EXISTS))
    {
      /* The disk: what else comes would not fit either. */
      kept = FALSE;
      retrieval->counts.failed++;
      engine_retrieval_end (retrieval, g_steal_pointer (&error));
    }
  if (!retrieval->over && kept && !storing->item->partial
      && retrieval->account->keep == STORE_KEEP_NOT)
    engine_retrieval_say_delete (retrieval, storing->item->number, storing->item->uid);
  engine_retrieval_worked (retrieval);
  storing_free (storing);
}

void
engine_retrieval_keep_chunk (EngineRetrieval *retrieval, GBytes *chunk)
{
  GError *error = NULL;
  gsize length;
  const guint8 *data = g_bytes_get_data (chunk, &length);

  retrieval->now.octets += length;
  tell_progress (retrieval);
  if (retrieval->spool == NULL)
    retrieval->spool = store_spool_new (store_cabinet_get_files (retrieval->cabinet), &error);
  if (retrieval->spool == NULL || !store_spool_write (retrieval->spool, data, length, &error))
    {
      retrieval->counts.failed++;
      engine_retrieval_end (retrieval, error);
    }
}

void
engine_retrieval_keep_letter (EngineRetrieval *retrieval, const EngineItem *item)
{
  g_autoptr (StoreSpool) spool = g_steal_pointer (&retrieval->spool);
  StoreAdd add = {
    .account = retrieval->account->id,
    .folder = STORE_FOLDER_INBOX,
    .uid = item->uid,
    .replaces = item->replaces,
    .partial = item->partial ? item->size : 0,
    .unless_same = retrieval->renumbered && item->replaces == 0,
    .sort = retrieval->sorter != NULL ? engine_sorter_sort : NULL,
    .sort_data = retrieval->sorter,
  };

  retrieval->now.letters++;
  tell_progress (retrieval);
  if (spool == NULL)
    {
      retrieval->counts.failed++;
      return;
    }
  Storing *storing = g_new0 (Storing, 1);
  storing->retrieval = retrieval;
  storing->task = g_object_ref (retrieval->task);
  storing->item = item;
  storing->size = store_spool_get_size (spool);
  retrieval->storing++;
  /* Not to be cancelled half-way: what has come whole is kept. */
  store_cabinet_add_async (retrieval->cabinet, g_steal_pointer (&spool), &add, NULL, on_added,
                           storing);
}
