/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A password or token: counted, immutable, wiped when the last holder lets go.
 * Any thread. Never print one; never copy one into an ordinary string that is not wiped.
 */

#include <glib.h>

typedef struct _BaseSecret BaseSecret;

/* Copies @length bytes (-1: up to the NUL). */
BaseSecret *base_secret_new (const char *text, gssize length);

/* Takes @text, a NUL-terminated string from g_malloc(), and wipes it in place at the end. */
BaseSecret *base_secret_new_take (char *text);

BaseSecret *base_secret_ref (BaseSecret *secret);
void base_secret_unref (BaseSecret *secret);

/* NUL-terminated, and its length without the NUL. Borrowed. */
const char *base_secret_get_text (const BaseSecret *secret);
gsize base_secret_get_length (const BaseSecret *secret);

/* Compares in time that depends on the lengths only. */
gboolean base_secret_equal (const BaseSecret *a, const BaseSecret *b);
gboolean base_secret_bytes_equal (gconstpointer a, gconstpointer b, gsize length);

/* Overwrites @length bytes in a way the compiler may not leave out. */
void base_secret_wipe (gpointer data, gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BaseSecret, base_secret_unref)
