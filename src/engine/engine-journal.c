/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-journal-private.h"

#include <base-clock.h>
#include <base-text.h>

#include <string.h>

#define MAX_LINES     20000
#define MAX_OCTETS    (8 * 1024 * 1024) /* of their texts */
#define MAX_BODY      1000              /* characters of a letter's text that are kept */
#define MAX_LINE      4000              /* characters of any other line */
#define COALESCE_MSEC 30
#define LINE_FORMAT   "(txusuubbs)"

/* A line as it is kept: its text, as it crossed the wire, stands in the journal's texts. What is
 * never looked at is never made printable. */
typedef struct
{
  gint64 time;
  const char *protocol;
  guint session;
  guint start;  /* in the texts */
  guint length; /* octets */
  guint limit;  /* characters to be shown of it */
  guint8 side;
  guint8 direction;
  guint8 tls;
  guint8 body;
} Record;

struct _EngineJournal
{
  GObject parent_instance;

  GMutex mutex;
  Record *records;      /* MAX_LINES: a line's place is its number's remainder */
  char *texts;          /* MAX_OCTETS, each line's in one piece */
  guint texts_end;      /* where the newest line's ends */
  guint64 first_number; /* of the oldest that is kept */
  guint64 last_number;
  guint last_session;
  gboolean announcing;   /* a source that says "added" is waiting */
  GMainContext *context; /* of the maker: where the listeners are called */
};

G_DEFINE_FINAL_TYPE (EngineJournal, engine_journal, G_TYPE_OBJECT)

/* What has been seen of the letter that crosses the wire in one direction. */
typedef struct
{
  GString *line;  /* not ended yet */
  guint shown;    /* characters */
  guint64 hidden; /* octets that were not shown */
} Body;

struct _EngineJournalSession
{
  EngineJournal *journal;
  const char *protocol;
  EngineJournalSide side;
  guint number;
  char *peer;
  ProtoEngine *engine; /* borrowed; NULL until tapped and after its end */
  gboolean tls;        /* as the engine said last */
  Body bodies[2];      /* by ProtoTapDirection */
};

static guint added_signal;

/* ---- lines ---- */

EngineJournalLine *
engine_journal_line_ref (EngineJournalLine *line)
{
  return g_atomic_rc_box_acquire (line);
}

static void
line_clear (EngineJournalLine *line)
{
  g_free (line->text);
}

void
engine_journal_line_unref (EngineJournalLine *line)
{
  g_atomic_rc_box_release_full (line, (GDestroyNotify) line_clear);
}

static gboolean
on_announce (gpointer user_data)
{
  EngineJournal *journal = user_data;

  g_mutex_lock (&journal->mutex);
  journal->announcing = FALSE;
  g_mutex_unlock (&journal->mutex);
  g_signal_emit (journal, added_signal, 0);
  return G_SOURCE_REMOVE;
}

static void
announce (EngineJournal *journal)
{
  g_autoptr (GSource) source = g_timeout_source_new (COALESCE_MSEC);

  g_source_set_callback (source, on_announce, g_object_ref (journal), g_object_unref);
  g_source_attach (source, journal->context);
}

/* Under the mutex: room for a text of @length; the lines that stood there are forgotten. */
static guint
make_room (EngineJournal *journal, guint length)
{
  guint start = journal->texts_end;
  guint64 kept = journal->last_number - journal->first_number + 1;
  gboolean wraps = length > MAX_OCTETS - start;

  if (kept == MAX_LINES)
    journal->first_number++;
  /* The oldest lines stand right behind the newest. */
  for (; journal->first_number <= journal->last_number; journal->first_number++)
    {
      const Record *oldest = &journal->records[journal->first_number % MAX_LINES];
      gboolean behind = oldest->start >= start;

      if (wraps ? !behind && oldest->start >= length : !behind || oldest->start >= start + length)
        break;
    }
  return wraps ? 0 : start;
}

static void
add_line (EngineJournalSession *session,
          EngineJournalDirection direction,
          gboolean tls,
          gboolean body,
          const char *text,
          gsize length)
{
  EngineJournal *journal = session->journal;
  guint limit = body ? MAX_BODY : MAX_LINE;
  /* One character is at most four octets: what lies behind need not be kept to be cut; one octet
   * more shows that it was. */
  guint octets = (guint) MIN (length, (gsize) limit * 4 + 1);

  g_mutex_lock (&journal->mutex);
  guint room = MAX (octets, 1); /* no two lines stand at one place */
  guint start = make_room (journal, room);
  journal->records[++journal->last_number % MAX_LINES] = (Record){
    .time = base_clock_real (),
    .protocol = session->protocol,
    .session = session->number,
    .start = start,
    .length = octets,
    .limit = limit,
    .side = session->side,
    .direction = direction,
    .tls = tls,
    .body = body,
  };
  memcpy (journal->texts + start, text, octets);
  journal->texts_end = start + room;
  gboolean first = !journal->announcing;
  journal->announcing = TRUE;
  g_mutex_unlock (&journal->mutex);

  if (first)
    announce (journal);
}

/* @text as one printable line of at most @limit characters. */
static char *
printable (const char *text, gsize length, guint limit)
{
  g_autofree char *escaped = base_text_escape (text, (gssize) MIN (length, (gsize) limit * 4));

  /* Octets are counted sooner than characters, of which there are no more. */
  if ((strlen (escaped) <= limit || g_utf8_strlen (escaped, -1) <= (glong) limit)
      && length <= (gsize) limit * 4)
    return g_steal_pointer (&escaped);
  g_autofree char *cut
      = g_utf8_substring (escaped, 0, MIN ((glong) limit, g_utf8_strlen (escaped, -1)));
  return g_strconcat (cut, "…", NULL);
}

/* Under the mutex. */
static EngineJournalLine *
make_line (EngineJournal *journal, guint64 number)
{
  const Record *record = &journal->records[number % MAX_LINES];
  EngineJournalLine *line = g_atomic_rc_box_new0 (EngineJournalLine);

  line->number = number;
  line->time = record->time;
  line->session = record->session;
  line->protocol = record->protocol;
  line->side = record->side;
  line->direction = record->direction;
  line->tls = record->tls;
  line->body = record->body;
  line->text = printable (journal->texts + record->start, record->length, record->limit);
  return line;
}

/* ---- the tap ---- */

static EngineJournalDirection
direction_of (ProtoTapDirection direction)
{
  return direction == PROTO_TAP_RECEIVED ? ENGINE_JOURNAL_RECEIVED : ENGINE_JOURNAL_SENT;
}

static gboolean
is_encrypted (EngineJournalSession *session)
{
  if (session->engine != NULL)
    session->tls = proto_engine_is_encrypted (session->engine);
  return session->tls;
}

static void
flush_body_line (EngineJournalSession *session, ProtoTapDirection direction)
{
  Body *body = &session->bodies[direction];

  add_line (session, direction_of (direction), is_encrypted (session), TRUE, body->line->str,
            body->line->len);
  g_string_truncate (body->line, 0);
}

/* The letter is over: what is left of its last line, and how much was not shown. */
static void
end_body (EngineJournalSession *session, ProtoTapDirection direction)
{
  Body *body = &session->bodies[direction];

  if (body->line->len > 0)
    flush_body_line (session, direction);
  if (body->hidden > 0)
    {
      g_autofree char *size = base_text_size (body->hidden);
      g_autofree char *words = g_strdup_printf ("… (%s more)", size);
      add_line (session, direction_of (direction), is_encrypted (session), TRUE, words,
                strlen (words));
    }
  body->shown = 0;
  body->hidden = 0;
}

static void
take_body (EngineJournalSession *session,
           ProtoTapDirection direction,
           const char *text,
           gsize length)
{
  Body *body = &session->bodies[direction];

  while (length > 0 && body->shown < MAX_BODY)
    {
      const char *end = memchr (text, '\n', length);
      gsize piece = end != NULL ? (gsize) (end - text) + 1 : length;
      gsize room = MAX_BODY - body->shown;

      if (piece > room)
        {
          piece = room;
          end = NULL;
        }
      g_string_append_len (body->line, text, (gssize) piece);
      body->shown += piece;
      text += piece;
      length -= piece;
      if (end != NULL)
        {
          g_string_truncate (body->line, body->line->len - 1);
          if (body->line->len > 0 && body->line->str[body->line->len - 1] == '\r')
            g_string_truncate (body->line, body->line->len - 1);
          flush_body_line (session, direction);
        }
    }
  body->hidden += length;
}

static void
on_tap (ProtoTapDirection direction,
        ProtoTapKind kind,
        const char *text,
        gsize length,
        gpointer user_data)
{
  EngineJournalSession *session = user_data;

  if (kind == PROTO_TAP_BODY)
    {
      take_body (session, direction, text, length);
      return;
    }
  end_body (session, direction);
  add_line (session, kind == PROTO_TAP_NOTE ? ENGINE_JOURNAL_NOTE : direction_of (direction),
            is_encrypted (session), FALSE, text, length);
}

/* ---- the object ---- */

static void
engine_journal_finalize (GObject *object)
{
  EngineJournal *journal = ENGINE_JOURNAL (object);

  g_free (journal->records);
  g_free (journal->texts);
  g_mutex_clear (&journal->mutex);
  g_main_context_unref (journal->context);
  G_OBJECT_CLASS (engine_journal_parent_class)->finalize (object);
}

static void
engine_journal_class_init (EngineJournalClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = engine_journal_finalize;
  added_signal = g_signal_new ("added", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                               NULL, G_TYPE_NONE, 0);
}

static void
engine_journal_init (EngineJournal *journal)
{
  g_mutex_init (&journal->mutex);
  journal->records = g_new (Record, MAX_LINES);
  journal->texts = g_malloc (MAX_OCTETS); /* memory comes as it is written to */
  journal->first_number = 1;
  journal->context = g_main_context_ref_thread_default ();
}

EngineJournal *
engine_journal_new (void)
{
  return g_object_new (ENGINE_TYPE_JOURNAL, NULL);
}

GPtrArray *
engine_journal_dup_lines (EngineJournal *journal, guint64 number)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func ((GDestroyNotify) engine_journal_line_unref);

  g_mutex_lock (&journal->mutex);
  for (guint64 i = MAX (number, journal->first_number); i <= journal->last_number; i++)
    g_ptr_array_add (lines, make_line (journal, i));
  g_mutex_unlock (&journal->mutex);
  return lines;
}

char *
engine_journal_line_to_string (const EngineJournalLine *line)
{
  if (line->direction == ENGINE_JOURNAL_NOTE)
    return g_strconcat ("* ", line->text, NULL);

  gboolean from_client
      = (line->side == ENGINE_JOURNAL_CLIENT) == (line->direction == ENGINE_JOURNAL_SENT);
  return g_strconcat (from_client ? "C: " : "S: ", line->text, NULL);
}

guint64
engine_journal_get_last_number (EngineJournal *journal)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&journal->mutex);

  return journal->last_number;
}

GVariant *
engine_journal_line_to_variant (const EngineJournalLine *line)
{
  return g_variant_new (LINE_FORMAT, line->number, line->time, line->session, line->protocol,
                        line->side, line->direction, line->tls, line->body, line->text);
}

EngineJournalLine *
engine_journal_line_from_variant (GVariant *variant)
{
  const char *protocol;

  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE (LINE_FORMAT)))
    return NULL;
  EngineJournalLine *line = g_atomic_rc_box_new0 (EngineJournalLine);
  g_variant_get (variant, "(txu&suubbs)", &line->number, &line->time, &line->session, &protocol,
                 &line->side, &line->direction, &line->tls, &line->body, &line->text);
  line->protocol = g_intern_string (protocol);
  return line;
}

/* ---- sessions ---- */

EngineJournalSession *
engine_journal_session_new (EngineJournal *journal,
                            const char *protocol,
                            EngineJournalSide side,
                            const char *peer)
{
  EngineJournalSession *session = g_new0 (EngineJournalSession, 1);

  session->journal = g_object_ref (journal);
  session->protocol = protocol;
  session->side = side;
  session->peer = g_strdup (peer != NULL ? peer : "");
  for (guint i = 0; i < G_N_ELEMENTS (session->bodies); i++)
    session->bodies[i].line = g_string_new (NULL);
  g_mutex_lock (&journal->mutex);
  session->number = ++journal->last_session;
  g_mutex_unlock (&journal->mutex);

  g_autofree char *words
      = g_strdup_printf (side == ENGINE_JOURNAL_CLIENT ? "connected to %s" : "connection from %s",
                         session->peer);
  engine_journal_session_note (session, words);
  return session;
}

guint
engine_journal_session_get_number (const EngineJournalSession *session)
{
  return session->number;
}

void
engine_journal_session_free (EngineJournalSession *session)
{
  /* The engine may be gone by now. */
  session->engine = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (session->bodies); i++)
    end_body (session, i);
  g_autofree char *words = g_strdup_printf ("session with %s ended", session->peer);
  engine_journal_session_note (session, words);

  for (guint i = 0; i < G_N_ELEMENTS (session->bodies); i++)
    g_string_free (session->bodies[i].line, TRUE);
  g_free (session->peer);
  g_object_unref (session->journal);
  g_free (session);
}

void
engine_journal_session_tap (EngineJournalSession *session, ProtoEngine *engine)
{
  session->engine = engine;
  proto_engine_set_tap (engine, on_tap, session);
}

void
engine_journal_session_note (EngineJournalSession *session, const char *text)
{
  add_line (session, ENGINE_JOURNAL_NOTE, is_encrypted (session), FALSE, text, strlen (text));
}
