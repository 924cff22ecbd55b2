/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-accounts-private.h"

#include "engine-error-private.h"
#include "engine-waiters-private.h"

/* A renewal under way, and the sessions of the account that wait for it. A refresh token may be
 * good for one use alone: two must not be under way at once. */
typedef struct
{
  EngineAccounts *accounts; /* counted */
  StoreAccount *account;
  const EngineProvider *provider;
  BaseSecret *held; /* the access token that is of no more use */
  EngineTokens *stored;
  BaseSecret *kept; /* what is about to be stored */
  EngineTokens *fresh;
  gboolean asked; /* and refused: another program may have been faster */
  EngineWaiters *waiters;
} Renewal;

static void look_up (Renewal *renewal);

static void
renewal_free (Renewal *renewal)
{
  g_object_unref (renewal->accounts);
  store_account_free (renewal->account);
  base_secret_unref (renewal->held);
  engine_tokens_free (renewal->stored);
  g_clear_pointer (&renewal->kept, base_secret_unref);
  engine_tokens_free (renewal->fresh);
  engine_waiters_free (renewal->waiters);
  g_free (renewal);
}

static void
give (GTask *task, gpointer user_data)
{
  const EngineTokens *tokens = user_data;

  g_task_set_task_data (task, base_secret_ref (tokens->access), (GDestroyNotify) base_secret_unref);
}

/* Takes @renewal and @error; @tokens NULL: that is why. */
static void
finish (Renewal *renewal, const EngineTokens *tokens, GError *error)
{
  GHashTable *renewals = engine_accounts_get_renewals (renewal->accounts);

  g_hash_table_remove (renewals, &renewal->account->id);
  engine_waiters_return (renewal->waiters, error, tokens != NULL ? give : NULL, (gpointer) tokens);
  g_clear_error (&error);
  renewal_free (renewal);
}

static void
on_kept (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Renewal *renewal = user_data;
  EngineSecrets *secrets = engine_accounts_get_secrets (renewal->accounts);
  GError *error = NULL;

  if (engine_secrets_finish (secrets, result, &error))
    finish (renewal, renewal->fresh, NULL);
  else
    finish (renewal, NULL, error);
}

static void
on_renewed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Renewal *renewal = user_data;
  GError *error = NULL;

  renewal->fresh = engine_tokens_ask_finish (result, &error);
  if (renewal->fresh == NULL && g_error_matches (error, ENGINE_ERROR, ENGINE_ERROR_SIGN_IN)
      && !renewal->asked)
    {
      g_clear_error (&error);
      renewal->asked = TRUE;
      look_up (renewal);
      return;
    }
  if (renewal->fresh == NULL)
    {
      finish (renewal, NULL, error);
      return;
    }
  renewal->kept = engine_tokens_to_secret (renewal->fresh);
  engine_secrets_store_async (engine_accounts_get_secrets (renewal->accounts), renewal->account->id,
                              renewal->account->address, renewal->kept, NULL, on_kept, renewal);
}

static GError *
say_again (const Renewal *renewal)
{
  return g_error_new (ENGINE_ERROR, ENGINE_ERROR_SIGN_IN,
                      "The sign-in of %s at %s has expired or was withdrawn. Sign in again.",
                      renewal->account->address, renewal->provider->name);
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Renewal *renewal = user_data;
  GError *error = NULL;
  g_autoptr (BaseSecret) secret
      = engine_accounts_lookup_password_finish (renewal->accounts, result, &error);
  g_autoptr (EngineTokens) before = g_steal_pointer (&renewal->stored);

  if (error != NULL)
    {
      finish (renewal, NULL, error);
      return;
    }
  renewal->stored = secret != NULL ? engine_tokens_from_secret (secret) : NULL;
  const EngineTokens *stored = renewal->stored;
  if (stored != NULL && !base_secret_equal (stored->access, renewal->held)
      && !engine_tokens_are_stale (stored))
    finish (renewal, stored, NULL);
  else if (stored == NULL || stored->refresh == NULL
           || (before != NULL && base_secret_equal (before->refresh, stored->refresh)))
    finish (renewal, NULL, say_again (renewal));
  else
    engine_tokens_renew_async (stored, renewal->provider, renewal->account->proxy, NULL, on_renewed,
                               renewal);
}

static void
look_up (Renewal *renewal)
{
  engine_accounts_lookup_password_async (renewal->accounts, renewal->account->id, NULL,
                                         on_looked_up, renewal);
}

void
engine_accounts_renew_async (EngineAccounts *accounts,
                             const StoreAccount *account,
                             BaseSecret *held,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (accounts, cancellable, callback, user_data);
  GHashTable *renewals = engine_accounts_get_renewals (accounts);
  const EngineProvider *provider = engine_providers_find (account->sign_in);
  Renewal *renewal = g_hash_table_lookup (renewals, &account->id);
  g_autofree char *why_not
      = provider != NULL ? engine_provider_explain (provider)
                         : g_strdup_printf ("There is no mail provider “%s” in providers.ini.",
                                            account->sign_in);

  if (why_not != NULL)
    {
      g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_SIGN_IN, "%s", why_not);
      return;
    }
  if (renewal == NULL)
    {
      renewal = g_new0 (Renewal, 1);
      renewal->accounts = g_object_ref (accounts);
      renewal->account = store_account_copy (account);
      renewal->provider = provider;
      renewal->held = base_secret_ref (held);
      renewal->waiters = engine_waiters_new (NULL, NULL);
      g_hash_table_insert (renewals, &renewal->account->id, renewal);
      engine_waiters_add (renewal->waiters, g_steal_pointer (&task));
      look_up (renewal);
    }
  else
    engine_waiters_add (renewal->waiters, g_steal_pointer (&task));
}

BaseSecret *
engine_accounts_renew_finish (EngineAccounts *accounts, GAsyncResult *result, GError **error)
{
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  return base_secret_ref (g_task_get_task_data (G_TASK (result)));
}
