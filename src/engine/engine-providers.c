/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-providers.h"

#include "engine-resources.h"

#include <gio/gio.h>
#include <string.h>

#define BUILT_IN "/io/github/postroom/Postroom/providers.ini"
#define NAME     "providers.ini"

typedef struct
{
  GPtrArray *list; /* of EngineProvider */
  GString *problem;
} Providers;

static void
provider_free (EngineProvider *provider)
{
  g_free (provider->id);
  g_free (provider->name);
  g_strfreev (provider->domains);
  g_free (provider->pop3.host);
  g_free (provider->smtp.host);
  g_free (provider->authorize);
  g_free (provider->token);
  g_free (provider->scope);
  g_free (provider->issuer);
  g_free (provider->parameters);
  g_free (provider->client_id);
  g_free (provider->client_secret);
  g_free (provider);
}

/* ---- the files ---- */

char *
engine_providers_dup_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "postroom", NAME, NULL);
}

static void complain (Providers *providers, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
complain (Providers *providers, const char *format, ...)
{
  va_list arguments;

  if (providers->problem->len > 0)
    g_string_append_c (providers->problem, '\n');
  va_start (arguments, format);
  g_string_append_vprintf (providers->problem, format, arguments);
  va_end (arguments);
}

static void
lay_over (GKeyFile *below, GKeyFile *above)
{
  g_auto (GStrv) groups = g_key_file_get_groups (above, NULL);

  for (guint i = 0; groups[i] != NULL; i++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (above, groups[i], NULL, NULL);
      for (guint j = 0; keys != NULL && keys[j] != NULL; j++)
        {
          g_autofree char *value = g_key_file_get_value (above, groups[i], keys[j], NULL);
          g_key_file_set_value (below, groups[i], keys[j], value);
        }
    }
}

static void
add_file (Providers *providers, GKeyFile *file, const char *path)
{
  g_autoptr (GKeyFile) above = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  if (g_key_file_load_from_file (above, path, G_KEY_FILE_NONE, &error))
    lay_over (file, above);
  else if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    complain (providers, "“%s” cannot be used: %s.", path, error->message);
}

/* ---- one provider ---- */

static gboolean
read_server (GKeyFile *file, const char *id, const char *key, StoreServer *server)
{
  g_autofree char *security_key = g_strconcat (key, "-security", NULL);
  g_autofree char *text = g_key_file_get_string (file, id, key, NULL);
  g_autofree char *security = g_key_file_get_string (file, id, security_key, NULL);
  g_autoptr (GSocketConnectable) place
      = text != NULL ? g_network_address_parse (text, 0, NULL) : NULL;

  server->security = STORE_SECURITY_TLS;
  if (place == NULL || g_network_address_get_port (G_NETWORK_ADDRESS (place)) == 0
      || (security != NULL && !store_security_from_name (security, &server->security)))
    return FALSE;
  server->host = g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (place)));
  server->port = g_network_address_get_port (G_NETWORK_ADDRESS (place));
  return TRUE;
}

/* Codes and tokens cross no open network: https, or this computer. */
static gboolean
is_endpoint (const char *text)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;

  if (host == NULL || *host == '\0')
    return FALSE;
  return strcmp (g_uri_get_scheme (uri), "https") == 0
         || (strcmp (g_uri_get_scheme (uri), "http") == 0
             && (strcmp (host, "127.0.0.1") == 0 || strcmp (host, "localhost") == 0));
}

static char *
get_text (GKeyFile *file, const char *id, const char *key)
{
  char *text = g_key_file_get_string (file, id, key, NULL);

  return text != NULL ? g_strstrip (text) : g_strdup ("");
}

static gboolean
read_sign_in (GKeyFile *file, EngineProvider *provider)
{
  const char *id = provider->id;

  if (!g_key_file_has_key (file, id, "authorize", NULL))
    return TRUE;
  provider->authorize = get_text (file, id, "authorize");
  provider->token = get_text (file, id, "token");
  provider->scope = get_text (file, id, "scope");
  provider->issuer = get_text (file, id, "issuer");
  provider->parameters = get_text (file, id, "parameters");
  provider->client_id = get_text (file, id, "client-id");
  provider->client_secret = get_text (file, id, "client-secret");
  return is_endpoint (provider->authorize) && is_endpoint (provider->token);
}

static void
add_provider (Providers *providers, GKeyFile *file, const char *id)
{
  EngineProvider *provider = g_new0 (EngineProvider, 1);
  const char *wrong = NULL;

  provider->id = g_strdup (id);
  provider->name = g_key_file_get_string (file, id, "name", NULL);
  if (provider->name == NULL)
    provider->name = g_strdup (id);
  provider->domains = g_key_file_get_string_list (file, id, "domains", NULL, NULL);
  if (provider->domains == NULL)
    provider->domains = g_new0 (char *, 1);
  provider->app_password = g_key_file_get_boolean (file, id, "app-password", NULL);
  if (!read_server (file, id, "pop3", &provider->pop3))
    wrong = "its pop3 is no HOST:PORT, or its pop3-security no kind of encryption";
  else if (!read_server (file, id, "smtp", &provider->smtp))
    wrong = "its smtp is no HOST:PORT, or its smtp-security no kind of encryption";
  else if (!read_sign_in (file, provider))
    wrong = "its authorize and token are no https addresses";
  if (wrong == NULL)
    g_ptr_array_add (providers->list, provider);
  else
    {
      complain (providers, "The mail provider “%s” cannot be used: %s.", id, wrong);
      provider_free (provider);
    }
}

static Providers *
load (void)
{
  Providers *providers = g_new0 (Providers, 1);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GBytes) built_in = g_resource_lookup_data (engine_get_resource (), BUILT_IN,
                                                        G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  g_autofree char *installed = g_build_filename (ENGINE_DATADIR, NAME, NULL);
  g_autofree char *own = engine_providers_dup_path ();

  providers->list = g_ptr_array_new_with_free_func ((GDestroyNotify) provider_free);
  providers->problem = g_string_new (NULL);
  g_key_file_load_from_bytes (file, built_in, G_KEY_FILE_NONE, NULL);
  add_file (providers, file, installed);
  add_file (providers, file, own);
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL; i++)
    add_provider (providers, file, groups[i]);
  if (providers->problem->len > 0)
    g_message ("%s", providers->problem->str);
  return providers;
}

static Providers *
get (void)
{
  static Providers *providers;

  if (providers == NULL)
    providers = load ();
  return providers;
}

/* ---- public ---- */

GPtrArray *
engine_providers_get (void)
{
  return get ()->list;
}

const char *
engine_providers_get_problem (void)
{
  return get ()->problem->len > 0 ? get ()->problem->str : NULL;
}

const EngineProvider *
engine_providers_find (const char *id)
{
  GPtrArray *list = engine_providers_get ();

  for (guint i = 0; i < list->len; i++)
    if (strcmp (((EngineProvider *) g_ptr_array_index (list, i))->id, id) == 0)
      return g_ptr_array_index (list, i);
  return NULL;
}

const EngineProvider *
engine_providers_find_address (const char *address)
{
  GPtrArray *list = engine_providers_get ();
  const char *at = strrchr (address, '@');
  g_autofree char *domain = g_ascii_strdown (at != NULL ? at + 1 : "", -1);

  for (guint i = 0; *domain != '\0' && i < list->len; i++)
    {
      const EngineProvider *provider = g_ptr_array_index (list, i);
      if (g_strv_contains ((const char *const *) provider->domains, domain))
        return provider;
    }
  return NULL;
}

static void
take_server (StoreServer *server, const StoreServer *known)
{
  g_free (server->host);
  server->host = g_strdup (known->host);
  server->port = known->port;
  server->security = known->security;
}

void
engine_provider_apply (const EngineProvider *provider, StoreAccount *account)
{
  take_server (&account->pop3, &provider->pop3);
  take_server (&account->smtp, &provider->smtp);
}

gboolean
engine_provider_has_sign_in (const EngineProvider *provider)
{
  return provider->authorize != NULL;
}

char *
engine_provider_explain (const EngineProvider *provider)
{
  if (!engine_provider_has_sign_in (provider))
    return g_strdup_printf ("%s has no sign-in with a browser. Use a password.", provider->name);
  if (*provider->client_id != '\0')
    return NULL;
  g_autofree char *path = engine_providers_dup_path ();
  return g_strdup_printf (
      "This program is not registered at %s, so that nobody can sign in there "
      "with a browser. Register it, and enter the client-id under [%s] in “%s”; "
      "or use a password.",
      provider->name, provider->id, path);
}
