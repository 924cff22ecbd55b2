/* SPDX-License-Identifier: MIT */
#pragma once

#include "net-workers.h"

/* The context of worker @index % count; borrowed. */
GMainContext *net_workers_get_context (NetWorkers *workers, guint index);
