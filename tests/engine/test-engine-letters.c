/* SPDX-License-Identifier: MIT */
#include "desk.h"

#include <engine-error.h>
#include <string.h>

static gint64
save_draft (Desk *desk, const char *subject, gint64 replaces)
{
  g_autoptr (MessageBuilder) builder = message_builder_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  message_builder_set_subject (builder, subject);
  message_builder_take_bcc (builder, message_mailboxes_parse ("carol@fake.test", NULL));
  message_builder_set_text (builder, "Not finished yet");
  engine_letters_save_draft_async (desk->letters, 0, builder, replaces, NULL, desk_got, &result);
  gint64 id = engine_letters_save_draft_finish (desk->letters, desk_wait (&result), &error);
  g_assert_no_error (error);
  return id;
}

static StoreLetter *
load (Desk *desk, gint64 id)
{
  g_autoptr (GAsyncResult) result = NULL;

  engine_letters_load_async (desk->letters, &id, 1, NULL, desk_got, &result);
  g_autoptr (GPtrArray) rows
      = engine_letters_load_finish (desk->letters, desk_wait (&result), NULL);
  return rows->len > 0 ? store_letter_copy (g_ptr_array_index (rows, 0)) : NULL;
}

static void
test_drafts (void)
{
  Desk *desk = desk_open (NULL);
  g_autoptr (GAsyncResult) read = NULL;
  gint64 first = save_draft (desk, "First", 0);
  gint64 second = save_draft (desk, "Second", first);

  g_assert_cmpuint (desk_count (desk, STORE_FOLDER_DRAFTS), ==, 1);
  g_assert_null (load (desk, first));
  engine_letters_read_async (desk->letters, second, NULL, desk_got, &read);
  g_autoptr (MessageLetter) letter
      = engine_letters_read_finish (desk->letters, desk_wait (&read), NULL);
  g_assert_cmpstr (message_letter_get_subject (letter), ==, "Second");
  g_assert_cmpuint (message_letter_get_bcc (letter)->len, ==, 1);

  /* A draft that is sent goes from Drafts. */
  EngineAccount *account = desk_add_account (desk, 1, 1, TRUE);
  g_autoptr (MessageBuilder) builder = message_builder_new ();
  g_autoptr (MessageMailbox) from = message_mailbox_new ("", "ann@fake.test");
  g_autoptr (GAsyncResult) added = NULL;
  message_builder_set_from (builder, from);
  message_builder_take_to (builder, message_mailboxes_parse ("bob@fake.test", NULL));
  engine_outbox_add_async (desk->outbox, account, builder, second, FALSE, NULL, desk_got, &added);
  g_assert_cmpint (engine_outbox_add_finish (desk->outbox, desk_wait (&added), NULL), >, 0);
  g_assert_cmpuint (desk_count (desk, STORE_FOLDER_DRAFTS), ==, 0);
  g_assert_cmpuint (desk_count (desk, STORE_FOLDER_OUTBOX), ==, 1);
  desk_close (desk, FALSE);
}

static void
on_folder_changed (EngineLetters *letters, int folder, gpointer user_data)
{
  gboolean *changed = user_data;

  changed[folder] = TRUE;
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *) data;
}

static void
test_changes (void)
{
  Desk *desk = desk_open (NULL);
  gboolean changed[STORE_N_FOLDERS] = { FALSE };
  gint64 id = save_draft (desk, "Moves", 0);
  g_autoptr (GAsyncResult) flagged = NULL;
  g_autoptr (GAsyncResult) moved = NULL;
  g_autoptr (GAsyncResult) to_outbox = NULL;
  g_autoptr (GAsyncResult) deleted = NULL;
  g_autoptr (GAsyncResult) read = NULL;
  g_autoptr (GError) error = NULL;

  g_signal_connect (desk->letters, "folder-changed", G_CALLBACK (on_folder_changed), changed);
  engine_letters_set_flag_async (desk->letters, &id, 1, ENGINE_FLAG_FLAGGED, TRUE, NULL, desk_got,
                                 &flagged);
  g_assert_true (engine_letters_finish (desk->letters, desk_wait (&flagged), NULL));
  engine_letters_move_async (desk->letters, &id, 1, STORE_FOLDER_TRASH, NULL, desk_got, &moved);
  g_assert_true (engine_letters_finish (desk->letters, desk_wait (&moved), NULL));
  desk_wait_until (is_true, &changed[STORE_FOLDER_TRASH]);
  g_autoptr (StoreLetter) row = load (desk, id);
  g_assert_true (row->flagged);
  g_assert_false (row->answered);
  g_assert_cmpint (row->folder, ==, STORE_FOLDER_TRASH);

  engine_letters_move_async (desk->letters, &id, 1, STORE_FOLDER_OUTBOX, NULL, desk_got,
                             &to_outbox);
  g_assert_false (engine_letters_finish (desk->letters, desk_wait (&to_outbox), &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID);
  g_clear_error (&error);

  engine_letters_delete_async (desk->letters, &id, 1, NULL, desk_got, &deleted);
  g_assert_true (engine_letters_finish (desk->letters, desk_wait (&deleted), NULL));
  g_assert_false (g_file_test (row->path, G_FILE_TEST_EXISTS));
  engine_letters_read_async (desk->letters, id, NULL, desk_got, &read);
  g_assert_null (engine_letters_read_finish (desk->letters, desk_wait (&read), &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND);
  desk_close (desk, FALSE);
}

int
main (int argc, char **argv)
{
  desk_init (&argc, &argv);
  g_test_add_func ("/engine/letters/drafts", test_drafts);
  g_test_add_func ("/engine/letters/changes", test_changes);
  return g_test_run ();
}
