/* SPDX-License-Identifier: MIT */
#include "memory-stock.h"

static gboolean
has (const SpamWords *words, const char *text)
{
  for (guint i = 0; i < words->words->len; i++)
    if (g_str_equal (g_array_index (words->words, SpamWord, i).text, text))
      return TRUE;
  return FALSE;
}

static void
check (const char *letter_text, const char *const *expected, const char *const *unexpected)
{
  g_autoptr (MessageLetter) letter = memory_parse (letter_text);
  g_autoptr (SpamWords) words = spam_words_of_letter (letter);

  for (; *expected != NULL; expected++)
    if (!has (words, *expected))
      g_error ("“%s” is missing", *expected);
  for (; *unexpected != NULL; unexpected++)
    if (has (words, *unexpected))
      g_error ("“%s” is there", *unexpected);
}

static void
test_headers (void)
{
  check ("Received: from mx.mail.example ([192.0.2.77]) by here.example; x\n"
         "From: Big Shop <news@mail.shop.example>\nTo: a@b.example\nSubject: Cheap Watches\n"
         "Message-ID: <1@Gate.example>\nX-Mailer: Blaster 9\nX-Spam-Status: Yes, pills\n\nx\n",
         (const char *const[]){ "subject:cheap", "subject:watches", "from:news@mail.shop.example",
                                "from:shop.example", "from:name:big", "to:b.example",
                                "message-id:gate.example", "header:X-Mailer", "x-mailer:blaster",
                                "received:mail.example", "received:192.0.2", NULL },
         (const char *const[]){ "cheap", "header:X-Spam-Status", "pills", "to:nameless:x", NULL });
}

static void
test_body (void)
{
  check ("Subject: x\nContent-Type: text/html\n\n"
         "<p>Save Money, don't wait: supercalifragilistic</p>"
         "<a href=\"http://www.shop.example/buy/pills?id=77\">here</a>\n",
         (const char *const[]){ "save", "money", "don't", "skip:s20", "url:shop.example",
                                "url:www.shop.example", "url:pills", "html:a", "html:alone",
                                "scheme:http", NULL },
         (const char *const[]){ "Save", "supercalifragilistic", "it", NULL });
}

static void
test_chinese (void)
{
  check ("Subject: x\nContent-Type: text/plain; charset=utf-8\n\n代开发票,好 ok网\n",
         (const char *const[]){ "代开", "开发", "发票", "好", "网", NULL },
         (const char *const[]){ "代开发票", "票", NULL });
}

/* However much a letter says, its words have an end. */
static void
test_bounded (void)
{
  GString *text = g_string_new ("Subject: x\n\n");

  for (guint i = 0; i < 20000; i++)
    g_string_append_printf (text, "w%05u ", i);
  g_autofree char *whole = g_string_free (text, FALSE);
  g_autoptr (MessageLetter) letter = memory_parse (whole);
  g_autoptr (SpamWords) words = spam_words_of_letter (letter);
  g_assert_cmpuint (words->words->len, ==, 5000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/spam/words/headers", test_headers);
  g_test_add_func ("/spam/words/body", test_body);
  g_test_add_func ("/spam/words/chinese", test_chinese);
  g_test_add_func ("/spam/words/bounded", test_bounded);
  return g_test_run ();
}
