/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One fault on demand: when, and what then. Read from a line of text; immutable once read but for
 * what its set counts. Counted; any thread.
 *
 *     smtp RCPT to=*@postroom.test every=3 => reply 452 4.2.2 The mailbox is full
 *     pop3 RETR user=ann nth=2 => truncate 100
 */

#include <glib.h>

typedef enum
{
  ENGINE_FAULT_REPLY,      /* @code, @enhanced, @reply; of POP3 @reply alone */
  ENGINE_FAULT_DELAY,      /* @amount microseconds before the answer */
  ENGINE_FAULT_THROTTLE,   /* @amount octets per second from now on */
  ENGINE_FAULT_DROP,       /* close without a word, after @amount octets of the letter */
  ENGINE_FAULT_HALF_CLOSE, /* say nothing more, and listen on */
  ENGINE_FAULT_TRUNCATE,   /* the letter ends, with its dot, after @amount octets */
  ENGINE_FAULT_GREYLIST,   /* 450 until @amount microseconds after the first try */
} EngineFaultAction;

typedef struct
{
  char *text; /* the line, without what is around it */
  gboolean smtp;
  gboolean pop3;
  const char *command; /* static, in the case of engine_fault_rule_parse(); NULL: any */
  GPatternSpec *user;  /* these four: NULL for anybody */
  GPatternSpec *client;
  GPatternSpec *from;
  GPatternSpec *to;
  guint64 nth;   /* 0: each time */
  guint64 every; /* 0: each time */
  double chance; /* below 0: each time */
  guint64 over;  /* octets; 0: any size */
  guint64 under; /* octets; 0: any size */
  EngineFaultAction action;
  guint64 amount;
  guint code;
  char *enhanced; /* or NULL */
  char *reply;

  /* The set's, under its mutex. */
  guint64 matched; /* times that all but nth, every and chance was right */
  guint64 injected;
} EngineFaultRule;

/* Commands are matched in any case: "connect", the verbs, and "END" for the end of a letter's text.
 * ENGINE_ERROR_INVALID names the word that is wrong. */
EngineFaultRule *engine_fault_rule_parse (const char *line, GError **error);
EngineFaultRule *engine_fault_rule_ref (EngineFaultRule *rule);
void engine_fault_rule_unref (EngineFaultRule *rule);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineFaultRule, engine_fault_rule_unref)
