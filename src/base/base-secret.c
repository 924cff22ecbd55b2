/* SPDX-License-Identifier: MIT */
#include "base-secret.h"

#include <string.h>

struct _BaseSecret
{
  gatomicrefcount references;
  gsize length;
  char *text;
};

BaseSecret *
base_secret_new (const char *text, gssize length)
{
  gsize size = length < 0 ? strlen (text) : (gsize) length;
  char *copy = g_malloc (size + 1);

  memcpy (copy, text, size);
  copy[size] = '\0';

  BaseSecret *secret = base_secret_new_take (copy);
  secret->length = size;
  return secret;
}

BaseSecret *
base_secret_new_take (char *text)
{
  BaseSecret *secret = g_new0 (BaseSecret, 1);

  g_atomic_ref_count_init (&secret->references);
  secret->length = strlen (text);
  secret->text = text;
  return secret;
}

BaseSecret *
base_secret_ref (BaseSecret *secret)
{
  g_atomic_ref_count_inc (&secret->references);
  return secret;
}

void
base_secret_unref (BaseSecret *secret)
{
  if (!g_atomic_ref_count_dec (&secret->references))
    return;
  base_secret_wipe (secret->text, secret->length);
  g_free (secret->text);
  g_free (secret);
}

const char *
base_secret_get_text (const BaseSecret *secret)
{
  return secret->text;
}

gsize
base_secret_get_length (const BaseSecret *secret)
{
  return secret->length;
}

gboolean
base_secret_equal (const BaseSecret *a, const BaseSecret *b)
{
  return a->length == b->length && base_secret_bytes_equal (a->text, b->text, a->length);
}

gboolean
base_secret_bytes_equal (gconstpointer a, gconstpointer b, gsize length)
{
  const volatile guint8 *left = a, *right = b;
  guint8 difference = 0;

  for (gsize i = 0; i < length; i++)
    difference |= left[i] ^ right[i];
  return difference == 0;
}

void
base_secret_wipe (gpointer data, gsize length)
{
  explicit_bzero (data, length);
}
