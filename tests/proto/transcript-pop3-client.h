/* SPDX-License-Identifier: MIT */
#pragma once

#include "transcript.h"

/*
 * The POP3 client in transcripts. Config: stls (required, never), user, password, auth-in-clear,
 * apop, implicit-tls. "do: COMMAND [NUMBER [LINES]]" queues a command, such as "do: TOP 1 0".
 */
extern const TranscriptAdapter transcript_pop3_client;
