/* SPDX-License-Identifier: MIT */
#include "proto-sasl-scram.h"

/* SASLprep: the profile of RFC 4013 over the tables of RFC 3454. GLib knows the categories and
 * NFKC; the code points that a table names one by one stand here. */

typedef struct
{
  gunichar first;
  gunichar last;
} Range;

/* B.1: commonly mapped to nothing. */
static const Range nothing[] = {
  { 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x1806, 0x1806 }, { 0x180b, 0x180d },
  { 0x200b, 0x200d }, { 0x2060, 0x2060 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
};

/* C.2.2, C.4, C.6, C.7, C.8 and C.9, as far as no category says it. */
static const Range prohibited[] = {
  { 0x0340, 0x0341 },   { 0x06dd, 0x06dd },   { 0x070f, 0x070f }, { 0x180e, 0x180e },
  { 0x200e, 0x200f },   { 0x2028, 0x202e },   { 0x2061, 0x2063 }, { 0x206a, 0x206f },
  { 0x2ff0, 0x2ffb },   { 0xfdd0, 0xfdef },   { 0xfff9, 0xfffd }, { 0x1d173, 0x1d17a },
  { 0xe0001, 0xe0001 }, { 0xe0020, 0xe007f },
};

/* D.1: written from right to left. */
static const Range right_to_left[] = {
  { 0x05be, 0x05be }, { 0x05c0, 0x05c0 }, { 0x05c3, 0x05c3 }, { 0x05d0, 0x05ea },
  { 0x05f0, 0x05f4 }, { 0x061b, 0x061b }, { 0x061f, 0x061f }, { 0x0621, 0x063a },
  { 0x0640, 0x064a }, { 0x066d, 0x066f }, { 0x0671, 0x06d5 }, { 0x06dd, 0x06dd },
  { 0x06e5, 0x06e6 }, { 0x06fa, 0x06fe }, { 0x0700, 0x070d }, { 0x0710, 0x0710 },
  { 0x0712, 0x072c }, { 0x0780, 0x07a5 }, { 0x07b1, 0x07b1 }, { 0x200f, 0x200f },
  { 0xfb1d, 0xfb1d }, { 0xfb1f, 0xfb28 }, { 0xfb2a, 0xfb36 }, { 0xfb38, 0xfb3c },
  { 0xfb3e, 0xfb3e }, { 0xfb40, 0xfb41 }, { 0xfb43, 0xfb44 }, { 0xfb46, 0xfbb1 },
  { 0xfbd3, 0xfd3d }, { 0xfd50, 0xfd8f }, { 0xfd92, 0xfdc7 }, { 0xfdf0, 0xfdfc },
  { 0xfe70, 0xfe74 }, { 0xfe76, 0xfefc },
};

static gboolean
is_in (gunichar c, const Range *ranges, guint count)
{
  for (guint i = 0; i < count; i++)
    if (c >= ranges[i].first && c <= ranges[i].last)
      return TRUE;
  return FALSE;
}

/* Section 2.3, for text that was mapped and normalised. Spaces other than U+0020 are gone then. */
static gboolean
is_prohibited (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  return type == G_UNICODE_CONTROL || type == G_UNICODE_PRIVATE_USE || type == G_UNICODE_SURROGATE
         || (c & 0xfffe) == 0xfffe || is_in (c, prohibited, G_N_ELEMENTS (prohibited));
}

static gboolean
goes_left (gunichar c)
{
  return is_in (c, right_to_left, G_N_ELEMENTS (right_to_left));
}

/* RFC 3454 section 6: a text that has a letter from right to left has none from left to right, and
 * begins and ends with one of its own. */
static gboolean
runs_one_way (const char *text)
{
  gboolean left = FALSE, right = FALSE, last_left = FALSE;
  gboolean first_left = goes_left (g_utf8_get_char (text));

  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);
      last_left = goes_left (c);
      left = left || last_left;
      right = right || (!last_left && g_unichar_isalpha (c));
    }
  return !left || (!right && first_left && last_left);
}

/* Section 2.1. The string is never moved, so that it can be wiped. */
static GString *
map (const char *text, gsize length)
{
  GString *mapped = g_string_sized_new (length * 3 + 1);

  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);
      if (g_unichar_type (c) == G_UNICODE_SPACE_SEPARATOR)
        g_string_append_c (mapped, ' ');
      else if (!is_in (c, nothing, G_N_ELEMENTS (nothing)))
        g_string_append_unichar (mapped, c);
    }
  return mapped;
}

static gboolean
is_good (const char *text)
{
  if (*text == '\0' || !runs_one_way (text))
    return FALSE;
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    if (is_prohibited (g_utf8_get_char (at)))
      return FALSE;
  return TRUE;
}

BaseSecret *
proto_scram_prepare (const BaseSecret *password)
{
  const char *text = base_secret_get_text (password);
  gsize length = base_secret_get_length (password);

  if (length == 0 || !g_utf8_validate_len (text, length, NULL))
    return NULL;

  GString *mapped = map (text, length);
  char *normal = g_utf8_normalize (mapped->str, (gssize) mapped->len, G_NORMALIZE_ALL_COMPOSE);
  base_secret_wipe (mapped->str, mapped->len);
  g_string_free (mapped, TRUE);
  if (normal == NULL)
    return NULL;
  BaseSecret *prepared = base_secret_new_take (normal);
  if (is_good (base_secret_get_text (prepared)))
    return prepared;
  base_secret_unref (prepared);
  return NULL;
}
