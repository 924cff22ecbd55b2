/* SPDX-License-Identifier: MIT */
#pragma once

/* Why a letter is, or is not, junk; and what to think of its sender. Main thread. */

#include <adwaita.h>
#include <engine-office.h>

/* @sender: the letter's address, or NULL. */
void app_junk_dialog_present (GtkWindow *parent,
                              EngineJunk *junk,
                              const EngineJunkReport *report,
                              const char *sender);
