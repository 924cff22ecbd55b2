/* SPDX-License-Identifier: MIT */
#include <net-watch-private.h>

#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  NetWatch *watch;
  guint calls;
  guint timely;      /* of them, for the time */
  GIOCondition last; /* what was ready */
  gboolean frees;    /* itself when called, and its neighbour */
  NetWatch **neighbour;
} Seen;

static void
on_watch (GIOCondition ready, gpointer user_data)
{
  Seen *seen = user_data;

  seen->calls++;
  seen->timely += ready == 0;
  seen->last = ready;
  if (seen->frees)
    {
      g_clear_pointer (&seen->watch, net_watch_free);
      g_clear_pointer (seen->neighbour, net_watch_free);
    }
}

static void
turn (void)
{
  for (guint i = 0; i < 10; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
open_pair (int pair[2])
{
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), ==,
                   0);
}

static void
test_conditions (void)
{
  Seen seen = { 0 };
  int pair[2];

  open_pair (pair);
  seen.watch = net_watch_new (pair[0], on_watch, &seen);
  turn ();
  g_assert_cmpuint (seen.calls, ==, 0);

  net_watch_set_conditions (seen.watch, G_IO_IN);
  turn ();
  g_assert_cmpuint (seen.calls, ==, 0);
  g_assert_cmpint (write (pair[1], "x", 1), ==, 1);
  turn ();
  /* It is there until it is read. */
  g_assert_cmpuint (seen.calls, >, 1);
  g_assert_cmpuint (seen.last, ==, G_IO_IN);

  net_watch_set_conditions (seen.watch, G_IO_IN | G_IO_OUT);
  turn ();
  g_assert_cmpuint (seen.last, ==, G_IO_IN | G_IO_OUT);
  /* What is not wanted any more is not heard of, ready or not. */
  net_watch_set_conditions (seen.watch, G_IO_OUT);
  turn ();
  g_assert_cmpuint (seen.last, ==, G_IO_OUT);
  net_watch_set_conditions (seen.watch, 0);
  seen.calls = 0;
  close (pair[1]);
  turn ();
  g_assert_cmpuint (seen.calls, ==, 0);
  /* A peer that has gone can be read from. */
  net_watch_set_conditions (seen.watch, G_IO_IN);
  turn ();
  g_assert_cmpuint (seen.calls, >, 0);
  net_watch_free (seen.watch);
  close (pair[0]);
}

static void
test_times (void)
{
  Seen first = { 0 };
  Seen second = { 0 };
  gint64 now = g_get_monotonic_time ();

  first.watch = net_watch_new (-1, on_watch, &first);
  second.watch = net_watch_new (-1, on_watch, &second);
  net_watch_set_time (first.watch, 0);
  net_watch_set_time (second.watch, now + (gint64) 3600 * G_USEC_PER_SEC);
  turn ();
  g_assert_cmpuint (first.timely, ==, 1);
  g_assert_cmpuint (second.calls, ==, 0);

  /* Put off, and put off for ever: the old moment passes unheard. */
  net_watch_set_time (first.watch, now + 20000);
  net_watch_set_time (first.watch, now + (gint64) 3600 * G_USEC_PER_SEC);
  net_watch_set_time (second.watch, now + 20000);
  net_watch_set_time (second.watch, G_MAXINT64);
  g_usleep (30000);
  turn ();
  g_assert_cmpuint (first.calls, ==, 1);
  g_assert_cmpuint (second.calls, ==, 0);

  /* The context sleeps until the moment, and no longer. */
  net_watch_set_time (second.watch, g_get_monotonic_time () + 10000);
  while (second.calls == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (second.timely, ==, 1);
  net_watch_free (first.watch);
  net_watch_free (second.watch);
}

static void
test_freed_within (void)
{
  Seen seen[2] = { 0 };
  int pair[2];

  open_pair (pair);
  for (guint i = 0; i < 2; i++)
    {
      seen[i].watch = net_watch_new (pair[i], on_watch, &seen[i]);
      seen[i].frees = TRUE;
      seen[i].neighbour = &seen[1 - i].watch;
      net_watch_set_conditions (seen[i].watch, G_IO_OUT);
      net_watch_set_time (seen[i].watch, 0);
    }
  turn ();
  /* Both were ready, but whoever came first freed the other. */
  g_assert_cmpuint (seen[0].calls + seen[1].calls, ==, 1);
  g_assert_null (seen[0].watch);
  g_assert_null (seen[1].watch);
  g_assert_false (g_main_context_pending (NULL));
  close (pair[0]);
  close (pair[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/watch/conditions", test_conditions);
  g_test_add_func ("/net/watch/times", test_times);
  g_test_add_func ("/net/watch/freed-within", test_freed_within);
  return g_test_run ();
}
