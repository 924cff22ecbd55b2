/* SPDX-License-Identifier: MIT */
#include "transcript.h"

#include <base-clock.h>
#include <base-text.h>

#include <string.h>

typedef enum
{
  SPLIT_WHOLE,
  SPLIT_BYTES,
  SPLIT_RANDOM,
} Split;

struct _TranscriptRun
{
  const TranscriptAdapter *adapter;
  const char *path;
  guint line_number;
  Split split;
  guint32 seed;
  GRand *random;
  gpointer session;
  GHashTable *config;
  GQueue answers;    /* char * */
  GQueue events;     /* char *, not yet looked at */
  GByteArray *chunk; /* of the chunks that came last */
  gboolean checks_events;
  GByteArray *block; /* to be fed */
  GByteArray *heard; /* said by the engine, not yet looked at */
  GPtrArray *tap;
  gboolean failed;
};

typedef struct
{
  const TranscriptAdapter *adapter;
  char *path;
} TranscriptFile;

static void G_GNUC_PRINTF (2, 3) fail (TranscriptRun *run, const char *format, ...)
{
  static const char *const split_names[] = { "whole", "byte by byte", "random splits" };
  va_list arguments;

  if (run->failed)
    return;
  run->failed = TRUE;
  va_start (arguments, format);
  g_autofree char *what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_test_fail_printf ("%s:%u (%s, seed %u): %s", run->path, run->line_number,
                      split_names[run->split], run->seed, what);
}

static ProtoEngine *
get_engine (TranscriptRun *run)
{
  return run->adapter->get_engine (run->session);
}

/* ---- the file's words ---- */

static void
append_repeated (GByteArray *octets, const char *words, gsize length)
{
  const char *star = memchr (words, '*', length);
  guint64 times = g_ascii_strtoull (words, NULL, 10);

  g_assert_nonnull (star);
  for (guint64 i = 0; i < times; i++)
    g_byte_array_append (octets, (const guint8 *) star + 1,
                         (guint) (length - (gsize) (star + 1 - words)));
}

/* Appends what the escape at @text (behind its backslash) means; returns what follows it. */
static const char *
append_escape (GByteArray *octets, const char *text)
{
  guint8 octet = (guint8) *text;
  const char *end;

  switch (*text)
    {
    case 'r':
      octet = '\r';
      break;
    case 'n':
      octet = '\n';
      break;
    case 't':
      octet = '\t';
      break;
    case '0':
      octet = '\0';
      break;
    case 'x':
      octet = (guint8) (g_ascii_xdigit_value (text[1]) * 16 + g_ascii_xdigit_value (text[2]));
      text += 2;
      break;
    case '{':
      end = strchr (text, '}');
      g_assert_nonnull (end);
      append_repeated (octets, text + 1, (gsize) (end - text - 1));
      return end + 1;
    default:
      break;
    }
  g_byte_array_append (octets, &octet, 1);
  return text + 1;
}

void
transcript_append_line (GByteArray *octets, const char *text)
{
  while (*text != '\0')
    {
      if (strcmp (text, "\\+") == 0)
        return;
      if (*text == '\\')
        text = append_escape (octets, text + 1);
      else
        g_byte_array_append (octets, (const guint8 *) text++, 1);
    }
  g_byte_array_append (octets, (const guint8 *) "\r\n", 2);
}

/* ---- the run ---- */

static void
on_tap (ProtoTapDirection direction,
        ProtoTapKind kind,
        const char *text,
        gsize length,
        gpointer user_data)
{
  TranscriptRun *run = user_data;

  g_ptr_array_add (run->tap, base_text_escape (text, (gssize) length));
}

/* Lets the engine say all it has; a body comes on as the output drains. */
static void
pump (TranscriptRun *run)
{
  GBytes *output;

  run->adapter->pump (run->session);
  while ((output = proto_engine_take_output (get_engine (run))) != NULL)
    {
      gsize length = 0;
      const guint8 *data = g_bytes_get_data (output, &length);

      g_byte_array_append (run->heard, data, (guint) length);
      g_bytes_unref (output);
      run->adapter->pump (run->session);
    }
}

static void
open_session (TranscriptRun *run)
{
  if (run->session != NULL)
    return;
  run->session = run->adapter->open (run);
  proto_engine_set_tap (get_engine (run), on_tap, run);
  pump (run);
}

static void
feed_block (TranscriptRun *run)
{
  guint offset = 0;

  open_session (run);
  while (offset < run->block->len)
    {
      guint left = run->block->len - offset, length = left;

      if (run->split == SPLIT_BYTES)
        length = 1;
      else if (run->split == SPLIT_RANDOM)
        length = (guint) g_rand_int_range (run->random, 1, (gint32) MIN (left, 40) + 1);
      proto_engine_feed (get_engine (run), run->block->data + offset, length);
      pump (run);
      offset += length;
    }
  g_byte_array_set_size (run->block, 0);
}

static void
expect_line (TranscriptRun *run, const char *expected)
{
  feed_block (run);

  const guint8 *end
      = run->heard->len == 0 ? NULL : memmem (run->heard->data, run->heard->len, "\r\n", 2);
  if (end == NULL)
    {
      fail (run, "the engine says nothing, not: %s", expected);
      return;
    }

  guint length = (guint) (end - run->heard->data);
  g_autofree char *line = base_text_escape ((const char *) run->heard->data, (gssize) length);
  if (!g_pattern_match_simple (expected, line))
    fail (run, "the engine says: %s\n  not: %s", line, expected);
  g_byte_array_remove_range (run->heard, 0, length + 2);
}

static void
expect_silence (TranscriptRun *run)
{
  if (run->heard->len == 0)
    return;
  g_autofree char *text = base_text_escape ((const char *) run->heard->data, run->heard->len);
  fail (run, "the engine says without being expected to: %s", text);
}

/* Turns the chunks so far into their event. */
static void
end_chunk (TranscriptRun *run)
{
  if (run->chunk->len == 0)
    return;
  g_autofree char *text = base_text_escape ((const char *) run->chunk->data, run->chunk->len);
  g_byte_array_set_size (run->chunk, 0);
  g_queue_push_tail (&run->events, g_strconcat ("CHUNK ", text, NULL));
}

static void
expect_event (TranscriptRun *run, const char *expected)
{
  feed_block (run);
  end_chunk (run);

  g_autofree char *event = g_queue_pop_head (&run->events);
  if (event == NULL)
    fail (run, "there is no event: %s", expected);
  else if (!g_pattern_match_simple (expected, event))
    fail (run, "the event is: %s\n  not: %s", event, expected);
}

static void
expect_tap (TranscriptRun *run, const char *text, gboolean whole_line, gboolean wanted)
{
  gboolean found = FALSE;

  feed_block (run);
  for (guint i = 0; i < run->tap->len; i++)
    {
      const char *line = g_ptr_array_index (run->tap, i);
      found |= whole_line ? g_pattern_match_simple (text, line) : strstr (line, text) != NULL;
    }
  if (found != wanted)
    fail (run, "the tap shows%s: %s", found ? "" : " no", text);
}

/* ---- directives ---- */

static void
do_config (TranscriptRun *run, const char *words)
{
  const char *space = strchr (words, ' ');

  g_assert_null (run->session);
  g_assert_nonnull (space);
  g_hash_table_insert (run->config, g_strndup (words, (gsize) (space - words)),
                       g_strdup (space + 1));
}

static void
do_answer (TranscriptRun *run, const char *words)
{
  g_queue_push_tail (&run->answers, g_strdup (words));
}

static void
do_act (TranscriptRun *run, const char *words)
{
  feed_block (run);
  if (!run->adapter->act (run->session, words))
    fail (run, "the adapter cannot do: %s", words);
  pump (run);
}

static void
do_tls (TranscriptRun *run, const char *words)
{
  feed_block (run);
  open_session (run);
  if (!proto_engine_wants_tls (get_engine (run))
      && !transcript_run_get_flag (run, "implicit-tls", FALSE))
    fail (run, "the engine does not want TLS");
  else
    proto_engine_tls_started (get_engine (run), "TLS 1.3 started");
  pump (run);
}

static void
do_pass (TranscriptRun *run, const char *words)
{
  feed_block (run);
  base_clock_advance (g_ascii_strtoll (words, NULL, 10) * G_USEC_PER_SEC);
  proto_engine_tick (get_engine (run), base_clock_monotonic ());
  pump (run);
}

static void
do_eof (TranscriptRun *run, const char *words)
{
  feed_block (run);
  proto_engine_feed_eof (get_engine (run));
  pump (run);
}

static void
do_open (TranscriptRun *run, const char *words)
{
  feed_block (run);
  if (proto_engine_is_done (get_engine (run)))
    fail (run, "the session is over");
}

static void
do_done (TranscriptRun *run, const char *words)
{
  feed_block (run);
  if (!proto_engine_is_done (get_engine (run)))
    fail (run, "the session is not over");
}

static void
do_secret (TranscriptRun *run, const char *words)
{
  expect_tap (run, words, FALSE, FALSE);
}

static void
do_tap (TranscriptRun *run, const char *words)
{
  expect_tap (run, words, TRUE, TRUE);
}

static const struct
{
  const char *name;
  void (*run) (TranscriptRun *run, const char *words);
} directives[] = {
  { "config:", do_config },   { "answer:", do_answer }, { "do:", do_act },
  { "event:", expect_event }, { "tls", do_tls },        { "pass:", do_pass },
  { "eof", do_eof },          { "open", do_open },      { "done", do_done },
  { "secret:", do_secret },   { "tap:", do_tap },
};

static void
run_line (TranscriptRun *run, const char *line)
{
  if (*line == '\0' || *line == '#')
    return;
  if ((line[0] == 'C' || line[0] == 'S') && line[1] == ':')
    {
      const char *text = line[2] == ' ' ? line + 3 : line + 2;

      if (line[0] != run->adapter->fed)
        {
          expect_line (run, text);
          return;
        }
      open_session (run);
      if (run->block->len == 0)
        expect_silence (run);
      transcript_append_line (run->block, text);
      return;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (directives); i++)
    {
      gsize length = strlen (directives[i].name);

      if (strncmp (line, directives[i].name, length) == 0)
        {
          directives[i].run (run, line[length] == ' ' ? line + length + 1 : line + length);
          return;
        }
    }
  fail (run, "no such directive: %s", line);
}

static void
run_end (TranscriptRun *run)
{
  feed_block (run);
  expect_silence (run);
  end_chunk (run);
  if (run->checks_events && !g_queue_is_empty (&run->events))
    fail (run, "an event that was not expected: %s", (char *) g_queue_peek_head (&run->events));
  if (!g_queue_is_empty (&run->answers))
    fail (run, "no question for the answer: %s", (char *) g_queue_peek_head (&run->answers));
}

static gboolean
run_transcript (const TranscriptFile *file, char **lines, Split split, guint32 seed)
{
  TranscriptRun run
      = { .adapter = file->adapter, .path = file->path, .split = split, .seed = seed };

  run.random = g_rand_new_with_seed (seed);
  run.config = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  run.chunk = g_byte_array_new ();
  run.block = g_byte_array_new ();
  run.heard = g_byte_array_new ();
  run.tap = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; lines[i] != NULL; i++)
    run.checks_events |= g_str_has_prefix (lines[i], "event:");

  for (guint i = 0; lines[i] != NULL && !run.failed; i++)
    {
      run.line_number = i + 1;
      run_line (&run, lines[i]);
    }
  if (!run.failed)
    run_end (&run);

  g_clear_pointer (&run.session, run.adapter->close);
  g_queue_clear_full (&run.answers, g_free);
  g_queue_clear_full (&run.events, g_free);
  g_byte_array_unref (run.chunk);
  g_byte_array_unref (run.block);
  g_byte_array_unref (run.heard);
  g_ptr_array_unref (run.tap);
  g_hash_table_unref (run.config);
  g_rand_free (run.random);
  return !run.failed;
}

static void
test_file (gconstpointer data)
{
  const TranscriptFile *file = data;
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (file->path, &contents, NULL, &error);
  g_assert_no_error (error);
  g_auto (GStrv) lines = g_strsplit (contents, "\n", -1);

  gboolean passed = run_transcript (file, lines, SPLIT_WHOLE, 0)
                    && run_transcript (file, lines, SPLIT_BYTES, 0);
  for (guint i = 0; i < 10 && passed; i++)
    passed = run_transcript (file, lines, SPLIT_RANDOM, (guint32) g_test_rand_int ());
}

static void
transcript_file_free (gpointer data)
{
  TranscriptFile *file = data;

  g_free (file->path);
  g_free (file);
}

/* ---- for the adapters ---- */

const char *
transcript_run_get_config (TranscriptRun *run, const char *key, const char *fallback)
{
  const char *value = g_hash_table_lookup (run->config, key);

  return value != NULL ? value : fallback;
}

gboolean
transcript_run_get_flag (TranscriptRun *run, const char *key, gboolean fallback)
{
  return strcmp (transcript_run_get_config (run, key, fallback ? "yes" : "no"), "yes") == 0;
}

guint64
transcript_run_get_number (TranscriptRun *run, const char *key, guint64 fallback)
{
  const char *value = transcript_run_get_config (run, key, NULL);

  return value != NULL ? g_ascii_strtoull (value, NULL, 10) : fallback;
}

void
transcript_run_event (TranscriptRun *run, const char *format, ...)
{
  va_list arguments;

  end_chunk (run);
  va_start (arguments, format);
  g_queue_push_tail (&run->events, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

void
transcript_run_chunk (TranscriptRun *run, GBytes *chunk)
{
  gsize length = 0;
  const guint8 *data = g_bytes_get_data (chunk, &length);

  g_byte_array_append (run->chunk, data, (guint) length);
}

char *
transcript_run_take_answer (TranscriptRun *run, const char *fallback)
{
  char *answer = g_queue_pop_head (&run->answers);

  if (answer == NULL)
    return g_strdup (fallback);
  if (strcmp (answer, "wait") == 0)
    g_clear_pointer (&answer, g_free);
  return answer;
}

/* ---- for the test's main ---- */

void
transcript_add_tests (const TranscriptAdapter *adapter)
{
  g_autofree char *folder = g_test_build_filename (G_TEST_DIST, "transcripts", adapter->name, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      if (!g_str_has_suffix (name, ".txt"))
        continue;
      TranscriptFile *file = g_new0 (TranscriptFile, 1);
      g_autofree char *test = g_strdup_printf ("/proto/%s/%s", adapter->name, name);

      file->adapter = adapter;
      file->path = g_build_filename (folder, name, NULL);
      g_test_add_data_func_full (test, file, test_file, transcript_file_free);
    }
}
