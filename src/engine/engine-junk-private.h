/* SPDX-License-Identifier: MIT */
#pragma once

/* What junk's files share, its make, and what the fetcher asks of it. Main thread. */

#include "engine-judge-private.h"
#include "engine-junk.h"

#include <store-junk.h>

struct _EngineJunk
{
  GObject parent_instance;
  StoreCabinet *cabinet;
  EngineJudge *judge;
  char *settings_path;
  gboolean moves;
  GHashTable *trusted; /* set of addresses in lower case */
};

EngineJunk *
engine_junk_new (StoreCabinet *cabinet, const char *settings_path, const char *rules_path);
EngineJudge *engine_junk_get_judge (EngineJunk *junk);

/* How the letters of one account are sorted as they are fetched. */
typedef struct _EngineSorter EngineSorter;

/* NULL: they are not. */
EngineSorter *engine_sorter_new (EngineJunk *junk, const char *account);
void engine_sorter_free (EngineSorter *sorter);
/* For StoreAdd, with the sorter as its data; any thread. */
void engine_sorter_sort (MessageLetter *letter, StoreFolder *folder, gboolean *seen, gpointer data);

/* The number a letter is known by, from all of its octets. */
gint64 engine_junk_digest (GBytes *bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineSorter, engine_sorter_free)
