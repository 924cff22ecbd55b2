/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <glib.h>
#include <string.h>

/*
 * Runs a fuzz target without libFuzzer, as an ordinary test: over the files and folders given, and
 * over a fixed number of mutations of them. The seed is printed and may be given again in
 * FUZZ_SEED.
 */

#define MUTATIONS  2000
#define MAX_OCTETS (64 * 1024)

static void
add_path (GPtrArray *inputs, const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr (GError) error = NULL;
  const char *name;

  if (dir == NULL)
    {
      char *contents = NULL;
      gsize length = 0;

      g_file_get_contents (path, &contents, &length, &error);
      g_assert_no_error (error);
      g_ptr_array_add (inputs, g_bytes_new_take (contents, length));
      return;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inside = g_build_filename (path, name, NULL);
      add_path (inputs, inside);
    }
}

static void
run (gconstpointer data, gsize length)
{
  /* A copy of exact size, so that a sanitizer sees a read behind the end. */
  g_autofree guint8 *copy = g_memdup2 (data, length);

  LLVMFuzzerTestOneInput (copy != NULL ? copy : (const guint8 *) "", length);
}

static GBytes *
pick (GPtrArray *inputs, GRand *random)
{
  return g_ptr_array_index (inputs, g_rand_int_range (random, 0, (gint32) inputs->len));
}

static guint
pick_offset (const GByteArray *input, GRand *random)
{
  return input->len == 0 ? 0 : (guint) g_rand_int_range (random, 0, (gint32) input->len);
}

static void
insert (GByteArray *input, guint offset, const guint8 *data, gsize length)
{
  guint behind = input->len - offset;

  g_byte_array_set_size (input, input->len + (guint) length);
  memmove (input->data + offset + length, input->data + offset, behind);
  memcpy (input->data + offset, data, length);
}

static void
mutate (GByteArray *input, GPtrArray *inputs, GRand *random)
{
  static const char special[] = "\r\n. :<>@\"\\-\0[]=*250\x7f\xff";
  guint offset = pick_offset (input, random);
  gsize length = 0;
  const guint8 *other;

  switch (g_rand_int_range (random, 0, 5))
    {
    case 0: /* another octet */
      if (input->len > 0)
        input->data[offset] = (guint8) g_rand_int_range (random, 0, 256);
      break;
    case 1: /* one that means something */
      insert (input, offset,
              (const guint8 *) special + g_rand_int_range (random, 0, sizeof special - 1), 1);
      break;
    case 2: /* a hole */
      length = (gsize) g_rand_int_range (random, 0, 20);
      g_byte_array_remove_range (input, offset, (guint) MIN (length, input->len - offset));
      break;
    case 3: /* a piece of another input */
      other = g_bytes_get_data (pick (inputs, random), &length);
      if (length > 0 && input->len + length < MAX_OCTETS)
        insert (input, offset, other, (gsize) g_rand_int_range (random, 0, (gint32) length) + 1);
      break;
    default: /* an end */
      g_byte_array_set_size (input, offset);
      break;
    }
}

int
main (int argc, char *argv[])
{
  g_autoptr (GPtrArray) inputs = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  const char *given = g_getenv ("FUZZ_SEED");
  guint32 seed = given != NULL ? (guint32) g_ascii_strtoull (given, NULL, 10) : g_random_int ();
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);

  g_print ("# FUZZ_SEED=%u\n1..2\n", seed);
  for (int i = 1; i < argc; i++)
    add_path (inputs, argv[i]);
  g_assert_cmpuint (inputs->len, >, 0);

  for (guint i = 0; i < inputs->len; i++)
    {
      gsize length = 0;
      const void *data = g_bytes_get_data (g_ptr_array_index (inputs, i), &length);
      run (data, length);
    }
  g_print ("ok 1 corpus\n");

  for (guint i = 0; i < MUTATIONS; i++)
    {
      gsize length = 0;
      const guint8 *data = g_bytes_get_data (pick (inputs, random), &length);
      g_autoptr (GByteArray) input = g_byte_array_new ();

      g_byte_array_append (input, data, (guint) length);
      for (gint n = g_rand_int_range (random, 1, 6); n > 0; n--)
        mutate (input, inputs, random);
      run (input->data, input->len);
    }
  g_print ("ok 2 mutations\n");
  return 0;
}
