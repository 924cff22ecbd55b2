/* SPDX-License-Identifier: MIT */
#include "server-fixture.h"

#include <string.h>

static Client *
greet (Fixture *fixture, EnginePort port)
{
  Client *client = client_connect (fixture, port);

  g_assert_nonnull (client);
  client_do (client, "EHLO client.example", "250");
  return client;
}

static void
begin (Client *client, const char *parameters)
{
  client_say (client, "MAIL FROM:<a@example.org>%s", parameters);
  client_expect (client, "250 2.1.0");
  client_do (client, "RCPT TO:<ann@postroom.test>", "250 2.1.5");
}

/* The one letter of @user as it is on the disk; NULL when there is none. */
static GBytes *
read_letter (Fixture *fixture, const char *user)
{
  g_autofree char *folder = g_build_filename (fixture->directory, "site", "maildrops", user, NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name = dir != NULL ? g_dir_read_name (dir) : NULL;
  g_autoptr (GError) error = NULL;
  char *contents = NULL;
  gsize length = 0;

  if (name == NULL)
    return NULL;
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_file_get_contents (path, &contents, &length, &error);
  g_assert_no_error (error);
  g_assert_null (g_dir_read_name (dir));
  return g_bytes_new_take (contents, length);
}

static void
assert_letter_ends_with (Fixture *fixture, const char *text, gsize length)
{
  g_autoptr (GBytes) letter = read_letter (fixture, "ann");
  gsize size = 0;
  const char *data = g_bytes_get_data (letter, &size);

  g_assert_cmpuint (size, >, length);
  g_assert_cmpmem (data + size - length, length, text, length);
  g_assert_true (g_str_has_prefix (data, "Return-Path: <a@example.org>\r\nDelivered-To: "));
}

/* RFC 3030: octet for octet, whatever they are. */
static void
chunks (Fixture *fixture, gpointer data)
{
  static const char binary[] = "Subject: x\r\n\r\na\nb\0c\r.\r\n.\r\n\xff";
  const gsize length = sizeof binary - 1;
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);

  begin (client, " BODY=BINARYMIME");
  client_do (client, "DATA", "503 5.5.1");
  client_say (client, "BDAT 10");
  client_write (client, binary, 10);
  client_expect (client, "250 2.0.0 10 ");
  client_say (client, "BDAT %u", (guint) (length - 10));
  client_write (client, binary + 10, (gssize) length - 10);
  client_expect (client, "250 2.0.0");
  g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, 0);
  client_do (client, "BDAT 0 LAST", "250 2.0.0 Stored as ");
  g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, 1);
  assert_letter_ends_with (fixture, binary, length);
}

/* RFC 1939 section 11: POP3 sends line ends as CRLF, and tells the size of what it sends. */
static void
sizes_of_chunks (Fixture *fixture, gpointer data)
{
  static const char *const letters[] = {
    "Subject: lf\n\na\n.\n\nb\n",
    "Subject: cr\r\r.\ra\r",
    "Subject: end\r\n\r\nno line end",
    "Subject: cr at the end\r\n\r\na\r",
    "Subject: mixed\r\n\n\r\r\n\n\r.a\r\r\n\n",
    "Subject: none\r\n\r\n.a\r\n",
  };
  g_autoptr (Client) sender = greet (fixture, ENGINE_PORT_SMTP);
  gsize all = 0;

  for (guint i = 0; i < G_N_ELEMENTS (letters); i++)
    {
      begin (sender, " BODY=BINARYMIME");
      for (const char *p = letters[i]; *p != '\0'; p++)
        {
          client_say (sender, "BDAT 1");
          client_write (sender, p, 1);
          client_expect (sender, "250");
        }
      client_do (sender, "BDAT 0 LAST", "250 2.0.0 Stored as ");
    }
  g_autoptr (Client) reader = client_connect (fixture, ENGINE_PORT_POP3S);
  client_login (reader, "ann");
  for (guint i = 0; i < G_N_ELEMENTS (letters); i++)
    {
      client_say (reader, "RETR %u", i + 1);
      client_expect (reader, "+OK");
      g_autofree char *body = client_body (reader);
      g_autofree char *listed = g_strdup_printf ("+OK %u %" G_GSIZE_FORMAT, i + 1, strlen (body));
      client_say (reader, "LIST %u", i + 1);
      g_autofree char *reply = client_reply (reader);
      g_assert_cmpstr (reply, ==, listed);
      all += strlen (body);
    }
  g_autofree char *stat
      = g_strdup_printf ("+OK %u %" G_GSIZE_FORMAT, (guint) G_N_ELEMENTS (letters), all);
  client_say (reader, "STAT");
  g_autofree char *reply = client_reply (reader);
  g_assert_cmpstr (reply, ==, stat);
}

/* In one write, one chunk larger than any buffer, and a command that it must not be taken for. */
static void
pipelined_chunks (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);
  g_autoptr (GString) body = g_string_new ("Subject: large\r\n\r\n");
  g_autoptr (GString) wire = g_string_new ("MAIL FROM:<a@example.org>\r\n"
                                           "RCPT TO:<ann@postroom.test>\r\n");

  for (guint i = 0; body->len < 1000000; i++)
    g_string_append_printf (body, "RCPT TO:<bob@postroom.test>\r\n%u\r\n", i);
  g_string_append_printf (wire, "BDAT %" G_GSIZE_FORMAT "\r\n%sBDAT 0 LAST\r\nNOOP\r\n", body->len,
                          body->str);
  client_write (client, wire->str, (gssize) wire->len);
  client_expect (client, "250 2.1.0");
  client_expect (client, "250 2.1.5");
  client_expect (client, "250 2.0.0");
  client_expect (client, "250 2.0.0 Stored as ");
  client_expect (client, "250 2.0.0 Still");
  assert_letter_ends_with (fixture, body->str, body->len);
  g_assert_cmpuint (fixture_count_letters (fixture, "bob"), ==, 0);
}

/* What is not ended, too large or reset leaves nothing behind. */
static void
lost_chunks (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);

  client_write (client, "BDAT 6 LAST\r\nQUIT\r\n", -1);
  client_expect (client, "503 5.5.1");
  begin (client, "");
  client_do (client, "BDAT 4\r\nab", "250");
  client_do (client, "RSET", "250");
  client_do (client, "BDAT 0 LAST", "503 5.5.1");
  begin (client, "");
  client_do (client, "BDAT 4\r\nab", "250");
  client_write (client, "BDAT 900 LAST\r\nab", -1);
  g_clear_pointer (&client, client_free);
  g_autoptr (Client) other = greet (fixture, ENGINE_PORT_SMTP);
  g_assert_true (client_send (other, "bob@postroom.test", "Subject: x\r\n\r\n"));
  g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, 0);
}

static void
over_the_limit (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);
  g_autofree char *half = g_strnfill (600, 'x');

  client_do (client, "MAIL FROM:<a@example.org> SIZE=1001", "552 5.3.4");
  begin (client, " SIZE=10");
  client_say (client, "BDAT 600\r\n%sBDAT 600 LAST\r\n%sNOOP", half, half);
  client_expect (client, "250 2.0.0 600 ");
  client_expect (client, "552 5.3.4");
  client_expect (client, "250 2.0.0 Still");
  begin (client, "");
  client_say (client, "BDAT 600 LAST\r\n%sNOOP", half);
  client_expect (client, "250 2.0.0 Stored");
  client_expect (client, "250 2.0.0 Still");
  g_assert_cmpuint (fixture_count_letters (fixture, "ann"), ==, 1);
}

static void
test_over_the_limit (void)
{
  Fixture *fixture = fixture_open (NULL);

  fixture_add_user (fixture, "ann");
  fixture->config->max_size = 1000;
  fixture_start (fixture);
  fixture_run (fixture, over_the_limit, NULL);
  fixture_close (fixture, FALSE);
}

static char *
take_letter (Fixture *fixture, Client *client)
{
  client_do (client, "BDAT 14 LAST\r\nSubject: x\r\n", "250 2.0.0 Stored");
  g_autoptr (GBytes) letter = read_letter (fixture, "ann");
  gsize length = 0;
  const char *text = g_bytes_get_data (letter, &length);
  return g_strndup (text, length);
}

/* RFC 6531: in the envelope, in the trace, and in a domain that is served under its ASCII name. */
static void
utf8 (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTPS);

  client_do (client, "MAIL FROM:<j\xc3\xb6@example.org>", "553 5.6.7");
  client_do (client,
             "MAIL FROM:<j\xc3\xb6@b\xc3\xbc"
             "cher.example> SMTPUTF8",
             "250 2.1.0");
  client_do (client,
             "RCPT TO:<g\xc3\xa4rtner@b\xc3\xbc"
             "cher.test>",
             "550 5.1.1");
  client_do (client,
             "RCPT TO:<ann@b\xc3\xbc"
             "roto.test>",
             "550 5.7.1");
  client_do (client,
             "RCPT TO:<ann@b\xc3\xbc"
             "cher.test>",
             "250 2.1.5");
  g_autofree char *letter = take_letter (fixture, client);
  g_assert_true (g_str_has_prefix (letter, "Return-Path: <j\xc3\xb6@b\xc3\xbc"
                                           "cher.example>\r\n"));
  g_assert_nonnull (strstr (letter, "\twith UTF8SMTPS id "));
  g_assert_nonnull (strstr (letter, "\r\n\tfor <ann@b\xc3\xbc"
                                    "cher.test>;\r\n"));
}

static void
test_utf8 (void)
{
  Fixture *fixture = fixture_open (NULL);

  fixture_add_user (fixture, "ann");
  g_free (fixture->config->domain);
  fixture->config->domain = g_strdup ("xn--bcher-kva.test");
  fixture_start (fixture);
  fixture_run (fixture, utf8, NULL);
  fixture_close (fixture, FALSE);
}

static void
utf8_names (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);

  client_do (client, "VRFY j\xc3\xb6", "553 5.6.7");
  client_do (client, "VRFY j\xc3\xb6 SMTPUTF8", "252 2.");
  client_do (client, "VRFY ann", "252 2.");
  client_do (client, "EXPN ann", "502 5.5.1");
}

/* The letter's own claims of where it comes from are not believed, by whatever road. */
static void
return_path (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);

  begin (client, "");
  client_do (client, "DATA", "354");
  client_do (client,
             "return-path: <x@y>\r\nA: 1\r\nReturn-Path:\r\n <x@y>\r\n\r\nReturn-Path: body\r\n.",
             "250");
  assert_letter_ends_with (fixture, "\r\nA: 1\r\n\r\nReturn-Path: body\r\n", 29);
}

static void
delivery_reports (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);

  client_do (client, "MAIL FROM:<a@example.org> RET=SOME", "501 5.5.4");
  client_do (client, "MAIL FROM:<a@example.org> RET=HDRS ENVID=x+2By", "250");
  client_do (client, "RCPT TO:<ann@postroom.test> NOTIFY=NEVER,DELAY", "501 5.5.4");
  client_do (client, "RCPT TO:<ann@postroom.test> NOTIFY=NEVER ORCPT=rfc822;ann@x", "250");
  client_do (client, "BDAT 0 LAST", "250");
}

static void
expansion (Fixture *fixture, gpointer data)
{
  g_autoptr (Client) client = greet (fixture, ENGINE_PORT_SMTP);

  client_do (client, "EXPN ann", "250 2.1.5 <ann@postroom.test>");
  client_do (client, "EXPN Ann@Postroom.test", "250 2.1.5 <ann@postroom.test>");
  client_do (client, "EXPN nobody", "550 5.1.1");
  client_do (client, "EXPN ann@example.org", "550 5.7.1");
}

static void
test_expansion (void)
{
  Fixture *fixture = fixture_open (NULL);

  fixture_add_user (fixture, "ann");
  fixture->config->offer_expn = TRUE;
  fixture_start (fixture);
  fixture_run (fixture, expansion, NULL);
  fixture_close (fixture, FALSE);
}

static void
test_default (gconstpointer function)
{
  Fixture *fixture = fixture_open (NULL);

  fixture_add_user (fixture, "ann");
  fixture_add_user (fixture, "bob");
  fixture_start (fixture);
  fixture_run (fixture, (void (*) (Fixture *, gpointer)) function, NULL);
  fixture_close (fixture, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/engine/server/extensions/chunks", chunks, test_default);
  g_test_add_data_func ("/engine/server/extensions/sizes-of-chunks", sizes_of_chunks, test_default);
  g_test_add_data_func ("/engine/server/extensions/pipelined-chunks", pipelined_chunks,
                        test_default);
  g_test_add_data_func ("/engine/server/extensions/lost-chunks", lost_chunks, test_default);
  g_test_add_func ("/engine/server/extensions/over-the-limit", test_over_the_limit);
  g_test_add_func ("/engine/server/extensions/utf8", test_utf8);
  g_test_add_data_func ("/engine/server/extensions/utf8-names", utf8_names, test_default);
  g_test_add_data_func ("/engine/server/extensions/return-path", return_path, test_default);
  g_test_add_data_func ("/engine/server/extensions/delivery-reports", delivery_reports,
                        test_default);
  g_test_add_func ("/engine/server/extensions/expansion", test_expansion);
  return g_test_run ();
}
