/* SPDX-License-Identifier: MIT */
#include <glib.h>
#include <store-query.h>

#define NOW G_GINT64_CONSTANT (1774440000) /* 2026-03-25 12:00 UTC */

typedef struct
{
  const char *query;
  const char *tree;
} Case;

static void
check (const Case *cases, gsize count, gboolean typing, guint notices)
{
  for (gsize i = 0; i < count; i++)
    {
      g_autoptr (StoreQuery) query = store_query_parse (cases[i].query, typing, NOW);
      g_autofree char *tree = store_query_to_string (query);
      g_assert_cmpstr (tree, ==, cases[i].tree);
      g_assert_cmpuint (query->notices->len, ==, notices);
    }
}

static void
test_grammar (void)
{
  static const Case cases[] = {
    { "", "" },
    { "  ", "" },
    { "tea", "\"tea\"" },
    { "tea milk", "(all \"tea\" \"milk\")" },
    { "tea AND milk", "(all \"tea\" \"milk\")" },
    { "tea OR milk", "(any \"tea\" \"milk\")" },
    { "tea or milk", "(all \"tea\" \"or\" \"milk\")" },
    { "a b OR c d", "(any (all \"a\" \"b\") (all \"c\" \"d\"))" },
    { "a (b OR c) d", "(all \"a\" (any \"b\" \"c\") \"d\")" },
    { "a OR b OR c", "(any \"a\" \"b\" \"c\")" },
    { "-tea", "(not \"tea\")" },
    { "tea -milk", "(all \"tea\" (not \"milk\"))" },
    { "NOT (a OR b)", "(not (any \"a\" \"b\"))" },
    { "--tea", "\"tea\"" },
    { "well-known", "\"well-known\"" },
    { "\"green tea\"", "\"green tea\"" },
    { "te*", "\"te*\"…" },
    { "ORANGE", "\"ORANGE\"" },
    { "OR tea", "\"tea\"" },
    { "tea OR", "\"tea\"" },
    { "中文", "\"中文\"" },
    { "中", "\"中\"…" },
    { "\"中\"", "\"中\"…" },
    { "re:tea", "\"re:tea\"" },
    { "http://example.org/", "\"http://example.org/\"" },
  };

  check (cases, G_N_ELEMENTS (cases), FALSE, 0);
}

static void
test_operators (void)
{
  static const Case cases[] = {
    { "from:ann", "1:\"ann\"" },
    { "FROM:ann", "1:\"ann\"" },
    { "to:ann", "6:\"ann\"" },
    { "cc:\"Ann Lee\"", "4:\"Ann Lee\"" },
    { "subject:(a OR -b)", "(any 8:\"a\" (not 8:\"b\"))" },
    { "body:x", "50:\"x\"" },
    { "filename:x.pdf", "20:\"x.pdf\"" },
    { "from:(to:x y)", "(all 6:\"x\" 1:\"y\")" },
    { "tag:work", "(tag \"work\")" },
    { "tag:\"to do\"", "(tag \"to do\")" },
    { "in:SENT", "(in 1)" },
    { "in:any", "(in -1)" },
    { "is:unread", "(is seen 0)" },
    { "-is:flagged", "(not (is flagged 1))" },
    { "has:attachment", "(is attachments 1)" },
    { "larger:10M", "(size 10485760 9223372036854775807)" },
    { "smaller:1.5k", "(size -1 1536)" },
    { "id:17", "(id 17)" },
    { "id:<a@b>", "(id \"a@b\")" },
    { "after:2026-03", "(date 1772323200 9223372036854775807)" },
    { "before:2026-03-01", "(date -9223372036854775808 1772323200)" },
    { "during:2026/03", "(date 1772323200 1775001600)" },
    { "during:2026-03-01..2026-03-02", "(date 1772323200 1772496000)" },
    { "during:..2026-02", "(date -9223372036854775808 1772323200)" },
    { "during:today", "(date 1774396800 1774483200)" },
    { "during:yesterday", "(date 1774310400 1774396800)" },
    { "after:7d", "(date 1773792000 9223372036854775807)" },
  };

  check (cases, G_N_ELEMENTS (cases), FALSE, 0);
}

static void
test_notices (void)
{
  static const Case cases[] = {
    { "tea (milk", "(all \"tea\" \"milk\")" },
    { "tea) milk", "(all \"tea\" \"milk\")" },
    { "tea before:soon", "\"tea\"" },
    { "before:2026-02-30", "" },
    { "during:2026-13 tea", "\"tea\"" },
    { "in:attic tea", "\"tea\"" },
    { "is:nice", "" },
    { "has:wings", "" },
    { "larger:big", "" },
    { "larger:1e99", "" },
    { "tea from:", "\"tea\"" },
    { "tea tag:\"\"", "\"tea\"" },
    { "tea -", "\"tea\"" },
    { "!!! tea", "\"tea\"" },
  };

  check (cases, G_N_ELEMENTS (cases), FALSE, 1);
}

static void
test_notice_place (void)
{
  g_autoptr (StoreQuery) query = store_query_parse ("茶 before:soon milk", FALSE, NOW);
  const StoreNotice *notice;

  g_assert_cmpuint (query->notices->len, ==, 1);
  notice = query->notices->pdata[0];
  g_assert_cmpuint (notice->start, ==, 2);
  g_assert_cmpuint (notice->length, ==, 11);
  g_assert_nonnull (g_strstr_len (notice->text, -1, "“soon”"));
}

static void
test_typing (void)
{
  static const Case cases[] = {
    { "te", "\"te\"…" },        { "t", "\"t\"" },       { "tea mil", "(all \"tea\" \"mil\"…)" },
    { "tea ", "\"tea\"" },      { "\"tea", "\"tea\"" }, { "from:an", "1:\"an\"…" },
    { "tea from:", "\"tea\"" }, { "before:20", "" },    { "(tea OR m", "(any \"tea\" \"m\")" },
    { "tea is:un", "\"tea\"" },
  };

  check (cases, G_N_ELEMENTS (cases), TRUE, 0);
}

static void
test_limits (void)
{
  GString *deep = g_string_new (NULL);
  GString *wide = g_string_new (NULL);

  for (guint i = 0; i < 100000; i++)
    {
      g_string_append_c (deep, '(');
      g_string_append (wide, "tea OR ");
    }
  g_autoptr (StoreQuery) one = store_query_parse (deep->str, FALSE, NOW);
  g_assert_null (one->root);
  g_assert_cmpuint (one->notices->len, >=, 1);
  g_autoptr (StoreQuery) other = store_query_parse (wide->str, FALSE, NOW);
  g_assert_cmpuint (other->root->children->len, ==, 200);
  g_assert_cmpuint (other->notices->len, ==, 1);
  g_string_free (deep, TRUE);
  g_string_free (wide, TRUE);
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/query/grammar", test_grammar);
  g_test_add_func ("/store/query/operators", test_operators);
  g_test_add_func ("/store/query/notices", test_notices);
  g_test_add_func ("/store/query/notice-place", test_notice_place);
  g_test_add_func ("/store/query/typing", test_typing);
  g_test_add_func ("/store/query/limits", test_limits);
  return g_test_run ();
}
