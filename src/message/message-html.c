/* SPDX-License-Identifier: MIT */
#include "message-html-private.h"

#include <libxml/HTMLparser.h>
#include <string.h>

/* ---- the tree ---- */

htmlDocPtr
message_html_parse (const char *html)
{
  static gsize ready = 0;

  if (g_once_init_enter (&ready))
    {
      xmlInitParser ();
      g_once_init_leave (&ready, 1);
    }
  g_autofree char *valid = g_utf8_make_valid (html, -1);
  gsize length = strlen (valid);
  if (length == 0 || length > G_MAXINT)
    return NULL;
  return htmlReadMemory (valid, (int) length, NULL, "UTF-8",
                         HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING
                             | HTML_PARSE_NONET);
}

gboolean
message_html_is (const xmlNode *node, const char *name)
{
  return node->type == XML_ELEMENT_NODE
         && g_ascii_strcasecmp ((const char *) node->name, name) == 0;
}

xmlNodePtr
message_html_find_body (htmlDocPtr document)
{
  xmlNodePtr root = document != NULL ? xmlDocGetRootElement (document) : NULL;

  for (xmlNodePtr child = root != NULL ? root->children : NULL; child != NULL; child = child->next)
    if (message_html_is (child, "body"))
      return child;
  return root;
}

char *
message_html_dup_attribute (const xmlNode *node, const char *name)
{
  for (xmlAttrPtr attribute = node->properties; attribute != NULL; attribute = attribute->next)
    if (g_ascii_strcasecmp ((const char *) attribute->name, name) == 0)
      {
        xmlChar *value = xmlNodeListGetString (node->doc, attribute->children, 1);
        char *copy = g_strdup (value != NULL ? (const char *) value : "");
        xmlFree (value);
        return copy;
      }
  return NULL;
}

void
message_html_escape (GString *out, const char *text, gboolean attribute)
{
  for (const char *at = text; *at != '\0'; at++)
    switch (*at)
      {
      case '&':
        g_string_append (out, "&amp;");
        break;
      case '<':
        g_string_append (out, "&lt;");
        break;
      case '>':
        g_string_append (out, "&gt;");
        break;
      case '"':
        g_string_append (out, attribute ? "&quot;" : "\"");
        break;
      default:
        g_string_append_c (out, *at);
      }
}

/* ---- writing what may stay ---- */

static gboolean
is_void (const char *name)
{
  static const char *const names[] = { "br", "col", "hr", "img", "wbr", NULL };

  return g_strv_contains (names, name);
}

static void
write_nodes (MessageHtmlRules *rules, const xmlNode *node, guint depth, GString *out)
{
  for (; node != NULL; node = node->next)
    {
      if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
        {
          message_html_escape (out, node->content != NULL ? (const char *) node->content : "",
                               FALSE);
          continue;
        }
      if (node->type != XML_ELEMENT_NODE || depth > MESSAGE_HTML_MAX_DEPTH)
        continue;

      MessageHtmlVerdict verdict = message_html_judge (rules, node);
      if (verdict == MESSAGE_HTML_DROP)
        continue;
      const char *name = message_html_get_name (rules, node);
      if (verdict == MESSAGE_HTML_KEEP)
        {
          g_string_append_printf (out, "<%s", name);
          message_html_write_attributes (rules, node, out);
          g_string_append_c (out, '>');
        }
      write_nodes (rules, node->children, depth + 1, out);
      if (verdict == MESSAGE_HTML_KEEP && !is_void (name))
        g_string_append_printf (out, "</%s>", name);
    }
}

/* The body's own colours go to a block that fills the page. */
static void
write_body (MessageHtmlRules *rules, const xmlNode *body, GString *out)
{
  g_autofree char *style = message_html_dup_attribute (body, "style");
  g_autofree char *background = message_html_dup_attribute (body, "bgcolor");
  g_autofree char *text = message_html_dup_attribute (body, "text");
  g_autofree char *all
      = g_strdup_printf ("%s%s%s%s%s%s%s", background != NULL ? "background-color: " : "",
                         background != NULL ? background : "", background != NULL ? "; " : "",
                         text != NULL ? "color: " : "", text != NULL ? text : "",
                         text != NULL ? "; " : "", style != NULL ? style : "");
  g_autofree char *kept = message_html_filter_style (rules, all);

  if (*kept == '\0')
    {
      write_nodes (rules, body->children, 0, out);
      return;
    }
  g_string_append (out, "<div style=\"");
  message_html_escape (out, kept, TRUE);
  g_string_append (out, "\">");
  write_nodes (rules, body->children, 0, out);
  g_string_append (out, "</div>");
}

static char *
filter (MessageHtmlRules *rules, const char *html)
{
  htmlDocPtr document = message_html_parse (html);
  xmlNodePtr body = message_html_find_body (document);
  GString *out = g_string_new (NULL);

  if (body != NULL && rules->composing)
    write_nodes (rules, body->children, 0, out);
  else if (body != NULL)
    write_body (rules, body, out);
  if (document != NULL)
    xmlFreeDoc (document);
  return g_string_free (out, FALSE);
}

/* Paper, ink and fonts are the window's: only it knows whether the desktop is dark. */
char *
message_html_make_safe (const char *html, gboolean remote, guint *blocked)
{
  MessageHtmlRules rules = { .remote = remote };
  g_autofree char *body = filter (&rules, html);

  if (blocked != NULL)
    *blocked = rules.blocked;
  return g_strconcat ("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">"
                      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                      "img-src cid: data:",
                      remote ? " https: http:" : "",
                      "; style-src 'unsafe-inline'\">"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                      "</head><body>",
                      body, "</body></html>\n", NULL);
}

char *
message_html_clean (const char *html)
{
  MessageHtmlRules rules = { .composing = TRUE };
  g_autofree char *body = filter (&rules, html);

  return g_strconcat ("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>", body,
                      "</body></html>\n", NULL);
}
