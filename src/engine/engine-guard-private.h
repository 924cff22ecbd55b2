/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who has guessed wrong, and from where: counts of a user's wrong passwords from one address, and
 * of an address's for all users. Too many lock the pair, or the address, for a while; nobody can
 * lock a user out at other addresses. Users who are nobody count as well, lest it be seen who is
 * one. What is known is bounded: the oldest is forgotten first. Any thread.
 */

#include "engine-server.h"

typedef struct _EngineGuard EngineGuard;

/* @limits is copied. */
EngineGuard *engine_guard_new (const EngineServerLimits *limits);
void engine_guard_free (EngineGuard *guard);

/* FALSE: the pair or the address is locked, and no password is to be looked at. */
gboolean engine_guard_allows (EngineGuard *guard, const char *user, const char *address);
/* A wrong password; returns for how many seconds the answer should be held back. */
guint engine_guard_note_failure (EngineGuard *guard, const char *user, const char *address);
/* A right one: the pair begins anew. */
void engine_guard_note_success (EngineGuard *guard, const char *user, const char *address);

/* The host of @address, without its port; of IPv6 the first 64 bits, which are one customer's. */
char *engine_guard_name_address (GSocketAddress *address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineGuard, engine_guard_free)
