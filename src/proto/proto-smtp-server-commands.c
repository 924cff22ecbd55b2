/* SPDX-License-Identifier: MIT */
#include "proto-smtp-server-private.h"

#include <string.h>

/* RFC 5321 section 4.5.3.1.4, CRLF counted, and how much each extension adds: RFC 1870, 6152, 4954,
 * 6531; RFC 3461 limits the values, so here are the longest " RET=FULL ENVID=" and "
 * NOTIFY=SUCCESS, FAILURE,DELAY ORCPT=" with them. */
#define MAX_LINE       512
#define MAIL_SIZE_LINE 26
#define MAIL_BODY_LINE 17
#define MAIL_AUTH_LINE 500
#define MAIL_DSN_LINE  (9 + 7 + 100)
#define RCPT_DSN_LINE  (29 + 7 + 500)
#define SMTPUTF8_LINE  10
#define MAX_AUTH_LINE  12288

#define MAX_HELO 255

/* ---- greeting verbs ---- */

/* A domain, an address literal, or what clients that know no name of theirs say; in any case
 * nothing that would need quoting in Received: (section 4.4). */
static gboolean
is_helo_name (const char *text)
{
  if (*text == '\0' || strlen (text) > MAX_HELO)
    return FALSE;
  for (; *text != '\0'; text++)
    if (!g_ascii_isalnum (*text) && strchr ("-._:[]", *text) == NULL)
      return FALSE;
  return TRUE;
}

static void
say_capabilities (ProtoSmtpServer *server, const char *name)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, "%s greets %s\nPIPELINING\n8BITMIME\nENHANCEDSTATUSCODES\n",
                          server->host_name, name);
  if (server->config.max_size > 0)
    g_string_append_printf (text, "SIZE %" G_GUINT64_FORMAT "\n", server->config.max_size);
  else
    g_string_append (text, "SIZE\n");
  if (server->config.offer_chunking)
    g_string_append (text, "CHUNKING\nBINARYMIME\n");
  if (server->config.offer_smtputf8)
    g_string_append (text, "SMTPUTF8\n");
  if (server->config.offer_dsn)
    g_string_append (text, "DSN\n");
  if (server->config.offer_expn)
    g_string_append (text, "EXPN\n");
  if (proto_smtp_server_offers_recall (server))
    g_string_append (text, "XRECALL\n");
  if (proto_smtp_server_offers_starttls (server))
    g_string_append (text, "STARTTLS\n");
  if (proto_smtp_server_offers_auth (server))
    {
      g_autofree char *mechanisms = proto_sasl_list (proto_smtp_server_get_mechanisms (server));
      g_string_append_printf (text, "AUTH %s\n", mechanisms);
    }
  g_string_append (text, "HELP");
  proto_smtp_server_say (server, 250, NULL, text->str);
}

static void
greet (ProtoSmtpServer *server, const char *name, gboolean extended)
{
  if (!is_helo_name (name))
    {
      proto_smtp_server_complain (server, 501, "5.5.4",
                                  "Give your domain or address literal behind the verb");
      return;
    }
  proto_smtp_server_note_early (server, extended ? "EHLO" : "HELO");
  proto_smtp_server_abort (server);
  g_free (server->helo);
  server->helo = g_strdup (name);
  server->extended = extended;
  if (extended)
    say_capabilities (server, name);
  else
    {
      g_autofree char *text = g_strdup_printf ("%s greets %s", server->host_name, name);
      proto_smtp_server_say (server, 250, NULL, text);
    }
  server->text = g_strdup (name);
  server->event.text = server->text;
  server->event.extended = extended;
  proto_smtp_server_emit (server, PROTO_SMTP_SERVER_HELO, PROTO_SMTP_QUESTION_NONE);
}

static void
run_ehlo (ProtoSmtpServer *server, const char *arguments)
{
  greet (server, arguments, TRUE);
}

static void
run_helo (ProtoSmtpServer *server, const char *arguments)
{
  greet (server, arguments, FALSE);
}

/* ---- the rest ---- */

static gboolean
takes_no_argument (ProtoSmtpServer *server, const char *arguments)
{
  if (*arguments == '\0')
    return TRUE;
  proto_smtp_server_complain (server, 501, "5.5.4", "The command takes no argument");
  return FALSE;
}

static void
run_data (ProtoSmtpServer *server, const char *arguments)
{
  if (!takes_no_argument (server, arguments))
    return;
  if (!server->has_mail)
    proto_smtp_server_complain (server, 503, "5.5.1", "Send MAIL first");
  else if (server->accepted == 0 && server->refused > 0)
    proto_smtp_server_complain (server, 554, "5.5.1", "There is no valid recipient");
  else if (server->accepted == 0)
    proto_smtp_server_complain (server, 503, "5.5.1", "Send RCPT first");
  else if (server->chunked)
    proto_smtp_server_complain (server, 503, "5.5.1", "A message is sent by DATA or by BDAT");
  else if (server->body == PROTO_SMTP_BODY_BINARYMIME)
    proto_smtp_server_complain (server, 503, "5.5.1", "A binary message is sent by BDAT");
  else
    proto_smtp_server_emit (server, PROTO_SMTP_SERVER_DATA, PROTO_SMTP_QUESTION_DATA);
}

static void
run_rset (ProtoSmtpServer *server, const char *arguments)
{
  if (!takes_no_argument (server, arguments))
    return;
  proto_smtp_server_abort (server);
  proto_smtp_server_say (server, 250, "2.0.0", "Forgotten");
}

static void
run_noop (ProtoSmtpServer *server, const char *arguments)
{
  proto_smtp_server_say (server, 250, "2.0.0", "Still here");
}

/* Takes the SMTPUTF8 that may stand behind the name in VRFY and EXPN (RFC 6531 section 3.7.4). */
static void
take_smtputf8 (ProtoSmtpServer *server, char *text)
{
  char *space = strrchr (text, ' ');

  if (!server->config.offer_smtputf8 || space == NULL
      || g_ascii_strcasecmp (space + 1, "SMTPUTF8") != 0)
    return;
  *space = '\0';
  g_strchomp (text);
  server->event.utf8 = TRUE;
}

static void
ask_about (ProtoSmtpServer *server, const char *arguments, ProtoSmtpServerEventType type)
{
  server->text = g_strdup (arguments);
  take_smtputf8 (server, server->text);
  if (*server->text == '\0')
    proto_smtp_server_complain (server, 501, "5.5.4", "Whom?");
  else if (!g_utf8_validate (server->text, -1, NULL))
    proto_smtp_server_complain (server, 501, "5.5.4", "The name is not valid UTF-8");
  else if (!server->event.utf8 && !g_str_is_ascii (server->text))
    proto_smtp_server_complain (server, 553, "5.6.7", "A name beyond ASCII needs SMTPUTF8");
  else
    {
      server->event.text = server->text;
      proto_smtp_server_emit (server, type, PROTO_SMTP_QUESTION_VRFY);
    }
}

static void
run_vrfy (ProtoSmtpServer *server, const char *arguments)
{
  ask_about (server, arguments, PROTO_SMTP_SERVER_VRFY);
}

static void
run_expn (ProtoSmtpServer *server, const char *arguments)
{
  if (server->config.offer_expn)
    ask_about (server, arguments, PROTO_SMTP_SERVER_EXPN);
  else
    proto_smtp_server_complain (server, 502, "5.5.1", "Lists are not expanded here");
}

static void run_help (ProtoSmtpServer *server, const char *arguments);

static void
run_quit (ProtoSmtpServer *server, const char *arguments)
{
  if (!takes_no_argument (server, arguments))
    return;
  g_autofree char *text = g_strdup_printf ("%s is closing", server->host_name);
  proto_smtp_server_say (server, 221, "2.0.0", text);
  proto_smtp_server_close (server);
}

/* ---- the limits of the lines ---- */

static gsize
get_mail_line (const ProtoSmtpServer *server)
{
  return MAX_LINE + MAIL_SIZE_LINE + MAIL_BODY_LINE
         + (proto_smtp_server_offers_auth (server) ? MAIL_AUTH_LINE : 0)
         + (server->config.offer_smtputf8 ? SMTPUTF8_LINE : 0)
         + (server->config.offer_dsn ? MAIL_DSN_LINE : 0);
}

static gsize
get_rcpt_line (const ProtoSmtpServer *server)
{
  return MAX_LINE + (server->config.offer_dsn ? RCPT_DSN_LINE : 0);
}

static gsize
get_question_line (const ProtoSmtpServer *server)
{
  return MAX_LINE + (server->config.offer_smtputf8 ? SMTPUTF8_LINE : 0);
}

static gsize
get_auth_line (const ProtoSmtpServer *server)
{
  return MAX_AUTH_LINE;
}

/* ---- the table ---- */

static const struct
{
  const char *name;
  void (*run) (ProtoSmtpServer *server, const char *arguments);
  gsize (*get_max_line) (const ProtoSmtpServer *server); /* NULL: MAX_LINE */
} verbs[] = {
  { "EHLO", run_ehlo, NULL },
  { "HELO", run_helo, NULL },
  { "MAIL", proto_smtp_server_mail, get_mail_line },
  { "RCPT", proto_smtp_server_rcpt, get_rcpt_line },
  { "DATA", run_data, NULL },
  { "BDAT", proto_smtp_server_bdat, NULL },
  { "RSET", run_rset, NULL },
  { "NOOP", run_noop, NULL },
  { "VRFY", run_vrfy, get_question_line },
  { "EXPN", run_expn, get_question_line },
  { "HELP", run_help, NULL },
  { "QUIT", run_quit, NULL },
  { "STARTTLS", proto_smtp_server_starttls, NULL },
  { "AUTH", proto_smtp_server_auth, get_auth_line },
  { "XRECALL", proto_smtp_server_recall, proto_smtp_server_get_recall_line },
};

static void
run_help (ProtoSmtpServer *server, const char *arguments)
{
  g_autoptr (GString) text = g_string_new ("Known here:");

  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    if ((verbs[i].run != proto_smtp_server_bdat || server->config.offer_chunking)
        && (verbs[i].run != proto_smtp_server_recall || server->config.offer_recall))
      g_string_append_printf (text, " %s", verbs[i].name);
  proto_smtp_server_say (server, 214, "2.0.0", text->str);
}

/* ---- lines ---- */

/* The verb's row, or -1; *@arguments is what stands behind it and one space. */
static gint
find_verb (const char *line, const char **arguments)
{
  gsize length = strcspn (line, " ");

  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (strlen (verbs[i].name) == length && g_ascii_strncasecmp (verbs[i].name, line, length) == 0)
      {
        *arguments = line[length] == ' ' ? line + length + 1 : line + length;
        return (gint) i;
      }
  return -1;
}

/* An initial response of AUTH is a secret; so is what a client sends as a password although its
 * AUTH was refused. */
static void
show (ProtoSmtpServer *server, gint verb, const char *line, gsize length, const char *arguments)
{
  if (verb >= 0 && verbs[verb].run == proto_smtp_server_auth)
    {
      gsize mechanism = (gsize) (arguments - line) + strcspn (arguments, " ");
      g_autofree char *shown = g_strdup_printf ("%.*s%s", (int) mechanism, line,
                                                mechanism < length ? " [secret]" : "");
      proto_engine_heard (&server->engine, shown, -1);
    }
  else if (verb < 0 && server->auth_refused)
    proto_engine_heard (&server->engine, "[secret]", -1);
  else
    proto_engine_heard (&server->engine, line, (gssize) length);
}

static gboolean
has_control (const char *line, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (g_ascii_iscntrl (line[i]))
      return TRUE;
  return FALSE;
}

/* Says what is wrong with a line before its verb has a look at it. */
static gboolean
check_line (ProtoSmtpServer *server, gint verb, const char *line, gsize length)
{
  gsize max_line = verb >= 0 && verbs[verb].get_max_line != NULL ? verbs[verb].get_max_line (server)
                                                                 : MAX_LINE;

  if (length + 2 > max_line)
    proto_smtp_server_complain (server, 500, "5.5.2", "The line is too long");
  else if (has_control (line, length))
    proto_smtp_server_complain (server, 501, "5.5.2",
                                "NUL, a bare CR or LF, and other control characters are not "
                                "allowed in a command");
  else if (verb < 0)
    proto_smtp_server_complain (server, 500, "5.5.1", "Unknown command");
  else
    return TRUE;
  return FALSE;
}

void
proto_smtp_server_run_line (ProtoSmtpServer *server, const char *line, gsize length)
{
  const char *arguments = line;
  gint verb = find_verb (line, &arguments);
  gboolean is_bdat = verb >= 0 && verbs[verb].run == proto_smtp_server_bdat;
  g_autofree char *words = NULL;

  show (server, verb, line, length, arguments);
  if (verb >= 0)
    server->auth_refused = FALSE;
  server->chunk_failed &= is_bdat;
  if (server->config.max_commands > 0 && ++server->commands > server->config.max_commands)
    {
      proto_smtp_server_say (server, 421, "4.7.0", "Too many commands in one session, closing");
      proto_smtp_server_close (server);
      return;
    }
  if (check_line (server, verb, line, length))
    {
      /* Trailing space is common and harmless (section 4.1.1). */
      words = g_strchomp (g_strdup (arguments));
      verbs[verb].run (server, words);
    }
  else if (is_bdat)
    proto_smtp_server_bdat (server, NULL);
}
