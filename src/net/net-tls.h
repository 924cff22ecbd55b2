/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What TLS is for the whole program.
 */

#include <glib.h>

/* TLS before 1.2 is not even offered (RFC 8996), unless the environment sets GnuTLS's priorities
 * for GIO itself. Called once, before there is another thread and before any TLS. */
void net_tls_prepare (void);
