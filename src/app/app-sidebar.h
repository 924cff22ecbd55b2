/* SPDX-License-Identifier: MIT */
#pragma once

/* The left pane: folders, accounts and the local server. Main thread. */

#include <adwaita.h>
#include <engine-office.h>

#define APP_TYPE_SIDEBAR (app_sidebar_get_type ())
G_DECLARE_FINAL_TYPE (AppSidebar, app_sidebar, APP, SIDEBAR, AdwBin)

/* Signals: "folder-chosen" (int: StoreFolder), by the person; "account-chosen" (EngineAccount);
 * "counted" (): the letters were counted anew. */

void app_sidebar_set_office (AppSidebar *sidebar, EngineOffice *office);
/* Shows @folder as the open one; says nothing. */
void app_sidebar_select (AppSidebar *sidebar, StoreFolder folder);
/* As counted last; borrowed. */
const StoreCounts *app_sidebar_get_counts (AppSidebar *sidebar);
