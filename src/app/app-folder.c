/* SPDX-License-Identifier: MIT */
#include "app-folder.h"

#include <glib/gi18n.h>

typedef struct
{
  const char *title;
  const char *icon;
  const char *empty_title;
  const char *empty_words;
} Words;

const StoreFolder app_folder_order[STORE_N_FOLDERS] = {
  STORE_FOLDER_INBOX, STORE_FOLDER_DRAFTS, STORE_FOLDER_OUTBOX,
  STORE_FOLDER_SENT,  STORE_FOLDER_JUNK,   STORE_FOLDER_TRASH,
};

static const Words words[STORE_N_FOLDERS] = {
  [STORE_FOLDER_INBOX] = { N_ ("Inbox"), "postroom-inbox-symbolic", N_ ("No Letters Yet"),
                           N_ ("New letters appear here when they are fetched") },
  [STORE_FOLDER_SENT] = { N_ ("Sent"), "mail-send-symbolic", N_ ("Nothing Sent Yet"),
                          N_ ("Letters that a server accepted are kept here") },
  [STORE_FOLDER_DRAFTS] = { N_ ("Drafts"), "document-edit-symbolic", N_ ("No Drafts"),
                            N_ ("Letters you have not finished wait here") },
  [STORE_FOLDER_OUTBOX] = { N_ ("Outbox"), "postroom-outbox-symbolic", N_ ("Nothing Waiting"),
                            N_ ("Letters stay here until a server has accepted them") },
  [STORE_FOLDER_TRASH] = { N_ ("Trash"), "user-trash-symbolic", N_ ("Trash Is Empty"),
                           N_ ("Deleted letters are kept here until you delete them again") },
  [STORE_FOLDER_JUNK] = { N_ ("Junk"), "mail-mark-junk-symbolic", N_ ("No Junk"),
                          N_ ("Letters that you move here are out of the way") },
};

const char *
app_folder_get_title (StoreFolder folder)
{
  return _ (words[folder].title);
}

const char *
app_folder_get_icon (StoreFolder folder)
{
  return words[folder].icon;
}

const char *
app_folder_get_empty_title (StoreFolder folder)
{
  return _ (words[folder].empty_title);
}

const char *
app_folder_get_empty_words (StoreFolder folder)
{
  return _ (words[folder].empty_words);
}

gboolean
app_folder_shows_recipients (StoreFolder folder)
{
  return folder == STORE_FOLDER_SENT || folder == STORE_FOLDER_DRAFTS
         || folder == STORE_FOLDER_OUTBOX;
}

guint
app_folder_pick_count (StoreFolder folder, const StoreCounts *counts)
{
  switch (folder)
    {
    case STORE_FOLDER_INBOX:
    case STORE_FOLDER_JUNK:
      return counts->unseen[folder];
    case STORE_FOLDER_DRAFTS:
    case STORE_FOLDER_OUTBOX:
      return counts->total[folder];
    case STORE_FOLDER_SENT:
    case STORE_FOLDER_TRASH:
    default:
      return 0;
    }
}
