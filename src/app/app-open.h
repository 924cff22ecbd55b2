/* SPDX-License-Identifier: MIT */
#pragma once

/* What the desktop, or a command line, hands to the program. Main thread. */

#include "app-application.h"

/* A mailto: address (RFC 6068) begins a letter; any other file is shown as a letter. */
void app_open (AppApplication *application, GFile *file);
