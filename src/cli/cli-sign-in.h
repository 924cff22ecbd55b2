/* SPDX-License-Identifier: MIT */
#pragma once

/* Signing in with a browser, for the verbs that need it. Main thread. */

#include "cli-verb.h"

/* Shows where to sign in for @account, in a browser if @browser and there is one, and waits for the
 * person. The result stands for the password; wiped by the caller. */
char *cli_sign_in (CliRun *run, const StoreAccount *account, gboolean browser, GError **error);
