/* SPDX-License-Identifier: MIT */
#include <message-builder.h>

#include <stdio.h>

/* Writes one letter with everything in it, for check-builder.py to read. */

static GBytes *
all_octets (guint times)
{
  GByteArray *octets = g_byte_array_new ();

  for (guint i = 0; i < times * 256; i++)
    {
      const guint8 octet = (guint8) i;
      g_byte_array_append (octets, &octet, 1);
    }
  return g_byte_array_free_to_bytes (octets);
}

int
main (void)
{
  g_autoptr (MessageBuilder) builder = message_builder_new ();
  g_autoptr (MessageMailbox) from = message_mailbox_new ("张伟", "wei@example.cn");
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) picture = all_octets (1);
  g_autoptr (GBytes) file = all_octets (40);
  g_autoptr (GBytes) text = g_bytes_new_static ("one\ntwo\r\nthree", 14);
  gsize length;

  message_builder_set_from (builder, from);
  message_builder_take_to (builder,
                           message_mailboxes_parse ("\"Lee, Ann\" <ann@example.org>", NULL));
  message_builder_take_bcc (builder, message_mailboxes_parse ("eve@example.org", NULL));
  message_builder_set_subject (builder, "关于会议: the meeting");
  message_builder_set_text (builder, "你好，世界\nHello\n");
  message_builder_set_html (builder, "<p>Grüße <img src=\"cid:pic@x\"></p>");
  message_builder_attach_inline (builder, "pic@x", "pic.png", "image/png", picture);
  message_builder_attach_bytes (builder, "年度报告.bin", "application/octet-stream", file);
  message_builder_attach_bytes (builder, "lines.txt", "text/plain", text);

  g_autoptr (GBytes) letter = message_builder_build (builder, MESSAGE_BUILD_WIRE, &error);
  g_assert_no_error (error);
  const void *data = g_bytes_get_data (letter, &length);
  return fwrite (data, 1, length, stdout) == length ? 0 : 1;
}
