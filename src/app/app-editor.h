/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Rich text to write in: a WebKit view whose page can be edited. The page runs no script of its
 * own, loads nothing from outside, and holds its images by "cid:" addresses. Main thread.
 */

#include <adwaita.h>
#include <gio/gio.h>

#define APP_TYPE_EDITOR (app_editor_get_type ())
G_DECLARE_FINAL_TYPE (AppEditor, app_editor, APP, EDITOR, AdwBin)

/* Signals: "changed" (): the person wrote something; "state-changed" (): other formatting is in
 * force at the cursor. */

typedef struct
{
  char *content_id;
  char *file_name;
  char *content_type;
  GBytes *bytes;
} AppEditorImage;

/* Shows @html, a fragment that is safe already. */
void app_editor_set_html (AppEditor *editor, const char *html);
/* An image that the HTML may name; before it is shown. */
void app_editor_add_image (AppEditor *editor,
                           const char *content_id,
                           const char *file_name,
                           const char *content_type,
                           GBytes *bytes);
/* Puts an image at the cursor. */
void app_editor_insert_image (AppEditor *editor,
                              const char *file_name,
                              const char *content_type,
                              GBytes *bytes);
/* "Bold", "FormatBlock" …: WebKit's editing commands; @argument may be NULL. */
void app_editor_execute (AppEditor *editor, const char *command, const char *argument);
/* Makes the selection a link, or inserts the address. */
void app_editor_insert_link (AppEditor *editor, const char *address);

typedef enum
{
  APP_EDITOR_BOLD = 1 << 0,
  APP_EDITOR_ITALIC = 1 << 1,
  APP_EDITOR_UNDERLINE = 1 << 2,
  APP_EDITOR_STRIKE = 1 << 3,
} AppEditorState;

AppEditorState app_editor_get_state (AppEditor *editor);

/* The body's HTML as it stands, not cleaned. */
void app_editor_read_async (AppEditor *editor, GAsyncReadyCallback callback, gpointer user_data);
char *app_editor_read_finish (AppEditor *editor, GAsyncResult *result, GError **error);
/* Those of its images that @html names; an array of borrowed AppEditorImage. */
GPtrArray *app_editor_dup_images (AppEditor *editor, const char *html);
