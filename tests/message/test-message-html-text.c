/* SPDX-License-Identifier: MIT */
#include <message-html.h>

#include <string.h>

typedef struct
{
  const char *from;
  const char *to;
} Pair;

static const Pair to_text[] = {
  { "", "" },
  { "plain", "plain\n" },
  { "<p>one</p><p>two</p>", "one\n\ntwo\n" },
  { "  <p>\n one \n\t two </p>\n", "one two\n" },
  { "one<br>two<br/>three", "one\ntwo\nthree\n" },
  { "one<br><br>two", "one\n\ntwo\n" },
  { "<p>one<br></p><p>two</p>", "one\n\ntwo\n" },
  { "<div>one</div><div>two</div>", "one\ntwo\n" },
  { "<div>one<br></div><div>two</div>", "one\ntwo\n" },
  { "<div>one</div><div><br></div><div>two</div>", "one\n\ntwo\n" },
  { "<div>one</div><div><br></div><div><br></div><div>two</div>", "one\n\n\ntwo\n" },
  { "<div><div><div>one</div></div></div><div>two</div>", "one\ntwo\n" },
  { "<p>a <b>bold</b><i> word</i>, end.</p>", "a bold word, end.\n" },
  { "<h1>Title</h1><p>text</p>", "Title\n\ntext\n" },
  { "<p>a&nbsp;b</p>", "a b\n" },
  { "<p>1 &lt; 2 &amp;&amp; &quot;x&quot; &#8364; 你好</p>", "1 < 2 && \"x\" € 你好\n" },
  { "<ul><li>one</li><li>two</li></ul>", "- one\n- two\n" },
  { "<p>Things:</p><ul><li>one</li><li>two</li></ul><p>end</p>",
    "Things:\n\n- one\n- two\n\nend\n" },
  { "<ul><li><p>one</p></li><li><p>two</p></li></ul>", "- one\n\n- two\n" },
  { "<ul><li><div>one</div></li><li>two</li></ul>", "- one\n- two\n" },
  { "<ol><li>one</li><li>two</li></ol>", "1. one\n2. two\n" },
  { "<ol start=5><li>one</li><li>two</li></ol>", "5. one\n6. two\n" },
  { "<ul><li>one<ul><li>inner</li></ul></li><li>two</li></ul>", "- one\n  - inner\n- two\n" },
  { "<ol><li>one<br>more</li></ol>", "1. one\n  more\n" },
  { "<blockquote>quoted</blockquote>reply", "> quoted\n\nreply\n" },
  { "<blockquote><p>one</p><p>two</p></blockquote><p>reply</p>", "> one\n>\n> two\n\nreply\n" },
  { "<p>He wrote:</p><blockquote><p>one</p></blockquote><p>reply</p>",
    "He wrote:\n\n> one\n\nreply\n" },
  { "<blockquote>one<br><br>two</blockquote>", "> one\n>\n> two\n" },
  { "<blockquote>outer<blockquote>inner</blockquote>again</blockquote>",
    "> outer\n>\n> > inner\n>\n> again\n" },
  { "<blockquote><blockquote>inner</blockquote></blockquote>x", "> > inner\n\nx\n" },
  { "<div>Ann wrote:</div><blockquote type=\"cite\"><div>one</div></blockquote><div>two</div>",
    "Ann wrote:\n> one\ntwo\n" },
  { "<blockquote><ul><li>one</li></ul></blockquote>", "> - one\n" },
  { "<p>see <a href=\"https://example.org/x\">the page</a>.</p>",
    "see the page <https://example.org/x>.\n" },
  { "<a href=\"https://example.org/\">example.org</a>", "example.org\n" },
  { "<a href=\"https://example.org/x\">https://example.org/x</a>", "https://example.org/x\n" },
  { "<a href=\"mailto:a@b.org\">a@b.org</a>", "a@b.org\n" },
  { "<a href=\"mailto:a@b.org\">Ann</a>", "Ann <a@b.org>\n" },
  { "<a href=\"javascript:x\">words</a>", "words\n" },
  { "<a href=\"#top\">words</a>", "words\n" },
  { "<a href=\"https://x.org\"><img alt=\"Logo\" src=\"cid:a\"></a>", "Logo <https://x.org>\n" },
  { "<table><tr><td>a</td><td>b</td></tr><tr><th>c</th><td>d</td></tr></table>", "a b\nc d\n" },
  { "<p>one</p><hr><p>two</p>", "one\n\n----\n\ntwo\n" },
  { "<pre>a  b\n\n  c</pre>", "a  b\n\n  c\n" },
  { "<pre>a\n</pre><p>b</p>", "a\n\nb\n" },
  { "<style>p { }</style><script>x</script><title>t</title><p>a</p>", "a\n" },
  { "<head><title>t</title></head><body><p>a</p></body>", "a\n" },
  { "<p>unclosed <b>words", "unclosed words\n" },
  { "<dl><dt>term</dt><dd>words</dd></dl>", "term\nwords\n" },
};

static void
check_pairs (const Pair *pairs, gsize count, char *(*function) (const char *text))
{
  guint wrong = 0;

  for (gsize i = 0; i < count; i++)
    {
      g_autofree char *found = function (pairs[i].from);

      if (strcmp (found, pairs[i].to) != 0)
        {
          g_autofree char *shown = g_strescape (found, NULL);
          g_autofree char *expected = g_strescape (pairs[i].to, NULL);
          g_test_message ("%s becomes %s, not %s", pairs[i].from, shown, expected);
          wrong++;
        }
    }
  g_assert_cmpuint (wrong, ==, 0);
}

static void
test_to_text (void)
{
  check_pairs (to_text, G_N_ELEMENTS (to_text), message_html_to_text);
}

static const Pair from_text[] = {
  { "", "" },
  { "a < b & \"c\"\n", "a &lt; b &amp; \"c\"" },
  { "one\ntwo\n\nthree", "one<br>\ntwo<br>\n<br>\nthree" },
  { "a  b", "a&nbsp; b" },
  { "> quoted\nreply", "<blockquote type=\"cite\">quoted</blockquote>reply" },
  { "> one\n> two\n", "<blockquote type=\"cite\">one<br>\ntwo</blockquote>" },
  { ">> in\n> out\n",
    "<blockquote type=\"cite\"><blockquote type=\"cite\">in</blockquote>out</blockquote>" },
  { "> > in\n",
    "<blockquote type=\"cite\"><blockquote type=\"cite\">in</blockquote></blockquote>" },
  { "see https://example.org/?a=1&b=2.",
    "see <a href=\"https://example.org/?a=1&amp;b=2\">https://example.org/?a=1&amp;b=2</a>." },
  { "(http://example.org)", "(<a href=\"http://example.org\">http://example.org</a>)" },
  { "mailto:a@b.org", "<a href=\"mailto:a@b.org\">mailto:a@b.org</a>" },
  { "https://", "https://" },
  { "xhttp://a", "xhttp://a" },
  { "http://a\"onclick=\"x", "<a href=\"http://a\">http://a</a>\"onclick=\"x" },
  { "javascript:alert(1)", "javascript:alert(1)" },
  { "你好 https://例子.中国/路\n",
    "你好 <a href=\"https://例子.中国/路\">https://例子.中国/路</a>" },
};

static void
test_from_text (void)
{
  check_pairs (from_text, G_N_ELEMENTS (from_text), message_html_from_text);
}

/* A text made HTML and back is the same text. */
static void
test_round_trip (void)
{
  static const char *const texts[] = {
    "one\ntwo\n\nthree\n", "> quoted\n> more\n\nreply\n",          "> out\n>\n> > in\n\nreply\n",
    "a < b & c > d\n",     "see https://example.org/x for more\n", "你好，世界\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *html = message_html_from_text (texts[i]);
      g_autofree char *text = message_html_to_text (html);

      g_assert_cmpstr (text, ==, texts[i]);
    }
}

static const Pair cleaned[] = {
  { "<p>a</p>", "<p>a</p>" },
  { "<strong>a</strong><em>b</em><strike>c</strike>", "<b>a</b><i>b</i><s>c</s>" },
  { "<p><font color=\"#ff0000\" face=\"x\" size=7>a</font></p>",
    "<p><span style=\"color: #ff0000\">a</span></p>" },
  { "<p align=center class=x id=y>a</p>", "<p style=\"text-align: center\">a</p>" },
  { "<p style=\"color: red; margin: 5px; font-size: 12px\">a</p>",
    "<p style=\"color: red; font-size: 12px\">a</p>" },
  { "<table><tr><td>a</td></tr></table>", "a" },
  { "<blockquote type=\"cite\">a</blockquote>", "<blockquote type=\"cite\">a</blockquote>" },
  { "<ul><li>a</li></ul>", "<ul><li>a</li></ul>" },
  { "<p><a href=\"https://example.org/\" target=x>a</a></p>",
    "<p><a href=\"https://example.org/\">a</a></p>" },
  { "<p><img src=\"cid:a\" width=10 onload=x></p>", "<p><img src=\"cid:a\" width=\"10\"></p>" },
  { "<h4>a</h4><p>b</p>", "a<p>b</p>" },
};

static char *
clean_body (const char *html)
{
  g_autofree char *clean = message_html_clean (html);
  const char *body = strstr (clean, "<body>");
  const char *end = strstr (clean, "</body></html>\n");

  g_assert_nonnull (body);
  g_assert_nonnull (end);
  return g_strndup (body + 6, (gsize) (end - body - 6));
}

static void
test_clean (void)
{
  check_pairs (cleaned, G_N_ELEMENTS (cleaned), clean_body);
}

/* Whatever comes, something valid is given back. */
static void
test_robust (void)
{
  g_autofree char *open = g_strnfill (100000, '<');
  GString *deep = g_string_new (NULL);
  GString *quotes = g_string_new (NULL);
  const char *texts[] = { open,
                          "\377\376<p>\300</p>",
                          "<",
                          "</",
                          "<!",
                          "<!--",
                          "&",
                          "&#",
                          "&#0;",
                          "<p a=",
                          "<p a='",
                          "<p/",
                          "<![CDATA[x]]>",
                          "<?php x ?>",
                          NULL,
                          NULL };

  for (guint i = 0; i < 20000; i++)
    {
      g_string_append (deep, "<div><blockquote>");
      g_string_append_c (quotes, '>');
    }
  g_string_append (deep, "x");
  texts[G_N_ELEMENTS (texts) - 2] = deep->str;
  texts[G_N_ELEMENTS (texts) - 1] = quotes->str;
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *text = message_html_to_text (texts[i]);
      g_autofree char *safe = message_html_make_safe (texts[i], FALSE, NULL);
      g_autofree char *clean = message_html_clean (texts[i]);
      g_autofree char *made
          = g_utf8_validate (texts[i], -1, NULL) ? message_html_from_text (texts[i]) : NULL;

      g_assert_true (g_utf8_validate (text, -1, NULL));
      g_assert_true (g_utf8_validate (safe, -1, NULL));
      g_assert_true (g_utf8_validate (clean, -1, NULL));
    }
  g_string_free (deep, TRUE);
  g_string_free (quotes, TRUE);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/html/to-text", test_to_text);
  g_test_add_func ("/message/html/from-text", test_from_text);
  g_test_add_func ("/message/html/round-trip", test_round_trip);
  g_test_add_func ("/message/html/clean", test_clean);
  g_test_add_func ("/message/html/robust", test_robust);
  return g_test_run ();
}
