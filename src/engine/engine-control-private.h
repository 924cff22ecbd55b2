/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A socket in the data directory, open while the local server runs, at which other programs of the
 * same person may ask it things: a question is one line, an answer a GVariant in text form on a
 * line of its own, of type (bv): TRUE and the answer, or FALSE and words, which with the code of an
 * ENGINE_ERROR are (is). Main thread.
 *
 *   stats     a{sv}
 *   sessions  aa{sv}
 *   trace     journal lines (see engine_journal_line_to_variant), as they come, to the end
 *   reload    b: the certificate's files are read again
 *   recall USER MESSAGE-ID
 *             a(su): users, and what engine_server_recall_async() did for each
 */

#include "engine-server-private.h"

typedef struct _EngineControl EngineControl;

#define ENGINE_CONTROL_SOCKET "control.sock"

/* @server is borrowed. NULL with an error when the socket cannot be made, as where the path is
 * longer than such sockets' addresses can be. */
EngineControl *engine_control_new (EngineServer *server,
                                   EngineJournal *journal,
                                   const char *directory,
                                   GError **error);
/* Ends all conversations. */
void engine_control_free (EngineControl *control);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineControl, engine_control_free)
