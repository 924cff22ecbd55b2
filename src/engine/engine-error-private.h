/* SPDX-License-Identifier: MIT */
#pragma once

/* How the errors of the rooms below become this room's. Any thread. */

#include "engine-error.h"

#include <gio/gio.h>

/* @error in this room's words: what happened and, where a person can do something, what. @where:
 * what it happened at ("mail.example.org"), or NULL. Errors of this room and
 * G_IO_ERROR_CANCELLED are copied. */
GError *engine_error_translate (const GError *error, const char *where);

/* Ends @task with @error, which it takes, translated. */
void engine_error_return (GTask *task, GError *error, const char *where);
