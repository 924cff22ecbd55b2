/* SPDX-License-Identifier: MIT */
#include "store-fixture.h"

#include <string.h>
#include <unistd.h>

static StoreCabinet *
open_cabinet (const char *folder)
{
  g_autoptr (GError) error = NULL;
  StoreCabinet *cabinet = store_cabinet_open (folder, &error);

  g_assert_no_error (error);
  return cabinet;
}

static void
close_cabinet (StoreCabinet **cabinet)
{
  store_cabinet_close (*cabinet);
  g_clear_object (cabinet);
}

static gint64
add_to_outbox (StoreCabinet *cabinet)
{
  g_autofree char *text = store_fixture_make_letter ("leaving");
  StoreOutboxEntry *envelope = store_outbox_entry_new ();
  const StoreAdd how = { .folder = STORE_FOLDER_OUTBOX, .seen = TRUE, .envelope = envelope };
  g_autoptr (GError) error = NULL;

  envelope->account = 7;
  envelope->next_try = 1234;
  g_free (envelope->reverse_path);
  envelope->reverse_path = g_strdup ("ann@example.org");
  g_ptr_array_add (envelope->recipients, store_recipient_new ("bert@example.org"));
  g_ptr_array_add (envelope->recipients, store_recipient_new ("carl@example.org"));
  gint64 id = store_fixture_add (cabinet, text, &how, &error);
  g_assert_no_error (error);
  store_outbox_entry_free (envelope);
  return id;
}

static GPtrArray *
read_outbox (StoreCabinet *cabinet)
{
  g_autoptr (StoreWait) wait = store_wait_new ();
  g_autoptr (GError) error = NULL;

  store_cabinet_outbox_async (cabinet, NULL, store_wait_ready, wait);
  GPtrArray *entries = store_cabinet_outbox_finish (cabinet, store_wait_get (wait), &error);
  g_assert_no_error (error);
  return entries;
}

static StoreOutboxState
get_state (StoreCabinet *cabinet)
{
  g_autoptr (GPtrArray) entries = read_outbox (cabinet);

  g_assert_cmpuint (entries->len, ==, 1);
  return ((StoreOutboxEntry *) g_ptr_array_index (entries, 0))->state;
}

static gboolean
claim (StoreCabinet *cabinet, gint64 id, GError **error)
{
  g_autoptr (StoreWait) wait = store_wait_new ();

  store_cabinet_claim_async (cabinet, id, NULL, store_wait_ready, wait);
  return store_cabinet_finish (cabinet, store_wait_get (wait), error);
}

static gboolean
update (StoreCabinet *cabinet, const StoreOutboxEntry *entry, GError **error)
{
  g_autoptr (StoreWait) wait = store_wait_new ();

  store_cabinet_update_outbox_async (cabinet, entry, NULL, store_wait_ready, wait);
  return store_cabinet_finish (cabinet, store_wait_get (wait), error);
}

static gboolean
move (StoreCabinet *cabinet, gint64 id, GError **error)
{
  g_autoptr (StoreWait) wait = store_wait_new ();

  store_cabinet_move_async (cabinet, &id, 1, STORE_FOLDER_DRAFTS, NULL, store_wait_ready, wait);
  return store_cabinet_finish (cabinet, store_wait_get (wait), error);
}

static void
test_life (void)
{
  g_autofree char *folder = store_fixture_make_folder ();
  StoreCabinet *cabinet = open_cabinet (folder);
  gint64 id = add_to_outbox (cabinet);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) entries = read_outbox (cabinet);
  StoreOutboxEntry *entry = g_ptr_array_index (entries, 0);
  StoreRecipient *second = g_ptr_array_index (entry->recipients, 1);

  g_assert_cmpint (entry->letter, ==, id);
  g_assert_cmpint (entry->account, ==, 7);
  g_assert_cmpint (entry->state, ==, STORE_OUTBOX_WAITING);
  g_assert_cmpint (entry->next_try, ==, 1234);
  g_assert_cmpstr (entry->reverse_path, ==, "ann@example.org");
  g_assert_cmpuint (entry->recipients->len, ==, 2);
  g_assert_cmpstr (second->address, ==, "carl@example.org");

  g_assert_true (claim (cabinet, id, &error));
  entry->state = STORE_OUTBOX_FAILED;
  entry->attempts = 3;
  entry->last_error = g_strdup ("No");
  second->state = STORE_RECIPIENT_REFUSED;
  second->reply = g_strdup ("550 No such mailbox");
  g_assert_true (update (cabinet, entry, &error));
  g_autoptr (GPtrArray) after = read_outbox (cabinet);
  entry = g_ptr_array_index (after, 0);
  second = g_ptr_array_index (entry->recipients, 1);
  g_assert_cmpint (entry->state, ==, STORE_OUTBOX_FAILED);
  g_assert_cmpuint (entry->attempts, ==, 3);
  g_assert_cmpstr (entry->last_error, ==, "No");
  g_assert_cmpint (second->state, ==, STORE_RECIPIENT_REFUSED);
  g_assert_cmpstr (second->reply, ==, "550 No such mailbox");
  /* What has failed waits no more. */
  g_assert_false (claim (cabinet, id, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_BUSY);
  g_clear_error (&error);

  /* Moved out of the outbox it loses its envelope. */
  g_assert_true (move (cabinet, id, &error));
  g_autoptr (GPtrArray) none = read_outbox (cabinet);
  g_assert_cmpuint (none->len, ==, 0);
  g_assert_false (update (cabinet, entry, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  g_autofree char *text = store_fixture_read (cabinet, id, NULL);
  g_assert_nonnull (text);
  close_cabinet (&cabinet);
  store_fixture_remove_folder (folder);
}

static void
test_sent (void)
{
  g_autofree char *folder = store_fixture_make_folder ();
  g_autofree char *sent = g_build_filename (folder, "mail", "Sent", NULL);
  g_autofree char *outbox = g_build_filename (folder, "mail", "Outbox", NULL);
  StoreCabinet *cabinet = open_cabinet (folder);
  gint64 id = add_to_outbox (cabinet);
  g_autoptr (StoreWait) wait = store_wait_new ();
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (store_fixture_count_files (outbox, ".eml"), ==, 1);
  g_assert_true (claim (cabinet, id, &error));
  /* In hand it can neither be moved nor deleted. */
  g_assert_false (move (cabinet, id, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_BUSY);
  g_clear_error (&error);
  store_cabinet_sent_async (cabinet, id, NULL, store_wait_ready, wait);
  g_assert_true (store_cabinet_finish (cabinet, store_wait_get (wait), &error));
  g_assert_no_error (error);
  g_autoptr (GPtrArray) none = read_outbox (cabinet);
  g_autoptr (GArray) ids = store_fixture_list (cabinet, STORE_FOLDER_SENT);
  g_assert_cmpuint (none->len, ==, 0);
  g_assert_cmpuint (ids->len, ==, 1);
  g_assert_cmpuint (store_fixture_count_files (outbox, ".eml"), ==, 0);
  g_assert_cmpuint (store_fixture_count_files (sent, ".eml"), ==, 1);
  close_cabinet (&cabinet);
  store_fixture_remove_folder (folder);
}

static void
test_two_claims (void)
{
  g_autofree char *folder = store_fixture_make_folder ();
  StoreCabinet *one = open_cabinet (folder);
  StoreCabinet *two = open_cabinet (folder);
  gint64 id = add_to_outbox (one);
  g_autoptr (StoreWait) first = store_wait_new ();
  g_autoptr (StoreWait) second = store_wait_new ();
  g_autoptr (GError) error = NULL;

  store_cabinet_claim_async (one, id, NULL, store_wait_ready, first);
  store_cabinet_claim_async (two, id, NULL, store_wait_ready, second);
  gboolean got_one = store_cabinet_finish (one, store_wait_get (first), &error);
  gboolean got_two
      = store_cabinet_finish (two, store_wait_get (second), error == NULL ? &error : NULL);
  g_assert_cmpint (got_one + got_two, ==, 1);
  g_assert_error (error, STORE_ERROR, STORE_ERROR_BUSY);

  /* A third opens it: who has it lives, so it stays. */
  StoreCabinet *three = open_cabinet (folder);
  g_assert_cmpint (get_state (three), ==, STORE_OUTBOX_SENDING);
  close_cabinet (&three);
  close_cabinet (&one);
  close_cabinet (&two);
  store_fixture_remove_folder (folder);
}

/* The other process: claims the letter, may write that it is in doubt, and dies. */
static int
claim_and_die (const char *folder, gint64 id, gboolean in_doubt)
{
  StoreCabinet *cabinet = open_cabinet (folder);

  if (!claim (cabinet, id, NULL))
    return 1;
  g_autoptr (GPtrArray) entries = read_outbox (cabinet);
  StoreOutboxEntry *entry = g_ptr_array_index (entries, 0);
  entry->state = STORE_OUTBOX_IN_DOUBT;
  if (in_doubt && !update (cabinet, entry, NULL))
    return 1;
  _exit (0);
}

static const char *program;

static void
run_other (const char *folder, gint64 id, gboolean in_doubt)
{
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, id);
  const char *arguments[]
      = { program, "--claim", folder, number, in_doubt ? "in-doubt" : "", NULL };
  g_autoptr (GError) error = NULL;
  int status = 0;

  g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status,
                &error);
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, &error));
  g_assert_no_error (error);
}

static void
test_dead_owner (void)
{
  g_autofree char *folder = store_fixture_make_folder ();
  StoreCabinet *cabinet = open_cabinet (folder);
  gint64 id = add_to_outbox (cabinet);

  close_cabinet (&cabinet);
  run_other (folder, id, FALSE);
  cabinet = open_cabinet (folder);
  g_assert_cmpint (get_state (cabinet), ==, STORE_OUTBOX_WAITING);
  close_cabinet (&cabinet);
  run_other (folder, id, TRUE);
  cabinet = open_cabinet (folder);
  g_assert_cmpint (get_state (cabinet), ==, STORE_OUTBOX_IN_DOUBT);
  g_autoptr (GError) error = NULL;
  g_assert_false (claim (cabinet, id, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_BUSY);
  close_cabinet (&cabinet);
  store_fixture_remove_folder (folder);
}

int
main (int argc, char *argv[])
{
  if (argc == 5 && strcmp (argv[1], "--claim") == 0)
    return claim_and_die (argv[2], g_ascii_strtoll (argv[3], NULL, 10), *argv[4] != '\0');
  program = argv[0];
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/outbox/dead-owner", test_dead_owner);
  g_test_add_func ("/store/outbox/life", test_life);
  g_test_add_func ("/store/outbox/sent", test_sent);
  g_test_add_func ("/store/outbox/two-claims", test_two_claims);
  return g_test_run ();
}
