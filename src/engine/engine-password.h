/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Verifiers of passwords: SCRAM keys as
 * "SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>", base64 (RFC 5803), and the older
 * "pbkdf2-sha256$<iterations>$<salt>$<hash>". Neither gives the password back. By GnuTLS (RFC 8018)
 * and slow on purpose: call on a worker thread. Any thread.
 */

#include <base-secret.h>

/* G_IO_ERROR_INVALID_DATA for what SASLprep does not take. */
char *engine_password_hash (const BaseSecret *password, GError **error);
/* FALSE for a wrong password, for a malformed verifier and for NULL; takes the same time for all of
 * them, so that nobody learns which users exist. */
gboolean engine_password_verify (const BaseSecret *password, const char *verifier);
/* 16 random letters and digits that are easy to tell apart. */
BaseSecret *engine_password_make (void);
