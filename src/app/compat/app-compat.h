/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What differs between the versions of GTK and libadwaita: questions, file choosing, and what
 * the program says about itself. app-compat-old.c does it at the floor, app-compat-new.c from GTK
 * 4.10 and libadwaita 1.5 on; meson.build chooses. Nothing else in the room calls the classes used
 * here. Main thread.
 */

#include <adwaita.h>

typedef enum
{
  APP_ANSWER_PLAIN,
  APP_ANSWER_SUGGESTED,
  APP_ANSWER_DESTRUCTIVE,
} AppAnswerStyle;

typedef struct
{
  const char *id;    /* never translated */
  const char *label; /* translated, with its mnemonic */
  AppAnswerStyle style;
} AppAnswer;

/* Called once with the id of the answer; "cancel" when the question was closed. */
typedef void (*AppAnswered) (const char *id, gpointer user_data);

/* @answers ends with one whose id is NULL; a "cancel" among them answers Escape. @body is plain
 * text, or NULL. */
void app_compat_ask (GtkWindow *parent,
                     const char *heading,
                     const char *body,
                     const AppAnswer *answers,
                     AppAnswered answered,
                     gpointer user_data);
/* A message with one button, "OK". */
void app_compat_tell (GtkWindow *parent, const char *heading, const char *body);

void app_compat_show_about (GtkWindow *parent);

/* Called once with the chosen files (of GFile), or NULL when nothing was chosen. */
typedef void (*AppChosen) (GPtrArray *files, gpointer user_data);

void app_compat_choose_files (GtkWindow *parent,
                              const char *title,
                              const char *mime_type, /* "image/" and the like, or NULL: all files */
                              gboolean many,
                              AppChosen chosen,
                              gpointer user_data);
void app_compat_choose_save (GtkWindow *parent,
                             const char *title,
                             const char *name,
                             AppChosen chosen,
                             gpointer user_data);
void app_compat_choose_folder (GtkWindow *parent,
                               const char *title,
                               AppChosen chosen,
                               gpointer user_data);
