/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

#include "app-letter-model.h"

#include "app-text.h"

#include <engine-search.h>

/* Rows that are loaded together, and how many that were loaded stay in memory. */
#define BLOCK 64
#define KEPT  1024
/* More separate changes than this and the list is told once instead of change by change. */
#define MAX_CHANGES 256
/* Letters that a query finds at most: nobody reads on beyond them. */
#define MAX_FOUND 1000

struct _AppLetterModel
{
  GObject parent_instance;

  EngineLetters *letters;
  EngineOutbox *outbox;
  StoreFolder folder;
  GCancellable *cancellable;

  char *query;             /* or NULL */
  GCancellable *searching; /* of the query */
  char *notice;            /* or NULL */
  gboolean more;
  gboolean complete; /* what the index does not have yet is to be read first */

  GArray *ids;       /* of gint64 */
  GHashTable *items; /* id -> AppLetterItem, not counted: a weak reference takes it out */
  GQueue kept;       /* of AppLetterItem: the last ones loaded */
  guint64 stamp;

  gboolean loaded;
  gboolean settled;
  gboolean listing;
  gboolean again; /* the folder changed while it was listed */
};

enum
{
  PROP_LOADED = 1,
  PROP_SETTLED,
  PROP_QUERY,
  PROP_NOTICE,
  N_PROPS,
};

enum
{
  FAILED,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void app_letter_model_list_model_init (GListModelInterface *iface);
static void list (AppLetterModel *self);

G_DEFINE_FINAL_TYPE_WITH_CODE (AppLetterModel,
                               app_letter_model,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      app_letter_model_list_model_init))

/* A request for rows on its way. */
typedef struct
{
  AppLetterModel *model;
  guint64 stamp;
} Request;

static void
on_item_gone (gpointer user_data, GObject *item)
{
  AppLetterModel *self = user_data;
  /* Disposed, but not finalized: the id is still there. */
  gint64 id = app_letter_item_get_id ((AppLetterItem *) item);

  g_hash_table_remove (self->items, &id);
}

/* A new reference. */
static AppLetterItem *
ref_item (AppLetterModel *self, gint64 id)
{
  AppLetterItem *item = g_hash_table_lookup (self->items, &id);

  if (item)
    return g_object_ref (item);
  item = app_letter_item_new (id);
  g_object_weak_ref (G_OBJECT (item), on_item_gone, self);
  g_hash_table_insert (self->items, g_memdup2 (&id, sizeof id), item);
  return item;
}

static void
note_outbox_state (AppLetterModel *self, AppLetterItem *item)
{
  g_autoptr (StoreOutboxEntry) entry
      = engine_outbox_dup_entry (self->outbox, app_letter_item_get_id (item));
  g_autofree char *words = entry ? engine_outbox_describe (entry) : NULL;

  app_letter_item_set_note (item, words,
                            entry
                                && (entry->state == STORE_OUTBOX_FAILED
                                    || entry->state == STORE_OUTBOX_IN_DOUBT));
}

static void
on_rows (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Request *request = user_data;
  g_autoptr (AppLetterModel) self = request->model;
  guint64 stamp = request->stamp;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = engine_letters_load_finish (ENGINE_LETTERS (source), result, &error);

  g_free (request);
  if (!rows)
    {
      if (!app_text_is_cancelled (error))
        g_signal_emit (self, signals[FAILED], 0, error->message);
      return;
    }
  for (guint i = 0; i < rows->len; i++)
    {
      const StoreLetter *letter = g_ptr_array_index (rows, i);
      AppLetterItem *item = g_hash_table_lookup (self->items, &letter->id);

      /* One that moved meanwhile leaves with the next listing; it must not change its face. */
      if (item && letter->folder == self->folder)
        {
          app_letter_item_set_letter (item, letter, stamp);
          if (self->folder == STORE_FOLDER_OUTBOX)
            note_outbox_state (self, item);
        }
    }
}

static void
load (AppLetterModel *self, const gint64 *ids, gsize n_ids)
{
  Request *request;

  if (n_ids == 0)
    return;
  request = g_new0 (Request, 1);
  request->model = g_object_ref (self);
  request->stamp = ++self->stamp;
  engine_letters_load_async (self->letters, ids, n_ids, self->cancellable, on_rows, request);
}

static void
keep (AppLetterModel *self, AppLetterItem *item)
{
  g_queue_push_tail (&self->kept, item);
  if (self->kept.length > KEPT)
    g_object_unref (g_queue_pop_head (&self->kept));
}

/* Makes and loads those of the block around @position that do not exist yet. */
static void
load_block (AppLetterModel *self, guint position)
{
  guint start = position - position % BLOCK;
  guint end = MIN (start + BLOCK, self->ids->len);
  gint64 wanted[BLOCK];
  gsize n_wanted = 0;

  for (guint i = start; i < end; i++)
    {
      gint64 id = g_array_index (self->ids, gint64, i);

      if (g_hash_table_contains (self->items, &id))
        continue;
      keep (self, ref_item (self, id));
      wanted[n_wanted++] = id;
    }
  load (self, wanted, n_wanted);
}

/* Flags or states changed: what is alive is read again. */
static void
reload_items (AppLetterModel *self)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_array_append_vals (ids, key, 1);
  load (self, (const gint64 *) (gpointer) ids->data, ids->len);
}

static GHashTable *
make_set (GArray *ids)
{
  GHashTable *set = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = 0; i < ids->len; i++)
    g_hash_table_add (set, &g_array_index (ids, gint64, i));
  return set;
}

static void
change (AppLetterModel *self, guint position, guint removed, const gint64 *added, guint n_added)
{
  if (removed == 0 && n_added == 0)
    return;
  if (removed > 0)
    g_array_remove_range (self->ids, position, removed);
  if (n_added > 0)
    g_array_insert_vals (self->ids, position, added, n_added);
  g_list_model_items_changed (G_LIST_MODEL (self), position, removed, n_added);
}

/* Turns @self's ids[@position, @end) into @wanted[0, @n_wanted), run by run, so that rows that
 * stay keep their selection. */
static void
change_runs (AppLetterModel *self, guint position, guint end, GArray *wanted, guint from, guint to)
{
  g_autoptr (GHashTable) now = make_set (wanted);
  g_autoptr (GArray) copy = g_array_copy (self->ids);
  g_autoptr (GHashTable) before = make_set (copy);
  guint changes = 0;

  while (position < end || from < to)
    {
      guint removed = 0, added = 0;

      if (++changes > MAX_CHANGES)
        removed = end - position, added = to - from;
      while (
          position + removed < end
          && !g_hash_table_contains (now, &g_array_index (self->ids, gint64, position + removed)))
        removed++;
      while (from + added < to
             && !g_hash_table_contains (before, &g_array_index (wanted, gint64, from + added)))
        added++;
      if (removed == 0 && added == 0
          && (position >= end || from >= to
              || g_array_index (self->ids, gint64, position)
                     != g_array_index (wanted, gint64, from)))
        removed = end - position, added = to - from; /* the order changed */

      change (self, position, removed, &g_array_index (wanted, gint64, from), added);
      position += added;
      end = end - removed + added;
      from += added;
      while (position < end && from < to
             && g_array_index (self->ids, gint64, position) == g_array_index (wanted, gint64, from))
        position++, from++;
    }
}

static void
take_ids (AppLetterModel *self, GArray *wanted)
{
  guint shorter = MIN (self->ids->len, wanted->len);
  guint head = 0, tail = 0;

  while (head < shorter
         && g_array_index (self->ids, gint64, head) == g_array_index (wanted, gint64, head))
    head++;
  while (tail < shorter - head
         && g_array_index (self->ids, gint64, self->ids->len - 1 - tail)
                == g_array_index (wanted, gint64, wanted->len - 1 - tail))
    tail++;

  if (head + tail == self->ids->len || head + tail == wanted->len)
    change (self, head, self->ids->len - head - tail,
            wanted->len > head ? &g_array_index (wanted, gint64, head) : NULL,
            wanted->len - head - tail);
  else
    change_runs (self, head, self->ids->len - tail, wanted, head, wanted->len - tail);
}

static void
set_settled (AppLetterModel *self, gboolean settled)
{
  if (self->settled == settled)
    return;
  self->settled = settled;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SETTLED]);
}

/* Of the letters that are there; takes @ids. */
static void
finish_listing (AppLetterModel *self, GArray *ids)
{
  take_ids (self, ids);
  g_array_unref (ids);
  if (!self->loaded)
    {
      self->loaded = TRUE;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOADED]);
    }
}

static void
set_notice (AppLetterModel *self, const char *notice)
{
  if (g_strcmp0 (self->notice, notice) == 0)
    return;
  g_free (self->notice);
  self->notice = g_strdup (notice);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NOTICE]);
}

static void
on_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppLetterModel) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreFindings) findings
      = engine_search_finish (ENGINE_LETTERS (source), result, &error);
  GArray *ids;

  /* Another query, or none, has its own answer. */
  if (app_text_is_cancelled (error))
    return;
  self->listing = FALSE;
  if (!findings)
    {
      g_signal_emit (self, signals[FAILED], 0, error->message);
      return;
    }
  ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (guint i = 0; i < findings->letters->len; i++)
    {
      const StoreFound *found = g_ptr_array_index (findings->letters, i);

      g_array_append_val (ids, found->letter->id);
    }
  self->more = findings->more;
  set_notice (self, findings->notices->len > 0
                        ? ((const StoreNotice *) g_ptr_array_index (findings->notices, 0))->text
                        : NULL);
  finish_listing (self, ids);
  /* What is there at once is shown at once; the rest comes when it was read. */
  if (findings->waiting > 0 && !self->complete)
    {
      self->complete = TRUE;
      list (self);
      return;
    }
  set_settled (self, TRUE);
  if (self->again)
    list (self);
}

static void
search (AppLetterModel *self)
{
  const EngineSearchOptions options = {
    .sort = STORE_SORT_DATE,
    .folder = (int) self->folder,
    .limit = MAX_FOUND,
    .typing = TRUE,
    .complete = self->complete,
  };

  engine_search_async (self->letters, self->query, &options, self->searching, on_found,
                       g_object_ref (self));
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppLetterModel) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) ids = engine_letters_list_finish (ENGINE_LETTERS (source), result, &error);

  if (app_text_is_cancelled (error))
    return;
  self->listing = FALSE;
  if (ids)
    {
      finish_listing (self, g_steal_pointer (&ids));
      set_settled (self, TRUE);
    }
  else
    g_signal_emit (self, signals[FAILED], 0, error->message);
  if (self->again)
    list (self);
}

static void
list (AppLetterModel *self)
{
  if (self->listing)
    {
      self->again = TRUE;
      return;
    }
  self->listing = TRUE;
  self->again = FALSE;
  if (self->query)
    search (self);
  else
    engine_letters_list_async (self->letters, self->folder, self->searching, on_listed,
                               g_object_ref (self));
}

static void
on_folder_changed (EngineLetters *letters, int folder, AppLetterModel *self)
{
  if (folder != (int) self->folder)
    return;
  list (self);
  reload_items (self);
}

static void
on_outbox_changed (EngineOutbox *outbox, AppLetterModel *self)
{
  GHashTableIter iter;
  gpointer item;

  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, NULL, &item))
    note_outbox_state (self, item);
}

static GType
app_letter_model_get_item_type (GListModel *model)
{
  return APP_TYPE_LETTER_ITEM;
}

static guint
app_letter_model_get_n_items (GListModel *model)
{
  return APP_LETTER_MODEL (model)->ids->len;
}

static gpointer
app_letter_model_get_item (GListModel *model, guint position)
{
  AppLetterModel *self = APP_LETTER_MODEL (model);
  gint64 id;

  if (position >= self->ids->len)
    return NULL;
  id = g_array_index (self->ids, gint64, position);
  if (!g_hash_table_contains (self->items, &id))
    load_block (self, position);
  return ref_item (self, id);
}

static void
app_letter_model_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = app_letter_model_get_item_type;
  iface->get_n_items = app_letter_model_get_n_items;
  iface->get_item = app_letter_model_get_item;
}

static void
app_letter_model_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_LOADED:
      g_value_set_boolean (value, APP_LETTER_MODEL (object)->loaded);
      break;
    case PROP_SETTLED:
      g_value_set_boolean (value, APP_LETTER_MODEL (object)->settled);
      break;
    case PROP_QUERY:
      g_value_set_string (value, APP_LETTER_MODEL (object)->query);
      break;
    case PROP_NOTICE:
      g_value_set_string (value, APP_LETTER_MODEL (object)->notice);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
app_letter_model_dispose (GObject *object)
{
  AppLetterModel *self = APP_LETTER_MODEL (object);
  GHashTableIter iter;
  gpointer item;

  g_cancellable_cancel (self->cancellable);
  g_cancellable_cancel (self->searching);
  g_queue_clear_full (&self->kept, g_object_unref);
  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, NULL, &item))
    g_object_weak_unref (item, on_item_gone, self);
  g_hash_table_remove_all (self->items);
  g_clear_object (&self->letters);
  g_clear_object (&self->outbox);
  G_OBJECT_CLASS (app_letter_model_parent_class)->dispose (object);
}

static void
app_letter_model_finalize (GObject *object)
{
  AppLetterModel *self = APP_LETTER_MODEL (object);

  g_clear_object (&self->cancellable);
  g_clear_object (&self->searching);
  g_free (self->query);
  g_free (self->notice);
  g_array_unref (self->ids);
  g_hash_table_unref (self->items);
  G_OBJECT_CLASS (app_letter_model_parent_class)->finalize (object);
}

static void
app_letter_model_class_init (AppLetterModelClass *class)
{
  GObjectClass *object = G_OBJECT_CLASS (class);

  object->get_property = app_letter_model_get_property;
  object->dispose = app_letter_model_dispose;
  object->finalize = app_letter_model_finalize;

  properties[PROP_LOADED]
      = g_param_spec_boolean ("loaded", NULL, NULL, FALSE,
                              G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  properties[PROP_SETTLED]
      = g_param_spec_boolean ("settled", NULL, NULL, FALSE,
                              G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  properties[PROP_QUERY]
      = g_param_spec_string ("query", NULL, NULL, NULL,
                             G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  properties[PROP_NOTICE]
      = g_param_spec_string ("notice", NULL, NULL, NULL,
                             G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object, N_PROPS, properties);
  signals[FAILED] = g_signal_new ("failed", APP_TYPE_LETTER_MODEL, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
app_letter_model_init (AppLetterModel *self)
{
  self->cancellable = g_cancellable_new ();
  self->searching = g_cancellable_new ();
  self->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->items = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_queue_init (&self->kept);
}

AppLetterModel *
app_letter_model_new (EngineOffice *office, StoreFolder folder)
{
  AppLetterModel *self = g_object_new (APP_TYPE_LETTER_MODEL, NULL);

  self->letters = g_object_ref (engine_office_get_letters (office));
  self->outbox = g_object_ref (engine_office_get_outbox (office));
  self->folder = folder;
  g_signal_connect_object (self->letters, "folder-changed", G_CALLBACK (on_folder_changed), self,
                           0);
  if (folder == STORE_FOLDER_OUTBOX)
    g_signal_connect_object (self->outbox, "changed", G_CALLBACK (on_outbox_changed), self, 0);
  list (self);
  return self;
}

void
app_letter_model_set_query (AppLetterModel *model, const char *query)
{
  const char *wanted = query && *query ? query : NULL;

  if (g_strcmp0 (model->query, wanted) == 0)
    return;
  g_cancellable_cancel (model->searching);
  g_object_unref (model->searching);
  model->searching = g_cancellable_new ();
  g_free (model->query);
  model->query = g_strdup (wanted);
  model->more = FALSE;
  model->complete = FALSE;
  model->listing = FALSE;
  set_settled (model, FALSE);
  set_notice (model, NULL);
  g_object_notify_by_pspec (G_OBJECT (model), properties[PROP_QUERY]);
  list (model);
}

const char *
app_letter_model_get_query (AppLetterModel *model)
{
  return model->query;
}

const char *
app_letter_model_get_notice (AppLetterModel *model)
{
  return model->notice;
}

gboolean
app_letter_model_has_more (AppLetterModel *model)
{
  return model->more;
}

StoreFolder
app_letter_model_get_folder (AppLetterModel *model)
{
  return model->folder;
}

gboolean
app_letter_model_is_loaded (AppLetterModel *model)
{
  return model->loaded;
}

gboolean
app_letter_model_is_settled (AppLetterModel *model)
{
  return model->settled;
}

guint
app_letter_model_find (AppLetterModel *model, gint64 id)
{
  for (guint i = 0; i < model->ids->len; i++)
    if (g_array_index (model->ids, gint64, i) == id)
      return i;
  return G_MAXUINT;
}

gint64
app_letter_model_get_id (AppLetterModel *model, guint position)
{
  return position < model->ids->len ? g_array_index (model->ids, gint64, position) : 0;
}
