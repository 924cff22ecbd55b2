/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Passwords in secrets.ini, where there is no keyring: readable by the person alone (0600), written
 * whole and renamed into place, under a lock, as several programs may have the folder open. The
 * values are in base64 so that any password fits; that hides nothing. Blocks: call on a worker.
 */

#include <base-secret.h>

/* NULL without an error: none is kept. */
BaseSecret *engine_secrets_file_lookup (const char *directory, gint64 account, GError **error);
/* @password NULL forgets it. */
gboolean engine_secrets_file_store (const char *directory,
                                    gint64 account,
                                    const BaseSecret *password,
                                    GError **error);
