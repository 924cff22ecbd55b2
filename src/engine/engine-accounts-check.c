/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-accounts-private.h"
#include "engine-error-private.h"
#include "engine-retrieval-private.h"
#include "engine-submission-private.h"

/* Logs in at both servers: first where letters are fetched, then where they are sent. */
typedef struct
{
  StoreAccount *account;
  BaseSecret *password; /* or NULL */
  gboolean stored;      /* it is the one that is kept */
  EngineSubmission *submission;
  GSource *cancel;
} Check;

static void
check_free (Check *check)
{
  store_account_free (check->account);
  g_clear_pointer (&check->password, base_secret_unref);
  g_clear_pointer (&check->submission, engine_submission_unref);
  if (check->cancel != NULL)
    {
      g_source_destroy (check->cancel);
      g_source_unref (check->cancel);
    }
  g_free (check);
}

/* Takes @error; says which of the two servers it was. */
static void
fail (GTask *task, GError *error, const char *purpose)
{
  g_autoptr (GError) words = engine_error_translate (error, NULL);

  g_error_free (error);
  if (words->domain == ENGINE_ERROR)
    g_prefix_error (&words, "The server for %s: ", purpose);
  g_task_return_error (task, g_steal_pointer (&words));
}

static void
on_outcome (gint64 letter, const StoreOutboxEntry *entry, const GError *error, gpointer user_data)
{
  g_assert_not_reached ();
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  Check *check = user_data;

  engine_submission_stop (check->submission);
  return G_SOURCE_REMOVE;
}

static void
on_submitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Check *check = g_task_get_task_data (task);
  GError *error = NULL;

  if (engine_submission_run_finish (check->submission, result, &error))
    g_task_return_boolean (task, TRUE);
  else
    fail (task, error, "sending");
}

static void
on_retrieved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineAccounts *accounts = g_task_get_source_object (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  Check *check = g_task_get_task_data (task);
  GError *error = NULL;

  if (!engine_retrieval_run_finish (result, NULL, &error))
    {
      fail (task, error, "fetching");
      return;
    }
  EnginePeer *peer = engine_accounts_make_peer (accounts, check->account, ENGINE_PEER_SMTP,
                                                check->password, check->stored, &error);
  if (peer == NULL)
    {
      fail (task, error, "sending");
      return;
    }
  check->submission
      = engine_submission_new (NULL, engine_accounts_get_journal (accounts), on_outcome, NULL);
  if (cancellable != NULL)
    {
      check->cancel = g_cancellable_source_new (cancellable);
      g_source_set_callback (check->cancel, G_SOURCE_FUNC (on_cancelled), check, NULL);
      g_source_attach (check->cancel, g_main_context_get_thread_default ());
    }
  engine_submission_run_async (check->submission, peer, NULL, on_submitted,
                               g_steal_pointer (&task));
}

static void
begin (GTask *task)
{
  EngineAccounts *accounts = g_task_get_source_object (task);
  Check *check = g_task_get_task_data (task);
  GError *error = NULL;
  EnginePeer *peer = engine_accounts_make_peer (accounts, check->account, ENGINE_PEER_POP3,
                                                check->password, check->stored, &error);

  if (peer == NULL)
    {
      fail (task, error, "fetching");
      g_object_unref (task);
      return;
    }
  engine_retrieval_run_async (NULL, check->account, NULL, peer,
                              engine_accounts_get_journal (accounts), NULL, NULL,
                              g_task_get_cancellable (task), on_retrieved, task);
}

static void
on_password (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  EngineAccounts *accounts = g_task_get_source_object (task);
  Check *check = g_task_get_task_data (task);
  GError *error = NULL;

  check->password = engine_accounts_lookup_password_finish (accounts, result, &error);
  check->stored = TRUE;
  if (error == NULL)
    {
      begin (task);
      return;
    }
  engine_error_return (task, error, NULL);
  g_object_unref (task);
}

void
engine_accounts_check_async (EngineAccounts *accounts,
                             const StoreAccount *account,
                             const char *password,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task = g_task_new (accounts, cancellable, callback, user_data);
  Check *check = g_new0 (Check, 1);
  g_autofree char *wrong = engine_accounts_validate (account);

  check->account = store_account_copy (account);
  g_task_set_task_data (task, check, (GDestroyNotify) check_free);
  if (wrong != NULL)
    {
      g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_INVALID, "%s", wrong);
      g_object_unref (task);
    }
  else if (password == NULL && account->id != 0)
    engine_accounts_lookup_password_async (accounts, account->id, cancellable, on_password, task);
  else
    {
      check->password = password != NULL ? base_secret_new (password, -1) : NULL;
      begin (task);
    }
}

gboolean
engine_accounts_check_finish (EngineAccounts *accounts, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
