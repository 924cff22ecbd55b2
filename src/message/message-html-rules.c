/* SPDX-License-Identifier: MIT */
#include "message-html-private.h"

#include <string.h>

/* ---- elements ---- */

/* Sorted: looked up by bsearch(). What is in neither list loses its tags and keeps its content. */
static const char *const shown[] = {
  "a",        "abbr",       "address",    "article", "aside",  "b",       "bdi",  "bdo",
  "big",      "blockquote", "br",         "caption", "center", "cite",    "code", "col",
  "colgroup", "dd",         "del",        "details", "dfn",    "dir",     "div",  "dl",
  "dt",       "em",         "figcaption", "figure",  "font",   "footer",  "h1",   "h2",
  "h3",       "h4",         "h5",         "h6",      "header", "hr",      "i",    "img",
  "ins",      "kbd",        "li",         "main",    "mark",   "nav",     "ol",   "p",
  "pre",      "q",          "rp",         "rt",      "ruby",   "s",       "samp", "section",
  "small",    "span",       "strike",     "strong",  "sub",    "summary", "sup",  "table",
  "tbody",    "td",         "tfoot",      "th",      "thead",  "time",    "tr",   "tt",
  "u",        "ul",         "var",        "wbr",
};

static const char *const composed[] = {
  "a",    "b",      "blockquote", "br",  "div", "em", "font", "h1",  "h2",
  "h3",   "hr",     "i",          "img", "li",  "ol", "p",    "pre", "s",
  "span", "strike", "strong",     "sub", "sup", "u",  "ul",
};

/* Not among them: embed, source and track, which have no content, but which libxml2 believes to
 * have what follows them. */
static const char *const dropped[] = {
  "applet",   "audio",    "base",     "button", "canvas",    "frame",  "frameset", "head",
  "iframe",   "input",    "link",     "map",    "math",      "meta",   "noembed",  "noframes",
  "noscript", "object",   "option",   "param",  "plaintext", "script", "select",   "style",
  "svg",      "template", "textarea", "title",  "video",     "xmp",
};

static int
compare (const void *key, const void *entry)
{
  return g_ascii_strcasecmp (key, *(const char *const *) entry);
}

static gboolean
is_in (const char *name, const char *const *list, gsize count)
{
  return bsearch (name, list, count, sizeof *list, compare) != NULL;
}

MessageHtmlVerdict
message_html_judge (const MessageHtmlRules *rules, const xmlNode *node)
{
  const char *name = (const char *) node->name;

  if (is_in (name, dropped, G_N_ELEMENTS (dropped)) || strchr (name, ':') != NULL)
    return MESSAGE_HTML_DROP;
  gboolean kept = rules->composing ? is_in (name, composed, G_N_ELEMENTS (composed))
                                   : is_in (name, shown, G_N_ELEMENTS (shown));
  return kept ? MESSAGE_HTML_KEEP : MESSAGE_HTML_UNWRAP;
}

const char *
message_html_get_name (const MessageHtmlRules *rules, const xmlNode *node)
{
  static const struct
  {
    const char *from;
    const char *to;
  } renames[] = { { "font", "span" }, { "strong", "b" }, { "em", "i" }, { "strike", "s" } };

  for (gsize i = 0; rules->composing && i < G_N_ELEMENTS (renames); i++)
    if (message_html_is (node, renames[i].from))
      return renames[i].to;
  return (const char *) node->name;
}

/* ---- addresses ---- */

/* What a browser would make of it: blanks and control characters inside a scheme do not count. */
static char *
clean_url (const char *value)
{
  GString *url = g_string_new (NULL);

  for (const char *at = value; *at != '\0'; at++)
    if ((guchar) *at > 0x20 && *at != 0x7f)
      g_string_append_c (url, *at);
    else if (*at == ' ' && url->len > 0)
      g_string_append (url, "%20");
  while (g_str_has_suffix (url->str, "%20"))
    g_string_truncate (url, url->len - 3);
  return g_string_free (url, FALSE);
}

static gboolean
has_scheme (const char *url, const char *const *schemes)
{
  for (; *schemes != NULL; schemes++)
    if (g_ascii_strncasecmp (url, *schemes, strlen (*schemes)) == 0)
      return TRUE;
  return FALSE;
}

static const char *const link_schemes[]
    = { "http://", "https://", "mailto:", "ftp://", "tel:", "news:", "xmpp:", NULL };
static const char *const remote_schemes[] = { "http://", "https://", "//", NULL };
static const char *const own_schemes[] = { "cid:",
                                           "data:image/png;",
                                           "data:image/jpeg;",
                                           "data:image/jpg;",
                                           "data:image/gif;",
                                           "data:image/webp;",
                                           "data:image/bmp;",
                                           NULL };

static gboolean
allow_image (MessageHtmlRules *rules, const char *url)
{
  if (has_scheme (url, own_schemes))
    return TRUE;
  if (!has_scheme (url, remote_schemes))
    return FALSE;
  if (rules->remote || rules->composing)
    return g_str_has_prefix (url, "http");
  rules->blocked++;
  return FALSE;
}

/* ---- styles ---- */

static const char *const shown_properties[] = {
  "background",
  "background-color",
  "border",
  "border-bottom",
  "border-bottom-color",
  "border-bottom-style",
  "border-bottom-width",
  "border-collapse",
  "border-color",
  "border-left",
  "border-left-color",
  "border-left-style",
  "border-left-width",
  "border-radius",
  "border-right",
  "border-right-color",
  "border-right-style",
  "border-right-width",
  "border-spacing",
  "border-style",
  "border-top",
  "border-top-color",
  "border-top-style",
  "border-top-width",
  "border-width",
  "clear",
  "color",
  "direction",
  "display",
  "float",
  "font",
  "font-family",
  "font-size",
  "font-style",
  "font-variant",
  "font-weight",
  "height",
  "letter-spacing",
  "line-height",
  "list-style",
  "list-style-type",
  "margin",
  "margin-bottom",
  "margin-left",
  "margin-right",
  "margin-top",
  "max-height",
  "max-width",
  "min-height",
  "min-width",
  "opacity",
  "overflow-wrap",
  "padding",
  "padding-bottom",
  "padding-left",
  "padding-right",
  "padding-top",
  "table-layout",
  "text-align",
  "text-decoration",
  "text-decoration-line",
  "text-indent",
  "text-transform",
  "unicode-bidi",
  "vertical-align",
  "visibility",
  "white-space",
  "width",
  "word-break",
  "word-spacing",
  "word-wrap",
};

static const char *const composed_properties[] = {
  "background-color", "color",      "font-size",       "font-style",
  "font-weight",      "text-align", "text-decoration", "text-decoration-line",
};

static gboolean
is_harmless_value (const char *value)
{
  static const char *const harmful[]
      = { "(", "\\", "@", "<", ">", "/*", "javascript", "behavior", "binding", "!ie", NULL };
  static const char *const functions[] = { "rgb(", "rgba(", "hsl(", "hsla(", NULL };
  g_autofree char *lower = g_ascii_strdown (value, -1);

  /* Colours are the one use of parentheses that stays. */
  for (const char *const *function = functions; *function != NULL; function++)
    if (g_str_has_prefix (lower, *function) && strchr (lower, ')') == strrchr (lower, ')')
        && strrchr (lower, '(') == strchr (lower, '('))
      return strspn (lower + strlen (*function), "0123456789.,%/ deg)")
             == strlen (lower + strlen (*function));
  for (const char *const *part = harmful; *part != NULL; part++)
    if (strstr (lower, *part) != NULL)
      return FALSE;
  return TRUE;
}

static void
take_declaration (MessageHtmlRules *rules, const char *declaration, GString *out)
{
  const char *colon = strchr (declaration, ':');
  if (colon == NULL)
    return;

  g_autofree char *name = g_strndup (declaration, (gsize) (colon - declaration));
  g_autofree char *value = g_strdup (colon + 1);
  g_strstrip (name);
  g_strstrip (value);
  g_autofree char *lower = g_ascii_strdown (value, -1);
  if (strstr (lower, "url(") != NULL && strstr (lower, "http") != NULL && !rules->remote)
    rules->blocked++;
  gboolean known = rules->composing
                       ? is_in (name, composed_properties, G_N_ELEMENTS (composed_properties))
                       : is_in (name, shown_properties, G_N_ELEMENTS (shown_properties));
  if (!known || *value == '\0' || !is_harmless_value (value))
    return;
  g_autofree char *lower_name = g_ascii_strdown (name, -1);
  g_string_append_printf (out, "%s%s: %s", out->len > 0 ? "; " : "", lower_name, value);
}

char *
message_html_filter_style (MessageHtmlRules *rules, const char *style)
{
  GString *out = g_string_new (NULL);
  GString *declaration = g_string_new (NULL);
  char quote = '\0';
  guint depth = 0;

  for (const char *at = style;; at++)
    {
      if (*at == '\0' || (*at == ';' && quote == '\0' && depth == 0))
        {
          take_declaration (rules, declaration->str, out);
          g_string_truncate (declaration, 0);
          if (*at == '\0')
            break;
          continue;
        }
      if (quote != '\0')
        quote = *at == quote ? '\0' : quote;
      else if (*at == '"' || *at == '\'')
        quote = *at;
      else if (*at == '(')
        depth++;
      else if (*at == ')' && depth > 0)
        depth--;
      g_string_append_c (declaration, (guchar) *at < 0x20 ? ' ' : *at);
    }
  g_string_free (declaration, TRUE);
  return g_string_free (out, FALSE);
}

/* ---- attributes ---- */

/* Elements ("" for all of them) and the attributes they keep, whose values need no look. */
static const struct
{
  const char *element;
  const char *attribute;
} kept_attributes[] = {
  { "", "dir" },
  { "", "lang" },
  { "", "title" },
  { "", "align" },
  { "", "valign" },
  { "img", "alt" },
  { "img", "width" },
  { "img", "height" },
  { "img", "border" },
  { "table", "border" },
  { "table", "cellpadding" },
  { "table", "cellspacing" },
  { "table", "width" },
  { "table", "height" },
  { "table", "bgcolor" },
  { "tr", "bgcolor" },
  { "tr", "height" },
  { "td", "colspan" },
  { "td", "rowspan" },
  { "td", "width" },
  { "td", "height" },
  { "td", "bgcolor" },
  { "td", "nowrap" },
  { "th", "colspan" },
  { "th", "rowspan" },
  { "th", "width" },
  { "th", "height" },
  { "th", "bgcolor" },
  { "col", "span" },
  { "col", "width" },
  { "font", "color" },
  { "font", "face" },
  { "font", "size" },
  { "ol", "start" },
  { "ol", "type" },
  { "ul", "type" },
  { "li", "value" },
  { "hr", "width" },
  { "hr", "size" },
  { "blockquote", "type" },
  { "details", "open" },
};

static void
write_attribute (GString *out, const char *name, const char *value)
{
  g_string_append_printf (out, " %s=\"", name);
  message_html_escape (out, value, TRUE);
  g_string_append_c (out, '"');
}

static void
write_kept (MessageHtmlRules *rules, const xmlNode *node, GString *out)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kept_attributes); i++)
    {
      const char *element = kept_attributes[i].element;
      if (*element != '\0' && !message_html_is (node, element))
        continue;
      g_autofree char *value = message_html_dup_attribute (node, kept_attributes[i].attribute);
      if (value == NULL)
        continue;
      write_attribute (out, kept_attributes[i].attribute, value);
    }
}

static char *
dup_style (MessageHtmlRules *rules, const xmlNode *node)
{
  g_autofree char *style = message_html_dup_attribute (node, "style");
  g_autofree char *align = rules->composing ? message_html_dup_attribute (node, "align") : NULL;
  g_autofree char *colour = rules->composing && message_html_is (node, "font")
                                ? message_html_dup_attribute (node, "color")
                                : NULL;
  g_autofree char *joined
      = g_strdup_printf ("%s%s%s%s%s%s", colour != NULL ? "color: " : "",
                         colour != NULL ? colour : "", colour != NULL ? "; " : "",
                         align != NULL ? "text-align: " : "", align != NULL ? align : "",
                         align != NULL ? "; " : "");
  g_autofree char *all = g_strconcat (joined, style, NULL);

  return message_html_filter_style (rules, all);
}

void
message_html_write_attributes (MessageHtmlRules *rules, const xmlNode *node, GString *out)
{
  gboolean is_link = message_html_is (node, "a"), is_image = message_html_is (node, "img");
  g_autofree char *address
      = is_link || is_image ? message_html_dup_attribute (node, is_link ? "href" : "src") : NULL;
  g_autofree char *url = address != NULL ? clean_url (address) : NULL;
  g_autofree char *background = message_html_dup_attribute (node, "background");

  if (url != NULL && is_link && has_scheme (url, link_schemes))
    write_attribute (out, "href", url);
  if (url != NULL && is_image && allow_image (rules, url))
    write_attribute (out, "src", url);
  if (background != NULL && !rules->remote && has_scheme (background, remote_schemes))
    rules->blocked++;
  if (rules->composing)
    {
      g_autofree char *alt = is_image ? message_html_dup_attribute (node, "alt") : NULL;
      g_autofree char *width = is_image ? message_html_dup_attribute (node, "width") : NULL;
      g_autofree char *height = is_image ? message_html_dup_attribute (node, "height") : NULL;
      g_autofree char *type
          = message_html_is (node, "blockquote") ? message_html_dup_attribute (node, "type") : NULL;
      if (alt != NULL)
        write_attribute (out, "alt", alt);
      if (width != NULL)
        write_attribute (out, "width", width);
      if (height != NULL)
        write_attribute (out, "height", height);
      if (type != NULL)
        write_attribute (out, "type", type);
    }
  else
    write_kept (rules, node, out);

  g_autofree char *style = dup_style (rules, node);
  if (*style != '\0')
    write_attribute (out, "style", style);
}
