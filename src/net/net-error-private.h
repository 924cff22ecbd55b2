/* SPDX-License-Identifier: MIT */
#pragma once

/* What GIO says about a wire, said again in the room's own domain. Any thread. */

#include "net-error.h"

/* Takes @error, which came from reading, writing or shaking hands; a cancellation stays one. */
GError *net_error_from_wire (GError *error);
