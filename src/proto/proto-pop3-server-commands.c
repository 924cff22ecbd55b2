/* SPDX-License-Identifier: MIT */
#include "proto-pop3-server-private.h"

#include <string.h>

/* Listings go out in pieces of this size, so that a maildrop of any size costs little memory. */
#define LISTING_PIECE (64 * 1024)

typedef enum
{
  IN_AUTHORIZATION = 1 << 0,
  IN_TRANSACTION = 1 << 1,
} States;

/* ---- arguments ---- */

/* A message number that is there and not deleted; else says why not. *@rest is behind it. */
static ProtoPop3Entry *
take_number (ProtoPop3Server *server, const char *argument, guint *index, const char **rest)
{
  guint64 number = 0;
  const char *at = argument;

  while (g_ascii_isdigit (*at) && number <= G_MAXUINT)
    number = number * 10 + (guint64) (*at++ - '0');
  if (at == argument || (*at != '\0' && *at != ' ') || number == 0 || number > server->entries->len)
    {
      proto_pop3_server_err (server, NULL, "There is no such message");
      return NULL;
    }

  ProtoPop3Entry *entry = &g_array_index (server->entries, ProtoPop3Entry, number - 1);
  if (entry->deleted)
    {
      proto_pop3_server_err (server, NULL, "That message is marked as deleted");
      return NULL;
    }
  *index = (guint) number - 1;
  *rest = *at == ' ' ? at + 1 : at;
  return entry;
}

static ProtoPop3Entry *
take_only_number (ProtoPop3Server *server, const char *argument, guint *index)
{
  const char *rest = NULL;
  ProtoPop3Entry *entry = take_number (server, argument, index, &rest);

  if (entry != NULL && (*rest != '\0' || argument[strlen (argument) - 1] == ' '))
    {
      proto_pop3_server_err (server, NULL, "One message number, nothing else");
      return NULL;
    }
  return entry;
}

static gboolean
refuse_argument (ProtoPop3Server *server, const char *argument)
{
  if (*argument == '\0')
    return FALSE;
  proto_pop3_server_err (server, NULL, "That command takes no argument");
  return TRUE;
}

/* ---- verbs ---- */

static void
run_capa (ProtoPop3Server *server, const char *argument)
{
  ProtoEngine *engine = &server->engine;

  if (refuse_argument (server, argument))
    return;
  proto_pop3_server_ok (server, "Capabilities follow");
  proto_engine_say (engine, "TOP", NULL);
  proto_engine_say (engine, "UIDL", NULL);
  proto_engine_say (engine, "RESP-CODES", NULL);
  proto_engine_say (engine, "AUTH-RESP-CODE", NULL);
  proto_engine_say (engine, "PIPELINING", NULL);
  if (server->config.expire == PROTO_POP3_EXPIRE_NEVER)
    proto_engine_say (engine, "EXPIRE NEVER", NULL);
  else if (server->config.expire >= 0)
    {
      g_autofree char *line = g_strdup_printf ("EXPIRE %d", server->config.expire);
      proto_engine_say (engine, line, NULL);
    }
  g_autofree char *list = proto_sasl_list (proto_pop3_server_get_mechanisms (server));
  g_autofree char *sasl = g_strconcat ("SASL ", list, NULL);
  if (proto_pop3_server_may_log_in (server))
    proto_engine_say (engine, "USER", NULL);
  if (*list != '\0')
    proto_engine_say (engine, sasl, NULL);
  if (server->config.offer_stls && !engine->tls && !server->in_transaction)
    proto_engine_say (engine, "STLS", NULL);
  if (server->config.offer_utf8)
    proto_engine_say (engine, "UTF8", NULL);
  if (server->config.login_delay >= 0)
    {
      g_autofree char *line = g_strdup_printf ("LOGIN-DELAY %d", server->config.login_delay);
      proto_engine_say (engine, line, NULL);
    }
  proto_engine_say (engine, "IMPLEMENTATION Postroom", NULL);
  proto_engine_say (engine, ".", NULL);
}

static void
run_stat (ProtoPop3Server *server, const char *argument)
{
  if (refuse_argument (server, argument))
    return;
  g_autofree char *text = g_strdup_printf ("%u %" G_GUINT64_FORMAT, server->count, server->octets);
  proto_pop3_server_ok (server, text);
}

static char *
format_entry (ProtoPop3Server *server, guint index, ProtoPop3Listing listing)
{
  const ProtoPop3Entry *entry = &g_array_index (server->entries, ProtoPop3Entry, index);

  if (listing == PROTO_POP3_LISTING_UIDL)
    return g_strdup_printf ("%u %" G_GUINT64_FORMAT ".%s", index + 1, entry->number, server->mark);
  return g_strdup_printf ("%u %" G_GUINT64_FORMAT, index + 1, entry->size);
}

void
proto_pop3_server_list_more (ProtoPop3Server *server)
{
  while (server->listing_next < server->entries->len)
    {
      guint index = server->listing_next;
      const ProtoPop3Entry *entry = &g_array_index (server->entries, ProtoPop3Entry, index);

      if (proto_engine_get_output_length (&server->engine) >= LISTING_PIECE)
        return;
      server->listing_next++;
      if (entry->deleted)
        continue;
      g_autofree char *line = format_entry (server, index, server->listing);
      proto_engine_say (&server->engine, line, NULL);
    }
  server->listing = PROTO_POP3_LISTING_NONE;
  proto_engine_say (&server->engine, ".", NULL);
}

static void
list (ProtoPop3Server *server, const char *argument, ProtoPop3Listing listing)
{
  guint index;

  if (*argument != '\0')
    {
      if (take_only_number (server, argument, &index) == NULL)
        return;
      g_autofree char *text = format_entry (server, index, listing);
      proto_pop3_server_ok (server, text);
      return;
    }
  g_autofree char *text = g_strdup_printf ("%u messages (%" G_GUINT64_FORMAT " octets)",
                                           server->count, server->octets);
  proto_pop3_server_ok (server, text);
  server->listing = listing;
  server->listing_next = 0;
}

static void
run_list (ProtoPop3Server *server, const char *argument)
{
  list (server, argument, PROTO_POP3_LISTING_LIST);
}

static void
run_uidl (ProtoPop3Server *server, const char *argument)
{
  list (server, argument, PROTO_POP3_LISTING_UIDL);
}

static void
ask_for_letter (ProtoPop3Server *server,
                ProtoPop3ServerEventType type,
                guint index,
                guint64 lines,
                guint64 size)
{
  server->is_top = type == PROTO_POP3_SERVER_TOP;
  server->top_lines = lines;
  server->size = size;
  proto_pop3_server_emit (server, type, PROTO_POP3_QUESTION_LETTER);
  server->event.index = index;
  server->event.lines = lines;
}

static void
run_retr (ProtoPop3Server *server, const char *argument)
{
  guint index;
  const ProtoPop3Entry *entry = take_only_number (server, argument, &index);

  if (entry != NULL)
    ask_for_letter (server, PROTO_POP3_SERVER_RETR, index, 0, entry->size);
}

static void
run_top (ProtoPop3Server *server, const char *argument)
{
  guint index;
  const char *rest = NULL;
  guint64 lines = 0;
  const ProtoPop3Entry *entry = take_number (server, argument, &index, &rest);

  if (entry == NULL)
    return;
  if (!g_ascii_string_to_unsigned (rest, 10, 0, G_MAXINT64, &lines, NULL))
    {
      proto_pop3_server_err (server, NULL, "TOP needs a message number and a number of lines");
      return;
    }
  ask_for_letter (server, PROTO_POP3_SERVER_TOP, index, lines, entry->size);
}

static void
run_dele (ProtoPop3Server *server, const char *argument)
{
  guint index;
  ProtoPop3Entry *entry = take_only_number (server, argument, &index);

  if (entry == NULL)
    return;
  entry->deleted = TRUE;
  server->count--;
  server->octets -= entry->size;
  g_autofree char *text = g_strdup_printf ("Message %u is marked as deleted", index + 1);
  proto_pop3_server_ok (server, text);
}

static void
run_noop (ProtoPop3Server *server, const char *argument)
{
  if (!refuse_argument (server, argument))
    proto_pop3_server_ok (server, "Fine");
}

void
proto_pop3_server_forget_deletions (ProtoPop3Server *server)
{
  server->count = server->entries->len;
  server->octets = 0;
  for (guint i = 0; i < server->entries->len; i++)
    {
      ProtoPop3Entry *entry = &g_array_index (server->entries, ProtoPop3Entry, i);
      entry->deleted = FALSE;
      server->octets += entry->size;
    }
}

static void
run_rset (ProtoPop3Server *server, const char *argument)
{
  if (refuse_argument (server, argument))
    return;
  proto_pop3_server_forget_deletions (server);
  proto_pop3_server_ok (server, "No message is marked as deleted");
}

/* RFC 1939 section 6: the UPDATE state is entered by QUIT in TRANSACTION and by nothing else. */
static void
run_quit (ProtoPop3Server *server, const char *argument)
{
  if (refuse_argument (server, argument))
    return;
  if (!server->in_transaction)
    {
      proto_pop3_server_ok (server, "Goodbye");
      proto_pop3_server_close (server);
      return;
    }
  g_array_set_size (server->deleted, 0);
  for (guint i = 0; i < server->entries->len; i++)
    if (g_array_index (server->entries, ProtoPop3Entry, i).deleted)
      g_array_append_val (server->deleted, i);
  proto_pop3_server_emit (server, PROTO_POP3_SERVER_UPDATE, PROTO_POP3_QUESTION_UPDATE);
  server->event.deleted = server->deleted;
}

typedef enum
{
  SHOWN,
  HIDE_ALL,    /* the whole argument is a secret */
  HIDE_SECOND, /* its second word and what follows */
} Hiding;

static const struct
{
  const char *verb;
  States states;
  Hiding hiding;
  void (*run) (ProtoPop3Server *server, const char *argument);
} verbs[] = {
  { "USER", IN_AUTHORIZATION, SHOWN, proto_pop3_server_user },
  { "PASS", IN_AUTHORIZATION, HIDE_ALL, proto_pop3_server_pass },
  { "APOP", IN_AUTHORIZATION, HIDE_SECOND, proto_pop3_server_apop },
  { "AUTH", IN_AUTHORIZATION, HIDE_SECOND, proto_pop3_server_auth },
  { "UTF8", IN_AUTHORIZATION, SHOWN, proto_pop3_server_utf8 },
  { "STLS", IN_AUTHORIZATION, SHOWN, proto_pop3_server_stls },
  { "CAPA", IN_AUTHORIZATION | IN_TRANSACTION, SHOWN, run_capa },
  { "QUIT", IN_AUTHORIZATION | IN_TRANSACTION, SHOWN, run_quit },
  { "STAT", IN_TRANSACTION, SHOWN, run_stat },
  { "LIST", IN_TRANSACTION, SHOWN, run_list },
  { "UIDL", IN_TRANSACTION, SHOWN, run_uidl },
  { "RETR", IN_TRANSACTION, SHOWN, run_retr },
  { "TOP", IN_TRANSACTION, SHOWN, run_top },
  { "DELE", IN_TRANSACTION, SHOWN, run_dele },
  { "NOOP", IN_TRANSACTION, SHOWN, run_noop },
  { "RSET", IN_TRANSACTION, SHOWN, run_rset },
};

static void
show_line (ProtoPop3Server *server, const char *verb, const char *argument, Hiding hiding)
{
  const char *space = hiding == HIDE_SECOND ? strchr (argument, ' ') : NULL;
  g_autofree char *shown = NULL;

  if (hiding == HIDE_ALL && *argument != '\0')
    shown = g_strdup_printf ("%s [secret]", verb);
  else if (space != NULL)
    shown = g_strdup_printf ("%s %.*s [secret]", verb, (int) (space - argument), argument);
  else
    shown = g_strdup_printf ("%s%s%s", verb, *argument != '\0' ? " " : "", argument);
  proto_engine_heard (&server->engine, shown, -1);
}

void
proto_pop3_server_run_line (ProtoPop3Server *server, const char *line, gsize length)
{
  const char *space = memchr (line, ' ', length);
  gsize verb_length = space != NULL ? (gsize) (space - line) : length;
  const char *argument = space != NULL ? space + 1 : line + length;
  States state = server->in_transaction ? IN_TRANSACTION : IN_AUTHORIZATION;

  if (memchr (line, '\0', length) != NULL || memchr (line, '\r', length) != NULL
      || memchr (line, '\n', length) != NULL)
    {
      /* It may be a password with something wrong in it: not for the tap. */
      proto_engine_note (&server->engine, "A line with a control character was refused");
      proto_pop3_server_err (server, NULL, "A control character in the line");
      return;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      if (strlen (verbs[i].verb) != verb_length
          || g_ascii_strncasecmp (verbs[i].verb, line, verb_length) != 0)
        continue;
      show_line (server, verbs[i].verb, argument, verbs[i].hiding);
      server->auth_tried = verbs[i].run == proto_pop3_server_auth;
      if (server->config.max_commands > 0 && ++server->commands > server->config.max_commands)
        {
          proto_pop3_server_err (server, "SYS/TEMP", "Too many commands in one session");
          proto_pop3_server_close (server);
          return;
        }
      if (verbs[i].run != proto_pop3_server_auth && length > 253)
        proto_pop3_server_err (server, NULL, "The line is too long");
      else if ((verbs[i].states & state) == 0)
        proto_pop3_server_err (server, NULL,
                               server->in_transaction ? "You are logged in already"
                                                      : "Log in first");
      else if (!proto_engine_is_barred (&server->engine, verbs[i].verb))
        verbs[i].run (server, argument);
      return;
    }
  if (server->auth_tried)
    proto_engine_heard (&server->engine, "[secret]", -1);
  else
    proto_engine_heard (&server->engine, line, (gssize) length);
  proto_pop3_server_err (server, NULL, "Unknown command");
}
