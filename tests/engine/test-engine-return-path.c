/* SPDX-License-Identifier: MIT */
#include <engine-return-path-private.h>

#include <string.h>

/* The letter in pieces of @size octets; what comes after the head is appended as it is. */
static char *
run (const char *letter, gsize size)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  EngineReturnPath state;

  engine_return_path_init (&state);
  for (gsize i = 0, length = strlen (letter); i < length; i += size)
    {
      gsize piece = MIN (size, length - i);
      gsize used = state.over
                       ? 0
                       : engine_return_path_read (&state, (const guint8 *) letter + i, piece, out);

      g_assert_true (state.over || used == piece);
      g_byte_array_append (out, (const guint8 *) letter + i + used, (guint) (piece - used));
    }
  engine_return_path_end (&state, out);
  g_byte_array_append (out, (const guint8 *) "", 1);
  return g_strdup ((const char *) out->data);
}

static void
assert_filtered (const char *letter, const char *expected)
{
  for (gsize size = 1; size <= strlen (letter); size++)
    {
      g_autofree char *result = run (letter, size);

      g_assert_cmpstr (result, ==, expected);
    }
}

static void
assert_kept (const char *letter)
{
  assert_filtered (letter, letter);
}

static void
test_kept (void)
{
  assert_kept ("\r\n");
  assert_kept ("\r\nReturn-Path: <a@b>\r\nReceived: x\r\n");
  assert_kept ("Subject: x\r\n Return-Path: <a@b>\r\n\r\n");
  assert_kept ("Return-Paths: x\r\nReturn Path: x\r\nX-Return-Path: x\r\nReturn-Path\r\n\r\n");
  assert_kept ("Subject: Return-Path: x\r\n\r\nReturn-Path: <a@b>\r\n");
  assert_kept ("A-name-that-is-longer-than-what-is-held-of-a-line: x\r\n\r\n");
  assert_kept ("Return-Path");
  assert_kept ("Subject: no end");
  assert_kept ("Received: a\r\n\tb\r\nreceived : c\r\nReceivedly: d\r\n\r\nReceived: e\r\n");
}

static void
test_taken_out (void)
{
  assert_filtered ("Return-Path: <a@b>\r\n\r\nbody\r\n", "\r\nbody\r\n");
  assert_filtered ("A: 1\r\nRETURN-path:\r\n <a@b>\r\n\t(c)\r\nB: 2\r\n\r\nx",
                   "A: 1\r\nB: 2\r\n\r\nx");
  assert_filtered ("Return-Path : <a@b>\r\nReturn-Path:<c@d>\r\nReceived: x\r\n\r\n",
                   "Received: x\r\n\r\n");
  assert_filtered ("Return-Path: no end", "");
  assert_filtered ("Return-Path                                           x: y\r\n z\r\n\r\n",
                   "\r\n");
  /* A line of spaces belongs to the field, and does not end the head. */
  assert_filtered ("Return-Path: a\r\n \r\nReturn-Path: b\r\n\r\n", "\r\n");
}

/* A letter by BDAT may have them. */
static void
test_bare_lf (void)
{
  assert_filtered ("A: 1\nReturn-Path: x\n y\nReceived: z\n\nReturn-Path: body\n",
                   "A: 1\nReceived: z\n\nReturn-Path: body\n");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/return-path/kept", test_kept);
  g_test_add_func ("/engine/return-path/taken-out", test_taken_out);
  g_test_add_func ("/engine/return-path/bare-lf", test_bare_lf);
  return g_test_run ();
}
