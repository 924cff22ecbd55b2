/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A small engine to try links with. As a server it says each line back, and knows STARTTLS, QUIT
 * and HOLD (parse nothing more until echo_resume()); as a client it only collects lines.
 */

#include <proto-engine.h>

typedef struct
{
  ProtoEngine engine;
  gboolean server;
  gboolean held;
  gboolean timed_out;
  GPtrArray *lines;
  gsize body; /* octets in all */
  char *tls;
} Echo;

Echo *echo_new (gboolean server);
void echo_say (Echo *echo, const char *text);
void echo_resume (Echo *echo);
const char *echo_get_last (Echo *echo);
