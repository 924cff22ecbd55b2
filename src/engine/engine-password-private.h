/* SPDX-License-Identifier: MIT */
#pragma once

/* What else a log-in needs to know of verifiers. Any thread. */

#include "engine-password.h"

#include <proto-sasl-scram.h>

/* Also of a verifier of the old form, whose hash the keys are made of. FALSE: it is malformed. */
gboolean engine_password_parse (const char *verifier, ProtoScramKeys *keys);
/* Keys by which nothing is ever right, the same each time for @name: who asks for the keys of
 * somebody who is nobody shall not see it. @key: 32 octets that nobody else knows. */
void engine_password_fake (const guint8 *key, const char *name, ProtoScramKeys *keys);
/* What should stand in the place of @verifier, by which @password was right (NULL: it is not known,
 * but was proved to be right); NULL when it is good as it is. May be slow. */
char *engine_password_renew (const BaseSecret *password, const char *verifier);
