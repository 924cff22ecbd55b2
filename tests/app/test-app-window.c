/* SPDX-License-Identifier: MIT */

/* The real window over a real office, driven by its named actions as a menu or a key would. */

#include <app-application.h>
#include <app-window-private.h>
#include <glib/gstdio.h>

#define N_LETTERS 3

static AppApplication *application;
static char *directory;
static int status;

static gboolean
is_enabled (AppWindow *window, const char *action)
{
  return g_action_group_get_action_enabled (G_ACTION_GROUP (window), action);
}

static void
activate (AppWindow *window, const char *action, GVariant *parameter)
{
  g_assert_true (is_enabled (window, action));
  g_action_group_activate_action (G_ACTION_GROUP (window), action, parameter);
}

static guint
count_letters (AppWindow *window)
{
  return g_list_model_get_n_items (G_LIST_MODEL (app_letter_list_get_model (window->list)));
}

static void
wait_for_count (AppWindow *window, guint count)
{
  while (!app_letter_model_is_loaded (app_letter_list_get_model (window->list))
         || count_letters (window) != count)
    g_main_context_iteration (NULL, TRUE);
}

static void
wait_for_letter (AppWindow *window, const char *subject)
{
  MessageLetter *letter;

  while (!(letter = app_reader_get_letter (window->reader))
         || g_strcmp0 (message_letter_get_subject (letter), subject) != 0)
    g_main_context_iteration (NULL, TRUE);
}

static AppWindow *
open_inbox (void)
{
  AppWindow *window = APP_WINDOW (app_application_present (application));

  app_window_open_folder (window, STORE_FOLDER_INBOX);
  app_letter_list_unselect_all (window->list);
  wait_for_count (window, N_LETTERS);
  return window;
}

/* Without a letter there is nothing to answer, delete or save. */
static void
test_nothing_selected (void)
{
  AppWindow *window = open_inbox ();
  const char *const off[]
      = { "reply", "reply-all", "forward",     "delete",          "move", "mark-read",
          "edit",  "send-now",  "show-source", "save-attachment", "undo" };

  for (guint i = 0; i < G_N_ELEMENTS (off); i++)
    g_assert_false (is_enabled (window, off[i]));
  g_assert_true (is_enabled (window, "add-account"));
  g_assert_cmpstr (gtk_stack_get_visible_child_name (window->pages), ==, "mail");
}

/* A letter on the screen is read, in the list and in the count. */
static void
test_reading (void)
{
  AppWindow *window = open_inbox ();
  g_autoptr (AppLetterItem) item = NULL;
  const StoreLetter *values;

  activate (window, "next", NULL);
  wait_for_letter (window, "Letter 2");
  g_assert_true (is_enabled (window, "reply"));
  g_assert_true (is_enabled (window, "show-source"));
  g_assert_false (is_enabled (window, "edit"));
  g_assert_false (is_enabled (window, "save-attachment"));
  item = app_letter_list_dup_item (window->list);
  while (!(values = app_letter_item_get_letter (item)) || !values->seen)
    g_main_context_iteration (NULL, TRUE);

  activate (window, "mark-unread", NULL);
  while (app_letter_item_get_letter (item)->seen)
    g_main_context_iteration (NULL, TRUE);

  activate (window, "next", NULL);
  wait_for_letter (window, "Letter 1");
  activate (window, "previous", NULL);
  wait_for_letter (window, "Letter 2");
}

/* Delete goes on to the next letter; undo brings the old one back. */
static void
test_delete_and_undo (void)
{
  AppWindow *window = open_inbox ();

  activate (window, "next", NULL);
  wait_for_letter (window, "Letter 2");
  activate (window, "delete", NULL);
  wait_for_count (window, N_LETTERS - 1);
  wait_for_letter (window, "Letter 1");

  activate (window, "open-folder", g_variant_new_string ("Trash"));
  wait_for_count (window, 1);
  while (!is_enabled (window, "undo"))
    g_main_context_iteration (NULL, TRUE);
  activate (window, "undo", NULL);
  wait_for_count (window, 0);
  activate (window, "open-folder", g_variant_new_string ("Inbox"));
  wait_for_count (window, N_LETTERS);
}

/* Several letters at once: none is shown, all are moved. */
static void
test_several (void)
{
  AppWindow *window = open_inbox ();
  GtkSelectionModel *selection = gtk_list_view_get_model (app_letter_list_get_view (window->list));
  g_autoptr (GArray) ids = NULL;

  gtk_selection_model_select_all (selection);
  ids = app_letter_list_dup_selected (window->list);
  g_assert_cmpuint (ids->len, ==, N_LETTERS);
  g_assert_null (app_reader_get_letter (window->reader));
  g_assert_false (is_enabled (window, "reply"));
  activate (window, "move", g_variant_new_string ("Junk"));
  wait_for_count (window, 0);
  while (!is_enabled (window, "undo"))
    g_main_context_iteration (NULL, TRUE);
  activate (window, "undo", NULL);
  wait_for_count (window, N_LETTERS);
}

static void
count_learned (AppWindow *window, guint *junk, guint *good)
{
  g_autoptr (GError) error = NULL;

  engine_junk_count (engine_office_get_junk (window->office), junk, good, &error);
  g_assert_no_error (error);
}

/* What is marked is learned and moved; undo takes both back, and “not junk” learns the contrary. */
static void
test_junk (void)
{
  AppWindow *window = open_inbox ();
  guint junk, good;

  activate (window, "sort-junk", NULL);
  g_assert_false (engine_junk_get_moves (engine_office_get_junk (window->office)));
  activate (window, "sort-junk", NULL);
  g_assert_true (engine_junk_get_moves (engine_office_get_junk (window->office)));

  activate (window, "next", NULL);
  wait_for_letter (window, "Letter 2");
  g_assert_false (is_enabled (window, "not-junk"));
  activate (window, "junk", NULL);
  wait_for_count (window, N_LETTERS - 1);
  while (!is_enabled (window, "undo"))
    g_main_context_iteration (NULL, TRUE);
  count_learned (window, &junk, &good);
  g_assert_cmpuint (junk, ==, 1);
  activate (window, "undo", NULL);
  wait_for_count (window, N_LETTERS);
  count_learned (window, &junk, &good);
  g_assert_cmpuint (junk, ==, 0);

  activate (window, "next", NULL);
  activate (window, "junk", NULL);
  wait_for_count (window, N_LETTERS - 1);
  activate (window, "open-folder", g_variant_new_string ("Junk"));
  wait_for_count (window, 1);
  activate (window, "next", NULL);
  while (!app_reader_get_letter (window->reader))
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (is_enabled (window, "junk"));
  activate (window, "not-junk", NULL);
  wait_for_count (window, 0);
  count_learned (window, &junk, &good);
  g_assert_cmpuint (junk, ==, 0);
  g_assert_cmpuint (good, ==, 1);
  activate (window, "open-folder", g_variant_new_string ("Inbox"));
  wait_for_count (window, N_LETTERS);
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  *(gint64 *) user_data
      = engine_letters_save_draft_finish (ENGINE_LETTERS (source), result, &error);
  g_assert_no_error (error);
}

static void
on_moved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  engine_letters_finish (ENGINE_LETTERS (source), result, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static void
add_letter (EngineLetters *letters, guint number)
{
  g_autoptr (MessageBuilder) builder = message_builder_new ();
  g_autoptr (MessageMailbox) from = message_mailbox_new ("Ann", "ann@postroom.test");
  g_autofree char *subject = g_strdup_printf ("Letter %u", number);
  gint64 id = 0;
  gboolean done = FALSE;

  message_builder_set_from (builder, from);
  message_builder_set_subject (builder, subject);
  message_builder_set_html (builder, "<p>Hello <b>there</b></p>");
  engine_letters_save_draft_async (letters, 0, builder, 0, NULL, on_saved, &id);
  while (id == 0)
    g_main_context_iteration (NULL, TRUE);
  engine_letters_move_async (letters, &id, 1, STORE_FOLDER_INBOX, NULL, on_moved, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
  done = FALSE;
  engine_letters_set_flag_async (letters, &id, 1, ENGINE_FLAG_SEEN, FALSE, NULL, on_moved, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

/* Inside the program's own loop, as everything else. */
static gboolean
run_tests (gpointer user_data)
{
  EngineOffice *office = app_application_get_office (application);

  g_assert_nonnull (office);
  for (guint i = 0; i < N_LETTERS; i++)
    add_letter (engine_office_get_letters (office), i);
  status = g_test_run ();

  /* The end comes in the middle of work: a letter open, another on its way to the Trash. */
  activate (open_inbox (), "next", NULL);
  activate (APP_WINDOW (app_application_present (application)), "delete", NULL);
  g_action_group_activate_action (G_ACTION_GROUP (application), "quit", NULL);
  return G_SOURCE_REMOVE;
}

static void
on_activate (GApplication *app, gpointer user_data)
{
  g_idle_add (run_tests, NULL);
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

int
main (int argc, char **argv)
{
  char *arguments[] = { argv[0], (char *) "--data-dir", NULL, NULL };
  g_autoptr (GFile) place = NULL;
  int code;

  g_test_init (&argc, &argv, NULL);
  directory = g_dir_make_tmp ("postroom-test-XXXXXX", NULL);
  arguments[2] = directory;
  g_test_add_func ("/app/window/nothing-selected", test_nothing_selected);
  g_test_add_func ("/app/window/reading", test_reading);
  g_test_add_func ("/app/window/delete-and-undo", test_delete_and_undo);
  g_test_add_func ("/app/window/several", test_several);
  g_test_add_func ("/app/window/junk", test_junk);

  application = app_application_new ();
  g_signal_connect_after (application, "activate", G_CALLBACK (on_activate), NULL);
  code = g_application_run (G_APPLICATION (application), 3, arguments);
  g_object_unref (application);
  place = g_file_new_for_path (directory);
  remove_tree (place);
  g_free (directory);
  return status ? status : code;
}
