/* SPDX-License-Identifier: MIT */
#include <message-builder.h>
#include <message-letter.h>

#include <glib/gstdio.h>
#include <string.h>

static GPtrArray *
mailboxes (const char *text)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *list = message_mailboxes_parse (text, &error);

  g_assert_no_error (error);
  return list;
}

static MessageBuilder *
make_builder (void)
{
  MessageBuilder *builder = message_builder_new ();
  g_autoptr (MessageMailbox) from = message_mailbox_new ("张伟", "wei@example.cn");

  message_builder_set_from (builder, from);
  message_builder_take_to (builder, mailboxes ("\"Lee, Ann\" <ann@example.org>"));
  message_builder_set_subject (builder, "关于会议: the meeting");
  message_builder_set_text (builder, "Hello\n");
  return builder;
}

/* What must hold of every letter that leaves: CRLF, short lines, 7 bits, no NUL. */
static void
check_wire (GBytes *bytes)
{
  gsize length, column = 0;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  for (gsize i = 0; i < length; i++)
    {
      g_assert_cmpuint (data[i], <, 0x80);
      g_assert_cmpuint (data[i], !=, 0);
      if (data[i] == '\n')
        g_assert_true (i > 0 && data[i - 1] == '\r');
      if (data[i] == '\r')
        g_assert_true (i + 1 < length && data[i + 1] == '\n');
      column = data[i] == '\n' ? 0 : column + 1;
      g_assert_cmpuint (column, <=, 999); /* with its CR */
    }
  g_assert_cmpuint (length, >, 2);
  g_assert_cmpmem (data + length - 2, 2, "\r\n", 2);
}

static MessageLetter *
build (MessageBuilder *builder, MessageBuildKind kind)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = message_builder_build (builder, kind, &error);

  g_assert_no_error (error);
  check_wire (bytes);
  MessageLetter *letter = message_letter_parse (bytes, &error);
  g_assert_no_error (error);
  return letter;
}

static void
check_text (MessageBuilder *builder, const char *text)
{
  message_builder_set_text (builder, text);
  g_autoptr (MessageLetter) letter = build (builder, MESSAGE_BUILD_WIRE);
  g_autofree char *found = message_letter_dup_text (letter);

  g_assert_cmpstr (found, ==, text);
}

static void
test_headers (void)
{
  const char *const references[] = { "zero@example.org", "one@example.org", NULL };
  g_autoptr (MessageBuilder) builder = make_builder ();
  g_autoptr (MessageMailbox) reply_to = message_mailbox_new ("", "list@example.org");

  message_builder_set_reply_to (builder, reply_to);
  message_builder_take_cc (builder, mailboxes ("李娜 <na@example.cn>, carl@example.org"));
  message_builder_set_in_reply_to (builder, "one@example.org", references);
  message_builder_set_header (builder, "X-Postroom-Note", "草稿");
  g_autoptr (MessageLetter) letter = build (builder, MESSAGE_BUILD_WIRE);

  const MessageMailbox *from = g_ptr_array_index (message_letter_get_from (letter), 0);
  g_assert_cmpstr (from->name, ==, "张伟");
  g_assert_cmpstr (from->address, ==, "wei@example.cn");
  const MessageMailbox *to = g_ptr_array_index (message_letter_get_to (letter), 0);
  g_assert_cmpstr (to->name, ==, "Lee, Ann");
  const MessageMailbox *cc = g_ptr_array_index (message_letter_get_cc (letter), 0);
  g_assert_cmpstr (cc->name, ==, "李娜");
  g_assert_cmpuint (message_letter_get_cc (letter)->len, ==, 2);
  g_assert_cmpuint (message_letter_get_reply_to (letter)->len, ==, 1);
  g_assert_cmpstr (message_letter_get_subject (letter), ==, "关于会议: the meeting");
  g_assert_cmpstr (message_letter_get_in_reply_to (letter), ==, "one@example.org");
  g_assert_cmpstr (message_letter_get_references (letter)[0], ==, "zero@example.org");
  g_assert_cmpstr (message_letter_get_references (letter)[1], ==, "one@example.org");
  g_assert_null (message_letter_get_references (letter)[2]);
  g_assert_cmpstr (message_letter_get_header (letter, "X-Postroom-Note"), ==, "草稿");
  g_assert_cmpstr (message_letter_get_header (letter, "MIME-Version"), ==, "1.0");
  g_assert_nonnull (message_letter_get_header (letter, "User-Agent"));
  g_assert_cmpint (message_letter_get_date (letter), >, 1700000000);
  g_assert_cmpstr (message_letter_get_message_id (letter), ==,
                   message_builder_get_message_id (builder));
  g_assert_true (g_str_has_suffix (message_letter_get_message_id (letter), "@example.cn"));
}

static void
test_same_id (void)
{
  g_autoptr (MessageBuilder) builder = make_builder ();
  g_autoptr (MessageLetter) one = build (builder, MESSAGE_BUILD_DRAFT);
  g_autoptr (MessageLetter) two = build (builder, MESSAGE_BUILD_WIRE);

  g_assert_cmpstr (message_letter_get_message_id (one), ==, message_letter_get_message_id (two));
}

static void
test_bcc (void)
{
  static const char *const expected[]
      = { "ann@example.org", "Bert@example.org", "secret@example.org", NULL };
  g_autoptr (MessageBuilder) builder = make_builder ();

  message_builder_take_cc (builder, mailboxes ("Bert@example.org, ANN@example.org"));
  message_builder_take_bcc (builder, mailboxes ("secret@example.org, bert@example.org"));
  g_autoptr (MessageLetter) wire = build (builder, MESSAGE_BUILD_WIRE);
  g_autoptr (MessageLetter) draft = build (builder, MESSAGE_BUILD_DRAFT);
  g_auto (GStrv) recipients = message_builder_dup_recipients (builder);
  gsize length;
  const char *text = g_bytes_get_data (message_letter_get_source (wire), &length);

  g_assert_null (memmem (text, length, "secret", 6));
  g_assert_null (memmem (text, length, "Bcc", 3));
  g_assert_cmpuint (message_letter_get_bcc (draft)->len, ==, 2);
  g_assert_true (g_strv_equal ((const char *const *) recipients, expected));
}

static void
test_incomplete (void)
{
  g_autoptr (MessageBuilder) builder = message_builder_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MessageMailbox) from = message_mailbox_new ("", "a@b.org");

  g_autoptr (MessageLetter) draft = build (builder, MESSAGE_BUILD_DRAFT);
  g_assert_cmpstr (message_letter_get_subject (draft), ==, "");
  g_assert_null (message_builder_build (builder, MESSAGE_BUILD_WIRE, &error));
  g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_ADDRESS);
  g_clear_error (&error);
  message_builder_set_from (builder, from);
  g_assert_null (message_builder_build (builder, MESSAGE_BUILD_WIRE, &error));
  g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_ADDRESS);
}

/* What was typed is what is read, whatever encoding was chosen. */
static void
test_texts (void)
{
  g_autoptr (MessageBuilder) builder = make_builder ();
  g_autofree char *long_word = g_strnfill (3000, 'x');
  g_autofree char *long_line = g_strconcat ("> ", long_word, "\nand on\n", NULL);
  g_autoptr (GString) many = g_string_new (NULL);

  for (guint i = 0; i < 400; i++)
    g_string_append (many, i % 7 == 0 ? "word, " : "a ");
  g_string_append (many, "end\n");
  check_text (builder, "Hello\n");
  check_text (builder, "\n\nHello\n\n\n");
  check_text (builder, "你好，世界\n第二行\n");
  check_text (builder, "A café, mostly ASCII with one letter that is none\n");
  check_text (builder, "From the start\n> quoted\n>\n> more\n  indented\n.\n..\n-- \nAnn\n");
  check_text (builder, many->str);
  check_text (builder, long_line);
  check_text (builder, "tab\there, = equals =3D and trailing tab\t\n");
  check_text (builder, "Trailing blanks  and   runs of them\n");
  check_text (builder, "\001\033[0m\n");
  check_text (builder, "");
}

/* A text with CRLF, as it comes from a window or a file, makes no double line ends. */
static void
test_crlf (void)
{
  static const char *const texts[]
      = { "one\r\ntwo\r\n", "一行\r\n两行\r\n", "caf\303\251\r\nx\r\n" };
  g_autoptr (MessageBuilder) builder = make_builder ();

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_auto (GStrv) lines = g_strsplit (texts[i], "\r\n", -1);
      g_autofree char *expected = g_strjoinv ("\n", lines);

      message_builder_set_text (builder, texts[i]);
      g_autoptr (MessageLetter) letter = build (builder, MESSAGE_BUILD_WIRE);
      g_autofree char *found = message_letter_dup_text (letter);
      g_assert_cmpstr (found, ==, expected);
    }
}

static GBytes *
random_bytes (gsize length)
{
  guint8 *octets = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    octets[i] = (guint8) g_test_rand_int ();
  return g_bytes_new_take (octets, length);
}

static void
check_attachment (const char *name, const char *type, const char *expected_type, GBytes *bytes)
{
  g_autoptr (MessageBuilder) builder = make_builder ();

  message_builder_attach_bytes (builder, name, type, bytes);
  g_autoptr (MessageLetter) letter = build (builder, MESSAGE_BUILD_WIRE);
  GPtrArray *attachments = message_letter_get_attachments (letter);
  g_assert_cmpuint (attachments->len, ==, 1);
  MessagePart *part = g_ptr_array_index (attachments, 0);
  g_assert_cmpstr (message_part_get_file_name (part), ==, name);
  g_assert_cmpstr (message_part_get_content_type (part), ==, expected_type);
  g_assert_true (g_bytes_equal (message_part_get_bytes (part), bytes));
}

static void
test_attachments (void)
{
  g_autoptr (GBytes) random = random_bytes (100000);
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);
  g_autoptr (GBytes) text = g_bytes_new ("a\nb\r\nc\rd\n.\nFrom x\n\n", 20);
  g_autoptr (GBytes) letter = g_bytes_new ("Subject: x\r\n\r\nInside\r\n", 22);
  g_autoptr (GBytes) unix_letter = g_bytes_new ("Subject: x\n\nInside\n", 19);
  g_autofree char *long_name = g_strnfill (150, 'n');

  check_attachment ("noise.bin", "application/octet-stream", "application/octet-stream", random);
  check_attachment ("nothing.txt", "text/plain", "text/plain", nothing);
  check_attachment ("lines.txt", "text/plain", "text/plain", text);
  check_attachment ("年度 \"报告\".pdf", "application/pdf", "application/pdf", random);
  check_attachment (long_name, NULL, "application/octet-stream", random);
  check_attachment ("forwarded.eml", "message/rfc822", "application/octet-stream", unix_letter);
  check_attachment ("odd.bin", "multipart/mixed", "application/octet-stream", text);
  check_attachment ("odd.bin", "no type at all", "application/octet-stream", text);
  check_attachment ("picture.png", NULL, "image/png", text);

  g_autoptr (MessageBuilder) builder = make_builder ();
  message_builder_attach_bytes (builder, "forwarded.eml", "message/rfc822", letter);
  g_autoptr (MessageLetter) built = build (builder, MESSAGE_BUILD_WIRE);
  MessagePart *part = g_ptr_array_index (message_letter_get_attachments (built), 0);
  g_assert_cmpstr (message_part_get_content_type (part), ==, "message/rfc822");
  g_assert_cmpstr (message_part_get_file_name (part), ==, "forwarded.eml");
}

static void
test_files (void)
{
  g_autoptr (MessageBuilder) builder = make_builder ();
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = g_dir_make_tmp ("postroom-builder-XXXXXX", &error);
  g_autofree char *path = g_build_filename (dir, "文件.txt", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);

  g_assert_no_error (error);
  g_assert_false (message_builder_attach_file (builder, file, &error));
  g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_ATTACHMENT);
  g_assert_nonnull (strstr (error->message, "文件.txt"));
  g_clear_error (&error);
  g_file_set_contents (path, "content", -1, &error);
  g_assert_no_error (error);
  g_assert_true (message_builder_attach_file (builder, file, &error));
  g_assert_no_error (error);
  g_autoptr (MessageLetter) letter = build (builder, MESSAGE_BUILD_WIRE);
  MessagePart *part = g_ptr_array_index (message_letter_get_attachments (letter), 0);
  g_assert_cmpstr (message_part_get_file_name (part), ==, "文件.txt");
  g_assert_cmpuint (message_part_get_size (part), ==, 7);
  g_remove (path);
  g_rmdir (dir);
}

static void
test_html (void)
{
  static const char html[] = "<p>Grüße <img src=\"cid:pic@x\"></p>";
  g_autoptr (MessageBuilder) builder = make_builder ();
  g_autoptr (GBytes) picture = random_bytes (500);
  g_autoptr (GBytes) file = random_bytes (500);

  message_builder_set_text (builder, NULL);
  message_builder_set_html (builder, html);
  message_builder_attach_inline (builder, "pic@x", "pic.png", "image/png", picture);
  message_builder_attach_bytes (builder, "file.bin", "application/octet-stream", file);
  g_autoptr (MessageLetter) letter = build (builder, MESSAGE_BUILD_WIRE);
  g_autofree char *text = message_letter_dup_text (letter);
  MessagePart *part = message_letter_find_content_id (letter, "pic@x");

  g_assert_cmpstr (text, ==, "Grüße\n");
  g_assert_cmpstr (message_letter_get_html (letter), ==, html);
  g_assert_nonnull (part);
  g_assert_true (g_bytes_equal (message_part_get_bytes (part), picture));
  g_assert_cmpuint (message_letter_get_attachments (letter)->len, ==, 1);
  g_assert_cmpuint (message_letter_get_parts (letter)->len, ==, 4);
}

/* Nothing that goes into a header may begin another, or make a line too long. */
static void
test_hostile (void)
{
  g_autoptr (MessageBuilder) builder = make_builder ();
  g_autofree char *word = g_strnfill (2000, 'w');
  g_autoptr (GString) chinese = g_string_new (NULL);
  g_autoptr (MessageMailbox) from = message_mailbox_new (word, "a@b.org");
  g_autoptr (GBytes) bytes = g_bytes_new ("x", 1);
  g_auto (GStrv) references = g_new0 (char *, 301);

  for (guint i = 0; i < 300; i++)
    {
      g_string_append (chinese, "长标题");
      references[i] = g_strdup_printf ("%u.a-rather-long-identifier@mail.example.org", i);
    }
  message_builder_set_subject (builder, "x\r\nBcc: eve@example.org");
  message_builder_set_header (builder, "X-Note", "a\r\nX-Evil: yes");
  message_builder_set_in_reply_to (builder, "a@b>\r\nX-Evil: yes\r\n",
                                   (const char *const *) references);
  message_builder_attach_bytes (builder, "a\r\nX-Evil: yes.txt", "text/plain\r\nX-Evil: yes",
                                bytes);
  g_autoptr (MessageLetter) one = build (builder, MESSAGE_BUILD_WIRE);
  g_assert_null (message_letter_get_header (one, "X-Evil"));
  g_assert_null (message_letter_get_header (one, "Bcc"));

  message_builder_set_from (builder, from);
  message_builder_set_subject (builder, word);
  message_builder_set_header (builder, "X-Long", word);
  message_builder_attach_bytes (builder, word, "text/plain", bytes);
  g_autoptr (MessageLetter) two = build (builder, MESSAGE_BUILD_WIRE);
  g_auto (GStrv) words = g_strsplit (message_letter_get_subject (two), " ", -1);
  g_autofree char *joined = g_strjoinv ("", words);
  g_assert_cmpstr (joined, ==, word);

  message_builder_set_subject (builder, chinese->str);
  message_builder_attach_bytes (builder, chinese->str, "text/plain", bytes);
  g_autoptr (MessageLetter) three = build (builder, MESSAGE_BUILD_WIRE);
  g_assert_cmpstr (message_letter_get_subject (three), ==, chinese->str);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/builder/headers", test_headers);
  g_test_add_func ("/message/builder/same-id", test_same_id);
  g_test_add_func ("/message/builder/bcc", test_bcc);
  g_test_add_func ("/message/builder/incomplete", test_incomplete);
  g_test_add_func ("/message/builder/texts", test_texts);
  g_test_add_func ("/message/builder/crlf", test_crlf);
  g_test_add_func ("/message/builder/attachments", test_attachments);
  g_test_add_func ("/message/builder/files", test_files);
  g_test_add_func ("/message/builder/html", test_html);
  g_test_add_func ("/message/builder/hostile", test_hostile);
  return g_test_run ();
}
