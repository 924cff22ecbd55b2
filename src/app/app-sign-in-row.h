/* SPDX-License-Identifier: MIT */
#pragma once

/* The row where a person signs in at a mail provider with the browser. Main thread. */

#include <adwaita.h>
#include <engine-account.h>

#define APP_TYPE_SIGN_IN_ROW (app_sign_in_row_get_type ())
G_DECLARE_FINAL_TYPE (AppSignInRow, app_sign_in_row, APP, SIGN_IN_ROW, AdwActionRow)

/* Signals: "changed" (signed in, or no more), "failed" (GError). */

/* The provider's id; NULL: none is known, and the row hides, as it does for one without such a
 * sign-in. Another provider forgets what was signed in before. */
void app_sign_in_row_set_provider (AppSignInRow *row, const char *provider);
/* Whose account it is, and how the provider is reached. */
void app_sign_in_row_set_place (AppSignInRow *row, const char *address, const char *proxy);
/* An account that is signed in already, or must be again, or could be. */
void app_sign_in_row_set_account (AppSignInRow *row, EngineAccount *account);
/* What stands for the password; NULL: nobody has signed in here. */
const char *app_sign_in_row_get_tokens (AppSignInRow *row);
/* Their names, after one for any other. */
GListModel *app_sign_in_list_providers (void);
const char *app_sign_in_row_get_provider (AppSignInRow *row);
