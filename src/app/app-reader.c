/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

#include "app-reader.h"

#include "app-letter-view.h"
#include "app-text.h"

#include <glib/gi18n.h>
#include <message-html.h>
#include <string.h>

struct _AppReader
{
  AdwBin parent_instance;

  EngineOffice *office;
  GCancellable *cancellable; /* of the letter on its way */
  gint64 id;
  StoreFolder folder;
  MessageLetter *letter;
  gboolean plain;
  gboolean remote;
  gboolean partial;

  GtkStack *stack;
  AdwStatusPage *none;
  AdwStatusPage *problem;
  GtkLabel *subject;
  AdwAvatar *avatar;
  GtkLabel *from_name;
  GtkLabel *from_address;
  GtkLabel *recipients;
  GtkLabel *date;
  GtkInfoBar *state_bar;
  GtkLabel *state;
  GtkWidget *send_now;
  GtkInfoBar *rest_bar;
  GtkLabel *rest;
  GtkInfoBar *images_bar;
  GtkLabel *images;
  AppLetterView *view;
  AppAttachments *attachments;
};

enum
{
  LETTER_CHANGED,
  LINK,
  SAID,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (AppReader, app_reader, ADW_TYPE_BIN)

/* A body made ready on a worker: a long one must not hold the window. */
typedef struct
{
  MessageLetter *letter;
  gboolean plain;
  gboolean remote;
  char *html;
  guint blocked;
  gboolean own_colours;
} Body;

static void
body_free (Body *body)
{
  message_letter_unref (body->letter);
  g_free (body->html);
  g_free (body);
}

static gboolean
brings_colours (const char *html)
{
  g_autofree char *lower = g_ascii_strdown (html, -1);

  return strstr (lower, "color") || strstr (lower, "background");
}

static void
prepare_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Body *body = data;
  const char *html = body->plain ? NULL : message_letter_get_html (body->letter);

  if (html)
    {
      body->html = message_html_make_safe (html, body->remote, &body->blocked);
      body->own_colours = brings_colours (html);
    }
  else
    {
      g_autofree char *text = message_letter_dup_text (body->letter);

      body->html = message_html_from_text (text);
    }
  g_task_return_boolean (task, TRUE);
}

static void
show_blocked (AppReader *self, guint blocked)
{
  g_autofree char *words
      = g_strdup_printf (ngettext ("%u remote image was not loaded: it would tell the sender that "
                                   "you read this letter",
                                   "%u remote images were not loaded: they would tell the sender "
                                   "that you read this letter",
                                   blocked),
                         blocked);

  gtk_label_set_label (self->images, words);
  gtk_info_bar_set_revealed (self->images_bar, blocked > 0);
}

static void
on_prepared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  AppReader *self = APP_READER (source);
  Body *body = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), NULL) || body->letter != self->letter)
    return;
  show_blocked (self, body->blocked);
  app_letter_view_show (self->view, body->html, body->letter, body->remote, body->own_colours);
}

static void
show_body (AppReader *self)
{
  g_autoptr (GTask) task = NULL;
  Body *body;

  if (!self->letter)
    return;
  body = g_new0 (Body, 1);
  body->letter = message_letter_ref (self->letter);
  body->plain = self->plain;
  body->remote = self->remote;
  task = g_task_new (self, self->cancellable, on_prepared, NULL);
  g_task_set_task_data (task, body, (GDestroyNotify) body_free);
  g_task_run_in_thread (task, prepare_thread);
}

static char *
dup_list (GPtrArray *mailboxes)
{
  return mailboxes && mailboxes->len > 0 ? message_mailboxes_to_string (mailboxes) : NULL;
}

/* Whom the letter is to, a line for each kind. */
static char *
dup_recipients (MessageLetter *letter)
{
  g_autofree char *to = dup_list (message_letter_get_to (letter));
  g_autofree char *cc = dup_list (message_letter_get_cc (letter));
  g_autofree char *bcc = dup_list (message_letter_get_bcc (letter));
  GString *words = g_string_new (NULL);

  /* Translators: the recipients of a letter */
  if (to)
    g_string_append_printf (words, _ ("To %s"), to);
  if (cc && words->len > 0)
    g_string_append_c (words, '\n');
  /* Translators: who got a copy of a letter */
  if (cc)
    g_string_append_printf (words, _ ("Copy to %s"), cc);
  if (bcc && words->len > 0)
    g_string_append_c (words, '\n');
  /* Translators: who got a copy that the others do not see */
  if (bcc)
    g_string_append_printf (words, _ ("Hidden copy to %s"), bcc);
  return g_string_free (words, FALSE);
}

static void
show_header (AppReader *self)
{
  const char *subject = message_letter_get_subject (self->letter);
  GPtrArray *from = message_letter_get_from (self->letter);
  const MessageMailbox *sender = from && from->len > 0 ? g_ptr_array_index (from, 0) : NULL;
  const char *name = sender ? sender->name : "";
  g_autofree char *date = app_text_long_date (message_letter_get_date (self->letter));
  g_autofree char *recipients = dup_recipients (self->letter);

  gtk_label_set_label (self->subject, *subject ? subject : _ ("No subject"));
  if (!*name)
    name = sender ? sender->address : _ ("Unknown sender");
  adw_avatar_set_text (self->avatar, name);
  gtk_label_set_label (self->from_name, name);
  gtk_label_set_label (self->from_address, sender && *sender->name ? sender->address : "");
  gtk_widget_set_visible (GTK_WIDGET (self->from_address), sender && *sender->name);
  gtk_label_set_label (self->recipients, recipients);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->recipients), recipients);
  gtk_widget_set_visible (GTK_WIDGET (self->recipients), *recipients != '\0');
  gtk_label_set_label (self->date, date);
}

/* What becomes of a letter that is not sent yet. */
static void
show_state (AppReader *self)
{
  g_autoptr (StoreOutboxEntry) entry = NULL;
  g_autofree char *words = NULL;
  gboolean problem = FALSE;

  if (self->folder == STORE_FOLDER_OUTBOX)
    entry = engine_outbox_dup_entry (engine_office_get_outbox (self->office), self->id);
  if (entry)
    {
      words = engine_outbox_describe (entry);
      problem = entry->state == STORE_OUTBOX_FAILED || entry->state == STORE_OUTBOX_IN_DOUBT;
      gtk_widget_set_sensitive (self->send_now, entry->state != STORE_OUTBOX_SENDING);
    }
  else if (self->folder == STORE_FOLDER_DRAFTS)
    words = g_strdup (_ ("This letter is a draft"));

  if (words)
    gtk_label_set_label (self->state, words);
  gtk_widget_set_visible (self->send_now, entry != NULL);
  gtk_info_bar_set_message_type (self->state_bar, problem ? GTK_MESSAGE_WARNING : GTK_MESSAGE_INFO);
  gtk_info_bar_set_revealed (self->state_bar, words != NULL);
}

/* Whether the letter is here whole stands in its row. */
static void
on_row (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppReader) self = user_data;
  g_autoptr (GPtrArray) rows = engine_letters_load_finish (ENGINE_LETTERS (source), result, NULL);
  const StoreLetter *row = rows && rows->len > 0 ? g_ptr_array_index (rows, 0) : NULL;

  if (!row || row->id != self->id)
    return;
  self->partial = row->partial > 0;
  if (self->partial)
    {
      g_autofree char *size = g_format_size (row->partial);
      /* Translators: a size, as “12 MB” */
      g_autofree char *words = g_strdup_printf (
          _ ("Only the beginning of this letter was fetched: it has %s at the server"), size);

      gtk_label_set_label (self->rest, words);
    }
  gtk_info_bar_set_revealed (self->rest_bar, self->partial);
  g_signal_emit (self, signals[LETTER_CHANGED], 0);
}

static void
show_letter (AppReader *self)
{
  show_header (self);
  show_state (self);
  gtk_info_bar_set_revealed (self->rest_bar, FALSE);
  gtk_info_bar_set_revealed (self->images_bar, FALSE);
  app_attachments_set_letter (self->attachments, self->letter);
  show_body (self);
  gtk_stack_set_visible_child_name (self->stack, "letter");
  g_signal_emit (self, signals[LETTER_CHANGED], 0);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppReader) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (MessageLetter) letter
      = engine_letters_read_finish (ENGINE_LETTERS (source), result, &error);

  if (letter)
    {
      engine_letters_load_async (ENGINE_LETTERS (source), &self->id, 1, self->cancellable, on_row,
                                 g_object_ref (self));
      self->letter = g_steal_pointer (&letter);
      show_letter (self);
    }
  else if (!app_text_is_cancelled (error))
    app_reader_show_problem (self, error->message);
}

/* Forgets the letter, and the one on its way. */
static void
drop (AppReader *self)
{
  g_cancellable_cancel (self->cancellable);
  g_set_object (&self->cancellable, NULL);
  g_clear_pointer (&self->letter, message_letter_unref);
  self->id = 0;
  self->remote = FALSE;
  self->partial = FALSE;
}

/* The reader asks for no more room than it must have: otherwise every letter with a longer subject
 * would move the borders of the other panes. */
static void
measure (GtkWidget *widget,
         GtkOrientation orientation,
         int for_size,
         int *minimum,
         int *natural,
         int *minimum_baseline,
         int *natural_baseline)
{
  GtkWidget *child = gtk_widget_get_first_child (widget);

  gtk_widget_measure (child, orientation, for_size, minimum, natural, minimum_baseline,
                      natural_baseline);
  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *natural = *minimum;
}

static void
allocate (GtkWidget *widget, int width, int height, int baseline)
{
  gtk_widget_allocate (gtk_widget_get_first_child (widget), width, height, baseline, NULL);
}

static GtkSizeRequestMode
request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
on_link (AppLetterView *view, const char *uri, AppReader *self)
{
  g_signal_emit (self, signals[LINK], 0, uri);
}

static void
on_said (AppAttachments *attachments, const char *words, AppReader *self)
{
  g_signal_emit (self, signals[SAID], 0, words);
}

static void
on_outbox_changed (AppReader *self)
{
  if (self->letter)
    show_state (self);
}

static void
app_reader_dispose (GObject *object)
{
  drop (APP_READER (object));
  G_OBJECT_CLASS (app_reader_parent_class)->dispose (object);
}

static void
app_reader_finalize (GObject *object)
{
  g_clear_object (&APP_READER (object)->office);
  G_OBJECT_CLASS (app_reader_parent_class)->finalize (object);
}

static void
app_reader_class_init (AppReaderClass *class)
{
  GObjectClass *object = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);
  const GType type = APP_TYPE_READER;

  object->dispose = app_reader_dispose;
  object->finalize = app_reader_finalize;
  signals[LETTER_CHANGED] = g_signal_new ("letter-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 0);
  signals[LINK] = g_signal_new ("link", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                1, G_TYPE_STRING);
  signals[SAID] = g_signal_new ("said", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                1, G_TYPE_STRING);

  g_type_ensure (APP_TYPE_LETTER_VIEW);
  g_type_ensure (APP_TYPE_ATTACHMENTS);
  gtk_widget_class_set_template_from_resource (widget,
                                               "/io/github/postroom/Postroom/app-reader.ui");
  gtk_widget_class_bind_template_child (widget, AppReader, stack);
  gtk_widget_class_bind_template_child (widget, AppReader, none);
  gtk_widget_class_bind_template_child (widget, AppReader, problem);
  gtk_widget_class_bind_template_child (widget, AppReader, subject);
  gtk_widget_class_bind_template_child (widget, AppReader, avatar);
  gtk_widget_class_bind_template_child (widget, AppReader, from_name);
  gtk_widget_class_bind_template_child (widget, AppReader, from_address);
  gtk_widget_class_bind_template_child (widget, AppReader, recipients);
  gtk_widget_class_bind_template_child (widget, AppReader, date);
  gtk_widget_class_bind_template_child (widget, AppReader, state_bar);
  gtk_widget_class_bind_template_child (widget, AppReader, state);
  gtk_widget_class_bind_template_child (widget, AppReader, send_now);
  gtk_widget_class_bind_template_child (widget, AppReader, rest_bar);
  gtk_widget_class_bind_template_child (widget, AppReader, rest);
  gtk_widget_class_bind_template_child (widget, AppReader, images_bar);
  gtk_widget_class_bind_template_child (widget, AppReader, images);
  gtk_widget_class_bind_template_child (widget, AppReader, view);
  gtk_widget_class_bind_template_child (widget, AppReader, attachments);
  gtk_widget_class_bind_template_callback (widget, on_link);
  gtk_widget_class_bind_template_callback (widget, on_said);
}

static void
app_reader_init (AppReader *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_layout_manager (GTK_WIDGET (self),
                                 gtk_custom_layout_new (request_mode, measure, allocate));
}

void
app_reader_set_office (AppReader *reader, EngineOffice *office)
{
  g_set_object (&reader->office, office);
  g_signal_connect_object (engine_office_get_outbox (office), "changed",
                           G_CALLBACK (on_outbox_changed), reader, G_CONNECT_SWAPPED);
}

void
app_reader_show (AppReader *reader, gint64 id, StoreFolder folder)
{
  if (reader->id == id && reader->folder == folder)
    return;
  drop (reader);
  reader->id = id;
  reader->folder = folder;
  reader->cancellable = g_cancellable_new ();
  /* The old letter stays on the screen for the moment until the new one is read; it can no longer
   * be answered by mistake. */
  g_signal_emit (reader, signals[LETTER_CHANGED], 0);
  engine_letters_read_async (engine_office_get_letters (reader->office), id, reader->cancellable,
                             on_read, g_object_ref (reader));
}

void
app_reader_reload (AppReader *reader)
{
  gint64 id = reader->id;

  drop (reader);
  app_reader_show (reader, id, reader->folder);
}

gboolean
app_reader_is_partial (AppReader *reader)
{
  return reader->partial;
}

void
app_reader_show_letter (AppReader *reader, MessageLetter *letter)
{
  drop (reader);
  reader->folder = STORE_FOLDER_INBOX;
  reader->cancellable = g_cancellable_new ();
  reader->letter = message_letter_ref (letter);
  show_letter (reader);
}

void
app_reader_show_problem (AppReader *reader, const char *words)
{
  g_autofree char *escaped = g_markup_escape_text (words, -1);

  adw_status_page_set_description (reader->problem, escaped);
  gtk_stack_set_visible_child_name (reader->stack, "problem");
  g_signal_emit (reader, signals[LETTER_CHANGED], 0);
}

void
app_reader_show_none (AppReader *reader, guint n_selected)
{
  g_autofree char *several = NULL;

  drop (reader);
  app_letter_view_clear (reader->view);
  app_attachments_set_letter (reader->attachments, NULL);
  if (n_selected > 1)
    several = g_strdup_printf (ngettext ("%u Letter Selected", "%u Letters Selected", n_selected),
                               n_selected);
  adw_status_page_set_title (reader->none, several ? several : _ ("No Letter Selected"));
  adw_status_page_set_description (reader->none,
                                   several ? NULL
                                           : _ ("Choose a letter from the list to read it here"));
  gtk_stack_set_visible_child_name (reader->stack, "none");
  g_signal_emit (reader, signals[LETTER_CHANGED], 0);
}

MessageLetter *
app_reader_get_letter (AppReader *reader)
{
  return reader->letter;
}

gint64
app_reader_get_id (AppReader *reader)
{
  return reader->id;
}

AppAttachments *
app_reader_get_attachments (AppReader *reader)
{
  return reader->attachments;
}

void
app_reader_set_plain_text (AppReader *reader, gboolean plain)
{
  if (reader->plain == plain)
    return;
  reader->plain = plain;
  show_body (reader);
}

void
app_reader_load_images (AppReader *reader)
{
  reader->remote = TRUE;
  show_body (reader);
}
