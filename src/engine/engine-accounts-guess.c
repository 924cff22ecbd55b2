/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-accounts.h"
#include "engine-providers.h"

#include <message-address.h>

#include <string.h>

static void
set_server (StoreServer *server, char *host, StoreSecurity security, guint16 port, const char *user)
{
  g_free (server->host);
  g_free (server->user);
  server->host = host;
  server->port = port;
  server->security = security;
  server->user = g_strdup (user);
}

StoreAccount *
engine_accounts_guess (const char *name, const char *address)
{
  StoreAccount *account = store_account_new ();
  const EngineProvider *provider = engine_providers_find_address (address);
  const char *at = strrchr (address, '@');
  g_autofree char *domain = g_ascii_strdown (at != NULL ? at + 1 : "", -1);

  g_free (account->name);
  g_free (account->address);
  account->name = g_strdup (name != NULL ? name : "");
  account->address = g_strdup (address);
  set_server (&account->smtp, g_strconcat ("smtp.", domain, NULL), STORE_SECURITY_TLS, 465,
              address);
  set_server (&account->pop3, g_strconcat ("pop.", domain, NULL), STORE_SECURITY_TLS, 995, address);
  if (provider != NULL)
    engine_provider_apply (provider, account);
  return account;
}

static gboolean
is_host_name (const char *host)
{
  if (host == NULL || *host == '\0')
    return FALSE;
  for (const char *p = host; *p != '\0'; p++)
    if ((guchar) *p <= ' ' || strchr ("/@<>\"\\", *p) != NULL)
      return FALSE;
  return TRUE;
}

static char *
validate_server (const StoreServer *server, const char *purpose)
{
  if (server->host == NULL || *server->host == '\0')
    return g_strdup_printf ("Enter the name of the server for %s.", purpose);
  if (!is_host_name (server->host))
    return g_strdup_printf ("“%s” is no server name. Enter one like mail.example.org.",
                            server->host);
  if (server->port == 0)
    return g_strdup_printf ("Enter the port of the server for %s, from 1 to 65535.", purpose);
  if (server->user != NULL && strpbrk (server->user, "\r\n") != NULL)
    return g_strdup_printf ("The user name for %s has a line end in it.", purpose);
  return NULL;
}

static char *
validate_proxy (const char *proxy)
{
  static const char *const schemes[] = { "socks5", "socks4", "socks4a", "http", NULL };
  g_autoptr (GUri) uri = NULL;

  if (*proxy == '\0')
    return NULL;
  uri = g_uri_parse (proxy, G_URI_FLAGS_HAS_PASSWORD, NULL);
  if (uri != NULL && g_strv_contains (schemes, g_uri_get_scheme (uri))
      && g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0'
      && strcmp (g_uri_get_path (uri), "") == 0 && g_uri_get_port (uri) != 0)
    return NULL;
  return g_strdup ("This is no proxy. Enter one like socks5://proxy.example.org:1080 or "
                   "http://proxy.example.org:8080.");
}

char *
engine_accounts_validate (const StoreAccount *account)
{
  if (account->address == NULL || *account->address == '\0')
    return g_strdup ("Enter the mail address.");

  g_autoptr (GPtrArray) mailboxes = message_mailboxes_parse (account->address, NULL);
  const char *at = strrchr (account->address, '@');
  if (mailboxes == NULL || mailboxes->len != 1 || at == NULL || at == account->address
      || at[1] == '\0'
      || strcmp (((MessageMailbox *) g_ptr_array_index (mailboxes, 0))->address, account->address)
             != 0)
    return g_strdup_printf ("“%s” is no mail address. Enter one like ann@example.org.",
                            account->address);
  if (account->name != NULL && strpbrk (account->name, "\r\n") != NULL)
    return g_strdup ("The name has a line end in it.");

  char *wrong = validate_server (&account->pop3, "fetching");
  if (wrong == NULL && (account->pop3.user == NULL || *account->pop3.user == '\0'))
    wrong = g_strdup ("Enter the user name for fetching.");
  if (wrong == NULL)
    wrong = validate_server (&account->smtp, "sending");
  return wrong != NULL ? wrong : validate_proxy (account->proxy);
}
