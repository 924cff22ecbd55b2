/* SPDX-License-Identifier: MIT */
#pragma once

#include "transcript.h"

/*
 * The SMTP server in transcripts. Config: host, starttls, auth-required, auth-in-clear, mechanisms
 * ("PLAIN LOGIN"), max-size, max-recipients, max-errors, max-line, implicit-tls. An answer is a
 * reply: "550 5.1.1 No such mailbox".
 */
extern const TranscriptAdapter transcript_smtp_server;
