/* SPDX-License-Identifier: MIT */
#include "spam-words.h"

#include <string.h>

#define MAX_WORDS    5000
#define MIN_LETTERS  3
#define MAX_LETTERS  14 /* longer ones are told by their first letter and their length */
#define MAX_HEADER   1000
#define MAX_RECEIVED 6 /* lines: the last ones tell most */

/* FNV-1a. */
static guint64
hash (const char *prefix, const char *text, gsize length)
{
  guint64 value = G_GUINT64_CONSTANT (14695981039346656037);

  for (const char *p = prefix; *p != '\0'; p++)
    value = (value ^ (guint8) *p) * G_GUINT64_CONSTANT (1099511628211);
  for (gsize i = 0; i < length; i++)
    value = (value ^ (guint8) text[i]) * G_GUINT64_CONSTANT (1099511628211);
  return value;
}

static void
add (SpamWords *words, const char *prefix, const char *text, gsize length)
{
  SpamWord word = { .key = hash (prefix, text, length) };

  if (words->words->len >= MAX_WORDS || length == 0
      || g_hash_table_contains (words->seen, &word.key))
    return;
  g_autofree char *own = g_strndup (text, length);
  g_autofree char *whole = g_strconcat (prefix, own, NULL);
  word.text = g_string_chunk_insert (words->texts, whole);
  g_array_append_val (words->words, word);
  g_hash_table_add (words->seen, g_memdup2 (&word.key, sizeof word.key));
}

static void
add_text (SpamWords *words, const char *prefix, const char *text)
{
  add (words, prefix, text, strlen (text));
}

static void G_GNUC_PRINTF (2, 3) add_printf (SpamWords *words, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  add_text (words, "", text);
}

/* ---- running text ---- */

/* Scripts whose sentences have no blanks: Han, kana, hangul. */
static gboolean
is_dense (gunichar c)
{
  return c >= 0x2e80
         && ((c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff)
             || (c >= 0xac00 && c <= 0xd7af) || (c >= 0xf900 && c <= 0xfaff)
             || (c >= 0x20000 && c <= 0x3ffff));
}

static gboolean
is_inside (gunichar c)
{
  if (c < 0x80)
    return g_ascii_isalnum ((char) c) || strchr ("'$-_.!", (int) c) != NULL;
  return g_unichar_isalnum (c) || g_unichar_ismark (c);
}

static void
add_word (SpamWords *words, const char *prefix, const char *start, const char *end)
{
  while (start < end && strchr ("'-_.", *start) != NULL)
    start++;
  while (end > start && strchr ("'-_.", end[-1]) != NULL)
    end--;
  glong letters = g_utf8_strlen (start, end - start);
  if (letters < MIN_LETTERS)
    return;
  if (letters <= MAX_LETTERS)
    add (words, prefix, start, (gsize) (end - start));
  else
    {
      g_autofree char *first = g_strndup (start, (gsize) (g_utf8_next_char (start) - start));
      add_printf (words, "%sskip:%s%ld", prefix, first, letters / 10 * 10);
    }
}

/* Two characters next to each other; a lone one by itself. */
static const char *
add_dense (SpamWords *words, const char *prefix, const char *at)
{
  gboolean alone = TRUE;

  while (is_dense (g_utf8_get_char (at)))
    {
      const char *next = g_utf8_next_char (at);
      if (is_dense (g_utf8_get_char (next)))
        add (words, prefix, at, (gsize) (g_utf8_next_char (next) - at));
      else if (alone)
        add (words, prefix, at, (gsize) (next - at));
      alone = FALSE;
      at = next;
    }
  return at;
}

/* @text folded. */
static void
add_running_text (SpamWords *words, const char *prefix, const char *text)
{
  const char *at = text;

  while (*at != '\0')
    {
      gunichar c = g_utf8_get_char (at);
      if (is_dense (c))
        {
          at = add_dense (words, prefix, at);
          continue;
        }
      const char *start = at;
      while (*at != '\0' && is_inside (g_utf8_get_char (at)) && !is_dense (g_utf8_get_char (at)))
        at = g_utf8_next_char (at);
      if (at > start)
        add_word (words, prefix, start, at);
      else
        at = g_utf8_next_char (at);
    }
}

/* ---- addresses, URLs ---- */

/* "a.b.example.org" as that, "b.example.org", "example.org". */
static void
add_host (SpamWords *words, const char *prefix, const char *host)
{
  for (const char *at = host; strchr (at, '.') != NULL; at = strchr (at, '.') + 1)
    add_text (words, prefix, at);
}

static void
add_pieces (SpamWords *words, const char *prefix, const char *text, const char *separators)
{
  for (const char *at = text; *at != '\0';)
    {
      gsize length = strcspn (at, separators);
      if (length > 1 && length <= 40)
        add (words, prefix, at, length);
      at += length + (at[length] != '\0');
    }
}

static void
add_urls (SpamWords *words, const SpamMaterial *material)
{
  for (guint i = 0; i < material->urls->len; i++)
    {
      const char *url = material->urls->pdata[i];
      g_autofree char *lower = g_ascii_strdown (url, -1);
      g_autofree char *host = spam_url_dup_host (lower);
      const char *path = strstr (lower, "://");

      add (words, "scheme:", lower, strcspn (lower, ":"));
      add_host (words, "url:", host);
      if (g_hostname_is_ip_address (host))
        add_text (words, "", "url:number");
      path = path != NULL ? strpbrk (path + 3, "/?") : NULL;
      if (path != NULL)
        add_pieces (words, "url:", path, "/?&=;:@#+,$.%");
    }
}

static void
add_mailboxes (SpamWords *words, const char *prefix, GPtrArray *mailboxes)
{
  g_autofree char *name_prefix = g_strconcat (prefix, "name:", NULL);

  if (mailboxes->len == 0)
    add_printf (words, "%snone", prefix);
  for (guint i = 0; i < MIN (mailboxes->len, 20); i++)
    {
      const MessageMailbox *mailbox = g_ptr_array_index (mailboxes, i);
      g_autofree char *name = spam_fold (mailbox->name);
      g_autofree char *address = spam_fold (mailbox->address);
      const char *at = strrchr (address, '@');

      add_text (words, prefix, address);
      if (at != NULL)
        add_host (words, prefix, at + 1);
      if (*name == '\0')
        add_printf (words, "%snameless", prefix);
      add_running_text (words, name_prefix, name);
    }
}

/* ---- headers ---- */

static void
add_received (SpamWords *words, const char *value)
{
  g_autofree char *lower = g_ascii_strdown (value, (gssize) strnlen (value, MAX_HEADER));

  for (const char *at = lower; *at != '\0';)
    {
      gsize length = strspn (at, "abcdefghijklmnopqrstuvwxyz0123456789.-_");
      g_autofree char *word = g_strndup (at, length);
      if (length > 3 && g_hostname_is_ip_address (word))
        {
          /* The network, and a wider one. */
          for (int dots = 2; dots <= 3; dots++)
            {
              const char *p = word;
              for (int n = 0; n < dots && p != NULL; n++)
                p = strchr (p + (n > 0), '.');
              if (p != NULL)
                add (words, "received:", word, (gsize) (p - word));
            }
        }
      else if (length > 3 && strchr (word, '.') != NULL && g_ascii_isalpha (*word))
        add_host (words, "received:", word);
      at += length > 0 ? length : 1;
    }
}

/* A verdict that somebody else put there is no property of the letter; nor is what only tells one
 * letter from all others. */
static gboolean
is_foreign_verdict (const char *name)
{
  return g_str_has_prefix (name, "x-spam") || g_str_has_prefix (name, "x-bogosity")
         || g_str_has_prefix (name, "x-postroom") || g_str_has_prefix (name, "x-pyzor")
         || g_str_has_prefix (name, "x-mailscanner");
}

static const char *const spoken_headers[]
    = { "x-mailer",     "user-agent",        "content-type",
        "organization", "x-priority",        "list-id",
        "mime-version", "precedence",        "sender",
        "return-path",  "errors-to",         "content-transfer-encoding",
        "x-mimeole",    "x-msmail-priority", NULL };

static void
add_header (SpamWords *words, const char *name, const char *value, guint *received)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  if (is_foreign_verdict (lower))
    return;
  /* The spelling of a name tells the program that wrote it. */
  add_text (words, "header:", name);
  if (g_str_equal (lower, "received") && (*received)++ < MAX_RECEIVED)
    add_received (words, value);
  else if (g_str_equal (lower, "message-id"))
    {
      const char *at = strrchr (value, '@');
      g_autofree char *host = at != NULL ? g_ascii_strdown (at + 1, -1) : g_strdup ("none");
      host[strcspn (host, ">")] = '\0';
      add_text (words, "message-id:", host);
    }
  else if (g_strv_contains (spoken_headers, lower))
    {
      g_autofree char *start = g_utf8_substring (value, 0, MIN (g_utf8_strlen (value, -1), 200));
      g_autofree char *folded = spam_fold (start);
      g_autofree char *prefix = g_strconcat (lower, ":", NULL);
      /* A boundary is new in each letter. */
      if (g_str_equal (lower, "content-type") && strstr (folded, "boundary") != NULL)
        *strstr (folded, "boundary") = '\0';
      add_text (words, prefix, folded);
      add_pieces (words, prefix, folded, " ;=\"()[]<>,/@");
    }
}

static void
add_headers (SpamWords *words, const SpamMaterial *material)
{
  g_auto (GStrv) lines = g_strsplit (material->headers, "\n", -1);
  guint received = 0;

  for (char **line = lines; *line != NULL; line++)
    {
      char *colon = strchr (*line, ':');
      if (colon == NULL)
        continue;
      *colon = '\0';
      add_header (words, *line, g_strstrip (colon + 1), &received);
    }
  add_running_text (words, "subject:", material->folded_subject);
  add_mailboxes (words, "from:", message_letter_get_from (material->letter));
  add_mailboxes (words, "to:", message_letter_get_to (material->letter));
  add_mailboxes (words, "cc:", message_letter_get_cc (material->letter));
  add_mailboxes (words, "reply-to:", message_letter_get_reply_to (material->letter));
}

/* ---- structure ---- */

static void
add_structure (SpamWords *words, const SpamMaterial *material)
{
  GPtrArray *parts = message_letter_get_parts (material->letter);
  const SpamMarkup *markup = material->markup;

  for (guint i = 0; i < MIN (parts->len, 50); i++)
    {
      MessagePart *part = g_ptr_array_index (parts, i);
      const char *name = message_part_get_file_name (part);
      add_text (words, "part:", message_part_get_content_type (part));
      if (name != NULL)
        {
          g_autofree char *folded = spam_fold (name);
          const char *ending = strrchr (folded, '.');
          add_text (words, "file:", folded);
          if (ending != NULL)
            add_text (words, "file:", ending);
        }
    }
  if (material->html != NULL && !material->has_text_part)
    add_text (words, "", "html:alone");
  for (guint i = 0; i < markup->tags->len; i++)
    add_text (words, "html:", markup->tags->pdata[i]);
  if (markup->hidden > 0)
    add_text (words, "", "html:hidden");
  if (markup->comments_in_words > 0)
    add_text (words, "", "html:cut");
  if (markup->remote_images > 0)
    add_text (words, "", "html:remote");
}

SpamWords *
spam_words_new (const SpamMaterial *material)
{
  SpamWords *words = g_new0 (SpamWords, 1);

  words->words = g_array_new (FALSE, FALSE, sizeof (SpamWord));
  words->seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  words->texts = g_string_chunk_new (4096);
  add_headers (words, material);
  add_structure (words, material);
  add_urls (words, material);
  add_running_text (words, "", material->folded_text);
  return words;
}

void
spam_words_free (SpamWords *words)
{
  g_array_unref (words->words);
  g_hash_table_unref (words->seen);
  g_string_chunk_free (words->texts);
  g_free (words);
}
