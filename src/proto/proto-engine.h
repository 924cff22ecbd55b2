/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the four engines (SMTP and POP3, server and client) share: bytes in, bytes out, no socket.
 * A link of the room `net` pumps one engine and knows no more of it than this header; whoever
 * made the engine pulls its events with the engine's own `_next()` and answers them.
 *
 * An event that asks a question pauses the engine: it parses nothing more until answered, and
 * what the peer pipelines stays buffered. One thread at a time; the maker owns the engine.
 */

#include <base-line-buffer.h>
#include <glib.h>

#define PROTO_ERROR (proto_error_quark ())
GQuark proto_error_quark (void);

/* The peer broke the protocol, or refused; the message is plain English for a person. */
typedef enum
{
  PROTO_ERROR_SYNTAX,      /* a reply or command that follows no grammar */
  PROTO_ERROR_LIMIT,       /* something larger than the limit */
  PROTO_ERROR_INJECTION,   /* plaintext behind STARTTLS or STLS (RFC 3207, CVE-2011-0411) */
  PROTO_ERROR_TIMEOUT,     /* silence for too long */
  PROTO_ERROR_CLOSED,      /* the connection ended in the middle */
  PROTO_ERROR_REFUSED,     /* the peer said no: greeting, HELO, permanent or temporary */
  PROTO_ERROR_AUTH,        /* the user name or the password was refused */
  PROTO_ERROR_UNSUPPORTED, /* TLS or a mechanism that is required is not offered */
  PROTO_ERROR_TOKEN,       /* the token was refused: a fresh one may do */
} ProtoError;

/* The tap: every line an engine hears or says, secrets already replaced by "[secret]". */
typedef enum
{
  PROTO_TAP_RECEIVED,
  PROTO_TAP_SENT,
} ProtoTapDirection;

typedef enum
{
  PROTO_TAP_LINE, /* a command or reply line, without CRLF */
  PROTO_TAP_BODY, /* octets of a letter, as they crossed the wire */
  PROTO_TAP_NOTE, /* what happened beside the lines: "TLS 1.3 started" */
} ProtoTapKind;

typedef void (*ProtoTap) (ProtoTapDirection direction,
                          ProtoTapKind kind,
                          const char *text,
                          gsize length,
                          gpointer user_data);

/* What ties a log-in to the TLS that carries it (RFC 5929, RFC 9266); the best first. */
typedef enum
{
  PROTO_BINDING_EXPORTER,
  PROTO_BINDING_UNIQUE,
  PROTO_BINDING_SERVER_END_POINT,
  PROTO_N_BINDINGS,
} ProtoBinding;

/* "tls-exporter"; static. */
const char *proto_binding_get_name (ProtoBinding binding);

/* Work that takes its time, for another thread: it knows nothing of the engine. The first member of
 * a g_atomic_rc_box. */
typedef struct _ProtoWork ProtoWork;
struct _ProtoWork
{
  void (*run) (ProtoWork *work);
  void (*clear) (gpointer work);
};

void proto_work_unref (ProtoWork *work);

typedef struct _ProtoEngine ProtoEngine;

/* A server's gate hears each command that is about to be run, @verb in capitals; TRUE: it has been
 * answered, and is not run. For faults on demand. */
typedef gboolean (*ProtoGate) (const char *verb, gpointer user_data);

typedef struct
{
  /* Bytes were added to engine->in, or the peer closed its side (engine->eof). */
  void (*received) (ProtoEngine *engine);
  void (*tls_started) (ProtoEngine *engine);
  /* The deadline set by proto_engine_set_timeout() has passed. */
  void (*timed_out) (ProtoEngine *engine);
  void (*free) (ProtoEngine *engine);
  /* The work of proto_engine_begin_work() is done; NULL for an engine that has none. */
  void (*worked) (ProtoEngine *engine);
} ProtoEngineClass;

/* The first member of each engine. Fields are for the four engines and proto-engine.c alone. */
struct _ProtoEngine
{
  const ProtoEngineClass *klass;
  BaseLineBuffer *in;
  GByteArray *out;
  gboolean eof;
  gboolean tls;                       /* the wire is encrypted now */
  gboolean wants_tls;                 /* the link must flush the output and then shake hands */
  GBytes *bindings[PROTO_N_BINDINGS]; /* those that the TLS has; NULL the others */
  gboolean done;                      /* nothing more will be said: flush and close */
  gboolean takes_work;                /* whoever pumps it runs its work */
  gboolean working;                   /* work is begun and not done */
  ProtoWork *work;                    /* begun, and not taken yet */
  gint64 timeout;                     /* microseconds of silence allowed; 0: for ever */
  gint64 deadline;                    /* monotonic microseconds */
  gint64 end;                         /* likewise: that of the whole session; 0: none */
  ProtoTap tap;
  gpointer tap_data;
  ProtoGate gate;
  gpointer gate_data;
};

/* ---- for the link ---- */

void proto_engine_feed (ProtoEngine *engine, const guint8 *data, gsize length);

/* The peer closed its sending side. */
void proto_engine_feed_eof (ProtoEngine *engine);

/* What must be written to the wire, in order; NULL when there is nothing. */
GBytes *proto_engine_take_output (ProtoEngine *engine);
gsize proto_engine_get_output_length (const ProtoEngine *engine);

/* After the output is flushed the link starts the TLS handshake (as server or as client, as the
 * engine's maker knows), reads nothing in clear meanwhile, and then calls
 * proto_engine_tls_started(). A link that starts with TLS calls it before the first byte. */
gboolean proto_engine_wants_tls (const ProtoEngine *engine);
void proto_engine_tls_started (ProtoEngine *engine, const char *description);

/* Before proto_engine_tls_started(), for each that there is. */
void proto_engine_set_binding (ProtoEngine *engine, ProtoBinding binding, GBytes *data);

/* That the caller runs the engine's work elsewhere: otherwise it is done on the spot. */
void proto_engine_offer_work (ProtoEngine *engine);
/* Work to run and then to report by proto_engine_work_done(); NULL: none. The caller's own. */
ProtoWork *proto_engine_take_work (ProtoEngine *engine);
void proto_engine_work_done (ProtoEngine *engine);

/* Octets buffered and not yet parsed: a link stops reading while they are many. */
gsize proto_engine_get_input_length (const ProtoEngine *engine);

/* Lets time pass: @now in monotonic microseconds. Returns the next deadline, or G_MAXINT64. */
gint64 proto_engine_tick (ProtoEngine *engine, gint64 now);

gboolean proto_engine_is_done (const ProtoEngine *engine);

/* The wire is encrypted now; for the tap too. */
gboolean proto_engine_is_encrypted (const ProtoEngine *engine);

/* The tap hears the lines that wait to be taken, too: a server's greeting. */
void proto_engine_set_tap (ProtoEngine *engine, ProtoTap tap, gpointer user_data);

void proto_engine_set_gate (ProtoEngine *engine, ProtoGate gate, gpointer user_data);

/* What was heard of the peer's silence does not count: it had nothing to answer. */
void proto_engine_restart_timeout (ProtoEngine *engine);

void proto_engine_free (ProtoEngine *engine);

/* ---- for the engines ---- */

void proto_engine_init (ProtoEngine *engine, const ProtoEngineClass *klass);
void proto_engine_clear (ProtoEngine *engine);
void proto_engine_set_timeout (ProtoEngine *engine, gint64 microseconds);
/* However much is said, timed_out() comes then; 0: never. */
void proto_engine_set_end (ProtoEngine *engine, gint64 microseconds);
/* Whether the end was reached: timed_out() came for that. */
gboolean proto_engine_is_over (const ProtoEngine *engine);
/* For timed_out(), when this side has something to do first: it comes again. */
void proto_engine_postpone (ProtoEngine *engine);

/* Takes @work. worked() comes when it is done, perhaps within this call; meanwhile nothing may be
 * parsed. */
void proto_engine_begin_work (ProtoEngine *engine, ProtoWork *work);
gboolean proto_engine_can_bind (const ProtoEngine *engine);

/* Queues @text and a CRLF; the tap sees @shown instead when that is not NULL (a secret). */
void proto_engine_say (ProtoEngine *engine, const char *text, const char *shown);
void proto_engine_write (ProtoEngine *engine, const guint8 *data, gsize length);
/* Whether the gate keeps @verb from being run. */
gboolean proto_engine_is_barred (ProtoEngine *engine, const char *verb);
void proto_engine_heard (ProtoEngine *engine, const char *line, gssize length);
void proto_engine_note (ProtoEngine *engine, const char *format, ...) G_GNUC_PRINTF (2, 3);
void proto_engine_tap_body (ProtoEngine *engine,
                            ProtoTapDirection direction,
                            const guint8 *data,
                            gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoEngine, proto_engine_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProtoWork, proto_work_unref)
