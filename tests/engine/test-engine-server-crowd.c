/* SPDX-License-Identifier: MIT */
#include "server-fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define SENDERS  90
#define FETCHERS 10
#define EACH     5

typedef struct
{
  Fixture *fixture;
  guint number;
  int *senders_left;   /* atomic */
  GPtrArray *subjects; /* a fetcher's: what it fetched, and removed */
} Guest;

static gpointer
send_thread (gpointer data)
{
  Guest *guest = data;
  EnginePort port = guest->number % 2 == 0 ? ENGINE_PORT_SMTP : ENGINE_PORT_SMTPS;
  g_autoptr (Client) client = client_connect (guest->fixture, port);

  g_assert_nonnull (client);
  client_do (client, "EHLO crowd", "250");
  for (guint i = 0; i < EACH; i++)
    {
      g_autofree char *to
          = g_strdup_printf ("user%u@postroom.test", (guest->number + i) % FETCHERS);
      g_autofree char *letter
          = g_strdup_printf ("Subject: %u-%u\r\n\r\nhello\r\n", guest->number, i);
      g_assert_true (client_send (client, to, letter));
    }
  client_do (client, "QUIT", "221");
  g_atomic_int_add (guest->senders_left, -1);
  return NULL;
}

/* One session: fetches all, removes all. */
static void
fetch_all (Guest *guest)
{
  EnginePort port = guest->number % 2 == 0 ? ENGINE_PORT_POP3 : ENGINE_PORT_POP3S;
  g_autoptr (Client) client = client_connect (guest->fixture, port);
  g_autofree char *user = g_strdup_printf ("user%u", guest->number);
  guint count;

  g_assert_nonnull (client);
  if (port == ENGINE_PORT_POP3)
    {
      client_do (client, "STLS", "+OK");
      client_shake (client, guest->fixture);
    }
  client_login (client, user);
  client_say (client, "STAT");
  g_autofree char *reply = client_reply (client);
  g_assert_cmpint (sscanf (reply, "+OK %u ", &count), ==, 1);
  for (guint i = 1; i <= count; i++)
    {
      client_say (client, "RETR %u", i);
      client_expect (client, "+OK");
      g_autofree char *letter = client_body (client);
      const char *subject = strstr (letter, "Subject: ");
      g_assert_nonnull (subject);
      subject += strlen ("Subject: ");
      g_ptr_array_add (guest->subjects, g_strndup (subject, strcspn (subject, "\r")));
      client_say (client, "DELE %u", i);
      client_expect (client, "+OK");
    }
  client_do (client, "QUIT", "+OK");
}

static gpointer
fetch_thread (gpointer data)
{
  Guest *guest = data;

  while (g_atomic_int_get (guest->senders_left) > 0)
    fetch_all (guest);
  fetch_all (guest);
  return NULL;
}

static void
party (Fixture *fixture, gpointer data)
{
  Guest guests[SENDERS + FETCHERS];
  GThread *threads[SENDERS + FETCHERS];
  int senders_left = SENDERS;
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < SENDERS + FETCHERS; i++)
    {
      gboolean sends = i < SENDERS;
      guests[i] = (Guest){ fixture, sends ? i : i - SENDERS, &senders_left,
                           g_ptr_array_new_with_free_func (g_free) };
      threads[i] = g_thread_new ("guest", sends ? send_thread : fetch_thread, &guests[i]);
    }
  for (guint i = 0; i < SENDERS + FETCHERS; i++)
    g_thread_join (threads[i]);
  for (guint i = SENDERS; i < SENDERS + FETCHERS; i++)
    for (guint j = 0; j < guests[i].subjects->len; j++)
      g_assert_true (g_hash_table_add (seen, guests[i].subjects->pdata[j]));
  g_assert_cmpuint (g_hash_table_size (seen), ==, SENDERS * EACH);
  for (guint i = 0; i < SENDERS + FETCHERS; i++)
    g_ptr_array_unref (guests[i].subjects);
}

static void
note (EngineServer *server, const char *user, GHashTable *users)
{
  g_hash_table_add (users, g_strdup (user));
}

/* A hundred at once; each letter is fetched by its user, once. */
static void
test_crowd (void)
{
  Fixture *fixture = fixture_open (NULL);
  g_autoptr (GHashTable) delivered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < FETCHERS; i++)
    {
      g_autofree char *user = g_strdup_printf ("user%u", i);
      fixture_add_user (fixture, user);
    }
  g_signal_connect (fixture->server, "delivered", G_CALLBACK (note), delivered);
  fixture_start (fixture);
  fixture_run (fixture, party, NULL);
  fixture_stop (fixture);
  g_assert_cmpuint (g_hash_table_size (delivered), ==, FETCHERS);
  for (guint i = 0; i < FETCHERS; i++)
    {
      g_autofree char *user = g_strdup_printf ("user%u", i);
      g_assert_cmpuint (fixture_count_letters (fixture, user), ==, 0);
    }
  fixture_close (fixture, FALSE);
}

/* Goes away while letters are on their way to the disk, many times. */
static void
rude (Fixture *fixture, gpointer data)
{
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (Client) client = client_connect (fixture, ENGINE_PORT_SMTP);
      client_write (client,
                    "EHLO rude\r\nMAIL FROM:<>\r\nRCPT TO:<user0@postroom.test>\r\nDATA\r\n"
                    "Subject: x\r\n\r\nhello\r\n.\r\n",
                    -1);
      if (i % 3 == 0)
        g_usleep (i * 20);
    }
}

static void
test_rude (void)
{
  Fixture *fixture = fixture_open (NULL);

  fixture_add_user (fixture, "user0");
  fixture_start (fixture);
  fixture_run (fixture, rude, NULL);
  fixture_close (fixture, FALSE);
}

#define FULL 1000

/* Who comes when the house is full hears so, and comes in when somebody has left. */
static void
fill (Fixture *fixture, gpointer data)
{
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);
  g_autoptr (GSocketClient) connector = g_socket_client_new ();
  static const EnginePort ports[] = { ENGINE_PORT_SMTP, ENGINE_PORT_POP3 };
  static const char *const words[] = { "421 ", "-ERR [SYS/TEMP]" };

  g_socket_client_set_enable_proxy (connector, FALSE);
  for (guint i = 0; i < FULL; i++)
    {
      Client *client = client_connect (fixture, ports[i % 2]);
      g_assert_nonnull (client);
      g_ptr_array_add (clients, client);
    }
  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    {
      g_autoptr (GSocketConnection) connection
          = g_socket_client_connect_to_host (connector, "127.0.0.1", fixture->ports[ports[i]], NULL,
                                             NULL);
      g_assert_nonnull (connection);
      g_autoptr (GDataInputStream) in
          = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
      g_autofree char *line = g_data_input_stream_read_line (in, NULL, NULL, NULL);
      g_assert_nonnull (line);
      g_assert_true (g_str_has_prefix (line, words[i]));
      g_autofree char *more = g_data_input_stream_read_line (in, NULL, NULL, NULL);
      g_assert_null (more);
    }
  client_do (clients->pdata[0], "QUIT", "221");
  g_assert_null (client_line (clients->pdata[0]));
  g_autoptr (Client) late = NULL;
  while (late == NULL)
    late = client_connect (fixture, ENGINE_PORT_SMTP);
}

static void
test_full (void)
{
  struct rlimit limit;
  Fixture *fixture;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  if (limit.rlim_max < 4 * FULL)
    {
      g_test_skip ("too few files are allowed here");
      return;
    }
  fixture = fixture_open (NULL);
  fixture->config->limits.sessions = FULL;
  fixture_start (fixture);
  fixture_run (fixture, fill, NULL);
  fixture_close (fixture, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/server/crowd", test_crowd);
  g_test_add_func ("/engine/server/rude", test_rude);
  g_test_add_func ("/engine/server/full", test_full);
  return g_test_run ();
}
