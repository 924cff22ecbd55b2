/* SPDX-License-Identifier: MIT */
#pragma once

/* The local server: its switch, ports, users and what crosses its wires. Main thread. */

#include <engine-office.h>
#include <gtk/gtk.h>

void app_server_dialog_present (GtkWindow *parent, EngineOffice *office);
