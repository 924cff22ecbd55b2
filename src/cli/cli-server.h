/* SPDX-License-Identifier: MIT */
#pragma once

/* Asking the server that runs on the data directory. Main thread. */

#include "cli-output.h"

/* A question with one answer; NULL with *@code after saying what went wrong. */
GVariant *cli_server_ask (CliRun *run, const char *question, CliExit *code);
