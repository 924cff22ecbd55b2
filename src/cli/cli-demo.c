/* SPDX-License-Identifier: MIT */
#include "cli-output.h"

#include <base-text.h>

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

static gboolean quiet;

static const GOptionEntry options[] = {
  { "quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, N_ ("Leave out the conversation on the wire"),
    NULL },
  G_OPTION_ENTRY_NULL,
};

typedef struct
{
  CliRun *run;
  CliTrace *trace;
  EngineAccount *sender;
  EngineAccount *receiver;
  GBytes *attached[2];
  const char *names[2];
} Demo;

static void step (Demo *demo, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
step (Demo *demo, const char *format, ...)
{
  va_list arguments;

  if (demo->trace != NULL)
    cli_trace_flush (demo->trace);
  va_start (arguments, format);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  cli_print ("▸ %s", text);
}

/* Every octet there is, then lines that a careless program would break: leading dots, bare ends,
 * trailing blanks, other scripts. */
static void
make_attachments (Demo *demo)
{
  static const char lines[] = ".\r\n..\r\n.leading dot\nbare LF\rbare CR\r\nblanks  \r\n"
                              "Grüße aus dem Postamt, 你好, Привет\r\n\r\n.";
  g_autoptr (GByteArray) octets = g_byte_array_new ();

  for (guint i = 0; i < 65536; i++)
    {
      guint8 octet = (guint8) (i * 2654435761u >> 13);
      g_byte_array_append (octets, &octet, 1);
    }
  demo->names[0] = "every-octet.bin";
  demo->attached[0] = g_byte_array_free_to_bytes (g_steal_pointer (&octets));
  demo->names[1] = "Grüße 你好.txt";
  demo->attached[1] = g_bytes_new_static (lines, strlen (lines));
}

static gboolean
start_server (Demo *demo, GError **error)
{
  EngineOffice *office = demo->run->office;
  EngineServer *server = engine_office_get_server (office);
  g_autoptr (EngineServerConfig) config = engine_server_config_new ();

  memset (config->ports, 0, sizeof config->ports);
  engine_server_start_async (server, config, demo->run->cancellable, cli_run_ready, demo->run);
  g_autoptr (GAsyncResult) started = cli_run_wait (demo->run);
  if (!engine_server_start_finish (server, started, error))
    return FALSE;
  step (demo, _ ("The local server is up: SMTP over TLS on port %u, POP3 over TLS on port %u"),
        engine_server_get_port (server, ENGINE_PORT_SMTPS),
        engine_server_get_port (server, ENGINE_PORT_POP3S));

  engine_office_try_local_async (office, demo->run->cancellable, cli_run_ready, demo->run);
  g_autoptr (GAsyncResult) tried = cli_run_wait (demo->run);
  if (!engine_office_try_local_finish (office, tried, error))
    return FALSE;
  GListModel *accounts = G_LIST_MODEL (engine_office_get_accounts (office));
  demo->sender = g_list_model_get_item (accounts, 0);
  demo->receiver = g_list_model_get_item (accounts, 1);
  if (demo->sender == NULL || demo->receiver == NULL)
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
                           _ ("The demonstration's accounts are missing"));
      return FALSE;
    }
  step (demo, _ ("Two users with an account each: %s and %s"),
        engine_account_get_title (demo->sender), engine_account_get_title (demo->receiver));
  return TRUE;
}

static MessageBuilder *
write_letter (Demo *demo)
{
  MessageBuilder *builder = message_builder_new ();
  const StoreAccount *sender = engine_account_get_values (demo->sender);
  const StoreAccount *receiver = engine_account_get_values (demo->receiver);
  g_autoptr (MessageMailbox) from = message_mailbox_new (sender->name, sender->address);
  GPtrArray *to = g_ptr_array_new_with_free_func ((GDestroyNotify) message_mailbox_free);

  g_ptr_array_add (to, message_mailbox_new (receiver->name, receiver->address));
  message_builder_set_from (builder, from);
  message_builder_take_to (builder, to);
  message_builder_set_subject (builder, "A letter makes the round trip — 信件往返");
  message_builder_set_html (builder, "<h2>Hello!</h2><p>This letter was written as <b>HTML</b>, "
                                     "sent over <i>TLS</i>, and fetched with POP3.</p>"
                                     "<ul><li>Grüße</li><li>你好</li></ul>");
  for (guint i = 0; i < G_N_ELEMENTS (demo->attached); i++)
    message_builder_attach_bytes (builder, demo->names[i], NULL, demo->attached[i]);
  return builder;
}

static gboolean
send_letter (Demo *demo, GError **error)
{
  EngineOutbox *outbox = engine_office_get_outbox (demo->run->office);
  g_autoptr (MessageBuilder) builder = write_letter (demo);

  engine_outbox_add_async (outbox, demo->sender, builder, 0, FALSE, demo->run->cancellable,
                           cli_run_ready, demo->run);
  g_autoptr (GAsyncResult) added = cli_run_wait (demo->run);
  gint64 letter = engine_outbox_add_finish (outbox, added, error);
  if (letter == 0)
    return FALSE;
  step (demo, _ ("The letter is in the outbox, with two attachments; sending it"));
  engine_outbox_deliver_async (outbox, letter, demo->run->cancellable, cli_run_ready, demo->run);
  g_autoptr (GAsyncResult) delivered = cli_run_wait (demo->run);
  if (!engine_outbox_deliver_finish (outbox, delivered, error))
    return FALSE;
  step (demo, _ ("The server has taken it"));
  return TRUE;
}

static gboolean
fetch_letter (Demo *demo, GError **error)
{
  EngineFetcher *fetcher = engine_office_get_fetcher (demo->run->office);
  EngineFetchResult counts;

  step (demo, _ ("Fetching it for %s"), engine_account_get_title (demo->receiver));
  engine_fetcher_fetch_async (fetcher, demo->receiver, demo->run->cancellable, cli_run_ready,
                              demo->run);
  g_autoptr (GAsyncResult) result = cli_run_wait (demo->run);
  if (!engine_fetcher_fetch_finish (fetcher, result, &counts, error))
    return FALSE;
  if (counts.letters != 1)
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
                   _ ("One letter was sent, and %u came"), counts.letters);
      return FALSE;
    }
  return TRUE;
}

static gboolean
compare_attachments (Demo *demo, MessageLetter *letter, GError **error)
{
  GPtrArray *parts = message_letter_get_attachments (letter);

  for (guint i = 0; i < G_N_ELEMENTS (demo->attached); i++)
    {
      MessagePart *part = i < parts->len ? g_ptr_array_index (parts, i) : NULL;
      if (part == NULL || g_strcmp0 (message_part_get_file_name (part), demo->names[i]) != 0
          || !g_bytes_equal (message_part_get_bytes (part), demo->attached[i]))
        {
          g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                       _ ("The attachment “%s” did not come back as it was sent"), demo->names[i]);
          return FALSE;
        }
      g_autofree char *sum
          = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, message_part_get_bytes (part));
      g_autofree char *size = base_text_size (message_part_get_size (part));
      step (demo, _ ("“%s” is identical: %s, SHA-256 %.16s…"), demo->names[i], size, sum);
    }
  return TRUE;
}

static gboolean
read_letter (Demo *demo, GError **error)
{
  EngineLetters *letters = engine_office_get_letters (demo->run->office);
  CliRun *run = demo->run;

  engine_letters_list_async (letters, STORE_FOLDER_INBOX, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) listed = cli_run_wait (run);
  g_autoptr (GArray) ids = engine_letters_list_finish (letters, listed, error);
  if (ids == NULL || ids->len == 0)
    return FALSE;
  gint64 id = g_array_index (ids, gint64, 0);
  engine_letters_load_async (letters, &id, 1, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) loaded = cli_run_wait (run);
  g_autoptr (GPtrArray) rows = engine_letters_load_finish (letters, loaded, error);
  if (rows == NULL || rows->len == 0)
    return FALSE;
  engine_letters_read_async (letters, id, run->cancellable, cli_run_ready, run);
  g_autoptr (GAsyncResult) read = cli_run_wait (run);
  g_autoptr (MessageLetter) letter = engine_letters_read_finish (letters, read, error);
  if (letter == NULL)
    return FALSE;

  g_autofree char *snippet = message_letter_dup_snippet (letter, 72);
  step (demo, _ ("It reads: “%s”: %s"), message_letter_get_subject (letter), snippet);
  if (!compare_attachments (demo, letter, error))
    return FALSE;
  const StoreLetter *row = g_ptr_array_index (rows, 0);
  step (demo, _ ("The letter is kept as %s"), row->path);
  return TRUE;
}

static CliExit
demonstrate (CliRun *run, char **arguments)
{
  const EngineJournalSide side = ENGINE_JOURNAL_CLIENT;
  Demo demo = { .run = run };
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = NULL;

  if (*arguments != NULL)
    return cli_fail_usage (_ ("“demo” takes no argument"));
  directory = run->directory != NULL ? g_strdup (run->directory)
                                     : g_dir_make_tmp ("postroom-demo-XXXXXX", &error);
  if (directory == NULL)
    return cli_fail (error);
  run->office = engine_office_open (directory, &error);
  if (run->office == NULL)
    return cli_fail (error);

  make_attachments (&demo);
  if (!quiet)
    demo.trace = cli_trace_new (engine_office_get_journal (run->office), &side, FALSE);
  gboolean done = start_server (&demo, &error) && send_letter (&demo, &error)
                  && fetch_letter (&demo, &error) && read_letter (&demo, &error);

  g_clear_pointer (&demo.trace, cli_trace_free);
  g_clear_object (&demo.sender);
  g_clear_object (&demo.receiver);
  for (guint i = 0; i < G_N_ELEMENTS (demo.attached); i++)
    g_clear_pointer (&demo.attached[i], g_bytes_unref);
  if (!done && error == NULL)
    g_set_error_literal (&error, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND,
                         _ ("The letter is not in the inbox"));
  if (!done)
    return cli_fail (error);
  cli_print ("✓ %s", _ ("The letter made the round trip."));
  return CLI_EXIT_OK;
}

const CliVerb cli_demo_verb = {
  .name = "demo",
  .arguments = "",
  .summary = N_ ("Send a letter through the local server and fetch it, step by step"),
  .details
  = N_ ("Starts a server on free ports in a new temporary directory (or --data-dir), sends an\n"
        "HTML letter with two attachments over TLS, fetches it with POP3 over TLS, and checks\n"
        "that the attachments are the same, octet for octet."),
  .options = options,
  .private_office = TRUE,
  .run = demonstrate,
};
