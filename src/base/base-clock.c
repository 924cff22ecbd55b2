/* SPDX-License-Identifier: MIT */
#include "base-clock.h"

static gint64 advanced; /* atomic */

gint64
base_clock_monotonic (void)
{
  return g_get_monotonic_time () + __atomic_load_n (&advanced, __ATOMIC_RELAXED);
}

gint64
base_clock_real (void)
{
  return g_get_real_time () + __atomic_load_n (&advanced, __ATOMIC_RELAXED);
}

void
base_clock_advance (gint64 microseconds)
{
  __atomic_fetch_add (&advanced, microseconds, __ATOMIC_RELAXED);
}
