/* SPDX-License-Identifier: MIT */
#pragma once

/* What the files of the composer share. */

#include "app-composer.h"
#include "app-editor.h"

#define APP_TYPE_COMPOSER (app_composer_get_type ())
G_DECLARE_FINAL_TYPE (AppComposer, app_composer, APP, COMPOSER, AdwApplicationWindow)

/* A file that goes along. */
typedef struct
{
  char *name;
  char *content_type; /* NULL: guessed */
  GBytes *bytes;
} AppComposerFile;

struct _AppComposer
{
  AdwApplicationWindow parent_instance;

  EngineOffice *office;
  GCancellable *cancellable; /* of files being read */
  gint64 draft;              /* the draft that this letter replaces, or 0 */
  gboolean own_draft;        /* it was made here: discarding removes it */
  gint64 answers;            /* the letter that this one answers, or 0 */
  char *in_reply_to;
  char **references;
  GPtrArray *attached; /* of AppComposerFile */
  gboolean ready;      /* filled: what changes from here on is the person's doing */
  gboolean dirty;
  gboolean busy;  /* being sent or saved */
  gboolean asked; /* the questions before sending have been answered */
  gboolean closing;
  guint autosave;

  GtkInfoBar *failure;
  GtkLabel *failure_words;
  GtkDropDown *from;
  GtkEntry *to;
  GtkEntry *cc;
  GtkEntry *bcc;
  GtkEntry *subject;
  GtkToggleButton *more_recipients;
  GtkFlowBox *colour_grid;
  GtkPopover *colours;
  GtkMenuButton *link_button;
  GtkPopover *link_popover;
  GtkEntry *link;
  AppEditor *editor;
  GtkRevealer *files_revealer;
  GtkFlowBox *files;
};

/* ---- app-composer.c ---- */

void app_composer_set_failure (AppComposer *self, const char *words); /* NULL: none */
void app_composer_mark_edited (AppComposer *self);
EngineAccount *app_composer_get_account (AppComposer *self); /* borrowed, or NULL */

/* ---- app-composer-send.c ---- */

void app_composer_send (AppComposer *self);
/* Keeps a draft; with @close the window goes when it is kept. */
void app_composer_save (AppComposer *self, gboolean close);

/* ---- app-composer-format.c ---- */

void app_composer_init_format (AppComposer *self);
void app_composer_show_format (AppComposer *self);
void app_composer_insert_link (AppComposer *self);

/* ---- app-composer-files.c ---- */

void app_composer_init_files (AppComposer *self);
void app_composer_add_file (AppComposer *self,
                            const char *name,
                            const char *content_type,
                            GBytes *bytes);
void app_composer_choose_files (AppComposer *self);
void app_composer_choose_image (AppComposer *self);
void app_composer_file_free (gpointer file);

/* ---- app-composer-start.c ---- */

void app_composer_fill (AppComposer *self, const AppComposerStart *start);
