/* SPDX-License-Identifier: MIT */
#include "message-part-private.h"

#include "message-text-private.h"

#include <string.h>

#define MAX_FILE_NAME 180 /* octets: file systems take 255, and somebody may add to it */

struct _MessagePart
{
  gint references;
  GMimeObject *object; /* NULL for a text made of a broken letter */
  char *content_type;
  char *file_name;
  char *content_id;
  char *charset;
  gboolean flowed;
  gboolean delete_space;
  gboolean attachment;
  guint depth;
  GBytes *bytes; /* under the lock until it is there */
};

static GMutex decoding;

void
message_part_lock (void)
{
  g_mutex_lock (&decoding);
}

void
message_part_unlock (void)
{
  g_mutex_unlock (&decoding);
}

/* ---- names ---- */

/* A file name from outside as a base name that can do no harm; NULL when nothing is left. */
static char *
make_safe_name (const char *name)
{
  g_autofree char *valid = NULL;
  GString *safe;

  if (name == NULL)
    return NULL;
  valid = g_utf8_make_valid (name, -1);
  const char *base = valid;
  for (const char *at = valid; *at != '\0'; at++)
    if (*at == '/' || *at == '\\')
      base = at + 1;

  safe = g_string_new (NULL);
  for (const char *at = base; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);
      /* Marks that turn the writing direction can make "exe.txt" of "txt.exe". */
      if (g_unichar_iscntrl (c) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
        continue;
      if (safe->len + 6 > MAX_FILE_NAME)
        break;
      g_string_append_unichar (safe, safe->len == 0 && c == '.' ? '_' : c);
    }
  g_autofree char *text = g_strstrip (g_string_free (safe, FALSE));
  return *text != '\0' ? g_steal_pointer (&text) : NULL;
}

static char *
find_name (GMimeObject *object)
{
  if (GMIME_IS_PART (object))
    return make_safe_name (g_mime_part_get_filename (GMIME_PART (object)));
  if (!GMIME_IS_MESSAGE_PART (object))
    return NULL;
  const char *name = g_mime_object_get_content_disposition_parameter (object, "filename");
  if (name != NULL)
    return make_safe_name (name);
  GMimeMessage *message = g_mime_message_part_get_message (GMIME_MESSAGE_PART (object));
  const char *subject = message != NULL ? g_mime_message_get_subject (message) : NULL;
  g_autofree char *base = make_safe_name (subject);
  return g_strdup_printf ("%s.eml", base != NULL ? base : "letter");
}

/* ---- making ---- */

MessagePart *
message_part_new (GMimeObject *object, guint depth)
{
  MessagePart *part = g_new0 (MessagePart, 1);
  GMimeContentType *type = g_mime_object_get_content_type (object);
  const char *format = type != NULL ? g_mime_content_type_get_parameter (type, "format") : NULL;
  const char *delsp = type != NULL ? g_mime_content_type_get_parameter (type, "delsp") : NULL;

  part->references = 1;
  part->object = g_object_ref (object);
  part->depth = depth;
  g_autofree char *mime = type != NULL ? g_mime_content_type_get_mime_type (type) : NULL;
  part->content_type = g_ascii_strdown (mime != NULL ? mime : "application/octet-stream", -1);
  part->file_name = find_name (object);
  part->content_id = g_strdup (g_mime_object_get_content_id (object));
  part->charset
      = g_strdup (type != NULL ? g_mime_content_type_get_parameter (type, "charset") : NULL);
  part->flowed = format != NULL && g_ascii_strcasecmp (format, "flowed") == 0;
  part->delete_space = delsp != NULL && g_ascii_strcasecmp (delsp, "yes") == 0;
  return part;
}

MessagePart *
message_part_new_text (GBytes *bytes)
{
  MessagePart *part = g_new0 (MessagePart, 1);

  part->references = 1;
  part->content_type = g_strdup ("text/plain");
  part->bytes = g_bytes_ref (bytes);
  return part;
}

MessagePart *
message_part_ref (MessagePart *part)
{
  g_atomic_int_inc (&part->references);
  return part;
}

void
message_part_unref (MessagePart *part)
{
  if (part == NULL || !g_atomic_int_dec_and_test (&part->references))
    return;
  g_clear_object (&part->object);
  g_free (part->content_type);
  g_free (part->file_name);
  g_free (part->content_id);
  g_free (part->charset);
  g_clear_pointer (&part->bytes, g_bytes_unref);
  g_free (part);
}

gboolean
message_part_is_text (const MessagePart *part, const char *subtype)
{
  return g_str_has_prefix (part->content_type, "text/")
         && strcmp (part->content_type + strlen ("text/"), subtype) == 0;
}

void
message_part_set_attachment (MessagePart *part, gboolean attachment)
{
  part->attachment = attachment;
}

/* ---- reading ---- */

const char *
message_part_get_content_type (const MessagePart *part)
{
  return part->content_type;
}

const char *
message_part_get_file_name (const MessagePart *part)
{
  return part->file_name;
}

const char *
message_part_get_content_id (const MessagePart *part)
{
  return part->content_id;
}

gboolean
message_part_is_attachment (const MessagePart *part)
{
  return part->attachment;
}

guint
message_part_get_depth (const MessagePart *part)
{
  return part->depth;
}

guint64
message_part_get_size (const MessagePart *part)
{
  return g_bytes_get_size (message_part_get_bytes ((MessagePart *) part));
}

static GBytes *
decode (MessagePart *part)
{
  GByteArray *octets = g_byte_array_new ();
  g_autoptr (GMimeStream) stream = g_mime_stream_mem_new_with_byte_array (octets);

  g_mime_stream_mem_set_owner (GMIME_STREAM_MEM (stream), FALSE);
  if (GMIME_IS_PART (part->object))
    {
      GMimeDataWrapper *content = g_mime_part_get_content (GMIME_PART (part->object));
      if (content != NULL)
        g_mime_data_wrapper_write_to_stream (content, stream);
    }
  else if (GMIME_IS_MESSAGE_PART (part->object))
    {
      GMimeMessage *message = g_mime_message_part_get_message (GMIME_MESSAGE_PART (part->object));
      if (message != NULL)
        g_mime_object_write_to_stream (GMIME_OBJECT (message), NULL, stream);
    }
  return g_byte_array_free_to_bytes (octets);
}

GBytes *
message_part_get_bytes (MessagePart *part)
{
  message_part_lock ();
  if (part->bytes == NULL)
    part->bytes = decode (part);
  message_part_unlock ();
  return part->bytes;
}

char *
message_part_dup_text (MessagePart *part)
{
  gsize length;
  const char *data = g_bytes_get_data (message_part_get_bytes (part), &length);
  g_autofree char *text = message_text_decode (data, length, part->charset);

  return part->flowed ? message_text_from_flowed (text, part->delete_space)
                      : g_steal_pointer (&text);
}
