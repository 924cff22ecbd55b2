/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <glib.h>
#include <proto-dot.h>
#include <string.h>

static GByteArray *
decode (const uint8_t *data, size_t size, gsize piece, gsize *end, ProtoDotDecoder *decoder)
{
  GByteArray *out = g_byte_array_new ();
  gboolean ended = FALSE;

  *end = 0;
  proto_dot_decoder_init (decoder);
  while (*end < size && !ended)
    {
      gsize length = MIN (piece, size - *end);
      gsize used = proto_dot_decoder_read (decoder, data + *end, length, out, &ended);

      g_assert_true (ended || used == length);
      *end += used;
    }
  if (!ended)
    *end = G_MAXSIZE;
  return out;
}

static GByteArray *
encode (const guint8 *data, gsize length, gsize piece)
{
  GByteArray *out = g_byte_array_new ();
  ProtoDotEncoder encoder;

  proto_dot_encoder_init (&encoder);
  for (gsize i = 0; i < length; i += piece)
    proto_dot_encoder_write (&encoder, data + i, MIN (piece, length - i), out);
  proto_dot_encoder_end (&encoder, out);
  return out;
}

/* Whatever is sent is one message with CRLF lines, as the other side sees it. */
static void
check_sending (const uint8_t *data, size_t size)
{
  g_autoptr (GByteArray) whole = encode (data, size, MAX (size, 1));
  g_autoptr (GByteArray) bytes = encode (data, size, 1);
  ProtoDotDecoder decoder;
  gsize end;

  g_assert_cmpmem (whole->data, whole->len, bytes->data, bytes->len);
  g_autoptr (GByteArray) out = decode (whole->data, whole->len, 7, &end, &decoder);
  g_assert_cmpuint (end, ==, whole->len);
  g_assert_false (decoder.bare_cr || decoder.bare_lf);
  g_autoptr (GByteArray) again = encode (out->data, out->len, 3);
  g_assert_cmpmem (whole->data, whole->len, again->data, again->len);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  ProtoDotDecoder one, two;
  gsize end, end_of_bytes;
  g_autoptr (GByteArray) whole = decode (data, size, MAX (size, 1), &end, &one);
  g_autoptr (GByteArray) bytes = decode (data, size, 1, &end_of_bytes, &two);

  g_assert_cmpuint (end, ==, end_of_bytes);
  g_assert_cmpmem (whole->data, whole->len, bytes->data, bytes->len);
  g_assert_cmpuint (one.longest_line, ==, two.longest_line);
  g_assert_cmpint (one.bare_cr, ==, two.bare_cr);
  g_assert_cmpint (one.bare_lf, ==, two.bare_lf);
  g_assert_cmpint (one.saw_nul, ==, two.saw_nul);
  /* CRLF.CRLF, or the lone dot of an empty message, and nothing else ends it. */
  if (end != G_MAXSIZE)
    {
      g_assert_cmpmem (data + end - 3, 3, ".\r\n", 3);
      g_assert_true (end == 3 || memcmp (data + end - 5, "\r\n", 2) == 0);
    }
  check_sending (data, size);
  return 0;
}
