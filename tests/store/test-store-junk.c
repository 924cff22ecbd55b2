/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <base-clock.h>
#include <glib/gstdio.h>
#include <store-junk.h>

static StoreLesson *
make_lesson (gint64 letter, gint64 digest, guint64 first, guint64 last)
{
  StoreLesson *lesson = store_lesson_new (letter, digest);

  for (guint64 token = first; token <= last; token++)
    g_array_append_val (lesson->tokens, token);
  return lesson;
}

/* Takes @lesson. */
static void
learn (StoreCabinet *cabinet, StoreLesson *lesson, StoreSorted sorted, int folder)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *lessons = g_ptr_array_new_with_free_func ((GDestroyNotify) store_lesson_free);

  g_ptr_array_add (lessons, lesson);
  store_junk_learn_async (cabinet, lessons, sorted, folder, NULL, shelf_got, &result);
  store_cabinet_finish (cabinet, shelf_wait (&result), &error);
  g_assert_no_error (error);
}

static void
check (StoreCabinet *cabinet, guint64 token, guint junk, guint good, guint all_junk, guint all_good)
{
  StoreTokenCount count, letters;
  g_autoptr (GError) error = NULL;

  store_junk_look_up (cabinet, &token, 1, &count, &letters, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (letters.junk, ==, all_junk);
  g_assert_cmpuint (letters.good, ==, all_good);
  if (all_junk + all_good == 0)
    return;
  g_assert_cmpuint (count.junk, ==, junk);
  g_assert_cmpuint (count.good, ==, good);
}

static void
close_cabinet (StoreCabinet *cabinet)
{
  store_cabinet_close (cabinet);
  g_object_unref (cabinet);
}

static void
test_learn (void)
{
  g_autofree char *root = shelf_make_folder ();
  StoreCabinet *cabinet = shelf_open (root);

  check (cabinet, 1, 0, 0, 0, 0);
  learn (cabinet, make_lesson (0, 10, 1, 3), STORE_SORTED_JUNK, -1);
  learn (cabinet, make_lesson (0, 11, 3, 5), STORE_SORTED_GOOD, -1);
  check (cabinet, 3, 1, 1, 1, 1);
  check (cabinet, 1, 1, 0, 1, 1);
  check (cabinet, G_MAXUINT64, 0, 0, 1, 1);
  g_assert_cmpint (store_junk_find_lesson (cabinet, 10), ==, STORE_SORTED_JUNK);
  g_assert_cmpint (store_junk_find_lesson (cabinet, 12), ==, STORE_SORTED_NOT);

  /* Once is enough, and a change of mind takes back what was learned. */
  learn (cabinet, make_lesson (0, 10, 1, 3), STORE_SORTED_JUNK, -1);
  check (cabinet, 1, 1, 0, 1, 1);
  learn (cabinet, make_lesson (0, 10, 1, 3), STORE_SORTED_GOOD, -1);
  check (cabinet, 1, 0, 1, 0, 2);
  learn (cabinet, make_lesson (0, 10, 1, 3), STORE_SORTED_NOT, -1);
  check (cabinet, 1, 0, 0, 0, 1);
  check (cabinet, 3, 0, 1, 0, 1);

  close_cabinet (cabinet);
  cabinet = shelf_open (root);
  check (cabinet, 3, 0, 1, 0, 1);
  close_cabinet (cabinet);
  shelf_remove (root);
}

static void
test_learn_moves (void)
{
  g_autofree char *root = shelf_make_folder ();
  StoreCabinet *cabinet = shelf_open (root);
  g_autofree char *text = shelf_letter ("Pills", "Mon, 02 Nov 2026 10:00:00 +0000", "buy");
  gint64 id = shelf_add (cabinet, STORE_FOLDER_INBOX, text);

  learn (cabinet, make_lesson (id, 10, 1, 3), STORE_SORTED_JUNK, STORE_FOLDER_JUNK);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_INBOX), ==, 0);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_JUNK), ==, 1);
  g_autofree char *junk = g_build_filename (root, "mail", "Junk", NULL);
  g_assert_cmpuint (shelf_count_files (junk, ".eml"), ==, 1);
  check (cabinet, 1, 1, 0, 1, 0);

  /* A letter that is gone is learned all the same. */
  shelf_delete (cabinet, id);
  learn (cabinet, make_lesson (id, 11, 1, 3), STORE_SORTED_JUNK, STORE_FOLDER_JUNK);
  check (cabinet, 1, 2, 0, 2, 0);
  close_cabinet (cabinet);
  shelf_remove (root);
}

/* Words seen once and long ago make room. */
static void
test_bounded (void)
{
  g_autofree char *root = shelf_make_folder ();
  StoreCabinet *cabinet = shelf_open (root);

  store_junk_set_max_tokens (200);
  for (guint i = 0; i < 60; i++)
    {
      StoreLesson *lesson = make_lesson (0, i, 1, 2);
      for (guint64 token = 1000 + i * 10; token < 1010 + i * 10; token++)
        g_array_append_val (lesson->tokens, token);
      learn (cabinet, lesson, STORE_SORTED_JUNK, -1);
      base_clock_advance (24 * 60 * 60 * G_TIME_SPAN_SECOND);
    }
  check (cabinet, 1, 60, 0, 60, 0);
  check (cabinet, 1000, 0, 0, 60, 0);
  check (cabinet, 1599, 1, 0, 60, 0);
  store_junk_set_max_tokens (500000);
  close_cabinet (cabinet);
  shelf_remove (root);
}

static void
test_forget (void)
{
  g_autofree char *root = shelf_make_folder ();
  StoreCabinet *cabinet = shelf_open (root);
  g_autoptr (GAsyncResult) result = NULL;

  learn (cabinet, make_lesson (0, 10, 1, 3), STORE_SORTED_JUNK, -1);
  store_junk_forget_async (cabinet, NULL, shelf_got, &result);
  g_assert_true (store_cabinet_finish (cabinet, shelf_wait (&result), NULL));
  check (cabinet, 1, 0, 0, 0, 0);
  g_assert_cmpint (store_junk_find_lesson (cabinet, 10), ==, STORE_SORTED_NOT);
  close_cabinet (cabinet);
  shelf_remove (root);
}

static gboolean
set_sender (StoreCabinet *cabinet, const char *address, StoreSender sender, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  store_junk_set_sender_async (cabinet, address, sender, NULL, shelf_got, &result);
  return store_cabinet_finish (cabinet, shelf_wait (&result), error);
}

static void
test_senders (void)
{
  static const char *const wrong[] = { "", "@", "a b@c.example", "a@", "@x..y", "\xff", "a@b." };
  g_autofree char *root = shelf_make_folder ();
  StoreCabinet *cabinet = shelf_open (root);

  g_assert_true (set_sender (cabinet, "@Shop.Example", STORE_SENDER_BLOCKED, NULL));
  g_assert_true (set_sender (cabinet, "ann@mail.shop.example", STORE_SENDER_ALLOWED, NULL));
  g_assert_cmpint (store_junk_find_sender (cabinet, "x@shop.example"), ==, STORE_SENDER_BLOCKED);
  g_assert_cmpint (store_junk_find_sender (cabinet, "x@mail.shop.EXAMPLE"), ==,
                   STORE_SENDER_BLOCKED);
  g_assert_cmpint (store_junk_find_sender (cabinet, "Ann@Mail.Shop.Example"), ==,
                   STORE_SENDER_ALLOWED);
  g_assert_cmpint (store_junk_find_sender (cabinet, "x@workshop.example"), ==,
                   STORE_SENDER_UNKNOWN);
  g_autoptr (GPtrArray) rules = store_junk_dup_senders (cabinet, NULL);
  g_assert_cmpuint (rules->len, ==, 2);
  g_assert_cmpstr (((StoreSenderRule *) rules->pdata[1])->address, ==, "shop.example");

  g_assert_true (set_sender (cabinet, "shop.example", STORE_SENDER_UNKNOWN, NULL));
  g_assert_cmpint (store_junk_find_sender (cabinet, "x@shop.example"), ==, STORE_SENDER_UNKNOWN);
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_false (set_sender (cabinet, wrong[i], STORE_SENDER_BLOCKED, &error));
      g_assert_error (error, STORE_ERROR, STORE_ERROR_INVALID);
    }
  close_cabinet (cabinet);
  shelf_remove (root);
}

static void
sort_to_junk (MessageLetter *letter, StoreFolder *folder, gboolean *seen, gpointer data)
{
  *folder = g_str_equal (message_letter_get_subject (letter), data) ? STORE_FOLDER_JUNK : *folder;
}

static void
test_sorted_as_it_comes (void)
{
  g_autofree char *root = shelf_make_folder ();
  StoreCabinet *cabinet = shelf_open (root);
  const StoreAdd add
      = { .folder = STORE_FOLDER_INBOX, .sort = sort_to_junk, .sort_data = (gpointer) "Pills" };
  g_autofree char *junk = shelf_letter ("Pills", "Mon, 02 Nov 2026 10:00:00 +0000", "buy");
  g_autofree char *good = shelf_letter ("Lunch", "Mon, 02 Nov 2026 10:00:00 +0000", "noon");

  g_assert_cmpint (shelf_try_add (cabinet, junk, &add, NULL), >, 0);
  g_assert_cmpint (shelf_try_add (cabinet, good, &add, NULL), >, 0);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_INBOX), ==, 1);
  g_assert_cmpuint (shelf_count (cabinet, STORE_FOLDER_JUNK), ==, 1);
  close_cabinet (cabinet);
  shelf_remove (root);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/junk/learn", test_learn);
  g_test_add_func ("/store/junk/learn-moves", test_learn_moves);
  g_test_add_func ("/store/junk/bounded", test_bounded);
  g_test_add_func ("/store/junk/forget", test_forget);
  g_test_add_func ("/store/junk/senders", test_senders);
  g_test_add_func ("/store/junk/sorted-as-it-comes", test_sorted_as_it_comes);
  return g_test_run ();
}
