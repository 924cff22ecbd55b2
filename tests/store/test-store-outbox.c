/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static gint64
add_outgoing (StoreCabinet *cabinet)
{
  g_autoptr (StoreOutboxEntry) envelope = store_outbox_entry_new ();
  g_autoptr (GError) error = NULL;

  envelope->account = 1;
  envelope->next_try = 1000;
  envelope->reverse_path = g_strdup ("anna@example.org");
  g_ptr_array_add (envelope->recipients, store_recipient_new ("ben@example.org"));
  g_ptr_array_add (envelope->recipients, store_recipient_new ("carl@example.org"));
  StoreAdd add = { .folder = STORE_FOLDER_OUTBOX, .seen = TRUE, .envelope = envelope };
  gint64 id = shelf_try_add (cabinet, "Subject: out\r\n\r\nb", &add, &error);
  g_assert_no_error (error);
  return id;
}

static GPtrArray *
get_outbox (StoreCabinet *cabinet)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  store_cabinet_outbox_async (cabinet, NULL, shelf_got, &result);
  GPtrArray *entries = store_cabinet_outbox_finish (cabinet, shelf_wait (&result), &error);
  g_assert_no_error (error);
  return entries;
}

/* Of the one letter in the outbox. */
static StoreOutboxEntry *
get_entry (StoreCabinet *cabinet)
{
  g_autoptr (GPtrArray) entries = get_outbox (cabinet);

  g_assert_cmpuint (entries->len, ==, 1);
  return store_outbox_entry_copy (g_ptr_array_index (entries, 0));
}

static void
check_state (StoreCabinet *cabinet, StoreOutboxState state)
{
  g_autoptr (StoreOutboxEntry) entry = get_entry (cabinet);

  g_assert_cmpint (entry->state, ==, state);
}

static gboolean
claim (StoreCabinet *cabinet, gint64 id, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  store_cabinet_claim_async (cabinet, id, NULL, shelf_got, &result);
  return store_cabinet_finish (cabinet, shelf_wait (&result), error);
}

static gboolean
update (StoreCabinet *cabinet, const StoreOutboxEntry *entry, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  store_cabinet_update_outbox_async (cabinet, entry, NULL, shelf_got, &result);
  return store_cabinet_finish (cabinet, shelf_wait (&result), error);
}

static gboolean
say_sent (StoreCabinet *cabinet, gint64 id, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  store_cabinet_sent_async (cabinet, id, NULL, shelf_got, &result);
  return store_cabinet_finish (cabinet, shelf_wait (&result), error);
}

static void
test_envelope (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autoptr (GError) error = NULL;
  gint64 id = add_outgoing (cabinet);
  g_autoptr (StoreOutboxEntry) entry = get_entry (cabinet);

  g_assert_cmpint (entry->letter, ==, id);
  g_assert_cmpint (entry->state, ==, STORE_OUTBOX_WAITING);
  g_assert_cmpint (entry->next_try, ==, 1000);
  g_assert_cmpstr (entry->reverse_path, ==, "anna@example.org");
  g_assert_cmpuint (entry->recipients->len, ==, 2);

  StoreRecipient *second = g_ptr_array_index (entry->recipients, 1);
  entry->state = STORE_OUTBOX_FAILED;
  entry->attempts = 3;
  entry->next_try = 2000;
  entry->last_error = g_strdup ("refused");
  second->state = STORE_RECIPIENT_REFUSED;
  second->reply = g_strdup ("550 no");
  g_assert_true (update (cabinet, entry, &error));
  store_cabinet_close (cabinet);

  g_autoptr (StoreCabinet) again = shelf_open (root);
  g_autoptr (StoreOutboxEntry) kept = get_entry (again);
  const StoreRecipient *ben = g_ptr_array_index (kept->recipients, 0);
  const StoreRecipient *carl = g_ptr_array_index (kept->recipients, 1);
  g_assert_cmpint (kept->state, ==, STORE_OUTBOX_FAILED);
  g_assert_cmpuint (kept->attempts, ==, 3);
  g_assert_cmpint (kept->next_try, ==, 2000);
  g_assert_cmpstr (kept->last_error, ==, "refused");
  g_assert_cmpint (ben->state, ==, STORE_RECIPIENT_PENDING);
  g_assert_cmpstr (carl->address, ==, "carl@example.org");
  g_assert_cmpint (carl->state, ==, STORE_RECIPIENT_REFUSED);
  g_assert_cmpstr (carl->reply, ==, "550 no");
  store_cabinet_close (again);
  shelf_remove (root);
}

static void
test_claim (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) first = shelf_open (root);
  g_autoptr (StoreCabinet) second = shelf_open (root);
  g_autoptr (GError) error = NULL;
  gint64 id = add_outgoing (first);

  g_assert_true (claim (first, id, &error));
  g_assert_false (claim (second, id, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_BUSY);
  g_clear_error (&error);
  g_assert_false (claim (first, id, NULL));
  g_assert_false (shelf_move (second, id, STORE_FOLDER_DRAFTS, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_BUSY);
  g_clear_error (&error);

  /* Who opens the cabinet beside a living owner leaves it what it has in hand. */
  g_autoptr (StoreCabinet) third = shelf_open (root);
  check_state (third, STORE_OUTBOX_SENDING);
  store_cabinet_close (third);
  store_cabinet_close (first);
  g_autoptr (StoreCabinet) fourth = shelf_open (root);
  check_state (fourth, STORE_OUTBOX_WAITING);
  g_assert_true (claim (second, id, &error));
  store_cabinet_close (fourth);
  store_cabinet_close (second);
  shelf_remove (root);
}

static void
test_sent (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autoptr (GError) error = NULL;
  gint64 id = add_outgoing (cabinet);
  g_autoptr (StoreOutboxEntry) entry = get_entry (cabinet);

  g_assert_true (claim (cabinet, id, &error));
  g_assert_true (say_sent (cabinet, id, &error));
  g_autoptr (GPtrArray) entries = get_outbox (cabinet);
  g_autoptr (StoreLetter) letter = shelf_load (cabinet, id);
  g_assert_cmpuint (entries->len, ==, 0);
  g_assert_cmpint (letter->folder, ==, STORE_FOLDER_SENT);
  g_autofree char *text = shelf_read_file (letter->path);
  g_assert_cmpstr (text, ==, "Subject: out\r\n\r\nb");
  g_assert_false (update (cabinet, entry, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (say_sent (cabinet, 4711, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  store_cabinet_close (cabinet);
  shelf_remove (root);
}

static void
test_move_out (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  gint64 id = add_outgoing (cabinet);

  g_assert_true (shelf_move (cabinet, id, STORE_FOLDER_DRAFTS, NULL));
  g_autoptr (GPtrArray) entries = get_outbox (cabinet);
  g_assert_cmpuint (entries->len, ==, 0);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_DRAFTS), ==, 1);
  g_assert_false (claim (cabinet, id, NULL));
  store_cabinet_close (cabinet);
  shelf_remove (root);
}

/* "sending" or "in-doubt": gets the letter of that id there, and waits to be killed. */
static int
take_in_hand (char **argv)
{
  g_autoptr (StoreCabinet) cabinet = shelf_open (argv[1]);
  g_autoptr (StoreOutboxEntry) entry = get_entry (cabinet);

  if (!claim (cabinet, entry->letter, NULL))
    return 1;
  entry->state = STORE_OUTBOX_IN_DOUBT;
  if (g_str_equal (argv[0], "in-doubt") && !update (cabinet, entry, NULL))
    return 1;
  puts ("ready");
  fflush (stdout);
  pause ();
  return 0;
}

static void
check_after_death (const char *kind, StoreOutboxState state)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  gint64 id = add_outgoing (cabinet);
  g_autoptr (ShelfProcess) process = shelf_process_start (kind, root, NULL);
  g_autofree char *ready = shelf_process_read_line (process);

  g_assert_cmpstr (ready, ==, "ready");
  g_assert_false (claim (cabinet, id, NULL));
  store_cabinet_close (cabinet);
  shelf_process_kill (process);
  g_autoptr (StoreCabinet) again = shelf_open (root);
  check_state (again, state);
  g_assert_true (claim (again, id, NULL) == (state == STORE_OUTBOX_WAITING));
  store_cabinet_close (again);
  shelf_remove (root);
}

static void
test_dead_owner (void)
{
  check_after_death ("sending", STORE_OUTBOX_WAITING);
}

static void
test_in_doubt (void)
{
  check_after_death ("in-doubt", STORE_OUTBOX_IN_DOUBT);
}

int
main (int argc, char **argv)
{
  shelf_init (&argc, &argv, take_in_hand);
  g_test_add_func ("/store/outbox/envelope", test_envelope);
  g_test_add_func ("/store/outbox/claim", test_claim);
  g_test_add_func ("/store/outbox/sent", test_sent);
  g_test_add_func ("/store/outbox/move-out", test_move_out);
  g_test_add_func ("/store/outbox/dead-owner", test_dead_owner);
  g_test_add_func ("/store/outbox/in-doubt", test_in_doubt);
  return g_test_run ();
}
