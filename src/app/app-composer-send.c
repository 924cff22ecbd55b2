/* SPDX-License-Identifier: MIT */
#include "app-composer-private.h"

#include "app-compat.h"
#include "app-text.h"

#include <glib/gi18n.h>
#include <message-html.h>
#include <string.h>

typedef enum
{
  KEEP,       /* a draft, and write on */
  KEEP_CLOSE, /* a draft, and close */
  SEND,
} Purpose;

/* A letter being made of what is in the window. */
typedef struct
{
  AppComposer *composer;
  Purpose purpose;
  EngineAccount *account;
  MessageBuilder *builder;
} Making;

static void
making_free (Making *making)
{
  g_object_unref (making->composer);
  g_clear_object (&making->account);
  g_clear_pointer (&making->builder, message_builder_free);
  g_free (making);
}

static void
set_busy (AppComposer *self, gboolean busy)
{
  self->busy = busy;
  gtk_widget_set_sensitive (adw_application_window_get_content (ADW_APPLICATION_WINDOW (self)),
                            !busy);
}

static void
fail (Making *making, const GError *error)
{
  g_autofree char *words = app_text_failure (error);

  app_composer_set_failure (making->composer, words);
  making_free (making);
}

/* ---- the letter ---- */

typedef void (*TakeMailboxes) (MessageBuilder *builder, GPtrArray *mailboxes);

/* A draft takes what can be read as addresses; the rest would be lost, so it is kept in a header.
 */
static gboolean
take_mailboxes (Making *making,
                GtkEntry *entry,
                const char *name,
                TakeMailboxes take,
                GError **error)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (entry));
  g_autoptr (GError) wrong = NULL;
  GPtrArray *mailboxes = message_mailboxes_parse (text, &wrong);

  if (mailboxes)
    {
      take (making->builder, mailboxes);
      return TRUE;
    }
  if (making->purpose == SEND)
    {
      g_propagate_error (error, g_steal_pointer (&wrong));
      gtk_widget_grab_focus (GTK_WIDGET (entry));
      return FALSE;
    }
  message_builder_set_header (making->builder, name, text);
  return TRUE;
}

static gboolean
take_envelope (Making *making, GError **error)
{
  AppComposer *self = making->composer;
  const StoreAccount *values = engine_account_get_values (making->account);
  g_autoptr (MessageMailbox) from = message_mailbox_new (values->name, values->address);

  message_builder_set_from (making->builder, from);
  message_builder_set_subject (making->builder,
                               gtk_editable_get_text (GTK_EDITABLE (self->subject)));
  if (self->in_reply_to)
    message_builder_set_in_reply_to (making->builder, self->in_reply_to,
                                     (const char *const *) self->references);
  return take_mailboxes (making, self->to, "X-Postroom-To", message_builder_take_to, error)
         && take_mailboxes (making, self->cc, "X-Postroom-Cc", message_builder_take_cc, error)
         && take_mailboxes (making, self->bcc, "X-Postroom-Bcc", message_builder_take_bcc, error);
}

static void
take_body (Making *making, const char *html)
{
  AppComposer *self = making->composer;
  g_autofree char *clean = message_html_clean (html);
  g_autoptr (GPtrArray) images = app_editor_dup_images (self->editor, clean);

  message_builder_set_html (making->builder, clean);
  for (guint i = 0; i < images->len; i++)
    {
      const AppEditorImage *image = g_ptr_array_index (images, i);
      message_builder_attach_inline (making->builder, image->content_id, image->file_name,
                                     image->content_type, image->bytes);
    }
  for (guint i = 0; i < self->attached->len; i++)
    {
      const AppComposerFile *file = g_ptr_array_index (self->attached, i);
      message_builder_attach_bytes (making->builder, file->name, file->content_type, file->bytes);
    }
}

/* ---- sending ---- */

static void
on_flag_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  /* A mark that could not be set is no reason to trouble anybody. */
  engine_letters_finish (ENGINE_LETTERS (source), result, NULL);
}

static void
on_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Making *making = user_data;
  AppComposer *self = making->composer;
  g_autoptr (GError) error = NULL;

  set_busy (self, FALSE);
  if (engine_outbox_add_finish (ENGINE_OUTBOX (source), result, &error) == 0)
    {
      fail (making, error);
      return;
    }
  if (self->answers)
    engine_letters_set_flag_async (engine_office_get_letters (self->office), &self->answers, 1,
                                   ENGINE_FLAG_ANSWERED, TRUE, NULL, on_flag_set, NULL);
  app_application_say (APP_APPLICATION (gtk_window_get_application (GTK_WINDOW (self))),
                       _ ("Sending…"));
  self->closing = TRUE;
  gtk_window_destroy (GTK_WINDOW (self));
  making_free (making);
}

/* ---- keeping ---- */

static void
on_draft_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  engine_letters_finish (ENGINE_LETTERS (source), result, NULL);
}

static void
on_kept (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Making *making = user_data;
  AppComposer *self = making->composer;
  g_autoptr (GError) error = NULL;
  gint64 id = engine_letters_save_draft_finish (ENGINE_LETTERS (source), result, &error);

  self->busy = FALSE;
  if (id == 0)
    {
      self->dirty = TRUE;
      fail (making, error);
      return;
    }
  self->own_draft = self->own_draft || self->draft == 0;
  self->draft = id;
  if (making->purpose == KEEP_CLOSE)
    {
      app_application_say (APP_APPLICATION (gtk_window_get_application (GTK_WINDOW (self))),
                           _ ("Draft saved"));
      self->closing = TRUE;
      gtk_window_destroy (GTK_WINDOW (self));
    }
  else if (self->closing)
    /* Discarded while it was being kept. */
    engine_letters_delete_async (ENGINE_LETTERS (source), &id, 1, NULL, on_draft_removed, NULL);
  making_free (making);
}

static void
on_text (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Making *making = user_data;
  AppComposer *self = making->composer;
  g_autoptr (GError) error = NULL;
  g_autofree char *html = app_editor_read_finish (APP_EDITOR (source), result, &error);

  if (!html || !take_envelope (making, &error))
    {
      set_busy (self, FALSE);
      fail (making, error);
      return;
    }
  take_body (making, html);
  if (making->purpose == SEND)
    engine_outbox_add_async (engine_office_get_outbox (self->office), making->account,
                             making->builder, self->draft, TRUE, NULL, on_added, making);
  else
    engine_letters_save_draft_async (engine_office_get_letters (self->office),
                                     engine_account_get_id (making->account), making->builder,
                                     self->draft, NULL, on_kept, making);
}

static void
make (AppComposer *self, Purpose purpose)
{
  EngineAccount *account = app_composer_get_account (self);
  Making *making;

  if (self->busy)
    return;
  if (!account)
    {
      app_composer_set_failure (self, _ ("Add a mail account first"));
      return;
    }
  app_composer_set_failure (self, NULL);
  making = g_new0 (Making, 1);
  making->composer = g_object_ref (self);
  making->purpose = purpose;
  making->account = g_object_ref (account);
  making->builder = message_builder_new ();
  self->dirty = FALSE;
  /* Autosaving must not take the pen out of the hand. */
  if (purpose == KEEP)
    self->busy = TRUE;
  else
    set_busy (self, TRUE);
  app_editor_read_async (self->editor, on_text, making);
}

void
app_composer_save (AppComposer *self, gboolean close)
{
  make (self, close ? KEEP_CLOSE : KEEP);
}

/* ---- before sending ---- */

static void
on_answered (const char *id, gpointer user_data)
{
  g_autoptr (AppComposer) self = user_data;

  if (!g_str_equal (id, "send"))
    return;
  self->asked = TRUE;
  app_composer_send (self);
}

static void
ask (AppComposer *self, const char *heading, const char *body)
{
  const AppAnswer answers[] = {
    { "cancel", _ ("_Cancel"), APP_ANSWER_PLAIN },
    { "send", _ ("_Send Anyway"), APP_ANSWER_SUGGESTED },
    { NULL },
  };

  app_compat_ask (GTK_WINDOW (self), heading, body, answers, on_answered, g_object_ref (self));
}

/* Words that announce an attachment, in the person's language and in English. */
static gboolean
speaks_of_attachment (const char *html)
{
  g_autofree char *text = message_html_to_text (html);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  /* Translators: words in a letter that speak of an attachment, parted by | */
  g_auto (GStrv) words = g_strsplit (_ ("attached|attachment|enclosed"), "|", -1);

  for (guint i = 0; lines[i]; i++)
    {
      g_autofree char *line = g_utf8_casefold (lines[i], -1);
      for (guint n = 0; *line != '>' && words[n]; n++)
        if (*words[n] && strstr (line, words[n]))
          return TRUE;
    }
  return FALSE;
}

static void
on_text_to_check (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppComposer) self = user_data;
  g_autofree char *html = app_editor_read_finish (APP_EDITOR (source), result, NULL);

  if (html && self->attached->len == 0 && speaks_of_attachment (html))
    ask (self, _ ("Send Without an Attachment?"),
         _ ("The letter speaks of an attachment, and nothing is attached."));
  else
    make (self, SEND);
}

static gboolean
is_blank (GtkEntry *entry)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (entry));

  return text[strspn (text, " \t")] == '\0';
}

void
app_composer_send (AppComposer *self)
{
  if (self->busy)
    return;
  if (is_blank (self->to) && is_blank (self->cc) && is_blank (self->bcc))
    {
      app_composer_set_failure (self, _ ("Whom is the letter for? Write an address under To"));
      gtk_widget_grab_focus (GTK_WIDGET (self->to));
    }
  else if (self->asked)
    make (self, SEND);
  else if (is_blank (self->subject))
    ask (self, _ ("Send Without a Subject?"),
         _ ("A subject tells the reader what the letter is about."));
  else
    app_editor_read_async (self->editor, on_text_to_check, g_object_ref (self));
}
