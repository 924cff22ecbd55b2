/* SPDX-License-Identifier: MIT */
#pragma once

/* What the verbs read: passwords and whole inputs. Main thread. */

#include <gio/gio.h>

/* The first line of @file ("-": standard input); without a file, what is typed at the terminal
 * after @prompt, unseen (twice with @confirm), or the first line of standard input when that is no
 * terminal. Wiped by the caller. */
char *cli_read_password (const char *file, const char *prompt, gboolean confirm, GError **error);

/* A whole file, "-" being standard input. */
GBytes *cli_read_all (const char *file, GError **error);
/* As above, as UTF-8 text; what is no UTF-8 is refused with words. */
char *cli_read_text (const char *file, GError **error);
