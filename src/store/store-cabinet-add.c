/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-store"

#include "store-cabinet-private.h"

#include <base-clock.h>
#include <message-letter.h>

#define SNIPPET_CHARACTERS 200
#define SLUG_OCTETS        60
#define PREPARERS          4 /* letters being synced and parsed at once */

typedef struct
{
  StoreSpool *spool;
  StoreFolder folder;
  gint64 account;
  char *uid;
  StoreOutboxEntry *envelope;
  gint64 replaces;
  guint64 partial;
  gboolean unless_same;
  gboolean once;
  gboolean same;
  void (*sort) (MessageLetter *letter, StoreFolder *folder, gboolean *seen, gpointer data);
  gpointer sort_data;
  StoreLetter *row;
  GTask *task; /* until the writer has it */
} Add;

static void
add_free (gpointer data)
{
  Add *add = data;

  store_spool_free (add->spool);
  g_free (add->uid);
  store_outbox_entry_free (add->envelope);
  store_letter_free (add->row);
  g_free (add);
}

/* ---- the row ---- */

void
store_cabinet_fill_row (StoreLetter *row, MessageLetter *letter)
{
  gint64 now = base_clock_real () / G_USEC_PER_SEC;
  const char *message_id = letter != NULL ? message_letter_get_message_id (letter) : NULL;

  row->date = letter != NULL ? message_letter_get_date (letter) : 0;
  /* A date that was never, or that lies in the future, would keep the letter at one end of the
   * list for ever. */
  if (row->date <= 0 || row->date > now + 24 * 60 * 60)
    row->date = now;
  row->message_id = g_strdup (message_id);
  row->subject = g_strdup (letter != NULL ? message_letter_get_subject (letter) : "");
  row->from = letter != NULL ? message_mailboxes_to_string (message_letter_get_from (letter))
                             : g_strdup ("");
  row->to = letter != NULL ? message_mailboxes_to_string (message_letter_get_to (letter))
                           : g_strdup ("");
  row->snippet
      = letter != NULL ? message_letter_dup_snippet (letter, SNIPPET_CHARACTERS) : g_strdup ("");
  row->has_attachments = letter != NULL && message_letter_get_attachments (letter)->len > 0;
}

/* The subject as a part of a file name: letters and digits of any script, the rest as hyphens. */
static char *
make_slug (const char *subject)
{
  GString *slug = g_string_new (NULL);

  for (const char *at = subject; *at != '\0' && slug->len < SLUG_OCTETS; at = g_utf8_next_char (at))
    {
      gunichar character = g_utf8_get_char (at);
      if (g_unichar_isalnum (character))
        g_string_append_unichar (slug, character);
      else if (slug->len > 0 && slug->str[slug->len - 1] != '-')
        g_string_append_c (slug, '-');
    }
  while (slug->len > 0 && slug->str[slug->len - 1] == '-')
    g_string_truncate (slug, slug->len - 1);
  if (slug->len == 0)
    g_string_append (slug, "letter");
  return g_string_free (slug, FALSE);
}

static char *
make_path (const StoreLetter *row, gint64 id)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (row->date);
  g_autofree char *slug = make_slug (row->subject);
  g_autofree char *time = g_date_time_format (date, "%Y/%m/%Y-%m-%d %H%M");

  return g_strdup_printf ("%s %s %" G_GINT64_FORMAT ".eml", time, slug, id);
}

/* ---- in the writer's thread ---- */

#define COLUMNS                                                                                    \
  "account, folder, path, spool, message_id, subject, sender, recipients, date, size, seen, "      \
  "attachments, snippet, partial"
#define VALUES                                                                                     \
  "nullif (:account, 0), :folder, '', :spool, :message_id, :subject, :sender, :recipients, "       \
  ":date, :size, :seen, :attachments, :snippet, :partial"

/* A row that has an id already is that of the letter's beginning: what a person has made of it, its
 * tags and flags, stays, and its words are to be read anew. */
static gboolean
write_row (StoreDb *db, Add *add, GError **error)
{
  const StoreLetter *row = add->row;
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db,
                          row->id == 0 ? "INSERT INTO letters (" COLUMNS ") VALUES (" VALUES ")"
                                       : "UPDATE letters SET (" COLUMNS ") = (" VALUES
                                         "), wanted = 0, doc = NULL, "
                                         "thread = 0, root = NULL, stray = 0 WHERE id = :id",
                          error);

  if (statement == NULL)
    return FALSE;
  if (row->id != 0)
    store_statement_bind_int (statement, ":id", row->id);
  store_statement_bind_int (statement, ":account", add->account);
  store_statement_bind_int (statement, ":folder", add->folder);
  store_statement_bind_text (statement, ":spool", store_spool_get_name (add->spool));
  store_statement_bind_text (statement, ":message_id", row->message_id);
  store_statement_bind_text (statement, ":subject", row->subject);
  store_statement_bind_text (statement, ":sender", row->from);
  store_statement_bind_text (statement, ":recipients", row->to);
  store_statement_bind_int (statement, ":date", row->date);
  store_statement_bind_int (statement, ":size", (gint64) row->size);
  store_statement_bind_int (statement, ":seen", row->seen);
  store_statement_bind_int (statement, ":partial", (gint64) add->partial);
  store_statement_bind_int (statement, ":attachments", row->has_attachments);
  store_statement_bind_text (statement, ":snippet", row->snippet);
  return store_statement_run (statement, error);
}

static gboolean
set_path (StoreDb *db, gint64 id, const char *path, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "UPDATE letters SET path = :path WHERE id = :id", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":path", path);
  store_statement_bind_int (statement, ":id", id);
  return store_statement_run (statement, error);
}

static gboolean
remember_uid (StoreDb *db, gint64 id, const Add *add, GError **error)
{
  GError *failed = NULL;
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db,
                          add->replaces != 0
                              ? "INSERT OR REPLACE INTO uids (account, uid, fetched, letter) "
                                "VALUES (:account, :uid, :fetched, :letter)"
                              : "INSERT INTO uids (account, uid, fetched, letter) "
                                "VALUES (:account, :uid, :fetched, :letter)",
                          error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":account", add->account);
  store_statement_bind_text (statement, ":uid", add->uid);
  store_statement_bind_int (statement, ":fetched", base_clock_real () / G_USEC_PER_SEC);
  store_statement_bind_int (statement, ":letter", id);
  if (store_statement_run (statement, &failed))
    return TRUE;
  if (g_error_matches (failed, STORE_ERROR, STORE_ERROR_EXISTS))
    g_set_error_literal (error, STORE_ERROR, STORE_ERROR_EXISTS,
                         "The account has fetched this letter already");
  else
    g_propagate_error (error, g_steal_pointer (&failed));
  g_clear_error (&failed);
  return FALSE;
}

static gboolean
insert_recipients (StoreDb *db, gint64 id, const StoreOutboxEntry *envelope, GError **error)
{
  for (guint i = 0; i < envelope->recipients->len; i++)
    {
      const StoreRecipient *recipient = g_ptr_array_index (envelope->recipients, i);
      g_autoptr (StoreStatement) statement = store_db_prepare (
          db,
          "INSERT INTO outbox_recipients (letter, position, address, state, reply) "
          "VALUES (:letter, :position, :address, :state, :reply)",
          error);
      if (statement == NULL)
        return FALSE;
      store_statement_bind_int (statement, ":letter", id);
      store_statement_bind_int (statement, ":position", i);
      store_statement_bind_text (statement, ":address", recipient->address);
      store_statement_bind_int (statement, ":state", recipient->state);
      store_statement_bind_text (statement, ":reply", recipient->reply);
      if (!store_statement_run (statement, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
insert_envelope (StoreDb *db, gint64 id, const StoreOutboxEntry *envelope, GError **error)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db,
      "INSERT INTO outbox (letter, account, state, attempts, next_try, last_error, reverse_path) "
      "VALUES (:letter, :account, :state, :attempts, :next_try, :last_error, :reverse_path)",
      error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":letter", id);
  store_statement_bind_int (statement, ":account", envelope->account);
  store_statement_bind_int (statement, ":state", envelope->state);
  store_statement_bind_int (statement, ":attempts", envelope->attempts);
  store_statement_bind_int (statement, ":next_try", envelope->next_try);
  store_statement_bind_text (statement, ":last_error", envelope->last_error);
  store_statement_bind_text (statement, ":reverse_path", envelope->reverse_path);
  return store_statement_run (statement, error) && insert_recipients (db, id, envelope, error);
}

/* The draft that this letter takes the place of; one that is gone already is no trouble. */
static gboolean
remove_replaced (StoreWrite *write, StoreDb *db, gint64 id, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT folder, path FROM letters WHERE id = :id", error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id", id);
  if (store_statement_step (statement, NULL))
    store_write_remove_file (write, (StoreFolder) store_statement_get_int (statement, 0),
                             store_statement_get_text (statement, 1));
  return store_cabinet_run_for (db, "DELETE FROM letters WHERE id = :id", id, error);
}

/* The letter under another uid; 0: it is a new one. */
static gint64
find_same (StoreCabinet *cabinet, StoreDb *db, const Add *add)
{
  g_autoptr (GBytes) bytes
      = add->unless_same || add->once ? store_spool_map (add->spool, NULL) : NULL;

  return bytes != NULL
             ? store_cabinet_find_same (cabinet, db, add->once ? STORE_ANY_ACCOUNT : add->account,
                                        add->row, bytes)
             : 0;
}

/* The file with the beginning of this letter goes, wherever it has been moved; its row is this
 * one's. */
static gboolean
take_over (StoreWrite *write, StoreDb *db, Add *add, GError **error)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT folder, path, seen FROM letters WHERE id = :id", error);
  GError *failed = NULL;

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id", add->replaces);
  if (store_statement_step (statement, &failed))
    {
      add->row->id = add->replaces;
      add->folder = (StoreFolder) store_statement_get_int (statement, 0);
      add->row->seen = store_statement_get_int (statement, 2) != 0;
      store_write_remove_file (write, add->folder, store_statement_get_text (statement, 1));
    }
  if (failed == NULL)
    return TRUE;
  g_propagate_error (error, failed);
  return FALSE;
}

static gboolean
add_work (StoreWrite *write, StoreDb *db, GError **error)
{
  Add *add = write->data;
  gint64 same = find_same (write->cabinet, db, add);

  if (same != 0)
    {
      add->same = TRUE;
      write->id = same;
      return add->uid == NULL || remember_uid (db, same, add, error);
    }
  if (!store_cabinet_clear_placed (write->cabinet, db, error)
      || (add->replaces != 0 && add->uid != NULL && !take_over (write, db, add, error))
      || !write_row (db, add, error))
    return FALSE;
  gint64 id = add->row->id != 0 ? add->row->id : store_db_get_last_id (db);
  add->row->path = make_path (add->row, id);
  if ((add->uid != NULL && !remember_uid (db, id, add, error))
      || !set_path (db, id, add->row->path, error)
      || (add->envelope != NULL && !insert_envelope (db, id, add->envelope, error))
      || (add->replaces != 0 && add->uid == NULL
          && !remove_replaced (write, db, add->replaces, error)))
    return FALSE;
  write->id = id;
  write->changed |= 1u << add->folder;
  if (add->envelope != NULL)
    write->changed |= STORE_CHANGED_OUTBOX;
  return TRUE;
}

static void
add_after (StoreWrite *write)
{
  Add *add = write->data;
  StoreCabinet *cabinet = write->cabinet;
  g_autofree char *file = NULL;
  g_autofree char *folder = NULL;
  g_autoptr (GError) error = NULL;

  if (add->same)
    {
      g_task_set_task_data (write->task, GINT_TO_POINTER (TRUE), NULL);
      return;
    }
  store_cabinet_start_index (cabinet);
  file = store_cabinet_file (add->folder, add->row->path);
  folder = g_path_get_dirname (file);

  store_spool_keep (add->spool);
  /* The letter is safe where it is; the next start tries again. */
  if (!store_files_place (cabinet->files, store_spool_get_name (add->spool), file, TRUE, &error))
    {
      g_warning ("%s", error->message);
      return;
    }
  g_array_append_val (cabinet->placed, write->id);
  g_hash_table_replace (cabinet->folders, g_steal_pointer (&folder), g_steal_pointer (&file));
}

/* ---- on a thread of its own ---- */

static gboolean
read_letter (Add *add, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;

  if (!store_spool_sync (add->spool, error)
      || (bytes = store_spool_map (add->spool, error)) == NULL)
    return FALSE;
  /* What is no letter at all is kept all the same, under an empty subject. */
  g_autoptr (MessageLetter) letter = message_letter_parse (bytes, NULL);
  add->row->size = g_bytes_get_size (bytes);
  store_cabinet_fill_row (add->row, letter);
  if (add->sort != NULL)
    add->sort (letter, &add->folder, &add->row->seen, add->sort_data);
  return TRUE;
}

static void
prepare (gpointer data, gpointer unused)
{
  Add *add = data;
  GTask *task = g_steal_pointer (&add->task);
  StoreCabinet *cabinet = g_task_get_source_object (task);
  GError *error = NULL;

  if (read_letter (add, &error))
    {
      store_cabinet_push (cabinet, add_work, add_after, add, add_free, task);
      store_cabinet_leave (cabinet);
      return;
    }
  add_free (add);
  store_cabinet_leave (cabinet);
  g_task_return_error (task, error);
  g_object_unref (task);
}

/* Not GTask's threads: these are few, and others hold them for as long as a peer likes. */
static GThreadPool *
get_preparers (void)
{
  static GThreadPool *preparers;

  if (g_once_init_enter (&preparers))
    g_once_init_leave (&preparers, g_thread_pool_new (prepare, NULL, PREPARERS, FALSE, NULL));
  return preparers;
}

void
store_cabinet_add_async (StoreCabinet *cabinet,
                         StoreSpool *spool,
                         const StoreAdd *add,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (cabinet, cancellable, callback, user_data);
  Add *own = g_new0 (Add, 1);
  GError *error = NULL;

  own->spool = spool;
  own->folder = add->folder;
  own->account = add->account;
  own->uid = g_strdup (add->uid);
  own->envelope = add->envelope != NULL ? store_outbox_entry_copy (add->envelope) : NULL;
  own->replaces = add->replaces;
  own->partial = add->partial;
  own->unless_same = add->unless_same && add->uid != NULL;
  own->once = add->once;
  own->row = g_new0 (StoreLetter, 1);
  own->row->seen = add->seen;
  own->sort = add->sort;
  own->sort_data = add->sort_data;
  if (!store_cabinet_enter (cabinet, &error))
    {
      add_free (own);
      g_task_return_error (task, error);
      return;
    }
  own->task = g_steal_pointer (&task);
  g_thread_pool_push (get_preparers (), own, NULL);
}

gint64
store_cabinet_add_finish (StoreCabinet *cabinet, GAsyncResult *result, GError **error)
{
  gssize id = g_task_propagate_int (G_TASK (result), error);

  return MAX (id, 0);
}

gboolean
store_cabinet_add_found_same (GAsyncResult *result)
{
  return g_task_get_task_data (G_TASK (result)) != NULL;
}
