/* SPDX-License-Identifier: MIT */
#pragma once

/* Adds an account, or changes or removes one. Main thread. */

#include <engine-office.h>
#include <gtk/gtk.h>

/* @account NULL: a new one. */
void app_account_dialog_present (GtkWindow *parent, EngineOffice *office, EngineAccount *account);
