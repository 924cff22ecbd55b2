/* SPDX-License-Identifier: MIT */
#include "cli-server.h"

#include <base-text.h>
#include <engine-ask.h>

#include <glib/gi18n.h>
#include <stdio.h>

static gboolean bodies;

static const GOptionEntry trace_options[] = {
  { "bodies", 0, 0, G_OPTION_ARG_NONE, &bodies, N_ ("Print the letters too"), NULL },
  G_OPTION_ENTRY_NULL,
};

static EngineAsk *
ask (CliRun *run, char **arguments, const char *question, CliExit *code)
{
  g_autoptr (GError) error = NULL;

  if (*arguments != NULL)
    {
      *code = cli_fail_usage (_ ("“server %s” takes no argument: “%s”"), question, *arguments);
      return NULL;
    }
  engine_ask_async (run->directory, question, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  EngineAsk *asked = engine_ask_finish (result, &error);
  if (asked == NULL)
    *code = cli_fail (error);
  return asked;
}

static GVariant *
next (CliRun *run, EngineAsk *asked, GError **error)
{
  engine_ask_next_async (asked, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);

  return engine_ask_next_finish (asked, result, error);
}

/* A question with one answer. */
static GVariant *
ask_once (CliRun *run, char **arguments, const char *question, CliExit *code)
{
  g_autoptr (EngineAsk) asked = ask (run, arguments, question, code);
  g_autoptr (GError) error = NULL;

  if (asked == NULL)
    return NULL;
  GVariant *answer = next (run, asked, &error);
  if (error != NULL)
    *code = cli_fail (error);
  else if (answer == NULL)
    *code = CLI_EXIT_NETWORK;
  return answer;
}

GVariant *
cli_server_ask (CliRun *run, const char *question, CliExit *code)
{
  char *none[] = { NULL };

  return ask_once (run, none, question, code);
}

/* Everything that an a{sv} of the server's holds, as members of an object. */
static void
print_members (JsonBuilder *builder, GVariant *dict)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  json_builder_begin_object (builder);
  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      if (g_str_equal (key, "since"))
        cli_json_time (builder, key, g_variant_get_int64 (value));
      else if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
        cli_json_string (builder, key, g_variant_get_string (value, NULL));
      else if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
        cli_json_boolean (builder, key, g_variant_get_boolean (value));
      else if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
        cli_json_int (builder, key, (gint64) g_variant_get_uint64 (value));
      else if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
        cli_json_int (builder, key, g_variant_get_uint32 (value));
    }
  json_builder_end_object (builder);
}

/* ---- stats ---- */

static guint64
look_up (GVariant *stats, const char *key)
{
  guint64 value = 0;

  g_variant_lookup (stats, key, "t", &value);
  return value;
}

/* As text: a format with a macro in it cannot be translated. */
static char *
number (GVariant *stats, const char *key)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT, look_up (stats, key));
}

static void
print_stats (GVariant *stats)
{
  const char *domain = "";
  gint64 since = 0;
  guint32 open = 0;

  g_variant_lookup (stats, "domain", "&s", &domain);
  g_variant_lookup (stats, "since", "x", &since);
  g_variant_lookup (stats, "open", "u", &open);
  g_autofree char *time = cli_format_time (since);
  g_autofree char *size = g_format_size_full (look_up (stats, "octets"), G_FORMAT_SIZE_IEC_UNITS);
  cli_print (_ ("Serving %s since %s"), domain, time);
  g_autofree char *sessions = number (stats, "sessions");
  g_autofree char *encrypted = number (stats, "encrypted");
  g_autofree char *turned_away = number (stats, "turned-away");
  g_autofree char *logins = number (stats, "logins");
  g_autofree char *wrong = number (stats, "wrong-passwords");
  g_autofree char *letters = number (stats, "letters");
  g_autofree char *refused = number (stats, "refused");
  g_autofree char *retrieved = number (stats, "retrieved");
  g_autofree char *removed = number (stats, "removed");
  cli_print (_ ("  Sessions  %s (%u open, %s encrypted, %s turned away)"), sessions, open,
             encrypted, turned_away);
  cli_print (_ ("  Logins    %s (%s wrong passwords)"), logins, wrong);
  cli_print (_ ("  Letters   %s taken (%s), %s refused"), letters, size, refused);
  cli_print (_ ("  Maildrops %s retrieved, %s removed"), retrieved, removed);
  if (look_up (stats, "faults") > 0)
    {
      g_autofree char *faults = number (stats, "faults");
      cli_print (_ ("  Faults    %s injected on demand"), faults);
    }
}

static CliExit
server_stats (CliRun *run, char **arguments)
{
  CliExit code = CLI_EXIT_OK;
  g_autoptr (GVariant) stats = ask_once (run, arguments, "stats", &code);

  if (stats == NULL)
    return code;
  if (!run->json)
    {
      print_stats (stats);
      return code;
    }
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  print_members (builder, stats);
  cli_print_json (builder);
  return code;
}

/* ---- sessions ---- */

static void
print_session (GVariant *session)
{
  guint32 number = 0;
  gint64 since = 0;
  gboolean busy = FALSE;
  const char *port = "", *peer = "", *tls = "", *user = "";

  g_variant_lookup (session, "session", "u", &number);
  g_variant_lookup (session, "since", "x", &since);
  g_variant_lookup (session, "busy", "b", &busy);
  g_variant_lookup (session, "port", "&s", &port);
  g_variant_lookup (session, "peer", "&s", &peer);
  g_variant_lookup (session, "tls", "&s", &tls);
  g_variant_lookup (session, "user", "&s", &user);
  g_autofree char *time = cli_format_time (since);
  g_autofree char *who = base_text_escape (user, -1);
  cli_print ("  #%-5u %-10s %s  %s  %s  %s  %s", number, port, time, peer,
             *tls != '\0' ? tls : _ ("in clear"), *who != '\0' ? who : "-",
             busy ? _ ("busy") : _ ("idle"));
}

static CliExit
server_sessions (CliRun *run, char **arguments)
{
  CliExit code = CLI_EXIT_OK;
  g_autoptr (GVariant) sessions = ask_once (run, arguments, "sessions", &code);
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (sessions == NULL)
    return code;
  json_builder_begin_array (builder);
  for (gsize i = 0; i < g_variant_n_children (sessions); i++)
    {
      g_autoptr (GVariant) session = g_variant_get_child_value (sessions, i);
      if (run->json)
        print_members (builder, session);
      else
        print_session (session);
    }
  json_builder_end_array (builder);
  if (run->json)
    cli_print_json (builder);
  else if (g_variant_n_children (sessions) == 0)
    cli_print (_ ("Nobody is connected."));
  return code;
}

/* ---- trace ---- */

static CliExit
server_trace (CliRun *run, char **arguments)
{
  CliExit code = CLI_EXIT_OK;
  g_autoptr (EngineAsk) asked = ask (run, arguments, "trace", &code);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = NULL;

  if (asked == NULL)
    return code;
  while ((answer = next (run, asked, &error)) != NULL)
    {
      g_autoptr (EngineJournalLine) line = engine_ask_to_line (answer);
      if (line != NULL && (bodies || !line->body))
        cli_trace_print (line);
      fflush (stdout);
      g_clear_pointer (&answer, g_variant_unref);
    }
  if (error == NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return CLI_EXIT_OK;
  return cli_fail (error);
}

static CliExit
server_reload (CliRun *run, char **arguments)
{
  CliExit code = CLI_EXIT_OK;
  g_autoptr (GVariant) answer = ask_once (run, arguments, "reload", &code);

  if (answer != NULL && !run->json)
    cli_print ("%s.", g_variant_get_string (answer, NULL));
  return code;
}

static CliExit
server_expire (CliRun *run, char **arguments)
{
  CliExit code = CLI_EXIT_OK;
  g_autoptr (GVariant) answer = ask_once (run, arguments, "expire", &code);

  if (answer == NULL || !g_variant_is_of_type (answer, G_VARIANT_TYPE_UINT64))
    return code;
  guint64 removed = g_variant_get_uint64 (answer);
  if (run->json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();
      json_builder_begin_object (builder);
      cli_json_int (builder, "removed", (gint64) removed);
      json_builder_end_object (builder);
      cli_print_json (builder);
    }
  else
    {
      g_autofree char *count = g_strdup_printf ("%" G_GUINT64_FORMAT, removed);
      cli_print (_ ("Letters removed: %s"), count);
    }
  return code;
}

const CliVerb cli_server_stats_verb = {
  .name = "server stats",
  .arguments = "",
  .summary = N_ ("Say what the running local server has done"),
  .private_office = TRUE,
  .run = server_stats,
};

const CliVerb cli_server_sessions_verb = {
  .name = "server sessions",
  .arguments = "",
  .summary = N_ ("List who is connected to the local server"),
  .private_office = TRUE,
  .run = server_sessions,
};

const CliVerb cli_server_trace_verb = {
  .name = "server trace",
  .arguments = "",
  .summary = N_ ("Print what crosses the local server's wires"),
  .details = N_ ("Until Ctrl+C, or until the server ends. Passwords are never shown."),
  .options = trace_options,
  .private_office = TRUE,
  .run = server_trace,
};

const CliVerb cli_server_reload_verb = {
  .name = "server reload",
  .arguments = "",
  .summary = N_ ("Have the local server read its certificate again"),
  .private_office = TRUE,
  .run = server_reload,
};

const CliVerb cli_server_expire_verb = {
  .name = "server expire",
  .arguments = "",
  .summary = N_ ("Have the local server's retention rules kept now"),
  .details
  = N_ ("The rules are those of “serve --keep-days” and “--keep-letters”; the server keeps\n"
        "them once a minute. A maildrop that a session has open is left alone."),
  .private_office = TRUE,
  .run = server_expire,
};
