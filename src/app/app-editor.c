/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

#include "app-editor.h"

#include <glib/gi18n.h>
#include <string.h>
#include <webkit/webkit.h>

#define POLICY "default-src 'none'; img-src cid: data:; style-src 'unsafe-inline'"

/* The one script there is, and it is ours: it says that something was written. */
#define NOTICE                                                                                     \
  "document.addEventListener ('input',"                                                            \
  "  () => window.webkit.messageHandlers.changed.postMessage (''));"

/* Where writing begins: before everything, so that an answer stands above what it answers. */
#define CARET_AT_START                                                                             \
  "{ const range = document.createRange ();"                                                       \
  "  range.setStart (document.body.firstElementChild || document.body, 0);"                        \
  "  range.collapse (true);"                                                                       \
  "  const selection = window.getSelection ();"                                                    \
  "  selection.removeAllRanges ();"                                                                \
  "  selection.addRange (range); }"

struct _AppEditor
{
  AdwBin parent_instance;

  WebKitWebContext *context;
  WebKitNetworkSession *session;
  WebKitUserContentManager *content;
  WebKitWebView *web;
  GPtrArray *images; /* of AppEditorImage */
  gboolean loaded;
  GPtrArray *waiting; /* of char *, command and argument in turn: said before the page was there */
  GPtrArray *readers; /* of GTask: asked before the page was there */
};

enum
{
  CHANGED,
  STATE_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (AppEditor, app_editor, ADW_TYPE_BIN)

static void
image_free (gpointer data)
{
  AppEditorImage *image = data;

  g_free (image->content_id);
  g_free (image->file_name);
  g_free (image->content_type);
  g_bytes_unref (image->bytes);
  g_free (image);
}

/* ---- images ---- */

static const AppEditorImage *
find_image (AppEditor *self, const char *content_id)
{
  for (guint i = 0; i < self->images->len; i++)
    {
      const AppEditorImage *image = g_ptr_array_index (self->images, i);
      if (g_str_equal (image->content_id, content_id))
        return image;
    }
  return NULL;
}

static void
on_cid_request (WebKitURISchemeRequest *request, gpointer user_data)
{
  WebKitWebView *web = webkit_uri_scheme_request_get_web_view (request);
  GtkWidget *editor = gtk_widget_get_ancestor (GTK_WIDGET (web), APP_TYPE_EDITOR);
  g_autofree char *id = g_uri_unescape_string (webkit_uri_scheme_request_get_path (request), NULL);
  const AppEditorImage *image = editor && id ? find_image (APP_EDITOR (editor), id) : NULL;

  if (!image)
    {
      g_autoptr (GError) error
          = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "No such image");
      webkit_uri_scheme_request_finish_error (request, error);
      return;
    }
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_bytes (image->bytes);
  webkit_uri_scheme_request_finish (request, stream, (gint64) g_bytes_get_size (image->bytes),
                                    image->content_type);
}

void
app_editor_add_image (AppEditor *editor,
                      const char *content_id,
                      const char *file_name,
                      const char *content_type,
                      GBytes *bytes)
{
  AppEditorImage *image = g_new0 (AppEditorImage, 1);

  image->content_id = g_strdup (content_id);
  image->file_name = g_strdup (file_name ? file_name : "image");
  image->content_type = g_strdup (content_type);
  image->bytes = g_bytes_ref (bytes);
  g_ptr_array_add (editor->images, image);
}

GPtrArray *
app_editor_dup_images (AppEditor *editor, const char *html)
{
  GPtrArray *used = g_ptr_array_new ();

  for (guint i = 0; i < editor->images->len; i++)
    {
      AppEditorImage *image = g_ptr_array_index (editor->images, i);
      g_autofree char *address = g_strconcat ("cid:", image->content_id, NULL);
      if (strstr (html, address))
        g_ptr_array_add (used, image);
    }
  return used;
}

/* ---- commands ---- */

static void
mark_written (AppEditor *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

void
app_editor_execute (AppEditor *editor, const char *command, const char *argument)
{
  if (!editor->loaded)
    {
      g_ptr_array_add (editor->waiting, g_strdup (command));
      g_ptr_array_add (editor->waiting, g_strdup (argument));
      return;
    }
  if (argument)
    webkit_web_view_execute_editing_command_with_argument (editor->web, command, argument);
  else
    webkit_web_view_execute_editing_command (editor->web, command);
  gtk_widget_grab_focus (GTK_WIDGET (editor->web));
  mark_written (editor);
}

void
app_editor_insert_image (AppEditor *editor,
                         const char *file_name,
                         const char *content_type,
                         GBytes *bytes)
{
  g_autofree char *random = g_uuid_string_random ();
  g_autofree char *content_id = g_strconcat (random, "@postroom", NULL);
  g_autofree char *name = g_markup_escape_text (file_name, -1);
  g_autofree char *html = g_strdup_printf ("<img src=\"cid:%s\" alt=\"%s\">", content_id, name);

  app_editor_add_image (editor, content_id, file_name, content_type, bytes);
  app_editor_execute (editor, "InsertHTML", html);
}

static void
on_selection_known (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *address = user_data;
  g_autoptr (JSCValue) value
      = webkit_web_view_evaluate_javascript_finish (WEBKIT_WEB_VIEW (source), result, NULL);
  GtkWidget *editor = gtk_widget_get_ancestor (GTK_WIDGET (source), APP_TYPE_EDITOR);

  if (!editor)
    return;
  if (value && jsc_value_to_boolean (value))
    {
      app_editor_execute (APP_EDITOR (editor), "CreateLink", address);
      return;
    }
  g_autofree char *escaped = g_markup_escape_text (address, -1);
  g_autofree char *html = g_strdup_printf ("<a href=\"%s\">%s</a>&nbsp;", escaped, escaped);
  app_editor_execute (APP_EDITOR (editor), "InsertHTML", html);
}

void
app_editor_insert_link (AppEditor *editor, const char *address)
{
  webkit_web_view_evaluate_javascript (editor->web, "!window.getSelection ().isCollapsed", -1, NULL,
                                       NULL, NULL, on_selection_known, g_strdup (address));
}

AppEditorState
app_editor_get_state (AppEditor *editor)
{
  WebKitEditorState *state = webkit_web_view_get_editor_state (editor->web);
  guint attributes = webkit_editor_state_get_typing_attributes (state);
  AppEditorState result = 0;

  if (attributes & WEBKIT_EDITOR_TYPING_ATTRIBUTE_BOLD)
    result |= APP_EDITOR_BOLD;
  if (attributes & WEBKIT_EDITOR_TYPING_ATTRIBUTE_ITALIC)
    result |= APP_EDITOR_ITALIC;
  if (attributes & WEBKIT_EDITOR_TYPING_ATTRIBUTE_UNDERLINE)
    result |= APP_EDITOR_UNDERLINE;
  if (attributes & WEBKIT_EDITOR_TYPING_ATTRIBUTE_STRIKETHROUGH)
    result |= APP_EDITOR_STRIKE;
  return result;
}

/* ---- reading ---- */

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (JSCValue) value
      = webkit_web_view_evaluate_javascript_finish (WEBKIT_WEB_VIEW (source), result, &error);

  if (value)
    g_task_return_pointer (task, jsc_value_to_string (value), g_free);
  else
    g_task_return_error (task, error);
}

/* Takes @task. */
static void
read_page (AppEditor *self, GTask *task)
{
  webkit_web_view_evaluate_javascript (self->web, "document.body.innerHTML", -1, NULL, NULL, NULL,
                                       on_read, task);
}

void
app_editor_read_async (AppEditor *editor, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (editor, NULL, callback, user_data);

  if (editor->loaded)
    read_page (editor, task);
  else
    g_ptr_array_add (editor->readers, task);
}

char *
app_editor_read_finish (AppEditor *editor, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- the page ---- */

/* The window's own colours: what is written has none unless the person gives it some. */
static void
set_paper (AppEditor *self)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (self));
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());
  GdkRGBA paper = { 1, 1, 1, 1 }, ink = { 0.1f, 0.1f, 0.1f, 1 };

  gtk_style_context_lookup_color (style, "view_bg_color", &paper);
  gtk_style_context_lookup_color (style, "view_fg_color", &ink);
  g_autofree char *paper_name = gdk_rgba_to_string (&paper);
  g_autofree char *ink_name = gdk_rgba_to_string (&ink);
  g_autofree char *css = g_strdup_printf (
      ":root { color-scheme: %s; } html { background: %s; color: %s; }"
      "body { font-family: system-ui, sans-serif; font-size: 15px; line-height: 1.5;"
      " margin: 18px; min-height: calc(100vh - 36px); overflow-wrap: break-word; outline: none; }"
      "img { max-width: 100%%; height: auto; } pre { white-space: pre-wrap; }"
      "p { margin: 0 0 0.6em 0; } blockquote { margin: 0.5em 0; padding-left: 12px;"
      " border-left: 3px solid color-mix(in srgb, currentColor 25%%, transparent); }",
      dark ? "dark" : "light", paper_name, ink_name);
  g_autoptr (WebKitUserStyleSheet) sheet
      = webkit_user_style_sheet_new (css, WEBKIT_USER_CONTENT_INJECT_TOP_FRAME,
                                     WEBKIT_USER_STYLE_LEVEL_USER, NULL, NULL);

  webkit_user_content_manager_remove_all_style_sheets (self->content);
  webkit_user_content_manager_add_style_sheet (self->content, sheet);
  webkit_web_view_set_background_color (self->web, &paper);
}

void
app_editor_set_html (AppEditor *editor, const char *html)
{
  g_autofree char *page = g_strconcat ("<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head>"
                                       "<body dir=\"auto\">",
                                       html, "</body></html>", NULL);

  set_paper (editor);
  editor->loaded = FALSE;
  webkit_web_view_load_html (editor->web, page, NULL);
}

static void
on_caret_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AppEditor) self = user_data;
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&self->waiting);
  g_autoptr (GPtrArray) readers = g_steal_pointer (&self->readers);
  g_autoptr (JSCValue) value
      = webkit_web_view_evaluate_javascript_finish (WEBKIT_WEB_VIEW (source), result, NULL);

  self->waiting = g_ptr_array_new_with_free_func (g_free);
  self->readers = g_ptr_array_new_with_free_func (g_object_unref);
  self->loaded = TRUE;
  for (guint i = 0; i + 1 < waiting->len; i += 2)
    app_editor_execute (self, g_ptr_array_index (waiting, i), g_ptr_array_index (waiting, i + 1));
  for (guint i = 0; i < readers->len; i++)
    read_page (self, g_object_ref (g_ptr_array_index (readers, i)));
}

static void
on_load_changed (WebKitWebView *web, WebKitLoadEvent event, AppEditor *self)
{
  if (event == WEBKIT_LOAD_FINISHED)
    webkit_web_view_evaluate_javascript (web, CARET_AT_START, -1, NULL, NULL, NULL, on_caret_set,
                                         g_object_ref (self));
}

static gboolean
on_decide_policy (WebKitWebView *web,
                  WebKitPolicyDecision *decision,
                  WebKitPolicyDecisionType type,
                  gpointer user_data)
{
  const char *uri;

  if (type == WEBKIT_POLICY_DECISION_TYPE_RESPONSE)
    return FALSE;
  uri = webkit_uri_request_get_uri (webkit_navigation_action_get_request (
      webkit_navigation_policy_decision_get_navigation_action (
          WEBKIT_NAVIGATION_POLICY_DECISION (decision))));
  if (type == WEBKIT_POLICY_DECISION_TYPE_NAVIGATION_ACTION && g_str_equal (uri, "about:blank"))
    webkit_policy_decision_use (decision);
  else
    webkit_policy_decision_ignore (decision);
  return TRUE;
}

static gboolean
on_context_menu (WebKitWebView *web,
                 WebKitContextMenu *menu,
                 WebKitHitTestResult *hit,
                 gpointer user_data)
{
  g_autoptr (GList) items = g_list_copy (webkit_context_menu_get_items (menu));

  for (GList *at = items; at; at = at->next)
    switch (webkit_context_menu_item_get_stock_action (at->data))
      {
      case WEBKIT_CONTEXT_MENU_ACTION_INSPECT_ELEMENT:
      case WEBKIT_CONTEXT_MENU_ACTION_RELOAD:
      case WEBKIT_CONTEXT_MENU_ACTION_GO_BACK:
      case WEBKIT_CONTEXT_MENU_ACTION_GO_FORWARD:
      case WEBKIT_CONTEXT_MENU_ACTION_STOP:
      case WEBKIT_CONTEXT_MENU_ACTION_OPEN_LINK:
      case WEBKIT_CONTEXT_MENU_ACTION_OPEN_LINK_IN_NEW_WINDOW:
      case WEBKIT_CONTEXT_MENU_ACTION_DOWNLOAD_LINK_TO_DISK:
      case WEBKIT_CONTEXT_MENU_ACTION_OPEN_IMAGE_IN_NEW_WINDOW:
      case WEBKIT_CONTEXT_MENU_ACTION_DOWNLOAD_IMAGE_TO_DISK:
        webkit_context_menu_remove (menu, at->data);
        break;
      default:
        break;
      }
  return FALSE;
}

static void
on_message (WebKitUserContentManager *content, JSCValue *value, AppEditor *self)
{
  mark_written (self);
}

static void
on_typing_attributes (AppEditor *self)
{
  g_signal_emit (self, signals[STATE_CHANGED], 0);
}

/* ---- class ---- */

static gboolean
app_editor_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (APP_EDITOR (widget)->web));
}

static void
app_editor_finalize (GObject *object)
{
  AppEditor *self = APP_EDITOR (object);

  g_clear_object (&self->content);
  g_clear_object (&self->session);
  g_clear_object (&self->context);
  g_ptr_array_unref (self->images);
  g_ptr_array_unref (self->waiting);
  g_ptr_array_unref (self->readers);
  G_OBJECT_CLASS (app_editor_parent_class)->finalize (object);
}

static void
app_editor_class_init (AppEditorClass *class)
{
  G_OBJECT_CLASS (class)->finalize = app_editor_finalize;
  GTK_WIDGET_CLASS (class)->grab_focus = app_editor_grab_focus;
  signals[CHANGED] = g_signal_new ("changed", APP_TYPE_EDITOR, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
  signals[STATE_CHANGED] = g_signal_new ("state-changed", APP_TYPE_EDITOR, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static WebKitSettings *
make_settings (void)
{
  return webkit_settings_new_with_settings (
      "enable-javascript-markup", FALSE, "enable-html5-local-storage", FALSE,
      "enable-html5-database", FALSE, "enable-dns-prefetching", FALSE, "enable-page-cache", FALSE,
      "enable-media", FALSE, "enable-webgl", FALSE, "enable-webaudio", FALSE,
      "hardware-acceleration-policy", WEBKIT_HARDWARE_ACCELERATION_POLICY_NEVER, "default-charset",
      "utf-8", NULL);
}

static void
app_editor_init (AppEditor *self)
{
  g_autoptr (WebKitSettings) settings = make_settings ();
  g_autoptr (WebKitUserScript) script
      = webkit_user_script_new (NOTICE, WEBKIT_USER_CONTENT_INJECT_TOP_FRAME,
                                WEBKIT_USER_SCRIPT_INJECT_AT_DOCUMENT_START, NULL, NULL);

  self->images = g_ptr_array_new_with_free_func (image_free);
  self->waiting = g_ptr_array_new_with_free_func (g_free);
  self->readers = g_ptr_array_new_with_free_func (g_object_unref);
  self->context = webkit_web_context_new ();
  webkit_web_context_set_cache_model (self->context, WEBKIT_CACHE_MODEL_DOCUMENT_VIEWER);
  webkit_web_context_register_uri_scheme (self->context, "cid", on_cid_request, NULL, NULL);
  webkit_web_context_set_spell_checking_enabled (self->context, TRUE);
  self->session = webkit_network_session_new_ephemeral ();
  self->content = webkit_user_content_manager_new ();
  webkit_user_content_manager_register_script_message_handler (self->content, "changed", NULL);
  webkit_user_content_manager_add_script (self->content, script);
  g_signal_connect_object (self->content, "script-message-received::changed",
                           G_CALLBACK (on_message), self, 0);
  self->web
      = g_object_new (WEBKIT_TYPE_WEB_VIEW, "web-context", self->context, "network-session",
                      self->session, "user-content-manager", self->content, "settings", settings,
                      "default-content-security-policy", POLICY, "editable", TRUE, NULL);
  g_signal_connect_object (self->web, "decide-policy", G_CALLBACK (on_decide_policy), self, 0);
  g_signal_connect_object (self->web, "load-changed", G_CALLBACK (on_load_changed), self, 0);
  g_signal_connect_object (self->web, "context-menu", G_CALLBACK (on_context_menu), self, 0);
  g_signal_connect_object (webkit_web_view_get_editor_state (self->web),
                           "notify::typing-attributes", G_CALLBACK (on_typing_attributes), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (set_paper),
                           self, G_CONNECT_SWAPPED);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->web), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Text of the letter"), -1);
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->web));
}
