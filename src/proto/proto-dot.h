/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Dot-stuffing (RFC 5321 section 4.5.2, RFC 1939 section 3), shared by the two protocols and both
 * their sides; streaming, at any split. One thread at a time.
 */

#include <glib.h>

/* ---- sending ---- */

typedef struct
{
  gboolean at_line_start;
  gboolean after_cr;
} ProtoDotEncoder;

void proto_dot_encoder_init (ProtoDotEncoder *encoder);

/* Appends @data to @out with a dot added at the start of each line that begins with one. A bare
 * LF or a bare CR is sent as CRLF (the store keeps CRLF; files of other programs may not). */
void proto_dot_encoder_write (ProtoDotEncoder *encoder,
                              const guint8 *data,
                              gsize length,
                              GByteArray *out);

/* Ends the last line if it has no CRLF, and appends the final dot. */
void proto_dot_encoder_end (ProtoDotEncoder *encoder, GByteArray *out);

/* ---- receiving ---- */

typedef struct
{
  guint state;
  gsize line_length;  /* octets of the line under way */
  gsize longest_line; /* without CRLF */
  gboolean bare_cr;   /* a CR that no LF followed was seen */
  gboolean bare_lf;   /* an LF that no CR led was seen */
  gboolean saw_nul;
  /* To be set after proto_dot_decoder_init(): a bare LF ends a line too, and is passed on as CRLF.
   * That is what makes smuggling possible (section 4.1.1.4 forbids it): for teaching only. */
  gboolean lenient;
  gboolean loose;     /* the line under way began behind a bare LF */
  gboolean false_end; /* something else than CRLF.CRLF has ended the message */
} ProtoDotDecoder;

void proto_dot_decoder_init (ProtoDotDecoder *decoder);

/* Reads from @data, appends the un-stuffed octets (CRLF line ends kept) to @out, and returns how
 * many octets of @data it used. *@ended becomes TRUE when CRLF.CRLF, and nothing else, has ended
 * the message (RFC 5321 section 2.3.8); what follows it is not used. The CRLF before the dot
 * belongs to the message; a message may be empty. */
gsize proto_dot_decoder_read (ProtoDotDecoder *decoder,
                              const guint8 *data,
                              gsize length,
                              GByteArray *out,
                              gboolean *ended);
