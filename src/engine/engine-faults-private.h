/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Faults on demand: the rules that a running server goes by, and their seed. The same seed and the
 * same traffic give the same faults. Any thread; without a rule a session asks one atomic integer.
 */

#include "engine-fault-rule-private.h"

#include <proto-path.h>
#include <proto-reply.h>

typedef struct _EngineFaults EngineFaults;

/* What is happening; all borrowed for a call. */
typedef struct
{
  gboolean smtp;       /* else POP3 */
  const char *command; /* "connect", a verb in capitals, "END" */
  const char *client;  /* "127.0.0.1" */
  const char *user;    /* NULL: nobody yet */
  const char *from;    /* NULL: there is none */
  const char *to;      /* NULL: there is none */
  guint64 size;        /* octets of the letter; 0: not known */
} EngineFaultMoment;

EngineFaults *engine_faults_new (void);
EngineFaults *engine_faults_ref (EngineFaults *faults);
void engine_faults_unref (EngineFaults *faults);

/* Puts the rules in @text, one a line, in the place of those before. Empty lines and what begins
 * with # are passed over; a line "magic-recipients" makes addresses such as
 * 452-4.2.2+any@… answer what they say. All of it or, with ENGINE_ERROR_INVALID that names the line
 * and the word, nothing. */
gboolean engine_faults_set (EngineFaults *faults, const char *text, GError **error);
/* One more rule, or "magic-recipients". */
gboolean engine_faults_add (EngineFaults *faults, const char *line, GError **error);
void engine_faults_clear (EngineFaults *faults);
/* For chance=; begins all counts anew. */
void engine_faults_set_seed (EngineFaults *faults, guint64 seed);
guint64 engine_faults_get_seed (EngineFaults *faults);
/* Floating a(stt): each rule's text, how often it was looked at in earnest, how often it struck. */
GVariant *engine_faults_describe (EngineFaults *faults);

gboolean engine_faults_is_active (EngineFaults *faults);
gboolean engine_faults_has_magic (EngineFaults *faults);
/* The rules that strike now, in their order: delays and throttles up to the first that is another;
 * NULL for none. Counts. */
GPtrArray *engine_faults_find (EngineFaults *faults, const EngineFaultMoment *moment);
/* What a magic recipient asks for; NULL when @path is none. */
ProtoReply *engine_faults_read_magic (const ProtoPath *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineFaults, engine_faults_unref)
