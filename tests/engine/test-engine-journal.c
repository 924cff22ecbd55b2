/* SPDX-License-Identifier: MIT */
#include <engine-journal-private.h>

#include <string.h>

static void
no_op (ProtoEngine *engine)
{
}

static const ProtoEngineClass engine_class = { no_op, no_op, no_op, no_op };

static char *
all_lines (EngineJournal *journal, guint64 number)
{
  g_autoptr (GPtrArray) lines = engine_journal_dup_lines (journal, number);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < lines->len; i++)
    {
      g_autofree char *line = engine_journal_line_to_string (g_ptr_array_index (lines, i));
      g_string_append_printf (text, "%s\n", line);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_conversation (void)
{
  g_autoptr (EngineJournal) journal = engine_journal_new ();
  ProtoEngine engine = { NULL };
  static const char body[] = "Subject: x\r\n\r\nText \x1b[2J\r\n";

  proto_engine_init (&engine, &engine_class);
  EngineJournalSession *session
      = engine_journal_session_new (journal, "POP3", ENGINE_JOURNAL_SERVER, "127.0.0.1:5");
  engine_journal_session_tap (session, &engine);
  proto_engine_heard (&engine, "PASS [secret]", -1);
  proto_engine_tls_started (&engine, "TLS 1.3");
  proto_engine_say (&engine, "+OK", NULL);
  proto_engine_tap_body (&engine, PROTO_TAP_SENT, (const guint8 *) body, 5);
  proto_engine_tap_body (&engine, PROTO_TAP_SENT, (const guint8 *) body + 5, strlen (body) - 5);
  engine_journal_session_free (session);
  proto_engine_clear (&engine);
  engine_journal_session_free (
      engine_journal_session_new (journal, "SMTP", ENGINE_JOURNAL_CLIENT, "x"));

  g_autofree char *text = all_lines (journal, 0);
  g_assert_cmpstr (text, ==,
                   "* connection from 127.0.0.1:5\nC: PASS [secret]\n* TLS 1.3\nS: +OK\n"
                   "S: Subject: x\nS: \nS: Text \\x1b[2J\n* session with 127.0.0.1:5 ended\n"
                   "* connected to x\n* session with x ended\n");
  g_autoptr (GPtrArray) lines = engine_journal_dup_lines (journal, 2);
  g_assert_cmpuint (((EngineJournalLine *) g_ptr_array_index (lines, 0))->session, ==, 1);
  g_assert_cmpuint (((EngineJournalLine *) g_ptr_array_index (lines, 7))->session, ==, 2);
  g_assert_false (((EngineJournalLine *) g_ptr_array_index (lines, 0))->tls);
  g_assert_true (((EngineJournalLine *) g_ptr_array_index (lines, 2))->tls);
  g_assert_true (((EngineJournalLine *) g_ptr_array_index (lines, 3))->body);
}

static void
test_body_is_cut (void)
{
  g_autoptr (EngineJournal) journal = engine_journal_new ();
  ProtoEngine engine = { NULL };
  g_autofree char *body = g_strnfill (500000, 'x');

  proto_engine_init (&engine, &engine_class);
  EngineJournalSession *session
      = engine_journal_session_new (journal, "SMTP", ENGINE_JOURNAL_CLIENT, "x");
  engine_journal_session_tap (session, &engine);
  for (guint i = 0; i < 50; i++)
    proto_engine_tap_body (&engine, PROTO_TAP_SENT, (const guint8 *) body + i * 10000, 10000);
  proto_engine_say (&engine, "QUIT", NULL);
  engine_journal_session_free (session);
  proto_engine_clear (&engine);

  g_autoptr (GPtrArray) lines = engine_journal_dup_lines (journal, 1);
  g_assert_cmpuint (lines->len, ==, 5);
  g_assert_cmpuint (strlen (((EngineJournalLine *) g_ptr_array_index (lines, 1))->text), ==, 1000);
  g_assert_true (
      g_str_has_prefix (((EngineJournalLine *) g_ptr_array_index (lines, 2))->text, "…"));
}

static gpointer
write_many (gpointer data)
{
  EngineJournalSession *session
      = engine_journal_session_new (data, "SMTP", ENGINE_JOURNAL_CLIENT, "x");

  for (guint i = 0; i < 9998; i++)
    engine_journal_session_note (session, "a note");
  engine_journal_session_free (session);
  return NULL;
}

static void
on_added (EngineJournal *journal, gpointer user_data)
{
  guint *count = user_data;

  (*count)++;
}

/* From several threads; bounded; without gaps; told together. */
static void
test_ring (void)
{
  g_autoptr (EngineJournal) journal = engine_journal_new ();
  GThread *threads[4];
  guint told = 0;

  g_signal_connect (journal, "added", G_CALLBACK (on_added), &told);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("writer", write_many, journal);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (told, ==, 0);
  while (told == 0)
    g_main_context_iteration (NULL, TRUE);

  g_autoptr (GPtrArray) lines = engine_journal_dup_lines (journal, 0);
  g_assert_cmpuint (lines->len, ==, 20000);
  for (guint i = 0; i < lines->len; i++)
    {
      const EngineJournalLine *line = g_ptr_array_index (lines, i);
      g_assert_cmpuint (line->number, ==, 20001 + i);
    }
  g_autoptr (GPtrArray) last = engine_journal_dup_lines (journal, 40000);
  g_assert_cmpuint (last->len, ==, 1);
  g_autoptr (GPtrArray) none = engine_journal_dup_lines (journal, 40001);
  g_assert_cmpuint (none->len, ==, 0);
}

/* More text than is kept: the oldest lines go, and none is mixed with another. */
static void
test_long_texts (void)
{
  g_autoptr (EngineJournal) journal = engine_journal_new ();
  EngineJournalSession *session
      = engine_journal_session_new (journal, "SMTP", ENGINE_JOURNAL_CLIENT, "x");
  guint64 last = engine_journal_get_last_number (journal);

  for (guint i = 0; i < 9000; i++)
    {
      g_autofree char *text = g_strnfill (i * 7919 % 4000, (char) ('a' + i % 26));

      engine_journal_session_note (session, text);
    }
  g_autoptr (GPtrArray) lines = engine_journal_dup_lines (journal, 0);
  g_assert_cmpuint (lines->len, >, 8 * 1024 * 1024 / 4000);
  g_assert_cmpuint (lines->len, <, 9000);
  for (guint i = 0; i < lines->len; i++)
    {
      const EngineJournalLine *line = g_ptr_array_index (lines, i);
      guint number = 9000 - lines->len + i;
      g_autofree char *text = g_strnfill (number * 7919 % 4000, (char) ('a' + number % 26));

      g_assert_cmpuint (line->number, ==, last + number + 1);
      g_assert_cmpstr (line->text, ==, text);
    }
  engine_journal_session_free (session);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/journal/conversation", test_conversation);
  g_test_add_func ("/engine/journal/body-is-cut", test_body_is_cut);
  g_test_add_func ("/engine/journal/ring", test_ring);
  g_test_add_func ("/engine/journal/long-texts", test_long_texts);
  return g_test_run ();
}
