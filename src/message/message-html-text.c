/* SPDX-License-Identifier: MIT */
#include "message-html-private.h"

#include <string.h>

/* ---- HTML to text ---- */

typedef struct
{
  GString *out;
  guint newlines; /* wanted before the next word */
  gboolean blank; /* a blank is wanted before it */
  gboolean fresh; /* in an item or a quote that has no word yet: no newline is wanted there */
  guint quotes;
  guint preformatted;
  guint indent;
} Writer;

static void
begin_line (Writer *writer)
{
  for (guint i = 0; i < writer->quotes; i++)
    g_string_append (writer->out, "> ");
  for (guint i = 0; i < writer->indent; i++)
    g_string_append (writer->out, "  ");
}

static gboolean
at_line_start (const Writer *writer)
{
  return writer->out->len == 0 || writer->out->str[writer->out->len - 1] == '\n';
}

/* Writes the newlines that are wanted; empty lines have the marks of their quote. */
static void
flush_newlines (Writer *writer)
{
  for (; writer->newlines > 0 && writer->out->len > 0; writer->newlines--)
    {
      if (at_line_start (writer))
        for (guint i = 0; i < writer->quotes; i++)
          g_string_append (writer->out, i + 1 < writer->quotes ? "> " : ">");
      g_string_append_c (writer->out, '\n');
    }
  writer->newlines = 0;
}

static void
settle (Writer *writer)
{
  flush_newlines (writer);
  if (at_line_start (writer))
    begin_line (writer);
  else if (writer->blank)
    g_string_append_c (writer->out, ' ');
  writer->blank = FALSE;
  writer->fresh = FALSE;
}

static void
want_newlines (Writer *writer, guint count)
{
  if (writer->fresh)
    return;
  writer->newlines = MAX (writer->newlines, count);
  writer->blank = FALSE;
}

static void
write_word (Writer *writer, const char *word, gsize length)
{
  const char *end = word + length, *blank;

  settle (writer);
  /* What must not be broken in HTML is a blank like others here. */
  while ((blank = memmem (word, (gsize) (end - word), "\302\240", 2)) != NULL)
    {
      g_string_append_len (writer->out, word, blank - word);
      g_string_append_c (writer->out, ' ');
      word = blank + 2;
    }
  g_string_append_len (writer->out, word, end - word);
}

static void
write_text (Writer *writer, const char *text)
{
  while (*text != '\0')
    {
      gsize length = strcspn (text, writer->preformatted > 0 ? "\n" : " \t\r\n\f");
      if (length > 0)
        write_word (writer, text, length);
      text += length;
      if (*text == '\0')
        break;
      if (writer->preformatted > 0)
        writer->newlines++;
      else
        writer->blank = TRUE;
      text++;
    }
}

static const char *const blocks[]
    = { "address", "article",  "aside",   "center",     "div",   "dl",     "dt",
        "dd",      "fieldset", "figure",  "footer",     "form",  "header", "li",
        "main",    "nav",      "ol",      "section",    "table", "tr",     "ul",
        "caption", "details",  "summary", "figcaption", NULL };
static const char *const paragraphs[] = { "p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", NULL };

static gboolean
is_one_of (const xmlNode *node, const char *const *names)
{
  for (; *names != NULL; names++)
    if (message_html_is (node, *names))
      return TRUE;
  return FALSE;
}

static void write_nodes (Writer *writer, const xmlNode *node, guint depth);

/* "words <URL>", where the words are not the address already. */
static void
write_link (Writer *writer, const xmlNode *node, guint depth)
{
  g_autofree char *href = message_html_dup_attribute (node, "href");
  gsize before = writer->out->len;

  write_nodes (writer, node->children, depth);
  if (href == NULL
      || !(g_ascii_strncasecmp (href, "http", 4) == 0
           || g_ascii_strncasecmp (href, "mailto:", 7) == 0))
    return;
  const char *words = writer->out->len > before ? writer->out->str + before : "";
  const char *bare = g_ascii_strncasecmp (href, "mailto:", 7) == 0 ? href + 7 : href;
  if (strstr (words, bare) != NULL)
    return;
  /* "example.org" for "https://example.org/" says it all. */
  g_autofree char *trimmed = g_strdup (words);
  g_strstrip (trimmed);
  if (*trimmed != '\0' && strstr (bare, trimmed) != NULL && strlen (bare) < strlen (trimmed) + 10
      && strchr (trimmed, '.') != NULL)
    return;
  g_autofree char *text = g_strdup_printf ("<%s>", bare);
  if (writer->out->len > before)
    writer->blank = TRUE;
  write_word (writer, text, strlen (text));
}

static guint64
item_number (const xmlNode *node)
{
  g_autofree char *start = message_html_dup_attribute (node->parent, "start");
  guint64 number = start != NULL ? g_ascii_strtoull (start, NULL, 10) : 1;

  for (const xmlNode *before = node->prev; before != NULL; before = before->prev)
    if (message_html_is (before, "li"))
      number++;
  return number;
}

static void
write_item (Writer *writer, const xmlNode *node, guint depth)
{
  g_autofree char *mark = node->parent != NULL && message_html_is (node->parent, "ol")
                              ? g_strdup_printf ("%" G_GUINT64_FORMAT ".", item_number (node))
                              : g_strdup ("-");

  want_newlines (writer, 1);
  write_word (writer, mark, strlen (mark));
  writer->blank = TRUE;
  writer->fresh = TRUE;
  writer->indent++;
  write_nodes (writer, node->children, depth);
  writer->indent--;
  writer->fresh = FALSE;
  want_newlines (writer, 1);
}

/* A quote of a letter stands right below who is quoted, any other apart. */
static void
write_quote (Writer *writer, const xmlNode *node, guint depth)
{
  g_autofree char *type = message_html_dup_attribute (node, "type");
  guint newlines = g_strcmp0 (type, "cite") == 0 ? 1 : 2;

  want_newlines (writer, newlines);
  flush_newlines (writer);
  writer->quotes++;
  writer->fresh = TRUE;
  write_nodes (writer, node->children, depth);
  /* Blank lines behind a quote are not of it. */
  writer->quotes--;
  writer->fresh = FALSE;
  writer->newlines = 0;
  want_newlines (writer, newlines);
}

static void
write_block (Writer *writer, const xmlNode *node, guint depth, guint newlines)
{
  gboolean is_pre = message_html_is (node, "pre");

  want_newlines (writer, newlines);
  writer->preformatted += is_pre;
  write_nodes (writer, node->children, depth);
  writer->preformatted -= is_pre;
  want_newlines (writer, newlines);
}

static void
write_element (Writer *writer, const xmlNode *node, guint depth)
{
  MessageHtmlRules rules = { 0 };

  if (message_html_judge (&rules, node) == MESSAGE_HTML_DROP)
    return;
  if (message_html_is (node, "br"))
    writer->newlines++;
  else if (message_html_is (node, "hr"))
    {
      want_newlines (writer, 1);
      write_word (writer, "----", 4);
      want_newlines (writer, 1);
    }
  else if (message_html_is (node, "img"))
    {
      g_autofree char *alt = message_html_dup_attribute (node, "alt");
      if (alt != NULL)
        write_text (writer, alt);
    }
  else if (message_html_is (node, "a"))
    write_link (writer, node, depth);
  else if (message_html_is (node, "li"))
    write_item (writer, node, depth);
  else if (message_html_is (node, "blockquote"))
    write_quote (writer, node, depth);
  else if (is_one_of (node, paragraphs))
    write_block (writer, node, depth, 2);
  else if (is_one_of (node, blocks))
    /* A list in a list goes on at its place, one beside it begins anew. */
    write_block (writer, node, depth, 1);
  else
    {
      if (message_html_is (node, "td") || message_html_is (node, "th"))
        writer->blank = TRUE;
      write_nodes (writer, node->children, depth);
    }
}

static void
write_nodes (Writer *writer, const xmlNode *node, guint depth)
{
  for (; node != NULL; node = node->next)
    if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
      write_text (writer, node->content != NULL ? (const char *) node->content : "");
    else if (node->type == XML_ELEMENT_NODE && depth < MESSAGE_HTML_MAX_DEPTH)
      write_element (writer, node, depth + 1);
}

char *
message_html_to_text (const char *html)
{
  htmlDocPtr document = message_html_parse (html);
  xmlNodePtr body = message_html_find_body (document);
  Writer writer = { .out = g_string_new (NULL) };

  if (body != NULL)
    write_nodes (&writer, body->children, 0);
  if (document != NULL)
    xmlFreeDoc (document);
  if (writer.out->len > 0)
    g_string_append_c (writer.out, '\n');
  return g_string_free (writer.out, FALSE);
}

/* ---- text to HTML ---- */

static gsize
find_link (const char *text)
{
  static const char *const schemes[] = { "https://", "http://", "mailto:", "ftp://" };

  for (gsize i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      gsize scheme = strlen (schemes[i]);
      if (g_ascii_strncasecmp (text, schemes[i], scheme) != 0)
        continue;
      gsize length = strcspn (text, " \t\n\"<>");
      /* What ends a sentence ends the address. */
      while (length > scheme && strchr (".,;:!?)]'", text[length - 1]) != NULL)
        length--;
      return length > scheme ? length : 0;
    }
  return 0;
}

static void
write_line (GString *out, const char *line, gsize length)
{
  g_autofree char *text = g_strndup (line, length);

  for (const char *at = text; *at != '\0';)
    {
      gboolean may_begin = at == text || !g_ascii_isalnum (at[-1]);
      gsize link = may_begin ? find_link (at) : 0;
      g_autofree char *piece = g_strndup (at, link > 0 ? link : 1);
      if (link > 0)
        {
          g_string_append (out, "<a href=\"");
          message_html_escape (out, piece, TRUE);
          g_string_append (out, "\">");
          message_html_escape (out, piece, FALSE);
          g_string_append (out, "</a>");
        }
      /* Runs of blanks were typed to be seen. */
      else if (*at == ' ' && at[1] == ' ')
        g_string_append (out, "&nbsp;");
      else
        message_html_escape (out, piece, FALSE);
      at += link > 0 ? link : 1;
    }
}

char *
message_html_from_text (const char *text)
{
  GString *out = g_string_new (NULL);
  guint depth = 0;
  gboolean fresh = TRUE, empty = FALSE;

  while (*text != '\0')
    {
      gsize length = strcspn (text, "\n");
      const char *next = text + length + (text[length] == '\n' ? 1 : 0);
      guint quotes = 0;
      const char *line = text;
      while (*line == '>' && quotes < MESSAGE_HTML_MAX_DEPTH / 2)
        {
          quotes++;
          line++;
          if (*line == ' ' && (line[1] == '>' || quotes > 0))
            line += line[1] == '>' ? 1 : 0;
        }
      if (quotes > 0 && *line == ' ')
        line++;
      /* At the end of a block one break alone would not be seen. */
      if (quotes != depth && empty)
        g_string_append (out, "<br>\n");
      if (quotes != depth)
        fresh = TRUE;
      for (; depth < quotes; depth++)
        g_string_append (out, "<blockquote type=\"cite\">");
      for (; depth > quotes; depth--)
        g_string_append (out, "</blockquote>");
      if (!fresh)
        g_string_append (out, "<br>\n");
      fresh = FALSE;
      gsize used = (gsize) (line - text);
      empty = used >= length;
      write_line (out, line, empty ? 0 : length - used);
      text = next;
    }
  for (; depth > 0; depth--)
    g_string_append (out, "</blockquote>");
  return g_string_free (out, FALSE);
}
