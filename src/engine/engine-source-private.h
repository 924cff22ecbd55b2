/* SPDX-License-Identifier: MIT */
#pragma once

/* A letter that exists already, made fit to send. Any thread. */

#include <glib.h>

/* @source with CRLF line ends, a last line end, and without Bcc and Resent-Bcc fields (RFC 5322
 * section 3.6.3); else as it is. */
GBytes *engine_source_for_wire (GBytes *source);
