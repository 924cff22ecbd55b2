/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Junk: what a person says is junk and what is not, why a letter was taken for it, and the settings
 * of that. Main thread; slow work happens on others.
 */

#include <gio/gio.h>
#include <store-values.h>

#define ENGINE_TYPE_JUNK (engine_junk_get_type ())
G_DECLARE_FINAL_TYPE (EngineJunk, engine_junk, ENGINE, JUNK, GObject)

/* Signal "settings-changed" (). */

typedef enum
{
  ENGINE_JUNK_GOOD,
  ENGINE_JUNK_UNSURE,
  ENGINE_JUNK_JUNK,
} EngineJunkVerdict;

typedef struct
{
  char *name;    /* of the rule: "LINK_LIES" */
  double points; /* below 0: for the letter */
  char *words;   /* for a person */
} EngineJunkReason;

/* Why a letter is, or is not, junk. */
typedef struct
{
  EngineJunkVerdict verdict;
  double score;
  double required;
  double learned;                    /* probability by what was learned, or -1: too little was */
  GPtrArray *reasons;                /* of EngineJunkReason, the weightiest first */
  GPtrArray *clues;                  /* of char *: "0.98 subject:free" */
  gboolean marked_junk, marked_good; /* by the person */
  char *foreign; /* X-Spam-Status or X-Spam-Flag of the letter, whoever wrote it, or NULL */
} EngineJunkReport;

void engine_junk_report_free (EngineJunkReport *report);
const char *engine_junk_verdict_get_name (EngineJunkVerdict verdict); /* "good", "unsure", "junk" */

/* ---- learning ---- */

/* What the person says about letters: they are learned, once each, and moved to Junk or, from
 * there, to the inbox; both in one commit. */
void engine_junk_mark_async (EngineJunk *junk,
                             const gint64 *ids,
                             gsize n_ids,
                             gboolean is_junk,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
/* Learns .eml files, wherever they are; the result counts those that were read. */
void engine_junk_train_async (EngineJunk *junk,
                              const char *const *paths,
                              gboolean is_junk,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
/* For the two above: letters, or -1. ENGINE_ERROR_NOT_FOUND for a file that cannot be read; what
 * came before it is learned. */
gssize engine_junk_learn_finish (EngineJunk *junk, GAsyncResult *result, GError **error);
/* Forgets all that was learned; the lists of senders stay. */
void engine_junk_forget_async (EngineJunk *junk,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
/* How many letters were learned. */
gboolean engine_junk_count (EngineJunk *junk, guint *junk_letters, guint *good, GError **error);

/* ---- judging ---- */

void engine_junk_explain_async (EngineJunk *junk,
                                gint64 id,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
/* A letter that is not in the cabinet. */
void engine_junk_explain_file_async (EngineJunk *junk,
                                     const char *path,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
EngineJunkReport *
engine_junk_explain_finish (EngineJunk *junk, GAsyncResult *result, GError **error);

/* ---- rules ---- */

const char *engine_junk_get_rules_path (EngineJunk *junk); /* the person's own */
/* How many rules there are with the person's own; 0 with an error that tells line and word. */
guint engine_junk_check_rules (EngineJunk *junk, GError **error);
const char *engine_junk_get_default_rules (void); /* the text that comes with Postroom */

/* ---- senders ---- */

typedef struct
{
  char *address; /* or a domain */
  gboolean allowed;
} EngineJunkSender;

GPtrArray *engine_junk_dup_senders (EngineJunk *junk, GError **error); /* of EngineJunkSender */
void engine_junk_list_sender_async (EngineJunk *junk,
                                    const char *address,
                                    gboolean allowed,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
/* Takes it off the lists. */
void engine_junk_unlist_sender_async (EngineJunk *junk,
                                      const char *address,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
/* For these and engine_junk_forget_async(). */
gboolean engine_junk_finish (EngineJunk *junk, GAsyncResult *result, GError **error);

/* ---- settings ---- */

/* Whether fetched junk goes to Junk; it does by default. */
gboolean engine_junk_get_moves (EngineJunk *junk);
gboolean engine_junk_set_moves (EngineJunk *junk, gboolean moves, GError **error);
/* Whether X-Spam-Flag of letters that this account fetches is believed; it is not by default. */
gboolean engine_junk_get_trusts (EngineJunk *junk, const char *account);
gboolean
engine_junk_set_trusts (EngineJunk *junk, const char *account, gboolean trusts, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineJunkReport, engine_junk_report_free)
