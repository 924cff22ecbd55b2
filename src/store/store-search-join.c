/* SPDX-License-Identifier: MIT */
#include "store-search-join.h"

#define SAME_SUBJECT   (30 * 24 * 60 * 60) /* seconds between letters that a subject may join */
#define MAX_REFERENCES 200

static gboolean
run_two (StoreDb *db, const char *sql, gint64 from, gint64 to, GError **error)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":from", from);
  store_statement_bind_int (statement, ":to", to);
  return store_statement_run (statement, error);
}

/* The oldest thread keeps its number. */
static gboolean
unite (StoreDb *db, gint64 *thread, gint64 other, GError **error)
{
  gint64 from = MAX (*thread, other);

  if (other == *thread || other == 0)
    return TRUE;
  *thread = MIN (*thread, other);
  return run_two (db, "UPDATE letters SET thread = :to WHERE thread = :from", from, *thread, error)
         && run_two (db, "UPDATE references_known SET thread = :to WHERE thread = :from", from,
                     *thread, error);
}

static gboolean
join_reference (StoreDb *db, const char *message_id, gint64 *thread, GError **error)
{
  g_autoptr (StoreStatement) find
      = store_db_prepare (db, "SELECT thread FROM references_known WHERE message_id = :message_id",
                          error);
  GError *failed = NULL;
  gint64 known = 0;

  if (find == NULL)
    return FALSE;
  store_statement_bind_text (find, ":message_id", message_id);
  if (store_statement_step (find, &failed))
    known = store_statement_get_int (find, 0);
  g_clear_pointer (&find, store_statement_free);
  if (failed != NULL)
    {
      g_propagate_error (error, failed);
      return FALSE;
    }
  if (known != 0)
    return unite (db, thread, known, error);
  g_autoptr (StoreStatement) add = store_db_prepare (
      db, "INSERT INTO references_known (message_id, thread) VALUES (:message_id, :thread)", error);
  if (add == NULL)
    return FALSE;
  store_statement_bind_text (add, ":message_id", message_id);
  store_statement_bind_int (add, ":thread", *thread);
  return store_statement_run (add, error);
}

/* A stray reply joins all letters of its subject that are near; every other letter joins the stray
 * replies that are near. */
static gboolean
join_subject (StoreDb *db,
              gint64 id,
              gint64 date,
              const StoreSearchText *text,
              gint64 *thread,
              GError **error)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db,
      "SELECT DISTINCT thread FROM letters WHERE root = :root AND date BETWEEN :first AND :last "
      "AND (stray OR :stray) AND id <> :id AND thread <> 0",
      error);
  g_autoptr (GArray) others = g_array_new (FALSE, FALSE, sizeof (gint64));
  GError *failed = NULL;

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":root", text->root);
  store_statement_bind_int (statement, ":first", date - SAME_SUBJECT);
  store_statement_bind_int (statement, ":last", date + SAME_SUBJECT);
  store_statement_bind_int (statement, ":stray", text->stray);
  store_statement_bind_int (statement, ":id", id);
  while (store_statement_step (statement, &failed))
    {
      gint64 other = store_statement_get_int (statement, 0);
      g_array_append_val (others, other);
    }
  g_clear_pointer (&statement, store_statement_free);
  for (guint i = 0; i < others->len && failed == NULL; i++)
    unite (db, thread, g_array_index (others, gint64, i), &failed);
  if (failed == NULL)
    return TRUE;
  g_propagate_error (error, failed);
  return FALSE;
}

gboolean
store_search_join_thread (StoreDb *db,
                          gint64 id,
                          gint64 date,
                          const StoreSearchText *text,
                          GError **error)
{
  gint64 thread = id;

  for (guint i = 0; text->references[i] != NULL && i < MAX_REFERENCES; i++)
    if (*text->references[i] != '\0' && !join_reference (db, text->references[i], &thread, error))
      return FALSE;
  if (text->root != NULL && !join_subject (db, id, date, text, &thread, error))
    return FALSE;
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db, "UPDATE letters SET thread = :thread, root = :root, stray = :stray WHERE id = :id",
      error);
  if (statement == NULL)
    return FALSE;
  store_statement_bind_int (statement, ":id", id);
  store_statement_bind_int (statement, ":thread", thread);
  store_statement_bind_text (statement, ":root", text->root);
  store_statement_bind_int (statement, ":stray", text->stray);
  return store_statement_run (statement, error);
}

/* ---- contacts ---- */

static gboolean
note_contact (StoreDb *db,
              const MessageMailbox *mailbox,
              gboolean written,
              gint64 date,
              GError **error)
{
  g_autoptr (StoreStatement) statement = store_db_prepare (
      db,
      "INSERT INTO contacts (address, name, written, heard, last) "
      "VALUES (:address, :name, :written, NOT :written, :date) "
      "ON CONFLICT (address) DO UPDATE SET written = written + :written, "
      "heard = heard + NOT :written, last = max (last, :date), "
      "name = CASE WHEN :name <> '' AND (name = '' OR :date >= last) THEN :name ELSE name END",
      error);

  if (statement == NULL)
    return FALSE;
  store_statement_bind_text (statement, ":address", mailbox->address);
  store_statement_bind_text (statement, ":name", mailbox->name);
  store_statement_bind_int (statement, ":written", written);
  store_statement_bind_int (statement, ":date", date);
  return store_statement_run (statement, error);
}

gboolean
store_search_note_contacts (StoreDb *db,
                            StoreFolder folder,
                            gint64 date,
                            const StoreSearchText *text,
                            GError **error)
{
  gboolean written = folder == STORE_FOLDER_SENT;
  GPtrArray *mailboxes = written ? text->to : text->from;

  /* Whoever sent junk is nobody's contact, and a draft may name somebody who never was. */
  if (!written && folder != STORE_FOLDER_INBOX && folder != STORE_FOLDER_TRASH)
    return TRUE;
  for (guint i = 0; i < mailboxes->len; i++)
    if (!note_contact (db, g_ptr_array_index (mailboxes, i), written, date, error))
      return FALSE;
  return TRUE;
}
