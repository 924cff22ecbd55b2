/* SPDX-License-Identifier: MIT */
#include "app-compat.h"

#include <glib/gi18n.h>
#include <postroom-config.h>

typedef struct
{
  AppAnswered answered;
  AppChosen chosen;
  gpointer user_data;
} Waiting;

static void
on_response (AdwMessageDialog *dialog, const char *response, gpointer user_data)
{
  Waiting *waiting = user_data;

  if (waiting->answered)
    waiting->answered (response, waiting->user_data);
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
  GtkWidget *widget = adw_message_dialog_new (parent, heading, body);
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (widget);
  Waiting *waiting = g_new0 (Waiting, 1);

  for (const AppAnswer *answer = answers; answer->id; answer++)
    {
      adw_message_dialog_add_response (dialog, answer->id, answer->label);
      adw_message_dialog_set_response_appearance (dialog, answer->id,
                                                  appearance_of (answer->style));
      if (answer->style == APP_ANSWER_SUGGESTED)
        adw_message_dialog_set_default_response (dialog, answer->id);
    }
  adw_message_dialog_set_close_response (dialog, "cancel");
  waiting->answered = answered;
  waiting->user_data = user_data;
  g_signal_connect_data (dialog, "response", G_CALLBACK (on_response), waiting,
                         (GClosureNotify) (GCallback) g_free, 0);
  gtk_window_present (GTK_WINDOW (dialog));
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

  adw_show_about_window (parent, "application-name", _ ("Postroom"), "application-icon",
                         POSTROOM_APP_ID, "version", POSTROOM_VERSION, "developers", developers,
                         "comments", _ ("Mail that carries its own mail server"), "license-type",
                         GTK_LICENSE_MIT_X11,
                         /* Translators: your names, one a line */
                         "translator-credits", _ ("translator-credits"), NULL);
}

static void
on_chosen (GtkNativeDialog *dialog, int response, gpointer user_data)
{
  Waiting *waiting = user_data;
  g_autoptr (GPtrArray) files = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    {
      g_autoptr (GListModel) chosen = gtk_file_chooser_get_files (GTK_FILE_CHOOSER (dialog));

      files = g_ptr_array_new_with_free_func (g_object_unref);
      for (guint i = 0; i < g_list_model_get_n_items (chosen); i++)
        g_ptr_array_add (files, g_list_model_get_item (chosen, i));
    }
  waiting->chosen (files && files->len > 0 ? files : NULL, waiting->user_data);
  /* The chooser has no other holder: it was kept for this moment. */
  g_object_unref (dialog);
}

static GtkFileChooser *
choose (GtkWindow *parent,
        const char *title,
        GtkFileChooserAction action,
        AppChosen chosen,
        gpointer user_data)
{
  gboolean save = action == GTK_FILE_CHOOSER_ACTION_SAVE;
  GtkFileChooserNative *native
      = gtk_file_chooser_native_new (title, parent, action, save ? _ ("_Save") : NULL, NULL);
  Waiting *waiting = g_new0 (Waiting, 1);

  waiting->chosen = chosen;
  waiting->user_data = user_data;
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (native), TRUE);
  g_signal_connect_data (native, "response", G_CALLBACK (on_chosen), waiting,
                         (GClosureNotify) (GCallback) g_free, 0);
  return GTK_FILE_CHOOSER (native);
}

void
app_compat_choose_files (GtkWindow *parent,
                         const char *title,
                         const char *mime_type,
                         gboolean many,
                         AppChosen chosen,
                         gpointer user_data)
{
  GtkFileChooser *chooser = choose (parent, title, GTK_FILE_CHOOSER_ACTION_OPEN, chosen, user_data);

  gtk_file_chooser_set_select_multiple (chooser, many);
  if (mime_type)
    {
      g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();
      g_autofree char *pattern = g_str_has_suffix (mime_type, "/")
                                     ? g_strconcat (mime_type, "*", NULL)
                                     : g_strdup (mime_type);

      gtk_file_filter_add_mime_type (filter, pattern);
      gtk_file_chooser_set_filter (chooser, filter);
    }
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

void
app_compat_choose_save (GtkWindow *parent,
                        const char *title,
                        const char *name,
                        AppChosen chosen,
                        gpointer user_data)
{
  GtkFileChooser *chooser = choose (parent, title, GTK_FILE_CHOOSER_ACTION_SAVE, chosen, user_data);

  gtk_file_chooser_set_current_name (chooser, name);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

void
app_compat_choose_folder (GtkWindow *parent,
                          const char *title,
                          AppChosen chosen,
                          gpointer user_data)
{
  GtkFileChooser *chooser
      = choose (parent, title, GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, chosen, user_data);

  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}
