/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the parts of the window share: app-window.c shows, app-window-letters.c does what is done
 * with letters, app-window-junk.c what is said about junk, app-window-actions.c the rest. */

#include "app-letter-list.h"
#include "app-reader.h"
#include "app-sidebar.h"
#include "app-window.h"

struct _AppWindow
{
  AdwApplicationWindow parent_instance;

  EngineOffice *office;
  StoreFolder folder;
  GCancellable *cancellable; /* of what must not outlive the window */
  GArray *undo_ids;          /* of gint64: what was moved last, or NULL */
  StoreFolder undo_folder;   /* and from where */
  gboolean undo_junk;        /* it was marked, as junk or not */
  AdwToast *toast;           /* the one said last, while it is to be seen; weak */
  gint64 toast_time;         /* when, monotonic */
  gint64 rest_wanted;        /* the letter whose rest is being fetched, or 0 */
  guint fetching;            /* accounts asked by win.fetch that have not answered */
  gboolean transferring;     /* letters from another program, or for one */

  AdwToastOverlay *toasts;
  GtkStack *pages;
  GtkStack *try_face;
  AdwLeaflet *outer; /* panes | reader */
  AdwLeaflet *inner; /* sidebar | list */
  GtkWidget *sidebar_pane;
  GtkWidget *list_pane;
  GtkWidget *reader_pane;
  AppSidebar *sidebar;
  AppLetterList *list;
  AppReader *reader;
  AdwWindowTitle *list_title;
  GtkSearchBar *search_bar;
  GtkSearchEntry *search_entry;
  GtkLabel *search_notice;
  GtkStack *fetch_face;
};

/* Answers may come when the window was closed already: then it has no children to tell. */
gboolean app_window_is_gone (AppWindow *window);

void app_window_init_actions (AppWindow *window);
void app_window_init_letter_actions (AppWindow *window);
void app_window_init_transfer_actions (AppWindow *window);
void app_window_init_junk_actions (AppWindow *window);
/* Shows the settings for junk, now and when they change; the office is there. */
void app_window_init_search (AppWindow *window);
/* What in the words could not be understood. */
void app_window_show_notice (AppWindow *window);
/* Another folder is open: what was looked for is looked for there. */
void app_window_search_again (AppWindow *window);
void app_window_follow_junk (AppWindow *window);
/* Takes back what was said about junk. */
void app_window_unmark_junk (AppWindow *window, GArray *ids);
/* Sets which actions make sense now. */
void app_window_update_actions (AppWindow *window);
void app_window_update_steps (AppWindow *window);

AppApplication *app_window_get_application (AppWindow *window);
EngineLetters *app_window_get_letters (AppWindow *window);
/* In a narrow window: brings the list, or the letter, to the front. */
void app_window_show_list (AppWindow *window);
void app_window_show_reader (AppWindow *window);
/* The toast's button does @action with @target (floating, or NULL). */
void app_window_say_with_button (AppWindow *window,
                                 const char *words,
                                 const char *button,
                                 const char *action,
                                 GVariant *target);
/* What failed, in the person's words; nothing for a cancelled one. */
void app_window_say_failure (AppWindow *window, const GError *error);
