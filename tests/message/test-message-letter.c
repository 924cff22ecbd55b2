/* SPDX-License-Identifier: MIT */
#include <message-letter.h>

#include <string.h>

static MessageLetter *
load (const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "letters", name, NULL);
  g_autoptr (GError) error = NULL;
  char *contents = NULL;
  gsize length = 0;

  g_file_get_contents (path, &contents, &length, &error);
  g_assert_no_error (error);
  g_autoptr (GBytes) source = g_bytes_new_take (contents, length);
  MessageLetter *letter = message_letter_parse (source, &error);
  g_assert_no_error (error);
  g_assert_true (message_letter_get_source (letter) == source);
  return letter;
}

static MessageLetter *
parse (const char *text, gssize length)
{
  g_autoptr (GBytes) source = g_bytes_new (text, length < 0 ? strlen (text) : (gsize) length);
  g_autoptr (GError) error = NULL;
  MessageLetter *letter = message_letter_parse (source, &error);

  g_assert_no_error (error);
  return letter;
}

static void
check_mailbox (GPtrArray *mailboxes, guint index, const char *name, const char *address)
{
  g_assert_cmpuint (index, <, mailboxes->len);
  const MessageMailbox *mailbox = g_ptr_array_index (mailboxes, index);
  g_assert_cmpstr (mailbox->name, ==, name);
  g_assert_cmpstr (mailbox->address, ==, address);
}

static void
check_text (MessageLetter *letter, const char *expected)
{
  g_autofree char *text = message_letter_dup_text (letter);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_empty (void)
{
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);
  g_autoptr (GError) error = NULL;

  g_assert_null (message_letter_parse (nothing, &error));
  g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_PARSE);
}

static void
test_gb2312 (void)
{
  g_autoptr (MessageLetter) letter = load ("gb2312.eml");

  g_assert_cmpstr (message_letter_get_subject (letter), ==, "关于会议：您好");
  check_mailbox (message_letter_get_from (letter), 0, "张伟", "wei@example.cn");
  g_assert_cmpstr (message_letter_get_message_id (letter), ==, "gb@example.cn");
  g_assert_cmpint (message_letter_get_date (letter), ==, 1795399200);
  /* 镕 is in GBK and not in GB 2312, as in real letters that say gb2312. */
  check_text (letter, "你好，镕基！\n第二行\n");
  g_assert_cmpuint (message_letter_get_attachments (letter)->len, ==, 0);
  g_assert_null (message_letter_get_html (letter));
}

static void
test_names (void)
{
  static const char *const names[]
      = { "年度报告 final.pdf", "张伟.doc",  "_bashrc", "evil.exe", "_..",
          "atxt.exe",           "notes.txt", NULL };
  g_autoptr (MessageLetter) letter = load ("names.eml");
  GPtrArray *attachments = message_letter_get_attachments (letter);
  gsize length;

  check_text (letter, "See the files.");
  g_assert_cmpuint (attachments->len, ==, 8);
  for (guint i = 0; names[i] != NULL; i++)
    {
      MessagePart *part = g_ptr_array_index (attachments, i);
      g_assert_cmpstr (message_part_get_file_name (part), ==, names[i]);
      g_assert_true (message_part_is_attachment (part));
      g_assert_cmpuint (message_part_get_depth (part), ==, 1);
    }

  MessagePart *pdf = g_ptr_array_index (attachments, 0);
  g_assert_cmpstr (message_part_get_content_type (pdf), ==, "application/pdf");
  const char *octets = g_bytes_get_data (message_part_get_bytes (pdf), &length);
  g_assert_cmpmem (octets, length, "Hello\0", 6);
  g_assert_cmpuint (message_part_get_size (pdf), ==, 6);

  MessagePart *inside = g_ptr_array_index (attachments, 7);
  g_assert_cmpstr (message_part_get_file_name (inside), ==, "The letter inside.eml");
  octets = g_bytes_get_data (message_part_get_bytes (inside), &length);
  g_assert_nonnull (memmem (octets, length, "Inside.", 7));
}

static void
test_nested (void)
{
  g_autoptr (MessageLetter) letter = load ("nested.eml");
  const char *const *references = message_letter_get_references (letter);
  GPtrArray *attachments = message_letter_get_attachments (letter);

  check_mailbox (message_letter_get_to (letter), 0, "", "bert@example.org");
  check_mailbox (message_letter_get_to (letter), 1, "Lee, Carl", "carl@example.org");
  check_mailbox (message_letter_get_cc (letter), 0, "", "dora@example.org");
  check_mailbox (message_letter_get_reply_to (letter), 0, "", "list@example.org");
  g_assert_cmpuint (message_letter_get_bcc (letter)->len, ==, 0);
  g_assert_cmpstr (message_letter_get_in_reply_to (letter), ==, "one@example.org");
  g_assert_cmpstr (references[0], ==, "zero@example.org");
  g_assert_cmpstr (references[1], ==, "one@example.org");
  g_assert_null (references[2]);

  check_text (letter, "The café text\nA footer of the list.");
  g_assert_nonnull (strstr (message_letter_get_html (letter), "café"));
  g_assert_cmpuint (message_letter_get_parts (letter)->len, ==, 6);
  /* The picture the HTML shows is none; the one it does not show is. */
  g_assert_cmpuint (attachments->len, ==, 2);
  g_assert_cmpstr (message_part_get_file_name (g_ptr_array_index (attachments, 0)), ==,
                   "other.png");
  g_assert_cmpstr (message_part_get_file_name (g_ptr_array_index (attachments, 1)), ==,
                   "table.csv");
  MessagePart *picture = message_letter_find_content_id (letter, "pic@example.org");
  g_assert_nonnull (picture);
  g_assert_cmpuint (message_part_get_size (picture), ==, 8);
  g_assert_null (message_letter_find_content_id (letter, "none@example.org"));
}

static void
test_headers (void)
{
  g_autoptr (MessageLetter) letter = load ("nested.eml");
  g_autoptr (MessageLetter) raw = load ("raw-8-bit.eml");
  g_autofree char *headers = message_letter_dup_headers (raw);

  g_assert_cmpstr (message_letter_get_header (letter, "cc"), ==, "dora@example.org");
  g_assert_cmpstr (message_letter_get_header (letter, "CC"), ==, "dora@example.org");
  g_assert_null (message_letter_get_header (letter, "X-None"));
  g_assert_cmpstr (message_letter_get_subject (raw), ==, "原始的标题");
  check_mailbox (message_letter_get_from (raw), 0, "张伟", "wei@example.cn");
  g_assert_cmpstr (message_letter_get_header (raw, "X-Other"), ==, "关于会议");
  g_assert_cmpstr (headers, ==,
                   "From: 张伟 <wei@example.cn>\nSubject: 原始的标题\nX-Other: 关于会议\n");
  check_text (raw, "café €\n");
}

static void
test_broken (void)
{
  g_autoptr (MessageLetter) boundary = load ("broken-boundary.eml");
  g_autoptr (MessageLetter) cut = load ("cut-off.eml");
  g_autoptr (MessageLetter) encodings = load ("bad-encodings.eml");
  g_autofree char *text = message_letter_dup_text (boundary);
  g_autofree char *strange = message_letter_dup_text (encodings);
  gsize length;

  g_assert_nonnull (strstr (text, "Still to be read."));
  check_text (cut, "The text.");
  g_assert_cmpuint (message_letter_get_attachments (cut)->len, ==, 1);
  const char *octets
      = g_bytes_get_data (message_part_get_bytes (
                              g_ptr_array_index (message_letter_get_attachments (cut), 0)),
                          &length);
  g_assert_cmpmem (octets, length, "Hello ", 6);

  check_mailbox (
      message_letter_get_from (encodings), 0,
      ((MessageMailbox *) g_ptr_array_index (message_letter_get_from (encodings), 0))->name,
      "ann@example.org");
  g_assert_true (g_utf8_validate (message_letter_get_subject (encodings), -1, NULL));
  g_assert_cmpint (message_letter_get_date (encodings), ==, 0);
  g_assert_true (g_utf8_validate (strange, -1, NULL));
  g_assert_nonnull (strstr (strange, "anyway"));
}

static void
test_small (void)
{
  g_autoptr (MessageLetter) body = load ("no-headers.eml");
  g_autoptr (MessageLetter) headers = load ("headers-only.eml");
  g_autoptr (MessageLetter) octet = parse ("x", -1);
  g_autoptr (MessageLetter) nul = parse ("\0\0\0", 3);

  g_assert_cmpstr (message_letter_get_subject (body), ==, "");
  g_assert_null (message_letter_get_message_id (body));
  g_assert_cmpuint (message_letter_get_from (body)->len, ==, 0);
  check_text (body, "Only a body.\n");
  g_assert_cmpstr (message_letter_get_subject (headers), ==, "Nothing below");
  check_text (headers, "");
  g_assert_cmpstr (message_letter_get_subject (octet), ==, "");
  check_text (octet, "x");
  check_text (nul, "\357\277\275\357\277\275\357\277\275");
}

static void
test_html_only (void)
{
  g_autoptr (MessageLetter) letter = load ("html-only.eml");

  check_text (letter, "Grüße – & more\n");
  g_assert_cmpstr (message_letter_get_subject (letter), ==, "");
  /* A letter of this machine's own: the sender has no domain. */
  check_mailbox (message_letter_get_from (letter), 0, "", "root");
}

static void
test_flowed (void)
{
  g_autoptr (MessageLetter) letter = load ("flowed.eml");

  check_text (letter, "> quoted words that flow on\nA paragraph that goes on and ends.\n"
                      "From the start\n> no quote\n-- \nAnn\n");
}

static void
check_snippet (MessageLetter *letter, guint characters, const char *expected)
{
  g_autofree char *snippet = message_letter_dup_snippet (letter, characters);

  g_assert_cmpstr (snippet, ==, expected);
}

static void
test_snippet (void)
{
  g_autoptr (MessageLetter) letter
      = parse ("Content-Type: text/plain; charset=utf-8\r\n\r\n"
               "> no quote\r\n\r\n  你好  世界\t and\r\n> nor this\r\nmore\r\n",
               -1);

  check_snippet (letter, 100, "你好 世界 and more");
  check_snippet (letter, 5, "你好 世界");
  check_snippet (letter, 3, "你好");
  check_snippet (letter, 2, "你好");
  check_snippet (letter, 0, "");
}

static void
test_many_parts (void)
{
  GString *text = g_string_new ("Content-Type: multipart/mixed; boundary=b\r\n\r\n");

  for (guint i = 0; i < 5000; i++)
    g_string_append_printf (text, "--b\r\nContent-Type: text/plain; name=%u.txt\r\n\r\n%u\r\n", i,
                            i);
  g_string_append (text, "--b--\r\n");
  g_autoptr (MessageLetter) letter = parse (text->str, (gssize) text->len);
  g_string_free (text, TRUE);
  g_assert_cmpuint (message_letter_get_parts (letter)->len, ==, 1000);
  check_text (letter, "0");
}

static void
test_deep (void)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < 20000; i++)
    g_string_append_printf (text, "Content-Type: multipart/mixed; boundary=b%u\r\n\r\n--b%u\r\n", i,
                            i);
  g_string_append (text, "Content-Type: text/plain\r\n\r\nThe bottom\r\n");
  g_autoptr (MessageLetter) letter = parse (text->str, (gssize) text->len);
  g_string_free (text, TRUE);
  g_assert_cmpuint (message_letter_get_parts (letter)->len, <=, 1000);
  g_autofree char *words = message_letter_dup_text (letter);
  g_assert_nonnull (words);
}

static gpointer
read_all (gpointer data)
{
  MessageLetter *letter = data;

  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *text = message_letter_dup_text (letter);
      g_autofree char *headers = message_letter_dup_headers (letter);
      g_assert_cmpstr (text, ==, "The café text\nA footer of the list.");
      g_assert_nonnull (strstr (headers, "Subject: Nested"));
      g_assert_nonnull (message_letter_get_html (letter));
    }
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (MessageLetter) letter = load ("nested.eml");
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("reader", read_all, letter);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/letter/empty", test_empty);
  g_test_add_func ("/message/letter/gb2312", test_gb2312);
  g_test_add_func ("/message/letter/names", test_names);
  g_test_add_func ("/message/letter/nested", test_nested);
  g_test_add_func ("/message/letter/headers", test_headers);
  g_test_add_func ("/message/letter/broken", test_broken);
  g_test_add_func ("/message/letter/small", test_small);
  g_test_add_func ("/message/letter/html-only", test_html_only);
  g_test_add_func ("/message/letter/flowed", test_flowed);
  g_test_add_func ("/message/letter/snippet", test_snippet);
  g_test_add_func ("/message/letter/many-parts", test_many_parts);
  g_test_add_func ("/message/letter/deep", test_deep);
  g_test_add_func ("/message/letter/threads", test_threads);
  return g_test_run ();
}
