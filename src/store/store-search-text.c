/* SPDX-License-Identifier: MIT */
#include "store-search-text.h"

#include <message-html.h>
#include <string.h>

#define MAX_BODY     (4 * 1024 * 1024) /* octets that are read of a body */
#define MAX_ATTACHED (1024 * 1024)     /* of all attached texts of a letter */

/* ---- subjects ---- */

/* Longer ones before those they begin with. */
static const char *const answers[]
    = { "re",  "aw",   "wg",   "fwd",  "fw",   "sv",   "vs",   "antw", "rif", "tr",
        "odp", "回复", "回覆", "答复", "答覆", "转发", "轉寄", "返信", NULL };

/* What follows "Re", "Re[2]" or "Re (2)" and the colon; NULL: @text begins with nothing such. */
static const char *
skip_answer (const char *text)
{
  for (guint i = 0; answers[i] != NULL; i++)
    {
      gsize length = strlen (answers[i]);
      const char *at = text + length;
      if (strncmp (text, answers[i], length) != 0)
        continue;
      at += strspn (at, " [(^0123456789)]");
      if (*at == ':')
        return at + 1;
      if (g_str_has_prefix (at, "：")) /* as wide as a Chinese character */
        return at + strlen ("：");
    }
  return NULL;
}

char *
store_search_text_root (const char *subject, gboolean *reply)
{
  g_autofree char *valid = g_utf8_make_valid (subject, -1);
  g_autofree char *folded = g_utf8_casefold (valid, -1);
  GString *root = g_string_new (NULL);
  const char *at = g_strchug (folded);

  *reply = FALSE;
  for (const char *next; (next = skip_answer (at)) != NULL; *reply = TRUE)
    for (at = next; g_ascii_isspace (*at);)
      at++;
  for (; *at != '\0'; at++)
    if (!g_ascii_isspace (*at))
      g_string_append_c (root, *at);
    else if (root->len > 0 && root->str[root->len - 1] != ' ')
      g_string_append_c (root, ' ');
  g_autofree char *text = g_strchomp (g_string_free (root, FALSE));
  return *text != '\0' ? g_steal_pointer (&text) : NULL;
}

/* ---- texts ---- */

static void
cut (char *text, gsize limit)
{
  if (strlen (text) > limit)
    *g_utf8_find_prev_char (text, text + limit) = '\0';
}

static void
add_mailboxes (GString *text, GPtrArray *mailboxes)
{
  for (guint i = 0; i < mailboxes->len; i++)
    {
      const MessageMailbox *mailbox = g_ptr_array_index (mailboxes, i);
      if (text->len > 0)
        g_string_append (text, "\n");
      g_string_append_printf (text, "%s <%s>", mailbox->name, mailbox->address);
    }
}

static char *
join_mailboxes (GPtrArray *first, GPtrArray *second)
{
  GString *text = g_string_new (NULL);

  add_mailboxes (text, first);
  if (second != NULL)
    add_mailboxes (text, second);
  return g_string_free (text, FALSE);
}

/* The text of an attachment that is one; NULL: it is none. */
static char *
read_attachment (MessagePart *part)
{
  const char *type = message_part_get_content_type (part);

  if (g_str_equal (type, "text/html"))
    {
      g_autofree char *html = message_part_dup_text (part);
      return message_html_to_text (html);
    }
  if (g_str_has_prefix (type, "text/") || g_str_equal (type, "application/json")
      || g_str_has_suffix (type, "+json") || g_str_has_suffix (type, "/xml")
      || g_str_has_suffix (type, "+xml"))
    return message_part_dup_text (part);
  if (!g_str_equal (type, "message/rfc822"))
    return NULL;
  g_autoptr (MessageLetter) letter = message_letter_parse (message_part_get_bytes (part), NULL);
  if (letter == NULL)
    return NULL;
  g_autofree char *text = message_letter_dup_text (letter);
  return g_strconcat (message_letter_get_subject (letter), "\n", text, NULL);
}

static void
read_attachments (StoreSearchText *text, MessageLetter *letter)
{
  GPtrArray *attachments = message_letter_get_attachments (letter);
  GString *names = g_string_new (NULL);
  GString *texts = g_string_new (NULL);

  for (guint i = 0; i < attachments->len; i++)
    {
      MessagePart *part = g_ptr_array_index (attachments, i);
      const char *name = message_part_get_file_name (part);
      if (name != NULL)
        g_string_append_printf (names, "%s\n", name);
      g_autofree char *content = texts->len < MAX_ATTACHED ? read_attachment (part) : NULL;
      if (content == NULL)
        continue;
      cut (content, MAX_ATTACHED - texts->len);
      g_string_append_printf (texts, "%s\n", content);
    }
  text->columns[STORE_COLUMN_NAMES] = g_string_free (names, FALSE);
  text->columns[STORE_COLUMN_ATTACHED] = g_string_free (texts, FALSE);
}

static void
append_all (GPtrArray *to, GPtrArray *from)
{
  for (guint i = 0; i < from->len; i++)
    g_ptr_array_add (to, message_mailbox_copy (g_ptr_array_index (from, i)));
}

static void
read_references (StoreSearchText *text, MessageLetter *letter)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const char *own = message_letter_get_message_id (letter);
  const char *answered = message_letter_get_in_reply_to (letter);
  const char *const *references = message_letter_get_references (letter);
  gboolean reply;

  if (own != NULL)
    g_strv_builder_add (builder, own);
  if (answered != NULL)
    g_strv_builder_add (builder, answered);
  g_strv_builder_addv (builder, (const char **) references);
  text->references = g_strv_builder_end (builder);
  text->root = store_search_text_root (message_letter_get_subject (letter), &reply);
  text->stray = reply && text->root != NULL && answered == NULL && *references == NULL;
}

StoreSearchText *
store_search_text_new (MessageLetter *letter)
{
  StoreSearchText *text = g_new0 (StoreSearchText, 1);
  GPtrArray *from = message_letter_get_from (letter);

  text->columns[STORE_COLUMN_SENDER] = join_mailboxes (from, message_letter_get_reply_to (letter));
  text->columns[STORE_COLUMN_RECIPIENTS] = join_mailboxes (message_letter_get_to (letter), NULL);
  text->columns[STORE_COLUMN_COPIES]
      = join_mailboxes (message_letter_get_cc (letter), message_letter_get_bcc (letter));
  text->columns[STORE_COLUMN_SUBJECT] = g_strdup (message_letter_get_subject (letter));
  text->columns[STORE_COLUMN_BODY] = message_letter_dup_text (letter);
  cut (text->columns[STORE_COLUMN_BODY], MAX_BODY);
  read_attachments (text, letter);
  read_references (text, letter);
  text->from = g_ptr_array_new_with_free_func ((GDestroyNotify) message_mailbox_free);
  text->to = g_ptr_array_new_with_free_func ((GDestroyNotify) message_mailbox_free);
  append_all (text->from, from);
  append_all (text->to, message_letter_get_to (letter));
  append_all (text->to, message_letter_get_cc (letter));
  append_all (text->to, message_letter_get_bcc (letter));
  return text;
}

void
store_search_text_free (StoreSearchText *text)
{
  for (guint i = 0; i < STORE_N_COLUMNS; i++)
    g_free (text->columns[i]);
  g_strfreev (text->references);
  g_free (text->root);
  g_ptr_array_unref (text->from);
  g_ptr_array_unref (text->to);
  g_free (text);
}
