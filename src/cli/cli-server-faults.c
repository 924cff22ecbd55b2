/* SPDX-License-Identifier: MIT */
#include "cli-server.h"

#include <base-text.h>

#include <glib/gi18n.h>

static void
print_rules (CliRun *run, GVariant *rules)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  GVariantIter iter;
  const char *text;
  guint64 matched, injected;

  json_builder_begin_array (builder);
  g_variant_iter_init (&iter, rules);
  while (g_variant_iter_loop (&iter, "(&stt)", &text, &matched, &injected))
    {
      if (!run->json)
        {
          g_autofree char *shown = base_text_escape (text, -1);
          cli_print ("%6" G_GUINT64_FORMAT " /%6" G_GUINT64_FORMAT "  %s", injected, matched,
                     shown);
          continue;
        }
      json_builder_begin_object (builder);
      cli_json_string (builder, "rule", text);
      cli_json_int (builder, "matched", (gint64) matched);
      cli_json_int (builder, "injected", (gint64) injected);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  if (run->json)
    cli_print_json (builder);
  else if (g_variant_n_children (rules) == 0)
    cli_print (_ ("There is no fault on demand."));
}

/* What is behind the verb as one question; NULL with *@code when it makes no sense. */
static char *
make_question (char **arguments, CliExit *code)
{
  const char *verb = arguments[0] != NULL ? arguments[0] : "list";
  guint count = g_strv_length (arguments);
  gboolean adds = g_str_equal (verb, "add");
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  if ((g_str_equal (verb, "list") || g_str_equal (verb, "clear")) && count <= 1)
    return g_strconcat ("faults ", verb, NULL);
  if (adds && count >= 2)
    text = g_strjoinv (" ", arguments + 1);
  else if (g_str_equal (verb, "set") && count == 2)
    {
      if (!g_file_get_contents (arguments[1], &text, NULL, &error))
        {
          *code = cli_fail (error);
          return NULL;
        }
      if (!g_utf8_validate (text, -1, NULL))
        {
          *code = cli_fail_usage (_ ("“%s” is not valid UTF-8"), arguments[1]);
          return NULL;
        }
    }
  else
    {
      *code = cli_fail_usage (_ ("It is “server faults”, followed by list, set FILE, add RULE or "
                                 "clear"));
      return NULL;
    }
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_string (text));
  g_autofree char *printed = g_variant_print (value, FALSE);
  return g_strconcat ("faults ", verb, " ", printed, NULL);
}

static CliExit
server_faults (CliRun *run, char **arguments)
{
  CliExit code = CLI_EXIT_OK;
  g_autofree char *question = make_question (arguments, &code);
  g_autoptr (GVariant) rules = question != NULL ? cli_server_ask (run, question, &code) : NULL;

  if (rules != NULL)
    print_rules (run, rules);
  return code;
}

const CliVerb cli_server_faults_verb = {
  .name = "server faults",
  .arguments = "[list|set FILE|add RULE|clear]",
  .summary = N_ ("Let the running local server misbehave on demand"),
  .details
  = N_ ("A rule is one line: PROTOCOL COMMAND CONDITION… => ACTION\n"
        "  PROTOCOL   smtp, pop3 or any\n"
        "  COMMAND    a verb (EHLO, MAIL, RCPT, DATA, PASS, RETR, …), connect, END (of a\n"
        "             letter's text) or * for each\n"
        "  CONDITION  user=, client=, from=, to= with * and ? for any text; nth=N, every=N,\n"
        "             chance=0.1 or chance=10%; over=SIZE, under=SIZE (2000, 64k, 5M)\n"
        "  ACTION     reply 452 4.2.2 TEXT     (of POP3: reply -ERR TEXT)\n"
        "             delay TIME               (2, 0.5, 200ms, 5m)\n"
        "             throttle OCTETS          (per second, for the rest of the session)\n"
        "             drop [OCTETS]            (close; in DATA, RETR, TOP after so many)\n"
        "             half-close               (say nothing more, and listen on)\n"
        "             truncate OCTETS          (of RETR and TOP: the dot comes too early)\n"
        "             greylist TIME            (of RCPT: 450 at first, 250 after TIME)\n"
        "The first rule that fits is taken; delay and throttle let the next ones follow. With\n"
        "a line “magic-recipients” an address such as 452-4.2.2+any@postroom.test is\n"
        "answered as it says. Empty lines and lines with # are passed over. The same seed\n"
        "(serve --fault-seed) and the same traffic give the same faults. Listed are how often\n"
        "a rule struck, how often it was looked at, and the rule.\n"
        "Example: smtp RCPT to=*@postroom.test every=3 => reply 452 4.2.2 Mailbox full"),
  .private_office = TRUE,
  .run = server_faults,
};
