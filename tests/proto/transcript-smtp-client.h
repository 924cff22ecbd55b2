/* SPDX-License-Identifier: MIT */
#pragma once

#include "transcript.h"

/*
 * The SMTP client in transcripts. Config: helo, starttls (required, never), user, password,
 * auth-in-clear, implicit-tls. Does "send FROM TO[,TO…] [SIZE] [8bit] [utf8] [requiretls] [report]"
 * ("<>" for the null path; report: RET, NOTIFY and ENVID),
 * "body TEXT" (escaped as a fed line, written when the client wants it), "end", "quit".
 */
extern const TranscriptAdapter transcript_smtp_client;
