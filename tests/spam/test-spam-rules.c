/* SPDX-License-Identifier: MIT */
#include <spam-rules.h>
#include <string.h>

static MessageLetter *
parse (const char *text)
{
  g_autoptr (GBytes) source = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;
  MessageLetter *letter = message_letter_parse (source, &error);

  g_assert_no_error (error);
  return letter;
}

/* The names of the rules that fit, joined by blanks. */
static char *
run (const SpamRules *rules, const char *text)
{
  g_autoptr (MessageLetter) letter = parse (text);
  g_autoptr (SpamMaterial) material = spam_material_new (letter);
  g_autoptr (GPtrArray) hits = spam_rules_run (rules, material);
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < hits->len; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? " " : "",
                            ((const SpamHit *) hits->pdata[i])->name);
  return g_string_free (names, FALSE);
}

static void
check_run (const char *rule, const char *letter, gboolean expected)
{
  g_autoptr (SpamRules) rules = spam_rules_new ();
  g_autoptr (GError) error = NULL;

  spam_rules_add (rules, rule, -1, "file", &error);
  g_assert_no_error (error);
  g_autofree char *names = run (rules, letter);
  if ((*names != '\0') != expected)
    g_error ("%s: %s", rule, expected ? "not found" : "found");
}

static void
test_phrases (void)
{
  const char *letter = "Subject: =?utf-8?q?FREE_money_=E5=8F=91=E7=A5=A8?=\r\nFrom: Ann Lee "
                       "<ann@example.org>\r\nX-Mailer: Blaster 9\r\n\r\nAct\r\n  NOW! "
                       "Vi\xe2\x80\x8b" "agra\r\nhttp://shop.example/buy\r\n";

  check_run ("phrase A 1 subject free", letter, TRUE);
  check_run ("phrase A 1 subject ree", letter, FALSE);
  check_run ("phrase A 1 subject \"Free MONEY\"", letter, TRUE);
  check_run ("phrase A 1 subject 发票", letter, TRUE);
  check_run ("phrase A 1 text \"no\" \"act now\"", letter, TRUE);
  check_run ("phrase A 1 text viagra", letter, TRUE);
  check_run ("phrase A 1 from ann@example.org", letter, TRUE);
  check_run ("phrase A 1 X-Mailer blaster", letter, TRUE);
  check_run ("phrase A 1 X-Mailer act", letter, FALSE);
  check_run ("phrase A 1 links shop.example", letter, TRUE);
  check_run ("phrase A 1 headers \"x-mailer: blaster\"", letter, TRUE);
}

static void
test_patterns (void)
{
  const char *letter = "Subject: Offer 12345\nFrom: a@b.example\n\nfirst line\nSecond line\n";

  check_run ("regex A 1 subject /\\d{5}$/", letter, TRUE);
  check_run ("regex A 1 subject /offer/", letter, FALSE);
  check_run ("regex A 1 subject /offer/i", letter, TRUE);
  check_run ("regex A 1 text /^Second/", letter, TRUE);
  check_run ("regex A 1 text /a\\/b/", letter, FALSE);
}

/* It would run for longer than anybody lives; it counts as not found. */
static void
test_endless_pattern (void)
{
  g_autofree char *many = g_strnfill (5000, 'a');
  g_autofree char *letter = g_strconcat ("Subject: x\n\n", many, "!\n", NULL);

  check_run ("regex A 1 text /^(a+)+$/", letter, FALSE);
}

static void
test_headers (void)
{
  const char *letter = "Subject: x\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n\nx\n";

  check_run ("header A 1 missing Date", letter, FALSE);
  check_run ("header A 1 present date", letter, TRUE);
  check_run ("header A 1 missing Message-ID", letter, TRUE);
}

static const struct
{
  const char *check, *yes, *no;
} checks[] = {
  { "subject-upper", "Subject: BUY THIS NOW\n\nx\n", "Subject: BUY This NOW\n\nx\n" },
  { "name-is-other-address", "From: \"help@bank.example\" <x@evil.example>\n\nx\n",
    "From: \"help@bank.example\" <help@bank.example>\n\nx\n" },
  { "reply-to-differs", "From: a@b.example\nReply-To: c@d.example\n\nx\n",
    "From: a@b.example\nReply-To: c@b.example\n\nx\n" },
  { "from-empty", "Subject: x\n\nx\n", "From: a@b.example\n\nx\n" },
  { "html-only", "Content-Type: text/html\n\n<p>x</p>\n", "Content-Type: text/plain\n\nx\n" },
  { "html-form", "Content-Type: text/html\n\n<form><input></form>\n",
    "Content-Type: text/html\n\n<p>form</p>\n" },
  { "text-tiny", "Content-Type: text/html\n\n<img src='http://x.example/a.png'>\n",
    "Content-Type: text/html\n\n<p>x</p>\n" },
  { "hidden-text", "Content-Type: text/html\n\n<p style='display: none'>x</p>\n",
    "Content-Type: text/html\n\n<p style='font-size: 10px'>x</p>\n" },
  { "hidden-text", "Content-Type: text/html\n\n<p style='font-size:0px'>x</p>\n",
    "Content-Type: text/html\n\n<font color='#000000'>x</font>\n" },
  { "words-cut", "Content-Type: text/html\n\n<p>via<!-- x -->gra</p>\n",
    "Content-Type: text/html\n\n<p>via <!-- x --> gra</p>\n" },
  { "zero-width", "Subject: x\n\nvia\xe2\x80\x8bgra\n", "Subject: x\n\nviagra\n" },
  { "dangerous-attachment",
    "Content-Type: application/octet-stream\nContent-Disposition: attachment; "
    "filename=\"invoice.pdf.EXE\"\n\nx\n",
    "Content-Type: application/pdf\nContent-Disposition: attachment; filename=\"a.pdf\"\n\nx\n" },
  { "link-to-number", "Subject: x\n\nhttp://192.0.2.7/a\n", "Subject: x\n\nhttp://a.example/7\n" },
  { "link-with-user", "Subject: x\n\nhttp://bank.example@evil.example/\n",
    "Subject: x\n\nhttp://bank.example/@evil\n" },
  { "link-text-lies",
    "Content-Type: text/html\n\n<a href=\"http://evil.example/\">www.bank.test</a>\n",
    "Content-Type: text/html\n\n<a href=\"http://login.bank.test/\">https://www.bank.test/</a>\n" },
  { "links-many 2", "Subject: x\n\nhttp://a.example/ http://b.example/\n",
    "Subject: x\n\nhttp://a.example/ http://a.example/\n" },
};

static void
test_checks (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
    {
      g_autofree char *rule = g_strconcat ("check A 1 ", checks[i].check, NULL);
      check_run (rule, checks[i].yes, TRUE);
      check_run (rule, checks[i].no, FALSE);
    }
}

static void
test_later_files (void)
{
  g_autoptr (SpamRules) rules = spam_rules_new ();
  g_autoptr (GError) error = NULL;

  spam_rules_add (rules, "phrase A 1 text one\nphrase B 1 text two\nphrase C 1 text three\n", -1,
                  "first", &error);
  g_assert_no_error (error);
  spam_rules_add (rules,
                  "# mine\r\noff A\r\nphrase B 2 text other : why\r\nweight C 0\r\n"
                  "required 3.5\r\n",
                  -1, "second", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (spam_rules_get_count (rules), ==, 2);
  g_assert_cmpfloat (spam_rules_get_required (rules), ==, 3.5);
  g_autofree char *names = run (rules, "Subject: x\n\none two three other\n");
  g_assert_cmpstr (names, ==, "B");
}

static const struct
{
  const char *text, *error;
} wrong[] = {
  { "phrase A 1 text a\nfrase B 1 text b\n",
    "line 2: “frase” begins no rule: phrase, regex, header, check, weight, off and required do" },
  { "phrase A x text a\n", "line 1: “x” is no number between -100 and 100" },
  { "phrase A 1e9 text a\n", "line 1: “1e9” is no number between -100 and 100" },
  { "phrase A 1 body a\n",
    "line 1: “body” is no place to look: subject, from, text, html, links, headers, or a header's "
    "name beginning with a capital" },
  { "phrase A 1 text \"a\n", "line 1: A quotation mark is never closed: \"a" },
  { "phrase A 1 text : why\n", "line 1: A phrase is missing" },
  { "phrase A-B 1 text a\n",
    "line 1: “A-B” is no name: letters, digits and _, at most 40 of them" },
  { "phrase A 1 text a\nphrase A 1 text b\n", "line 2: There are two rules “A” in this file" },
  { "header A 1 without Date\n", "line 1: “without” is neither “missing” nor “present”" },
  { "check A 1 colour\n", "line 1: There is no check “colour”" },
  { "check A 1 html-only 1 2\n", "line 1: “2” is too much" },
  { "weight NONE 1\n", "line 1: There is no rule “NONE”" },
  { "required 0\n", "line 1: The points must be more than 0" },
  { "regex A 1 text a\n", "line 1: A pattern stands between slashes: /…/" },
  { "regex A 1 text /a\n", "line 1: A pattern is never closed: /a" },
  { "regex A 1 text /a/g\n", "line 1: “g” after a pattern: only i is known there" },
  { "\n\n\xff\n", "line 3: The file is not in UTF-8" },
};

static void
test_errors (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (SpamRules) rules = spam_rules_new ();
      g_autoptr (GError) error = NULL;
      g_autofree char *expected = g_strconcat ("file, ", wrong[i].error, NULL);

      g_assert_false (spam_rules_add (rules, wrong[i].text, -1, "file", &error));
      g_assert_error (error, SPAM_ERROR, SPAM_ERROR_RULES);
      g_assert_cmpstr (error->message, ==, expected);
      g_assert_cmpuint (spam_rules_get_count (rules), ==, 0);
    }
  g_autoptr (SpamRules) rules = spam_rules_new ();
  g_autoptr (GError) error = NULL;
  g_assert_false (spam_rules_add (rules, "regex A 1 text /(/\n", -1, "file", &error));
  g_assert_true (g_str_has_prefix (error->message, "file, line 1: /(/ is no pattern: "));
}

static void
test_default (void)
{
  g_autoptr (SpamRules) rules = spam_rules_new_default ();

  g_assert_cmpuint (spam_rules_get_count (rules), >, 50);
  g_autofree char *good = run (rules, "From: Ann Lee <ann@example.org>\nTo: bob@example.org\n"
                                      "Date: Mon, 23 Nov 2026 10:00:00 +0000\n"
                                      "Message-ID: <1@example.org>\nSubject: Lunch\n\n"
                                      "Shall we meet at noon?\n");
  g_assert_cmpstr (good, ==, "");
  g_autofree char *junk = run (rules, "From: a@b.example\nTo: c@d.example\n"
                                      "Date: Mon, 23 Nov 2026 10:00:00 +0000\n"
                                      "Message-ID: <1@b.example>\n"
                                      "Content-Type: text/plain; charset=utf-8\n"
                                      "Subject: hello\n\n本公司长期代开发票，欢迎来电\n");
  g_assert_cmpstr (junk, ==, "ZH_INVOICE ZH_SELL");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/spam/rules/phrases", test_phrases);
  g_test_add_func ("/spam/rules/patterns", test_patterns);
  g_test_add_func ("/spam/rules/endless-pattern", test_endless_pattern);
  g_test_add_func ("/spam/rules/headers", test_headers);
  g_test_add_func ("/spam/rules/checks", test_checks);
  g_test_add_func ("/spam/rules/later-files", test_later_files);
  g_test_add_func ("/spam/rules/errors", test_errors);
  g_test_add_func ("/spam/rules/default", test_default);
  return g_test_run ();
}
