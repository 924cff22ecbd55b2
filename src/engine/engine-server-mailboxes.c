/* SPDX-License-Identifier: MIT */
#include "engine-server-mailboxes.h"

#include "engine-error-private.h"
#include "engine-server-shared-private.h"

#include <string.h>

/* ---- users ---- */

void
engine_server_set_disabled_async (EngineServer *server,
                                  const char *name,
                                  gboolean disabled,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GTask *task = g_task_new (server, cancellable, callback, user_data);

  store_site_set_disabled_async (engine_server_get_site (server), name, disabled, cancellable,
                                 engine_server_changed, task);
}

void
engine_server_set_quota_async (EngineServer *server,
                               const char *name,
                               guint64 octets,
                               guint letters,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GTask *task = g_task_new (server, cancellable, callback, user_data);

  store_site_set_quota_async (engine_server_get_site (server), name, octets, letters, cancellable,
                              engine_server_changed, task);
}

/* ---- domains ---- */

static gboolean
is_first (EngineServer *server, const char *domain)
{
  return g_ascii_strcasecmp (domain, engine_server_get_domain (server)) == 0;
}

char **
engine_server_dup_domains (EngineServer *server, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_auto (GStrv) others = store_site_dup_domains (engine_server_get_site (server), &local);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (others == NULL)
    {
      g_propagate_error (error, engine_error_translate (local, NULL));
      return NULL;
    }
  g_strv_builder_add (builder, engine_server_get_domain (server));
  /* The first may have become so after it was added. */
  for (char **other = others; *other != NULL; other++)
    if (!is_first (server, *other))
      g_strv_builder_add (builder, *other);
  return g_strv_builder_end (builder);
}

void
engine_server_add_domain_async (EngineServer *server,
                                const char *domain,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (server, cancellable, callback, user_data);

  if (is_first (server, domain))
    g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_EXISTS, "“%s” is served already",
                             domain);
  else
    store_site_add_domain_async (engine_server_get_site (server), domain, cancellable,
                                 engine_server_changed, g_steal_pointer (&task));
}

void
engine_server_remove_domain_async (EngineServer *server,
                                   const char *domain,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (server, cancellable, callback, user_data);

  if (is_first (server, domain))
    g_task_return_new_error (
        task, ENGINE_ERROR, ENGINE_ERROR_INVALID,
        "“%s” is the server's first domain: one of its settings, to be changed "
        "and not removed",
        domain);
  else
    store_site_remove_domain_async (engine_server_get_site (server), domain, cancellable,
                                    engine_server_changed, g_steal_pointer (&task));
}

/* ---- aliases ---- */

GPtrArray *
engine_server_dup_aliases (EngineServer *server, GError **error)
{
  g_autoptr (GError) local = NULL;
  GPtrArray *aliases = store_site_dup_aliases (engine_server_get_site (server), &local);

  if (aliases == NULL)
    g_propagate_error (error, engine_error_translate (local, NULL));
  return aliases;
}

/* *@domain: within @address, or NULL. */
static char *
split (const char *address, const char **domain)
{
  const char *at = strrchr (address, '@');

  *domain = at != NULL ? at + 1 : NULL;
  return at != NULL ? g_strndup (address, (gsize) (at - address)) : g_strdup (address);
}

void
engine_server_add_alias_async (EngineServer *server,
                               const char *address,
                               const char *const *users,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (server, cancellable, callback, user_data);
  StoreSite *site = engine_server_get_site (server);
  const char *domain;
  g_autofree char *local_part = split (address, &domain);

  if (users == NULL || *users == NULL)
    g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                             "An alias stands for at least one user");
  else if (domain != NULL && !is_first (server, domain) && !store_site_has_domain (site, domain))
    g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                             "“%s” is none of the server's domains", domain);
  else
    store_site_add_alias_async (site, local_part, domain, users, cancellable, engine_server_changed,
                                g_steal_pointer (&task));
}

void
engine_server_remove_alias_async (EngineServer *server,
                                  const char *address,
                                  const char *const *users,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GTask *task = g_task_new (server, cancellable, callback, user_data);
  const char *domain;
  g_autofree char *local_part = split (address, &domain);

  store_site_remove_alias_async (engine_server_get_site (server), local_part, domain, users,
                                 cancellable, engine_server_changed, task);
}

/* ---- recall ---- */

static void
on_recalled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineServer *server = g_task_get_source_object (task);
  GError *error = NULL;
  GPtrArray *recalls = store_site_recall_finish (engine_server_get_site (server), result, &error);

  if (recalls == NULL)
    engine_error_return (task, error, NULL);
  else
    g_task_return_pointer (task, recalls, (GDestroyNotify) g_ptr_array_unref);
}

void
engine_server_recall_async (EngineServer *server,
                            const char *sender,
                            const char *message_id,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (server, cancellable, callback, user_data);
  StoreSite *site = engine_server_get_site (server);
  const char *domain;
  g_autofree char *user = split (sender, &domain);

  if (!store_site_has_user (site, user))
    g_task_return_new_error (task, ENGINE_ERROR, ENGINE_ERROR_NOT_FOUND, "There is no user “%s”",
                             user);
  else
    store_site_recall_async (site, user, message_id, cancellable, on_recalled,
                             g_steal_pointer (&task));
}

GPtrArray *
engine_server_recall_finish (EngineServer *server, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
