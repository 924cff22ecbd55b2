/* SPDX-License-Identifier: MIT */
#include "spam-markup.h"

#include <string.h>

#define MAX_HTML      (256 * 1024)
#define MAX_LINKS     200
#define MAX_TAGS      100
#define MAX_ATTRIBUTE 2048
#define MAX_ANCHOR    200

typedef struct
{
  SpamMarkup *markup;
  SpamLink *open;  /* a link whose end was not seen; borrowed from the array */
  GString *anchor; /* its words so far */
  char *ground;    /* the colour of the page, or NULL */
} Scan;

static void
link_free (gpointer data)
{
  SpamLink *link = data;

  g_free (link->url);
  g_free (link->host);
  g_free (link->text);
  g_free (link);
}

/* ---- URLs ---- */

char *
spam_url_dup_host (const char *url)
{
  const char *start = strstr (url, "://");
  gsize length;

  if (start == NULL || start - url > 12)
    return g_strdup ("");
  start += 3;
  length = strcspn (start, "/?#\\");
  /* What stands before an "@" is for the eye alone. */
  const char *at = memrchr (start, '@', length);
  if (at != NULL)
    {
      length -= (gsize) (at + 1 - start);
      start = at + 1;
    }
  const char *colon = *start != '[' ? memchr (start, ':', length) : NULL;
  if (colon != NULL)
    length = (gsize) (colon - start);
  while (length > 0 && start[length - 1] == '.')
    length--;
  return g_ascii_strdown (start, (gssize) length);
}

/* ---- attributes ---- */

static void
resolve_entities (char *text)
{
  static const struct
  {
    const char *name;
    char character;
  } entities[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' } };
  char *out = text;

  for (const char *p = text; *p != '\0';)
    {
      gsize skip = 0;
      for (gsize i = 0; *p == '&' && i < G_N_ELEMENTS (entities); i++)
        if (g_ascii_strncasecmp (p, entities[i].name, strlen (entities[i].name)) == 0)
          {
            *out++ = entities[i].character;
            skip = strlen (entities[i].name);
            break;
          }
      if (skip == 0)
        *out++ = *p++;
      p += skip;
    }
  *out = '\0';
}

/* The value of the attribute @name in the inside of a tag, or NULL. */
static char *
dup_attribute (const char *inside, gsize length, const char *name)
{
  const char *end = inside + length;
  gsize name_length = strlen (name);

  for (const char *p = inside; p + name_length < end; p++)
    {
      if (!g_ascii_isspace (*p) && *p != '/' && *p != '"' && *p != '\'')
        continue;
      const char *at = p + 1;
      if ((gsize) (end - at) <= name_length || g_ascii_strncasecmp (at, name, name_length) != 0)
        continue;
      at += name_length;
      while (at < end && g_ascii_isspace (*at))
        at++;
      if (at == end || *at != '=')
        continue;
      at++;
      while (at < end && g_ascii_isspace (*at))
        at++;
      char quote = at < end && (*at == '"' || *at == '\'') ? *at++ : '\0';
      const char *stop = at;
      while (stop < end && stop - at < MAX_ATTRIBUTE
             && (quote != '\0' ? *stop != quote : !g_ascii_isspace (*stop)))
        stop++;
      char *value = g_strndup (at, (gsize) (stop - at));
      resolve_entities (value);
      return g_strstrip (value);
    }
  return NULL;
}

/* ---- elements ---- */

static void
close_link (Scan *scan)
{
  if (scan->open == NULL)
    return;
  g_free (scan->open->text);
  scan->open->text = g_strstrip (g_strdup (scan->anchor->str));
  resolve_entities (scan->open->text);
  scan->open = NULL;
}

static void
open_link (Scan *scan, const char *inside, gsize length)
{
  g_autofree char *url = dup_attribute (inside, length, "href");

  close_link (scan);
  if (url == NULL || scan->markup->links->len >= MAX_LINKS)
    return;
  SpamLink *link = g_new0 (SpamLink, 1);
  link->host = spam_url_dup_host (url);
  link->url = g_steal_pointer (&url);
  link->text = g_strdup ("");
  g_ptr_array_add (scan->markup->links, link);
  scan->open = link;
  g_string_truncate (scan->anchor, 0);
}

static void
note_image (Scan *scan, const char *inside, gsize length)
{
  g_autofree char *source = dup_attribute (inside, length, "src");

  scan->markup->images++;
  if (source != NULL && g_ascii_strncasecmp (source, "http", 4) == 0)
    scan->markup->remote_images++;
}

static gboolean
is_hiding_style (const char *style)
{
  g_autofree char *lower = g_ascii_strdown (style, -1);
  char *out = lower;

  for (const char *p = lower; *p != '\0'; p++)
    if (!g_ascii_isspace (*p))
      *out++ = *p;
  *out = '\0';
  for (const char *p = lower; (p = strstr (p, "font-size:")) != NULL;)
    {
      p += strlen ("font-size:");
      if ((*p == '0' || *p == '1') && !g_ascii_isdigit (p[1]) && !(p[1] == '.' && p[2] != '0')
          && !g_str_has_prefix (p + 1, "em") && !g_str_has_prefix (p + 1, "rem"))
        return TRUE;
    }
  return strstr (lower, "display:none") != NULL || strstr (lower, "visibility:hidden") != NULL;
}

static void
note_hiding (Scan *scan, const char *name, const char *inside, gsize length)
{
  g_autofree char *style = dup_attribute (inside, length, "style");
  g_autofree char *colour = dup_attribute (inside, length, "color");

  if (g_str_equal (name, "body"))
    {
      g_free (scan->ground);
      scan->ground = dup_attribute (inside, length, "bgcolor");
    }
  if ((style != NULL && is_hiding_style (style))
      || (colour != NULL && *colour != '\0'
          && g_ascii_strcasecmp (colour, scan->ground != NULL ? scan->ground : "#ffffff") == 0))
    scan->markup->hidden++;
}

static void
note_tag (Scan *scan, const char *name)
{
  GPtrArray *tags = scan->markup->tags;

  if (tags->len < MAX_TAGS && !g_ptr_array_find_with_equal_func (tags, name, g_str_equal, NULL))
    g_ptr_array_add (tags, g_strdup (name));
}

static void
read_tag (Scan *scan, const char *inside, gsize length)
{
  gsize n = 0;
  gboolean closing = length > 0 && *inside == '/';

  if (closing)
    {
      inside++;
      length--;
    }
  while (n < length && n < 20 && g_ascii_isalnum (inside[n]))
    n++;
  if (n == 0)
    return;
  g_autofree char *name = g_ascii_strdown (inside, (gssize) n);
  if (closing)
    {
      if (g_str_equal (name, "a"))
        close_link (scan);
      return;
    }
  note_tag (scan, name);
  if (g_str_equal (name, "a"))
    open_link (scan, inside, length);
  else if (g_str_equal (name, "img"))
    note_image (scan, inside, length);
  note_hiding (scan, name, inside, length);
}

/* ---- the scan ---- */

static gboolean
is_letter_before (const char *html, const char *at)
{
  return at > html && g_ascii_isalpha (at[-1]);
}

/* From the "<" at @at; what follows the tag. */
static const char *
read_markup (Scan *scan, const char *html, const char *at, const char *end)
{
  const char *stop;

  if (end - at >= 4 && memcmp (at, "<!--", 4) == 0)
    {
      stop = memmem (at + 4, (gsize) (end - at - 4), "-->", 3);
      stop = stop != NULL ? stop + 3 : end;
      if (is_letter_before (html, at) && stop < end && g_ascii_isalpha (*stop))
        scan->markup->comments_in_words++;
      return stop;
    }
  stop = memchr (at, '>', (gsize) (end - at));
  if (stop == NULL)
    return end;
  if (at[1] == '!' && is_letter_before (html, at) && g_ascii_isalpha (stop[1]))
    scan->markup->comments_in_words++;
  read_tag (scan, at + 1, (gsize) (stop - at - 1));
  return stop + 1;
}

SpamMarkup *
spam_markup_scan (const char *html)
{
  SpamMarkup *markup = g_new0 (SpamMarkup, 1);
  Scan scan = { .markup = markup, .anchor = g_string_new (NULL) };

  markup->links = g_ptr_array_new_with_free_func (link_free);
  markup->tags = g_ptr_array_new_with_free_func (g_free);
  const char *end = html != NULL ? html + strnlen (html, MAX_HTML) : NULL;
  for (const char *at = html; at < end;)
    {
      if (*at == '<')
        {
          at = read_markup (&scan, html, at, end);
          continue;
        }
      if (scan.open != NULL && scan.anchor->len < MAX_ANCHOR)
        g_string_append_c (scan.anchor, g_ascii_isspace (*at) ? ' ' : *at);
      at++;
    }
  close_link (&scan);
  g_string_free (scan.anchor, TRUE);
  g_free (scan.ground);
  return markup;
}

void
spam_markup_free (SpamMarkup *markup)
{
  g_ptr_array_unref (markup->links);
  g_ptr_array_unref (markup->tags);
  g_free (markup);
}
