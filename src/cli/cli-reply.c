/* SPDX-License-Identifier: MIT */
#include "cli-input.h"
#include "cli-letter.h"
#include "cli-output.h"
#include "cli-post.h"

#include <glib/gi18n.h>
#include <string.h>

static gboolean all;
static char *from;
static char **to;
static char *text;
static char *text_file;
static char **attachments;
static gboolean no_quote;
static gboolean later;

static const GOptionEntry reply_options[] = {
  { "all", 0, 0, G_OPTION_ARG_NONE, &all, N_ ("Answer everybody who has the letter"), NULL },
  { "no-quote", 0, 0, G_OPTION_ARG_NONE, &no_quote, N_ ("Do not quote the letter"), NULL },
  { "from", 'f', 0, G_OPTION_ARG_STRING, &from,
    N_ ("The account to send from; the one that the letter came to otherwise"), "ADDRESS" },
  { "text", 0, 0, G_OPTION_ARG_STRING, &text, N_ ("The text itself"), "TEXT" },
  { "text-file", 0, 0, G_OPTION_ARG_FILENAME, &text_file,
    N_ ("The text from FILE (-: standard input, as without any text)"), "FILE" },
  { "attach", 'a', 0, G_OPTION_ARG_FILENAME_ARRAY, &attachments,
    N_ ("Attach FILE; may be given again"), "FILE" },
  { "later", 0, 0, G_OPTION_ARG_NONE, &later,
    N_ ("Only put it in the outbox; the window, or “send --queued”, sends it"), NULL },
  G_OPTION_ENTRY_NULL,
};

static const GOptionEntry forward_options[] = {
  { "to", 't', 0, G_OPTION_ARG_STRING_ARRAY, &to, N_ ("A recipient; may be given again"),
    "ADDRESS" },
  { "from", 'f', 0, G_OPTION_ARG_STRING, &from,
    N_ ("The account to send from; the one that the letter came to otherwise"), "ADDRESS" },
  { "text", 0, 0, G_OPTION_ARG_STRING, &text, N_ ("The text itself"), "TEXT" },
  { "text-file", 0, 0, G_OPTION_ARG_FILENAME, &text_file,
    N_ ("The text from FILE (-: standard input, as without any text)"), "FILE" },
  { "attach", 'a', 0, G_OPTION_ARG_FILENAME_ARRAY, &attachments,
    N_ ("Attach FILE; may be given again"), "FILE" },
  { "later", 0, 0, G_OPTION_ARG_NONE, &later,
    N_ ("Only put it in the outbox; the window, or “send --queued”, sends it"), NULL },
  G_OPTION_ENTRY_NULL,
};

/* ---- whom to ---- */

static gboolean
has_address (GPtrArray *mailboxes, const char *address)
{
  for (guint i = 0; i < mailboxes->len; i++)
    if (g_ascii_strcasecmp (((MessageMailbox *) g_ptr_array_index (mailboxes, i))->address, address)
        == 0)
      return TRUE;
  return FALSE;
}

/* Adds those of @more who are neither there nor in @beside nor @own. */
static void
add_others (GPtrArray *mailboxes, GPtrArray *beside, GPtrArray *more, const char *own)
{
  for (guint i = 0; i < more->len; i++)
    {
      const MessageMailbox *mailbox = g_ptr_array_index (more, i);
      if (g_ascii_strcasecmp (mailbox->address, own) != 0
          && !has_address (mailboxes, mailbox->address)
          && !(beside != NULL && has_address (beside, mailbox->address)))
        g_ptr_array_add (mailboxes, message_mailbox_copy (mailbox));
    }
}

static GPtrArray *
new_mailboxes (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) message_mailbox_free);
}

static void
set_recipients (MessageBuilder *builder, MessageLetter *letter, const char *own)
{
  GPtrArray *reply_to = message_letter_get_reply_to (letter);
  GPtrArray *sender = message_letter_get_from (letter);
  gboolean mine = has_address (sender, own);
  GPtrArray *answered = mine                ? message_letter_get_to (letter)
                        : reply_to->len > 0 ? reply_to
                                            : sender;
  GPtrArray *recipients = new_mailboxes ();
  GPtrArray *copies = new_mailboxes ();

  /* "" is nobody's address: an answer to oneself alone goes there. */
  add_others (recipients, NULL, answered, "");
  if (all)
    {
      add_others (recipients, NULL, message_letter_get_to (letter), own);
      add_others (copies, recipients, message_letter_get_cc (letter), own);
    }
  message_builder_take_to (builder, recipients);
  message_builder_take_cc (builder, copies);
}

/* ---- what ---- */

static char *
prefix_subject (const char *prefix, const char *subject)
{
  return g_ascii_strncasecmp (subject, prefix, strlen (prefix)) == 0
             ? g_strdup (subject)
             : g_strconcat (prefix, " ", subject, NULL);
}

static char *
quote (const StoreLetter *row, MessageLetter *letter, const char *answer)
{
  g_autofree char *body = message_letter_dup_text (letter);
  g_autofree char *time = cli_format_time (row->date);
  g_auto (GStrv) lines = g_strsplit (g_strchomp (body), "\n", -1);
  GString *whole = g_string_new (answer);

  if (whole->len > 0 && whole->str[whole->len - 1] != '\n')
    g_string_append_c (whole, '\n');
  g_string_append_c (whole, '\n');
  /* Translators: a date, and the name of who wrote then */
  g_string_append_printf (whole, _ ("On %s, %s wrote:"), time, row->from);
  g_string_append_c (whole, '\n');
  for (char **line = lines; *line != NULL; line++)
    g_string_append_printf (whole, **line == '>' || **line == '\0' ? ">%s\n" : "> %s\n", *line);
  return g_string_free (whole, FALSE);
}

static char *
read_text (GError **error)
{
  return text != NULL ? g_strdup (text)
                      : cli_read_text (text_file != NULL ? text_file : "-", error);
}

static MessageBuilder *
make_reply (const StoreLetter *row, MessageLetter *letter, const char *own, GError **error)
{
  g_autoptr (MessageBuilder) builder = message_builder_new ();
  g_autofree char *answer = read_text (error);
  g_autofree char *subject = prefix_subject ("Re:", message_letter_get_subject (letter));

  if (answer == NULL)
    return NULL;
  g_autofree char *whole = no_quote ? g_strdup (answer) : quote (row, letter, answer);
  set_recipients (builder, letter, own);
  message_builder_set_subject (builder, subject);
  message_builder_set_text (builder, whole);
  if (message_letter_get_message_id (letter) != NULL)
    message_builder_set_in_reply_to (builder, message_letter_get_message_id (letter),
                                     message_letter_get_references (letter));
  return g_steal_pointer (&builder);
}

/* The words, then the letter's own beginning and text, as the window forwards it. */
static char *
dup_forwarded (MessageLetter *letter, const char *words)
{
  static const char *const names[] = { "From", "Date", "Subject", "To" };
  g_autofree char *body = message_letter_dup_text (letter);
  GString *whole = g_string_new (words);

  if (whole->len > 0 && whole->str[whole->len - 1] != '\n')
    g_string_append_c (whole, '\n');
  g_string_append_printf (whole, "\n---------- %s ----------\n", _ ("Forwarded letter"));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *value = message_letter_get_header (letter, names[i]);
      if (value != NULL)
        g_string_append_printf (whole, "%s: %s\n", names[i], value);
    }
  g_string_append_printf (whole, "\n%s", body);
  return g_string_free (whole, FALSE);
}

static MessageBuilder *
make_forward (MessageLetter *letter, GError **error)
{
  g_autoptr (MessageBuilder) builder = message_builder_new ();
  GPtrArray *parts = message_letter_get_attachments (letter);
  g_autofree char *joined = g_strjoinv (", ", to);
  GPtrArray *recipients = message_mailboxes_parse (joined, error);
  if (recipients == NULL)
    return NULL;
  message_builder_take_to (builder, recipients);

  g_autofree char *words = read_text (error);
  g_autofree char *subject = prefix_subject ("Fwd:", message_letter_get_subject (letter));
  if (words == NULL)
    return NULL;
  g_autofree char *whole = dup_forwarded (letter, words);
  message_builder_set_subject (builder, subject);
  message_builder_set_text (builder, whole);
  for (guint i = 0; i < parts->len; i++)
    {
      MessagePart *part = g_ptr_array_index (parts, i);
      const char *name = message_part_get_file_name (part);
      message_builder_attach_bytes (builder, name != NULL ? name : _ ("Attachment"),
                                    message_part_get_content_type (part),
                                    message_part_get_bytes (part));
    }
  return g_steal_pointer (&builder);
}

/* ---- the verbs ---- */

/* The account named, else the one that the letter is of, else the first. */
static EngineAccount *
choose_account (CliRun *run, const StoreLetter *row, GError **error)
{
  EngineAccount *own
      = engine_accounts_find (engine_office_get_accounts (run->office), row->account);

  return from == NULL && own != NULL ? own : cli_post_find_account (run, from, error);
}

static CliExit
post (CliRun *run, EngineAccount *account, MessageBuilder *builder)
{
  const StoreAccount *values = engine_account_get_values (account);
  g_autoptr (MessageMailbox) sender = message_mailbox_new (values->name, values->address);
  g_autoptr (GError) error = NULL;
  gint64 id = 0;

  message_builder_set_from (builder, sender);
  if (cli_post_attach (builder, attachments, &error))
    id = cli_post_queue (run, account, builder, &error);
  if (id == 0)
    return cli_fail (error);
  if (!later)
    return cli_post_deliver (run, id);
  cli_post_report (run, id, "waiting", NULL);
  return CLI_EXIT_OK;
}

static void
mark_answered (CliRun *run, gint64 id)
{
  EngineLetters *letters = engine_office_get_letters (run->office);
  g_autoptr (GError) error = NULL;

  engine_letters_set_flag_async (letters, &id, 1, ENGINE_FLAG_ANSWERED, TRUE, run->cancellable,
                                 cli_run_ready, run);
  g_autoptr (GAsyncResult) result = cli_run_wait (run);
  if (!engine_letters_finish (letters, result, &error))
    cli_fail (error);
}

static CliExit
answer_letter (CliRun *run, char **arguments, gboolean forwards)
{
  g_autoptr (GArray) ids = cli_letter_parse_ids (arguments);
  g_autoptr (GError) error = NULL;
  g_autoptr (MessageBuilder) builder = NULL;
  StoreLetter *row = NULL;

  if (ids == NULL || ids->len != 1)
    return cli_fail_usage (_ ("Name one letter by the number that “postroom-cli list” prints"));
  if (forwards && to == NULL)
    return cli_fail_usage (_ ("A letter needs a recipient: --to"));
  gint64 id = g_array_index (ids, gint64, 0);
  g_autoptr (MessageLetter) letter = cli_letter_read (run, id, &row, &error);
  if (letter == NULL)
    return cli_fail (error);

  EngineAccount *account = choose_account (run, row, &error);
  if (account != NULL && forwards)
    builder = make_forward (letter, &error);
  else if (account != NULL)
    builder = make_reply (row, letter, engine_account_get_values (account)->address, &error);
  store_letter_free (row);
  if (builder == NULL)
    return cli_fail (error);
  CliExit code = post (run, account, builder);
  if (!forwards && (code == CLI_EXIT_OK || code == CLI_EXIT_TEMPORARY))
    mark_answered (run, id);
  return code;
}

static CliExit
reply (CliRun *run, char **arguments)
{
  return answer_letter (run, arguments, FALSE);
}

static CliExit
forward (CliRun *run, char **arguments)
{
  return answer_letter (run, arguments, TRUE);
}

const CliVerb cli_reply_verb = {
  .name = "reply",
  .arguments = "ID",
  .summary = N_ ("Answer a letter"),
  .details
  = N_ ("Text is read from standard input unless --text or --text-file says otherwise; the\n"
        "letter is quoted below it."),
  .options = reply_options,
  .run = reply,
};

const CliVerb cli_forward_verb = {
  .name = "forward",
  .arguments = "ID",
  .summary = N_ ("Send a letter on, with its attachments"),
  .options = forward_options,
  .run = forward,
};
