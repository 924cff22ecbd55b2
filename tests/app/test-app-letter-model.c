/* SPDX-License-Identifier: MIT */

/* The list of a folder against a real office: lazy rows, small changes, a selection that stays. */

#include <app-letter-model.h>
#include <glib/gstdio.h>
#include <gtk/gtk.h>

#define N_LETTERS 150

typedef struct
{
  char *directory;
  EngineOffice *office;
  EngineLetters *letters;
  AppLetterModel *model;
  guint pending; /* answers to come */
  guint changes; /* items-changed signals, and what they said */
  guint removed;
  guint added;
} Fixture;

static void
wait_for (Fixture *fixture)
{
  while (fixture->pending > 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
wait_for_items (Fixture *fixture, guint n_items)
{
  while (g_list_model_get_n_items (G_LIST_MODEL (fixture->model)) != n_items)
    g_main_context_iteration (NULL, TRUE);
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (engine_letters_save_draft_finish (ENGINE_LETTERS (source), result, &error), >,
                   0);
  g_assert_no_error (error);
  fixture->pending--;
}

static void
add_letter (Fixture *fixture, guint number)
{
  g_autoptr (MessageBuilder) builder = message_builder_new ();
  g_autofree char *subject = g_strdup_printf ("Letter %u", number);

  message_builder_set_subject (builder, subject);
  message_builder_set_text (builder, "Hello");
  fixture->pending++;
  engine_letters_save_draft_async (fixture->letters, 0, builder, 0, NULL, on_saved, fixture);
  wait_for (fixture);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GError) error = NULL;

  engine_letters_finish (ENGINE_LETTERS (source), result, &error);
  g_assert_no_error (error);
  fixture->pending--;
}

static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, Fixture *fixture)
{
  fixture->changes++;
  fixture->removed += removed;
  fixture->added += added;
}

static void
on_shut_down (GObject *source, GAsyncResult *result, gpointer user_data)
{
  engine_office_shut_down_finish (ENGINE_OFFICE (source), result);
  ((Fixture *) user_data)->pending--;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->directory = g_dir_make_tmp ("postroom-test-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->office = engine_office_open (fixture->directory, &error);
  g_assert_no_error (error);
  fixture->letters = engine_office_get_letters (fixture->office);
  for (guint i = 0; i < N_LETTERS; i++)
    add_letter (fixture, i);
  fixture->model = app_letter_model_new (fixture->office, STORE_FOLDER_DRAFTS);
  wait_for_items (fixture, N_LETTERS);
  g_signal_connect (fixture->model, "items-changed", G_CALLBACK (on_items_changed), fixture);
}

static void
remove_tree (GFile *file)
{
  g_autoptr (GFileEnumerator) children
      = g_file_enumerate_children (file, "standard::name", G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS,
                                   NULL, NULL);
  GFile *child;

  while (children && g_file_enumerator_iterate (children, NULL, &child, NULL, NULL) && child)
    remove_tree (child);
  g_file_delete (file, NULL, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GFile) directory = g_file_new_for_path (fixture->directory);

  /* A question on its way holds the model; without one nobody does. */
  g_object_add_weak_pointer (G_OBJECT (fixture->model), (gpointer *) &fixture->model);
  g_object_unref (fixture->model);
  while (fixture->model)
    g_main_context_iteration (NULL, TRUE);
  fixture->pending++;
  engine_office_shut_down_async (fixture->office, on_shut_down, fixture);
  wait_for (fixture);
  g_clear_object (&fixture->office);
  remove_tree (directory);
  g_free (fixture->directory);
}

static AppLetterItem *
load_item (Fixture *fixture, guint position)
{
  AppLetterItem *item = g_list_model_get_item (G_LIST_MODEL (fixture->model), position);

  while (!app_letter_item_get_letter (item))
    g_main_context_iteration (NULL, TRUE);
  return item;
}

static void
move (Fixture *fixture, const gint64 *ids, gsize n_ids, StoreFolder folder)
{
  fixture->pending++;
  engine_letters_move_async (fixture->letters, ids, n_ids, folder, NULL, on_done, fixture);
  wait_for (fixture);
}

/* Newest first; an item is the same one as long as somebody holds it. */
static void
test_rows (Fixture *fixture, gconstpointer data)
{
  g_autoptr (AppLetterItem) first = load_item (fixture, 0);
  g_autoptr (AppLetterItem) last = load_item (fixture, N_LETTERS - 1);
  g_autoptr (AppLetterItem) again = g_list_model_get_item (G_LIST_MODEL (fixture->model), 0);
  g_autofree char *subject = NULL;

  g_object_get (first, "subject", &subject, NULL);
  g_assert_cmpstr (subject, ==, "Letter 149");
  g_assert_cmpstr (app_letter_item_get_letter (last)->subject, ==, "Letter 0");
  g_assert_true (first == again);
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (fixture->model), N_LETTERS));
  g_assert_cmpuint (app_letter_model_find (fixture->model, app_letter_item_get_id (last)), ==,
                    N_LETTERS - 1);
  g_assert_cmpuint (app_letter_model_find (fixture->model, -1), ==, G_MAXUINT);
}

/* Three letters go from three places: three small changes, and the selection moves along. */
static void
test_removal (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GtkMultiSelection) selection
      = gtk_multi_selection_new (G_LIST_MODEL (g_object_ref (fixture->model)));
  GtkSelectionModel *selected = GTK_SELECTION_MODEL (selection);
  gint64 kept = app_letter_model_get_id (fixture->model, 5);
  const gint64 gone[]
      = { app_letter_model_get_id (fixture->model, 2), app_letter_model_get_id (fixture->model, 9),
          app_letter_model_get_id (fixture->model, 100) };

  gtk_selection_model_select_item (selected, 5, TRUE);
  move (fixture, gone, G_N_ELEMENTS (gone), STORE_FOLDER_TRASH);
  wait_for_items (fixture, N_LETTERS - 3);
  g_assert_cmpuint (fixture->changes, ==, 3);
  g_assert_cmpuint (fixture->removed, ==, 3);
  g_assert_cmpuint (fixture->added, ==, 0);
  g_assert_cmpint (app_letter_model_get_id (fixture->model, 4), ==, kept);
  g_assert_true (gtk_selection_model_is_selected (selected, 4));

  /* And back to where they were. */
  move (fixture, gone, G_N_ELEMENTS (gone), STORE_FOLDER_DRAFTS);
  wait_for_items (fixture, N_LETTERS);
  g_assert_cmpuint (fixture->removed, ==, 3);
  g_assert_cmpuint (fixture->added, ==, 3);
  g_assert_cmpint (app_letter_model_get_id (fixture->model, 100), ==, gone[2]);
  g_assert_true (gtk_selection_model_is_selected (selected, 5));
}

static void
on_notify (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  (*(guint *) user_data)++;
}

/* A flag changes the row and not the list. */
static void
test_flag (Fixture *fixture, gconstpointer data)
{
  g_autoptr (AppLetterItem) item = load_item (fixture, 3);
  gint64 id = app_letter_item_get_id (item);
  gboolean unread = FALSE;
  guint notified = 0;

  g_object_get (item, "unread", &unread, NULL);
  g_signal_connect (item, "notify::unread", G_CALLBACK (on_notify), &notified);
  fixture->pending++;
  engine_letters_set_flag_async (fixture->letters, &id, 1, ENGINE_FLAG_SEEN, unread, NULL, on_done,
                                 fixture);
  while (notified == 0)
    g_main_context_iteration (NULL, TRUE);
  wait_for (fixture);
  g_assert_cmpint (app_letter_item_get_letter (item)->seen, ==, unread);
  g_assert_cmpuint (fixture->changes, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function)                                                                        \
  g_test_add ("/app/letter-model/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("rows", test_rows);
  ADD ("removal", test_removal);
  ADD ("flag", test_flag);
  return g_test_run ();
}
