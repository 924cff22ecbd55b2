/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-app"

#include "app-letter-view.h"

#include <glib/gi18n.h>
#include <webkit/webkit.h>

/* The second wall behind message_html_make_safe(): what slips through it is still not loaded. */
#define POLICY_STRICT "default-src 'none'; style-src 'unsafe-inline'; img-src cid: data:"
#define POLICY_REMOTE POLICY_STRICT " http: https:"

struct _AppLetterView
{
  AdwBin parent_instance;

  WebKitWebContext *context;
  WebKitNetworkSession *session;
  WebKitUserContentManager *content;
  WebKitWebView *web; /* a child; borrowed */
  gboolean remote;    /* what @web was made for */

  char *html;
  MessageLetter *letter;
  gboolean own_colours;

  GtkOverlay *overlay;
  GtkLabel *target;
};

enum
{
  LINK,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (AppLetterView, app_letter_view, ADW_TYPE_BIN)

/* The parts of the letter that its HTML names (RFC 2392). */
static void
on_cid_request (WebKitURISchemeRequest *request, gpointer user_data)
{
  WebKitWebView *web = webkit_uri_scheme_request_get_web_view (request);
  GtkWidget *widget = web ? gtk_widget_get_ancestor (GTK_WIDGET (web), APP_TYPE_LETTER_VIEW) : NULL;
  MessageLetter *letter = widget ? APP_LETTER_VIEW (widget)->letter : NULL;
  g_autofree char *id = g_uri_unescape_string (webkit_uri_scheme_request_get_path (request), NULL);
  MessagePart *part = letter && id ? message_letter_find_content_id (letter, id) : NULL;
  const char *type = part ? message_part_get_content_type (part) : NULL;

  if (part && g_str_has_prefix (type, "image/"))
    {
      GBytes *bytes = message_part_get_bytes (part);
      g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_bytes (bytes);

      webkit_uri_scheme_request_finish (request, stream, (gint64) g_bytes_get_size (bytes), type);
    }
  else
    {
      g_autoptr (GError) error
          = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "No such image in the letter");

      webkit_uri_scheme_request_finish_error (request, error);
    }
}

static gboolean
decide_navigation (AppLetterView *self, WebKitPolicyDecision *decision, gboolean new_window)
{
  WebKitNavigationAction *action = webkit_navigation_policy_decision_get_navigation_action (
      WEBKIT_NAVIGATION_POLICY_DECISION (decision));
  const char *uri = webkit_uri_request_get_uri (webkit_navigation_action_get_request (action));
  WebKitNavigationType type = webkit_navigation_action_get_navigation_type (action);

  if (!new_window && g_str_has_prefix (uri, "about:blank")
      && (type == WEBKIT_NAVIGATION_TYPE_OTHER || uri[strlen ("about:blank")] == '#'))
    {
      webkit_policy_decision_use (decision);
      return TRUE;
    }
  webkit_policy_decision_ignore (decision);
  /* Only what the person did counts, and only to where a letter may lead. */
  if (webkit_navigation_action_is_user_gesture (action)
      && (g_str_has_prefix (uri, "http:") || g_str_has_prefix (uri, "https:")
          || g_str_has_prefix (uri, "mailto:")))
    g_signal_emit (self, signals[LINK], 0, uri);
  return TRUE;
}

static gboolean
on_decide_policy (WebKitWebView *web,
                  WebKitPolicyDecision *decision,
                  WebKitPolicyDecisionType type,
                  AppLetterView *self)
{
  switch (type)
    {
    case WEBKIT_POLICY_DECISION_TYPE_NAVIGATION_ACTION:
      return decide_navigation (self, decision, FALSE);
    case WEBKIT_POLICY_DECISION_TYPE_NEW_WINDOW_ACTION:
      return decide_navigation (self, decision, TRUE);
    case WEBKIT_POLICY_DECISION_TYPE_RESPONSE:
    default:
      return FALSE;
    }
}

static gboolean
on_permission_request (WebKitWebView *web, WebKitPermissionRequest *request, AppLetterView *self)
{
  webkit_permission_request_deny (request);
  return TRUE;
}

/* Leaves what helps a reader; an empty menu is none. */
static gboolean
on_context_menu (WebKitWebView *web,
                 WebKitContextMenu *menu,
                 WebKitHitTestResult *hit,
                 AppLetterView *self)
{
  g_autoptr (GList) items = g_list_copy (webkit_context_menu_get_items (menu));

  for (GList *at = items; at; at = at->next)
    switch (webkit_context_menu_item_get_stock_action (at->data))
      {
      case WEBKIT_CONTEXT_MENU_ACTION_COPY:
      case WEBKIT_CONTEXT_MENU_ACTION_COPY_LINK_TO_CLIPBOARD:
      case WEBKIT_CONTEXT_MENU_ACTION_COPY_IMAGE_TO_CLIPBOARD:
      case WEBKIT_CONTEXT_MENU_ACTION_SELECT_ALL:
        break;
      default:
        webkit_context_menu_remove (menu, at->data);
      }
  return webkit_context_menu_get_n_items (menu) == 0;
}

/* Where a link really leads, before it is clicked. */
static void
on_target_changed (WebKitWebView *web,
                   WebKitHitTestResult *hit,
                   guint modifiers,
                   AppLetterView *self)
{
  gboolean link = webkit_hit_test_result_context_is_link (hit);

  if (link)
    gtk_label_set_label (self->target, webkit_hit_test_result_get_link_uri (hit));
  gtk_widget_set_visible (GTK_WIDGET (self->target), link);
}

static void
on_terminated (WebKitWebView *web, WebKitWebProcessTerminationReason reason, AppLetterView *self)
{
  g_message ("The process that shows letters ended (reason %d)", (int) reason);
  self->web = NULL;
  gtk_overlay_set_child (
      self->overlay,
      g_object_new (ADW_TYPE_STATUS_PAGE, "icon-name", "dialog-error-symbolic", "title",
                    _ ("This Letter Cannot Be Shown"), "description",
                    _ ("Its source can still be read: choose “View Source” from the menu"), NULL));
}

static WebKitSettings *
make_settings (void)
{
  return webkit_settings_new_with_settings (
      "enable-javascript", FALSE, "enable-javascript-markup", FALSE, "enable-html5-local-storage",
      FALSE, "enable-html5-database", FALSE, "enable-dns-prefetching", FALSE, "enable-page-cache",
      FALSE, "enable-media", FALSE, "enable-webgl", FALSE, "enable-webaudio", FALSE,
      "hardware-acceleration-policy", WEBKIT_HARDWARE_ACCELERATION_POLICY_NEVER, "default-charset",
      "utf-8", NULL);
}

/* The policy of a view is fixed at its birth, so another policy is another view. */
static void
make_web (AppLetterView *self, gboolean remote)
{
  g_autoptr (WebKitSettings) settings = make_settings ();
  GtkWidget *web
      = g_object_new (WEBKIT_TYPE_WEB_VIEW, "web-context", self->context, "network-session",
                      self->session, "user-content-manager", self->content, "settings", settings,
                      "default-content-security-policy", remote ? POLICY_REMOTE : POLICY_STRICT,
                      NULL);

  g_signal_connect_object (web, "decide-policy", G_CALLBACK (on_decide_policy), self, 0);
  g_signal_connect_object (web, "permission-request", G_CALLBACK (on_permission_request), self, 0);
  g_signal_connect_object (web, "context-menu", G_CALLBACK (on_context_menu), self, 0);
  g_signal_connect_object (web, "mouse-target-changed", G_CALLBACK (on_target_changed), self, 0);
  g_signal_connect_object (web, "web-process-terminated", G_CALLBACK (on_terminated), self, 0);
  gtk_accessible_update_property (GTK_ACCESSIBLE (web), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Letter text"), -1);
  self->web = WEBKIT_WEB_VIEW (web);
  self->remote = remote;
  gtk_overlay_set_child (self->overlay, web);
}

/* The letter's paper: the window's colours, or white under letters that bring their own. */
static void
set_paper (AppLetterView *self)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (self));
  gboolean dark = adw_style_manager_get_dark (adw_style_manager_get_default ());
  GdkRGBA paper, ink, link;
  g_autofree char *paper_name = NULL, *ink_name = NULL, *link_name = NULL, *css = NULL;
  g_autoptr (WebKitUserStyleSheet) sheet = NULL;

  if (self->own_colours || !gtk_style_context_lookup_color (style, "view_bg_color", &paper)
      || !gtk_style_context_lookup_color (style, "view_fg_color", &ink)
      || !gtk_style_context_lookup_color (style, "accent_color", &link))
    {
      dark = FALSE;
      gdk_rgba_parse (&paper, "#ffffff");
      gdk_rgba_parse (&ink, "#1e1e1e");
      gdk_rgba_parse (&link, "#1a5fb4");
    }
  paper_name = gdk_rgba_to_string (&paper);
  ink_name = gdk_rgba_to_string (&ink);
  link_name = gdk_rgba_to_string (&link);
  css = g_strdup_printf (
      ":root { color-scheme: %s; }"
      "html { background: %s; color: %s; }"
      "body { font-family: system-ui, sans-serif; font-size: 15px;"
      " line-height: 1.5; margin: 18px; overflow-wrap: break-word; }"
      "a { color: %s; }"
      "img { max-width: 100%%; height: auto; }"
      "pre { white-space: pre-wrap; }"
      "blockquote { margin: 0.5em 0; padding-left: 12px;"
      " border-left: 3px solid color-mix(in srgb, currentColor 25%%, transparent); }",
      dark ? "dark" : "light", paper_name, ink_name, link_name);
  sheet = webkit_user_style_sheet_new (css, WEBKIT_USER_CONTENT_INJECT_ALL_FRAMES,
                                       WEBKIT_USER_STYLE_LEVEL_USER, NULL, NULL);
  webkit_user_content_manager_remove_all_style_sheets (self->content);
  webkit_user_content_manager_add_style_sheet (self->content, sheet);
  webkit_web_view_set_background_color (self->web, &paper);
}

static void
load (AppLetterView *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self->target), FALSE);
  set_paper (self);
  webkit_web_view_load_html (self->web, self->html, NULL);
}

static void
on_dark_changed (AppLetterView *self)
{
  if (self->web && self->html)
    set_paper (self);
}

static void
app_letter_view_dispose (GObject *object)
{
  AppLetterView *self = APP_LETTER_VIEW (object);

  self->web = NULL;
  g_clear_pointer (&self->letter, message_letter_unref);
  G_OBJECT_CLASS (app_letter_view_parent_class)->dispose (object);
}

static void
app_letter_view_finalize (GObject *object)
{
  AppLetterView *self = APP_LETTER_VIEW (object);

  g_clear_object (&self->content);
  g_clear_object (&self->session);
  g_clear_object (&self->context);
  g_free (self->html);
  G_OBJECT_CLASS (app_letter_view_parent_class)->finalize (object);
}

static void
app_letter_view_class_init (AppLetterViewClass *class)
{
  G_OBJECT_CLASS (class)->dispose = app_letter_view_dispose;
  G_OBJECT_CLASS (class)->finalize = app_letter_view_finalize;
  signals[LINK] = g_signal_new ("link", APP_TYPE_LETTER_VIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
app_letter_view_init (AppLetterView *self)
{
  self->context = webkit_web_context_new ();
  webkit_web_context_set_cache_model (self->context, WEBKIT_CACHE_MODEL_DOCUMENT_VIEWER);
  webkit_web_context_register_uri_scheme (self->context, "cid", on_cid_request, NULL, NULL);
  self->session = webkit_network_session_new_ephemeral ();
  self->content = webkit_user_content_manager_new ();

  self->target = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_ellipsize (self->target, PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_set_halign (GTK_WIDGET (self->target), GTK_ALIGN_START);
  gtk_widget_set_valign (GTK_WIDGET (self->target), GTK_ALIGN_END);
  gtk_widget_set_can_target (GTK_WIDGET (self->target), FALSE);
  gtk_widget_add_css_class (GTK_WIDGET (self->target), "link-target");
  gtk_widget_set_visible (GTK_WIDGET (self->target), FALSE);
  self->overlay = GTK_OVERLAY (gtk_overlay_new ());
  gtk_overlay_add_overlay (self->overlay, GTK_WIDGET (self->target));
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->overlay));

  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark",
                           G_CALLBACK (on_dark_changed), self, G_CONNECT_SWAPPED);
}

void
app_letter_view_show (AppLetterView *view,
                      const char *html,
                      MessageLetter *letter,
                      gboolean remote,
                      gboolean own_colours)
{
  g_autoptr (MessageLetter) held = message_letter_ref (letter);

  g_free (view->html);
  view->html = g_strdup (html);
  g_clear_pointer (&view->letter, message_letter_unref);
  view->letter = g_steal_pointer (&held);
  view->own_colours = own_colours;
  if (!view->web || view->remote != remote)
    make_web (view, remote);
  load (view);
}

void
app_letter_view_clear (AppLetterView *view)
{
  g_clear_pointer (&view->html, g_free);
  g_clear_pointer (&view->letter, message_letter_unref);
  if (view->web)
    webkit_web_view_load_html (view->web, "", NULL);
}
