/* SPDX-License-Identifier: MIT */
#include "store-fixture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Another process stores letters and names each that was acknowledged; it is killed at any moment,
 * or its disk gets full. Whatever was acknowledged must be there, once, and nothing else is left.
 */

#define AT_ONCE 6

static const char *program;

static char *
make_letter (guint number)
{
  g_autofree char *subject = g_strdup_printf ("letter-%u", number);
  g_autofree char *fill = g_strnfill (number % 7 * 300, 'x');
  g_autofree char *letter = store_fixture_make_letter (subject);

  return g_strconcat (letter, fill, "\r\n", NULL);
}

/* ---- the other process ---- */

static void
acknowledge (guint number, gint64 id)
{
  g_autofree char *line = g_strdup_printf ("%u %" G_GINT64_FORMAT "\n", number, id);

  if (write (STDOUT_FILENO, line, strlen (line)) != (gssize) strlen (line))
    _exit (1);
}

static int
add_letters (const char *folder, gboolean until_error)
{
  StoreCabinet *cabinet = store_cabinet_open (folder, NULL);
  const StoreAdd how = { .folder = STORE_FOLDER_INBOX };

  for (guint number = 1;; number += AT_ONCE)
    {
      StoreWait *waits[AT_ONCE];
      gboolean failed = FALSE;

      for (guint i = 0; i < AT_ONCE; i++)
        {
          g_autofree char *text = make_letter (number + i);
          StoreSpool *spool = store_spool_new (store_cabinet_get_files (cabinet), NULL);
          if (spool == NULL)
            _exit (2);
          store_spool_write (spool, (const guint8 *) text, strlen (text), NULL);
          waits[i] = store_wait_new ();
          store_cabinet_add_async (cabinet, spool, &how, NULL, store_wait_ready, waits[i]);
        }
      for (guint i = 0; i < AT_ONCE; i++)
        {
          g_autoptr (GError) error = NULL;
          gint64 id = store_cabinet_add_finish (cabinet, store_wait_get (waits[i]), &error);
          store_wait_free (waits[i]);
          if (id > 0)
            acknowledge (number + i, id);
          failed = failed || error != NULL;
          if (failed && !until_error)
            _exit (2);
        }
      if (failed)
        {
          store_cabinet_close (cabinet);
          g_clear_object (&cabinet);
          return 0;
        }
      if (number % 5 == 0)
        {
          gint64 id = number;
          g_autoptr (StoreWait) wait = store_wait_new ();
          store_cabinet_move_async (cabinet, &id, 1, STORE_FOLDER_TRASH, NULL, store_wait_ready,
                                    wait);
          store_cabinet_finish (cabinet, store_wait_get (wait), NULL);
        }
    }
}

static int
deliver_letters (const char *folder)
{
  const char *users[] = { "anna", "bert", NULL };
  StoreSite *site = store_site_open (folder, NULL);

  for (guint number = 1;; number++)
    {
      g_autofree char *text = make_letter (number);
      if (!store_fixture_deliver (site, text, users, NULL))
        _exit (2);
      acknowledge (number, 0);
    }
}

/* No file may grow over some octets: what a full disk is to who writes. */
static int
fill_disk (const char *folder)
{
  const struct rlimit limit = { .rlim_cur = 150 * 1024, .rlim_max = 150 * 1024 };

  signal (SIGXFSZ, SIG_IGN);
  store_fixture_allow_warnings ();
  if (setrlimit (RLIMIT_FSIZE, &limit) != 0)
    return 1;
  return add_letters (folder, TRUE);
}

/* ---- running it ---- */

typedef struct
{
  GHashTable *letters; /* number -> id, both as pointers */
  int status;
} Outcome;

static void
outcome_clear (Outcome *outcome)
{
  g_hash_table_unref (outcome->letters);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

/* Runs @verb and reads what it acknowledges; kills it some microseconds after @lines of them. */
static Outcome
run_other (const char *verb, const char *folder, guint lines, gulong delay)
{
  const char *arguments[] = { program, verb, folder, NULL };
  Outcome outcome = { .letters = g_hash_table_new (NULL, NULL) };
  g_autoptr (GError) error = NULL;
  GPid child = 0;
  int out = -1;

  g_spawn_async_with_pipes (NULL, (char **) arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                            &child, NULL, &out, NULL, &error);
  g_assert_no_error (error);
  FILE *stream = fdopen (out, "r");
  guint number = 0, n = 0;
  gint64 id = 0;

  while (fscanf (stream, "%u %" G_GINT64_FORMAT, &number, &id) == 2)
    {
      g_hash_table_insert (outcome.letters, GUINT_TO_POINTER (number), GINT_TO_POINTER ((gint) id));
      if (++n == lines)
        {
          g_usleep (delay);
          kill (child, SIGKILL);
        }
    }
  fclose (stream);
  waitpid (child, &outcome.status, 0);
  g_spawn_close_pid (child);
  return outcome;
}

static void
check_clean (const char *folder)
{
  g_autofree char *tmp = g_build_filename (folder, "tmp", NULL);

  g_assert_cmpuint (store_fixture_count_files (tmp, NULL), ==, 0);
}

/* What was acknowledged is there; each row has its file, and each file its row. */
static void
check_cabinet (const char *folder, const Outcome *outcome, guint at_most)
{
  g_autofree char *mail = g_build_filename (folder, "mail", NULL);
  g_autoptr (GError) error = NULL;
  StoreCabinet *cabinet = store_cabinet_open (folder, &error);
  GHashTableIter letters;
  gpointer number, id;

  g_assert_no_error (error);
  g_autoptr (GArray) inbox = store_fixture_list (cabinet, STORE_FOLDER_INBOX);
  g_autoptr (GArray) trash = store_fixture_list (cabinet, STORE_FOLDER_TRASH);
  g_array_append_vals (inbox, trash->data, trash->len);
  g_assert_cmpuint (inbox->len, >=, g_hash_table_size (outcome->letters));
  g_assert_cmpuint (inbox->len, <=, g_hash_table_size (outcome->letters) + at_most);
  g_assert_cmpuint (store_fixture_count_files (mail, ".eml"), ==, inbox->len);

  g_hash_table_iter_init (&letters, outcome->letters);
  while (g_hash_table_iter_next (&letters, &number, &id))
    {
      g_autofree char *expected = make_letter (GPOINTER_TO_UINT (number));
      g_autofree char *text = store_fixture_read (cabinet, GPOINTER_TO_INT (id), &error);
      guint times = 0;

      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, expected);
      for (guint i = 0; i < inbox->len; i++)
        times += g_array_index (inbox, gint64, i) == GPOINTER_TO_INT (id);
      g_assert_cmpuint (times, ==, 1);
    }
  for (guint i = 0; i < inbox->len; i++)
    {
      g_autofree char *text
          = store_fixture_read (cabinet, g_array_index (inbox, gint64, i), &error);
      g_assert_no_error (error);
    }
  store_cabinet_close (cabinet);
  g_clear_object (&cabinet);
  check_clean (folder);
}

static void
test_cabinet (void)
{
  for (guint round = 0; round < 15; round++)
    {
      g_autofree char *folder = store_fixture_make_folder ();
      guint lines = (guint) g_test_rand_int_range (1, 40);
      gulong delay = (gulong) g_test_rand_int_range (0, 15000);
      g_auto (Outcome) outcome = run_other ("--add", folder, lines, delay);

      g_assert_true (WIFSIGNALED (outcome.status));
      g_assert_cmpuint (g_hash_table_size (outcome.letters), >=, lines);
      check_cabinet (folder, &outcome, AT_ONCE);
      store_fixture_remove_folder (folder);
    }
}

static void
check_site (const char *folder, guint acknowledged)
{
  g_autofree char *drops = g_build_filename (folder, "maildrops", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreSite) site = store_site_open (folder, &error);
  static const char *const users[] = { "anna", "bert" };
  guint count = 0;

  g_assert_no_error (error);
  for (gsize user = 0; user < G_N_ELEMENTS (users); user++)
    {
      g_autoptr (StoreMaildrop) maildrop = store_maildrop_open (site, users[user], &error);
      g_assert_no_error (error);
      guint here = store_maildrop_get_count (maildrop);
      g_assert_cmpuint (here, >=, acknowledged);
      g_assert_cmpuint (here, <=, acknowledged + 1);
      g_assert_true (user == 0 || here == count);
      count = here;
      for (guint i = 0; i < here; i++)
        {
          g_autofree char *expected = make_letter (i + 1);
          g_autoptr (GBytes) bytes = store_maildrop_read (maildrop, i, &error);
          g_assert_no_error (error);
          g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected,
                           strlen (expected));
        }
    }
  g_assert_cmpuint (store_fixture_count_files (drops, ".eml"), ==, 2 * count);
}

static void
test_site (void)
{
  for (guint round = 0; round < 10; round++)
    {
      g_autofree char *folder = store_fixture_make_folder ();
      g_autoptr (StoreSite) site = store_site_open (folder, NULL);

      g_assert_true (store_fixture_add_user (site, "anna", NULL));
      g_assert_true (store_fixture_add_user (site, "bert", NULL));
      g_clear_pointer (&site, store_site_free);
      g_auto (Outcome) outcome
          = run_other ("--deliver", folder, (guint) g_test_rand_int_range (1, 25),
                       (gulong) g_test_rand_int_range (0, 8000));
      g_assert_true (WIFSIGNALED (outcome.status));
      check_site (folder, g_hash_table_size (outcome.letters));
      check_clean (folder);
      store_fixture_remove_folder (folder);
    }
}

static void
test_full (void)
{
  g_autofree char *folder = store_fixture_make_folder ();
  g_auto (Outcome) outcome = run_other ("--fill", folder, 0, 0);

  g_assert_true (WIFEXITED (outcome.status));
  g_assert_cmpint (WEXITSTATUS (outcome.status), ==, 0);
  g_assert_cmpuint (g_hash_table_size (outcome.letters), >, 0);
  /* What was refused is not there. */
  check_cabinet (folder, &outcome, 0);
  g_auto (Outcome) again = run_other ("--add", folder, 20, 0);
  g_assert_cmpuint (g_hash_table_size (again.letters), >=, 20);
  store_fixture_remove_folder (folder);
}

/* A letter that does not fit says so, and leaves nothing. */
static int
write_large (const char *folder)
{
  const struct rlimit limit = { .rlim_cur = 300 * 1024, .rlim_max = 300 * 1024 };
  g_autofree char *piece = g_strnfill (100 * 1024, 'x');
  StoreCabinet *cabinet = store_cabinet_open (folder, NULL);
  g_autoptr (GError) error = NULL;
  StoreSpool *spool = store_spool_new (store_cabinet_get_files (cabinet), NULL);

  signal (SIGXFSZ, SIG_IGN);
  if (setrlimit (RLIMIT_FSIZE, &limit) != 0)
    return 1;
  for (guint i = 0; i < 4 && error == NULL; i++)
    store_spool_write (spool, (const guint8 *) piece, strlen (piece), &error);
  if (!g_error_matches (error, STORE_ERROR, STORE_ERROR_FULL))
    return 2;
  store_spool_free (spool);
  store_cabinet_close (cabinet);
  g_clear_object (&cabinet);
  return 0;
}

static void
test_large (void)
{
  g_autofree char *folder = store_fixture_make_folder ();
  g_auto (Outcome) outcome = run_other ("--large", folder, 0, 0);

  g_assert_true (WIFEXITED (outcome.status));
  g_assert_cmpint (WEXITSTATUS (outcome.status), ==, 0);
  check_clean (folder);
  store_fixture_remove_folder (folder);
}

int
main (int argc, char *argv[])
{
  if (argc == 3 && strcmp (argv[1], "--add") == 0)
    return add_letters (argv[2], FALSE);
  if (argc == 3 && strcmp (argv[1], "--deliver") == 0)
    return deliver_letters (argv[2]);
  if (argc == 3 && strcmp (argv[1], "--fill") == 0)
    return fill_disk (argv[2]);
  if (argc == 3 && strcmp (argv[1], "--large") == 0)
    return write_large (argv[2]);
  program = argv[0];
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/crash/cabinet", test_cabinet);
  g_test_add_func ("/store/crash/site", test_site);
  g_test_add_func ("/store/crash/full", test_full);
  g_test_add_func ("/store/crash/large", test_large);
  return g_test_run ();
}
