/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

/* What a running server tells of itself. */

#include "engine-server-shared-private.h"

#include "engine-error.h"
#include "engine-server-config-private.h"

static const struct
{
  const char *name;
  EngineCount count;
} counts[] = {
  { "sessions", ENGINE_COUNT_SESSIONS },
  { "turned-away", ENGINE_COUNT_TURNED_AWAY },
  { "encrypted", ENGINE_COUNT_TLS },
  { "logins", ENGINE_COUNT_LOGINS },
  { "wrong-passwords", ENGINE_COUNT_WRONG_PASSWORDS },
  { "locked", ENGINE_COUNT_LOCKED },
  { "letters", ENGINE_COUNT_LETTERS },
  { "octets", ENGINE_COUNT_OCTETS },
  { "refused", ENGINE_COUNT_REFUSED },
  { "retrieved", ENGINE_COUNT_RETRIEVED },
  { "removed", ENGINE_COUNT_REMOVED },
};

GVariant *
engine_server_describe (EngineServer *server)
{
  EngineService *service = engine_server_get_service (server);
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "domain",
                         g_variant_new ("s", engine_server_get_domain (server)));
  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    {
      g_autofree char *key
          = g_strconcat ("port-", engine_server_config_get_port_name ((EnginePort) i), NULL);
      g_variant_builder_add (&dict, "{sv}", key,
                             g_variant_new ("u", engine_server_get_port (server, (EnginePort) i)));
    }
  if (service != NULL)
    {
      g_variant_builder_add (&dict, "{sv}", "since",
                             g_variant_new ("x", engine_service_get_since (service)));
      g_variant_builder_add (&dict, "{sv}", "open",
                             g_variant_new ("u", engine_service_get_sessions (service)));
      for (gsize i = 0; i < G_N_ELEMENTS (counts); i++)
        g_variant_builder_add (&dict, "{sv}", counts[i].name,
                               g_variant_new ("t",
                                              engine_service_get_count (service, counts[i].count)));
    }
  return g_variant_builder_end (&dict);
}

void
engine_server_describe_sessions_async (EngineServer *server,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  EngineService *service = engine_server_get_service (server);

  if (service != NULL)
    {
      engine_service_describe_async (service, callback, user_data);
      return;
    }
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  g_task_return_pointer (task,
                         g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0)),
                         (GDestroyNotify) g_variant_unref);
}

GVariant *
engine_server_describe_sessions_finish (GAsyncResult *result)
{
  return engine_service_describe_finish (result);
}

gboolean
engine_server_reload (EngineServer *server, GError **error)
{
  const EngineServerConfig *config = engine_server_get_config (server);
  EngineService *service = engine_server_get_service (server);

  if (service == NULL || config->certificate_file == NULL)
    {
      g_set_error_literal (
          error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
          "The server's certificate is its own, and not read from a file of yours");
      return FALSE;
    }
  g_autoptr (NetIdentity) identity
      = net_identity_load (config->certificate_file, config->key_file, error);
  if (identity == NULL)
    return FALSE;
  engine_service_set_identity (service, identity);
  engine_server_set_identity (server, identity);
  return TRUE;
}
