/* SPDX-License-Identifier: MIT */
#pragma once

/* What the HTML files share: the tree, and the rules for what may stay of it. */

#include "message-html.h"

#include <libxml/HTMLtree.h>

/* Deeper than any letter that a person wrote; the walkers stop there. */
#define MESSAGE_HTML_MAX_DEPTH 200

/* NULL only for an empty text. Freed with xmlFreeDoc(). */
htmlDocPtr message_html_parse (const char *html);
xmlNodePtr message_html_find_body (htmlDocPtr document);
gboolean message_html_is (const xmlNode *node, const char *name);
/* The attribute's value, or NULL; freed with g_free(). */
char *message_html_dup_attribute (const xmlNode *node, const char *name);
void message_html_escape (GString *out, const char *text, gboolean attribute);

typedef enum
{
  MESSAGE_HTML_KEEP,   /* the element with its children */
  MESSAGE_HTML_UNWRAP, /* its children only */
  MESSAGE_HTML_DROP,   /* nothing of it */
} MessageHtmlVerdict;

typedef struct
{
  gboolean composing; /* for the composer: fewer elements, fewer styles */
  gboolean remote;    /* images of other machines may stay */
  guint blocked;      /* images of other machines that went */
} MessageHtmlRules;

MessageHtmlVerdict message_html_judge (const MessageHtmlRules *rules, const xmlNode *node);
/* The name it is written under: "font" becomes "span", "strong" becomes "b" for the composer. */
const char *message_html_get_name (const MessageHtmlRules *rules, const xmlNode *node);
/* Appends the attributes that may stay, each with a blank before it. */
void message_html_write_attributes (MessageHtmlRules *rules, const xmlNode *node, GString *out);
/* The declarations of @style that may stay, or "". */
char *message_html_filter_style (MessageHtmlRules *rules, const char *style);
