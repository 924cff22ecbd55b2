/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-server-config-private.h"

#include "engine-error.h"

#include <store-site.h>

#define GROUP            "server"
#define LIMITS           "limits"
#define DEFAULT_MAX_SIZE (50 * G_GUINT64_CONSTANT (1048576))

static const struct
{
  const char *name;
  const char *key;
  guint16 port;
} default_ports[ENGINE_N_PORTS] = {
  [ENGINE_PORT_SMTP] = { "smtp", "smtp-port", 2525 },
  [ENGINE_PORT_SMTPS] = { "smtps", "smtps-port", 2465 },
  [ENGINE_PORT_SUBMISSION] = { "submission", "submission-port", 2587 },
  [ENGINE_PORT_POP3] = { "pop3", "pop3-port", 2110 },
  [ENGINE_PORT_POP3S] = { "pop3s", "pop3s-port", 2995 },
};

static void
load_text (GKeyFile *file, const char *key, char **value)
{
  g_autofree char *text = g_key_file_get_string (file, GROUP, key, NULL);

  if (text != NULL && text[0] != '\0')
    {
      g_free (*value);
      *value = g_steal_pointer (&text);
    }
}

static void
save_text (GKeyFile *file, const char *key, const char *value)
{
  if (value != NULL)
    g_key_file_set_string (file, GROUP, key, value);
}

/* One that makes no sense is passed over. */
static void
load_limits (GKeyFile *file, const char *path, EngineServerLimits *limits)
{
  const char *name;

  for (guint i = 0; (name = engine_server_limits_get_name (i)) != NULL; i++)
    {
      g_autofree char *value = g_key_file_get_string (file, LIMITS, name, NULL);
      g_autoptr (GError) error = NULL;
      if (value != NULL && !engine_server_limits_set (limits, name, value, &error))
        g_warning ("%s: %s", path, error->message);
    }
}

EngineServerConfig *
engine_server_config_new (void)
{
  EngineServerConfig *config = g_new0 (EngineServerConfig, 1);

  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    config->ports[i] = default_ports[i].port;
  config->domain = g_strdup ("postroom.test");
  config->max_size = DEFAULT_MAX_SIZE;
  engine_server_limits_init (&config->limits);
  return config;
}

EngineServerConfig *
engine_server_config_copy (const EngineServerConfig *config)
{
  EngineServerConfig *copy = g_memdup2 (config, sizeof *config);

  copy->domain = g_strdup (config->domain);
  copy->address = g_strdup (config->address);
  copy->certificate_file = g_strdup (config->certificate_file);
  copy->key_file = g_strdup (config->key_file);
  copy->catch_all = g_strdup (config->catch_all);
  return copy;
}

void
engine_server_config_free (EngineServerConfig *config)
{
  g_free (config->domain);
  g_free (config->address);
  g_free (config->certificate_file);
  g_free (config->key_file);
  g_free (config->catch_all);
  g_free (config);
}

EngineServerConfig *
engine_server_config_load (const char *path)
{
  g_autoptr (EngineServerConfig) config = engine_server_config_new ();
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &error))
    {
      if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_warning ("%s: %s", path, error->message);
      return g_steal_pointer (&config);
    }
  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    {
      g_autofree char *text = g_key_file_get_string (file, GROUP, default_ports[i].key, NULL);
      guint64 port;
      if (text != NULL && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT16, &port, NULL))
        config->ports[i] = (guint16) port;
    }
  load_text (file, "domain", &config->domain);
  load_text (file, "address", &config->address);
  load_text (file, "certificate-file", &config->certificate_file);
  load_text (file, "key-file", &config->key_file);
  load_text (file, "catch-all", &config->catch_all);
  config->auth_in_clear = g_key_file_get_boolean (file, GROUP, "auth-in-clear", NULL);
  config->demonstration_auth = g_key_file_get_boolean (file, GROUP, "demonstration-auth", NULL);
  load_limits (file, path, &config->limits);
  config->offer_expn = g_key_file_get_boolean (file, GROUP, "offer-expn", NULL);
  config->judge = g_key_file_get_boolean (file, GROUP, "judge", NULL);
  if (g_key_file_has_key (file, GROUP, "max-size", NULL))
    config->max_size = g_key_file_get_uint64 (file, GROUP, "max-size", NULL);

  g_clear_error (&error);
  if (!engine_server_config_check (config, &error))
    {
      g_warning ("%s: %s", path, error->message);
      return engine_server_config_new ();
    }
  return g_steal_pointer (&config);
}

gboolean
engine_server_config_save (const EngineServerConfig *config, const char *path, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) local = NULL;

  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    g_key_file_set_integer (file, GROUP, default_ports[i].key, config->ports[i]);
  save_text (file, "domain", config->domain);
  save_text (file, "address", config->address);
  save_text (file, "certificate-file", config->certificate_file);
  save_text (file, "key-file", config->key_file);
  save_text (file, "catch-all", config->catch_all);
  g_key_file_set_boolean (file, GROUP, "auth-in-clear", config->auth_in_clear);
  g_key_file_set_boolean (file, GROUP, "demonstration-auth", config->demonstration_auth);
  for (guint i = 0; engine_server_limits_get_name (i) != NULL; i++)
    g_key_file_set_uint64 (file, LIMITS, engine_server_limits_get_name (i),
                           engine_server_limits_get (&config->limits, i));
  g_key_file_set_boolean (file, GROUP, "offer-expn", config->offer_expn);
  g_key_file_set_boolean (file, GROUP, "judge", config->judge);
  g_key_file_set_uint64 (file, GROUP, "max-size", config->max_size);
  if (!g_key_file_save_to_file (file, path, &local))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE,
                   "The server's settings cannot be kept: %s", local->message);
      return FALSE;
    }
  return TRUE;
}

gboolean
engine_server_config_check (const EngineServerConfig *config, GError **error)
{
  g_autoptr (GError) failed = NULL;
  g_autofree char *domain
      = store_site_normalise_domain (config->domain != NULL ? config->domain : "", &failed);
  g_autofree char *catch_all = config->catch_all != NULL && failed == NULL
                                   ? store_site_normalise_user (config->catch_all, &failed)
                                   : NULL;

  if (failed != NULL)
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, failed->message);
      return FALSE;
    }
  if (config->address != NULL && !g_hostname_is_ip_address (config->address))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, "“%s” is no IP address",
                   config->address);
      return FALSE;
    }
  if ((config->certificate_file == NULL) != (config->key_file == NULL))
    {
      g_set_error_literal (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                           "A certificate and its key are given together or not at all");
      return FALSE;
    }
  for (guint i = 0; i < ENGINE_N_PORTS; i++)
    for (guint j = 0; j < i; j++)
      if (config->ports[i] != 0 && config->ports[i] == config->ports[j])
        {
          g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, "Port %u is given twice",
                       config->ports[i]);
          return FALSE;
        }
  return TRUE;
}

const char *
engine_server_config_get_port_name (EnginePort port)
{
  return default_ports[port].name;
}

guint16
engine_server_config_get_default_port (EnginePort port)
{
  return default_ports[port].port;
}
