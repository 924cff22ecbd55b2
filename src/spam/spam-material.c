/* SPDX-License-Identifier: MIT */
#include "spam-material.h"

#include <message-html.h>
#include <string.h>

#define MAX_TEXT (64 * 1024)
#define MAX_HTML (128 * 1024)
#define MAX_URLS 200
#define MAX_URL  1024

gboolean
spam_is_zero_width (gunichar c)
{
  return c == 0xad || (c >= 0x200b && c <= 0x200f) || (c >= 0x2060 && c <= 0x2064) || c == 0xfeff;
}

static char *
drop_zero_width (const char *text)
{
  GString *out = g_string_sized_new (strlen (text));

  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    if (!spam_is_zero_width (g_utf8_get_char (at)))
      g_string_append_len (out, at, g_utf8_next_char (at) - at);
  return g_string_free (out, FALSE);
}

/* In place: a run of white space becomes one blank. */
static char *
join_lines (char *text)
{
  char *out = text;
  gboolean blank = FALSE;

  for (const char *at = text; *at != '\0'; at++)
    {
      if (g_ascii_isspace (*at))
        {
          blank = out > text;
          continue;
        }
      if (blank)
        *out++ = ' ';
      blank = FALSE;
      *out++ = *at;
    }
  *out = '\0';
  return text;
}

char *
spam_fold (const char *text)
{
  if (g_str_is_ascii (text))
    return join_lines (g_ascii_strdown (text, -1));
  g_autofree char *visible = drop_zero_width (text);
  g_autofree char *normal = g_utf8_normalize (visible, -1, G_NORMALIZE_NFKC);
  return join_lines (g_utf8_strdown (normal != NULL ? normal : visible, -1));
}

/* At most @octets of @text, whole characters. */
static char *
take_start (const char *text, gsize octets)
{
  gsize length = strnlen (text, octets + 1);

  if (length <= octets)
    return g_strdup (text);
  const char *end = g_utf8_find_prev_char (text, text + octets);
  return g_strndup (text, end != NULL ? (gsize) (end - text) : 0);
}

static void
add_url (GPtrArray *urls, const char *url, gsize length)
{
  g_autofree char *own = g_strndup (url, MIN (length, MAX_URL));

  if (urls->len < MAX_URLS && !g_ptr_array_find_with_equal_func (urls, own, g_str_equal, NULL))
    g_ptr_array_add (urls, g_steal_pointer (&own));
}

/* "http://…" and "www.…" in the words of a letter. */
static void
find_urls (GPtrArray *urls, const char *text)
{
  for (const char *at = text; (at = strstr (at, "://")) != NULL; at += 3)
    {
      const char *start = at;
      while (start > text && at - start < 10 && g_ascii_isalpha (start[-1]))
        start--;
      if (start < at)
        add_url (urls, start, strcspn (start, " \t\r\n<>\"'()"));
    }
}

/* The text alternative and the HTML need not say the same: both are read. */
static char *
read_text (MessageLetter *letter, gboolean *has_text_part)
{
  const char *html = message_letter_get_html (letter);
  GPtrArray *parts = message_letter_get_parts (letter);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < parts->len; i++)
    {
      MessagePart *part = g_ptr_array_index (parts, i);
      if (!message_part_is_attachment (part)
          && g_str_equal (message_part_get_content_type (part), "text/plain"))
        *has_text_part = TRUE;
    }
  if (*has_text_part || html == NULL)
    {
      g_autofree char *plain = message_letter_dup_text (letter);
      g_string_append (text, plain);
    }
  if (html != NULL)
    {
      g_autofree char *start = take_start (html, MAX_HTML);
      g_autofree char *made = message_html_to_text (start);
      if (text->len > 0)
        g_string_append_c (text, '\n');
      g_string_append (text, made);
    }
  g_autofree char *all = g_string_free (text, FALSE);
  return take_start (all, MAX_TEXT);
}

static char *
first_address (GPtrArray *mailboxes)
{
  const MessageMailbox *mailbox = mailboxes->len > 0 ? g_ptr_array_index (mailboxes, 0) : NULL;

  return spam_fold (mailbox != NULL ? mailbox->address : "");
}

SpamMaterial *
spam_material_new (MessageLetter *letter)
{
  SpamMaterial *material = g_new0 (SpamMaterial, 1);
  GPtrArray *from = message_letter_get_from (letter);

  material->letter = message_letter_ref (letter);
  material->subject = g_strdup (message_letter_get_subject (letter));
  material->folded_subject = spam_fold (material->subject);
  material->from_name
      = spam_fold (from->len > 0 ? ((const MessageMailbox *) from->pdata[0])->name : "");
  material->from = first_address (from);
  material->reply_to = first_address (message_letter_get_reply_to (letter));
  material->headers = message_letter_dup_headers (letter);
  material->html = message_letter_get_html (letter);
  material->text = read_text (letter, &material->has_text_part);
  material->folded_text = spam_fold (material->text);
  material->markup = spam_markup_scan (material->html);
  material->urls = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < material->markup->links->len; i++)
    {
      const SpamLink *link = g_ptr_array_index (material->markup->links, i);
      add_url (material->urls, link->url, strlen (link->url));
    }
  find_urls (material->urls, material->text);
  return material;
}

void
spam_material_free (SpamMaterial *material)
{
  message_letter_unref (material->letter);
  g_free (material->subject);
  g_free (material->folded_subject);
  g_free (material->from_name);
  g_free (material->from);
  g_free (material->reply_to);
  g_free (material->headers);
  g_free (material->text);
  g_free (material->folded_text);
  spam_markup_free (material->markup);
  g_ptr_array_unref (material->urls);
  g_free (material);
}
