/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A verb of the command line, and what each of them is given to work with. Main thread.
 */

#include <engine-office.h>

/* Exit codes, as in sysexits.h, which mail programs have always used. */
typedef enum
{
  CLI_EXIT_OK = 0,
  CLI_EXIT_FAILURE = 1,
  CLI_EXIT_USAGE = 64,      /* the command line makes no sense */
  CLI_EXIT_DATA = 65,       /* a letter, an address or a name that cannot be used */
  CLI_EXIT_NOT_FOUND = 67,  /* no such letter, account, user */
  CLI_EXIT_NETWORK = 69,    /* a server cannot be reached, or is not to be trusted */
  CLI_EXIT_STORE = 74,      /* files and rows */
  CLI_EXIT_TEMPORARY = 75,  /* it waits in the outbox, and will be tried again */
  CLI_EXIT_PROTOCOL = 76,   /* the server broke the protocol or refused */
  CLI_EXIT_PERMISSION = 77, /* user name or password refused */
} CliExit;

typedef struct
{
  EngineOffice *office;      /* NULL for a verb that needs none */
  GCancellable *cancellable; /* cancelled by Ctrl+C */
  GMainLoop *loop;
  GAsyncResult *result;
  char *directory; /* --data-dir, or NULL */
  gboolean json;
} CliRun;

typedef struct
{
  const char *name;      /* "send", "user add" */
  const char *arguments; /* "NAME", for the help; not translated */
  const char *summary;   /* one line */
  const char *details;   /* paragraphs for the verb's own help, or NULL */
  const GOptionEntry *options;
  gboolean private_office; /* opens an office of its own */
  /* @arguments: what is left after the options; NULL-terminated. */
  CliExit (*run) (CliRun *run, char **arguments);
} CliVerb;

extern const CliVerb cli_serve_verb;
extern const CliVerb cli_user_add_verb;
extern const CliVerb cli_user_disable_verb;
extern const CliVerb cli_user_enable_verb;
extern const CliVerb cli_user_list_verb;
extern const CliVerb cli_user_passwd_verb;
extern const CliVerb cli_user_quota_verb;
extern const CliVerb cli_user_remove_verb;
extern const CliVerb cli_alias_add_verb;
extern const CliVerb cli_alias_list_verb;
extern const CliVerb cli_alias_remove_verb;
extern const CliVerb cli_domain_add_verb;
extern const CliVerb cli_domain_list_verb;
extern const CliVerb cli_domain_remove_verb;
extern const CliVerb cli_recall_verb;
extern const CliVerb cli_account_add_verb;
extern const CliVerb cli_account_list_verb;
extern const CliVerb cli_account_remove_verb;
extern const CliVerb cli_account_login_verb;
extern const CliVerb cli_providers_verb;
extern const CliVerb cli_send_verb;
extern const CliVerb cli_fetch_verb;
extern const CliVerb cli_list_verb;
extern const CliVerb cli_search_verb;
extern const CliVerb cli_store_check_verb;
extern const CliVerb cli_store_rebuild_verb;
extern const CliVerb cli_tag_add_verb;
extern const CliVerb cli_tag_list_verb;
extern const CliVerb cli_tag_remove_verb;
extern const CliVerb cli_show_verb;
extern const CliVerb cli_reply_verb;
extern const CliVerb cli_forward_verb;
extern const CliVerb cli_move_verb;
extern const CliVerb cli_mark_verb;
extern const CliVerb cli_delete_verb;
extern const CliVerb cli_demo_verb;
extern const CliVerb cli_junk_explain_verb;
extern const CliVerb cli_junk_mark_verb;
extern const CliVerb cli_junk_train_verb;
extern const CliVerb cli_junk_forget_verb;
extern const CliVerb cli_junk_rules_verb;
extern const CliVerb cli_junk_allow_verb;
extern const CliVerb cli_junk_block_verb;
extern const CliVerb cli_junk_unlist_verb;
extern const CliVerb cli_import_verb;
extern const CliVerb cli_export_verb;
extern const CliVerb cli_junk_status_verb;
extern const CliVerb cli_server_stats_verb;
extern const CliVerb cli_server_sessions_verb;
extern const CliVerb cli_server_trace_verb;
extern const CliVerb cli_server_reload_verb;
extern const CliVerb cli_server_expire_verb;
extern const CliVerb cli_server_backup_verb;
extern const CliVerb cli_server_restore_verb;
extern const CliVerb cli_server_faults_verb;

/* A GAsyncReadyCallback for @run, and the wait for it; the result is the caller's. */
void cli_run_ready (GObject *source, GAsyncResult *result, gpointer run);
GAsyncResult *cli_run_wait (CliRun *run);

/* Waits until the cancellable is cancelled by a signal. */
void cli_run_wait_for_signal (CliRun *run);
