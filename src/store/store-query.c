/* SPDX-License-Identifier: MIT */
#include "store-query-private.h"

#include "store-search-text.h"
#include "store-words.h"

#include <string.h>

#define MAX_DEPTH 10  /* of parentheses: FTS5 reads expressions with a stack of a hundred */
#define MAX_TERMS 200 /* what follows is left out */

typedef struct
{
  const char *text;
  const char *at;
  gint64 now;
  gboolean typing;
  guint depth;
  guint terms;
  StoreQuery *query;
} Parser;

/* ---- nodes ---- */

StoreQueryNode *
store_query_node_new (StoreQueryKind kind)
{
  StoreQueryNode *node = g_new0 (StoreQueryNode, 1);

  node->kind = kind;
  return node;
}

void
store_query_node_free (StoreQueryNode *node)
{
  g_clear_pointer (&node->children, g_ptr_array_unref);
  g_free (node->text);
  g_free (node);
}

static void
add_child (StoreQueryNode *node, StoreQueryNode *child)
{
  if (node->children == NULL)
    node->children = g_ptr_array_new_with_free_func ((GDestroyNotify) store_query_node_free);
  g_ptr_array_add (node->children, child);
}

/* Takes @first and @next (either may be NULL); what is of the same kind grows. */
static StoreQueryNode *
combine (StoreQueryKind kind, StoreQueryNode *first, StoreQueryNode *next)
{
  StoreQueryNode *node = first;

  if (first == NULL || next == NULL)
    return first != NULL ? first : next;
  if (first->kind != kind)
    {
      node = store_query_node_new (kind);
      add_child (node, first);
    }
  add_child (node, next);
  return node;
}

/* ---- notices ---- */

/* Takes @words. */
static void
notify (Parser *parser, const char *start, const char *end, char *words)
{
  StoreNotice *notice = g_new0 (StoreNotice, 1);

  notice->start = (guint) g_utf8_pointer_to_offset (parser->text, start);
  notice->length = (guint) g_utf8_pointer_to_offset (start, end);
  notice->text = words;
  g_ptr_array_add (parser->query->notices, notice);
}

/* ---- reading ---- */

static gboolean
is_space (const char *at)
{
  return *at != '\0' && g_unichar_isspace (g_utf8_get_char (at));
}

static void
skip_spaces (Parser *parser)
{
  while (is_space (parser->at))
    parser->at = g_utf8_next_char (parser->at);
}

/* "OR", "AND" and "NOT" are words of their own in capitals. */
static gboolean
take_keyword (Parser *parser, const char *keyword)
{
  const char *end = parser->at + strlen (keyword);

  if (!g_str_has_prefix (parser->at, keyword)
      || !(*end == '\0' || is_space (end) || *end == '(' || *end == '"'))
    return FALSE;
  parser->at = end;
  return TRUE;
}

/* Up to a blank, a parenthesis or a quotation mark. */
static char *
take_word (Parser *parser)
{
  const char *start = parser->at;

  while (*parser->at != '\0' && !is_space (parser->at) && *parser->at != '(' && *parser->at != ')'
         && *parser->at != '"')
    parser->at = g_utf8_next_char (parser->at);
  return g_strndup (start, (gsize) (parser->at - start));
}

/* One that never ends goes on to the end: it is still being typed. */
static char *
take_quoted (Parser *parser)
{
  const char *start = ++parser->at;
  const char *end = strchr (start, '"');

  parser->at = end != NULL ? end + 1 : start + strlen (start);
  return g_strndup (start, end != NULL ? (gsize) (end - start) : strlen (start));
}

/* The operator at the cursor, lower case, and the cursor behind its colon; or NULL. */
static char *
take_operator (Parser *parser)
{
  const char *end = parser->at;

  while (g_ascii_isalpha (*end))
    end++;
  if (end == parser->at || *end != ':')
    return NULL;
  g_autofree char *name = g_ascii_strdown (parser->at, end - parser->at);
  static const char *const others[]
      = { "tag", "in", "is", "has", "before", "after", "during", "larger", "smaller", "id", NULL };
  if (store_query_columns (name) == 0 && !g_strv_contains (others, name))
    return NULL;
  parser->at = end + 1;
  return g_steal_pointer (&name);
}

/* ---- words ---- */

typedef struct
{
  guint count;
  gsize characters; /* of the last */
  gunichar first;   /* of the last */
} Count;

static int
count_word (const StoreWord *word, gpointer data)
{
  Count *count = data;

  count->count++;
  count->characters = (gsize) g_utf8_strlen (word->text, (gssize) word->length);
  count->first = g_utf8_get_char (word->text);
  return 0;
}

static StoreQueryNode *
make_words (Parser *parser, const char *start, char *text, guint columns, gboolean quoted)
{
  g_autofree char *own = text;
  gboolean star = !quoted && g_str_has_suffix (own, "*");
  Count count = { 0 };

  store_words_each (own, strlen (own), TRUE, count_word, &count);
  if (count.count == 0)
    {
      if (*own != '\0')
        notify (parser, start, parser->at,
                g_strdup_printf ("“%s” has no letter or digit to look for", own));
      return NULL;
    }
  StoreQueryNode *node = store_query_node_new (STORE_QUERY_WORDS);
  node->columns = columns;
  node->text = g_steal_pointer (&own);
  /* One letter begins too many words to be of use while more of them are typed. */
  node->prefix = star || (count.characters == 1 && store_words_is_joined (count.first))
                 || (parser->typing && !quoted && *parser->at == '\0' && count.characters > 1);
  return node;
}

/* ---- the grammar ---- */

static StoreQueryNode *parse_any (Parser *parser, guint columns);

static StoreQueryNode *
parse_group (Parser *parser, guint columns)
{
  const char *start = parser->at++;

  if (parser->depth >= MAX_DEPTH)
    {
      parser->at += strlen (parser->at);
      notify (parser, start, parser->at, g_strdup ("There are too many parentheses"));
      return NULL;
    }
  parser->depth++;
  StoreQueryNode *node = parse_any (parser, columns);
  parser->depth--;
  if (*parser->at == ')')
    parser->at++;
  else if (!parser->typing)
    notify (parser, start, start + 1, g_strdup ("This parenthesis is not closed"));
  return node;
}

static StoreQueryNode *
parse_term (Parser *parser, const char *start, const char *operator)
{
  g_autofree char *value = *parser->at == '"' ? take_quoted (parser) : take_word (parser);
  char *problem = NULL;
  StoreQueryNode *node
      = *value != '\0' ? store_query_term (operator, value, parser->now, &problem) : NULL;

  if (*value == '\0')
    problem = g_strdup_printf ("Nothing follows “%s:”", operator);
  /* What is still being typed is not wrong yet. */
  if (problem != NULL && parser->typing && *parser->at == '\0')
    g_clear_pointer (&problem, g_free);
  if (problem != NULL)
    notify (parser, start, parser->at, problem);
  return node;
}

static StoreQueryNode *
parse_value (Parser *parser, guint columns)
{
  const char *start = parser->at;
  g_autofree char *operator= take_operator (parser);

  if (++parser->terms > MAX_TERMS)
    {
      parser->at += strlen (parser->at);
      notify (parser, start, parser->at, g_strdup ("The rest of the query is too long"));
      return NULL;
    }
  if (operator!= NULL && store_query_columns (operator) == 0)
    return parse_term (parser, start, operator);
  if (operator!= NULL)
    columns = store_query_columns (operator);
  if (*parser->at == '(')
    return parse_group (parser, columns);
  gboolean quoted = *parser->at == '"';
  char *text = quoted ? take_quoted (parser) : take_word (parser);
  if (*text == '\0' && operator!= NULL && !(parser->typing && * parser->at == '\0'))
    notify (parser, start, parser->at, g_strdup_printf ("Nothing follows “%s:”", operator));
  return make_words (parser, start, text, columns, quoted);
}

static StoreQueryNode *
parse_one (Parser *parser, guint columns)
{
  gboolean not = FALSE;

  /* A hyphen says "not" where a word begins, and is a part of one elsewhere. */
  for (skip_spaces (parser);; skip_spaces (parser))
    if (*parser->at == '-' && parser->at[1] != '\0' && !is_space (parser->at + 1))
      {
        parser->at++;
        not = !not ;
      }
    else if (take_keyword (parser, "NOT"))
      not = !not ;
    else
      break;
  if (*parser->at == '\0' || *parser->at == ')')
    return NULL;
  StoreQueryNode *node = parse_value (parser, columns);
  if (node == NULL || !not )
    return node;
  StoreQueryNode *negation = store_query_node_new (STORE_QUERY_NOT);
  add_child (negation, node);
  return negation;
}

static StoreQueryNode *
parse_all (Parser *parser, guint columns)
{
  g_autoptr (StoreQueryNode) node = store_query_node_new (STORE_QUERY_ALL);

  for (;;)
    {
      const char *start;
      skip_spaces (parser);
      start = parser->at;
      if (*start == '\0' || *start == ')')
        break;
      if (take_keyword (parser, "AND"))
        continue;
      if (take_keyword (parser, "OR"))
        {
          parser->at = start;
          break;
        }
      StoreQueryNode *one = parse_one (parser, columns);
      if (one != NULL)
        add_child (node, one);
    }
  if (node->children == NULL)
    return NULL;
  if (node->children->len > 1)
    return g_steal_pointer (&node);
  return g_ptr_array_steal_index (node->children, 0);
}

static StoreQueryNode *
parse_any (Parser *parser, guint columns)
{
  StoreQueryNode *node = parse_all (parser, columns);

  while (take_keyword (parser, "OR"))
    node = combine (STORE_QUERY_ANY, node, parse_all (parser, columns));
  return node;
}

StoreQuery *
store_query_parse (const char *text, gboolean typing, gint64 now)
{
  StoreQuery *query = g_new0 (StoreQuery, 1);
  Parser parser = { .text = text, .at = text, .now = now, .typing = typing, .query = query };

  query->notices = g_ptr_array_new_with_free_func ((GDestroyNotify) store_notice_free);
  for (;;)
    {
      query->root = combine (STORE_QUERY_ALL, query->root, parse_any (&parser, 0));
      if (*parser.at == '\0')
        return query;
      notify (&parser, parser.at, parser.at + 1, g_strdup ("This parenthesis closes nothing"));
      parser.at++;
    }
}

void
store_query_free (StoreQuery *query)
{
  g_clear_pointer (&query->root, store_query_node_free);
  g_ptr_array_unref (query->notices);
  g_free (query);
}

/* ---- the tree in words ---- */

static void
print_node (GString *out, const StoreQueryNode *node)
{
  static const char *const heads[] = { "(all", "(any", "(not" };

  switch (node->kind)
    {
    case STORE_QUERY_ALL:
    case STORE_QUERY_ANY:
    case STORE_QUERY_NOT:
      g_string_append (out, heads[node->kind]);
      for (guint i = 0; i < node->children->len; i++)
        {
          g_string_append_c (out, ' ');
          print_node (out, node->children->pdata[i]);
        }
      g_string_append_c (out, ')');
      break;
    case STORE_QUERY_WORDS:
      if (node->columns != 0)
        g_string_append_printf (out, "%x:", node->columns);
      g_string_append_printf (out, "\"%s\"%s", node->text, node->prefix ? "…" : "");
      break;
    case STORE_QUERY_TAG:
      g_string_append_printf (out, "(tag \"%s\")", node->text);
      break;
    case STORE_QUERY_IN:
      g_string_append_printf (out, "(in %d)", (int) node->number);
      break;
    case STORE_QUERY_IS:
      g_string_append_printf (out, "(is %s %d)", node->text, (int) node->number);
      break;
    case STORE_QUERY_DATE:
    case STORE_QUERY_SIZE:
      g_string_append_printf (out, "(%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT ")",
                              node->kind == STORE_QUERY_DATE ? "date" : "size", node->first,
                              node->last);
      break;
    case STORE_QUERY_ID:
      if (node->text != NULL)
        g_string_append_printf (out, "(id \"%s\")", node->text);
      else
        g_string_append_printf (out, "(id %" G_GINT64_FORMAT ")", node->number);
      break;
    default:
      g_assert_not_reached ();
    }
}

char *
store_query_to_string (const StoreQuery *query)
{
  GString *out = g_string_new (NULL);

  if (query->root != NULL)
    print_node (out, query->root);
  return g_string_free (out, FALSE);
}
