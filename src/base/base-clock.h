/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The two clocks every room asks. Tests move them by hand; nothing else does.
 * Any thread.
 */

#include <glib.h>

/* Microseconds that only ever grow; for timeouts. */
gint64 base_clock_monotonic (void);

/* Microseconds since 1970-01-01 UTC; for dates. */
gint64 base_clock_real (void);

/* Shifts both clocks forward by @microseconds, for tests. */
void base_clock_advance (gint64 microseconds);
