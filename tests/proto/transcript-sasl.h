/* SPDX-License-Identifier: MIT */
#pragma once

/* What the transcripts have for AUTH: the configuration's words, and the keys of
 * RFC 7677's example, where the password is "pencil". */

#include "transcript.h"

#include <proto-sasl.h>

/* "mechanisms" of the run, by their names. */
ProtoSaslMechanisms transcript_sasl_get_mechanisms (TranscriptRun *run, const char *fallback);
/* The other half of the example's nonce, unless "nonce" says another. */
const char *transcript_sasl_get_nonce (TranscriptRun *run);
/* A client's: "config: token yes" makes the password one, "config: nonce" is SCRAM's. NULL: none.
 */
void transcript_sasl_set (TranscriptRun *run, ProtoCredentials *credentials);
/* With "config: binding WORDS" the TLS to come has these as its tls-exporter. */
void transcript_sasl_bind (TranscriptRun *run, ProtoEngine *engine);
const ProtoScramKeys *transcript_sasl_get_keys (void);
/* "AUTH ann@x ann secret", "LOGIN  ann digest of challenge", "AUTH  ann proved". */
void
transcript_sasl_report (TranscriptRun *run, const char *verb, const ProtoCredentials *credentials);
