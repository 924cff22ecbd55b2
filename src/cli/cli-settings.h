/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What “serve” goes by: a file of settings, and the options, which come before it. Main thread.
 */

#include <engine-server.h>

typedef struct
{
  EngineServerConfig *server;
  char *faults_file; /* or NULL */
  guint64 fault_seed;
  gboolean magic_recipients;
  char *log_file; /* as for cli_log_new(), as are these */
  char *log_level;
  char *log_format;
} CliSettings;

/* The defaults. */
CliSettings *cli_settings_new (void);
void cli_settings_free (CliSettings *settings);
/* Puts what the file says over @settings. File names in it are of its own directory. What it does
 * not know, and a value that makes no sense, is named with its line. */
gboolean cli_settings_read (CliSettings *settings, const char *path, GError **error);
/* As such a file; every key there is. */
char *cli_settings_print (const CliSettings *settings);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliSettings, cli_settings_free)
