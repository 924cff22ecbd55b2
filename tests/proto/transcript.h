/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Sessions as text files: what the client says, what the server says, and what happens beside the
 * wire. One file documents a behaviour and tests it; it is run whole, byte by byte, and at random
 * splits. Each engine has a TranscriptAdapter in a file of its own.
 *
 *   # words for the reader
 *   config: KEY VALUE    before everything else; the adapter knows the keys
 *   C: text              a line of the client, CRLF added
 *   S: text              a line of the server, CRLF added
 *   answer: text         for the next question of the engine (the adapter has a default);
 *                        "answer: wait" leaves it open
 *   do: words            the maker acts: "do: answer 250 2.0.0 Fine", "do: send a@b c@d"
 *   event: text          the next event; once a file has one, it must name them all
 *   tls                  the engine must want TLS (or have "config: implicit-tls yes"), and gets it
 *   pass: 300            that many seconds of silence
 *   eof                  the peer closes its side
 *   open, done           the session must go on, must be over
 *   secret: text         must be nowhere on the tap
 *   tap: text            must be a line on the tap
 *
 * Of C: and S: the engine's peer is fed and the engine's own side is what must come out, in which
 * "*" stands for any text. Neighbouring fed lines are one block: that is pipelining. In a fed line
 * \r \n \t \0 \xNN \\ are those octets, \{600*ab} is "ab" 600 times, and \+ at the end leaves the
 * CRLF out.
 */

#include <proto-engine.h>

typedef struct _TranscriptRun TranscriptRun;

typedef struct
{
  const char *name; /* of the engine, and of the folder in transcripts/ */
  char fed;         /* 'C' for a server, 'S' for a client */
  /* Returns the adapter's session; its engine must have no tap yet. */
  gpointer (*open) (TranscriptRun *run);
  void (*close) (gpointer session);
  ProtoEngine *(*get_engine) (gpointer session);
  /* Pulls events until there is none, and reports and answers each. */
  void (*pump) (gpointer session);
  /* Does the words of a "do:"; returns FALSE when they are unknown. */
  gboolean (*act) (gpointer session, const char *words);
} TranscriptAdapter;

/* ---- for the adapters ---- */

/* The value of a "config:", or @fallback. "yes" and "no" for the boolean. */
const char *transcript_run_get_config (TranscriptRun *run, const char *key, const char *fallback);
gboolean transcript_run_get_flag (TranscriptRun *run, const char *key, gboolean fallback);
guint64 transcript_run_get_number (TranscriptRun *run, const char *key, guint64 fallback);

/* Reports an event in words. Chunks that follow each other are put together, so that a transcript
 * does not depend on how the bytes were split: "CHUNK " and the octets escaped. */
void transcript_run_event (TranscriptRun *run, const char *format, ...) G_GNUC_PRINTF (2, 3);
void transcript_run_chunk (TranscriptRun *run, GBytes *chunk);

/* The next "answer:" (to be freed), or a copy of @fallback; NULL for "wait". */
char *transcript_run_take_answer (TranscriptRun *run, const char *fallback);

/* Appends @text as the octets of a fed line, with its escapes and its CRLF. */
void transcript_append_line (GByteArray *octets, const char *text);

/* ---- for the test's main ---- */

/* Adds one test for each file of the engine's folder. */
void transcript_add_tests (const TranscriptAdapter *adapter);
