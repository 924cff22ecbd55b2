/* SPDX-License-Identifier: MIT */
#pragma once

#include "transcript.h"

/*
 * The POP3 server in transcripts. Config: host, stls, plain-in-clear, apop, mechanisms
 * ("PLAIN LOGIN"), max-errors, implicit-tls, and letter-1, letter-2 … (escaped as a fed line, its
 * CRLF too): the maildrop, with the identifiers uid-1, uid-2 ….
 *
 * An answer to LOGIN, APOP or UPDATE is "accept", or "refuse CODE text" ("-" for no code); to RETR
 * and TOP also "abort", which breaks off after the first octets. "do: answer …" answers later,
 * "do: shut-down" ends the session.
 */
extern const TranscriptAdapter transcript_pop3_server;
