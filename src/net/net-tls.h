/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What TLS is for the whole program.
 */

#include <glib.h>

/* TLS before 1.2 is not even offered (RFC 8996), unless the environment sets GnuTLS's priorities
 * for GIO itself. Called once, before there is another thread and before any TLS. */
void net_tls_prepare (void);

/* Reads the system's authorities on a thread of its own: whoever makes the first TLS connection
 * would wait for that, and it may be a window's main thread. */
void net_tls_load_authorities (void);
