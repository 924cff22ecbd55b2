/* SPDX-License-Identifier: MIT */
#include "app-compat.h"

#include <glib/gi18n.h>
#include <postroom-config.h>

/* ---- questions ---- */

typedef struct
{
  AppAnswered answered;
  gpointer user_data;
} Question;

static void
on_response (AdwAlertDialog *dialog, const char *response, gpointer user_data)
{
  Question *question = user_data;

  if (question->answered)
    question->answered (response, question->user_data);
}

static AdwResponseAppearance
appearance_of (AppAnswerStyle style)
{
  switch (style)
    {
    case APP_ANSWER_SUGGESTED:
      return ADW_RESPONSE_SUGGESTED;
    case APP_ANSWER_DESTRUCTIVE:
      return ADW_RESPONSE_DESTRUCTIVE;
    case APP_ANSWER_PLAIN:
    default:
      return ADW_RESPONSE_DEFAULT;
    }
}

void
app_compat_ask (GtkWindow *parent,
                const char *heading,
                const char *body,
                const AppAnswer *answers,
                AppAnswered answered,
                gpointer user_data)
{
  AdwDialog *widget = adw_alert_dialog_new (heading, body);
  AdwAlertDialog *dialog = ADW_ALERT_DIALOG (widget);
  Question *question = g_new0 (Question, 1);

  for (const AppAnswer *answer = answers; answer->id; answer++)
    {
      adw_alert_dialog_add_response (dialog, answer->id, answer->label);
      adw_alert_dialog_set_response_appearance (dialog, answer->id, appearance_of (answer->style));
      if (answer->style == APP_ANSWER_SUGGESTED)
        adw_alert_dialog_set_default_response (dialog, answer->id);
    }
  adw_alert_dialog_set_close_response (dialog, "cancel");
  question->answered = answered;
  question->user_data = user_data;
  g_signal_connect_data (dialog, "response", G_CALLBACK (on_response), question,
                         (GClosureNotify) (GCallback) g_free, 0);
  adw_dialog_present (widget, parent ? GTK_WIDGET (parent) : NULL);
}

void
app_compat_tell (GtkWindow *parent, const char *heading, const char *body)
{
  const AppAnswer answers[] = { { "cancel", _ ("_OK"), APP_ANSWER_PLAIN }, { NULL } };

  app_compat_ask (parent, heading, body, answers, NULL, NULL);
}

void
app_compat_show_about (GtkWindow *parent)
{
  const char *const developers[] = { _ ("The Postroom authors"), NULL };

  adw_show_about_dialog (GTK_WIDGET (parent), "application-name", _ ("Postroom"),
                         "application-icon", POSTROOM_APP_ID, "version", POSTROOM_VERSION,
                         "developers", developers, "comments",
                         _ ("Mail that carries its own mail server"), "license-type",
                         GTK_LICENSE_MIT_X11,
                         /* Translators: your names, one a line */
                         "translator-credits", _ ("translator-credits"), NULL);
}

/* ---- files ---- */

typedef struct
{
  AppChosen chosen;
  gpointer user_data;
} Choice;

static Choice *
choice_new (AppChosen chosen, gpointer user_data)
{
  Choice *choice = g_new0 (Choice, 1);

  choice->chosen = chosen;
  choice->user_data = user_data;
  return choice;
}

static void
choice_end (Choice *choice, GPtrArray *files)
{
  choice->chosen (files && files->len > 0 ? files : NULL, choice->user_data);
  g_free (choice);
}

/* @file is given, or NULL: nothing was chosen. */
static void
choice_end_with (Choice *choice, GFile *file)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);

  if (file)
    g_ptr_array_add (files, file);
  choice_end (choice, files);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  choice_end_with (user_data, gtk_file_dialog_open_finish (GTK_FILE_DIALOG (source), result, NULL));
}

static void
on_opened_many (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GListModel) chosen
      = gtk_file_dialog_open_multiple_finish (GTK_FILE_DIALOG (source), result, NULL);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; chosen && i < g_list_model_get_n_items (chosen); i++)
    g_ptr_array_add (files, g_list_model_get_item (chosen, i));
  choice_end (user_data, files);
}

static void
on_save_chosen (GObject *source, GAsyncResult *result, gpointer user_data)
{
  choice_end_with (user_data, gtk_file_dialog_save_finish (GTK_FILE_DIALOG (source), result, NULL));
}

static void
on_folder_chosen (GObject *source, GAsyncResult *result, gpointer user_data)
{
  choice_end_with (user_data,
                   gtk_file_dialog_select_folder_finish (GTK_FILE_DIALOG (source), result, NULL));
}

static GtkFileDialog *
dialog_new (const char *title)
{
  GtkFileDialog *dialog = gtk_file_dialog_new ();

  gtk_file_dialog_set_title (dialog, title);
  gtk_file_dialog_set_modal (dialog, TRUE);
  return dialog;
}

void
app_compat_choose_files (GtkWindow *parent,
                         const char *title,
                         const char *mime_type,
                         gboolean many,
                         AppChosen chosen,
                         gpointer user_data)
{
  g_autoptr (GtkFileDialog) dialog = dialog_new (title);
  Choice *choice = choice_new (chosen, user_data);

  if (mime_type)
    {
      g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();
      g_autofree char *pattern = g_str_has_suffix (mime_type, "/")
                                     ? g_strconcat (mime_type, "*", NULL)
                                     : g_strdup (mime_type);

      gtk_file_filter_add_mime_type (filter, pattern);
      gtk_file_dialog_set_default_filter (dialog, filter);
    }
  if (many)
    gtk_file_dialog_open_multiple (dialog, parent, NULL, on_opened_many, choice);
  else
    gtk_file_dialog_open (dialog, parent, NULL, on_opened, choice);
}

void
app_compat_choose_save (GtkWindow *parent,
                        const char *title,
                        const char *name,
                        AppChosen chosen,
                        gpointer user_data)
{
  g_autoptr (GtkFileDialog) dialog = dialog_new (title);

  gtk_file_dialog_set_initial_name (dialog, name);
  gtk_file_dialog_save (dialog, parent, NULL, on_save_chosen, choice_new (chosen, user_data));
}

void
app_compat_choose_folder (GtkWindow *parent,
                          const char *title,
                          AppChosen chosen,
                          gpointer user_data)
{
  g_autoptr (GtkFileDialog) dialog = dialog_new (title);

  gtk_file_dialog_select_folder (dialog, parent, NULL, on_folder_chosen,
                                 choice_new (chosen, user_data));
}
