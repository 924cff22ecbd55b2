/* SPDX-License-Identifier: MIT */
#include "desk.h"

#include <engine-error.h>
#include <engine-office.h>
#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  char *directory;
  EngineOffice *office;
} Fixture;

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      remove_tree (child);
    }
  g_remove (path);
}

static void
open_office (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->directory = g_dir_make_tmp ("postroom-office-XXXXXX", NULL);
  fixture->office = engine_office_open (fixture->directory, &error);
  g_assert_no_error (error);
}

static void
shut_down (EngineOffice *office)
{
  g_autoptr (GAsyncResult) result = NULL;

  engine_office_shut_down_async (office, desk_got, &result);
  engine_office_shut_down_finish (office, desk_wait (&result));
}

static void
close_office (Fixture *fixture, gconstpointer data)
{
  shut_down (fixture->office);
  g_object_unref (fixture->office);
  remove_tree (fixture->directory);
  g_free (fixture->directory);
}

static void
start_server (EngineOffice *office)
{
  g_autoptr (EngineServerConfig) config = engine_server_config_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  memset (config->ports, 0, sizeof config->ports);
  engine_server_start_async (engine_office_get_server (office), config, NULL, desk_got, &result);
  engine_server_start_finish (engine_office_get_server (office), desk_wait (&result), &error);
  g_assert_no_error (error);
}

static void
try_local (EngineOffice *office)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  engine_office_try_local_async (office, NULL, desk_got, &result);
  engine_office_try_local_finish (office, desk_wait (&result), &error);
  g_assert_no_error (error);
}

static GBytes *
make_attachment (void)
{
  GByteArray *octets = g_byte_array_new ();

  for (guint i = 0; i < 70000; i++)
    g_byte_array_append (octets, &(guint8){ (guint8) (i * 7 + i / 256) }, 1);
  return g_byte_array_free_to_bytes (octets);
}

static gint64
send_letter (EngineOffice *office, EngineAccount *from, EngineAccount *to, GBytes *attachment)
{
  const StoreAccount *sender = engine_account_get_values (from);
  g_autoptr (MessageBuilder) builder = message_builder_new ();
  g_autoptr (MessageMailbox) mailbox = message_mailbox_new (sender->name, sender->address);
  g_autoptr (GAsyncResult) added = NULL;
  g_autoptr (GAsyncResult) delivered = NULL;
  g_autoptr (GError) error = NULL;
  EngineOutbox *outbox = engine_office_get_outbox (office);

  message_builder_set_from (builder, mailbox);
  message_builder_take_to (builder,
                           message_mailboxes_parse (engine_account_get_values (to)->address, NULL));
  message_builder_set_subject (builder, "Grüße");
  message_builder_set_html (builder, "<p>Hello <b>Bob</b></p>");
  message_builder_attach_bytes (builder, "Füße.bin", "application/octet-stream", attachment);
  engine_outbox_add_async (outbox, from, builder, 0, FALSE, NULL, desk_got, &added);
  gint64 letter = engine_outbox_add_finish (outbox, desk_wait (&added), &error);
  g_assert_no_error (error);
  engine_outbox_deliver_async (outbox, letter, NULL, desk_got, &delivered);
  engine_outbox_deliver_finish (outbox, desk_wait (&delivered), &error);
  g_assert_no_error (error);
  return letter;
}

static void
fetch (EngineOffice *office, EngineAccount *account, guint letters)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  EngineFetchResult counts;
  EngineFetcher *fetcher = engine_office_get_fetcher (office);

  engine_fetcher_fetch_async (fetcher, account, NULL, desk_got, &result);
  engine_fetcher_fetch_finish (fetcher, desk_wait (&result), &counts, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (counts.letters, ==, letters);
}

static MessageLetter *
read_only_letter (EngineOffice *office)
{
  EngineLetters *letters = engine_office_get_letters (office);
  g_autoptr (GAsyncResult) listed = NULL;
  g_autoptr (GAsyncResult) read = NULL;

  engine_letters_list_async (letters, STORE_FOLDER_INBOX, NULL, desk_got, &listed);
  g_autoptr (GArray) ids = engine_letters_list_finish (letters, desk_wait (&listed), NULL);
  g_assert_cmpuint (ids->len, ==, 1);
  engine_letters_read_async (letters, g_array_index (ids, gint64, 0), NULL, desk_got, &read);
  return engine_letters_read_finish (letters, desk_wait (&read), NULL);
}

static EngineAccount *
account_at (EngineOffice *office, guint position)
{
  g_autoptr (EngineAccount) account
      = g_list_model_get_item (G_LIST_MODEL (engine_office_get_accounts (office)), position);

  return account;
}

static gboolean
journal_has (EngineOffice *office, const char *words)
{
  g_autoptr (GPtrArray) lines = engine_journal_dup_lines (engine_office_get_journal (office), 0);
  gboolean found = FALSE;

  for (guint i = 0; i < lines->len && !found; i++)
    found = strstr (((EngineJournalLine *) g_ptr_array_index (lines, i))->text, words) != NULL;
  return found;
}

static void
test_round_trip (Fixture *fixture, gconstpointer data)
{
  EngineOffice *office = fixture->office;
  g_autoptr (GBytes) attachment = make_attachment ();

  start_server (office);
  try_local (office);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (engine_office_get_accounts (office))),
                    ==, 2);
  EngineAccount *ann = account_at (office, 0);
  EngineAccount *bob = account_at (office, 1);
  g_assert_cmpstr (engine_account_get_values (ann)->address, ==, "ann@postroom.test");
  send_letter (office, ann, bob, attachment);
  fetch (office, bob, 1);
  fetch (office, bob, 0);
  fetch (office, ann, 0);

  g_autoptr (MessageLetter) letter = read_only_letter (office);
  g_assert_cmpstr (message_letter_get_subject (letter), ==, "Grüße");
  g_assert_nonnull (strstr (message_letter_get_html (letter), "<b>Bob</b>"));
  GPtrArray *parts = message_letter_get_attachments (letter);
  g_assert_cmpuint (parts->len, ==, 1);
  g_assert_cmpstr (message_part_get_file_name (g_ptr_array_index (parts, 0)), ==, "Füße.bin");
  g_assert_true (g_bytes_equal (message_part_get_bytes (g_ptr_array_index (parts, 0)), attachment));
  g_assert_true (journal_has (office, "TLS"));

  /* Again: what is there is used. */
  try_local (office);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (engine_office_get_accounts (office))),
                    ==, 2);
}

/* No password and no other secret is in the journal. */
static void
test_secrets_stay (Fixture *fixture, gconstpointer data)
{
  EngineOffice *office = fixture->office;
  g_autofree char *path = g_build_filename (fixture->directory, "secrets.ini", NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GBytes) attachment = g_bytes_new_static ("x", 1);

  start_server (office);
  try_local (office);
  send_letter (office, account_at (office, 0), account_at (office, 1), attachment);
  fetch (office, account_at (office, 1), 1);
  g_assert_true (g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL));
  g_auto (GStrv) keys = g_key_file_get_keys (file, "passwords", NULL, NULL);
  g_assert_cmpuint (g_strv_length (keys), ==, 2);
  for (guint i = 0; keys[i] != NULL; i++)
    {
      g_autofree char *encoded = g_key_file_get_string (file, "passwords", keys[i], NULL);
      gsize length = 0;
      g_autofree char *decoded = (char *) g_base64_decode (encoded, &length);
      g_autofree char *password = g_strndup (decoded, length);
      g_assert_cmpuint (length, >=, 12);
      g_assert_false (journal_has (office, password));
      g_assert_false (journal_has (office, encoded));
    }
}

/* A second program on the same folder reaches the server of the first by what it left there. */
static void
test_other_program (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) attachment = g_bytes_new_static ("x", 1);
  g_autoptr (GError) error = NULL;

  start_server (fixture->office);
  try_local (fixture->office);
  EngineOffice *other = engine_office_open (fixture->directory, &error);
  g_assert_no_error (error);
  g_assert_false (engine_server_is_running (engine_office_get_server (other)));
  send_letter (other, account_at (other, 0), account_at (other, 1), attachment);
  fetch (other, account_at (other, 1), 1);
  shut_down (other);
  g_object_unref (other);
}

/* A local account without its authority's word is refused: verification is never off. */
static void
test_foreign_authority (Fixture *fixture, gconstpointer data)
{
  EngineAccounts *accounts = engine_office_get_accounts (fixture->office);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  start_server (fixture->office);
  try_local (fixture->office);
  g_autoptr (StoreAccount) values
      = store_account_copy (engine_account_get_values (account_at (fixture->office, 0)));
  values->local = FALSE;
  engine_accounts_check_async (accounts, values, NULL, NULL, desk_got, &result);
  g_assert_false (engine_accounts_check_finish (accounts, desk_wait (&result), &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_CERTIFICATE);
}

static gboolean
has_letter (gpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  EngineLetters *letters = engine_office_get_letters (data);
  StoreCounts counts = { 0 };

  engine_letters_count_async (letters, NULL, desk_got, &result);
  engine_letters_count_finish (letters, desk_wait (&result), &counts, NULL);
  return counts.total[STORE_FOLDER_INBOX] > 0;
}

/* What the local server takes in appears by itself. */
static void
test_by_itself (Fixture *fixture, gconstpointer data)
{
  EngineOffice *office = fixture->office;
  g_autoptr (GBytes) attachment = g_bytes_new_static ("x", 1);

  start_server (office);
  try_local (office);
  engine_office_start (office);
  send_letter (office, account_at (office, 0), account_at (office, 1), attachment);
  desk_wait_until (has_letter, office);
}

static void
test_unwritable (void)
{
  g_autofree char *directory = g_dir_make_tmp ("postroom-office-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (directory, "file", NULL);
  g_autofree char *below = g_build_filename (file, "data", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_assert_null (engine_office_open (below, &error));
  g_assert_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE);
  g_assert_nonnull (strstr (error->message, below));
  remove_tree (directory);
}

int
main (int argc, char **argv)
{
  desk_init (&argc, &argv);
  g_test_add ("/engine/office/round-trip", Fixture, NULL, open_office, test_round_trip,
              close_office);
  g_test_add ("/engine/office/secrets-stay", Fixture, NULL, open_office, test_secrets_stay,
              close_office);
  g_test_add ("/engine/office/other-program", Fixture, NULL, open_office, test_other_program,
              close_office);
  g_test_add ("/engine/office/foreign-authority", Fixture, NULL, open_office,
              test_foreign_authority, close_office);
  g_test_add ("/engine/office/by-itself", Fixture, NULL, open_office, test_by_itself, close_office);
  g_test_add_func ("/engine/office/unwritable", test_unwritable);
  return g_test_run ();
}
