/* SPDX-License-Identifier: MIT */
#include <engine-head-private.h>

#include <string.h>

typedef struct
{
  const char *text;
  guint hops;
  const char *message_id;
} Case;

static const Case cases[] = {
  { "", 0, NULL },
  { "Subject: x\r\n\r\nMessage-ID: <body@x>\r\nReceived: body\r\n", 0, NULL },
  { "Message-ID: <a@x>\r\n\r\n", 0, " <a@x>" },
  { "MESSAGE-id:<a@x>\r\nMessage-ID: <second@x>\r\n\r\n", 0, "<a@x>" },
  { "Message-ID:\r\n\t<a@x>\r\nReceived: one\r\nRECEIVED: two\r\n  Received: folded\r\n\r\n", 2,
    "\t<a@x>" },
  { "X-Message-ID: <a@x>\r\nMessage-IDs: <b@x>\r\n Message-ID: <c@x>\r\n\r\n", 0, NULL },
  { "Received: one\n\nReceived: two\r\n\r\nReceived: three\r\n", 1, NULL },
  { "\r\nMessage-ID: <a@x>\r\n", 0, NULL },
  { "Message-ID: <a", 0, " <a" },
};

static void
check (const Case *one, gsize part)
{
  EngineHead head;
  gsize length = strlen (one->text);

  engine_head_init (&head);
  for (gsize at = 0; at < length; at += part)
    engine_head_feed (&head, (const guint8 *) one->text + at, MIN (part, length - at));
  g_assert_cmpuint (head.hops, ==, one->hops);
  g_assert_cmpstr (head.message_id != NULL ? head.message_id->str : NULL, ==, one->message_id);
  engine_head_clear (&head);
}

/* In portions of every size. */
static void
test_fields (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize part = 1; part <= strlen (cases[i].text) + 1; part++)
      check (&cases[i], part);
}

/* However long a field is, little of it is kept. */
static void
test_long (void)
{
  g_autofree char *xs = g_strnfill (100000, 'x');
  EngineHead head;

  engine_head_init (&head);
  engine_head_feed (&head, (const guint8 *) "Message-ID:", 11);
  for (guint i = 0; i < 10; i++)
    engine_head_feed (&head, (const guint8 *) xs, strlen (xs));
  g_assert_cmpuint (head.message_id->len, <=, 1024);
  engine_head_clear (&head);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/head/fields", test_fields);
  g_test_add_func ("/engine/head/long", test_long);
  return g_test_run ();
}
