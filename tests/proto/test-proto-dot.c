/* SPDX-License-Identifier: MIT */
#include <proto-dot.h>

#include <string.h>

/* Decodes @wire in two parts; returns the message, and where it ended (0: it did not). */
static GByteArray *
decode (const char *wire, gsize length, gsize split, ProtoDotDecoder *decoder, gsize *end)
{
  GByteArray *out = g_byte_array_new ();
  gboolean ended = FALSE;

  proto_dot_decoder_init (decoder);
  gsize used = proto_dot_decoder_read (decoder, (const guint8 *) wire, split, out, &ended);
  if (!ended)
    {
      g_assert_cmpuint (used, ==, split);
      used += proto_dot_decoder_read (decoder, (const guint8 *) wire + split, length - split, out,
                                      &ended);
    }
  *end = ended ? used : 0;
  return out;
}

typedef struct
{
  const char *wire;
  gsize wire_length;
  const char *message; /* NULL: it does not end */
  gsize message_length;
  gboolean bare_cr;
  gboolean bare_lf;
  gboolean nul;
} Case;

#define WIRE(text)    text, sizeof text - 1
#define MESSAGE(text) text, sizeof text - 1
#define NO_END        NULL, 0

static const Case cases[] = {
  { WIRE (".\r\n"), MESSAGE ("") },
  { WIRE ("\r\n.\r\n"), MESSAGE ("\r\n") },
  { WIRE ("a\r\n.\r\nQUIT\r\n"), MESSAGE ("a\r\n") },
  { WIRE ("..\r\n.\r\n"), MESSAGE (".\r\n") },
  { WIRE ("...\r\n..a\r\n.a\r\n.\r\n"), MESSAGE ("..\r\n.a\r\na\r\n") },
  { WIRE ("a.\r\n.\r\n"), MESSAGE ("a.\r\n") },
  { WIRE ("a\r\n."), NO_END },
  { WIRE ("a\r\n.\r"), NO_END },
  /* What other servers took for an end, and smuggled letters through (RFC 5321 section 2.3.8). */
  { WIRE ("a\n.\n"), NO_END, .bare_lf = TRUE },
  { WIRE ("a\n.\r\n"), NO_END, .bare_lf = TRUE },
  { WIRE ("a\r\n.\n"), NO_END, .bare_lf = TRUE },
  { WIRE ("a\r.\r"), NO_END, .bare_cr = TRUE },
  { WIRE ("a\r.\r\n"), NO_END, .bare_cr = TRUE },
  { WIRE ("a\r.\n"), NO_END, .bare_cr = TRUE, .bare_lf = TRUE },
  { WIRE ("a\n.\r"), NO_END, .bare_lf = TRUE },
  { WIRE ("a\r\n.\r\r\n"), NO_END, .bare_cr = TRUE },
  { WIRE ("a\r\n.\rx"), NO_END, .bare_cr = TRUE },
  { WIRE ("a\r\r\n.\r\n"), MESSAGE ("a\r\r\n"), .bare_cr = TRUE },
  { WIRE ("a\r\n\0.\r\n"), NO_END, .nul = TRUE },
  { WIRE ("a\r\n.\0\r\n"), NO_END, .nul = TRUE },
  { WIRE ("a\r\n.\r\0\n"), NO_END, .bare_cr = TRUE, .bare_lf = TRUE, .nul = TRUE },
  { WIRE ("\n.\n\r\n.\r\n"), MESSAGE ("\n.\n\r\n"), .bare_lf = TRUE },
  { WIRE ("\xff\0\x80\r\n.\r\n"), MESSAGE ("\xff\0\x80\r\n"), .nul = TRUE },
};

static void
check_case (const Case *one, gsize split)
{
  ProtoDotDecoder decoder;
  gsize end;
  g_autoptr (GByteArray) out = decode (one->wire, one->wire_length, split, &decoder, &end);

  if (one->message == NULL)
    g_assert_cmpuint (end, ==, 0);
  else
    {
      const char *behind = strstr (one->wire, "QUIT");

      g_assert_cmpuint (end, ==, behind != NULL ? (gsize) (behind - one->wire) : one->wire_length);
      g_assert_cmpmem (out->data, out->len, one->message, one->message_length);
    }
  g_assert_cmpint (decoder.bare_cr, ==, one->bare_cr);
  g_assert_cmpint (decoder.bare_lf, ==, one->bare_lf);
  g_assert_cmpint (decoder.saw_nul, ==, one->nul);
}

static void
test_decode (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize split = 0; split <= cases[i].wire_length; split++)
      {
        check_case (&cases[i], split);
      }
}

/* What the setting for teaching takes for an end, at any split. */
static void
test_lenient (void)
{
  static const struct
  {
    const char *wire;
    const char *message; /* NULL: it does not end */
    gsize end;
    gboolean false_end;
  } endings[] = {
    { "a\n.\nQUIT", "a\r\n", 4, TRUE },
    { "a\n.\r\nQUIT", "a\r\n", 5, TRUE },
    { "a\r\n.\nQUIT", "a\r\n", 5, TRUE },
    { "a\r\n.\r\nQUIT", "a\r\n", 6, FALSE },
    { "a\n..b\n\r\n.\r\n", "a\r\n.b\r\n\r\n", 11, FALSE },
    { "a\r.\r", NULL, 0, FALSE },
    { "\n.\n", "\r\n", 3, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (endings); i++)
    for (gsize split = 0; split <= strlen (endings[i].wire); split++)
      {
        const guint8 *wire = (const guint8 *) endings[i].wire;
        gsize length = strlen (endings[i].wire);
        g_autoptr (GByteArray) out = g_byte_array_new ();
        ProtoDotDecoder decoder;
        gboolean ended = FALSE;

        proto_dot_decoder_init (&decoder);
        decoder.lenient = TRUE;
        gsize used = proto_dot_decoder_read (&decoder, wire, split, out, &ended);
        if (!ended)
          used += proto_dot_decoder_read (&decoder, wire + split, length - split, out, &ended);
        g_assert_cmpint (ended, ==, endings[i].message != NULL);
        g_assert_cmpint (decoder.false_end, ==, endings[i].false_end);
        if (!ended)
          continue;
        g_assert_cmpuint (used, ==, endings[i].end);
        g_assert_cmpmem (out->data, out->len, endings[i].message, strlen (endings[i].message));
      }
}

/* The longest line counts what stands between two CRLF, bare CRs and LFs too; no stuffed dot. */
static void
test_longest_line (void)
{
  static const struct
  {
    const char *wire;
    gsize longest;
  } lines[] = {
    { ".\r\n", 0 },           { "abc\r\nde\r\n.\r\n", 3 }, { "..bc\r\n.\r\n", 3 },
    { "a\rb\r\n.\r\n", 3 },   { "a\nb\r\n.\r\n", 3 },      { "a\r\r\n.\r\n", 2 },
    { "ab\r\nabcd\r\n.", 4 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    for (gsize split = 0; split <= strlen (lines[i].wire); split++)
      {
        ProtoDotDecoder decoder;
        gsize end;
        g_autoptr (GByteArray) out
            = decode (lines[i].wire, strlen (lines[i].wire), split, &decoder, &end);

        g_assert_cmpuint (decoder.longest_line, ==, lines[i].longest);
      }
}

static void
test_encode (void)
{
  static const struct
  {
    const char *message;
    const char *wire;
  } messages[] = {
    { "", ".\r\n" },
    { "a", "a\r\n.\r\n" },
    { "a\r\n", "a\r\n.\r\n" },
    { ".", "..\r\n.\r\n" },
    { ".\r\n.\r\n", "..\r\n..\r\n.\r\n" },
    { "a\r\n.b\r\n..\r\n", "a\r\n..b\r\n...\r\n.\r\n" },
    { "a.\r\n", "a.\r\n.\r\n" },
    { "a\n.\nb", "a\r\n..\r\nb\r\n.\r\n" },
    { "a\r.\rb\r", "a\r\n..\r\nb\r\n.\r\n" },
    { "a\n\nb\n", "a\r\n\r\nb\r\n.\r\n" },
    { "a\r\r\nb", "a\r\n\r\nb\r\n.\r\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++)
    for (gsize split = 0; split <= strlen (messages[i].message); split++)
      {
        const guint8 *data = (const guint8 *) messages[i].message;
        g_autoptr (GByteArray) out = g_byte_array_new ();
        ProtoDotEncoder encoder;

        proto_dot_encoder_init (&encoder);
        proto_dot_encoder_write (&encoder, data, split, out);
        proto_dot_encoder_write (&encoder, data + split, strlen (messages[i].message) - split, out);
        proto_dot_encoder_end (&encoder, out);
        g_assert_cmpmem (out->data, out->len, messages[i].wire, strlen (messages[i].wire));
      }
}

static void
test_round_trip (void)
{
  static const char alphabet[] = "..\r\na";

  for (guint i = 0; i < 3000; i++)
    {
      g_autoptr (GByteArray) message = g_byte_array_new ();
      g_autoptr (GByteArray) wire = g_byte_array_new ();
      ProtoDotEncoder encoder;
      ProtoDotDecoder decoder;
      gsize end;

      for (gint lines = g_test_rand_int_range (0, 6); lines > 0; lines--)
        {
          for (gint octets = g_test_rand_int_range (0, 5); octets > 0; octets--)
            g_byte_array_append (message, (const guint8 *) alphabet + (g_test_rand_bit () ? 0 : 4),
                                 1);
          g_byte_array_append (message, (const guint8 *) "\r\n", 2);
        }
      proto_dot_encoder_init (&encoder);
      for (guint at = 0; at < message->len; at++)
        proto_dot_encoder_write (&encoder, message->data + at, 1, wire);
      proto_dot_encoder_end (&encoder, wire);

      g_autoptr (GByteArray) out
          = decode ((const char *) wire->data, wire->len, wire->len / 2, &decoder, &end);
      g_assert_cmpuint (end, ==, wire->len);
      g_assert_cmpmem (out->data, out->len, message->data, message->len);
      g_assert_false (decoder.bare_cr || decoder.bare_lf || decoder.saw_nul);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/proto/dot/decode", test_decode);
  g_test_add_func ("/proto/dot/lenient", test_lenient);
  g_test_add_func ("/proto/dot/longest-line", test_longest_line);
  g_test_add_func ("/proto/dot/encode", test_encode);
  g_test_add_func ("/proto/dot/round-trip", test_round_trip);
  return g_test_run ();
}
