/* SPDX-License-Identifier: MIT */
#pragma once

/* Who lives here: from the address in RCPT to the users whose maildrops it means. Any thread. */

#include "engine-service-private.h"

#include <proto-path.h>
#include <proto-reply.h>

/* The users, NULL-terminated, those of an alias also when only some of them have room (see
 * engine-bounce-private.h); NULL with *@refusal. @size: octets as declared with MAIL (RFC 1870),
 * 0 when they were not. In this order: an alias, the user of that name ("ann+tag" is ann's), for
 * "postmaster" the first user (RFC 5321 section 4.5.1), the user who catches all. */
char **
engine_resolve (EngineService *service, const ProtoPath *path, guint64 size, ProtoReply **refusal);

/* Whether letters to @path come to @user, who may then send as @path: as the user of that name, by
 * an alias or as the postmaster, and not only because nobody else gets them. */
gboolean engine_resolve_is_own (EngineService *service, const ProtoPath *path, const char *user);
