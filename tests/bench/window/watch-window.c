/* SPDX-License-Identifier: MIT */

/* How long a running window's main loop keeps a question waiting: asks it one over D-Bus every few
 * milliseconds, for SECONDS, and prints the number of answers and, in milliseconds, the median, the
 * 99th percentile and the longest. */

#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>

#define EVERY 3000 /* microseconds */

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 one = *(const gint64 *) a, other = *(const gint64 *) b;

  return (one > other) - (one < other);
}

static double
part (GArray *times, double share)
{
  guint at = (guint) ((double) (times->len - 1) * share);

  return (double) g_array_index (times, gint64, at) / 1000;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  gint64 end = g_get_monotonic_time () + (argc == 2 ? atoi (argv[1]) : 5) * G_USEC_PER_SEC;

  while (bus != NULL && g_get_monotonic_time () < end)
    {
      gint64 begun = g_get_monotonic_time ();
      g_autoptr (GVariant) answer
          = g_dbus_connection_call_sync (bus, "io.github.postroom.Postroom",
                                         "/io/github/postroom/Postroom/window/1", "org.gtk.Actions",
                                         "Describe", g_variant_new ("(s)", "fetch"), NULL,
                                         G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
      gint64 took = g_get_monotonic_time () - begun;

      if (answer == NULL)
        break;
      g_array_append_val (times, took);
      g_usleep (EVERY);
    }
  if (error != NULL || times->len == 0)
    {
      fprintf (stderr, "watch-window: %s\n", error != NULL ? error->message : "no answers");
      return 1;
    }
  g_array_sort (times, compare);
  printf ("%u %.1f %.1f %.1f\n", times->len, part (times, 0.5), part (times, 0.99),
          part (times, 1));
  return 0;
}
