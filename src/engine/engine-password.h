/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Verifiers of passwords: "pbkdf2-sha256$<iterations>$<salt>$<hash>", base64, by GnuTLS (RFC 8018).
 * Slow on purpose: call on a worker thread. Any thread.
 */

#include <base-secret.h>

char *engine_password_hash (const BaseSecret *password, GError **error);
/* FALSE for a wrong password, for a malformed verifier and for NULL; takes the same time for all of
 * them, so that nobody learns which users exist. */
gboolean engine_password_verify (const BaseSecret *password, const char *verifier);
/* 16 random letters and digits that are easy to tell apart. */
BaseSecret *engine_password_make (void);
