/* SPDX-License-Identifier: MIT */
#include "app-composer-private.h"

#include "app-text.h"

#include <glib/gi18n.h>
#include <message-html.h>
#include <string.h>

/* ---- whom to ---- */

/* Of the account that the letter came to: a person may write from one account to another. */
static gboolean
is_own (AppComposer *self, const MessageMailbox *mailbox)
{
  EngineAccount *account = app_composer_get_account (self);

  return account
         && g_ascii_strcasecmp (engine_account_get_values (account)->address, mailbox->address)
                == 0;
}

static gboolean
has_address (GPtrArray *mailboxes, const char *address)
{
  for (guint i = 0; i < mailboxes->len; i++)
    if (g_ascii_strcasecmp (((MessageMailbox *) g_ptr_array_index (mailboxes, i))->address, address)
        == 0)
      return TRUE;
  return FALSE;
}

/* Adds those of @from that are neither there nor in @beside nor the person's own. */
static void
add_others (AppComposer *self, GPtrArray *mailboxes, GPtrArray *beside, GPtrArray *from)
{
  for (guint i = 0; i < from->len; i++)
    {
      const MessageMailbox *mailbox = g_ptr_array_index (from, i);
      if (!is_own (self, mailbox) && !has_address (mailboxes, mailbox->address)
          && !(beside && has_address (beside, mailbox->address)))
        g_ptr_array_add (mailboxes, message_mailbox_copy (mailbox));
    }
}

static GPtrArray *
copy_mailboxes (GPtrArray *mailboxes)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func ((GDestroyNotify) message_mailbox_free);

  for (guint i = 0; i < mailboxes->len; i++)
    g_ptr_array_add (copy, message_mailbox_copy (g_ptr_array_index (mailboxes, i)));
  return copy;
}

static void
set_mailboxes (GtkEntry *entry, GPtrArray *mailboxes)
{
  g_autofree char *text = message_mailboxes_to_string (mailboxes);

  gtk_editable_set_text (GTK_EDITABLE (entry), text);
}

static void
fill_recipients (AppComposer *self, MessageLetter *letter, gboolean all)
{
  GPtrArray *reply_to = message_letter_get_reply_to (letter);
  GPtrArray *from = message_letter_get_from (letter);
  gboolean mine = from->len > 0 && is_own (self, g_ptr_array_index (from, 0));
  /* An answer to a letter of one's own goes on to those it went to. */
  g_autoptr (GPtrArray) to = copy_mailboxes (mine                ? message_letter_get_to (letter)
                                             : reply_to->len > 0 ? reply_to
                                                                 : from);
  g_autoptr (GPtrArray) cc = g_ptr_array_new_with_free_func ((GDestroyNotify) message_mailbox_free);

  if (all)
    {
      add_others (self, to, NULL, message_letter_get_to (letter));
      add_others (self, cc, to, message_letter_get_cc (letter));
    }
  set_mailboxes (self->to, to);
  set_mailboxes (self->cc, cc);
}

/* ---- what about ---- */

/* "Re: " once, whatever came before it. */
static void
fill_subject (AppComposer *self, const char *prefix, const char *subject)
{
  g_autofree char *text = g_ascii_strncasecmp (subject, prefix, strlen (prefix)) == 0
                              ? g_strdup (subject)
                              : g_strconcat (prefix, " ", subject, NULL);

  gtk_editable_set_text (GTK_EDITABLE (self->subject), text);
}

static void
fill_threading (AppComposer *self, MessageLetter *letter)
{
  const char *id = message_letter_get_message_id (letter);

  if (!id)
    return;
  self->in_reply_to = g_strdup (id);
  self->references = g_strdupv ((char **) message_letter_get_references (letter));
}

/* ---- the text ---- */

/* The body of a page that message_html_clean() made. */
static char *
dup_body (const char *page)
{
  const char *begin = strstr (page, "<body>");
  const char *end = g_strrstr (page, "</body>");

  if (!begin || !end)
    return g_strdup ("");
  begin += strlen ("<body>");
  return g_strndup (begin, (gsize) (end - begin));
}

static char *
dup_fragment (MessageLetter *letter)
{
  const char *html = message_letter_get_html (letter);
  g_autofree char *made = NULL;
  g_autofree char *page = NULL;

  if (!html)
    {
      g_autofree char *text = message_letter_dup_text (letter);
      html = made = message_html_from_text (text);
    }
  page = message_html_clean (html);
  return dup_body (page);
}

/* The images that the quoted text shows go along with it. */
static void
take_images (AppComposer *self, MessageLetter *letter)
{
  GPtrArray *parts = message_letter_get_parts (letter);

  for (guint i = 0; i < parts->len; i++)
    {
      MessagePart *part = g_ptr_array_index (parts, i);
      const char *id = message_part_get_content_id (part);
      if (id && g_str_has_prefix (message_part_get_content_type (part), "image/"))
        app_editor_add_image (self->editor, id, message_part_get_file_name (part),
                              message_part_get_content_type (part), message_part_get_bytes (part));
    }
}

static void
take_attachments (AppComposer *self, MessageLetter *letter)
{
  GPtrArray *parts = message_letter_get_attachments (letter);

  for (guint i = 0; i < parts->len; i++)
    {
      MessagePart *part = g_ptr_array_index (parts, i);
      const char *name = message_part_get_file_name (part);
      app_composer_add_file (self, name ? name : _ ("Attachment"),
                             message_part_get_content_type (part), message_part_get_bytes (part));
    }
}

static char *
dup_quote (MessageLetter *letter)
{
  GPtrArray *from = message_letter_get_from (letter);
  const MessageMailbox *sender = from->len > 0 ? g_ptr_array_index (from, 0) : NULL;
  const char *who = !sender ? _ ("somebody") : *sender->name ? sender->name : sender->address;
  g_autofree char *date = app_text_long_date (message_letter_get_date (letter));
  g_autofree char *body = dup_fragment (letter);
  /* Translators: a date, and the name of who wrote then */
  g_autofree char *line = g_strdup_printf (_ ("On %s, %s wrote:"), date, who);
  g_autofree char *escaped = g_markup_escape_text (line, -1);

  return g_strdup_printf ("<p><br></p><p>%s</p><blockquote type=\"cite\">%s</blockquote>", escaped,
                          body);
}

static void
append_header (GString *html, const char *name, const char *value)
{
  g_autofree char *escaped = g_markup_escape_text (value, -1);

  if (*value)
    g_string_append_printf (html, "<b>%s</b> %s<br>", name, escaped);
}

static char *
dup_forwarded (MessageLetter *letter)
{
  g_autofree char *from = message_mailboxes_to_string (message_letter_get_from (letter));
  g_autofree char *to = message_mailboxes_to_string (message_letter_get_to (letter));
  g_autofree char *date = app_text_long_date (message_letter_get_date (letter));
  g_autofree char *body = dup_fragment (letter);
  GString *html = g_string_new ("<p><br></p><p>");

  g_string_append_printf (html, "---------- %s ----------<br>", _ ("Forwarded letter"));
  append_header (html, _ ("From:"), from);
  append_header (html, _ ("Date:"), date);
  append_header (html, _ ("Subject:"), message_letter_get_subject (letter));
  append_header (html, _ ("To:"), to);
  g_string_append_printf (html, "</p>%s", body);
  return g_string_free (html, FALSE);
}

/* ---- kinds ---- */

static void
fill_header (GtkEntry *entry, MessageLetter *letter, const char *kept, GPtrArray *mailboxes)
{
  const char *text = message_letter_get_header (letter, kept);

  if (text)
    gtk_editable_set_text (GTK_EDITABLE (entry), text);
  else
    set_mailboxes (entry, mailboxes);
}

static void
fill_draft (AppComposer *self, const AppComposerStart *start)
{
  MessageLetter *letter = start->letter;
  const char *in_reply_to = message_letter_get_in_reply_to (letter);
  g_autofree char *body = dup_fragment (letter);

  self->draft = start->letter_id;
  if (in_reply_to)
    {
      self->in_reply_to = g_strdup (in_reply_to);
      self->references = g_strdupv ((char **) message_letter_get_references (letter));
    }
  fill_header (self->to, letter, "X-Postroom-To", message_letter_get_to (letter));
  fill_header (self->cc, letter, "X-Postroom-Cc", message_letter_get_cc (letter));
  fill_header (self->bcc, letter, "X-Postroom-Bcc", message_letter_get_bcc (letter));
  gtk_editable_set_text (GTK_EDITABLE (self->subject), message_letter_get_subject (letter));
  take_images (self, letter);
  take_attachments (self, letter);
  app_editor_set_html (self->editor, body);
}

static void
fill_answer (AppComposer *self, const AppComposerStart *start)
{
  g_autofree char *quote = dup_quote (start->letter);

  self->answers = start->letter_id;
  fill_recipients (self, start->letter, start->kind == APP_COMPOSER_REPLY_ALL);
  fill_subject (self, "Re:", message_letter_get_subject (start->letter));
  fill_threading (self, start->letter);
  take_images (self, start->letter);
  app_editor_set_html (self->editor, quote);
}

static void
fill_forward (AppComposer *self, const AppComposerStart *start)
{
  g_autofree char *body = dup_forwarded (start->letter);

  fill_subject (self, "Fwd:", message_letter_get_subject (start->letter));
  take_images (self, start->letter);
  take_attachments (self, start->letter);
  app_editor_set_html (self->editor, body);
}

static void
set_if (GtkEntry *entry, const char *text)
{
  if (text)
    gtk_editable_set_text (GTK_EDITABLE (entry), text);
}

static void
fill_new (AppComposer *self, const AppComposerStart *start)
{
  g_autofree char *made = NULL;
  g_autofree char *page = NULL;
  g_autofree char *body = NULL;
  const char *html = start->html;

  set_if (self->to, start->to);
  set_if (self->cc, start->cc);
  set_if (self->subject, start->subject);
  if (!html && start->text)
    html = made = message_html_from_text (start->text);
  page = html ? message_html_clean (html) : NULL;
  body = page ? dup_body (page) : NULL;
  app_editor_set_html (self->editor, body ? body : "<p><br></p>");
}

void
app_composer_fill (AppComposer *self, const AppComposerStart *start)
{
  AppComposerKind kind = start->letter ? start->kind : APP_COMPOSER_NEW;

  switch (kind)
    {
    case APP_COMPOSER_REPLY:
    case APP_COMPOSER_REPLY_ALL:
      fill_answer (self, start);
      break;
    case APP_COMPOSER_FORWARD:
      fill_forward (self, start);
      break;
    case APP_COMPOSER_DRAFT:
      fill_draft (self, start);
      break;
    case APP_COMPOSER_NEW:
    case APP_COMPOSER_MAILTO:
      fill_new (self, start);
      break;
    }
  if (*gtk_editable_get_text (GTK_EDITABLE (self->cc))
      || *gtk_editable_get_text (GTK_EDITABLE (self->bcc)))
    gtk_toggle_button_set_active (self->more_recipients, TRUE);
}
