/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <glib/gi18n.h>
#include <string.h>

static int ports[ENGINE_N_PORTS] = { -1, -1, -1, -1, -1 };
static char *domain;
static char *address;
static char *certificate;
static char *key;
static char *catch_all;
static char **users;
static gboolean auth_in_clear;
static gboolean demonstration_auth;
static char **limits;
static gboolean judge;
static gboolean trace;
static gint64 max_size;

static const GOptionEntry options[] = {
  { "smtp-port", 0, 0, G_OPTION_ARG_INT, &ports[ENGINE_PORT_SMTP],
    N_ ("SMTP with STARTTLS (2525; 0: a free one)"), "PORT" },
  { "smtps-port", 0, 0, G_OPTION_ARG_INT, &ports[ENGINE_PORT_SMTPS], N_ ("SMTP over TLS (2465)"),
    "PORT" },
  { "submission-port", 0, 0, G_OPTION_ARG_INT, &ports[ENGINE_PORT_SUBMISSION],
    N_ ("Submission: SMTP with STARTTLS for users alone (2587)"), "PORT" },
  { "pop3-port", 0, 0, G_OPTION_ARG_INT, &ports[ENGINE_PORT_POP3], N_ ("POP3 with STLS (2110)"),
    "PORT" },
  { "pop3s-port", 0, 0, G_OPTION_ARG_INT, &ports[ENGINE_PORT_POP3S], N_ ("POP3 over TLS (2995)"),
    "PORT" },
  { "domain", 0, 0, G_OPTION_ARG_STRING, &domain, N_ ("Take mail for users at DOMAIN"), "DOMAIN" },
  { "address", 0, 0, G_OPTION_ARG_STRING, &address,
    N_ ("Listen at ADDRESS instead of this machine only"), "ADDRESS" },
  { "user", 0, 0, G_OPTION_ARG_STRING_ARRAY, &users,
    N_ ("Add this user first, if there is none of that name"), "NAME:PASSWORD" },
  { "catch-all", 0, 0, G_OPTION_ARG_STRING, &catch_all,
    N_ ("Give USER the letters to addresses that nobody has"), "USER" },
  { "certificate", 0, 0, G_OPTION_ARG_FILENAME, &certificate,
    N_ ("Use this certificate instead of one of our own"), "FILE" },
  { "key", 0, 0, G_OPTION_ARG_FILENAME, &key, N_ ("The certificate's key"), "FILE" },
  { "auth-in-clear", 0, 0, G_OPTION_ARG_NONE, &auth_in_clear,
    N_ ("Take passwords without TLS too, to show what goes wrong"), NULL },
  { "demonstration-auth", 0, 0, G_OPTION_ARG_NONE, &demonstration_auth,
    N_ ("Offer CRAM-MD5 and APOP, and keep passwords for them (see below)"), NULL },
  { "limit", 0, 0, G_OPTION_ARG_STRING_ARRAY, &limits,
    N_ ("Set one of the limits below; may be repeated"), "NAME=NUMBER" },
  { "judge", 0, 0, G_OPTION_ARG_NONE, &judge,
    N_ ("Say in each letter whether it is junk, in X-Spam-Flag, -Score and -Status"), NULL },
  { "max-size", 0, 0, G_OPTION_ARG_INT64, &max_size, N_ ("Largest letter, in octets"), "OCTETS" },
  { "trace", 0, 0, G_OPTION_ARG_NONE, &trace, N_ ("Print every line that crosses the wire"), NULL },
  G_OPTION_ENTRY_NULL,
};

static CliExit
add_user (CliRun *run, EngineServer *server, const char *pair)
{
  const char *colon = strchr (pair, ':');
  if (colon == NULL || colon == pair || colon[1] == '\0')
    return cli_fail_usage (_ ("--user is NAME:PASSWORD, not “%s”"), pair);

  g_autofree char *name = g_strndup (pair, (gsize) (colon - pair));
  g_autoptr (GError) error = NULL;
  engine_server_add_user_async (server, name, colon + 1, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  if (!engine_server_finish (server, result, &error)
      && !g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_EXISTS))
    return cli_fail (error);
  return CLI_EXIT_OK;
}

static EngineServerConfig *
make_config (void)
{
  EngineServerConfig *config = engine_server_config_new ();

  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    if (ports[i] >= 0)
      config->ports[i] = (guint16) ports[i];
  if (domain != NULL)
    {
      g_free (config->domain);
      config->domain = g_strdup (domain);
    }
  config->address = g_strdup (address);
  config->auth_in_clear = auth_in_clear;
  config->demonstration_auth = demonstration_auth;
  config->judge = judge;
  if (max_size > 0)
    config->max_size = (guint64) max_size;
  config->certificate_file = g_strdup (certificate);
  config->key_file = g_strdup (key);
  config->catch_all = g_strdup (catch_all);
  return config;
}

static CliExit
set_limits (EngineServerLimits *values)
{
  for (guint i = 0; limits != NULL && limits[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (limits[i], "=", 2);
      g_autoptr (GError) error = NULL;
      if (!engine_server_limits_set (values, pair[0], pair[1] != NULL ? pair[1] : "", &error))
        return cli_fail_usage ("%s", error->message);
    }
  return CLI_EXIT_OK;
}

static void
print_ports_json (EngineServer *server)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  cli_json_string (builder, "domain", engine_server_get_domain (server));
  cli_json_int (builder, "smtp", engine_server_get_port (server, ENGINE_PORT_SMTP));
  cli_json_int (builder, "smtps", engine_server_get_port (server, ENGINE_PORT_SMTPS));
  cli_json_int (builder, "submission", engine_server_get_port (server, ENGINE_PORT_SUBMISSION));
  cli_json_int (builder, "pop3", engine_server_get_port (server, ENGINE_PORT_POP3));
  cli_json_int (builder, "pop3s", engine_server_get_port (server, ENGINE_PORT_POP3S));
  cli_json_string (builder, "authority", engine_server_get_authority_file (server));
  json_builder_end_object (builder);
  cli_print_json (builder);
}

static void
print_ports (EngineServer *server)
{
  const char *authority = engine_server_get_authority_file (server);
  g_autofree char *fingerprint = engine_server_dup_fingerprint (server);

  cli_print (_ ("Serving %s on this machine:"), engine_server_get_domain (server));
  cli_print ("  SMTP       %5u  STARTTLS", engine_server_get_port (server, ENGINE_PORT_SMTP));
  cli_print ("  SMTPS      %5u  TLS", engine_server_get_port (server, ENGINE_PORT_SMTPS));
  cli_print (_ ("  Submission %5u  STARTTLS, for users alone"),
             engine_server_get_port (server, ENGINE_PORT_SUBMISSION));
  cli_print ("  POP3       %5u  STLS", engine_server_get_port (server, ENGINE_PORT_POP3));
  cli_print ("  POP3S      %5u  TLS", engine_server_get_port (server, ENGINE_PORT_POP3S));
  if (authority != NULL)
    cli_print (_ ("Clients can trust it by %s"), authority);
  if (fingerprint != NULL)
    cli_print (_ ("Certificate SHA-256 %s"), fingerprint);
  cli_print (_ ("Ctrl+C stops it."));
}

static CliExit
check_options (char **arguments)
{
  if (*arguments != NULL)
    return cli_fail_usage (_ ("“serve” takes no argument: “%s”"), *arguments);
  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    if (ports[i] < -1 || ports[i] > 65535)
      return cli_fail_usage (_ ("A port is a number from 0 to 65535, not %d"), ports[i]);
  if (max_size < 0)
    return cli_fail_usage (_ ("--max-size is a number of octets"));
  if ((certificate == NULL) != (key == NULL))
    return cli_fail_usage (_ ("--certificate and --key go together"));
  return CLI_EXIT_OK;
}

static gboolean
has_options (void)
{
  gboolean some = domain != NULL || address != NULL || catch_all != NULL || certificate != NULL
                  || auth_in_clear || demonstration_auth || judge || limits != NULL || max_size > 0;

  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    some = some || ports[i] >= 0;
  return some;
}

static CliExit
serve (CliRun *run, char **arguments)
{
  EngineServer *server = engine_office_get_server (run->office);
  g_autoptr (EngineServerConfig) config = NULL;
  g_autoptr (CliTrace) tracer = NULL;
  g_autoptr (GError) error = NULL;

  CliExit code = check_options (arguments);
  if (demonstration_auth)
    engine_server_set_demonstration_auth (server, TRUE);
  for (guint i = 0; code == CLI_EXIT_OK && users != NULL && users[i] != NULL; i++)
    code = add_user (run, server, users[i]);
  if (code != CLI_EXIT_OK)
    return code;

  if (has_options ())
    {
      config = make_config ();
      code = set_limits (&config->limits);
    }
  if (code != CLI_EXIT_OK)
    return code;
  if (trace)
    {
      const EngineJournalSide side = ENGINE_JOURNAL_SERVER;
      tracer = cli_trace_new (engine_office_get_journal (run->office), &side, TRUE);
    }
  engine_server_start_async (server, config, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  if (!engine_server_start_finish (server, result, &error))
    return cli_fail (error);

  if (run->json)
    print_ports_json (server);
  else
    print_ports (server);
  cli_run_wait_for_signal (run);
  return CLI_EXIT_OK;
}

const CliVerb cli_serve_verb = {
  .name = "serve",
  .arguments = "",
  .summary = N_ ("Run the local server until Ctrl+C"),
  .details
  = N_ ("It takes mail for its own users at any address of its domain, on this machine only,\n"
        "and relays nothing. Users are added with “postroom-cli user add”.\n"
        "\n"
        "--demonstration-auth is for class rooms. CRAM-MD5 and APOP need the password itself, so\n"
        "that of each user who is added, or given a new password, from then on is kept as it is\n"
        "in site.db beside its SCRAM keys, where who can read the file can read it. Without the\n"
        "option neither is offered nor taken, and the next start forgets what was kept.\n"
        "\n"
        "Limits, 0 for none: sessions, sessions-per-address (of another machine),\n"
        "sessions-from-here (of this one), sessions-per-user, session-seconds, session-commands,\n"
        "errors, wrong-passwords (of a user from one address), wrong-passwords-per-address,\n"
        "lock-seconds, delay-seconds."),
  .options = options,
  .run = serve,
};
