/* SPDX-License-Identifier: MIT */
#pragma once

/* A letter as it came over the wire. Main thread. */

#include <adwaita.h>
#include <message-letter.h>

void app_source_dialog_present (GtkWindow *parent, MessageLetter *letter);
