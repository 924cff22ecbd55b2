/* SPDX-License-Identifier: MIT */
#include "store-search-private.h"

#include <string.h>

/* Relevance is weighed for so many of the newest letters that have the words. */
#define WEIGHED "5000"

/* A condition in the making. */
typedef struct
{
  GString *sql;
  GArray *values; /* of Value: parameter :v<index> */
  gboolean names_folder;
} Plan;

typedef struct
{
  char *text; /* NULL: number */
  gint64 number;
} Value;

static void
value_clear (gpointer data)
{
  g_free (((Value *) data)->text);
}

/* Takes @text. */
static void
add_value (Plan *plan, char *text, gint64 number)
{
  Value value = { .text = text, .number = number };

  g_string_append_printf (plan->sql, ":v%u", plan->values->len);
  g_array_append_val (plan->values, value);
}

/* ---- in FTS5's language ---- */

/* What FTS5 can answer alone: it knows "but not", and no "not" by itself. */
static gboolean
is_match (const StoreQueryNode *node)
{
  gboolean positive = FALSE;

  if (node->kind == STORE_QUERY_WORDS)
    return TRUE;
  if (node->kind != STORE_QUERY_ALL && node->kind != STORE_QUERY_ANY)
    return FALSE;
  for (guint i = 0; i < node->children->len; i++)
    {
      const StoreQueryNode *child = node->children->pdata[i];
      if (is_match (child))
        positive = TRUE;
      else if (node->kind == STORE_QUERY_ANY || child->kind != STORE_QUERY_NOT
               || !is_match (child->children->pdata[0]))
        return FALSE;
    }
  return positive;
}

/* In quotation marks, doubled inside, FTS5 takes anything as words. */
static void
write_words (GString *out, const StoreQueryNode *node)
{
  static const char *const names[]
      = { "sender", "recipients", "copies", "subject", "body", "names", "attached" };

  if (node->columns != 0)
    {
      g_string_append (out, "{");
      for (guint i = 0; i < G_N_ELEMENTS (names); i++)
        if ((node->columns & (1u << i)) != 0)
          g_string_append_printf (out, "%s ", names[i]);
      g_string_append (out, "} : ");
    }
  g_string_append_c (out, '"');
  for (const char *at = node->text; *at != '\0'; at++)
    if (*at == '"')
      g_string_append (out, "\"\"");
    else
      g_string_append_c (out, *at);
  g_string_append (out, node->prefix ? "\" *" : "\"");
}

static void write_match (GString *out, const StoreQueryNode *node);

/* @negated: only what stands behind a NOT, else only the others. */
static void
write_children (GString *out, GPtrArray *children, gboolean negated, const char *between)
{
  gboolean first = TRUE;

  for (guint i = 0; i < children->len; i++)
    {
      const StoreQueryNode *child = children->pdata[i];
      if ((child->kind == STORE_QUERY_NOT) != negated)
        continue;
      if (!first)
        g_string_append (out, between);
      first = FALSE;
      write_match (out, negated ? child->children->pdata[0] : child);
    }
}

static gboolean
has_negated (GPtrArray *children)
{
  for (guint i = 0; i < children->len; i++)
    if (((const StoreQueryNode *) children->pdata[i])->kind == STORE_QUERY_NOT)
      return TRUE;
  return FALSE;
}

static void
write_match (GString *out, const StoreQueryNode *node)
{
  if (node->kind == STORE_QUERY_WORDS)
    {
      write_words (out, node);
      return;
    }
  g_string_append (out, "((");
  write_children (out, node->children, FALSE, node->kind == STORE_QUERY_ALL ? " AND " : " OR ");
  g_string_append_c (out, ')');
  if (has_negated (node->children))
    {
      g_string_append (out, " NOT (");
      write_children (out, node->children, TRUE, " OR ");
      g_string_append_c (out, ')');
    }
  g_string_append_c (out, ')');
}

/* ---- in SQL ---- */

static void write_condition (Plan *plan, const StoreQueryNode *node);

static void
write_range (Plan *plan, const char *column, const char *low, gint64 first, gint64 last)
{
  g_string_append_printf (plan->sql, "(l.%s %s ", column, low);
  add_value (plan, NULL, first);
  g_string_append_printf (plan->sql, " AND l.%s < ", column);
  add_value (plan, NULL, last);
  g_string_append_c (plan->sql, ')');
}

static void
write_group (Plan *plan, const StoreQueryNode *node, const char *between)
{
  g_string_append_c (plan->sql, '(');
  for (guint i = 0; i < node->children->len; i++)
    {
      if (i > 0)
        g_string_append (plan->sql, between);
      write_condition (plan, node->children->pdata[i]);
    }
  g_string_append_c (plan->sql, ')');
}

static void
write_equal (Plan *plan, const char *column, const StoreQueryNode *node)
{
  g_string_append_printf (plan->sql, "l.%s = ", column);
  add_value (plan, NULL, node->number);
}

static void
write_condition (Plan *plan, const StoreQueryNode *node)
{
  if (is_match (node))
    {
      GString *match = g_string_new (NULL);
      write_match (match, node);
      g_string_append (plan->sql, "l.doc IN (SELECT rowid FROM search WHERE search MATCH ");
      add_value (plan, g_string_free (match, FALSE), 0);
      g_string_append_c (plan->sql, ')');
      return;
    }
  switch (node->kind)
    {
    case STORE_QUERY_ALL:
      write_group (plan, node, " AND ");
      break;
    case STORE_QUERY_ANY:
      write_group (plan, node, " OR ");
      break;
    case STORE_QUERY_NOT:
      g_string_append (plan->sql, "NOT ");
      write_group (plan, node, "");
      break;
    case STORE_QUERY_TAG:
      g_string_append (plan->sql, "l.id IN (SELECT letter FROM tags WHERE tag = ");
      add_value (plan, g_strdup (node->text), 0);
      g_string_append_c (plan->sql, ')');
      break;
    case STORE_QUERY_IN:
      plan->names_folder = TRUE;
      if (node->number < 0)
        g_string_append (plan->sql, "TRUE");
      else
        write_equal (plan, "folder", node);
      break;
    case STORE_QUERY_IS:
      write_equal (plan, node->text, node); /* a name of ours, see store-query-terms.c */
      break;
    case STORE_QUERY_DATE:
      write_range (plan, "date", ">=", node->first, node->last);
      break;
    case STORE_QUERY_SIZE:
      write_range (plan, "size", ">", node->first, node->last);
      break;
    case STORE_QUERY_ID:
      plan->names_folder = TRUE;
      if (node->text == NULL)
        {
          write_equal (plan, "id", node);
          break;
        }
      g_string_append (plan->sql, "coalesce (l.message_id = ");
      add_value (plan, g_strdup (node->text), 0);
      g_string_append (plan->sql, ", FALSE)");
      break;
    case STORE_QUERY_WORDS:
    default:
      g_assert_not_reached ();
    }
}

/* ---- the statement ---- */

/* Parts what FTS5 finds from what is asked of each letter that it found. */
static StoreQueryNode *
take_match (Plan *plan, GPtrArray *all)
{
  g_autoptr (StoreQueryNode) match = store_query_node_new (STORE_QUERY_ALL);
  gboolean positive = FALSE;

  /* Borrowed. */
  match->children = g_ptr_array_new ();
  for (guint i = 0; i < all->len; i++)
    positive = positive || is_match (all->pdata[i]);
  for (guint i = 0; i < all->len; i++)
    {
      StoreQueryNode *node = all->pdata[i];
      if (positive
          && (is_match (node)
              || (node->kind == STORE_QUERY_NOT && is_match (node->children->pdata[0]))))
        {
          g_ptr_array_add (match->children, node);
          continue;
        }
      g_string_append (plan->sql, " AND ");
      write_condition (plan, node);
    }
  return positive ? g_steal_pointer (&match) : NULL;
}

/* The whole statement, with the conditions so far in plan->sql. */
static char *
compose (const Plan *plan, gboolean match, const StoreSearchOptions *options)
{
  if (!match)
    return g_strdup_printf ("SELECT l.id FROM letters l WHERE TRUE%s "
                            "ORDER BY l.date DESC, l.id DESC LIMIT :limit",
                            plan->sql->str);
  if (options->sort == STORE_SORT_RELEVANCE)
    return g_strdup_printf (
        "SELECT l.id FROM (SELECT rowid AS doc, bm25 (search, 6, 3, 2, 8, 1, 4, 1) AS score "
        "FROM search WHERE search MATCH :match ORDER BY rowid DESC LIMIT " WEIGHED ") s "
        "CROSS JOIN letters l ON l.doc = s.doc WHERE TRUE%s "
        "ORDER BY s.score, l.date DESC LIMIT :limit",
        plan->sql->str);
  return g_strdup_printf ("SELECT l.id FROM search CROSS JOIN letters l ON l.doc = search.rowid "
                          "WHERE search MATCH :match%s ORDER BY search.rowid DESC LIMIT :limit",
                          plan->sql->str);
}

static void
bind (StoreStatement *statement, const Plan *plan)
{
  for (guint i = 0; i < plan->values->len; i++)
    {
      const Value *value = &g_array_index (plan->values, Value, i);
      g_autofree char *name = g_strdup_printf (":v%u", i);
      if (value->text != NULL)
        store_statement_bind_text (statement, name, value->text);
      else
        store_statement_bind_int (statement, name, value->number);
    }
}

static void
limit_folders (Plan *plan, const StoreSearchOptions *options)
{
  if (options->folder >= 0)
    {
      g_string_append (plan->sql, " AND l.folder = ");
      add_value (plan, NULL, options->folder);
    }
  else if (!plan->names_folder)
    g_string_append_printf (plan->sql, " AND l.folder NOT IN (%d, %d)", STORE_FOLDER_TRASH,
                            STORE_FOLDER_JUNK);
}

static GArray *
read_ids (StoreStatement *statement, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  GError *failed = NULL;

  while (store_statement_step (statement, &failed))
    {
      gint64 id = store_statement_get_int (statement, 0);
      g_array_append_val (ids, id);
    }
  if (failed == NULL)
    return g_steal_pointer (&ids);
  g_propagate_error (error, failed);
  return NULL;
}

GArray *
store_search_run (StoreDb *db,
                  const StoreQuery *query,
                  const StoreSearchOptions *options,
                  guint limit,
                  GError **error)
{
  g_autoptr (GString) conditions = g_string_new (NULL);
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (Value));
  g_autoptr (GPtrArray) single = g_ptr_array_new ();
  Plan plan = { .sql = conditions, .values = values };

  g_array_set_clear_func (values, value_clear);
  if (query->root == NULL)
    return g_array_new (FALSE, FALSE, sizeof (gint64));
  g_ptr_array_add (single, query->root);
  g_autoptr (StoreQueryNode) match
      = take_match (&plan, query->root->kind == STORE_QUERY_ALL ? query->root->children : single);
  limit_folders (&plan, options);
  g_autofree char *sql = compose (&plan, match != NULL, options);
  g_autoptr (StoreStatement) statement = store_db_prepare (db, sql, error);
  if (statement == NULL)
    return NULL;
  bind (statement, &plan);
  store_statement_bind_int (statement, ":limit", limit);
  if (match != NULL)
    {
      g_autoptr (GString) words = g_string_new (NULL);
      write_match (words, match);
      store_statement_bind_text (statement, ":match", words->str);
    }
  return read_ids (statement, error);
}
