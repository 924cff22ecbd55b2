/* SPDX-License-Identifier: MIT */
#include "cli-log.h"
#include "cli-output.h"
#include "cli-settings.h"
#include "cli-systemd.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
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
static int keep_days;
static int keep_letters;
static gboolean offer_expn;
static gboolean lenient_endings;
static gboolean trace;
static gint64 max_size;
static char *faults;
static gint64 fault_seed = -1;
static char *config_file;
static gboolean print_config;
static char *log_file;
static char *log_level;
static char *log_format;
static CliLog *server_log; /* while it runs; or NULL */
static gboolean magic_recipients;

static const GOptionEntry options[] = {
  { "config", 0, 0, G_OPTION_ARG_FILENAME, &config_file,
    N_ ("Take settings from FILE; options come before it"), "FILE" },
  { "print-config", 0, 0, G_OPTION_ARG_NONE, &print_config,
    N_ ("Print the settings that these options and this file make, and end"), NULL },
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
  { "keep-days", 0, 0, G_OPTION_ARG_INT, &keep_days,
    N_ ("Remove letters that came more than DAYS ago"), "DAYS" },
  { "keep-letters", 0, 0, G_OPTION_ARG_INT, &keep_letters,
    N_ ("Remove the oldest letters beyond COUNT in a maildrop"), "COUNT" },
  { "offer-expn", 0, 0, G_OPTION_ARG_NONE, &offer_expn,
    N_ ("Answer EXPN, which tells who has a mailbox here"), NULL },
  { "lenient-endings", 0, 0, G_OPTION_ARG_NONE, &lenient_endings,
    N_ ("Let a bare LF end a line of a letter, to show what SMTP smuggling is"), NULL },
  { "max-size", 0, 0, G_OPTION_ARG_INT64, &max_size, N_ ("Largest letter, in octets"), "OCTETS" },
  { "faults", 0, 0, G_OPTION_ARG_FILENAME, &faults,
    N_ ("Misbehave by the rules in FILE (see “server faults --help”)"), "FILE" },
  { "fault-seed", 0, 0, G_OPTION_ARG_INT64, &fault_seed,
    N_ ("What chance goes by in these rules: the same seed, the same faults (1)"), "NUMBER" },
  { "magic-recipients", 0, 0, G_OPTION_ARG_NONE, &magic_recipients,
    N_ ("Answer an address such as 452-4.2.2+any@… as it says"), NULL },
  { "log", 0, 0, G_OPTION_ARG_FILENAME, &log_file,
    N_ ("Log to FILE, “-” (standard error) or “journal” (systemd's, the default under it)"),
    "FILE" },
  { "log-level", 0, 0, G_OPTION_ARG_STRING, &log_level,
    N_ ("Log no less than error, warning, info or debug (info)"), "LEVEL" },
  { "log-format", 0, 0, G_OPTION_ARG_STRING, &log_format, N_ ("Log as text or json (text)"),
    "FORMAT" },
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

static gboolean
set_limits (EngineServerLimits *values, GError **error)
{
  for (guint i = 0; limits != NULL && limits[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (limits[i], "=", 2);
      if (!engine_server_limits_set (values, pair[0], pair[1] != NULL ? pair[1] : "", error))
        return FALSE;
    }
  return TRUE;
}

static void
put (char **place, const char *option)
{
  if (option == NULL)
    return;
  g_free (*place);
  *place = g_strdup (option);
}

/* The file's settings, and the options over them; NULL after saying what is wrong. */
static CliSettings *
make_settings (GError **error)
{
  g_autoptr (CliSettings) settings = cli_settings_new ();
  EngineServerConfig *server = settings->server;

  if (config_file != NULL && !cli_settings_read (settings, config_file, error))
    return NULL;
  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    if (ports[i] >= 0)
      server->ports[i] = (guint16) ports[i];
  put (&server->domain, domain);
  put (&server->address, address);
  put (&server->certificate_file, certificate);
  put (&server->key_file, key);
  put (&server->catch_all, catch_all);
  server->auth_in_clear |= auth_in_clear;
  server->offer_expn |= offer_expn;
  server->lenient_endings |= lenient_endings;
  server->demonstration_auth |= demonstration_auth;
  server->judge |= judge;
  if (keep_days > 0)
    server->keep_days = (guint) keep_days;
  if (keep_letters > 0)
    server->keep_letters = (guint) keep_letters;
  set_limits (&server->limits, NULL); /* looked at already */
  if (max_size > 0)
    server->max_size = (guint64) max_size;
  put (&settings->faults_file, faults);
  if (fault_seed >= 0)
    settings->fault_seed = (guint64) fault_seed;
  settings->magic_recipients |= magic_recipients;
  put (&settings->log_file, log_file);
  put (&settings->log_level, log_level);
  put (&settings->log_format, log_format);
  return g_steal_pointer (&settings);
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
  if (engine_server_get_config (server)->demonstration_auth)
    cli_print (_ ("CRAM-MD5 and APOP are on: passwords that are set now are kept as they are."));
  cli_print (_ ("Ctrl+C stops it."));
}

static CliExit
check_options (char **arguments)
{
  EngineServerLimits tried;
  g_autoptr (GError) error = NULL;

  if (*arguments != NULL)
    return cli_fail_usage (_ ("“serve” takes no argument: “%s”"), *arguments);
  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    if (ports[i] < -1 || ports[i] > 65535)
      return cli_fail_usage (_ ("A port is a number from 0 to 65535, not %d"), ports[i]);
  if (max_size < 0)
    return cli_fail_usage (_ ("--max-size is a number of octets"));
  if (keep_days < 0 || keep_letters < 0)
    return cli_fail_usage (_ ("--keep-days and --keep-letters are numbers from 0 on"));
  if (log_level != NULL && !cli_log_is_level (log_level))
    return cli_fail_usage (_ ("--log-level is error, warning, info or debug, not “%s”"), log_level);
  if (log_format != NULL && !cli_log_is_format (log_format))
    return cli_fail_usage (_ ("--log-format is text or json, not “%s”"), log_format);
  if (!set_limits (&tried, &error))
    return cli_fail_usage ("%s", error->message);
  if ((certificate == NULL) != (key == NULL))
    return cli_fail_usage (_ ("--certificate and --key go together"));
  return CLI_EXIT_OK;
}

static gboolean
has_options (void)
{
  gboolean some = domain != NULL || address != NULL || catch_all != NULL || certificate != NULL
                  || auth_in_clear || offer_expn || lenient_endings || demonstration_auth || judge
                  || limits != NULL || max_size > 0 || keep_days > 0 || keep_letters > 0;

  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    some = some || ports[i] >= 0;
  return some;
}

static gboolean
set_faults (EngineServer *server, const CliSettings *settings, GError **error)
{
  g_autofree char *text = NULL;

  if (settings->faults_file != NULL
      && !g_file_get_contents (settings->faults_file, &text, NULL, error))
    return FALSE;
  /* Behind the rules: the lines keep their numbers. */
  g_autofree char *all = g_strconcat (text != NULL ? text : "",
                                      settings->magic_recipients ? "\nmagic-recipients" : "", NULL);
  if (engine_server_set_faults (server, all, settings->fault_seed, error))
    return TRUE;
  if (settings->faults_file != NULL)
    g_prefix_error (error, "%s: ", settings->faults_file);
  return FALSE;
}

/* ---- while it runs ---- */

/* An EngineServerReader. */
static EngineServerConfig *
read_again (gpointer server, GError **error)
{
  g_autoptr (CliSettings) settings = make_settings (error);

  if (settings == NULL || !set_faults (server, settings, error))
    return NULL;
  return g_steal_pointer (&settings->server);
}

static gboolean
on_hang_up (gpointer server)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;

  cli_systemd_notify_reloading ();
  if (server_log != NULL && !cli_log_reopen (server_log, &error))
    g_warning ("%s", error->message);
  g_clear_error (&error);
  words = engine_server_reload (server, &error);
  cli_systemd_notify ("READY=1");
  if (words == NULL)
    g_warning ("%s", error->message);
  else
    g_message ("%s", words);
  return G_SOURCE_CONTINUE;
}

static CliExit
start (CliRun *run, EngineServer *server, const CliSettings *settings)
{
  /* Without a word from anybody: as last time. */
  gboolean asked = config_file != NULL || has_options ();
  g_autoptr (GError) error = NULL;

  if (!set_faults (server, settings, &error) || !cli_systemd_take_sockets (server, &error))
    return cli_fail (error);
  server_log = cli_log_new (settings->log_file, settings->log_level, settings->log_format, &error);
  if (error != NULL)
    return cli_fail (error);
  engine_server_set_log (server, server_log != NULL ? cli_log_write : NULL, server_log);
  engine_server_start_async (server, asked ? settings->server : NULL, run->cancellable,
                             cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  if (!engine_server_start_finish (server, result, &error))
    return cli_fail (error);
  if (config_file != NULL || faults != NULL)
    engine_server_set_reader (server, read_again, server);
  return CLI_EXIT_OK;
}

/* The sessions' last words are for the log, too. */
static void
stop (CliRun *run, EngineServer *server)
{
  engine_server_set_reader (server, NULL, NULL);
  engine_server_stop_async (server, cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  engine_server_stop_finish (server, result, NULL);
  engine_server_set_log (server, NULL, NULL);
  g_clear_pointer (&server_log, cli_log_free);
}

static CliExit
serve (CliRun *run, char **arguments)
{
  EngineServer *server = engine_office_get_server (run->office);
  g_autoptr (CliSettings) settings = NULL;
  g_autoptr (CliTrace) tracer = NULL;
  g_autoptr (GError) error = NULL;

  CliExit code = check_options (arguments);
  if (code != CLI_EXIT_OK)
    return code;
  settings = make_settings (&error);
  if (settings == NULL)
    return cli_fail (error);
  if (print_config)
    {
      if (config_file == NULL && !has_options ())
        {
          engine_server_config_free (settings->server);
          settings->server = engine_server_config_copy (engine_server_get_config (server));
        }
      g_autofree char *text = cli_settings_print (settings);
      g_print ("%s", text);
      return CLI_EXIT_OK;
    }
  if (settings->server->demonstration_auth)
    engine_server_set_demonstration_auth (server, TRUE);
  for (guint i = 0; code == CLI_EXIT_OK && users != NULL && users[i] != NULL; i++)
    code = add_user (run, server, users[i]);
  if (code != CLI_EXIT_OK)
    return code;
  if (trace)
    {
      const EngineJournalSide side = ENGINE_JOURNAL_SERVER;
      tracer = cli_trace_new (engine_office_get_journal (run->office), &side, TRUE);
    }
  code = start (run, server, settings);
  if (code != CLI_EXIT_OK)
    {
      stop (run, server);
      return code;
    }

  if (run->json)
    print_ports_json (server);
  else
    print_ports (server);
  guint hang_up = g_unix_signal_add (SIGHUP, on_hang_up, server);
  g_autofree char *ready
      = g_strdup_printf ("READY=1\nSTATUS=Serving %s", engine_server_get_domain (server));
  cli_systemd_notify (ready);
  guint watch = cli_systemd_watch ();
  cli_run_wait_for_signal (run);
  cli_systemd_notify ("STOPPING=1\nSTATUS=Letting the sessions end");
  g_source_remove (hang_up);
  if (watch != 0)
    g_source_remove (watch);
  stop (run, server);
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
        "lock-seconds, delay-seconds.\n"
        "\n"
        "SIGHUP and “server reload” read the settings, the faults and the certificate again;\n"
        "address, ports, domain and the log's settings wait for a restart. “serve --print-config” "
        "prints every setting\n"
        "as --config takes it."),
  .options = options,
  .run = serve,
};
