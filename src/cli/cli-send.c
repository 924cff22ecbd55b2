/* SPDX-License-Identifier: MIT */
#include "cli-input.h"
#include "cli-output.h"
#include "cli-post.h"

#include <base-text.h>

#include <glib/gi18n.h>

static char *from;
static char **to;
static char **cc;
static char **bcc;
static char *subject;
static char *text;
static char *text_file;
static char *html_file;
static char *source_file;
static char **attachments;
static gboolean later;
static gboolean queued;
static gboolean trace;

static const GOptionEntry options[] = {
  { "from", 'f', 0, G_OPTION_ARG_STRING, &from,
    N_ ("The account to send from; the first one otherwise"), "ADDRESS" },
  { "to", 't', 0, G_OPTION_ARG_STRING_ARRAY, &to, N_ ("A recipient; may be given again"),
    "ADDRESS" },
  { "cc", 'c', 0, G_OPTION_ARG_STRING_ARRAY, &cc, N_ ("A recipient of a copy"), "ADDRESS" },
  { "bcc", 'b', 0, G_OPTION_ARG_STRING_ARRAY, &bcc, N_ ("A recipient whom the others do not see"),
    "ADDRESS" },
  { "subject", 's', 0, G_OPTION_ARG_STRING, &subject, N_ ("The subject"), "TEXT" },
  { "text", 0, 0, G_OPTION_ARG_STRING, &text, N_ ("The text itself"), "TEXT" },
  { "text-file", 0, 0, G_OPTION_ARG_FILENAME, &text_file,
    N_ ("The text from FILE (-: standard input, as without any text)"), "FILE" },
  { "html-file", 0, 0, G_OPTION_ARG_FILENAME, &html_file,
    N_ ("HTML from FILE; its text alternative is made of it"), "FILE" },
  { "attach", 'a', 0, G_OPTION_ARG_FILENAME_ARRAY, &attachments,
    N_ ("Attach FILE; may be given again"), "FILE" },
  { "source", 0, 0, G_OPTION_ARG_FILENAME, &source_file,
    N_ ("Send the whole letter in FILE, an .eml (-: standard input)"), "FILE" },
  { "later", 0, 0, G_OPTION_ARG_NONE, &later,
    N_ ("Only put it in the outbox; the window, or --queued, sends it"), NULL },
  { "queued", 0, 0, G_OPTION_ARG_NONE, &queued,
    N_ ("Send what waits in the outbox, instead of a new letter"), NULL },
  { "trace", 0, 0, G_OPTION_ARG_NONE, &trace, N_ ("Print every line that crosses the wire"), NULL },
  G_OPTION_ENTRY_NULL,
};

static GPtrArray *
parse_addresses (char **given, GError **error)
{
  g_autofree char *joined = given != NULL ? g_strjoinv (", ", given) : g_strdup ("");

  return message_mailboxes_parse (joined, error);
}

static gboolean
add_recipients (MessageBuilder *builder, GError **error)
{
  struct
  {
    char **given;
    void (*take) (MessageBuilder *builder, GPtrArray *mailboxes);
  } kinds[] = {
    { to, message_builder_take_to },
    { cc, message_builder_take_cc },
    { bcc, message_builder_take_bcc },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      GPtrArray *mailboxes = parse_addresses (kinds[i].given, error);
      if (mailboxes == NULL)
        return FALSE;
      kinds[i].take (builder, mailboxes);
    }
  return TRUE;
}

static gboolean
add_texts (MessageBuilder *builder, GError **error)
{
  if (html_file != NULL)
    {
      g_autofree char *html = cli_read_text (html_file, error);
      if (html == NULL)
        return FALSE;
      message_builder_set_html (builder, html);
    }
  if (text != NULL)
    message_builder_set_text (builder, text);
  else if (text_file != NULL || html_file == NULL)
    {
      g_autofree char *read = cli_read_text (text_file != NULL ? text_file : "-", error);
      if (read == NULL)
        return FALSE;
      message_builder_set_text (builder, read);
    }
  return TRUE;
}

static MessageBuilder *
make_letter (EngineAccount *account, GError **error)
{
  g_autoptr (MessageBuilder) builder = message_builder_new ();
  const StoreAccount *values = engine_account_get_values (account);
  g_autoptr (MessageMailbox) sender = message_mailbox_new (values->name, values->address);

  message_builder_set_from (builder, sender);
  message_builder_set_subject (builder, subject != NULL ? subject : "");
  if (!add_recipients (builder, error) || !add_texts (builder, error))
    return NULL;
  return cli_post_attach (builder, attachments, error) ? g_steal_pointer (&builder) : NULL;
}

/* Puts the letter in the outbox; its id there, or 0. */
static gint64
put_in_outbox (CliRun *run, EngineAccount *account, GError **error)
{
  EngineOutbox *outbox = engine_office_get_outbox (run->office);

  if (source_file != NULL)
    {
      g_autoptr (GBytes) source = cli_read_all (source_file, error);
      if (source == NULL)
        return 0;
      g_autoptr (GPtrArray) named = g_ptr_array_new ();
      char **lists[] = { to, cc, bcc };
      for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
        for (guint n = 0; lists[i] != NULL && lists[i][n] != NULL; n++)
          g_ptr_array_add (named, lists[i][n]);
      const char *const *recipients = NULL;
      if (named->len > 0)
        {
          g_ptr_array_add (named, NULL);
          recipients = (const char *const *) named->pdata;
        }
      engine_outbox_add_source_async (outbox, account, source, recipients, FALSE, run->cancellable,
                                      cli_run_ready, run);
      g_autoptr (GAsyncResult) result = cli_run_wait (run);
      return engine_outbox_add_finish (outbox, result, error);
    }

  g_autoptr (MessageBuilder) builder = make_letter (account, error);
  if (builder == NULL)
    return 0;
  return cli_post_queue (run, account, builder, error);
}

static CliExit
deliver_queued (CliRun *run)
{
  g_autoptr (GPtrArray) entries
      = engine_outbox_dup_entries (engine_office_get_outbox (run->office));
  CliExit code = CLI_EXIT_OK;

  for (guint i = 0; i < entries->len && !g_cancellable_is_cancelled (run->cancellable); i++)
    {
      const StoreOutboxEntry *entry = g_ptr_array_index (entries, i);
      CliExit one = entry->state == STORE_OUTBOX_WAITING ? cli_post_deliver (run, entry->letter)
                                                         : CLI_EXIT_OK;
      if (code == CLI_EXIT_OK)
        code = one;
    }
  return code;
}

static CliExit
send_letter (CliRun *run, char **arguments)
{
  g_autoptr (CliTrace) tracer = NULL;
  g_autoptr (GError) error = NULL;

  if (*arguments != NULL)
    return cli_fail_usage (_ ("“send” takes no argument: “%s”"), *arguments);
  if (trace)
    {
      const EngineJournalSide side = ENGINE_JOURNAL_CLIENT;
      tracer = cli_trace_new (engine_office_get_journal (run->office), &side, FALSE);
    }
  if (queued)
    return deliver_queued (run);
  if (source_file == NULL && to == NULL && cc == NULL && bcc == NULL)
    return cli_fail_usage (_ ("A letter needs a recipient: --to, --cc or --bcc"));
  if (source_file != NULL
      && (text != NULL || text_file != NULL || html_file != NULL || subject != NULL
          || attachments != NULL))
    return cli_fail_usage (
        _ ("--source is a whole letter: it takes no subject, text or attachment"));

  EngineAccount *account = cli_post_find_account (run, from, &error);
  gint64 letter = account != NULL ? put_in_outbox (run, account, &error) : 0;
  if (letter == 0)
    return cli_fail (error);
  if (later)
    {
      cli_post_report (run, letter, "waiting", NULL);
      return CLI_EXIT_OK;
    }
  return cli_post_deliver (run, letter);
}

const CliVerb cli_send_verb = {
  .name = "send",
  .arguments = "",
  .summary = N_ ("Send a letter"),
  .details
  = N_ ("Text is read from standard input unless --text, --text-file, --html-file or --source\n"
        "says otherwise. The letter is kept in the outbox until the server has taken it."),
  .options = options,
  .run = send_letter,
};
