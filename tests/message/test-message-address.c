/* SPDX-License-Identifier: MIT */
#include <message-address.h>

#include <string.h>

static void
test_to_string (void)
{
  static const struct
  {
    const char *name;
    const char *address;
    const char *text;
  } cases[] = {
    { "", "a@b.org", "a@b.org" },
    { NULL, " a@b.org ", "a@b.org" },
    { "Ann Lee", "a@b.org", "Ann Lee <a@b.org>" },
    { "张伟", "w@b.org", "张伟 <w@b.org>" },
    { "Lee, Ann", "a@b.org", "\"Lee, Ann\" <a@b.org>" },
    { "Ann \"Bo\" \\ Lee", "a@b.org", "\"Ann \\\"Bo\\\" \\\\ Lee\" <a@b.org>" },
    { "A.B. (x)", "a@b.org", "\"A.B. (x)\" <a@b.org>" },
    { "Ann\r\nBcc: x@y", "a@b.org", "\"Ann  Bcc: x@y\" <a@b.org>" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (MessageMailbox) mailbox = message_mailbox_new (cases[i].name, cases[i].address);
      g_autoptr (MessageMailbox) copy = message_mailbox_copy (mailbox);
      g_autofree char *text = message_mailbox_to_string (copy);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

/* The list as "name|address;…". */
static char *
describe (GPtrArray *mailboxes)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < mailboxes->len; i++)
    {
      const MessageMailbox *mailbox = g_ptr_array_index (mailboxes, i);
      g_string_append_printf (text, "%s%s|%s", i > 0 ? ";" : "", mailbox->name, mailbox->address);
    }
  return g_string_free (text, FALSE);
}

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    const char *mailboxes;
  } cases[] = {
    { "", "" },
    { "  ", "" },
    { "a@b.org", "|a@b.org" },
    { "<a@b.org>", "|a@b.org" },
    { "Ann Lee <a@b.org>, c@d.org", "Ann Lee|a@b.org;|c@d.org" },
    { "a@b.org,, c@d.org,", "|a@b.org;|c@d.org" },
    { "a@b.org; c@d.org", "|a@b.org;|c@d.org" },
    { "\"Lee, Ann\" <a@b.org>", "Lee, Ann|a@b.org" },
    { "\"Lee; Ann @ home\" <a@b.org>, \"x, y\" <c@d.org>", "Lee; Ann @ home|a@b.org;x, y|c@d.org" },
    { "\"A \\\"B\\\", C\" <a@b.org>", "A \"B\", C|a@b.org" },
    { "张伟 <w@b.org>, \"李, 娜\" <n@b.org>", "张伟|w@b.org;李, 娜|n@b.org" },
    { "=?gb2312?B?1cXOsA==?= <w@b.org>", "张伟|w@b.org" },
    { "a@b.org (Ann, at home)", "Ann, at home|a@b.org" },
    { "a@b.org (it\"s), c@d.org", NULL },
    { "a@b.org <c@d.org>", "a@b.org|c@d.org" },
    { "Team: a@b.org, Carl <c@d.org>;", "|a@b.org;Carl|c@d.org" },
    { "undisclosed-recipients:;", "" },
    { "\"john smith\"@b.org", "|\"john smith\"@b.org" },
    { "a@[127.0.0.1]", "|a@[127.0.0.1]" },
    { "a+b.c_d=e@b-c.org", "|a+b.c_d=e@b-c.org" },
    { "用户@例子.中国", "|用户@例子.中国" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) mailboxes = message_mailboxes_parse (cases[i].text, &error);

      g_test_message ("%s", cases[i].text);
      g_assert_no_error (error);
      g_autofree char *found = describe (mailboxes);
      if (cases[i].mailboxes != NULL)
        g_assert_cmpstr (found, ==, cases[i].mailboxes);
      else
        g_assert_cmpuint (mailboxes->len, ==, 2);
    }
}

static void
test_refuse (void)
{
  /* The words must name the piece that is wrong. */
  static const struct
  {
    const char *text;
    const char *piece;
  } cases[] = {
    { "anna", "anna" },
    { "a@b.org, anna", "anna" },
    { "anna, a@b.org", "anna" },
    { "Lee, Ann <a@b.org>", "Lee" },
    { "a@b.org, (c, d), bert", "bert" },
    { "a@b.org (it\"s), bert", "bert" },
    { "a@", "a@" },
    { "@b.org", "@b.org" },
    { "a@.org", "a@.org" },
    { "a@b..org", "a@b..org" },
    { "a@b@c.org", "a@b@c.org" },
    { "a@b.org c@d.org", "a@b.org c@d.org" },
    { "a@b.org bert", "bert" },
    { "Team: a@b.org c@d.org;", "c@d.org" },
    { "Ann <anna>", "anna" },
    { "Ann <>", "Ann" },
    { "a@b.org\r\nBcc: c@d.org", "line end" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) mailboxes = message_mailboxes_parse (cases[i].text, &error);

      g_test_message ("%s", cases[i].text);
      g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_ADDRESS);
      g_assert_null (mailboxes);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, cases[i].piece));
    }
}

static void
test_long (void)
{
  g_autofree char *local = g_strnfill (65, 'a');
  g_autofree char *domain = g_strnfill (300, 'b');
  g_autofree char *one = g_strconcat (local, "@b.org", NULL);
  g_autofree char *two = g_strconcat ("a@", domain, ".org", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (message_mailboxes_parse (one, &error));
  g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_ADDRESS);
  g_clear_error (&error);
  g_assert_null (message_mailboxes_parse (two, &error));
  g_assert_error (error, MESSAGE_ERROR, MESSAGE_ERROR_ADDRESS);
}

static void
test_round_trip (void)
{
  static const char *const names[]
      = { "", "Ann", "Lee, Ann", "张伟", "A \"B\" \\C", "a@b", "x;y", "(z)", "Müller <m>" };
  g_autoptr (GPtrArray) mailboxes
      = g_ptr_array_new_with_free_func ((GDestroyNotify) message_mailbox_free);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *address = g_strdup_printf ("user%" G_GSIZE_FORMAT "@example.org", i);
      g_ptr_array_add (mailboxes, message_mailbox_new (names[i], address));
    }
  g_autofree char *text = message_mailboxes_to_string (mailboxes);
  g_autoptr (GPtrArray) again = message_mailboxes_parse (text, &error);
  g_assert_no_error (error);
  g_autofree char *before = describe (mailboxes);
  g_autofree char *after = describe (again);
  g_assert_cmpstr (before, ==, after);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/address/to-string", test_to_string);
  g_test_add_func ("/message/address/parse", test_parse);
  g_test_add_func ("/message/address/refuse", test_refuse);
  g_test_add_func ("/message/address/long", test_long);
  g_test_add_func ("/message/address/round-trip", test_round_trip);
  return g_test_run ();
}
