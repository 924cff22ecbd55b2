/* SPDX-License-Identifier: MIT */
#include "proto-pop3-client-private.h"

#include <string.h>

/* No server has as many capabilities. */
#define MAX_CAPABILITIES 200
/* RFC 2449 section 4, less the CRLF. */
#define MAX_AUTH 253

static void log_in (ProtoPop3Client *client);
static void ask_utf8 (ProtoPop3Client *client);

static void
say (ProtoPop3Client *client, ProtoPop3Wait wait, const char *line, const char *shown)
{
  client->wait = wait;
  proto_engine_say (&client->engine, line, shown);
}

/* Says a line that ends in a secret, and wipes it. */
static void
say_secret (ProtoPop3Client *client, ProtoPop3Wait wait, const char *open, const char *secret)
{
  g_autofree char *line = g_strconcat (open, secret, NULL);
  g_autofree char *shown = g_strconcat (open, "[secret]", NULL);

  say (client, wait, line, shown);
  base_secret_wipe (line, strlen (line));
}

static void
ask_capabilities (ProtoPop3Client *client)
{
  g_hash_table_remove_all (client->capabilities);
  client->lines_seen = 0;
  say (client, PROTO_POP3_WAIT_CAPA, "CAPA", NULL);
}

/* RFC 1939 section 7: a msg-id of RFC 822 in the greeting. */
static char *
find_timestamp (const char *text)
{
  const char *begin = strchr (text, '<');
  const char *end = begin != NULL ? strchr (begin, '>') : NULL;

  if (end == NULL || memchr (begin, '@', (gsize) (end - begin)) == NULL
      || memchr (begin, ' ', (gsize) (end - begin)) != NULL)
    return NULL;
  return g_strndup (begin, (gsize) (end - begin) + 1);
}

static void
take_greeting (ProtoPop3Client *client, gboolean positive, const char *code, const char *text)
{
  if (!positive)
    {
      proto_pop3_client_fail (client, code, PROTO_ERROR_REFUSED, "The server refuses sessions: %s",
                              text);
      return;
    }
  client->timestamp = find_timestamp (text);
  ask_capabilities (client);
}

/* What comes when the capabilities are known, or known to be unknown. */
static void
go_on (ProtoPop3Client *client)
{
  if (client->capabilities_asked_again)
    {
      client->wait = PROTO_POP3_WAIT_COMMANDS;
      proto_pop3_client_push (client, PROTO_POP3_CLIENT_READY, PROTO_POP3_COMMAND_NOOP, 0, 0, NULL,
                              NULL, NULL);
      proto_pop3_client_say_more (client);
      return;
    }
  if (client->engine.tls || client->config.stls == PROTO_STARTTLS_NEVER)
    {
      ask_utf8 (client);
      return;
    }
  /* A server without CAPA may know STLS all the same. */
  if (g_hash_table_size (client->capabilities) > 0
      && !g_hash_table_contains (client->capabilities, "STLS"))
    proto_pop3_client_fail (client, NULL, PROTO_ERROR_UNSUPPORTED,
                            "The server offers no encryption (STLS)");
  else
    say (client, PROTO_POP3_WAIT_STLS, "STLS", NULL);
}

static void
take_capability (ProtoPop3Client *client, const char *line)
{
  if (strcmp (line, ".") == 0)
    {
      go_on (client);
      return;
    }
  if (++client->lines_seen > MAX_CAPABILITIES)
    {
      proto_pop3_client_fail (client, NULL, PROTO_ERROR_LIMIT,
                              "The server lists over %d capabilities", MAX_CAPABILITIES);
      return;
    }
  const char *space = strchr (line, ' ');
  char *keyword = g_ascii_strup (line, space != NULL ? space - line : -1);
  g_hash_table_replace (client->capabilities, keyword, g_strdup (space != NULL ? space + 1 : ""));
}

static void
take_stls (ProtoPop3Client *client, gboolean positive, const char *code, const char *text)
{
  if (!positive)
    proto_pop3_client_fail (client, code, PROTO_ERROR_UNSUPPORTED,
                            "The server refuses encryption (STLS): %s", text);
  else if (base_line_buffer_get_length (client->engine.in) > 0)
    proto_pop3_client_fail (client, NULL, PROTO_ERROR_INJECTION,
                            "There was plaintext behind the answer to STLS: "
                            "somebody may be tampering with the connection");
  else
    {
      client->wait = PROTO_POP3_WAIT_TLS;
      client->engine.wants_tls = TRUE;
    }
}

void
proto_pop3_client_open_tls_started (ProtoPop3Client *client)
{
  /* RFC 2595 section 4: what was said in clear counts no more. With TLS from the start there is
   * nothing of it, and the greeting comes next. */
  if (client->wait == PROTO_POP3_WAIT_TLS)
    ask_capabilities (client);
}

/* ---- log-in ---- */

static void
refuse (ProtoPop3Client *client, const char *code, const char *text)
{
  /* RFC 3206: [SYS/…] and [IN-USE] say that the password was not the trouble. */
  gboolean about_password = code == NULL || g_ascii_strcasecmp (code, "AUTH") == 0;
  const char *refusal = client->sasl != NULL ? proto_sasl_client_get_refusal (client->sasl) : NULL;

  if (about_password && client->credentials->is_token)
    proto_pop3_client_fail (client, code, PROTO_ERROR_TOKEN, "%s: %s",
                            refusal != NULL ? refusal : "The server refused the sign-in", text);
  else if (about_password)
    proto_pop3_client_fail (client, code, PROTO_ERROR_AUTH,
                            "The server refuses the user name or the password: %s", text);
  else
    proto_pop3_client_fail (client, code, PROTO_ERROR_REFUSED, "The server does not let us in: %s",
                            text);
}

/* RFC 5034 section 4: the initial response may come along where the line stays short. */
static void
say_auth (ProtoPop3Client *client, ProtoSaslMechanisms mechanism)
{
  g_autofree char *line = g_strconcat ("AUTH ", proto_sasl_get_name (mechanism), NULL);
  char *initial = proto_sasl_client_initial (client->sasl);
  gsize length = initial != NULL ? strlen (initial) : 0;

  if (length > 0 && strlen (line) + 1 + length <= MAX_AUTH)
    {
      g_autofree char *open = g_strconcat (line, " ", NULL);
      say_secret (client, PROTO_POP3_WAIT_AUTH, open, initial);
    }
  else
    say (client, PROTO_POP3_WAIT_AUTH, line, NULL);
  if (initial != NULL)
    base_secret_wipe (initial, length);
  g_free (initial);
}

static gboolean
try_sasl (ProtoPop3Client *client, ProtoSaslMechanisms usable)
{
  const char *list = g_hash_table_lookup (client->capabilities, "SASL");
  g_auto (GStrv) names = g_strsplit (list != NULL ? list : "", " ", -1);
  ProtoSaslMechanisms offered = 0;

  for (guint i = 0; names[i] != NULL; i++)
    offered |= proto_sasl_from_name (names[i]);
  ProtoSaslMechanisms mechanism
      = proto_sasl_client_choose (offered & usable, client->credentials, client->engine.bindings);
  if (mechanism == 0)
    return FALSE;
  client->sasl = proto_sasl_client_new (mechanism, client->credentials, client->engine.bindings);
  say_auth (client, mechanism);
  return TRUE;
}

static void
say_apop (ProtoPop3Client *client)
{
  g_autoptr (GChecksum) md5 = g_checksum_new (G_CHECKSUM_MD5);
  const BaseSecret *password = client->credentials->password;

  g_checksum_update (md5, (const guchar *) client->timestamp, -1);
  g_checksum_update (md5, (const guchar *) base_secret_get_text (password),
                     (gssize) base_secret_get_length (password));
  g_autofree char *open = g_strdup_printf ("APOP %s ", client->credentials->user);
  say_secret (client, PROTO_POP3_WAIT_APOP, open, g_checksum_get_string (md5));
}

static gboolean
may_apop (const ProtoPop3Client *client)
{
  return !client->engine.tls && client->config.try_apop && client->timestamp != NULL
         && !client->credentials->is_token;
}

static gboolean
is_one_line (const char *text)
{
  return strpbrk (text, "\r\n") == NULL;
}

static void
log_in (ProtoPop3Client *client)
{
  gboolean private = client->engine.tls || client->config.auth_in_clear;

  if (client->credentials == NULL)
    proto_pop3_client_fail (client, NULL, PROTO_ERROR_AUTH, "No user name and password are known");
  else if (!is_one_line (client->credentials->user)
           || !is_one_line (base_secret_get_text (client->credentials->password)))
    proto_pop3_client_fail (client, NULL, PROTO_ERROR_AUTH,
                            "A user name or password with a line end cannot be said");
  else if (try_sasl (client, PROTO_SASL_HIDING))
    return;
  else if (may_apop (client))
    say_apop (client);
  else if (!private)
    proto_pop3_client_fail (client, NULL, PROTO_ERROR_UNSUPPORTED,
                            "The connection is not encrypted, and the password is not to be sent "
                            "in clear text");
  else if (try_sasl (client, (ProtoSaslMechanisms) ~0))
    return;
  else if (client->credentials->is_token)
    proto_pop3_client_fail (client, NULL, PROTO_ERROR_UNSUPPORTED,
                            "The server takes no sign-in with a browser (OAUTHBEARER or XOAUTH2)");
  else
    {
      g_autofree char *line = g_strconcat ("USER ", client->credentials->user, NULL);
      say (client, PROTO_POP3_WAIT_USER, line, NULL);
    }
}

/* RFC 6856: letters with UTF-8 in their heads come to those alone who say so first. A server that
 * takes it back after all gives the others all the same. */
static void
ask_utf8 (ProtoPop3Client *client)
{
  if (client->credentials != NULL && g_hash_table_contains (client->capabilities, "UTF8"))
    say (client, PROTO_POP3_WAIT_UTF8, "UTF8", NULL);
  else
    log_in (client);
}

static void
logged_in (ProtoPop3Client *client)
{
  client->capabilities_asked_again = TRUE;
  ask_capabilities (client);
}

static void
take_challenge (ProtoPop3Client *client, const char *challenge)
{
  g_autofree char *response = NULL;
  ProtoWork *work = proto_sasl_client_prepare (client->sasl, challenge);

  if (work != NULL)
    {
      client->challenge = g_strdup (challenge);
      proto_engine_begin_work (&client->engine, work);
    }
  else if (proto_sasl_client_step (client->sasl, challenge, &response) == PROTO_SASL_CONTINUE)
    {
      say_secret (client, PROTO_POP3_WAIT_AUTH, "", response);
      base_secret_wipe (response, strlen (response));
    }
  else
    say (client, PROTO_POP3_WAIT_AUTH, "*", NULL);
}

void
proto_pop3_client_open_worked (ProtoPop3Client *client)
{
  g_autofree char *challenge = g_steal_pointer (&client->challenge);

  take_challenge (client, challenge);
}

static void
take_auth_line (ProtoPop3Client *client, const char *line)
{
  g_autofree char *code = NULL;
  const char *text = NULL;
  gboolean positive = FALSE;

  if (line[0] == '+' && (line[1] == ' ' || line[1] == '\0'))
    {
      take_challenge (client, line[1] == ' ' ? line + 2 : "");
      return;
    }
  if (!proto_pop3_client_read_status (client, line, &positive, &code, &text))
    return;
  if (positive && !proto_sasl_client_is_complete (client->sasl))
    proto_pop3_client_fail (client, NULL, PROTO_ERROR_AUTH,
                            "The server did not prove that it knows the password");
  else if (positive)
    logged_in (client);
  else
    refuse (client, code, text);
}

static void
take_answer (ProtoPop3Client *client, gboolean positive, const char *code, const char *text)
{
  switch (client->wait)
    {
    case PROTO_POP3_WAIT_GREETING:
      take_greeting (client, positive, code, text);
      break;
    case PROTO_POP3_WAIT_CAPA:
      if (positive)
        client->wait = PROTO_POP3_WAIT_CAPA_LIST;
      else
        go_on (client); /* RFC 1939 knows no CAPA */
      break;
    case PROTO_POP3_WAIT_STLS:
      take_stls (client, positive, code, text);
      break;
    case PROTO_POP3_WAIT_UTF8:
      log_in (client);
      break;
    case PROTO_POP3_WAIT_USER:
      if (positive)
        say_secret (client, PROTO_POP3_WAIT_PASS, "PASS ",
                    base_secret_get_text (client->credentials->password));
      else
        refuse (client, code, text);
      break;
    case PROTO_POP3_WAIT_APOP:
    case PROTO_POP3_WAIT_PASS:
      if (positive)
        logged_in (client);
      else
        refuse (client, code, text);
      break;
    case PROTO_POP3_WAIT_TLS:
    case PROTO_POP3_WAIT_CAPA_LIST:
    case PROTO_POP3_WAIT_AUTH:
    case PROTO_POP3_WAIT_COMMANDS:
      break;
    }
}

void
proto_pop3_client_open_line (ProtoPop3Client *client, const char *line)
{
  g_autofree char *code = NULL;
  const char *text = NULL;
  gboolean positive = FALSE;

  if (client->wait == PROTO_POP3_WAIT_CAPA_LIST)
    take_capability (client, line);
  else if (client->wait == PROTO_POP3_WAIT_AUTH)
    take_auth_line (client, line);
  else if (proto_pop3_client_read_status (client, line, &positive, &code, &text))
    take_answer (client, positive, code, text);
}
