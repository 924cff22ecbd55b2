/* SPDX-License-Identifier: MIT */
#include "server-fixture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* The server dies by SIGKILL under load; what it acknowledged is there, once. */

#define ROUNDS  20
#define SENDERS 4

/* The child: serves until it is killed. */
G_NORETURN static void
serve (const char *directory)
{
  Fixture *fixture = fixture_open (directory);

  fixture_start (fixture);
  printf ("%u\n", fixture->ports[ENGINE_PORT_SMTP]);
  fflush (stdout);
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}

typedef struct
{
  Fixture fixture; /* its ports alone */
  guint round;
  guint number;
  GPtrArray *acknowledged;
  int *total; /* atomic */
} Sender;

static gpointer
send_thread (gpointer data)
{
  Sender *sender = data;
  g_autoptr (Client) client = client_connect (&sender->fixture, ENGINE_PORT_SMTP);

  if (client == NULL)
    return NULL;
  client_say (client, "EHLO load");
  g_autofree char *hello = client_reply (client);
  for (guint i = 0; hello != NULL; i++)
    {
      g_autofree char *id = g_strdup_printf ("%u-%u-%u", sender->round, sender->number, i);
      g_autofree char *letter = g_strdup_printf ("Subject: %s\r\n\r\nhello\r\n", id);
      if (!client_send (client, i % 2 == 0 ? "ann@postroom.test" : "bob@postroom.test", letter))
        break;
      g_ptr_array_add (sender->acknowledged, g_steal_pointer (&id));
      g_atomic_int_inc (sender->total);
    }
  return NULL;
}

static GSubprocess *
start_child (const char *program, const char *directory, guint16 *port)
{
  g_autoptr (GError) error = NULL;
  GSubprocess *child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, program, "--serve",
                                         directory, NULL);
  g_assert_no_error (error);
  g_autoptr (GDataInputStream) out = g_data_input_stream_new (g_subprocess_get_stdout_pipe (child));
  g_autofree char *line = g_data_input_stream_read_line (out, NULL, NULL, NULL);

  g_assert_nonnull (line);
  *port = (guint16) g_ascii_strtoull (line, NULL, 10);
  return child;
}

static void
run_round (const char *program, const char *directory, guint round, GPtrArray *acknowledged)
{
  Sender senders[SENDERS];
  GThread *threads[SENDERS];
  int total = 0;
  guint16 port;
  g_autoptr (GSubprocess) child = start_child (program, directory, &port);
  /* At another point each time. */
  int enough = g_test_rand_int_range (3, 60);

  for (guint i = 0; i < SENDERS; i++)
    {
      senders[i] = (Sender){ .round = round, .number = i, .total = &total };
      senders[i].fixture.ports[ENGINE_PORT_SMTP] = port;
      senders[i].acknowledged = g_ptr_array_new_with_free_func (g_free);
      threads[i] = g_thread_new ("sender", send_thread, &senders[i]);
    }
  while (g_atomic_int_get (&total) < enough)
    g_usleep (200);
  g_subprocess_force_exit (child);
  g_subprocess_wait (child, NULL, NULL);
  for (guint i = 0; i < SENDERS; i++)
    {
      g_thread_join (threads[i]);
      g_ptr_array_extend_and_steal (acknowledged, senders[i].acknowledged);
    }
}

/* How often each subject is in the maildrop of @user. */
static void
count_subjects (StoreSite *site, const char *user, GHashTable *counts)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreMaildrop) maildrop = store_maildrop_open (site, user, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < store_maildrop_get_count (maildrop); i++)
    {
      g_autoptr (GBytes) bytes = store_maildrop_read (maildrop, i, &error);
      g_assert_no_error (error);
      g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      const char *subject = strstr (text, "Subject: ");
      g_assert_nonnull (subject);
      /* Whole, to the last line. */
      g_assert_true (g_str_has_suffix (text, "\r\n\r\nhello\r\n"));
      subject += strlen ("Subject: ");
      char *key = g_strndup (subject, strcspn (subject, "\r"));
      guint before = GPOINTER_TO_UINT (g_hash_table_lookup (counts, key));
      g_hash_table_replace (counts, key, GUINT_TO_POINTER (before + 1));
    }
}

static void
test_kill (gconstpointer data)
{
  Fixture *fixture = fixture_open (NULL);
  g_autofree char *directory = g_strdup (fixture->directory);
  g_autoptr (GPtrArray) acknowledged = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer subject;
  gpointer times;

  fixture_add_user (fixture, "ann");
  fixture_add_user (fixture, "bob");
  fixture_close (fixture, TRUE);
  for (guint round = 0; round < ROUNDS; round++)
    run_round (data, directory, round, acknowledged);

  fixture = fixture_open (directory);
  count_subjects (fixture->site, "ann", counts);
  count_subjects (fixture->site, "bob", counts);
  g_test_message ("%u acknowledged, %u found", acknowledged->len, g_hash_table_size (counts));
  for (guint i = 0; i < acknowledged->len; i++)
    g_assert_true (g_hash_table_contains (counts, acknowledged->pdata[i]));
  g_hash_table_iter_init (&iter, counts);
  while (g_hash_table_iter_next (&iter, &subject, &times))
    g_assert_cmpuint (GPOINTER_TO_UINT (times), ==, 1);
  /* At most the one that each sender waited for when the server died. */
  g_assert_cmpuint (g_hash_table_size (counts), <=, acknowledged->len + ROUNDS * SENDERS);
  fixture_start (fixture);
  fixture_close (fixture, FALSE);
}

int
main (int argc, char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--serve"))
    serve (argv[2]);
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/engine/server/kill", argv[0], test_kill);
  return g_test_run ();
}
