/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <stdio.h>
#include <stdlib.h>

/* A child stores letters and prints each one that was acknowledged; it is killed at a random
 * moment. Each acknowledged letter is there once, whole; nothing is there twice. */

#define KILLS    30
#define AT_HAND  4     /* letters on their way at once, so that commits are shared */
#define PATIENCE 40000 /* microseconds: the longest life of a child behind its first letter */

typedef struct
{
  StoreCabinet *cabinet; /* or */
  StoreSite *site;
  const char *run;
  guint next;
  guint number;
} Line;

/* ---- the child ---- */

static const char *const both[] = { "anna", "ben", NULL };

static char *
make_text (const char *run, guint number)
{
  g_autofree char *body = g_strnfill (number % 7 * 3000, 'x');

  return g_strdup_printf ("Subject: %s-%u\r\n\r\n%s\r\n", run, number, body);
}

static void store_next (Line *line);

static void
on_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Line *line = user_data;
  g_autoptr (GError) error = NULL;

  if (line->cabinet != NULL)
    store_cabinet_add_finish (line->cabinet, result, &error);
  else
    store_site_finish (line->site, result, &error);
  if (error != NULL)
    exit (1);
  printf ("%u\n", line->number);
  fflush (stdout);
  store_next (line);
}

static void
store_next (Line *line)
{
  line->number = line->next;
  line->next += AT_HAND;
  g_autofree char *text = make_text (line->run, line->number);
  StoreFiles *files = line->cabinet != NULL ? store_cabinet_get_files (line->cabinet)
                                            : store_site_get_files (line->site);
  StoreSpool *spool = shelf_spool (files, text);
  if (line->cabinet != NULL)
    store_cabinet_add_async (line->cabinet, spool, &(StoreAdd){ .folder = STORE_FOLDER_INBOX },
                             NULL, on_stored, line);
  else
    store_site_deliver_async (line->site, spool, &(StoreDelivery){ .users = both }, NULL, on_stored,
                              line);
}

static int
store_for_ever (char **argv)
{
  g_autoptr (GError) error = NULL;
  gboolean is_site = g_str_equal (argv[0], "site");
  StoreCabinet *cabinet = is_site ? NULL : store_cabinet_open (argv[1], &error);
  StoreSite *site = is_site ? store_site_open (argv[1], &error) : NULL;
  Line lines[AT_HAND];

  if (error != NULL)
    return 1;
  for (guint i = 0; i < AT_HAND; i++)
    {
      lines[i] = (Line){ .cabinet = cabinet, .site = site, .run = argv[2], .next = i };
      store_next (&lines[i]);
    }
  while (TRUE)
    g_main_context_iteration (NULL, TRUE);
}

/* ---- the parent ---- */

/* The numbers that the child said before it was killed. */
static GArray *
run_and_kill (const char *kind, const char *root, const char *run)
{
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autoptr (ShelfProcess) process = shelf_process_start (kind, root, run, NULL);
  g_autofree char *first = shelf_process_read_line (process);

  g_assert_nonnull (first);
  guint number = (guint) atoi (first);
  g_array_append_val (numbers, number);
  g_usleep ((gulong) g_test_rand_int_range (0, PATIENCE));
  shelf_process_kill (process);
  for (char *line; (line = shelf_process_read_line (process)) != NULL; g_free (line))
    {
      number = (guint) atoi (line);
      g_array_append_val (numbers, number);
    }
  return numbers;
}

/* Takes the letter out of the set of those seen: its subject says what it has to be. */
static void
note_letter (GHashTable *seen, const char *run, const char *text)
{
  guint number = 0;
  g_autofree char *prefix = g_strdup_printf ("Subject: %s-", run);

  g_assert_true (g_str_has_prefix (text, prefix));
  number = (guint) atoi (text + strlen (prefix));
  g_autofree char *expected = make_text (run, number);
  g_assert_cmpstr (text, ==, expected);
  g_assert_true (g_hash_table_add (seen, GUINT_TO_POINTER (number)));
}

static void
check_numbers (GHashTable *seen, GArray *numbers)
{
  for (guint i = 0; i < numbers->len; i++)
    g_assert_true (
        g_hash_table_contains (seen, GUINT_TO_POINTER (g_array_index (numbers, guint, i))));
}

static void
test_cabinet (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *mail = g_build_filename (root, "mail", NULL);
  gint64 last = 0;

  for (guint i = 0; i < KILLS; i++)
    {
      g_autofree char *run = g_strdup_printf ("run%u", i);
      g_autoptr (GArray) numbers = run_and_kill ("cabinet", root, run);
      g_autoptr (StoreCabinet) cabinet = shelf_open (root);
      g_autoptr (GArray) ids = shelf_list (cabinet, STORE_FOLDER_INBOX);
      g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
      gint64 newest = last;
      for (guint j = 0; j < ids->len; j++)
        {
          gint64 id = g_array_index (ids, gint64, j);
          newest = MAX (newest, id);
          if (id <= last)
            continue;
          g_autoptr (StoreLetter) letter = shelf_load (cabinet, id);
          g_autofree char *text = shelf_read_file (letter->path);
          note_letter (seen, run, text);
        }
      last = newest;
      check_numbers (seen, numbers);
      g_assert_cmpuint (shelf_count_spools (root), ==, 0);
      g_assert_cmpuint (shelf_count_files (mail, ".eml"), ==, ids->len);
      store_cabinet_close (cabinet);
    }
  shelf_remove (root);
}

static void
add_users (const char *root)
{
  g_autoptr (StoreSite) site = store_site_open (root, NULL);

  for (guint i = 0; both[i] != NULL; i++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      store_site_add_user_async (site, both[i], "verifier", NULL, shelf_got, &result);
      g_assert_true (store_site_finish (site, shelf_wait (&result), NULL));
    }
}

static void
check_maildrop (StoreSite *site, const char *user, const char *run, guint *from, GArray *numbers)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreMaildrop) maildrop = store_maildrop_open (site, user, &error);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  g_assert_no_error (error);
  for (guint i = *from; i < store_maildrop_get_count (maildrop); i++)
    {
      g_autoptr (GBytes) bytes = store_maildrop_read (maildrop, i, &error);
      g_assert_no_error (error);
      g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      note_letter (seen, run, text);
    }
  *from = store_maildrop_get_count (maildrop);
  check_numbers (seen, numbers);
}

static void
test_site (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *drops = g_build_filename (root, "maildrops", NULL);
  guint anna = 0, ben = 0;

  add_users (root);
  for (guint i = 0; i < KILLS; i++)
    {
      g_autofree char *run = g_strdup_printf ("run%u", i);
      g_autoptr (GArray) numbers = run_and_kill ("site", root, run);
      g_autoptr (GError) error = NULL;
      g_autoptr (StoreSite) site = store_site_open (root, &error);
      g_assert_no_error (error);
      check_maildrop (site, "anna", run, &anna, numbers);
      check_maildrop (site, "ben", run, &ben, numbers);
      g_assert_cmpuint (anna, ==, ben);
      g_assert_cmpuint (shelf_count_spools (root), ==, 0);
      g_assert_cmpuint (shelf_count_files (drops, ".eml"), ==, anna + ben);
    }
  shelf_remove (root);
}

int
main (int argc, char **argv)
{
  shelf_init (&argc, &argv, store_for_ever);
  g_test_add_func ("/store/crash/cabinet", test_cabinet);
  g_test_add_func ("/store/crash/site", test_site);
  return g_test_run ();
}
